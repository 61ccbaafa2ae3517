/* carrier: held messages whose wait is over, sent on.
 *
 * Called by: cmd_relocation, cmd_held, holder.
 * Memory: a struct carrier begins as {.tables = ...}; nothing to free.
 * Fails: what cannot be sent on stays held, and is said on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CARRIER_H
#define OUTRIDER_CARRIER_H

#include <stdbool.h>
#include <sys/types.h>

#include "admin.h"
#include "held.h"
#include "rows.h"
#include "tables.h"

#define GIVEN_SECONDS 600 /* so long a redirected recipient is looked after */
#define CARRIER_MAX 10    /* messages under way at the same time */

struct carrier {
    struct tables *tables;
    bool forced; /* exim -M: frozen messages too, whatever the retry time */
    pid_t pids[CARRIER_MAX]; /* 0: none */
    int started;             /* messages, in all */
    int sent; /* recipients whose wait is over because of the table */
};

/* The marks of one message: is the wait of some of them over (a new address, no
 * row any more, an order, a time)? Then it is changed, where it has a new
 * address, and an attempt is made, in a process of its own. 1 so, 0 all go on
 * waiting (or it is gone), -1 it is not known. */
int carrier_take(struct carrier *k, const struct held *marks, int count,
                 int64_t now);
/* The same for all that is held; the number of messages, or -1. */
int carrier_take_all(struct carrier *k, int64_t now);
/* An attempt, whatever is marked. */
void carrier_run(struct carrier *k, const char *id);

/* Those that have ended are forgotten; with `wait`, when all have. */
void carrier_reap(struct carrier *k, bool wait);

#endif
