/* original: what a part was before adapt put something in its place.
 *
 * A part that is compressed keeps its own three fields under other names, and
 * what it held as a digest; so whoever expands it can put back exactly what was
 * there, and knows that it is that:
 *
 *     X-Original-Content-Type:, X-Original-Content-Transfer-Encoding:,
 *     X-Original-Content-Disposition:   the fields, values unchanged
 *     X-Original-Digest: sha-256=BASE64   of the decoded content
 *
 * Anybody may write such fields; they say nothing that the sender of the part
 * could not have written without them.
 *
 * Called by: compress, pack, expand.
 * Memory: texts are appended to.
 * Fails: original_digest() 0 when there is none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ORIGINAL_H
#define OUTRIDER_ORIGINAL_H

#include "text.h"

/* What the fields' names begin with: of a part that was compressed, and of one
 * that stands beside its message as a file (pack.h); it may be both. */
#define ORIGINAL_COMPRESSED "X-Original-"
#define ORIGINAL_DETACHED "X-Detached-"

/* The block with `fresh` (whole fields) in the place of these three. */
void original_wrap(const char *prefix, const char *block, const char *fresh,
                   const char *digest, struct text *out);
/* The reverse. */
void original_unwrap(const char *prefix, const char *block, struct text *out);
/* Of a compressed part. */
int original_digest(const char *block, struct text *out);

#endif
