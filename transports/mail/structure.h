/* structure: the parts of a message, and where each of them stands in the file
 * (GMime does the reading). Nothing is decoded, and nothing of a body is kept
 * in memory.
 *
 * Called by: compress, pack, expand, plan.
 * Memory: structure_read() fills what structure_free() frees; some 4 KB a part
 * while it reads, so at most STRUCTURE_PARTS of them.
 * Fails: structure_read() 0 when the message has more parts than that, more
 * header fields in them than GMime should keep, or is no MIME that can be taken
 * apart: then it is one thing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_STRUCTURE_H
#define OUTRIDER_STRUCTURE_H

#include "message.h"

#define STRUCTURE_PARTS 12000
/* Of all parts together, and of attached messages. */
#define STRUCTURE_FIELDS 200000
#define STRUCTURE_HEADERS (16 << 20) /* bytes */
/* Of the commas of each field: GMime's time for a list of addresses grows so,
 * some seconds for 20,000. */
#define STRUCTURE_SQUARES (20000LL * 20000)

enum coding { CODING_AS_IS, CODING_BASE64, CODING_QUOTED, CODING_OTHER };

struct part {
    int parent;         /* index, -1 for the message itself */
    int64_t head, body; /* where its header fields begin, and its body */
    int64_t end;        /* of the body, without the line end that belongs to
                           the boundary */
    char *type;         /* "text/csv", in lower case */
    char *name;         /* file name, UTF-8; NULL for none */
    enum coding coding;
    bool leaf;
    bool attachment; /* a leaf that is no text to be read at once */
    bool sealed;     /* signed or encrypted: its bytes are not to change */
    bool embedded;   /* in an attached message */
};

struct structure {
    struct part *list; /* in the order of the message */
    int count;
    bool mime;   /* MIME-Version is there (RFC 2045 4) */
    bool sealed; /* all of it (a DKIM or ARC signature covers the body) */
};

/* 1, 0 it is one thing (the list is then empty), -1 with error[]. */
int structure_read(struct structure *s, const struct message *m, char *error,
                   size_t size);
/* Can GMime read these bytes in as much memory as they are worth? */
bool structure_fits(const struct extent *e);
void structure_free(struct structure *s);

/* A leaf that holds something, behind a blank line: so it can be moved, or have
 * another header. */
bool part_whole(const struct message *m, const struct part *p);
/* The header block of a part, as text: 0 or -1. */
int part_head(const struct message *m, const struct part *p, struct text *out);

#endif
