/* book: changes one address book, a file or a folder of files, and lists who is
 * in it.
 *
 * Called by: update, announce, main.
 * Memory: the caller's.
 * Fails: an exit code of sysexits.h; what was wrong is said.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_BOOK_H
#define OUTRIDER_BOOK_H

#include "places.h"

/* *edits grows by the entries that were changed, or would be. */
int book_update(const struct book *b, const struct changes *changes, bool dry,
                int *edits);
int book_read(const struct book *b, struct entries *out);

#endif
