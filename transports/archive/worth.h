/* worth: is it worth compressing?
 *
 * Called by: compress, pack.
 * Memory: a piece of 64 KiB at a time.
 * Fails: never; what cannot be read is not worth it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_WORTH_H
#define OUTRIDER_WORTH_H

#include "temp.h"

/* 1 when deflate would save at least so many percent, 0 when not. A large file
 * is judged by pieces of it, from its begin to its end, and at zlib's quickest
 * level: what is worth it only just may be missed. */
int worth_compressing(const struct extent *data, int gain_percent);

#endif
