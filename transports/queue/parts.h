/* parts: which messages on the queue are the parts of what
 * (STATE/adapt/parts.KEY, a file for each number).
 *
 * Called by: join.
 * Memory: parts_open() fills what parts_close() frees; it holds the lock of
 * this key. Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PARTS_H
#define OUTRIDER_PARTS_H

#include "member.h"
#include "option.h"
#include "spool.h"

struct parts {
    const struct settings *settings;
    const char *recipient;
    char *key;
    struct text directory;
    int lock, total;
    char **ids; /* of the messages, by number from 1 on; NULL: not there */
};

/* Takes the lock of the parts with this id, sender and recipient. */
int parts_open(struct parts *p, const struct settings *set,
               const struct member *m, const char *sender,
               const char *recipient, char *error, size_t size);
void parts_close(struct parts *p);
/* Those that are on the queue, and are not delivered as they are. */
void parts_read(struct parts *p);

/* The part is there, as this message: 1; 0: it contradicts what is there, and
 * error[] says how; -1. *other: the id of another message that has the same
 * number and is on the queue, or "" (then nothing was noted). */
int parts_note(struct parts *p, const struct member *m, const char *id,
               char other[SPOOL_ID_MAX], char *error, size_t size);
/* This message is none of them any more. */
void parts_forget(struct parts *p, const char *id);
/* The highest number that is there, 0 for none. */
int parts_highest(const struct parts *p);
/* How many are there; all of them? */
int parts_count(const struct parts *p);
bool parts_all(const struct parts *p);
/* Does the note of this part say that it is this message? parts_read() is not
 * needed for that. */
bool parts_has(const struct parts *p, const struct member *m, const char *id);

/* Removes what no part can belong to any more. */
void parts_sweep(const struct settings *set);

#endif
