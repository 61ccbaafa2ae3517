/* outrider unsent: the queue of what could not be sent.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "file.h"
#include "runner.h"
#include "served.h"
#include "subcommand.h"
#include "unsent.h"

#define NOT_TRIED "none" /* in place of a class */

static const char help[] =
    "usage: outrider unsent COMMAND [OPTION...] [ID...]\n\n"
    "The queue of what could not be sent (setting unsent).\n\n"
    "  run            try every message that is due, once; with --every for "
    "ever\n"
    "  list           one line a message, oldest first\n"
    "  counts         how many wait, by class and server\n"
    "  show ID...     all that is known of a message, and what comes next\n"
    "  retry          try them now, whatever their time\n"
    "  return         give them back to their senders, with what was tried\n"
    "  remove         delete them; nobody is told\n"
    "  rebuild        forget what is noted of messages that are gone\n\n"
    "list, counts, retry, return and remove take message ids, or filters (all\n"
    "of those given must hold); retry, return and remove want one of these:\n"
    "      --server KEY    last tried with this server\n"
    "      --class CLASS   which failed so (none: not tried yet)\n"
    "      --from PATTERN  sender, to PATTERN  recipient: * and ? as in a "
    "shell\n"
    "      --to PATTERN\n"
    "      --older TIME, --younger TIME  than that (Exim's 1d2h3m4s)\n"
    "      --all           every message\n"
    "      --limit N       no more than N; --after ID  those that follow it\n"
    "run:\n"
    "      --every TIME    as a service, with a look at the queue that "
    "often\n" ADMIN_HELP;

struct filter {
    const char *server, *class, *from, *to, *after;
    int older, younger, limit;
    bool all;
    char **ids; /* NULL-terminated; empty: every message */
};

struct act {
    struct admin *admin;
    struct settings *set;
    struct breakers *breakers;
    struct filter filter;
    int every;
    int waiting, done;
    struct text counts;
};

/* ---- which messages ---- */

static bool filtered(const struct filter *f)
{
    return f->server || f->class || f->from || f->to || f->older ||
           f->younger || f->all || *f->ids;
}

static bool id_matches(const struct filter *f, const char *id)
{
    if (f->after && strcmp(id, f->after) <= 0)
        return false;
    if (!*f->ids)
        return true;
    for (char **i = f->ids; *i; i++)
        if (strcmp(*i, id) == 0)
            return true;
    return false;
}

static bool to_matches(const struct filter *f, const struct unsent *u)
{
    if (!f->to)
        return true;
    for (int i = 0; i < u->header.count; i++)
        if (!spool_header_done(&u->header, u->header.recipients[i].address) &&
            fnmatch(f->to, u->header.recipients[i].address, FNM_CASEFOLD) == 0)
            return true;
    for (int i = 0; i < u->party_count; i++)
        if (fnmatch(f->to, u->parties[i].address, FNM_CASEFOLD) == 0)
            return true;
    return false;
}

static const char *class_of(const struct unsent *u)
{
    return u->class == CLASS_NONE ? NOT_TRIED : class_name(u->class);
}

static bool matches(const struct filter *f, const struct unsent *u, int64_t now)
{
    int64_t age = (now - u->received) / 1000;
    return (!f->server || strcmp(f->server, u->server) == 0) &&
           (!f->class || strcmp(f->class, class_of(u)) == 0) &&
           (!f->from ||
            fnmatch(f->from, u->header.sender, FNM_CASEFOLD) == 0) &&
           to_matches(f, u) && (!f->older || age >= f->older) &&
           (!f->younger || age < f->younger);
}

/* ---- what is done with each ---- */

/* "due", "17m", "server 3m", "return 2h". */
static void next_print(const struct act *a, const struct unsent *u,
                       struct text *out)
{
    struct unsent_next next;
    int64_t now = clock_now();
    unsent_next(u, a->set, a->breakers, a->waiting, now, &next);
    text_add(out, outlook_name(next.outlook));
    if (next.when > now && next.outlook != OUTLOOK_FROZEN) {
        text_add(out, "+");
        duration_print((int)((next.when - now + 999) / 1000), out);
    }
}

