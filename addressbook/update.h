/* update: reads notices, and follows those that can be trusted.
 *
 * Called by: main.
 * Memory: the caller's.
 * Fails: an exit code of sysexits.h, the first one of several; what was wrong
 * is said, and the other notices and books are done all the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_UPDATE_H
#define OUTRIDER_UPDATE_H

#include "config.h"
#include "places.h"

struct update {
    struct strings files;    /* notices; - is the standard input */
    struct strings maildirs; /* what is new in them is read, and stays */
    const struct config *config;
    const struct books *books;
    bool yes; /* the user answers for the notices */
    bool dry;
};

int update_run(const struct update *u);

#endif
