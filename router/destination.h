/* destination: all that is known of what a recipient can receive.
 *
 * Called by: adapt.
 * Memory: destination_ask() fills what environment_free() frees.
 * Fails: -1 with error[] where a row that is ours cannot be read: it may say
 * that the mail must be encrypted, so it waits. A published one that is wrong
 * is named in the main log, and counts for nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_DESTINATION_H
#define OUTRIDER_DESTINATION_H

#include "environment.h"
#include "run.h"

struct destination {
    struct run *run;
    const char *recipient;
    struct server_list servers; /* that the mail may go to */
    const char *row;            /* of the configuration, "" for none */
    const char *published;      /* what the destination says of itself; "" */
    int64_t wire;               /* of the message, bytes */
};

/* *refused: a server has refused the message because of its size, and *e has
 * the limit that follows. */
int destination_ask(const struct destination *d, struct environment *e,
                    bool *refused, char *error, size_t size);

#endif
