/* words: the text of a header field, its encoded words (RFC 2047) decoded.
 *
 * Called by: inspect, notice.
 * Memory: appended to a struct text.
 * Fails: never; what cannot be decoded stays as it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_WORDS_H
#define OUTRIDER_WORDS_H

#include "text.h"

/* `raw` is unfolded. White space between two encoded words is dropped (RFC 2047
 * 6.2). *out gets UTF-8 where the words were decoded, without control
 * characters. */
void words_decode(const char *raw, struct text *out);

#endif
