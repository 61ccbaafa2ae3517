/* whole: a message put together from all of its parts.
 *
 * Called by: join, missing (whole_subject).
 * Memory: whole_begin() begins a struct whole; whole_free() frees it, and with
 * it what its message points into. Fails: -1 with error[]: a part cannot be
 * read, the disk is full. 0 with error[]: they make no whole (a digest that is
 * wrong).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_WHOLE_H
#define OUTRIDER_WHOLE_H

#include "job.h"
#include "member.h"
#include "outgoing.h"

struct whole {
    const struct settings *settings;
    int64_t left;      /* bytes that may still come (join-size) */
    int fd;            /* all bytes, one part after the other */
    struct text outer; /* header of the first part's message */
    struct message first, inner;
    struct member piece; /* the first one */
    struct text beside;  /* what stands beside it: a digest for each part */
    struct outgoings messages;
};

void whole_begin(struct whole *w, const struct settings *set);
/* Parts are added in their order. `m` is taken over. */
int whole_add(struct whole *w, struct message *m, char *error, size_t size);
/* All are there: w->messages has one message. */
int whole_end(struct whole *w, struct job *j, char *error, size_t size);
void whole_free(struct whole *w);

/* "Holiday (1/3)" -> "Holiday", in place; what ends in another way stays. */
char *whole_subject(char *subject);

#endif
