/* subcommand: the words of a command. See subcommand.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "subcommand.h"

#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"
#include "text.h"

static int help_print(const struct subcommands *s)
{
    return fputs(s->help, stdout) == EOF ? EX_IOERR : 0;
}

static int word_run(const struct subcommands *s, const struct subcommand *word,
                    int argc, char *argv[])
{
    int c, rc = 0;
    while (rc == 0 &&
           (c = getopt_long(argc, argv, "C:h", s->options, NULL)) != -1) {
        if (c == 'h')
            return help_print(s);
        rc = s->take(s->act, c);
    }
    *s->words = argv + optind;
    return rc ? rc : s->run(s->act, word->run);
}

int subcommands_run(const struct subcommands *s, int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help_print(s);
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->list[i].name, name) == 0)
            return word_run(s, &s->list[i], argc - 1, argv + 1);
    return admin_error(EX_USAGE,
                       "%s: there is no command \"%s\"; outrider %s --help "
                       "shows them",
                       s->command, name, s->command);
}

static int file_each(FILE *f, int (*each)(void *act, char *line, int number),
                     void *act)
{
    char *line = NULL;
    size_t room = 0;
    int number = 0, rc = 0;
    while (rc == 0 && getline(&line, &room, f) != -1) {
        char *text = text_trim(line);
        number++;
        if (*text && *text != '#')
            rc = each(act, text, number);
    }
    if (rc == 0 && ferror(f))
        rc = admin_error(EX_IOERR, "%s", strerror(errno));
    free(line);
    return rc;
}

int lines_each(const char *path, int (*each)(void *act, char *line, int number),
               void *act)
{
    bool file = path && strcmp(path, "-") != 0;
    FILE *f = file ? fopen(path, "re") : stdin;
    if (!f)
        return admin_error(EX_NOINPUT, "%s: %s", path, strerror(errno));
    int rc = file_each(f, each, act);
    if (file)
        fclose(f);
    return rc;
}

/* ---- lines that are there once ---- */

struct line {
    char *key;
    int number;
};

static int line_order(const void *a, const void *b)
{
    const struct line *one = a, *other = b;
    return strcmp(one->key, other->key);
}

static void line_free(void *line)
{
    struct line *l = line;
    free(l->key);
    free(l);
}

int lines_once(struct lines *l, const char *key, int number)
{
    struct line *line = text_alloc(sizeof *line);
    *line = (struct line){text_copy(key), number};
    struct line **there = tsearch(line, &l->keys, line_order);
    if (there && *there == line)
        return 0;
    line_free(line);
    return there ? admin_error(EX_DATAERR,
                               "line %d: %s stands in line %d already", number,
                               key, (*there)->number)
                 : admin_error(EX_OSERR, "%s", strerror(errno));
}

void lines_free(struct lines *l)
{
    tdestroy(l->keys, line_free);
    l->keys = NULL;
}
