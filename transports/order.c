/* order: how Exim calls adapt. See order.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "adapting.h"
#include "file.h"
#include "outbox.h"
#include "parts.h"

int order_error(int code, const char *format, ...)
{
    va_list args;
    fputs("adapt: ", stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return code;
}

#define SWEEP                                                                  \
    300 /* seconds from one look at all of STATE/adapt to the next             \
         */

enum { SPOOL = 1, SETTINGS, EXIM, CONFIG, QUEUE, HOST, ROW };

static int row_read(struct order *o, const char *row)
{
    char error[300];
    o->row = ENVIRONMENT_NONE;
    if (environment_parse(&o->row, row, TRUST_OURS, error, sizeof error) == -1)
        return order_error(EX_TEMPFAIL, "--row \"%s\": %s", row, error);
    return 0;
}

static int settings_take(struct order *o, const char *spool, const char *text)
{
    struct text problems = {0};
    o->settings = settings_new(spool);
    settings_read(o->settings, text, &problems);
    text_free(&problems);
    return 0;
}

static void recipients_take(struct order *o, char **list)
{
    int n = 0;
    while (list[n])
        n++;
    size_t size = ((size_t)n + 1) * sizeof *o->all;
    o->all = text_alloc(size);
    o->recipients = text_alloc(size);
    for (int i = 0; i <= n; i++)
        o->all[i] = o->recipients[i] = list[i];
}

int order_read(struct order *o, int argc, char *argv[])
{
    static const struct option options[] = {
        {"spool", required_argument, NULL, SPOOL},
        {"settings", required_argument, NULL, SETTINGS},
        {"exim", required_argument, NULL, EXIM},
        {"config", required_argument, NULL, CONFIG},
        {"queue", required_argument, NULL, QUEUE},
        {"host", required_argument, NULL, HOST},
        {"row", required_argument, NULL, ROW},
        {0}};
    const char *value[ROW + 1] = {[QUEUE] = "", [ROW] = ""};
    int c;
    *o = (struct order){.row = ENVIRONMENT_NONE};
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c < SPOOL || c > ROW)
            return EX_TEMPFAIL;
        value[c] = optarg;
    }
    for (c = SPOOL; c <= ROW; c++)
        if (!value[c])
            return order_error(EX_TEMPFAIL,
                               "--spool, --settings, --exim, --config and "
                               "--host are all needed");
    o->exim = (struct exim){value[EXIM], value[CONFIG], value[SPOOL]};
    o->queue = value[QUEUE];
    o->host = value[HOST];
    o->id = getenv("MESSAGE_ID");
    recipients_take(o, argv + optind);
    settings_take(o, value[SPOOL], value[SETTINGS]);
    if (!o->id || !spool_is_id(o->id) || !o->recipients[0])
        return order_error(EX_TEMPFAIL, "MESSAGE_ID is not in the environment, "
                                        "or there are no recipients: run this "
                                        "from a pipe transport");
    return row_read(o, value[ROW]);
}

#define DEATHS 5 /* of runs, after which it is the message's doing */

bool order_hopeless(const struct order *o)
{
    return o->row.encrypt == CIPHER_NONE &&
           adapting_deaths(o->settings, o->id) >= DEATHS;
}

/* Temporary files, in a directory of the administrator's or our own. */
static int temp_choose(const struct order *o, char *error, size_t size)
{
    static char *path;
    struct text own = {0};
    int rc = outbox_directory(o->settings, &own, error, size);
    free(path);
    path = text_copy(*o->settings->adapt_temp ? o->settings->adapt_temp
                                              : text_str(&own));
    temp_directory(path);
    text_free(&own);
    return rc;
}

/* The body of a -D file begins after its first line, "ID-D". */
int order_message(const struct spool_header *h, const char *directory,
                  struct message *m, char *error, size_t size)
{
    struct text head = {0};
    char *path = text_format("%s/%s-D", directory, h->id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = -1;
    *m = (struct message){0};
    if (fd == -1) {
        text_error(error, size, "%s: %s", path, strerror(errno));
    } else {
        int64_t skip = (int64_t)strlen(h->id) + 3;
        struct extent body = {fd, skip, lseek(fd, 0, SEEK_END) - skip};
        spool_headers_block(h, &head);
        rc = message_make(m, &head, &body, spool_header_wire(h), error, size);
        close(fd);
    }
    text_free(&head);
    free(path);
    return rc;
}

int order_open(struct order *o)
{
    char error[400];
    int rc = temp_choose(o, error, sizeof error);
    if (rc == 0 && spool_message_read(o->settings->spool, o->id, &o->header,
                                      &o->directory, error, sizeof error) != 1)
        rc = text_error(error, sizeof error, "%s is not in %s", o->id,
                        o->settings->spool);
    if (rc == 0)
        rc = order_message(&o->header, o->directory.s, &o->message, error,
                           sizeof error);
    return rc == 0 ? 0 : order_error(EX_TEMPFAIL, "%s", error);
}

void order_close(struct order *o)
{
    message_free(&o->message);
    spool_header_free(&o->header);
    text_free(&o->directory);
    environment_free(&o->row);
    free(o->recipients);
    free(o->all);
    settings_free(&o->settings);
    workfile_close();
}

static bool success_wanted(const struct order *o, const char *recipient)
{
    const struct spool_recipient *r =
        spool_header_recipient(&o->header, recipient);
    return r && r->dsn_flags & SPOOL_NOTIFY_SUCCESS;
}

int order_done(struct order *o)
{
    char error[400];
    bool wanted = false;
    /* Work that was done by an earlier run has not read it. */
    if (!o->header.id &&
        spool_message_read(o->settings->spool, o->id, &o->header, &o->directory,
                           error, sizeof error) == -1)
        return order_error(EX_TEMPFAIL, "%s", error);
    for (int i = 0; o->all[i]; i++)
        wanted = wanted || success_wanted(o, o->all[i]);
    if (!wanted)
        return 0;
    bool fresh = false;
    for (int i = 0; o->all[i]; i++) {
        int rc = adapting_note(o->settings, o->id, o->all[i], ADAPTING_DONE, "",
                               error, sizeof error);
        if (rc == -1)
            return order_error(EX_TEMPFAIL, "%s", error);
        fresh = fresh || rc == 1;
    }
    if (fresh)
        process_rerun(&o->exim, o->queue, o->id);
    return EX_TEMPFAIL;
}

void order_sweep(const struct order *o)
{
    const struct settings *set = o->settings;
    struct stat st;
    char error[300];
    char *stamp = text_format("%s/adapt/swept", set->state);
    if (stat(stamp, &st) == -1 || time(NULL) - st.st_mtime > SWEEP ||
        time(NULL) < st.st_mtime) {
        int fd = file_create(stamp, geteuid(), getegid(), error, sizeof error);
        if (fd != -1)
            close(fd);
        adapting_sweep(set);
        outbox_sweep(set);
        parts_sweep(set);
    }
    free(stamp);
}
