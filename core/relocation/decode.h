/* decode: transfer encodings undone, and charsets brought to UTF-8.
 *
 * Called by: content (bodies), words (header fields).
 * Memory: decoding is in place, as the result is never longer; a struct
 * charsets starts as {0} and ends with charsets_close().
 * Fails: never; what cannot be decoded is left as it is. Linear in time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_DECODE_H
#define OUTRIDER_DECODE_H

#include <iconv.h>
#include <stddef.h>

#include "text.h"

/* Charsets of one message: to load a converter takes as long as reading tens
 * of kilobytes, so a message of a thousand tiny parts shall not ask for more.
 */
#define CHARSETS_MAX 16
#define CHARSET_NAME_MAX 40

struct charset {
    char name[CHARSET_NAME_MAX];
    enum { CHARSET_UNKNOWN, CHARSET_AS_IS, CHARSET_CONVERTED } kind;
    iconv_t converter;
};

struct charsets {
    struct charset list[CHARSETS_MAX];
    int count;
};

/* NULL: it is not known, or one too many. The language that RFC 2231 5 allows
 * behind a name is not looked at. */
const struct charset *charset_find(struct charsets *c, const char *name);
void charsets_close(struct charsets *c);

/* In place; the new length. */
size_t decode_base64(char *s, size_t len);
size_t decode_quoted(char *s, size_t len); /* quoted-printable */

/* Adds the text in UTF-8, at most four times as long as it was; bytes that are
 * none in the charset, and all of them when it is NULL, as they are. */
void decode_add(struct text *out, const struct charset *charset, char *s,
                size_t len);

#endif
