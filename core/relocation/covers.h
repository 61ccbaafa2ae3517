/* covers: does a signature of the message cover this header field?
 *
 * Called by: whoever rewrites header fields, which breaks such a signature.
 * Memory: nothing is kept.
 * Fails: never. A signature without a list of names (RFC 6376 3.2) covers
 * nothing; in doubt the answer is yes, as one signature too many that is
 * spared does no harm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_COVERS_H
#define OUTRIDER_COVERS_H

#include <stdbool.h>
#include <stddef.h>

/* The body of a DKIM-Signature or ARC-Message-Signature field, which may hold
 * any bytes; a field's name such as "To", in any case. A name that is listed is
 * covered, even where the signature has fewer of such fields than the message.
 */
bool covers(const char *signature_body, size_t len, const char *field_name);

#endif
