/* outrider relocation: the table of old and new addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "admin.h"
#include "apply.h"
#include "carrier.h"
#include "inquiry.h"
#include "register.h"
#include "subcommand.h"
#include "tables.h"

static const char help[] =
    "usage: outrider relocation COMMAND [OPTION...] [ARGUMENT...]\n\n"
    "Old addresses and their new ones (docs/relocation.md).\n\n"
    "  set OLD NEW      mail for OLD goes to NEW; *@DOMAIN is a whole domain\n"
    "  gone OLD...      OLD is not valid any more, its new address not known:\n"
    "                   its mail is held\n"
    "  remove OLD...    forget it; its mail is treated as any other\n"
    "  show ADDRESS...  where mail for it goes\n"
    "  list             every row\n"
    "  export           the same, to be kept, changed and imported\n"
    "  import [FILE]    rows of such a file, or of standard input\n"
    "  proposals        what other servers have said\n"
    "  accept OLD...    make such a proposal a row\n"
    "  refuse OLD...    forget it\n"
    "  ask SERVER [ADDRESS...]  ask a server (VRFY, or RCPT) where addresses\n"
    "                   have gone; without ADDRESS, all that are gone here\n"
    "  apply FILE...    new addresses in an alias file, a list of members, a\n"
    "                   .forward\n"
    "  recover          go back to the last state of a damaged table\n\n"
    "set, gone, import:\n"
    "      --by NAME        who says so (default: the user)\n"
    "      --note TEXT      anything worth knowing; set and gone only\n"
    "      --time TIME      since when, 2026-11-22T10:00:00Z (default: now)\n"
    "import:\n"
    "      --replace        rows that are not in the file are removed, and\n"
    "                       proposals\n"
    "list:\n"
    "      --gone           only those without a new address\n"
    "accept, refuse:\n"
    "      --all            every proposal\n"
    "ask:\n"
    "      --register       make rows at once, not proposals\n"
    "apply:\n"
    "      --dry-run        show what would be changed, and change nothing\n"
    "      --kind KIND      aliases, members or forward (default: "
    "guessed)\n" ADMIN_HELP;

struct act {
    struct admin *admin;
    struct settings *set;
    const char *by, *note;
    int64_t time;
    bool replace, gone, all, dry_run, enter;
    enum apply_kind kind;
    char **words;        /* the arguments, NULL at their end */
    struct table *table; /* being changed */
    int count;
    char error[600];
};

#define ERROR(a) (a)->error, sizeof(a)->error

/* ---- changing ---- */

static const char *user_name(void)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *sudo = getenv("SUDO_USER");
    return sudo && *sudo ? sudo : pw ? pw->pw_name : "-";
}

/* Mail that waits for what has been changed is sent on at once. */
static void held_carry(struct act *a)
{
    struct tables tables;
    struct carrier carrier = {.tables = &tables};
    if (!admin_exim(a->admin))
        return;
    tables_begin(&tables, a->admin);
    if (carrier_take_all(&carrier, time(NULL)) > 0 && carrier.sent > 0)
        printf("held for %d recipient%s: sent on\n", carrier.sent,
               carrier.sent == 1 ? "" : "s");
    tables_end(&tables);
}

static int changes_begin(struct act *a)
{
    if (a->set->relocation == TABLE_LOOKUP)
        return admin_error(EX_CONFIG,
                           "the setting \"relocation\" is \"lookup\": change "
                           "that table where it is kept");
    a->table = a->replace ? register_begin_empty(a->set, ERROR(a))
                          : register_begin(a->set, ERROR(a));
    return a->table ? 0 : admin_error(EX_CANTCREAT, "%s", a->error);
}

/* All or nothing: with an exit code, nothing. */
static int changes_end(struct act *a, int rc)
{
    if (rc) {
        table_abort(&a->table);
        return rc;
    }
    if (table_commit(&a->table, ERROR(a)) == -1)
        return admin_error(EX_IOERR, "%s; nothing was changed", a->error);
    held_carry(a);
    return 0;
}

static int row_make(struct act *a, const char *old, const char *new,
                    struct relocation_row *row)
{
    struct text line = {0};
    text_addf(&line, "%s %lld %s %s", new, (long long)a->time, a->by, a->note);
    int rc = relocation_row_parse(row, old, line.s, ERROR(a));
    text_free(&line);
    return rc == 0 ? 0 : admin_error(EX_DATAERR, "%s", a->error);
}

static int row_put(struct act *a, const struct relocation_row *row)
{
    return register_put(a->table, a->set, row, ERROR(a)) == 0
               ? 0
               : admin_error(EX_DATAERR, "%s", a->error);
}

static int rows_set(struct act *a, const char *old, const char *new)
{
    struct relocation_row row;
    int rc = row_make(a, old, new, &row);
    if (rc == 0) {
        rc = row_put(a, &row);
        relocation_row_free(&row);
    }
    return rc;
}

