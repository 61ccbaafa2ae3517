/* announced: the size that a smarthost has announced (EHLO SIZE, RFC 1870), as
 * what a destination can receive.
 *
 * Called by: router (destination), tools (environment show).
 * Memory: borrows.
 * Fails: never; what is not known is 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ANNOUNCED_H
#define OUTRIDER_ANNOUNCED_H

#include "breaker.h"
#include "environment.h"
#include "option.h"
#include "server.h"

/* Bytes; 0 where it has announced none, less than what is believed
 * (ENVIRONMENT_SIZE_MIN), or `b` is NULL. `now` as in breaker_look(). */
int64_t announced_size(struct breakers *b, const struct settings *set,
                       const char *key, int64_t now);

/* The first server, where its size counts: no row has said one, and a message
 * that is too large is made to fit. NULL else. */
const struct server *announced_by(const struct settings *set,
                                  const struct server_list *servers,
                                  const struct environment *e);

/* That server's size becomes the environment's; true where there is one. */
bool announced_fill(struct breakers *b, const struct settings *set,
                    const struct server *server, int64_t now,
                    struct environment *e);

#endif
