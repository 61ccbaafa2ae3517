/* member: which part of what a message is.
 *
 * Called by: join, whole.
 * Memory: member_read() fills what member_free() frees.
 * Fails: -1 with error[]; 0 when it is none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MEMBER_H
#define OUTRIDER_MEMBER_H

#include "message.h"

struct member {
    enum { MEMBER_FRAGMENT, MEMBER_PIECE } kind;
    char *id;
    int number, total;   /* total 0: it does not say */
    char *name, *digest; /* of the whole file (a piece); "" for not known */
    struct extent data;  /* a piece: its bytes, decoded; in the work file */
    int64_t head, end;   /* a piece: where its part is in the message */
};

int member_read(struct member *p, const struct message *m, char *error,
                size_t size);
void member_free(struct member *p);
/* Is it of ours? Then what it is a piece of was packed by pack.h. */
bool member_ours(const struct member *p);

#endif
