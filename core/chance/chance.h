/* chance: the second chance after a 5xx.
 *
 * While another permitted server is left, the router gives Exim an errors_to
 * address of ours (chance_key.h); so Exim's bounce, which it writes before
 * it lets go of a message, comes to us and not to the sender. What the bounce
 * says is classified recipient by recipient: who may be tried elsewhere gets
 * a copy of the kept message on Exim's queue, without the server that
 * refused; for the others the bounce is passed on to the sender.
 *
 * Called by: tools (outrider second-chance, run by a pipe transport).
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
