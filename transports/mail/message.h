/* message: the message that is adapted, in one unlinked file with LF line ends,
 * header and body, as Exim's spool and its pipes have it.
 *
 * Called by: send, join, filter, and what works on a message.
 * Memory: a block of 64 KiB is read at a time; message_free() closes the file.
 * Fails: -1 with error[].
 *
 * Sizes "on the wire" are those of SMTP's SIZE (RFC 1870): line ends as CRLF,
 * without the dots that SMTP doubles and its final dot.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MESSAGE_H
#define OUTRIDER_MESSAGE_H

#include <stdbool.h>

#include "temp.h"
#include "text.h"

/* A header that is larger is none that is changed. */
#define MESSAGE_HEAD_MAX (8 << 20)

struct message {
    int fd;
    int64_t len;      /* bytes in the file */
    int64_t head_len; /* of the header fields, without the blank line */
    int64_t body;     /* where the body begins */
    bool crlf;        /* it came with CRLF line ends, and goes out so */
    int64_t *lines;   /* line ends before each block of MESSAGE_BLOCK bytes */
};

#define MESSAGE_BLOCK 65536

/* All that comes from a descriptor (a header block first). CR LF becomes LF
 * where the first line ends so. */
int message_read(struct message *m, int in, char *error, size_t size);
/* These header fields (lines, LF) and this body. With `wire` the body has CRLF
 * line ends (Exim's spool_wireformat), which become LF. */
int message_make(struct message *m, const struct text *head,
                 const struct extent *body, bool wire, char *error,
                 size_t size);
/* What was written to a temporary file, which becomes the message's. */
int message_take(struct message *m, int fd, char *error, size_t size);
void message_free(struct message *m);

struct extent message_extent(const struct message *m, int64_t from, int64_t to);
/* Line ends between two places. */
int64_t message_lines(const struct message *m, int64_t from, int64_t to);
/* Bytes on the wire between two places; of all of it. */
int64_t message_wire(const struct message *m, int64_t from, int64_t to);
int64_t message_size(const struct message *m);
/* The header block as text. -1 when it is larger than 8 MiB or has a NUL. */
int message_head(const struct message *m, struct text *out);

/* Line ends in an extent that belongs to no message; -1 with errno. */
int64_t extent_lines(const struct extent *e);

#endif
