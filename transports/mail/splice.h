/* splice: a new message made of pieces of an old one, of text, and of files to
 * be encoded. Its size is known before a byte of it is written.
 *
 * Called by: compress, pack, expand, partial, pieces.
 * Memory: a struct splice starts as {0} and is freed with splice_free(), which
 * leaves files open. Extents must be readable until it is written.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SPLICE_H
#define OUTRIDER_SPLICE_H

#include "message.h"

enum piece_kind { PIECE_EXTENT, PIECE_TEXT, PIECE_BASE64, PIECE_BASE64_OPEN };

struct piece {
    enum piece_kind kind;
    struct extent extent;
    char *text;
    int64_t len, lines; /* as it will be written */
};

struct splice {
    struct piece *list;
    int count;
    int64_t len, lines;
};

void splice_text(struct splice *s, const char *text);
/* A piece of a message, whose lines are known. */
void splice_message(struct splice *s, const struct message *m, int64_t from,
                    int64_t to);
/* Bytes as they are: 0, or -1 when they cannot be read. */
int splice_extent(struct splice *s, const struct extent *e);
/* Base64 with lines of 76 characters (RFC 2045 6.8), each of them ended. */
void splice_base64(struct splice *s, const struct extent *e);
/* The same, the last line without its end: where one follows already. */
void splice_base64_open(struct splice *s, const struct extent *e);
void splice_free(struct splice *s);

int64_t splice_wire(const struct splice *s);
/* How long n bytes are in base64, and on how many lines. */
int64_t base64_lines(int64_t n);
int64_t base64_len(int64_t n);
/* The most bytes whose base64 has no more than this on the wire. */
int64_t base64_fits(int64_t wire);

int splice_write(const struct splice *s, int out, char *error, size_t size);
/* The same, as a message. */
int splice_make(const struct splice *s, struct message *m, char *error,
                size_t size);

#endif
