/* outrider attribute: who is meant by department=sales@...
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "attribute.h"
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

static int do_set(struct act *a)
{
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

static int do_remove(struct act *a)
{
    int rc = *a->words ? changes_begin(a)
                       : admin_error(EX_USAGE, "attribute remove ADDRESS...");
    if (rc)
        return rc;
    for (char **w = a->words; *w && rc == 0; w++)
        rc = address_remove(a, *w);
    return changes_end(a, rc);
}

/* With or without the domain, which does not matter here. */
static int do_show(struct act *a)
{
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

static int do_list(struct act *a)
{
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

static int line_import(struct act *a, char *line, int number)
{
    char *pairs = text_trim(line);
    if (!*pairs || *pairs == '#')
        return 0;
    char *address = strsep(&pairs, " \t");
    if (!pairs)
        return admin_error(EX_DATAERR, "line %d: write ADDRESS NAME=VALUE...",
                           number);
    if (attribute_put(a->table, address, pairs, ERROR(a)) == -1)
        return admin_error(EX_DATAERR, "line %d: %s", number, a->error);
    a->count++;
    return 0;
}

static int lines_import(struct act *a, FILE *f)
{
    char *line = NULL;
    size_t room = 0;
    int number = 0, rc = 0;
    while (rc == 0 && getline(&line, &room, f) != -1)
        rc = line_import(a, line, ++number);
    if (rc == 0 && ferror(f))
        rc = admin_error(EX_IOERR, "%s", strerror(errno));
    free(line);
    return rc;
}

static int do_import(struct act *a)
{
    const char *path = a->words[0];
    bool file = path && strcmp(path, "-") != 0;
    FILE *f = file ? fopen(path, "re") : stdin;
    if (!f)
        return admin_error(EX_NOINPUT, "%s: %s", path, strerror(errno));
    int rc = changes_begin(a);
    if (rc == 0) {
        rc = changes_end(a, lines_import(a, f));
    }
    if (file)
        fclose(f);
    if (rc == 0)
        printf("%d addresses\n", a->count);
    return rc;
}

static const struct {
    const char *name;
    int (*run)(struct act *a);
} commands[] = {
    {"set", do_set},   {"remove", do_remove}, {"show", do_show},
    {"list", do_list}, {"export", do_list},   {"import", do_import},
};

static const struct option options[] = {
    {"replace", no_argument, NULL, 'R'}, ADMIN_OPTIONS, {0}};

static int act_run(struct act *a, int (*run)(struct act *a))
{
    int rc = admin_open(a->admin);
    a->set = a->admin->settings;
    if (rc == 0 && a->set->attributes == TABLE_NONE)
        rc = admin_error(EX_CONFIG, "the setting \"attributes\" is \"no\"");
    if (rc == 0)
        rc = run(a);
    admin_close(a->admin);
    return rc;
}

static int options_take(struct act *a, int argc, char *argv[], bool *helped)
{
    int c, rc = 0;
    while (rc == 0 && (c = getopt_long(argc, argv, "C:h", options, NULL)) != -1)
        if (c == 'h') {
            *helped = true;
            return fputs(help, stdout) == EOF;
        } else if (c == 'R')
            a->replace = true;
        else
            rc = admin_option(a->admin, c, optarg) == 1 ? 0 : EX_USAGE;
    a->words = argv + optind;
    return rc;
}

int cmd_attribute(int argc, char *argv[])
{
    struct admin admin = {0};
    struct act a = {.admin = &admin};
    bool helped = false;
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return fputs(help, stdout) == EOF;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) {
            int rc = options_take(&a, argc - 1, argv + 1, &helped);
            return rc || helped ? rc : act_run(&a, commands[i].run);
        }
    return admin_error(EX_USAGE,
                       "attribute: there is no command \"%s\"; outrider "
                       "attribute --help shows them",
                       name);
}
