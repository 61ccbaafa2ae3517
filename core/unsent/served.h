/* served: does anybody send what waits on the unsent queue?
 *
 * `outrider unsent run` leaves a sign of life, STATE/unsent.alive; while it is
 * fresh, what could not be sent is moved to that queue. Else it stays where
 * Exim's own queue runners come by, so that nothing waits for nobody.
 *
 * Called by: router (waiting), tools (unsent).
 * Fails: served_sign() -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SERVED_H
#define OUTRIDER_SERVED_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"

#define SERVED_MS (3600 * 1000L) /* so long is a sign fresh */

/* Times are milliseconds since the epoch; 0 when there was no sign ever. */
int served_sign(const struct settings *set, int64_t now, char *error,
                size_t size);
int64_t served_last(const struct settings *set);
bool served(const struct settings *set, int64_t now);

#endif
