/* status: the changes of address that a delivery status says (RFC 3464).
 *
 * A group of fields for each old address; those of ours are
 *     Outrider-Notice: changed          (held, changed, announced)
 *     Outrider-Old-Address: rfc822; old@old.example
 *     Outrider-New-Address: rfc822; new@new.example
 *     Outrider-Registered: Sun, 22 Nov 2026 10:00:00 +0000
 *
 * Called by: letter.
 * Memory: the changes are the caller's list; status_free() for the rest.
 * Fails: never; a group that cannot be followed is counted and described.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_STATUS_H
#define OUTRIDER_STATUS_H

#include <stddef.h>

#include "change.h"
#include "text.h"

struct status {
    int held;             /* groups that say "held": nothing to do */
    int bad;              /* groups that cannot be followed */
    struct text problems; /* a line for each of these */
};

/* `now` bounds the time of registration: nobody has moved tomorrow. */
void status_read(struct status *s, const char *data, size_t len, int64_t now,
                 struct changes *out);
void status_free(struct status *s);

#endif
