/* compress: attachments become archives, each in its place.
 *
 * The largest first, and no more of them than it takes to make the message fit.
 * What is signed or encrypted, what is an archive already, and what would not
 * shrink by the least gain, stays.
 *
 * Called by: plan.
 * Memory: see temp.h.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_COMPRESS_H
#define OUTRIDER_COMPRESS_H

#include "job.h"
#include "structure.h"

/* Can and may this part be taken out of its place? */
bool compress_candidate(const struct structure *s, const struct part *p);

/* 1: *out is the message with what could be gained; 0: nothing was. */
int compress_each(struct job *j, const struct message *m,
                  const struct structure *s, struct message *out, char *error,
                  size_t size);

/* The media type and the suffix of a packing: "application/zip", ".zip". */
const char *packing_type(enum packing p);
const char *packing_suffix(enum packing p);
/* The first packing of the row that can hold `files` files: 1 or 0. */
int packing_choose(const struct environment *row, int files, enum packing *p);

/* Content-Type, Content-Disposition and Content-Transfer-Encoding of an
 * attachment in base64. `parameters`: more of Content-Type's, or "". */
void attachment_fields(const char *type, const char *name,
                       const char *parameters, struct text *out);

#endif
