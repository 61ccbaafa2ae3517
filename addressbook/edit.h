/* edit: what shall stand in a text in place of what; everything else stays as
 * it is, byte for byte.
 *
 * Called by: the formats.
 * Memory: a struct edits starts as {0}; edits_free() frees it.
 * Fails: never. Edits are added in the order of their places and do not
 * overlap; one that begins before the last one's end is a fault of the caller
 * and dropped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_EDIT_H
#define OUTRIDER_EDIT_H

#include <stddef.h>

#include "text.h"

struct edit {
    size_t from, to;
    char *with;
};

struct edits {
    struct edit *list;
    int count;
};

void edits_add(struct edits *e, size_t from, size_t to, const char *with);
void edits_apply(const struct edits *e, const char *data, size_t len,
                 struct text *out);
void edits_free(struct edits *e);

#endif
