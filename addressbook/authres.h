/* authres: one Authentication-Results header (RFC 8601), as far as DKIM goes.
 *
 * Called by: trust.
 * Memory: authres_free() after every authres_read(), whatever it gave.
 * Fails: -1 with error[] where the header breaks the grammar. Nothing that it
 * says is then to be believed, but `id` is set where it could be read: the
 * topmost header of a host is the one that counts, even a broken one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_AUTHRES_H
#define OUTRIDER_AUTHRES_H

#include <stddef.h>

struct authres {
    char *id; /* authserv-id; NULL where not even that could be read */
    char *
        *domains; /* whose DKIM signatures passed: header.d, else header.i's */
    int count;
};

/* The header's body, still folded. 1 or -1. */
int authres_read(const char *body, struct authres *a, char *error, size_t size);
void authres_free(struct authres *a);

#endif
