/* pace: when a message that waits is tried again, and how many at a time.
 *
 * Called by: unsent, tools (unsent run).
 * Memory: a struct pace is a value, nothing to free.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PACE_H
#define OUTRIDER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"

/* Milliseconds from a message's failed attempt to the next. `attempts`: those
 * that have failed, from 1; `waiting`: messages that wait. It grows with each
 * (first * growth^(attempts-1), max at most), is divided by 1 + waiting/scale,
 * and is never under min. */
int64_t pace_interval(const struct settings *set, int attempts, int waiting);

/* When that is: now, when the failure lies more than a minute in the future,
 * for then the clock was set back. */
int64_t pace_due(const struct settings *set, int attempts, int waiting,
                 int64_t last, int64_t now);

/* The attempts under way at one server: one at first; twice as many when as
 * many as that have got through, `limit` at most; one again after a failure. */
struct pace {
    int window, under_way, well;
};

bool pace_open(const struct pace *p);
void pace_begin(struct pace *p);
/* result: 1 got through, -1 the server failed, 0 neither. */
void pace_end(struct pace *p, int result, int limit);

#endif
