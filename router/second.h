/* second: the router's share of the second chance after a 5xx
 * (core/chance/chance.h is the other share).
 *
 * Called by: route, watch.
 * Memory: second_address() returns a string to be freed.
 * Fails: towards Exim's own bounce; what went wrong is in the main log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SECOND_H
#define OUTRIDER_SECOND_H

#include "reply.h"
#include "run.h"

/* The errors_to address while another server could still take the message, or
 * with `all` in any case; NULL when the sender is to get Exim's bounce. Where
 * Exim will raise no event for a failure, the message is kept now. */
char *second_address(struct run *r, const struct routed *e, bool all);

/* Could the message be tried elsewhere after a refusal by this server? */
bool second_possible(const struct run *r, const struct routed *e);

/* Exim has given the recipient up: keep the message for its bounce. */
void second_keep(struct run *r, const struct routed *e);

/* Exim is done with the recipient and writes no bounce, because the sender
 * wants none or because it thinks that the message was delivered: a notice of
 * ours takes its place. false: it could not be made. */
bool second_without_bounce(struct run *r, const struct routed *e,
                           const char *text);

/* What was kept is not needed: no bounce will come. */
void second_release(struct run *r);

/* At the start of a later attempt: nothing of the message has been given up so
 * far, so no bounce will come for what earlier attempts have kept. */
void second_tidy(struct run *r);

#endif
