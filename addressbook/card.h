/* card: one vCard after the other, as far as mail addresses go.
 *
 * Lines are unfolded (RFC 6350, 3.2) for reading only: each thing says where it
 * stands in the text.
 *
 * Called by: vcard.
 * Memory: a struct card and a struct property start as {0}; card_reset() and
 * property_free() free them.
 * Fails: card_next() gives false where no whole card is left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CARD_H
#define OUTRIDER_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "view.h"

/* [group.]NAME[;parameters]:value, as places in a view and in the file. */
struct property {
    struct view view;
    char *name;
    size_t params, value; /* in the view */
    size_t from, to;      /* in the file, with the line's end */
    bool crlf;
};

/* An EMAIL of the card at hand. */
struct email {
    char *address;
    size_t from, to;           /* of the address */
    size_t line_from, line_to; /* of the property */
    bool crlf;
};

struct card {
    bool open;
    int depth; /* 2 and more: a card in a card (2.1's AGENT) */
    char *name;
    struct email *emails;
    int count;
    bool has_rev, rev_crlf, extended;
    int64_t rev;
    size_t rev_from, rev_to;
};

/* The next card from *at, which is moved behind it. */
bool card_next(const char *data, size_t len, size_t *at, struct property *p,
               struct card *card);
void card_reset(struct card *card);
void property_free(struct property *p);

#endif
