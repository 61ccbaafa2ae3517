/* announce: tells everyone in the books that a person has moved. See
 * announce.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "announce.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "book.h"
#include "file.h"
#include "message.h"
#include "say.h"
#include "send.h"

static bool listed(const struct strings *to, const char *address)
{
    for (int i = 0; i < to->count; i++)
        if (address_same(to->list[i], address))
            return true;
    return false;
}

/* Everyone once, and not the person's own addresses. */
static void recipients_add(const struct announce *a,
                           const struct entries *entries, struct strings *to)
{
    for (int i = 0; i < entries->count; i++) {
        const char *address = entries->list[i].address;
        if (!address_valid(address))
            say_error(0,
                      "%s: %s: not an address that can be written to; left "
                      "out",
                      entries->list[i].name, address);
        else if (!address_same(address, a->old) &&
                 !address_same(address, a->new) && !listed(to, address))
            strings_add(to, address);
    }
}

static int recipients_find(const struct announce *a, struct strings *to)
{
    int code = 0;
    for (int i = 0; i < a->books->count; i++) {
        struct entries entries = {0};
        code_add(&code, book_read(&a->books->list[i], &entries));
        recipients_add(a, &entries, to);
        entries_free(&entries);
    }
    return code;
}

/* A line that begins with "From ", behind any number of >, gets one more, so
 * that the mailbox can be taken apart again (mboxrd). */
static void mbox_quote(const char *mail, struct text *out)
{
    for (const char *end; *mail; mail = end) {
        end = strchrnul(mail, '\n');
        end += *end != 0;
        if (strncmp(mail + strspn(mail, ">"), "From ", 5) == 0)
            text_add(out, ">");
        text_addn(out, mail, (size_t)(end - mail));
    }
}

static int mbox_write(const struct announce *a, const struct text *mail)
{
    char date[40];
    time_t t = (time_t)a->now;
    struct tm tm;
    struct text quoted = {0};
    gmtime_r(&t, &tm);
    strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &tm);
    mbox_quote(mail->s, &quoted);
    printf("From %s %s\n%s\n", a->new, date, quoted.s);
    text_free(&quoted);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return say_error(EX_IOERR, "standard output: %s", strerror(errno));
}

static int file_write(const struct announce *a, int number,
                      const struct text *mail)
{
    char *path = text_format("%s/%04d.eml", a->directory, number);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int code = 0;
    if (fd == -1 || file_write_all(fd, mail->s, mail->len) == -1)
        code = say_error(EX_CANTCREAT, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(path);
    return code;
}

static int command_run(const struct announce *a, const char *to,
                       const struct text *mail)
{
    fflush(stdout);
    int status = send_mail(a->command, mail);
    if (status == -1)
        return say_error(EX_OSERR, "%s: %s", a->command, strerror(errno));
    if (status == 0)
        return 0;
    return say_error(EX_TEMPFAIL, "%s: %s has failed with status %d", to,
                     a->command, status);
}

static int one_send(const struct announce *a, const char *to, int number)
{
    struct text mail = {0};
    int code;
    message_write(&(struct message){.old = a->old,
                                    .new = a->new,
                                    .name = a->name,
                                    .to = to,
                                    .number = number,
                                    .now = a->now},
                  &mail);
    if (a->command)
        code = command_run(a, to, &mail);
    else if (a->directory)
        code = file_write(a, number, &mail);
    else
        code = mbox_write(a, &mail);
    text_free(&mail);
    return code;
}

static int directory_make(const struct announce *a)
{
    if (!a->directory || a->dry || mkdir(a->directory, 0700) == 0 ||
        errno == EEXIST)
        return 0;
    return say_error(EX_CANTCREAT, "%s: %s", a->directory, strerror(errno));
}

int announce_run(const struct announce *a)
{
    struct strings to = {0};
    int code = recipients_find(a, &to);
    int made = directory_make(a);
    code_add(&code, made);
    for (int i = 0; i < to.count && made == 0; i++)
        if (a->dry)
            say("%s", to.list[i]);
        else
            code_add(&code, one_send(a, to.list[i], i + 1));
    if (to.count == 0)
        code_add(&code, say_error(EX_UNAVAILABLE,
                                  "there is nobody in the books to tell"));
    strings_free(&to);
    return code;
}
