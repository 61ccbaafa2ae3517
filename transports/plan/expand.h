/* expand: archives become what they hold, where the destination cannot open
 * them.
 *
 * What adapt compressed itself (original.h) is put back as it was, to the byte
 * of its content; a message that adapt has packed (pack.h) becomes itself
 * again. A stranger's archive becomes its files, as attachments in its place.
 * An archive that is damaged, encrypted or beyond a limit (expand-size,
 * expand-ratio, expand-count) stays as it is, and the report says why.
 *
 * A row that says only that it joins nothing gets what adapt has compressed
 * back as it was, and nothing else (environment_expands()).
 *
 * Called by: plan.
 * Memory: see temp.h.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_EXPAND_H
#define OUTRIDER_EXPAND_H

#include "job.h"
#include "message.h"

/* 1: *out is the message expanded; 0: nothing was to be done. `most`: bytes
 * that archives may hold, where that is less than expand-size; 0 for no such
 * limit. */
int expand_message(struct job *j, const struct message *m, int64_t most,
                   struct message *out, char *error, size_t size);

#endif
