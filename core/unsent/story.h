/* story: what was tried for a recipient, in words for the sender.
 *
 * Called by: router (route).
 * Memory: appended to the caller's struct text.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_STORY_H
#define OUTRIDER_STORY_H

#include "history.h"
#include "text.h"

/* The words, for any language. In `returned`: %a the message's age, %n failed
 * attempts in all; in `tried`, which is told for each server in the order of
 * its last failure: %t when that was (date, time, zone), %s the server, %n
 * failed attempts there, %r what it said; %% is %. NULL: in English. */
struct story_words {
    const char *returned, *tried;
};

/* One line, and one more for each server that was tried, with Exim's \n
 * (backslash, n) between. `age` in seconds. */
void story_tell(const struct history *h, const char *recipient, int64_t age,
                const struct story_words *words, struct text *out);

#endif
