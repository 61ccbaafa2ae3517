/* need: does a destination need this message in another form? Asked of every
 * message that has an environment, so it costs little: the header is Exim's,
 * and the body is looked through only for a destination that cannot open
 * archives. What is said here is a guess that adapt then makes sure of.
 *
 * Called by: adapt.
 * Memory: nothing is kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_NEED_H
#define OUTRIDER_NEED_H

#include <stdbool.h>
#include <stdint.h>

#include "environment.h"
#include "option.h"

struct need {
    const struct settings *settings;
    const struct environment *row;
    const char *id, *queue, *mark;
    int64_t wire; /* bytes, as Exim announces them (but for size_addition) */
};

/* Must it be encrypted, and is not? */
bool need_seal(const struct need *n);
/* It is too large, or to be opened, encrypted, decrypted. */
bool need_send(const struct need *n);
/* It is a part of something, and the destination cannot join it. */
bool need_join(const struct need *n);

#endif
