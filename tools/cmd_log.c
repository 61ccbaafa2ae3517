/* outrider log: lines of the transmission log, filtered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "admin.h"
#include "translog.h"

static const char help[] =
    "usage: outrider log [OPTION...] [FILE...]\n\n"
    "Prints the lines of the transmission log that all options given accept.\n"
    "Without a FILE it is the log that Exim's configuration names; - is the\n"
    "standard input (zcat outriderlog.2.gz | outrider log --class policy "
    "-).\n\n"
    "      --server PATTERN   the smarthost, as the server list writes it\n"
    "      --class CLASS      the error class\n"
    "      --from PATTERN     the envelope sender\n"
    "      --to PATTERN       the recipient\n"
    "      --id ID            Exim's message id\n"
    "      --kind KIND        conn (TCP connections) or smtp (recipients)\n"
    "      --result RESULT    ok, defer or fail\n"
    "      --since TIME       not before; --until TIME: not after.\n"
    "                         TIME is 2026-11-21, 2026-11-21 18:30,\n"
    "                         2026-11-21 18:30:00, or an age such as 2h30m\n"
    "PATTERN is a shell pattern (*, ?, [...]), case does not "
    "matter.\n\n" ADMIN_HELP;

struct filter {
    const char *name;  /* of the option and of the field */
    const char *value; /* NULL: anything */
};

struct query {
    struct filter filters[7];
    char since[20], until[20]; /* "": any time */
    long strange;              /* lines that are none of ours */
};

static bool matches(const struct query *q, const struct fields *f)
{
    const char *time = translog_field(f, "time");
    if (*q->since && (!time || strcmp(time, q->since) < 0))
        return false;
    if (*q->until && (!time || strcmp(time, q->until) > 0))
        return false;
    for (int i = 0; i < 7; i++) {
        const char *value = translog_field(f, q->filters[i].name);
        if (q->filters[i].value &&
            (!value || fnmatch(q->filters[i].value, value, FNM_CASEFOLD) != 0))
            return false;
    }
    return true;
}

static void file_filter(struct query *q, FILE *f)
{
    char *line = NULL;
    size_t size = 0;
    struct fields fields;
    while (getline(&line, &size, f) != -1) {
        if (translog_parse(line, &fields) == -1) {
            q->strange++;
            continue;
        }
        if (matches(q, &fields))
            fputs(line, stdout);
        translog_fields_free(&fields);
    }
    free(line);
}

static int name_filter(struct query *q, const char *name)
{
    FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    if (!f)
        return admin_error(EX_NOINPUT, "%s: %s", name, strerror(errno));
    file_filter(q, f);
    if (f != stdin)
        fclose(f);
    return 0;
}

/* "2h" ago, or a date and time, to what the log writes. `last`: a date alone
 * means the end of its day. */
static int time_read(const char *s, bool last, char out[20])
{
    struct tm tm = {.tm_isdst = -1};
    int age;
    if (duration_parse(s, &age) == 1) {
        time_t t = time(NULL) - age;
        localtime_r(&t, &tm);
    } else {
        const char *end = strptime(s, "%Y-%m-%d", &tm);
        if (end && !*end && last)
            tm.tm_hour = 23, tm.tm_min = 59, tm.tm_sec = 59;
        if (end && *end)
            end = strptime(end, " %H:%M", &tm);
        if (end && *end)
            end = strptime(end, ":%S", &tm);
        else if (end && last && tm.tm_sec == 0)
            tm.tm_sec = 59;
        if (!end || *end)
            return admin_error(EX_USAGE,
                               "\"%s\" is no time: write 2026-11-21, "
                               "\"2026-11-21 18:30\" or an age such as 2h",
                               s);
    }
    strftime(out, 20, "%Y-%m-%d %H:%M:%S", &tm);
    return 0;
}

static int class_check(const char *name)
{
    enum error_class c;
    if (!name || class_from_name(name, &c) == 1)
        return 0;
    return admin_error(EX_USAGE,
                       "there is no class \"%s\"; `outrider config` shows "
                       "them all (on = ...)",
                       name);
}

static int options_read(struct query *q, struct admin *a, int argc,
                        char *argv[])
{
    static const struct option options[] = {
        {"server", required_argument, NULL, 0},
        {"class", required_argument, NULL, 1},
        {"from", required_argument, NULL, 2},
        {"to", required_argument, NULL, 3},
        {"id", required_argument, NULL, 4},
        {"kind", required_argument, NULL, 5},
        {"result", required_argument, NULL, 6},
        {"since", required_argument, NULL, 7},
        {"until", required_argument, NULL, 8},
        ADMIN_OPTIONS,
        {0}};
    int c, rc = 0;
    while (rc == 0 &&
           (c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c >= 0 && c < 7)
            q->filters[c].value = optarg;
        else if (c == 7 || c == 8)
            rc = time_read(optarg, c == 8, c == 7 ? q->since : q->until);
        else if (c == 'h')
            return fputs(help, stdout) == EOF ? EX_IOERR : -1;
        else if (admin_option(a, c, optarg) != 1)
            return EX_USAGE;
    }
    return rc ? rc : class_check(q->filters[1].value);
}

int cmd_log(int argc, char *argv[])
{
    struct query q = {.filters = {{"server", NULL},
                                  {"class", NULL},
                                  {"from", NULL},
                                  {"to", NULL},
                                  {"id", NULL},
                                  {"kind", NULL},
                                  {"result", NULL}}};
    struct admin admin = {0};
    int rc = options_read(&q, &admin, argc, argv);
    if (rc != 0)
        return rc == -1 ? 0 : rc;
    if (optind == argc)
        rc = admin_open(&admin);
    if (rc == 0 && optind == argc)
        rc = name_filter(&q, admin.settings->log);
    for (int i = optind; rc == 0 && i < argc; i++)
        rc = name_filter(&q, argv[i]);
    if (q.strange > 0)
        admin_error(0, "%ld lines are not of the transmission log", q.strange);
    admin_close(&admin);
    return rc ? rc : q.strange ? EX_DATAERR : 0;
}
