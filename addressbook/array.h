/* array: lists that hostile files can make long.
 *
 * Called by: the lists of this directory.
 * Memory: the array is malloc'd; the old one is freed.
 * Fails: never (text.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARRAY_H
#define OUTRIDER_ARRAY_H

#include <stddef.h>

/* `count` items of `size` bytes, with room for one more, all zero, behind them.
 * It doubles, where text_grow() copies everything for each item. */
void *array_room(void *array, int count, size_t size);

#endif
