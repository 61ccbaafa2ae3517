/* watch: the events of Exim's transport, and what follows from them.
 *
 *   event_action = ${dlfunc{LIB/router.so}{outrider_event}
 *                    {command_timeout=TIME}}
 *
 * Called by: Exim (outrider_event).
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

#endif
