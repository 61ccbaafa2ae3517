/* pieces: a message in numbered pieces of a file, one a message, for people
 * without a mail program that joins; and the file again.
 *
 * The file is the message packed (pack.h), or the message itself. Each piece is
 * an attachment NAME.001, NAME.002, ..., with instructions how to join them,
 * and parameters in its Content-Type:
 *
 *     x-piece-id=ID; x-piece-number=1; x-piece-total=3
 *     x-piece-digest=SHA-256 of the whole file, in base64
 *
 * A file that fits into one message is sent whole, with x-packed=message.
 *
 * Called by: plan, join, expand.
 * Memory: see outgoing.h.
 * Fails: -1 with error[]; 0 where it cannot be done so, with words in the job's
 * refusal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PIECES_H
#define OUTRIDER_PIECES_H

#include "job.h"
#include "outgoing.h"
#include "structure.h"

int pieces_split(struct job *j, const struct message *m,
                 const struct structure *s, struct outgoings *out, char *error,
                 size_t size);

/* What a part's header says of it. */
struct piece_of {
    char *id;     /* ours, or made of the file's name for other people's */
    char *name;   /* of the whole file */
    char *digest; /* "" for not known */
    int number, total;
};
/* From a part's header block and its file name, and the message's Subject: for
 * the total of those that are not ours ("(2/5)"). 1, 0. */
int piece_read(const char *block, const char *name, const char *subject,
               struct piece_of *p);
void piece_free(struct piece_of *p);
/* Is this part where pieces_split() puts a file, and nothing else is there?
 * What somebody forwards, or has added a footer to, is his message and not
 * ours. */
bool piece_framed(const struct message *m, const struct structure *s,
                  const struct part *p);
/* x-packed=message: our own archive of a whole message. */
bool piece_packed(const char *block);

#endif