static const char *first_open(const struct unsent *u)
{
    return u->party_count > 0 ? u->parties[0].address : "-";
}

static int act_list(struct act *a, const struct unsent *u)
{
    struct text age = {0}, next = {0};
    duration_print((int)((clock_now() - u->received) / 1000), &age);
    next_print(a, u, &next);
    printf("%s %8s %8" PRId64 " %4d %-12s %-12s %s <%s> %s", u->header.id,
           age.s, u->size, u->attempts, next.s, class_of(u),
           *u->server ? u->server : "-", u->header.sender, first_open(u));
    if (u->party_count > 1)
        printf(" +%d", u->party_count - 1);
    puts("");
    text_free(&age);
    text_free(&next);
    return 0;
}

/* "N<TAB>class server" lines, few of them. */
static int act_count(struct act *a, const struct unsent *u)
{
    struct text made = {0};
    char *rest = a->counts.s;
    char *name =
        text_format("%s %s", class_of(u), *u->server ? u->server : "-");
    int n = 1;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char *tab = strchr(line, '\t');
        if (strcmp(tab + 1, name) == 0)
            n += atoi(line);
        else
            text_addf(&made, "%s\n", line);
    }
    text_addf(&made, "%d\t%s\n", n, name);
    text_free(&a->counts);
    a->counts = made;
    free(name);
    return 0;
}

static void show_time(const char *name, int64_t when)
{
    char out[40];
    if (when)
        printf("  %-9s %s\n", name, clock_stamp(when, out, sizeof out));
}

static void show_tried(const struct unsent *u, const char *recipient)
{
    char out[40];
    for (int i = 0; i < u->history.count; i++) {
        const struct attempt *t = &u->history.attempts[i];
        if (text_same_address(t->recipient, recipient) && t->total > 0)
            printf("    %s %s, %d failed: %s (%s)\n",
                   clock_stamp(t->time, out, sizeof out), t->server, t->total,
                   t->text, class_name(t->class));
    }
}

static int act_show(struct act *a, const struct unsent *u)
{
    struct text next = {0};
    next_print(a, u, &next);
    printf("%s\n  from      <%s>\n  size      %" PRId64 "\n", u->header.id,
           u->header.sender, u->size);
    show_time("arrived", u->received);
    printf("  next      %s\n", next.s);
    show_time("warning", u->warn);
    show_time("return", u->giveup);
    for (int i = 0; i < u->header.count; i++)
        if (spool_header_done(&u->header, u->header.recipients[i].address))
            printf("  to        %s (finished)\n",
                   u->header.recipients[i].address);
    for (int i = 0; i < u->party_count; i++) {
        printf("  to        %s\n", u->parties[i].address);
        show_tried(u, u->parties[i].address);
    }
    text_free(&next);
    return 0;
}

/* Runs Exim with "-qGQUEUE OPTION ID" and waits for it. */
static int exim_do(const struct act *a, const char *option, const char *id)
{
    const char *path = admin_exim(a->admin);
    char *queue = text_format("-qG%s", a->set->unsent);
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (a->admin->config)
            execl(path, path, "-C", a->admin->config, queue, option, id,
                  (char *)0);
        else
            execl(path, path, queue, option, id, (char *)0);
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
    free(queue);
    if (status == 0)
        return 0;
    return admin_error(EX_UNAVAILABLE, "%s: exim %s did not work", id, option);
}

static int act_retry(struct act *a, const struct unsent *u)
{
    return exim_do(a, "-M", u->header.id);
}

static int act_remove(struct act *a, const struct unsent *u)
{
    return exim_do(a, "-Mrm", u->header.id);
}

/* The router sees it at the attempt that follows (core/failover/choice.c). */
static void give_up(struct history *h, void *context)
{
    const struct unsent *u = context;
    for (int i = 0; i < u->party_count; i++) {
        struct attempt *t =
            history_note(h, u->parties[i].address, HISTORY_BY_HAND, CLASS_NONE,
                         0, clock_now(), "returned by hand");
        t->state = ATTEMPT_CANCELLED;
        t->total = 0;
    }
}

