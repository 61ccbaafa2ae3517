/* announce: tells everyone in the books that a person has moved, by the same
 * kind of notice that a hub sends.
 *
 * Called by: main.
 * Memory: the caller's.
 * Fails: an exit code of sysexits.h; what was wrong is said, and the other
 * recipients get theirs all the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ANNOUNCE_H
#define OUTRIDER_ANNOUNCE_H

#include "places.h"
#include "trust.h"

struct announce {
    const char *old, *new;
    const char *name; /* the person's; NULL for none */
    const struct books *books;
    const char *directory; /* a file for each notice; NULL for none */
    const char *command;   /* as sendmail -t; NULL for none */
    bool dry;              /* only say whom */
    int64_t now;
};

int announce_run(const struct announce *a);

#endif
