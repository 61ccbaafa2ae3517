/* outbox: messages put on Exim's queue in the place of another one, all of them
 * or none, once.
 *
 * STATE/adapt/NAME is a directory for one piece of work. The spool files of all
 * messages are written into it; then the file `ready` is, and from then on the
 * work is done: its files are renamed into Exim's queue, by this run or by a
 * later one, each of them once. What is there without `ready` is of a run that
 * died, and is begun anew. The directory stays until outbox_sweep().
 *
 * The messages are copies of Exim's spool files, as for a second chance
 * (core/chance/copy.h): they keep sender, age, client, authentication and
 * variables.
 *
 * Of several messages only the last one asks for the notice that its recipient
 * has it (RFC 3461 4.1, NOTIFY=SUCCESS); failures of any of them are told.
 *
 * Called by: send, join.
 * Memory: borrows.
 * Fails: -1 with error[]; then nothing is on the queue, or the next run
 * finishes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_OUTBOX_H
#define OUTRIDER_OUTBOX_H

#include "option.h"
#include "outgoing.h"
#include "spool.h"

struct outbox {
    const struct settings *settings;
    const char *name;  /* letters, digits, - and . */
    const char *queue; /* Exim's queue, "" for the default one */
};

/* STATE/adapt, made when missing. */
int outbox_directory(const struct settings *set, struct text *path, char *error,
                     size_t size);

/* The lock of all work for a message: a descriptor, whose close() lets the next
 * one; -1 with error[], also where another process has it. */
int outbox_lock(const struct settings *set, const char *id, char *error,
                size_t size);

/* What earlier runs have done for this message is finished, and those whom it
 * was for are taken off the list (addresses, NULL at the end). */
int outbox_finish(const struct settings *set, const char *queue, const char *id,
                  const char **recipients, char *error, size_t size);

/* Was this work done before? 1 (and what it left over is on the queue now),
 * 0, -1. */
int outbox_resume(const struct outbox *o, char *error, size_t size);

/* The messages as copies of `like`, whose mark and recipients are those of all
 * of them. `recipients`: addresses, NULL at the end. ids gets their message
 * ids, a line each. */
int outbox_put(const struct outbox *o, const struct spool_header *like,
               const struct outgoings *messages, const char *const *recipients,
               struct text *ids, char *error, size_t size);

/* A directory, and the files in it. */
void outbox_directory_remove(const char *path);
/* What is older than `keep` (of joined messages: and than `join-time`), and of
 * no message that is on a queue. */
void outbox_sweep(const struct settings *set);

#endif
