/* partial: message/partial (RFC 2046 5.2.2): a message split into fragments,
 * and put together again.
 *
 * Called by: plan (split), join.
 * Memory: see outgoing.h; a struct fragment is freed with fragment_free().
 * Fails: -1 with error[]; 0 where it cannot be done so, with words in the
 * job's refusal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PARTIAL_H
#define OUTRIDER_PARTIAL_H

#include "job.h"
#include "outgoing.h"

/* The fragments: of `m`, which must live as long, each within the job's limit.
 * Line ends are where fragments end, and m's bytes are 7bit where the caller
 * could make them so. 1, 0, -1. */
int partial_split(struct job *j, const struct message *m, struct outgoings *out,
                  char *error, size_t size);

/* The parameters of a fragment, from its header block: 1, or 0 when it is none
 * (or has none that make sense: no id, number < 1, number > total). total is 0
 * where the fragment does not say it. */
struct fragment {
    char *id;
    int number, total;
};
int fragment_read(const char *head, struct fragment *f);
void fragment_free(struct fragment *f);

/* Of the message that was split: RFC 2046 5.2.2.1, the fields of the first
 * fragment's header but Content-*, Subject, Message-ID, Encrypted and
 * MIME-Version, and after them these of the enclosed header. */
void partial_head(const char *outer, const char *inner, struct text *out);
/* Is this one of the fields that the enclosed header has? */
bool partial_inner(const char *name, size_t len);
/* Of the header of a message that is split: the fields that its part number
 * `number` has outside. References: of the second and later ones are added to
 * (subject.h), so they are left out. */
void partial_outer(const char *head, int number, struct text *out);

#endif