static int act_return(struct act *a, const struct unsent *u)
{
    char error[300];
    union {
        const struct unsent *in;
        void *out;
    } context = {.in = u};
    if (history_update(a->set, u->header.id, give_up, context.out, error,
                       sizeof error) == -1)
        return admin_error(EX_CANTCREAT, "%s: %s", u->header.id, error);
    return exim_do(a, "-M", u->header.id);
}

static int each(struct act *a, int (*act)(struct act *, const struct unsent *))
{
    char(*ids)[SPOOL_ID_MAX], error[400];
    int rc = 0, n = spool_list(a->set->spool, a->set->unsent, &ids);
    a->waiting = n;
    for (int i = 0; i < n; i++) {
        struct unsent u;
        if (!id_matches(&a->filter, ids[i]))
            continue;
        int found = unsent_read(a->set, a->set->unsent, ids[i], &u, error,
                                sizeof error);
        if (found == -1)
            rc = admin_error(EX_DATAERR, "%s: %s", ids[i], error);
        if (found == 1 && matches(&a->filter, &u, clock_now())) {
            int one = act(a, &u);
            rc = one ? one : rc;
            a->done++;
        }
        unsent_free(&u);
        if (a->filter.limit && a->done >= a->filter.limit)
            break;
    }
    free(ids);
    return n == -1 ? admin_error(EX_NOINPUT, "%s/%s/input cannot be read",
                                 a->set->spool, a->set->unsent)
                   : rc;
}

/* ---- the commands ---- */

static int do_list(void *act)
{
    struct act *a = act;
    return each(a, act_list);
}

static int do_counts(void *act)
{
    struct act *a = act;
    int rc = each(a, act_count);
    char *rest = a->counts.s, out[40];
    int64_t last = served_last(a->set, SERVICE_UNSENT);
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char *tab = strchr(line, '\t');
        printf("%7d %s\n", atoi(line), tab + 1);
    }
    printf("%7d in all; last run %s\n", a->done,
           last ? clock_stamp(last, out, sizeof out) : "never");
    text_free(&a->counts);
    return rc;
}

/* Those that were named and are not there are told of; the others are acted
 * on all the same. */
static int named(struct act *a, int (*act)(struct act *, const struct unsent *))
{
    int missing = 0;
    for (char **id = a->filter.ids; *id; id++) {
        struct text directory = {0};
        if (spool_find_on(a->set->spool, a->set->unsent, *id, &directory) != 1)
            missing =
                admin_error(EX_DATAERR, "%s: no such message on the queue %s",
                            *id, a->set->unsent);
        text_free(&directory);
    }
    int rc = each(a, act);
    return rc ? rc : missing;
}

static int do_show(void *act)
{
    struct act *a = act;
    return *a->filter.ids ? named(a, act_show)
                          : admin_error(EX_USAGE, "name the messages to show");
}

static int selected(struct act *a,
                    int (*act)(struct act *, const struct unsent *))
{
    if (!filtered(&a->filter))
        return admin_error(EX_USAGE, "name messages, or a filter, or --all");
    int rc = named(a, act);
    printf("%d messages\n", a->done);
    return rc;
}

static int do_retry(void *act)
{
    struct act *a = act;
    return selected(a, act_retry);
}

static int do_return(void *act)
{
    struct act *a = act;
    return selected(a, act_return);
}

static int do_remove(void *act)
{
    struct act *a = act;
    return selected(a, act_remove);
}

static int do_rebuild(void *act)
{
    struct act *a = act;
    char error[300];
    int n = history_prune(a->set, error, sizeof error);
    if (n == -1)
        return admin_error(EX_CANTCREAT, "%s", error);
    printf("%d notes of messages that are gone were removed\n", n);
    return 0;
}

static int do_run(void *act)
{
    struct act *a = act;
    return runner_run(a->admin, a->every);
}

static const struct subcommand commands[] = {
    {"run", do_run},       {"list", do_list},       {"counts", do_counts},
    {"show", do_show},     {"retry", do_retry},     {"return", do_return},
    {"remove", do_remove}, {"rebuild", do_rebuild},
};

