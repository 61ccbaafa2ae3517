/* outrider environment: what destinations can receive.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "environment_act.h"

static const char help[] =
    "usage: outrider environment COMMAND [OPTION...] [ARGUMENT...]\n\n"
    "What destinations can receive (docs/environment.md). KEY is an address, "
    "a\n"
    "domain, server:HOST, or * for all; FIELD is size, compress, join, "
    "encrypt,\n"
    "decrypt, clear, archive, order, gain or nothing.\n\n"
    "  set KEY FIELD=VALUE...  the row of this key, in place of the old one\n"
    "  remove KEY...           forget it\n"
    "  show ADDRESS            what holds for it, and which key says so\n"
    "  list                    every row\n"
    "  export                  the same, to be kept, changed and imported\n"
    "  import [FILE]           lines KEY FIELD=VALUE..., of such a file or of\n"
    "                          standard input\n"
    "  recover                 go back to the last state of a damaged table\n"
    "  mail                    for a pipe transport: a user sets his own "
    "row\n\n"
    "set:\n"
    "      --add               what is not named stays as it was\n"
    "show:\n"
    "      --server LIST       when the mail goes to these smarthosts\n"
    "import:\n"
    "      --replace           rows that are not in the file are removed\n"
    "export:\n"
    "      --dns               the domains' rows as lines of a zone file\n"
    "mail:\n"
    "      --spool DIRECTORY   Exim's $spool_directory\n"
    "      --settings TEXT     what the ACL \"outrider\" yields\n" ADMIN_HELP;

/* ---- changing ---- */

static const char *user_name(void)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *sudo = getenv("SUDO_USER");
    return sudo && *sudo ? sudo : pw ? pw->pw_name : "";
}

int environment_begin(struct environment_act *a)
{
    a->table = a->replace ? environments_begin_empty(a->set, ERROR(a))
                          : environments_begin(a->set, ERROR(a));
    return a->table ? 0 : admin_error(EX_CANTCREAT, "%s", a->error);
}

int environment_end(struct environment_act *a, int rc)
{
    if (rc) {
        table_abort(&a->table);
        return rc;
    }
    return table_commit(&a->table, ERROR(a)) == 0
               ? 0
               : admin_error(EX_IOERR, "%s; nothing was changed", a->error);
}

static bool row_same(const struct environment *a, const struct environment *b)
{
    struct text x = {0}, y = {0};
    environment_format(a, &x);
    environment_format(b, &y);
    bool same = strcmp(x.s, y.s) == 0;
    text_free(&x);
    text_free(&y);
    return same;
}

int environment_put(struct environment_act *a, const char *key,
                    const struct environment *e)
{
    struct environments_row now = {*e, time(NULL), text_copy(a->by)}, was;
    char error[300];
    int rc = environments_get(a->before ? a->before : a->table, key, &was,
                              error, sizeof error);
    if (rc == 1 && row_same(&was.environment, e)) {
        free(now.by);
        now.by = text_copy(was.by);
        now.time = was.time;
    }
    environments_row_free(&was);
    if (rc == -1 && a->before) /* it is damaged */
        table_close(&a->before);
    rc = environments_put(a->table, key, &now, ERROR(a));
    free(now.by);
    return rc;
}

/* The program that uses it says so later, in a mail to whoever it concerns. */
static void file_check(enum cipher cipher, const char *file)
{
    if (cipher == CIPHER_SMIME && access(file, R_OK) == -1)
        admin_error(0, "%s: %s; the row is set all the same", file,
                    strerror(errno));
}

static int row_set(struct environment_act *a, const char *key,
                   const char *fields)
{
    struct environments_row row = {.environment = ENVIRONMENT_NONE};
    int rc = a->add ? environments_get(a->table, key, &row, ERROR(a)) : 0;
    if (rc != -1)
        rc = environment_parse(&row.environment, fields, TRUST_OURS, ERROR(a));
    if (rc != -1)
        rc = environment_put(a, key, &row.environment);
    if (rc != -1) {
        file_check(row.environment.encrypt, row.environment.encrypt_key);
        file_check(row.environment.decrypt, row.environment.decrypt_key);
    }
    environments_row_free(&row);
    return rc == -1 ? admin_error(EX_DATAERR, "%s", a->error) : 0;
}

static int do_set(void *act)
{
    struct environment_act *a = act;
    struct text fields = {0};
    if (!a->words[0] || !a->words[1])
        return admin_error(EX_USAGE, "environment set KEY FIELD=VALUE...");
    int rc = environment_begin(a);
    if (rc)
        return rc;
    for (char **w = a->words + 1; *w; w++)
        text_addf(&fields, "%s ", *w);
    rc = environment_end(a, row_set(a, a->words[0], fields.s));
    text_free(&fields);
    return rc;
}

