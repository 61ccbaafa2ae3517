/* pgp_key: the public keys of a name in a key ring.
 *
 * Called by: pgp.
 * Memory: struct pgp_keys starts as {0} and is freed with pgp_keys_free().
 * Fails: with error[], which says why the last key that was found is none to
 * encrypt for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PGP_KEY_H
#define OUTRIDER_PGP_KEY_H

#include <gpgme.h>
#include <stddef.h>

struct pgp_keys {
    gpgme_key_t *list; /* with NULL at its end */
    int count;
};

/* One or more; 0 with error[]; -1: they cannot be looked for now. */
int pgp_keys_find(gpgme_ctx_t context, const char *name, struct pgp_keys *keys,
                  char *error, size_t size);
void pgp_keys_free(struct pgp_keys *keys);

#endif
