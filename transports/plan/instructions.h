/* instructions: what the reader of a packed message, or of its pieces, has to
 * do, in words for people who know nothing of it (docs/correspondents.md).
 *
 * Each line that is to be copied works in the shell it is for, and takes no
 * file but those it should: tests/suite/72-adapt.test runs them.
 *
 * Called by: pieces.
 * Memory: appended to a struct text. Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_INSTRUCTIONS_H
#define OUTRIDER_INSTRUCTIONS_H

#include "pack.h"

/* Stands in the first INSTRUCTIONS_BEGIN bytes of all of them. */
#define INSTRUCTIONS_MARK " is too large to be received"
#define INSTRUCTIONS_BEGIN 200

struct instructions {
    const struct packed *packed;
    int number, total;  /* of the piece; a total of 1: the file is whole */
    int shrunk;         /* so many of the pieces are in archives of their own */
    const char *suffix; /* of those archives */
};

/* Words for 0 < shrunk < total are the longest there are. */
void instructions_write(const struct instructions *i, struct text *out);
/* By so much they may be longer when there are fewer pieces: few are named one
 * by one. */
int64_t instructions_grow(const struct packed *p);

#endif
