/* envelope: the outer structure of what CMS has encrypted, up to the content
 * and behind it (RFC 5652 3 and 6.1, RFC 5083 2.1), whatever size that is.
 *
 * Called by: smime.
 * Memory: all but the content, at most ENVELOPE_MAX; a struct envelope starts
 * as {0} and is freed with envelope_free().
 * Fails: -1, and ber->why says what is wrong there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVELOPE_H
#define OUTRIDER_ENVELOPE_H

#include "ber.h"

/* A recipient takes a few hundred octets. */
#define ENVELOPE_MAX (1 << 20)

struct envelope {
    bool authenticated;      /* AuthEnvelopedData */
    struct text head;        /* a ContentInfo of the same kind for OpenSSL, in
                                definite lengths, without the content and without
                                attributes */
    struct ber_item content; /* a string of octets: ber_octets_begin() */
};

/* 1; 0: no ContentInfo, or one of another type. */
int envelope_read(struct ber *b, struct envelope *e);
void envelope_free(struct envelope *e);

#endif