static int do_set(void *act)
{
    struct act *a = act;
    if (!a->words[0] || !a->words[1] || a->words[2])
        return admin_error(EX_USAGE, "relocation set OLD NEW");
    int rc = changes_begin(a);
    return rc ? rc : changes_end(a, rows_set(a, a->words[0], a->words[1]));
}

static int do_gone(void *act)
{
    struct act *a = act;
    int rc = *a->words ? changes_begin(a)
                       : admin_error(EX_USAGE, "relocation gone OLD...");
    if (rc)
        return rc;
    for (char **w = a->words; *w && rc == 0; w++)
        rc = rows_set(a, *w, "gone");
    return changes_end(a, rc);
}

static int do_remove(void *act)
{
    struct act *a = act;
    int rc = *a->words ? changes_begin(a)
                       : admin_error(EX_USAGE, "relocation remove OLD...");
    if (rc)
        return rc;
    for (char **w = a->words; *w && rc == 0; w++)
        switch (register_remove(a->table, *w, ERROR(a))) {
        case 1:
            break;
        case 0:
            rc = admin_error(EX_DATAERR, "%s: there is no such row", *w);
            break;
        default:
            rc = admin_error(EX_IOERR, "%s", a->error);
        }
    return changes_end(a, rc);
}

/* ---- looking ---- */

static bool row_print(const struct relocation_row *row, void *context)
{
    const struct act *a = context;
    struct text line = {0};
    if (a->gone && *row->new)
        return true;
    relocation_row_format(row, true, &line);
    puts(line.s);
    text_free(&line);
    return true;
}

static struct table *table_read(struct act *a, int *rc)
{
    struct table *t = register_open(a->set, ERROR(a));
    *rc = 0;
    if (!t && *a->error)
        *rc = admin_error(EX_IOERR, "%s", a->error);
    return t;
}

