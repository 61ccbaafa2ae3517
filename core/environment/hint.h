/* hint: what a line of text says about a message: its Content-Type, its
 * subject, a server's words.
 *
 * Called by: router (need, adapt), transports (entity, pieces).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_HINT_H
#define OUTRIDER_HINT_H

#include <stdbool.h>
#include <stdint.h>

/* Is what has this Content-Type (the field's value) encrypted as a whole? It
 * says so: multipart/encrypted of OpenPGP (RFC 3156 4), application/pkcs7-mime
 * whose smime-type is enveloped-data or authEnveloped-data (RFC 8551 3.2.2). It
 * may be: without smime-type, which need not be there; multipart/encrypted of
 * another protocol; a file smime.p7m that a gateway has made
 * application/octet-stream (RFC 8551 3.9). Everything else is for all to read,
 * signed-data too. */
enum hint_secrecy { HINT_CLEAR, HINT_PERHAPS, HINT_ENCRYPTED };
enum hint_secrecy hint_secrecy(const char *content_type);

/* "(2/5)", "[2/5]", "(2 of 5)" in a subject: 1 and *number, *total; 0. The last
 * one counts, of those in its last 400 bytes. */
int hint_numbered(const char *subject, int *number, int *total);

/* The largest message that a server's words name ("maximum is 10485760",
 * "exceeds limit 10 MB"): a number after limit, max, exceed or than, in bytes,
 * ENVIRONMENT_SIZE_MIN at least and less than `refused`, the size that it has
 * refused; of several the smallest. 0: none. */
int64_t hint_limit(const char *words, int64_t refused);

#endif
