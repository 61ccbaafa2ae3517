/* holding: a recipient whose address is gone waits.
 *
 * Called by: relocate.
 * Memory: see run.h.
 * Fails: a mark that cannot be written is logged; the recipient waits all the
 * same, because the router says so at each attempt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_HOLDING_H
#define OUTRIDER_HOLDING_H

#include "filter.h"
#include "held.h"
#include "run.h"

/* Is the recipient held already? Then *h is to be freed with held_free(). Not
 * asked at a first delivery, which has no past. */
bool holding_find(struct run *r, const char *recipient, struct held *h);

/* From now on: a mark, a line in the log, the notices; and when only such
 * recipients are left, the message goes to their queue. */
void holding_begin(struct run *r, const char *recipient,
                   const struct relocation *gone, int64_t until);
void holding_end(struct run *r, const char *recipient);

/* What the setting `confidential` says of the message. */
enum filter_action holding_confidential(struct run *r);

/* Exim verifies an address (and does not test it with -bt). */
bool holding_verifies(void);

#endif
