/* subcommand: `outrider COMMAND WORD [OPTION...] [ARGUMENT...]`.
 *
 * Called by: the commands that have such words.
 * Memory: nothing is kept.
 * Fails: with an exit code and a message on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SUBCOMMAND_H
#define OUTRIDER_SUBCOMMAND_H

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

struct subcommand {
    const char *name;
    int (*run)(void *act);
};

struct subcommands {
    const char *command; /* "relocation" */
    const char *help;
    const struct subcommand *list;
    size_t count;
    const struct option *options;
    /* takes an option of getopt's: 0, or an exit code */
    int (*take)(void *act, int option);
    /* runs one, between opening and closing what all of them need */
    int (*run)(void *act, int (*run)(void *act));
    char ***words; /* gets the arguments, NULL at their end */
    void *act;
};

int subcommands_run(const struct subcommands *s, int argc, char *argv[]);

/* The lines of a file ("-" or NULL: standard input), trimmed, but for empty
 * ones and comments (#). each() gets the line's number too; it returns 0, or an
 * exit code that ends it. */
int lines_each(const char *path, int (*each)(void *act, char *line, int number),
               void *act);

/* What the lines of a file are about, for a file that may say it once. Starts
 * as {0}; lines_free() frees it. */
struct lines {
    void *keys;
};

/* 0, or an exit code: an earlier line has this key. */
int lines_once(struct lines *l, const char *key, int number);
void lines_free(struct lines *l);

#endif
