/* subject: the subjects, and the identity, of the parts of a message.
 *
 * Called by: partial, pieces.
 * Memory: appended to a struct text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SUBJECT_H
#define OUTRIDER_SUBJECT_H

#include "job.h"

/* The block's Subject: field with " (2/5)" at its end; whole field. */
void subject_numbered(const char *block, int number, int total,
                      struct text *out);
/* One word that no other message has: of the message's id, or of chance. Safe
 * in a message id (RFC 5322 3.6.4). */
void subject_id(const struct job *j, struct text *out);

#endif
