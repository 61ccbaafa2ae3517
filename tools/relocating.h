/* relocating: what the words of `outrider relocation` share.
 *
 * Called by: cmd_relocation and the files that have some of its words.
 * Memory: borrows the command line; a table is open between begin and end.
 * Fails: with an exit code and a message on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RELOCATING_H
#define OUTRIDER_RELOCATING_H

#include "admin.h"
#include "apply.h"
#include "register.h"

struct relocating {
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

/* The table to be changed; all or nothing: with an exit code, nothing. At the
 * end what waits for the change is sent on. */
int relocating_begin(struct relocating *a);
int relocating_end(struct relocating *a, int rc);
/* A row of the command line's BY, NOTE and TIME (free it), and into the table.
 */
int relocating_row(struct relocating *a, const char *old, const char *new,
                   struct relocation_row *row);
int relocating_put(struct relocating *a, const struct relocation_row *row);
/* To look at: NULL with *rc 0 when there is none. */
struct table *relocating_read(struct relocating *a, int *rc);

/* The words that are not in cmd_relocation.c. */
int relocating_accept(void *act);
int relocating_refuse(void *act);
int relocating_ask(void *act);
int relocating_apply(void *act);

#endif
