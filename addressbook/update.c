/* update: reads notices, and follows those that can be trusted. See update.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "update.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "book.h"
#include "file.h"
#include "letter.h"
#include "say.h"

/* At most one byte more than a notice may have. 1, or -1 with errno. */
static int mail_read(int fd, struct text *out)
{
    char buffer[16384];
    ssize_t n = 0;
    text_add(out, "");
    while (out->len <= LETTER_MAX && (n = read(fd, buffer, sizeof buffer)) != 0)
        if (n > 0)
            text_addn(out, buffer, (size_t)n);
        else if (errno != EINTR)
            return -1;
    return 1;
}

static int path_read(const char *path, struct text *out)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? 0 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    int rc = mail_read(fd, out), reason = errno;
    if (!standard)
        close(fd);
    errno = reason;
    return rc;
}

/* Notes the changes that may be made. */
static int changes_trust(const struct update *u, const char *name,
                         const struct letter *l, struct changes *out)
{
    char why[300];
    int code = 0;
    for (int i = 0; i < l->changes.count; i++) {
        const struct change *c = &l->changes.list[i];
        if (u->yes || trust_check(l, c, &u->config->hosts, &u->config->domains,
                                  why, sizeof why))
            changes_add(out, c->old, c->new, c->registered);
        else
            code = say_error(EX_NOPERM,
                             "%s: %s -> %s is not trusted: %s (--trust names a "
                             "host that checks DKIM, --domain a hub that signs "
                             "for others; --yes if you know that it is true)",
                             name, c->old, c->new, why);
    }
    return code;
}

static int letter_take(const struct update *u, const char *name,
                       const struct letter *l, struct changes *out)
{
    int code = changes_trust(u, name, l, out);
    if (l->status.bad > 0) {
        const char *problems = text_str(&l->status.problems);
        code_add(&code, say_error(EX_DATAERR, "%s: not followed: %.*s", name,
                                  (int)strcspn(problems, "\n"), problems));
    }
    if (l->status.held > 0 && l->changes.count == 0)
        say("%s: the mail is held; nothing has changed yet", name);
    return code;
}

/* One mail. In a maildir most are no notices, and that is nobody's fault. */
static int mail_take(const struct update *u, const char *path, bool quiet,
                     struct changes *out)
{
    struct text mail = {0};
    struct letter l = {0};
    char error[200];
    int code = 0;
    if (path_read(path, &mail) == -1) {
        bool gone = quiet && errno == ENOENT;
        text_free(&mail);
        return gone ? 0
                    : say_error(EX_NOINPUT, "%s: %s", path, strerror(errno));
    }
    int rc = letter_read(&l, mail.s, mail.len, clock_now() / 1000, error,
                         sizeof error);
    if (rc == 1)
        code = letter_take(u, path, &l, out);
    else if (!quiet)
        code = say_error(EX_DATAERR, "%s: %s", path,
                         rc == 0 ? "no notice of a change of address" : error);
    letter_free(&l);
    text_free(&mail);
    return code;
}

/* Only new/: what is in cur/ has been seen by its reader, who may have decided
 * otherwise. Nothing is moved or marked. */
static int maildir_take(const struct update *u, const char *dir,
                        struct changes *out)
{
    char *new = text_format("%s/new", dir);
    struct dirent **list;
    int code = 0, count = scandir(new, &list, NULL, alphasort);
    if (count == -1)
        code = say_error(EX_NOINPUT, "%s: %s (is %s a maildir?)", new,
                         strerror(errno), dir);
    for (int i = 0; i < count; i++) {
        char *path = text_format("%s/%s", new, list[i]->d_name);
        struct stat st;
        if (list[i]->d_name[0] != '.' && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode) && st.st_size <= LETTER_MAX)
            code_add(&code, mail_take(u, path, true, out));
        free(path);
        free(list[i]);
    }
    if (count != -1)
        free(list);
    free(new);
    return code;
}

static int books_update(const struct update *u, const struct changes *changes)
{
    int code = 0, edits = 0;
    if (u->books->count == 0)
        return say_error(EX_UNAVAILABLE,
                         "no address book was found; name one with --book");
    for (int i = 0; i < u->books->count; i++)
        code_add(&code,
                 book_update(&u->books->list[i], changes, u->dry, &edits));
    /* Not for a maildir, which a timer looks at again and again. */
    if (edits == 0 && code == 0 && u->files.count > 0)
        say("nothing to change");
    return code;
}

int update_run(const struct update *u)
{
    struct changes changes = {0};
    int code = 0;
    for (int i = 0; i < u->files.count; i++)
        code_add(&code, mail_take(u, u->files.list[i], false, &changes));
    for (int i = 0; i < u->maildirs.count; i++)
        code_add(&code, maildir_take(u, u->maildirs.list[i], &changes));
    changes_settle(&changes);
    if (changes.count > 0)
        code_add(&code, books_update(u, &changes));
    changes_free(&changes);
    return code;
}
