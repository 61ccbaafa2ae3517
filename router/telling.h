/* telling: notices, sent from a delivery (core/relocation/notice.h).
 *
 * Called by: relocate, holding.
 * Memory: see run.h.
 * Fails: a notice that cannot be sent is logged; the mail goes on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TELLING_H
#define OUTRIDER_TELLING_H

#include "held.h"
#include "run.h"

/* The sender: delivered to the new address; held. Each where the setting
 * `notices` says so, and once in its period. */
void telling_changed(struct run *r, const struct moved *m);
void telling_held(struct run *r, const struct held *h,
                  const struct relocation *gone);
/* The administrator: the first mail for this address is held. */
void telling_ask(struct run *r, const struct held *h,
                 const struct relocation *gone);

#endif
