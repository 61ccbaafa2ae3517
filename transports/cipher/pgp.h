/* pgp: OpenPGP (RFC 4880, RFC 9580) as PGP/MIME uses it (RFC 3156), with GPGME.
 *
 * gpg is a process of its own, and so is the gpg-agent that it starts for
 * secret keys, which stays (as it does for everybody) and holds nothing of ours
 * open. Nobody is ever asked for a passphrase, and nothing is looked up on the
 * network.
 *
 * A signature that is in the encryption (OpenPGP's own way to do both; that of
 * RFC 1847, one MIME entity in the other, is another) is not looked at, and
 * gone when a message is decrypted.
 *
 * Called by: cipher.
 * Memory: streams; it does not grow with the message.
 * Fails: -1 with error[]: a fault of the machine's, or a key ring that cannot
 * be used; what is tried again later may go well then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PGP_H
#define OUTRIDER_PGP_H

#include "temp.h"

/* `in` (line ends as CRLF) encrypted, ASCII-armoured, for the keys of this name
 * (a whole fingerprint, or an address, of which the user ID must not be
 * revoked) in the key ring `home`. A key that is expired, revoked or disabled
 * is refused, and left out where the address has another one; that a key is in
 * the administrator's key ring is trust enough. */
int pgp_encrypt(const struct extent *in, const char *home, const char *key,
                int out, char *error, size_t size);
/* Is there a key of this name that can be used? 1, or 0 with error[]; -1: gpg
 * does not say. */
int pgp_ready(const char *home, const char *key, char *error, size_t size);
/* The reverse, with the secret keys in `home` that have no passphrase: 1; 0 for
 * what is encrypted for other keys, or for a passphrase; and, with error[], for
 * what is damaged or not encrypted, what is not protected against change (no
 * MDC), and what would grow to more than PGP_RATIO times its size (compressed
 * zeros) beyond a MiB. What stands in `out` after anything but 1 is not to be
 * used. */
#define PGP_RATIO 100
int pgp_decrypt(const struct extent *in, const char *home, int out, char *error,
                size_t size);

#endif
