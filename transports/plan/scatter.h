/* scatter: a message with several attachments as several messages with some of
 * them each: the form that needs no tool, for who can neither join nor extract.
 *
 * Each of them has everything that is no attachment, and a number in its
 * subject. Attachments stay whole and in their order.
 *
 * Called by: plan.
 * Memory: see outgoing.h; bodies point into the message.
 * Fails: -1 with error[]; 0 where an attachment alone, or all that is none, is
 * too large, or the message is signed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SCATTER_H
#define OUTRIDER_SCATTER_H

#include "job.h"
#include "outgoing.h"
#include "structure.h"

int scatter_split(struct job *j, const struct message *m,
                  const struct structure *s, struct outgoings *out, char *error,
                  size_t size);

#endif
