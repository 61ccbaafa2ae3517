/* outrider attribute: who is meant by department=sales@...
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "attribute.h"
#include "subcommand.h"
#include "tables.h"

static const char help[] =
    "usage: outrider attribute COMMAND [OPTION...] [ARGUMENT...]\n\n"
    "Addresses by what their holders are (docs/relocation.md).\n\n"
    "  set ADDRESS NAME=VALUE...  these attributes, and no others\n"
    "  remove ADDRESS...          none\n"
    "  show ATTRIBUTES            who department=sales+site=osaka is\n"
    "  list                       every address, with what it has\n"
    "  export                     the same, to be kept, changed and imported\n"
    "  import [FILE]              lines ADDRESS NAME=VALUE..., of such a file "
    "or\n"
    "                             of standard input\n\n"
    "import:\n"
    "      --replace              addresses that are not in the file are "
    "removed\n" ADMIN_HELP;

struct act {
    struct admin *admin;
    struct settings *set;
    bool replace;
    char **words;
    struct table *table;
    struct lines lines; /* import: whose rows there were */
    int count;
    char error[600];
};

#define ERROR(a) (a)->error, sizeof(a)->error

static int changes_begin(struct act *a)
{
    if (a->set->attributes == TABLE_LOOKUP)
        return admin_error(EX_CONFIG,
                           "the setting \"attributes\" is \"lookup\": change "
                           "that table where it is kept");
    a->table = a->replace ? attribute_begin_empty(a->set, ERROR(a))
                          : attribute_begin(a->set, ERROR(a));
    return a->table ? 0 : admin_error(EX_CANTCREAT, "%s", a->error);
}

static int changes_end(struct act *a, int rc)
{
    if (rc) {
        table_abort(&a->table);
        return rc;
    }
    return table_commit(&a->table, ERROR(a)) == 0
               ? 0
               : admin_error(EX_IOERR, "%s; nothing was changed", a->error);
}

static int put(struct act *a, const char *address, const char *pairs)
{
    return attribute_put(a->table, address, pairs, ERROR(a)) == -1
               ? admin_error(EX_DATAERR, "%s", a->error)
               : 0;
}

static int do_set(void *act)
{
    struct act *a = act;
    struct text pairs = {0};
    if (!a->words[0] || !a->words[1])
        return admin_error(EX_USAGE, "attribute set ADDRESS NAME=VALUE...");
    int rc = changes_begin(a);
    if (rc)
        return rc;
    for (char **w = a->words + 1; *w; w++)
        text_addf(&pairs, "%s ", *w);
    rc = changes_end(a, put(a, a->words[0], pairs.s));
    text_free(&pairs);
    return rc;
}

static int address_remove(struct act *a, const char *address)
{
    struct text pairs = {0};
    int rc = 0;
    if (attribute_of(a->table, address, &pairs, ERROR(a)) == -1)
        rc = admin_error(EX_DATAERR, "%s", a->error);
    else if (pairs.len == 0)
        rc = admin_error(EX_DATAERR, "%s: it has no attributes", address);
    else
        rc = put(a, address, "");
    text_free(&pairs);
    return rc;
}

static int do_remove(void *act)
{
    struct act *a = act;
    int rc = *a->words ? changes_begin(a)
                       : admin_error(EX_USAGE, "attribute remove ADDRESS...");
    if (rc)
        return rc;
    for (char **w = a->words; *w && rc == 0; w++)
        rc = address_remove(a, *w);
    return changes_end(a, rc);
}

/* With or without the domain, which does not matter here. */
static int do_show(void *act)
{
    struct act *a = act;
    struct tables tables;
    struct members m;
    int rc = 0;
    if (!a->words[0] || a->words[1])
        return admin_error(EX_USAGE, "attribute show NAME=VALUE+NAME=VALUE");
    char *address =
        strchr(a->words[0], '@')
            ? text_copy(a->words[0])
            : text_format("%s@%s", a->words[0], a->set->attribute_domain);
    tables_begin(&tables, a->admin);
    struct attribute_source source = rows_attributes(&tables.rows);
    int found = attribute_members(&source, address, &m, ERROR(a));
    if (found != 1)
        rc = admin_error(found == 0 ? EX_DATAERR : EX_TEMPFAIL, "%s", a->error);
    for (int i = 0; found == 1 && i < m.count; i++)
        puts(m.list[i]);
    members_free(&m);
    tables_end(&tables);
    free(address);
    return rc;
}

static bool row_print(const char *address, const char *pairs, void *context)
{
    (void)context;
    printf("%s %s\n", address, pairs);
    return true;
}

static int do_list(void *act)
{
    struct act *a = act;
    int rc = 0;
    if (a->set->attributes == TABLE_LOOKUP)
        return admin_error(EX_CONFIG, "the setting \"attributes\" is "
                                      "\"lookup\": its rows cannot be listed");
    struct table *t = attribute_open(a->set, ERROR(a));
    if ((!t && *a->error) || attribute_each(t, row_print, NULL, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    table_close(&t);
    return rc;
}

static int line_import(void *act, char *pairs, int number)
{
    struct act *a = act;
    char *address = strsep(&pairs, " \t");
    if (!pairs)
        return admin_error(EX_DATAERR, "line %d: write ADDRESS NAME=VALUE...",
                           number);
    struct text key = {0};
    int rc = attribute_put(a->table, address, pairs, ERROR(a));
    if (rc != -1)
        rc = relocation_key(address, &key);
    rc = rc == 0 ? lines_once(&a->lines, key.s, number)
                 : admin_error(EX_DATAERR, "line %d: %s", number, a->error);
    a->count++;
    text_free(&key);
    return rc;
}

static int do_import(void *act)
{
    struct act *a = act;
    int rc = changes_begin(a);
    if (rc == 0)
        rc = changes_end(a, lines_each(a->words[0], line_import, a));
    lines_free(&a->lines);
    if (rc == 0)
        printf("%d addresses\n", a->count);
    return rc;
}

static const struct subcommand commands[] = {
    {"set", do_set},   {"remove", do_remove}, {"show", do_show},
    {"list", do_list}, {"export", do_list},   {"import", do_import},
};

static const struct option options[] = {
    {"replace", no_argument, NULL, 'R'}, ADMIN_OPTIONS, {0}};

static int act_run(void *act, int (*run)(void *act))
{
    struct act *a = act;
    int rc = admin_open(a->admin);
    a->set = a->admin->settings;
    if (rc == 0 && a->set->attributes == TABLE_NONE)
        rc = admin_error(EX_CONFIG, "the setting \"attributes\" is \"no\"");
    if (rc == 0)
        rc = run(a);
    admin_close(a->admin);
    return rc;
}

static int option_take(void *act, int c)
{
    struct act *a = act;
    if (c == 'R')
        a->replace = true;
    else if (admin_option(a->admin, c, optarg) != 1)
        return EX_USAGE;
    return 0;
}

int cmd_attribute(int argc, char *argv[])
{
    struct admin admin = {0};
    struct act a = {.admin = &admin};
    const struct subcommands all = {.command = "attribute",
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
