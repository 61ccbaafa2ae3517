/* waiting: what could not be sent goes to a queue of its own (setting
 * unsent), once Exim has let go of it.
 *
 * Called by: route (no server can be tried; the warning), failure (the same
 * server later).
 * Fails: the message stays on the queue where it is; why is in the main log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_WAITING_H
#define OUTRIDER_WAITING_H

#include "run.h"

/* No server can be tried for this recipient now: where it may go is noted, for
 * who sends the unsent queue cannot expand the list (when it is not noted so
 * already, and only where there is such a queue). */
void waiting_note(struct run *r, const struct routed *e);

/* A process of its own moves the message when this delivery is over, unless
 * an attempt at once was asked for. From the default queue only: a queue that
 * an administrator has named is his. */
void waiting_move(struct run *r);

/* At the end of a delivery that has left something on the queue: is it time to
 * warn the sender (setting warn-after)? Exim warns once. */
bool waiting_warns(struct run *r);

#endif
