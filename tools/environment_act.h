/* environment_act: what the words of `outrider environment` share.
 *
 * Called by: cmd_environment and the files that have some of its words.
 * Memory: borrows the command line; a table is open between begin and end.
 * Fails: with an exit code and a message on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENT_ACT_H
#define OUTRIDER_ENVIRONMENT_ACT_H

#include "admin.h"
#include "environments.h"
#include "subcommand.h"

struct environment_act {
    struct admin *admin;
    struct settings *set;
    const char *by;
    bool add, replace, dns;
    const char *server;
    const char *spool, *settings; /* of mail: what Exim gives it */
    char **words;                 /* the arguments, NULL at their end */
    struct table *table;          /* being changed */
    struct table *before;         /* import: what there was */
    struct lines lines;           /* import: whose rows there were */
    int count;
    char error[600];
};

#define ERROR(a) (a)->error, sizeof(a)->error

/* The table to be changed; all or nothing: with an exit code, nothing. */
int environment_begin(struct environment_act *a);
int environment_end(struct environment_act *a, int rc);
/* Into the table, as of now; a row that is the same in a->before, or without
 * that in the table, keeps its time and who has written it. */
int environment_put(struct environment_act *a, const char *key,
                    const struct environment *e);
/* To look at: NULL with *rc 0 when there is none. */
struct table *environment_read(struct environment_act *a, int *rc);

/* The words that are not in cmd_environment.c. */
int environment_show(void *act);
int environment_list(void *act);
int environment_export(void *act);
int environment_mail(void *act);

#endif
