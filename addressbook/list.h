/* list: the addresses of an entry that holds one or several, as in a header:
 *     one@x, Two Words <two@x>, "Three, of them" <three@x>, friends: f@x;
 *
 * Called by: the formats of mutt, abook and Alpine.
 * Memory: a struct mentions starts as {0}; mentions_free() frees it.
 * Fails: never; what cannot be understood is no address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_LIST_H
#define OUTRIDER_LIST_H

#include "change.h"
#include "edit.h"
#include "view.h"

/* An address, and the item of the list that it is in; all as places in the
 * view. */
struct mention {
    char *address;
    size_t from, to;
    size_t item_from, item_to; /* without white space around it */
    size_t stop;               /* the separator behind it, or the list's end */
    size_t item;               /* the number of the item */
    bool alone;                /* the item has no other address */
};

struct mentions {
    struct mention *list;
    int count;
};

void list_read(const struct view *v, size_t from, size_t to,
               struct mentions *m);
void mentions_free(struct mentions *m);

/* Puts the new address in the old one's place, or takes the old one out where
 * the new one is there. `write` makes of an address what the file holds (to be
 * freed); NULL where that is the same. */
void list_change(const struct view *v, size_t from, size_t to,
                 const char *entry, const struct change *change,
                 char *(*write)(const char *address), struct edits *edits,
                 struct notes *notes);

#endif
