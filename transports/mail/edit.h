/* edit: places of a message that get other bytes; everything else stays as it
 * is.
 *
 * Called by: compress, pack, expand, partial.
 * Memory: a struct edits starts as {0}; edits_free() frees the texts. Extents
 * are the caller's.
 * Fails: edits_splice() -1 when an extent cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_EDIT_H
#define OUTRIDER_EDIT_H

#include "splice.h"

struct edit {
    int64_t from, to; /* in the message */
    char *text;       /* what stands there instead, and after it */
    struct extent data;
    bool base64; /* the data is to be encoded */
    int number;  /* edits at one place stand in this order */
};

struct edits {
    struct edit *list;
    int count;
};

/* `text` becomes the edit's. Edits must not overlap; any order,
 * but for those at one place, which stand as they were added. */
void edits_add(struct edits *e, int64_t from, int64_t to, char *text,
               const struct extent *data, bool base64);
/* The message with them. */
int edits_splice(struct edits *e, const struct message *m, struct splice *s);
/* Bytes on the wire that the message has more with them (or fewer: below 0). */
int64_t edits_wire(const struct edits *e, const struct message *m);
void edits_free(struct edits *e);

#endif
