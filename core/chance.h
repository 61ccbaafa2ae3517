/* chance: the second chance after a 5xx.
 *
 * While another permitted server is left, the router gives Exim an errors_to
 * address of ours (chance_address); so Exim's bounce, which it writes before
 * it lets go of a message, comes to us and not to the sender. What the bounce
 * says is classified recipient by recipient: who may be tried elsewhere gets
 * a copy of the kept message on Exim's queue, without the server that
 * refused; for the others the bounce is passed on to the sender.
 *
 * Called by: router (the address, keeping), tools (outrider second-chance,
 * run by a pipe transport).
 * Memory: freed by the caller where a char * is returned.
 * Fails: chance_run() returns -1 with error[]; the caller then leaves the
 * bounce on Exim's queue, to be tried again. Done twice is done once: the
 * copies made for a bounce are noted under the bounce's own id.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CHANCE_H
#define OUTRIDER_CHANCE_H

#include <stdbool.h>

#include "classify.h"
#include "option.h"
#include "text.h"

/* What stands in such an address: the message, the delivery attempt (a tag of
 * hexadecimal digits; under it the message was kept), the server it was tried
 * with, and the real sender ("" for <>). */
struct chance_key {
    char *id, *tag, *server, *sender;
};

/* ID+TAG+SERVER+SENDER@domain, SERVER and SENDER with every character but
 * letters, digits, "-", "_" and inner dots as =XX. */
char *chance_address(const struct settings *set, const struct chance_key *k);

/* The parts of an address's local part: 1, or 0 when it is none of ours. */
int chance_key_parse(const char *local_part, struct chance_key *k);
void chance_key_free(struct chance_key *k);

struct chance {
    const struct settings *settings;
    struct classifier *classifier;
    const char *local_part; /* of the address the bounce came to */
    const char *bounce_id;  /* the bounce's own message id */
    const char *queue;      /* the original's named queue, or "" */
    const char *bounce;     /* its text */
    size_t bounce_len;

    /* Submits a bounce; 0 accepted, -1 not. For where STATE/keep cannot be
     * written: then it is passed on so, rather than not at all. */
    int (*pass)(const char *to, const struct text *message, void *context);
    /* Starts a delivery attempt of this message on this queue, soon. */
    void (*run)(const char *id, const char *queue, void *context);
    void *context;
};

/* `report`: one line for Exim's main log. */
int chance_run(const struct chance *c, struct text *report, char *error,
               size_t size);

#endif