static int rows_print(struct act *a, enum register_list list)
{
    int rc;
    if (a->set->relocation == TABLE_LOOKUP && list == REGISTER_ROWS)
        return admin_error(EX_CONFIG, "the setting \"relocation\" is "
                                      "\"lookup\": its rows cannot be listed");
    struct table *t = table_read(a, &rc);
    if (t && register_each(t, list, row_print, a, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    table_close(&t);
    return rc;
}

static int do_list(void *act)
{
    struct act *a = act;
    return rows_print(a, REGISTER_ROWS);
}

static int do_proposals(void *act)
{
    struct act *a = act;
    return rows_print(a, REGISTER_PROPOSALS);
}

static void result_print(const char *address, const struct relocation *r,
                         const struct settings *set)
{
    char since[40];
    relocation_time(r->time, since, sizeof since);
    if (r->loop)
        printf("%s: its relocations are a loop, it stays as it is\n", address);
    else if (r->kind == RELOCATION_NONE)
        printf("%s: not in the table\n", address);
    else if (r->kind == RELOCATION_MOVED)
        printf("%s -> %s (%s, %s)\n", address, r->address, r->row, since);
    else
        printf("%s: %s is gone (%s, %s)%s\n", address, r->address, r->row,
               since,
               relocation_expired(r, set, time(NULL))
                   ? ", for so long that it counts no more"
                   : "");
}

static int do_show(void *act)
{
    struct act *a = act;
    struct tables tables;
    struct relocation r;
    int rc =
        *a->words ? 0 : admin_error(EX_USAGE, "relocation show ADDRESS...");
    tables_begin(&tables, a->admin);
    struct relocation_source source = rows_relocations(&tables.rows);
    for (char **w = a->words; *w && rc == 0; w++) {
        int found = relocation_resolve(&source, a->set, *w, &r, ERROR(a));
        if (found == -1)
            rc = admin_error(EX_TEMPFAIL, "%s", a->error);
        else
            result_print(*w, &r, a->set);
        relocation_free(&r);
    }
    tables_end(&tables);
    return rc;
}

/* ---- import ---- */

static int line_import(void *act, char *line, int number)
{
    struct act *a = act;
    struct relocation_row row;
    int rc = 0;
    if (relocation_row_parse(&row, NULL, line, ERROR(a)) == -1)
        return admin_error(EX_DATAERR, "line %d: %s", number, a->error);
    if (row.time == 0)
        row.time = a->time;
    if (!*row.by) {
        free(row.by);
        row.by = text_copy(a->by);
    }
    if (register_put(a->table, a->set, &row, ERROR(a)) == -1)
        rc = admin_error(EX_DATAERR, "line %d: %s", number, a->error);
    a->count++;
    relocation_row_free(&row);
    return rc;
}

static int do_import(void *act)
{
    struct act *a = act;
    int rc = changes_begin(a);
    if (rc == 0)
        rc = changes_end(a, lines_each(a->words[0], line_import, a));
    if (rc == 0)
        printf("%d rows\n", a->count);
    return rc;
}

/* ---- proposals ---- */

struct gathering {
    struct text olds;
};

static bool gather(const struct relocation_row *row, void *context)
{
    struct gathering *g = context;
    text_addf(&g->olds, "%s\n", row->old);
    return true;
}

static int proposal_end(struct act *a, const char *old, bool accept)
{
    struct relocation_row row = {0};
    int rc = register_proposed(a->table, old, &row, ERROR(a));
    if (rc == 0)
        return admin_error(EX_DATAERR, "%s: nobody has proposed anything", old);
    if (rc == 1 && accept && row_put(a, &row) != 0)
        rc = -1;
    else if (rc == 1)
        rc = register_unpropose(a->table, old, ERROR(a));
    relocation_row_free(&row);
    return rc == -1 ? admin_error(EX_IOERR, "%s", a->error) : 0;
}

static int proposals_end(struct act *a, bool accept)
{
    struct gathering g = {0};
    int rc = *a->words || a->all
                 ? changes_begin(a)
                 : admin_error(EX_USAGE, "name old addresses, or --all");
    if (rc)
        return rc;
    if (a->all &&
        register_each(a->table, REGISTER_PROPOSALS, gather, &g, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    char *rest = g.olds.s;
    for (char *old; rc == 0 && rest && (old = strsep(&rest, "\n"));)
        if (*old)
            rc = proposal_end(a, old, accept);
    for (char **w = a->words; *w && rc == 0 && !a->all; w++)
        rc = proposal_end(a, *w, accept);
    text_free(&g.olds);
    return changes_end(a, rc);
}

static int do_accept(void *act)
{
    struct act *a = act;
    return proposals_end(a, true);
}

static int do_refuse(void *act)
{
    struct act *a = act;
    return proposals_end(a, false);
}

/* ---- asking another server ---- */

static void answer_take(const char *old, const char *new, void *context)
{
    struct act *a = context;
    struct relocation_row row;
    printf("%s -> %s\n", old, new);
    if (row_make(a, old, new, &row) != 0)
        return;
    int rc = a->enter ? row_put(a, &row)
                      : register_propose(a->table, &row, ERROR(a));
    if (rc == -1)
        admin_error(0, "%s", a->error);
    relocation_row_free(&row);
}

static bool gone_gather(const struct relocation_row *row, void *context)
{
    struct gathering *g = context;
    if (row->new[0] == 0 && row->old[0] != '*')
        text_addf(&g->olds, "%s\n", row->old);
    return true;
}

/* What was learned before a connection broke counts too. */
static int answers_take(struct act *a, const struct inquiry *inquiry)
{
    int rc = changes_begin(a);
    if (rc)
        return rc;
    for (int i = 0; i < inquiry->count; i++)
        answer_take(inquiry->answers[i].old, inquiry->answers[i].new, a);
    return changes_end(a, 0);
}

static int do_ask(void *act)
{
    struct act *a = act;
    struct gathering g = {0};
    int rc;
    if (!*a->words)
        return admin_error(EX_USAGE, "relocation ask SERVER [ADDRESS...]");
    struct table *t = table_read(a, &rc);
    for (char **w = a->words + 1; *w; w++)
        text_addf(&g.olds, "%s\n", *w);
    if (t && !a->words[1] &&
        register_each(t, REGISTER_ROWS, gone_gather, &g, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    table_close(&t);
    a->by = a->words[0];
    struct inquiry inquiry = {.admin = a->admin,
                              .server = a->words[0],
                              .addresses = text_str(&g.olds)};
    if (rc == 0)
        rc = inquiry_make(&inquiry);
    int kept = inquiry.count > 0 ? answers_take(a, &inquiry) : 0;
    rc = rc ? rc : kept;
    inquiry_free(&inquiry);
    text_free(&g.olds);
    return rc;
}

/* ---- apply ---- */

static char *applied_new(const char *address, void *context)
{
    struct relocation_source *source = context;
    struct tables *tables = (struct tables *)((char *)source->context -
                                              offsetof(struct tables, rows));
    struct relocation r;
    char error[400];
    int rc = relocation_resolve(source, tables->admin->settings, address, &r,
                                error, sizeof error);
    if (rc == -1)
        admin_error(0, "%s: %s", address, error);
    char *new =
        rc == 1 && r.kind == RELOCATION_MOVED ? text_copy(r.address) : NULL;
    relocation_free(&r);
    return new;
}

static int file_apply(struct act *a, const struct apply *apply,
                      const char *path)
{
    struct text diff = {0};
    int n = apply_file(apply, path, a->dry_run, &diff, ERROR(a));
    if (n == -1)
        return admin_error(EX_DATAERR, "%s", a->error);
    fwrite(text_str(&diff), 1, diff.len, stdout);
    text_free(&diff);
    return 0;
}

static int do_apply(void *act)
{
    struct act *a = act;
    struct tables tables;
    int rc = *a->words ? 0 : admin_error(EX_USAGE, "relocation apply FILE...");
    tables_begin(&tables, a->admin);
    struct relocation_source source = rows_relocations(&tables.rows);
    struct apply apply = {a->kind, applied_new, &source};
    for (char **w = a->words; *w; w++) {
        int one = file_apply(a, &apply, *w);
        rc = one ? one : rc;
    }
    tables_end(&tables);
    return rc;
}

static int do_recover(void *act)
{
    struct act *a = act;
    switch (register_recover(a->set, ERROR(a))) {
    case 1:
        puts("went back to the state before the last change, which is lost: "
             "see `outrider relocation list`");
        return 0;
    case 0:
        puts("the table is whole");
        return 0;
    default:
        return admin_error(EX_IOERR, "%s", a->error);
    }
}

static const struct subcommand commands[] = {
    {"set", do_set},         {"gone", do_gone},
    {"remove", do_remove},   {"show", do_show},
    {"list", do_list},       {"export", do_list},
    {"import", do_import},   {"proposals", do_proposals},
    {"accept", do_accept},   {"refuse", do_refuse},
    {"ask", do_ask},         {"apply", do_apply},
    {"recover", do_recover},
};

/* ---- options ---- */

enum {
    OPT_BY = 256,
    OPT_NOTE,
    OPT_TIME,
    OPT_REPLACE,
    OPT_GONE,
    OPT_ALL,
    OPT_REGISTER,
    OPT_DRY_RUN,
    OPT_KIND
};

static const struct option options[] = {
    {"by", required_argument, NULL, OPT_BY},
    {"note", required_argument, NULL, OPT_NOTE},
    {"time", required_argument, NULL, OPT_TIME},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"gone", no_argument, NULL, OPT_GONE},
    {"all", no_argument, NULL, OPT_ALL},
    {"register", no_argument, NULL, OPT_REGISTER},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"kind", required_argument, NULL, OPT_KIND},
    ADMIN_OPTIONS,
    {0}};

static int kind_option(struct act *a, const char *value)
{
    static const char *const names[] = {"guess", "aliases", "members",
                                        "forward"};
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], value) == 0) {
            a->kind = (enum apply_kind)i;
            return 0;
        }
    return admin_error(EX_USAGE, "--kind aliases, members or forward");
}

static int by_option(struct act *a, const char *value)
{
    if (!*value || strpbrk(value, " \t\r\n"))
        return admin_error(EX_USAGE, "--by %s: one word is wanted", value);
    a->by = value;
    return 0;
}

static int option_take(void *act, int c)
{
    struct act *a = act;
    switch (c) {
    case OPT_BY:
        return by_option(a, optarg);
    case OPT_NOTE:
        a->note = optarg;
        return 0;
    case OPT_TIME:
        return relocation_time_parse(optarg, &a->time) == 0 && a->time > 0
                   ? 0
                   : admin_error(EX_USAGE,
                                 "--time %s: write 2026-11-22T10:00:00Z",
                                 optarg);
    case OPT_REPLACE:
        a->replace = true;
        return 0;
    case OPT_GONE:
        a->gone = true;
        return 0;
    case OPT_ALL:
        a->all = true;
        return 0;
    case OPT_REGISTER:
        a->enter = true;
        return 0;
    case OPT_DRY_RUN:
        a->dry_run = true;
        return 0;
    case OPT_KIND:
        return kind_option(a, optarg);
    default:
        return admin_option(a->admin, c, optarg) == 1 ? 0 : EX_USAGE;
    }
}

static int act_run(void *act, int (*run)(void *act))
{
    struct act *a = act;
    int rc = admin_open(a->admin);
    a->set = a->admin->settings;
    if (rc == 0 && a->set->relocation == TABLE_NONE)
        rc = admin_error(EX_CONFIG, "the setting \"relocation\" is \"no\"");
    if (rc == 0)
        rc = run(a);
    admin_close(a->admin);
    return rc;
}

int cmd_relocation(int argc, char *argv[])
{
    struct admin admin = {0};
    struct act a = {
        .admin = &admin, .by = user_name(), .note = "", .time = time(NULL)};
    const struct subcommands all = {.command = "relocation",
                                    .help = help,
                                    .list = commands,
                                    .count = sizeof commands / sizeof *commands,
                                    .options = options,
                                    .take = option_take,
                                    .run = act_run,
                                    .words = &a.words,
                                    .act = &a};
    return subcommands_run(&all, argc, argv);
}
