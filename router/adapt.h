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
/* The recipient does not get the message, and its sender is told so now: when
 * it is one of several that another one became, the others are not sent any
 * more. */
void adapt_failed(const struct run *r, const char *recipient);
/* Is the sender told by another part of what this message is a part of? Only
 * the first one speaks for all (delay warnings). */
bool adapt_first(const struct run *r);
/* The verb, where adapting is possible, else VERB_CANCEL in its place. */
enum verb adapt_verb(const struct run *r, enum verb v);

#endif
