/* served: does anybody look after a queue of ours?
 *
 * `outrider unsent run` leaves a sign of life, STATE/unsent.alive, and
 * `outrider held run` STATE/held.alive; while it is fresh, messages are moved
 * to that queue. Else they stay where Exim's own queue runners come by, so that
 * nothing waits for nobody.
 *
 * Called by: router (waiting, relocate), tools (unsent, held).
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

enum service { SERVICE_UNSENT, SERVICE_HELD };

/* Times are milliseconds since the epoch; 0 when there was no sign ever. */
int served_sign(const struct settings *set, enum service service, int64_t now,
                char *error, size_t size);
int64_t served_last(const struct settings *set, enum service service);
bool served(const struct settings *set, enum service service, int64_t now);

#endif
