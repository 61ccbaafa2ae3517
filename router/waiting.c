/* waiting: what could not be sent goes to a queue of its own. See waiting.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "waiting.h"

#include <string.h>
#include <unistd.h>

#include "adapt.h"
#include "file.h"
#include "process.h"
#include "served.h"
#include "spool.h"

/* Has a recipient's failure asked for an attempt at once? Then that one has
 * the last word, and the message must be where it looks for it. */
static bool attempt_comes(const struct run *r)
{
    struct history noted;
    char error[300];
    history_load(r->settings, r->id, &noted, error, sizeof error);
    int64_t when = history_asked(&noted, false, 0);
    history_free(&noted);
    return when >= r->started;
}

struct permission {
    const char *recipient, *servers;
};

static void permission_note(struct history *h, void *context)
{
    const struct permission *p = context;
    history_permit(h, p->recipient, p->servers);
}

void waiting_note(struct run *r, const struct routed *e)
{
    struct question q = run_question(r, e);
    struct text permitted = {0};
    struct permission p = {.recipient = e->recipient};
    char error[300];
    if (!r->live || !*r->settings->unsent)
        return;
    choice_permitted(&q, &permitted);
    p.servers = permitted.s;
    if (strcmp(history_permitted(&r->history, e->recipient), p.servers) != 0) {
        history_permit(&r->history, p.recipient, p.servers);
        if (history_update(r->settings, r->id, permission_note, &p, error,
                           sizeof error) == -1)
            run_complain("where it may go cannot be noted", error);
    }
    text_free(&permitted);
}

/* In the process of its own. */
static void message_move(struct run *r)
{
    struct exim exim = {r->exim, r->config, r->settings->spool};
    struct text directory = {0};
    if (spool_find(exim.spool, r->id, &directory) != 1 ||
        spool_wait(directory.s, r->id, -1) != 1 || attempt_comes(r))
        return;
    process_move(&exim, directory.s, r->queue, r->settings->unsent, r->id);
}

void waiting_move(struct run *r)
{
    if (!r->live || r->moving || *r->queue || !*r->settings->unsent)
        return;
    r->moving = true;
    if (!served(r->settings, SERVICE_UNSENT, clock_now())) {
        if (served_last(r->settings, SERVICE_UNSENT))
            run_complain("it stays on this queue",
                         "`outrider unsent run` has not come by for an hour");
        return;
    }
    if (process_detach() != 1)
        return;
    run_complain_never();
    message_move(r);
    _exit(0);
}

/* What failed in this delivery was noted by a process that is gone. */
static void history_refresh(struct run *r)
{
    struct history beside;
    char error[300];
    history_load(r->settings, r->id, &beside, error, sizeof error);
    history_merge(&r->history, &beside, NULL);
    history_free(&beside);
}

/* Exim counts the warnings that it has given in the message. */
static bool warned(const struct run *r)
{
    struct spool_header now;
    if (run_spooled(r, &now) != 1)
        return false;
    bool before = now.warnings > 0;
    spool_header_free(&now);
    return before;
}

bool waiting_warns(struct run *r)
{
    bool warns = false;
    history_refresh(r);
    for (int i = 0; i < r->count && !warns; i++) {
        const char *recipient = r->routed[i].recipient;
        const struct attempt *last = history_last(&r->history, recipient);
        warns = !r->routed[i].finished &&
                limit_reached(limit_of(&r->settings->warn_after,
                                       last ? last->class : CLASS_NONE, false),
                              run_age(r, recipient),
                              history_failures(&r->history, recipient));
    }
    return warns && adapt_first(r) && !warned(r);
}
