/* learning: where an address has gone, from a smarthost's 551 (RFC 5321 3.4).
 *
 * Called by: watch.
 * Memory: see run.h.
 * Fails: what cannot be noted is logged.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_LEARNING_H
#define OUTRIDER_LEARNING_H

#include "reply.h"
#include "run.h"

/* The recipient was refused with these words. If they name a new address, and
 * the setting `learn` trusts the server so far, it is proposed or registered;
 * a row with a new address that stands there already stays. */
void learning_take(struct run *r, const struct routed *e,
                   const struct reply *reply);

#endif
