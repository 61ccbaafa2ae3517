/* join: `adapt join`, for a pipe transport: a part of a message waits on Exim's
 * queue until the others are there; the last one to come puts the whole message
 * on the queue, and then all parts are done with.
 *
 * A part is message/partial (RFC 2046 5.2.2) or has a numbered piece of a file
 * (pieces.h). Parts belong together when they have one id, one envelope sender
 * and one recipient, so that nobody's parts get into another's message.
 *
 * STATE/adapt/parts.KEY says which message on the queue is which part. It is a
 * hint: the parts themselves wait on Exim's queue, and what is lost here is
 * found again when they are tried again.
 *
 * Delivered as it is, with a note in the main log, is a part that contradicts
 * the others (another total, another content under one number), that is one of
 * too many or too large (join-parts, join-size), or has waited for join-time;
 * in the last case the recipient is told by mail, once.
 *
 * Called by: main.
 * Fails: exit code 75 leaves the part on the queue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_JOIN_H
#define OUTRIDER_JOIN_H

#include "order.h"

int join_run(struct order *o);

#endif
