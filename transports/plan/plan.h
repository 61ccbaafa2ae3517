/* plan: what is done to a message so that its destination can receive it, in
 * which order, and no further than needed (docs/adapt.md draws it).
 *
 *   1. what the destination cannot open is opened for it: decrypted, expanded
 *   2. it fits (and is not to be encrypted): as it is
 *   3. compressed: attachments in their places, or all into one archive
 *   4. encrypted
 *   5. it fits: one message
 *   6. split: as message/partial, or in numbered pieces of a file; for who can
 *      join nothing, one attachment after the other
 *   7. nothing helps: refused, or sent as it is
 *
 * With order=split, 6 comes before 3, and pieces are compressed one by one;
 * what cannot be split so is compressed after all. What was opened is taken
 * only when it fits, or when what came does not.
 *
 * Called by: send, pour.
 * Memory: a struct plan starts as {0}; plan_free() frees it, and with it what
 * plan.messages point into. The message it was made of must live as long.
 * Fails: PLAN_FAILED with error[]: a fault of the machine's, to be tried again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PLAN_H
#define OUTRIDER_PLAN_H

#include "job.h"
#include "message.h"
#include "outgoing.h"

enum outcome {
    PLAN_AS_IS,   /* nothing is to be done */
    PLAN_CHANGED, /* these messages take its place */
    PLAN_REFUSED, /* job.refusal says why */
    PLAN_FAILED
};

struct plan {
    struct outgoings messages;
    struct message steps[8]; /* what it became, one after the other */
    int step_count;
};

/* `split`: may several messages come of it? */
enum outcome plan_make(struct plan *p, struct job *j, const struct message *m,
                       bool split, char *error, size_t size);
void plan_free(struct plan *p);

#endif
