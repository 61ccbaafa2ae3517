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

/* The part's header block (without blank line) and what it holds, encoded as
 * its Content-Transfer-Encoding says; in base64 (and the field says so then)
 * where mail could not carry the bytes. 0: *head is the block with a blank
 * line, *data what follows it, to be written in base64 when *base64. */
int recode_part(const char *block, const struct extent *content,
                struct text *head, struct extent *data, bool *base64,
                char *error, size_t size);

/* What kind of bytes these are, for a choice of encoding. */
struct bytes {
    int64_t eight_bit; /* bytes above 127 */
    bool binary;       /* NUL, a CR, or a line that is longer than 998 octets
                          (RFC 5322 2.1.1) */
    int64_t zeros, returns; /* NULs, CRs */
    int64_t longest;        /* line, without its end */
};
int bytes_look(const struct extent *e, struct bytes *b);

/* A message, with LF line ends: it begins with header fields (RFC 5322 2.2),
 * and has no CR, which is a line end to some servers and none to others where
 * it stands alone (RFC 5321 2.3.8). NULs in its body came by mail, and go so.
 */
bool bytes_message(const struct extent *e);
/* Can mail carry these bytes as they are? No NUL, and no CR. */
bool bytes_mail(const struct extent *e);

/* SHA-256, in base64. */
int bytes_digest(const struct extent *e, struct text *out);

#endif
