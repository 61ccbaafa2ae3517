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

#include "option.h"
#include "structure.h"

struct member {
    enum { MEMBER_FRAGMENT, MEMBER_PIECE } kind;
    char *id;
    int number, total;   /* total 0: it does not say */
    char *name, *digest; /* of the whole file (a piece); "" for not known */
    struct part part;    /* a piece: where it is in the message */
    char *
        packed; /* a piece that was compressed by itself: its digest; or NULL */
};

int member_read(struct member *p, const struct message *m, char *error,
                size_t size);
void member_free(struct member *p);
/* Its bytes, decoded, in the work file or the message: 1; 0 with error[]: they
 * cannot be had, or are more than *left, which they are taken off. */
int member_data(const struct member *p, const struct message *m,
                const struct settings *set, int64_t *left, struct extent *out,
                char *error, size_t size);
/* Is it of ours? Then what it is a piece of was packed by pack.h. */
bool member_ours(const struct member *p);

#endif
