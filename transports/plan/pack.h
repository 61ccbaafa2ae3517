/* pack: a whole message as one archive, and back.
 *
 * The archive has each attachment as a file of its own, for people, and
 * message.eml: the message as it was, in which a line of text stands for each
 * of these files, with its own fields under
 * other names (original.h), and
 *
 *     X-Detached: NAME     the file's name, percent-encoded (RFC 3986 2.1)
 *
 * What is signed or encrypted stays in message.eml whole; so signatures hold.
 *
 * Called by: pieces, expand, join.
 * Memory: see temp.h.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PACK_H
#define OUTRIDER_PACK_H

#include "archive.h"
#include "job.h"
#include "structure.h"

#define PACK_MESSAGE "message.eml"

struct packed {
    struct extent file;
    struct text name; /* of the subject: "Plan_of_the_house.zip" */
    const char *type; /* media type */
    enum {
        PACKED_NOT,   /* the message itself, NAME.eml */
        PACKED_WHOLE, /* an archive with PACK_MESSAGE alone */
        PACKED_FILES  /* with the attachments beside it */
    } kind;
};

/* Where the destination opens no archive, or with `plain`, the message itself.
 */
int pack_make(struct job *j, const struct message *m, const struct structure *s,
              bool plain, struct packed *out, char *error, size_t size);
void packed_free(struct packed *p);

/* 1: *m is the message that was packed; 0: these files are no such thing. */
int pack_undo(const struct entries *files, struct message *m, char *error,
              size_t size);

#endif
