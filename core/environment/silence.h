/* silence: NOTIFY=SUCCESS (RFC 3461 4.1) taken off recipients who have their
 * message in another form.
 *
 * Exim tells a sender who asks for it that a message was delivered when a pipe
 * has taken it, and when it was discarded; but what adapt has put on the queue
 * may still fail. So the flag is taken out of the original's -H file, under
 * Exim's lock, and the new messages carry it.
 *
 * Called by: router (adapt).
 * Memory: nothing is kept.
 * Fails: the recipient stays on the queue, and the next attempt begins again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SILENCE_H
#define OUTRIDER_SILENCE_H

#include "option.h"
#include "process.h"

/* The recipients with an ADAPTING_DONE (adapting.h); the lock is held. 1 some
 * had the flag, 0 none, -1. */
int silence_message(const struct settings *set, const char *directory,
                    const char *id, char *error, size_t size);

/* The same in a process of its own, when no other works on the message any
 * more; then another attempt. */
void silence_start(const struct exim *e, const struct settings *set,
                   const char *queue, const char *id);

#endif
