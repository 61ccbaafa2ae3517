/* message: one announcement of a change of address, as a mail: the form of a
 * hub's notice (status.h), the field Outrider-Notice: announced.
 *
 * Called by: announce.
 * Memory: appended to a struct text.
 * Fails: never; the addresses must be valid ones (address.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MESSAGE_H
#define OUTRIDER_MESSAGE_H

#include <stdint.h>

#include "text.h"

struct message {
    const char *old, *new, *to;
    const char *name; /* NULL for none */
    int number;       /* of this announcement, for the Message-ID */
    int64_t now;
};

/* Lines end with \n. */
void message_write(const struct message *m, struct text *out);

#endif
