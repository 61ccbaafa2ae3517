/* outgoing: the messages that take the place of one.
 *
 * Called by: partial, pieces, plan (make), send, join (put on the queue).
 * Memory: a struct outgoings starts as {0}; outgoings_free(). Bodies point into
 * messages and files that live as long.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_OUTGOING_H
#define OUTRIDER_OUTGOING_H

#include "splice.h"

struct outgoing {
    struct text head; /* header fields, each with its line end; no blank line */
    struct splice body;
};

struct outgoings {
    struct outgoing *list;
    int count;
};

/* A new one at the end. The pointer lives until the next one is added. */
struct outgoing *outgoing_add(struct outgoings *o);
/* Bytes on the wire, the blank line included. */
int64_t outgoing_size(const struct outgoing *o);
/* As a message of its own: 0, -1. */
int outgoing_message(const struct outgoing *o, struct message *m, char *error,
                     size_t size);
void outgoings_free(struct outgoings *o);

#endif
