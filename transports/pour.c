/* pour: `adapt filter ROW`. See pour.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "plan.h"

#define SPOOL "/var/spool/exim4" /* where the state is, unless -s says it */

static int failed(const char *error)
{
    syslog(LOG_MAIL | LOG_ERR, "%s", error);
    fprintf(stderr, "adapt: %s\n", error);
    return EX_TEMPFAIL;
}

/* [-t DIRECTORY] [-s SETTINGS] ROW, which may be one argument or several. */
static int words_read(struct environment *row, struct settings *set, int argc,
                      char *argv[], char *error, size_t size)
{
    struct text all = {0}, problems = {0};
    const char *directory = NULL;
    int i = 1;
    for (; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "-t") == 0)
            directory = argv[i + 1];
        else if (strcmp(argv[i], "-s") == 0)
            settings_read(set, argv[i + 1], &problems);
        else
            break;
    if (directory || *set->adapt_temp)
        temp_directory(directory ? directory : set->adapt_temp);
    for (; i < argc; i++)
        text_addf(&all, "%s ", argv[i]);
    int rc = environment_parse(row, text_str(&all), TRUST_OURS, error, size);
    text_free(&all);
    text_free(&problems);
    return rc;
}

/* LF -> CRLF, where it came so. */
static int crlf_write(const struct extent *e, char *error, size_t size)
{
    char in[16384], out[2 * sizeof in];
    for (int64_t at = 0, n; at < e->len; at += n) {
        size_t len = 0;
        n = extent_read(e, at, in, sizeof in);
        if (n <= 0)
            return text_error(error, size, "cannot read");
        for (int64_t i = 0; i < n; i++) {
            if (in[i] == '\n')
                out[len++] = '\r';
            out[len++] = in[i];
        }
        if (write_all(1, out, len, error, size) == -1)
            return -1;
    }
    return 0;
}

static int message_write(const struct message *m, bool crlf, char *error,
                         size_t size)
{
    struct extent all = message_extent(m, 0, m->len);
    return crlf ? crlf_write(&all, error, size)
                : extent_copy(&all, 1, error, size);
}

static int changed_write(const struct outgoing *o, bool crlf, char *error,
                         size_t size)
{
    struct message m;
    int rc = outgoing_message(o, &m, error, size);
    if (rc == 0)
        rc = message_write(&m, crlf, error, size);
    message_free(&m);
    return rc;
}

static int pour(struct job *j, const struct message *m, char *error,
                size_t size)
{
    struct plan plan = {0};
    int rc;
    switch (plan_make(&plan, j, m, false, error, size)) {
    case PLAN_CHANGED:
        rc = changed_write(&plan.messages.list[0], m->crlf, error, size);
        break;
    case PLAN_FAILED:
        rc = -1;
        break;
    case PLAN_REFUSED:
        rc = text_error(error, size, "%s", text_str(&j->refusal));
        break;
    default:
        rc = message_write(m, m->crlf, error, size);
    }
    plan_free(&plan);
    return rc;
}

int pour_run(int argc, char *argv[])
{
    struct environment row = ENVIRONMENT_NONE;
    struct message m = {0};
    char error[400];
    struct settings *set = settings_new(SPOOL);
    int rc = words_read(&row, set, argc, argv, error, sizeof error);
    struct job j = {.settings = set,
                    .row = &row,
                    .host = "adapt.invalid",
                    .id = "",
                    .limit = row.size};
    if (rc == 0)
        rc = message_read(&m, 0, error, sizeof error);
    if (rc == 0)
        rc = pour(&j, &m, error, sizeof error);
    message_free(&m);
    environment_free(&row);
    settings_free(&set);
    text_free(&j.report);
    text_free(&j.refusal);
    workfile_close();
    return rc == -1 ? failed(error) : 0;
}
