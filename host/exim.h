/* exim: what we need of the Exim that has loaded us.
 *
 * The only code that includes Exim's local_scan.h, and so the only one that
 * knows which of its three API generations it is built against (6.0 of 4.96,
 * 6.0 of 4.98, 9.1 of 4.100; see docs/exim-versions.md).
 *
 * Called by: router, local_scan.
 * Memory: Exim's pools stay in here. Strings that come out are malloc'd and
 * the caller's to free, unless it says otherwise; strings that go in are
 * copied.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_EXIM_H
#define OUTRIDER_EXIM_H

#include <stdbool.h>

/* The type of a ${dlfunc} function, and its quiet results. */
#define EXIM_FUNCTION __attribute__((visibility("default")))
typedef unsigned char uchar;

/* The expansion is this text. */
int exim_yield(uchar **yield, const char *text);
/* The expansion fails, with this reason (in a router: the address defers). */
int exim_fail(uchar **yield, const char *reason);
/* The expansion is forced to fail (in a router: it declines). */
int exim_decline(uchar **yield);

/* NULL when the expansion fails; *reason, if not NULL, is then Exim's words,
 * valid until the next expansion. */
char *exim_expand(const char *string, const char **reason);

/* Any bytes as an argument that an expansion can hold: no byte of it means
 * anything to Exim. */
char *exim_argument(const char *s);

/* The message being handled: "" when there is none. Not to be freed. */
const char *exim_message_id(void);
const char *exim_sender(void);

/* Does some recipient of the message have DSN flags for which test() holds? */
bool exim_any_recipient(bool (*test)(int dsn_flags));
/* The recipient's DSN flags (RFC 3461 NOTIFY, Exim's bits), 0 when it is none
 * of the message's own. */
int exim_recipient_flags(const char *address);

/* Does this Exim take a connection that was closed in the data for a delivery
 * (since 4.98)? */
bool exim_forgets_dropped(void);

/* A line in Exim's main log, with the message's id; and, for `exim -d`, in
 * its debugging output. */
void exim_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
void exim_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
