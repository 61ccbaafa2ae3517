/* order: how Exim calls adapt: the arguments of `adapt send` and `adapt join`,
 * and the message on the spool that they are about.
 *
 * Called by: main, send, join.
 * Memory: order_open() fills what order_close() frees.
 * Fails: with an exit code of sysexits(3) and a line on stdout, which Exim
 * logs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ORDER_H
#define OUTRIDER_ORDER_H

#include "environment.h"
#include "message.h"
#include "option.h"
#include "process.h"
#include "spool.h"

struct order {
    struct settings *settings;
    struct environment row;
    struct exim exim;
    const char *host, *queue;
    const char *id;          /* MESSAGE_ID in the environment */
    const char **recipients; /* those to work for; NULL at the end */
    const char **all;        /* the same, and those that were done before */
    struct spool_header header;
    struct text directory; /* of the spool that has the message */
    struct message message;
};

/* Reads the arguments: 0, or an exit code. */
int order_read(struct order *o, int argc, char *argv[]);
/* Has it ended run after run by a signal? Then it goes as it is, where it need
 * not be encrypted. */
bool order_hopeless(const struct order *o);
/* Reads the message from the spool. */
int order_open(struct order *o);
void order_close(struct order *o);

/* The work is done, for these recipients of the message. Exim would tell a
 * sender who wants to know (RFC 3461 NOTIFY=SUCCESS) that it was delivered,
 * because a pipe has taken it; so then the router ends it instead. An exit
 * code. */
int order_done(struct order *o);

/* Tidies up what earlier work has left in STATE/adapt; once in a while. */
void order_sweep(const struct order *o);

/* "adapt: ..." on standard output; returns the code. */
int order_error(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A message of Exim's spool (its -H file is read), as a struct message. */
int order_message(const struct spool_header *h, const char *directory,
                  struct message *m, char *error, size_t size);

#endif