static int do_remove(void *act)
{
    struct environment_act *a = act;
    int rc = *a->words ? environment_begin(a)
                       : admin_error(EX_USAGE, "environment remove KEY...");
    if (rc)
        return rc;
    for (char **w = a->words; *w && rc == 0; w++)
        switch (environments_remove(a->table, *w, ERROR(a))) {
        case 1:
            break;
        case 0:
            rc = admin_error(EX_DATAERR, "%s: there is no such row", *w);
            break;
        default:
            rc = admin_error(EX_DATAERR, "%s", a->error);
        }
    return environment_end(a, rc);
}

/* ---- import ---- */

/* Behind the key, whose local part may stand in quotes. */
static char *key_end(char *line)
{
    if (*line == '"')
        for (line++; *line && *line != '"'; line++)
            if (*line == '\\' && line[1])
                line++;
    return line + strcspn(line, " \t");
}

static int line_import(void *act, char *line, int number)
{
    struct environment_act *a = act;
    struct environment e = ENVIRONMENT_NONE;
    char *end = key_end(line);
    const char *fields = end + (*end != 0);
    *end = 0;
    struct text key = {0};
    int rc = environment_parse(&e, fields, TRUST_OURS, ERROR(a));
    if (rc == 0)
        rc = environments_key(line, &key, ERROR(a));
    if (rc == 0)
        rc = environment_put(a, key.s, &e);
    rc = rc == 0 ? lines_once(&a->lines, key.s, number)
                 : admin_error(EX_DATAERR, "line %d: %s", number, a->error);
    a->count++;
    text_free(&key);
    environment_free(&e);
    return rc;
}

static int do_import(void *act)
{
    struct environment_act *a = act;
    if (a->words[0] && a->words[1])
        return admin_error(EX_USAGE, "environment import [FILE]");
    int rc = environment_begin(a);
    if (rc)
        return rc;
    if (a->replace) /* what is damaged is replaced too */
        a->before = environments_open(a->set, ERROR(a));
    rc = environment_end(a, lines_each(a->words[0], line_import, a));
    lines_free(&a->lines);
    table_close(&a->before);
    if (rc == 0)
        printf("%d rows\n", a->count);
    return rc;
}

static int do_recover(void *act)
{
    struct environment_act *a = act;
    switch (environments_recover(a->set, ERROR(a))) {
    case 1:
        puts("went back to the state before the last change, which is lost: "
             "see `outrider environment list`");
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
    {"remove", do_remove},
    {"show", environment_show},
    {"list", environment_list},
    {"export", environment_export},
    {"import", do_import},
    {"recover", do_recover},
    {"mail", environment_mail},
};

/* ---- options ---- */

enum {
    OPT_ADD = 256,
    OPT_REPLACE,
    OPT_SERVER,
    OPT_DNS,
    OPT_SPOOL,
    OPT_SETTINGS
};

static const struct option options[] = {
    {"add", no_argument, NULL, OPT_ADD},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"server", required_argument, NULL, OPT_SERVER},
    {"dns", no_argument, NULL, OPT_DNS},
    {"spool", required_argument, NULL, OPT_SPOOL},
    {"settings", required_argument, NULL, OPT_SETTINGS},
    ADMIN_OPTIONS,
    {0}};

static int option_take(void *act, int c)
{
    struct environment_act *a = act;
    if (c == OPT_ADD)
        a->add = true;
    else if (c == OPT_REPLACE)
        a->replace = true;
    else if (c == OPT_SERVER)
        a->server = optarg;
    else if (c == OPT_DNS)
        a->dns = true;
    else if (c == OPT_SPOOL)
        a->spool = optarg;
    else if (c == OPT_SETTINGS)
        a->settings = optarg;
    else if (admin_option(a->admin, c, optarg) != 1)
        return EX_USAGE;
    return 0;
}

static int act_run(void *act, int (*run)(void *act))
{
    struct environment_act *a = act;
    if (run == environment_mail) /* Exim says what there is to be known */
        return run(a);
    int rc = admin_open(a->admin);
    a->set = a->admin->settings;
    if (rc == 0)
        rc = run(a);
    admin_close(a->admin);
    return rc;
}

int cmd_environment(int argc, char *argv[])
{
    struct admin admin = {0};
    struct environment_act a = {.admin = &admin, .by = user_name()};
    const struct subcommands all = {.command = "environment",
                                    .help = help,
                                    .list = commands,
                                    .count = sizeof commands / sizeof *commands,
                                    .options = options,
                                    .take = option_take,
                                    .run = act_run,
                                    .words = &a.words,
                                    .act = &a};
    int rc = subcommands_run(&all, argc, argv);
    /* Nobody's mail is returned because a transport is set up wrongly. */
    bool mail = argc > 1 && strcmp(argv[1], "mail") == 0;
    return mail && rc == EX_USAGE ? EX_TEMPFAIL : rc;
}
