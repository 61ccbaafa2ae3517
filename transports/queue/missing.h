/* missing: what the recipient of parts is told when others of them have not
 * come in time.
 *
 * Called by: join.
 * Memory: appended to a struct text. Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MISSING_H
#define OUTRIDER_MISSING_H

#include "option.h"
#include "text.h"

struct missing {
    const struct settings *settings;
    const char *host;
    const char *recipient, *sender; /* the sender "" for none */
    const char *head;               /* header of one of them */
    int total, there;               /* total 0: not known */
};

/* A whole message. Exim adds Date: and Message-ID:. */
void missing_write(const struct missing *m, struct text *out);

#endif
