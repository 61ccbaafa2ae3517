/* copy: a kept message put on Exim's queue as a message of its own.
 *
 * Three files in STATE/keep are its journal: NOTE.data and NOTE.header, which
 * become the message by being renamed, and NOTE.id, written last, which says
 * which message that is. A run that was cut off before NOTE.id begins anew;
 * one after it goes on where the renames stopped; one after those finds
 * nothing left to do. So one note makes one message.
 *
 * Called by: chance; transports (copy_publish).
 * Memory: borrows what struct copy points to.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_COPY_H
#define OUTRIDER_COPY_H

#include <stdbool.h>

#include "option.h"
#include "spool.h"
#include "text.h"

struct copy {
    const struct settings *settings;
    const char *note;  /* a file name without "/" */
    const char *queue; /* a named queue, or "" */
    const char *like;  /* the original's message id */
    const char *data;  /* path of the -D file whose body it has; or NULL, */
    const struct text *body; /* and this is the body */
    /* the text of the -H file for this id */
    void (*header)(const char *id, void *context, struct text *out);
    void *context;
};

/* 0: the message `id` is on the queue, or has been. */
int copy_make(const struct copy *c, char id[SPOOL_ID_MAX], char *error,
              size_t size);

/* Two prepared files become the message `id` on this queue: they are renamed,
 * the -D file first, since a message is on the queue when its -H file is. What an
 * earlier run has renamed is passed over. */
int copy_publish(const struct settings *set, const char *queue, const char *id,
                 const char *data, const char *header, char *error,
                 size_t size);

/* All is done for this note, and stays so: noted in NOTE.done. */
int copy_settle(const struct settings *set, const char *note, char *error,
                size_t size);
bool copy_settled(const struct settings *set, const char *note);

#endif
