/* runner: sends what waits on the unsent queue, at its pace.
 *
 * A message is tried by `exim -Mc`, so what becomes of it is Exim's and the
 * router's doing; the runner says when, and how many at a time. It may be
 * killed at any instant: attempts under way go on without it, and everything
 * else is on the spool.
 *
 * Called by: cmd_unsent.
 * Fails: with an exit code of sysexits(3) and a message on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RUNNER_H
#define OUTRIDER_RUNNER_H

#include "admin.h"

/* Each message that is due is tried once, and that is all; or, with `every`
 * (seconds) above 0, for ever, with a look at the queue as often as that.
 * SIGTERM and SIGINT end it, SIGHUP makes it read the settings again. */
int runner_run(struct admin *a, int every);

#endif
