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
#include "carrier.h"
#include "register.h"
#include "relocating.h"
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

/* ---- changing ---- */

static const char *user_name(void)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *sudo = getenv("SUDO_USER");
    return sudo && *sudo ? sudo : pw ? pw->pw_name : "-";
}

/* Mail that waits for what has been changed is sent on at once. */
static void held_carry(struct relocating *a)
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

int relocating_begin(struct relocating *a)
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
int relocating_end(struct relocating *a, int rc)
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

int relocating_row(struct relocating *a, const char *old, const char *new,
                   struct relocation_row *row)
{
    struct text line = {0};
    text_addf(&line, "%s %lld %s %s", new, (long long)a->time, a->by, a->note);
    int rc = relocation_row_parse(row, old, line.s, ERROR(a));
    text_free(&line);
    return rc == 0 ? 0 : admin_error(EX_DATAERR, "%s", a->error);
}

int relocating_put(struct relocating *a, const struct relocation_row *row)
{
    return register_put(a->table, a->set, row, ERROR(a)) == 0
               ? 0
               : admin_error(EX_DATAERR, "%s", a->error);
}

static int rows_set(struct relocating *a, const char *old, const char *new)
{
    struct relocation_row row;
    int rc = relocating_row(a, old, new, &row);
    if (rc == 0) {
        rc = relocating_put(a, &row);
        relocation_row_free(&row);
    }
    return rc;
}

static int do_set(void *act)
{
    struct relocating *a = act;
    if (!a->words[0] || !a->words[1] || a->words[2])
        return admin_error(EX_USAGE, "relocation set OLD NEW");
    int rc = relocating_begin(a);
    return rc ? rc : relocating_end(a, rows_set(a, a->words[0], a->words[1]));
}

static int do_gone(void *act)
{
    struct relocating *a = act;
    int rc = *a->words ? relocating_begin(a)
                       : admin_error(EX_USAGE, "relocation gone OLD...");
    if (rc)
        return rc;
    for (char **w = a->words; *w && rc == 0; w++)
        rc = rows_set(a, *w, "gone");
    return relocating_end(a, rc);
}

static int do_remove(void *act)
{
    struct relocating *a = act;
    int rc = *a->words ? relocating_begin(a)
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
    return relocating_end(a, rc);
}

/* ---- looking ---- */

static bool row_print(const struct relocation_row *row, void *context)
{
    const struct relocating *a = context;
    struct text line = {0};
    if (a->gone && *row->new)
        return true;
    relocation_row_format(row, true, &line);
    puts(line.s);
    text_free(&line);
    return true;
}

struct table *relocating_read(struct relocating *a, int *rc)
{
    struct table *t = register_open(a->set, ERROR(a));
    *rc = 0;
    if (!t && *a->error)
        *rc = admin_error(EX_IOERR, "%s", a->error);
    return t;
}

static int rows_print(struct relocating *a, enum register_list list)
{
    int rc;
    if (a->set->relocation == TABLE_LOOKUP && list == REGISTER_ROWS)
        return admin_error(EX_CONFIG, "the setting \"relocation\" is "
                                      "\"lookup\": its rows cannot be listed");
    struct table *t = relocating_read(a, &rc);
    if (t && register_each(t, list, row_print, a, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    table_close(&t);
    return rc;
}

static int do_list(void *act)
{
    struct relocating *a = act;
    return rows_print(a, REGISTER_ROWS);
}

static int do_proposals(void *act)
{
    struct relocating *a = act;
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
    struct relocating *a = act;
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
    struct relocating *a = act;
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
    struct relocating *a = act;
    int rc = relocating_begin(a);
    if (rc == 0)
        rc = relocating_end(a, lines_each(a->words[0], line_import, a));
    if (rc == 0)
        printf("%d rows\n", a->count);
    return rc;
}

static int do_recover(void *act)
{
    struct relocating *a = act;
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
    {"set", do_set},
    {"gone", do_gone},
    {"remove", do_remove},
    {"show", do_show},
    {"list", do_list},
    {"export", do_list},
    {"import", do_import},
    {"proposals", do_proposals},
    {"accept", relocating_accept},
    {"refuse", relocating_refuse},
    {"ask", relocating_ask},
    {"apply", relocating_apply},
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

static int kind_option(struct relocating *a, const char *value)
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

static int by_option(struct relocating *a, const char *value)
{
    if (!*value || strpbrk(value, " \t\r\n"))
        return admin_error(EX_USAGE, "--by %s: one word is wanted", value);
    a->by = value;
    return 0;
}

static int option_take(void *act, int c)
{
    struct relocating *a = act;
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
    struct relocating *a = act;
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
    struct relocating a = {
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
