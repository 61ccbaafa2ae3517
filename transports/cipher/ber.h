/* ber: the Basic Encoding Rules (X.690) of a structure too large for memory.
 *
 * A cursor goes over items that stand side by side; ber_inside() makes the one
 * that goes over what is inside an item. Lengths may be definite or indefinite,
 * also one within the other. Tags are those of one octet, as CMS has them.
 *
 * Called by: envelope, smime.
 * Memory: a struct ber reads a file by blocks and owns nothing; it is too large
 * for a stack that is short.
 * Fails: -1, and ber->why says what is wrong there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_BER_H
#define OUTRIDER_BER_H

#include <stdbool.h>

#include "temp.h"
#include "text.h"

/* Identifier octets, with the constructed bit where there is no choice. */
enum {
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_OID = 0x06,
    BER_SEQUENCE = 0x30,
    BER_SET = 0x31,
    BER_CONTEXT = 0x80, /* [0]; add the number */
    BER_CONSTRUCTED = 0x20
};

#define BER_BLOCK 16384
/* How deep the pieces of a string may be nested: OpenSSL writes two levels and
 * reads five. */
#define BER_DEPTH 8

struct ber {
    const struct extent *data;
    const char *why;
    int64_t at; /* where block[] is from */
    size_t len;
    unsigned char block[BER_BLOCK];
};
void ber_open(struct ber *b, const struct extent *data);

struct ber_item {
    int tag;         /* the identifier octet as it stands there */
    int64_t at;      /* of that octet */
    int64_t content; /* of the first octet after the length */
    bool open;       /* an indefinite length: up to an end-of-contents */
    int64_t end;     /* of the content; when open, what it cannot go beyond */
};

struct ber_cursor {
    int64_t at, end;
    bool open;
};
struct ber_cursor ber_all(const struct ber *b);
struct ber_cursor ber_inside(const struct ber_item *item);

/* The item here: 1; 0 for the end, which the cursor then stands behind. */
int ber_next(struct ber *b, struct ber_cursor *c, struct ber_item *item);
/* Moves behind the item that ber_next() gave. 0 or -1. */
int ber_pass(struct ber *b, struct ber_cursor *c, const struct ber_item *item);
/* Adds these octets, as they are, unless there would be more than `max`. */
int ber_copy(struct ber *b, int64_t from, int64_t to, size_t max,
             struct text *out);

/* The octets of a string that may be in pieces (8.7.3), whatever tag the whole
 * of it has. */
struct ber_octets {
    struct ber *ber;
    struct ber_cursor stack[BER_DEPTH];
    int depth;
    int64_t from, left; /* what there is still of this piece */
};
void ber_octets_begin(struct ber_octets *o, struct ber *b,
                      const struct ber_item *item);
/* The number of octets read, 0 at the end, -1. */
int64_t ber_octets_read(struct ber_octets *o, void *buffer, size_t len);

/* DER: an item with this tag and these octets. */
void ber_write(struct text *out, int tag, const struct text *content);

#endif
