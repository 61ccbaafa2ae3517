/* recode: transfer encodings (RFC 2045 6) undone and done.
 *
 * Called by: compress, pack, expand, partial.
 * Memory: what is made lands in the work file (temp.h).
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RECODE_H
#define OUTRIDER_RECODE_H

#include "structure.h"

/* What a part holds, decoded. 1; 0 where something would be lost: an encoding
 * that is not known, base64 with anything in it that is none. */
int part_content(const struct message *m, const struct part *p,
                 struct extent *out, char *error, size_t size);

enum coding coding_parse(const char *value); /* "base64" ... */

/* Quoted-printable (RFC 2045 6.7); line ends stay line ends. */
int recode_quoted(const struct extent *in, struct extent *out, char *error,
                  size_t size);

/* What kind of bytes these are, for a choice of encoding. */
struct bytes {
    int64_t eight_bit; /* bytes above 127 */
    bool binary;       /* NUL, a CR, or a line that is longer than 998 octets
                          (RFC 5322 2.1.1) */
    int64_t zeros;
    int64_t longest; /* line, without its end */
};
int bytes_look(const struct extent *e, struct bytes *b);

/* SHA-256, in base64. */
int bytes_digest(const struct extent *e, struct text *out);

#endif
