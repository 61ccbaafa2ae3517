/* content: the readable text of a message, for patterns to look at.
 *
 * Parts of type text/ are decoded and brought to UTF-8; multiparts and attached
 * messages are looked into, CONTENT_DEPTH levels deep; all other parts
 * contribute nothing. A word shall be found whatever encodes it: what is
 * malformed is read as mail programs read it, and what cannot be taken apart
 * as the text it is. The markup of text/html stays.
 *
 * Called by: local_scan, router.
 * Memory: *out is the caller's, and gets no more than four times what was read;
 * beside it the body is held once, at most 2 * max bytes. Linear in time.
 * Fails: -1 with errno when the body cannot be read; *out is then "".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CONTENT_H
#define OUTRIDER_CONTENT_H

#include <stddef.h>
#include <sys/types.h>

#include "text.h"

#define CONTENT_DEPTH 20 /* of multiparts and messages within each other */

/* content_type, encoding: the values of the message's own Content-Type: and
 * Content-Transfer-Encoding: fields ("" when it has none), raw, perhaps folded.
 * fd: the body, from the offset `from` on, at most `max` bytes of it; it is
 * read with pread(), so the descriptor's position stays.
 *
 * What was in *out goes. It gets UTF-8 text, terminated, with line ends as LF,
 * a line end between the texts of two parts, spaces for NULs, and bytes that
 * are none in their charset as they came. 1 there is text, 0 there is none. */
int content_text(const char *content_type, const char *encoding, int fd,
                 off_t from, size_t max, struct text *out);

#endif
