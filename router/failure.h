/* failure: a failure that leaves the message on Exim's queue: noted, counted,
 * logged, and followed by another attempt where the action says so.
 *
 * Called by: watch (events), route (a name without an address).
 * Fails: what went wrong is in the main log; the message is on the queue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FAILURE_H
#define OUTRIDER_FAILURE_H

#include "reply.h"
#include "run.h"
#include "translog.h"

/* An event as Exim raises it: its variables, and the connection it is of. */
struct event {
    char *name, *host, *address, *recipient, *data;
    int error, port;
    char *fields; /* what the pointers above point into */
};

/* A line of the transmission log, time and message id filled in. */
void failure_log(struct run *r, struct record *record);
/* The line of one recipient. */
void failure_record(struct run *r, const struct routed *e,
                    const struct event *ev, const char *result,
                    const struct reply *reply, enum error_class c,
                    const char *action);
/* Shows it to the server's breaker. */
void failure_count(struct run *r, const char *server, enum error_class c,
                   const char *text);

/* One recipient was deferred; or all that were sent to this server and that
 * nothing else was said about; or all, where Exim has the whole list. */
void failure_recipient(struct run *r, struct routed *e, const struct event *ev,
                       const struct reply *reply);
void failure_transaction(struct run *r, const char *server,
                         const struct event *ev, const struct reply *reply);
void failure_by_exim(struct run *r, const struct event *ev,
                     const struct reply *reply);

/* The server chosen for this recipient has no address: a failure to connect,
 * and another one is to be chosen. */
void failure_unresolved(struct run *r, struct routed *e);

/* The connection has lasted as long as Exim waits for an answer. Exim raises
 * no event when it has waited in vain at RCPT; a process of its own looks,
 * once the delivery is over, who is left without a word, and notes it. */
void failure_silence(struct run *r, const char *server, const struct event *ev);

#endif
