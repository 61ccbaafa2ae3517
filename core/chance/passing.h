/* passing: a bounce of Exim's that came to us, passed on to the real sender.
 *
 * As a copy of its spool files, so that it is passed on once whatever happens
 * (core/copy.h), and as Exim would have written it to the sender, with the one
 * Received: that it has. Where STATE/keep cannot be written it is submitted.
 *
 * Called by: chance.
 * Memory: borrows what struct passing points to.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PASSING_H
#define OUTRIDER_PASSING_H

#include "bounce.h"
#include "option.h"
#include "spool.h"

struct passing {
    const struct settings *settings;
    const struct bounce *bounce;
    const char *note;        /* for the copy's journal */
    struct bounce_edit edit; /* its `id` is filled in here; old_id is the
                                bounce's own message id */
    int (*submit)(const char *to, const struct text *message, void *context);
    void *submit_context;
};

/* 0: passed on, as message `id`; id[0] is 0 when it was submitted. */
int passing_make(const struct passing *p, char id[SPOOL_ID_MAX], char *error,
                 size_t size);

#endif
