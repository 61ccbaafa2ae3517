/* unsent: a message that waits on the unsent queue, and what comes next for it.
 *
 * Everything is read from Exim's spool (the message) and from attempts.db (what
 * was tried); nothing of it is kept anywhere else.
 *
 * Called by: tools (unsent).
 * Memory: unsent_read() fills a struct that unsent_free() frees.
 * Fails: -1 with error[]; 0 when the message is not on the queue any more.
 * Times are milliseconds since the epoch, 0 for never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_UNSENT_H
#define OUTRIDER_UNSENT_H

#include <stdbool.h>
#include <stdint.h>

#include "breaker.h"
#include "choice.h"
#include "fields.h"
#include "history.h"
#include "option.h"
#include "spool.h"

/* Whom the router still has to send it to: a recipient, or an address that an
 * alias or a list of the hub's has made of one. */
struct party {
    const char *address;
    int dsn_flags;
};

struct unsent {
    struct spool_header header;
    struct history history;
    struct moves moves; /* recipients that were held before */
    int64_t size;       /* bytes of header and body on the spool */
    int undelivered;    /* recipients */
    struct party *parties;
    int party_count;
    int64_t received;       /* the message's arrival */
    int64_t last;           /* the last failed attempt of any recipient's */
    int attempts;           /* failed, of the recipient that has most */
    enum error_class class; /* of that last one; CLASS_NONE: none yet */
    const char *server;     /* where it was, or "" */
    int64_t warn, giveup;   /* when the sender is warned, when it is returned;
                               the soonest of any recipient */
};

int unsent_read(const struct settings *set, const char *queue, const char *id,
                struct unsent *u, char *error, size_t size);
void unsent_free(struct unsent *u);

enum outlook {
    OUTLOOK_DUE,   /* an attempt now is worth it, at `server` ("": unknown) */
    OUTLOOK_PROBE, /* `server` was down and may be asked whether it is back */
    OUTLOOK_WAIT,  /* until `when`, or until a server comes back */
    OUTLOOK_DOWN,  /* every server of the message's is left alone; `server` is
                      to be probed first, at `when` */
    OUTLOOK_END,   /* an attempt now warns the sender, or returns it */
    OUTLOOK_FROZEN /* an administrator's, or Exim's own doing; at `when` Exim is
                      to look whether it stays so */
};

struct unsent_next {
    enum outlook outlook;
    char server[SERVER_KEY_MAX];
    int64_t when;
    int64_t limit; /* when a warning or the return comes; 0 never */
};

/* What comes next, with so many messages waiting. */
void unsent_next(const struct unsent *u, const struct settings *set,
                 struct breakers *b, int waiting, int64_t now,
                 struct unsent_next *next);

/* Is the wait for a server that has failed over when it comes back? Who was
 * asked to wait waits in any case. */
bool unsent_hopes(const struct unsent *u);

const char *outlook_name(enum outlook o);

#endif
