/* trust: whether a change of address may be believed.
 *
 * A notice says who has moved; anybody can write one. So a host that the user
 * names must have found a DKIM signature of the old address's domain on it: of
 * that domain, of a parent of it, or of one that the user names (a hub that
 * signs with its own). A valid signature of a stranger moves nobody.
 *
 * Only the topmost Authentication-Results of a trusted host counts: what is
 * below came with the mail. The host has to remove forged ones (RFC 8601, 5).
 *
 * Called by: update.
 * Memory: the lists are the caller's.
 * Fails: trust_check() gives 0 with the reason in why[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TRUST_H
#define OUTRIDER_TRUST_H

#include "letter.h"

/* Strings that the user gave, one or more times. */
struct strings {
    char **list;
    int count;
};

void strings_add(struct strings *w, const char *word);
void strings_free(struct strings *w);

/* 1 the change may be made; 0 not. */
int trust_check(const struct letter *l, const struct change *change,
                const struct strings *hosts, const struct strings *domains,
                char *why, size_t size);

#endif
