/* adapting: what adapt has found out about a recipient of a message that is
 * still on the queue, for the router to act on: it cannot be made to fit, or it
 * is to be delivered as it is.
 *
 * A file STATE/adapt/ID.DIGEST.note, "WHAT TIME WORDS" (TIME in seconds since
 * the epoch), which goes with the message (adapting_sweep()).
 *
 * Called by: transports (writes), router (reads).
 * Memory: *words is the caller's.
 * Fails: -1 with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ADAPTING_H
#define OUTRIDER_ADAPTING_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"
#include "text.h"

enum adapting {
    ADAPTING_REFUSED, /* the sender gets it back, with these words */
    ADAPTING_AS_IS,   /* a part that is not joined; the words say why */
    ADAPTING_DONE,    /* its messages are on the queue: nothing is left to do */
    ADAPTING_WAITS    /* for the other parts: "join.KEY" and words; the work
                         of that name may be done (adapting_done()) */
};

/* 1 noted, 0 it was noted before, with these words. */
int adapting_note(const struct settings *set, const char *id,
                  const char *recipient, enum adapting what, const char *words,
                  char *error, size_t size);
/* A run of adapt for this message was ended by a signal: noted, and how often
 * that was. */
void adapting_died(const struct settings *set, const char *id);
int adapting_deaths(const struct settings *set, const char *id);

/* Work that was done has a file `ready` (transports/queue/outbox.h) of the
 * addresses that it was for, a line each: the most bytes of it, and whether one
 * of its lines is this address, however that is written. */
#define ADAPTING_READY_MAX (16 << 20)
bool adapting_listed(const char *lines, const char *recipient);
/* Is there work of adapt's for this message and recipient that was done, and
 * may be on the queue in part (transports/queue/outbox.h)? Whatever a row says
 * by now, it is to be finished. */
bool adapting_committed(const struct settings *set, const char *id,
                        const char *recipient);
int adapting_find(const struct settings *set, const char *id,
                  const char *recipient, enum adapting *what,
                  struct text *words);
/* Is the part whose ADAPTING_WAITS has these words still known as one? The
 * notes that say which parts are there are a hint, and can be lost. */
bool adapting_waits(const struct settings *set, const char *words);
/* Since when a part is not waited for any more, in seconds since the epoch; 0
 * where there is no such note. */
int64_t adapting_as_is_since(const struct settings *set, const char *id,
                             const char *recipient);
/* Was the work of this name done (outbox.h)? */
bool adapting_done(const struct settings *set, const char *name);
/* The sender of a message that became several is told once that the recipient
 * does not get it, by the first of them that fails: that is this one (`id`)
 * from now on, unless it is another already. Who tells him: 1 and *by, 0 nobody
 * so far. */
int adapting_tell(const struct settings *set, const char *name,
                  const char *recipient, const char *id, char *error,
                  size_t size);
int adapting_told(const struct settings *set, const char *name,
                  const char *recipient, struct text *by);
/* The work done for these recipients of this message, as a name. */
void adapting_name(const char *id, const char *const *recipients,
                   struct text *out);
/* Notes, and locks, of messages that are on no queue any more. */
void adapting_sweep(const struct settings *set);

#endif
