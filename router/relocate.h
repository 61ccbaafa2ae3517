/* relocate: old addresses, gone addresses and attributes, at delivery.
 *
 * Called by: watch, route.
 * Memory: see run.h.
 * Fails: never; what cannot be looked up is delivered as it is, or waits when
 * it was held already.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RELOCATE_H
#define OUTRIDER_RELOCATE_H

#include "exim.h"
#include "run.h"

EXIM_FUNCTION int outrider_relocated(uchar **yield, int argc, uchar *argv[]);
EXIM_FUNCTION int outrider_new_address(uchar **yield, int argc, uchar *argv[]);

/* A recipient was delivered: if it stands for an old address, the sender is
 * told (setting notices). */
void relocate_delivered(struct run *r, const char *recipient);

#endif
