/* adapt: who needs a message in another form (the program adapt makes it).
 *
 * Called by: Exim (the functions), failure, second, watch.
 * Memory: see run.h.
 * Fails: towards a message that is delivered as it is; what went wrong is in
 * the main log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ADAPT_H
#define OUTRIDER_ADAPT_H

#include "exim.h"
#include "run.h"

EXIM_FUNCTION int outrider_adapt(uchar **yield, int argc, uchar *argv[]);
EXIM_FUNCTION int outrider_unfit(uchar **yield, int argc, uchar *argv[]);

/* Could the message be made to fit after a refusal because of its size? */
bool adapt_possible(const struct run *r);
/* The verb, where adapting is possible, else VERB_CANCEL in its place. */
enum verb adapt_verb(const struct run *r, enum verb v);

#endif
