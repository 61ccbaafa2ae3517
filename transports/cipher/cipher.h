/* cipher: a MIME entity encrypted, and one decrypted, as one whole.
 *
 * An entity is its Content-* header fields, a blank line and its body, with LF
 * line ends. What is encrypted has CRLF line ends (RFC 8551 3.1.1, RFC 3156 3):
 * the bytes that would have gone over the wire.
 *
 * Called by: send, join, filter.
 * Memory: nothing is read whole. *out is a temporary file of its own, which the
 * caller closes; it is set where 0 (wrap) or 1 (unwrap) is returned. The
 * position of entity->fd may move. g_mime_init() was called before.
 * Fails: -1 with error[]: a fault of the machine's, or a key that the
 * administrator has to mend; what is tried again later may go well then.
 *
 * What is decrypted takes the place of all that was encrypted. Only that which
 * is encrypted as a whole should be given to cipher_unwrap(), a message and not
 * a part beside others: whoever can put an encrypted message between two parts
 * of HTML could otherwise have it sent to himself (EFAIL). Of its header
 * fields, those that begin with Content- are the entity's; others may say
 * anything and must not get into the message's header. What error[] says is for
 * the log and not for the sender (smime.h says why).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CIPHER_H
#define OUTRIDER_CIPHER_H

#include "environment.h"
#include "temp.h"

/* The entity that takes this one's place: application/pkcs7-mime (RFC 8551 3.3)
 * for the certificates in the file `key`, or multipart/encrypted (RFC 3156 4)
 * for the keys of the name `key` in the key ring `pgp_home`. 0 or -1. */
int cipher_wrap(enum cipher how, const char *key, const char *pgp_home,
                const struct extent *entity, struct extent *out, char *error,
                size_t size);
/* Can anything be encrypted so? 1; 0: the certificate or the key must not be
 * used, and error[] says why (it has expired; there is none in the key ring);
 * CIPHER_ABSENT: there is no such file, or no certificate in it, which the
 * administrator mends; -1: that cannot be found out now. What cipher_wrap()
 * fails for after a 1 is the machine's. */
#define CIPHER_ABSENT 2
int cipher_ready(enum cipher how, const char *key, const char *pgp_home,
                 char *error, size_t size);
/* Is what the entity has, whatever its Content-Type says, CMS for somebody's
 * key alone (RFC 5652 6, RFC 5083)? 1, 0, -1. */
int cipher_enveloped(const struct extent *entity, char *error, size_t size);
/* The reverse, with the file `key` or the secret keys in the key ring: 1; 0: it
 * is not encrypted in this way, or not for us; or it cannot be decrypted, and
 * error[] says why (it is damaged, or what is decrypted is no MIME entity). */
int cipher_unwrap(enum cipher how, const char *key, const char *pgp_home,
                  const struct extent *entity, struct extent *out, char *error,
                  size_t size);

#endif
