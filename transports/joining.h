/* joining: one run of `adapt join`, and the ways to end it.
 *
 * Called by: join, assembly.
 * Memory: join_run() begins and ends a struct join.
 * Fails: what can be tried again is EX_TEMPFAIL, with words in the main log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_JOINING_H
#define OUTRIDER_JOINING_H

#include "order.h"
#include "outbox.h"
#include "parts.h"

/* One part that has come, or has been tried again. */
struct join {
    struct order *o;
    const char *recipient;
    struct member member;
    struct parts parts;
    char *name; /* of the work, in the outbox */
    bool stuck; /* Exim could not be started */
    char error[400];
};

struct outbox joining_box(const struct join *w);

/* Each is an exit code. w->error is why it failed. */
int joining_failed(const struct join *w);
/* The part is delivered as it is; or all that are there are, when nothing that
 * comes can make a whole of them any more. */
int joining_as_is(struct join *w, const char *why);
int joining_all_as_is(struct join *w, const char *why);
/* For the others. */
int joining_waits(struct join *w);

/* For the log, behind what would have begun at once; "" where it has. */
const char *joining_stuck(const struct join *w);

#endif
