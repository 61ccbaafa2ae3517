/* holder: looks after what is held (outrider held run).
 *
 * Each round: what has a new address now is sent on; what has waited long
 * enough is returned (the router does that at an attempt); at half time the
 * administrator is asked again; rows that are gone for too long are removed,
 * and he is told. With a lookup in place of the built-in table its rows are
 * asked again every HOLDER_ASK_MS.
 *
 * Called by: cmd_held.
 * Memory: nothing is kept.
 * Fails: with an exit code; as a service it says what went wrong, and goes on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_HOLDER_H
#define OUTRIDER_HOLDER_H

#include "admin.h"

#define HOLDER_ASK_MS 30000L

/* `every` seconds between rounds, until SIGTERM or SIGINT; 0: one round. HUP
 * reads the settings again. */
int holder_run(struct admin *a, int every);

#endif
