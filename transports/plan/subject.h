/* subject: the subjects, and the identity, of the parts of a message.
 *
 * Called by: partial, pieces.
 * Memory: appended to a struct text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SUBJECT_H
#define OUTRIDER_SUBJECT_H

#include <stdint.h>

#include "job.h"

/* The block's Subject: field with " (2/5)" at its end; whole field. */
void subject_numbered(const char *block, int number, int total,
                      struct text *out);
/* One word that no other message has: of the message's id, or of chance. Safe
 * in a message id (RFC 5322 3.6.4). */
void subject_id(const struct job *j, struct text *out);

/* A file name's begin, of the block's Subject: letters, digits and underscores
 * of ASCII (no mail program breaks a line at those), 24 at most; "message_" and
 * the end of `id` where there are none. */
void subject_file(const char *block, const char *id, struct text *out);
/* The block's Date:, in seconds since the epoch; 0 for none. */
int64_t subject_date(const char *block);
/* The block's References: (RFC 5322 3.6.4) with one more message id at its end;
 * whole field. So the parts of a message are one thread. */
void subject_references(const char *block, const char *id, struct text *out);
/* "007", "1234": as many digits as the total has, three at least. */
int subject_digits(int total);

#endif
