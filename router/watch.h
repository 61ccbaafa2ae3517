/* watch: the events of Exim's transport, and what follows from them.
 *
 *   event_action = ${dlfunc{LIB/router.so}{outrider_event}}
 *
 * Called by: Exim (outrider_event), route (watch_unresolved).
 * Events come in two processes: those of a connection in the transport's
 * child, as the exim user; those of a recipient that is done with in the
 * parent, which may be root.
 * Fails: never towards Exim (the yield is always empty); what went wrong is
 * in the main log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_WATCH_H
#define OUTRIDER_WATCH_H

#include "exim.h"
#include "run.h"

EXIM_FUNCTION int outrider_event(uchar **yield, int argc, uchar *argv[]);

/* The server chosen for this recipient has no address: noted as a failure to
 * connect, and another one is to be chosen. */
void watch_unresolved(struct run *r, struct routed *e);

#endif