enum {
    OPT_SERVER = 256,
    OPT_CLASS,
    OPT_FROM,
    OPT_TO,
    OPT_OLDER,
    OPT_YOUNGER,
    OPT_ALL,
    OPT_LIMIT,
    OPT_AFTER,
    OPT_EVERY
};

static const struct option options[] = {
    {"server", required_argument, NULL, OPT_SERVER},
    {"class", required_argument, NULL, OPT_CLASS},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"older", required_argument, NULL, OPT_OLDER},
    {"younger", required_argument, NULL, OPT_YOUNGER},
    {"all", no_argument, NULL, OPT_ALL},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"after", required_argument, NULL, OPT_AFTER},
    {"every", required_argument, NULL, OPT_EVERY},
    ADMIN_OPTIONS,
    {0}};

static int time_option(const char *name, const char *value, int *seconds)
{
    if (duration_parse(value, seconds) == 1 && *seconds > 0)
        return 0;
    return admin_error(EX_USAGE,
                       "--%s %s: a time such as 10s or 1h30m is "
                       "wanted",
                       name, value);
}

static int class_option(const char *value)
{
    enum error_class c;
    if (strcmp(value, NOT_TRIED) == 0 || class_from_name(value, &c) == 1)
        return 0;
    return admin_error(EX_USAGE,
                       "--class %s: there is no such class; `outrider config` "
                       "shows them, and " NOT_TRIED
                       " is for what was not tried yet",
                       value);
}

static int limit_option(const char *value, int *limit)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (isdigit((unsigned char)*value) && !*end && n > 0 && n <= INT_MAX) {
        *limit = (int)n;
        return 0;
    }
    return admin_error(EX_USAGE, "--limit %s: a number above 0 is wanted",
                       value);
}

static int option_take(void *act, int c)
{
    struct act *a = act;
    struct filter *f = &a->filter;
    switch (c) {
    case OPT_SERVER:
        f->server = optarg;
        return 0;
    case OPT_CLASS:
        f->class = optarg;
        return class_option(optarg);
    case OPT_FROM:
        f->from = optarg;
        return 0;
    case OPT_TO:
        f->to = optarg;
        return 0;
    case OPT_OLDER:
        return time_option("older", optarg, &f->older);
    case OPT_YOUNGER:
        return time_option("younger", optarg, &f->younger);
    case OPT_ALL:
        f->all = true;
        return 0;
    case OPT_LIMIT:
        return limit_option(optarg, &f->limit);
    case OPT_AFTER:
        f->after = optarg;
        return 0;
    case OPT_EVERY:
        return admin_every(optarg, &a->every);
    default:
        return admin_option(a->admin, c, optarg) == 1 ? 0 : EX_USAGE;
    }
}

static int act_run(void *act, int (*run)(void *act))
{
    struct act *a = act;
    char error[300] = "";
    int rc = admin_open(a->admin);
    a->set = a->admin->settings;
    if (rc == 0 && !*a->set->unsent)
        rc = admin_error(EX_CONFIG, "the setting \"unsent\" names no queue "
                                    "(docs/unsent.md)");
    if (rc == 0 && !admin_exim(a->admin))
        rc = admin_error(EX_UNAVAILABLE, "no Exim found (--exim PATH)");
    if (rc == 0) {
        a->breakers = breakers_of(a->set, false, error, sizeof error);
        rc = run(a);
    }
    breakers_close(&a->breakers);
    admin_close(a->admin);
    return rc;
}

int cmd_unsent(int argc, char *argv[])
{
    struct admin admin = {0};
    struct act a = {.admin = &admin};
    const struct subcommands all = {.command = "unsent",
                                    .help = help,
                                    .list = commands,
                                    .count = sizeof commands / sizeof *commands,
                                    .options = options,
                                    .take = option_take,
                                    .run = act_run,
                                    .words = &a.filter.ids,
                                    .act = &a};
    return subcommands_run(&all, argc, argv);
}
