/* choice: which server this attempt gets. See choice.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "choice.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The servers that are this message's at all: those whose level the sender
 * has; only the first of them where it may not use the next. */
static const struct server *permitted(const struct question *q, int *i)
{
    int seen = 0;
    for (int k = 0; k < q->servers->count; k++) {
        const struct server *s = &q->servers->servers[k];
        if (s->level > q->level)
            continue;
        if (seen++ > 0 && !q->may_next)
            return NULL;
        if (k > *i) {
            *i = k;
            return s;
        }
    }
    return NULL;
}

static bool at_state(const struct question *q, const struct server *s,
                     enum attempt_state state)
{
    const struct attempt *a = history_at(q->history, q->recipient, s->key);
    return a && a->state == state;
}

static bool refused(const struct question *q, const struct server *s)
{
    return at_state(q, s, ATTEMPT_REFUSED) || at_state(q, s, ATTEMPT_CANCELLED);
}

static bool done(const struct question *q, const struct server *s)
{
    return refused(q, s) || at_state(q, s, ATTEMPT_DONE);
}

/* A server that asked for "the same again" keeps its message, wherever in
 * the list it stands. */
static const struct server *kept(const struct question *q)
{
    const struct server *found = NULL;
    int64_t latest = -1;
    int i = -1;
    for (const struct server *s; (s = permitted(q, &i));) {
        const struct attempt *a = history_at(q->history, q->recipient, s->key);
        if (a && a->state == ATTEMPT_WAITING && a->failures > 0 &&
            a->time > latest) {
            latest = a->time;
            found = s;
        }
    }
    return found;
}

static bool usable(const struct question *q, const struct server *s,
                   struct choice *answer)
{
    struct slot *slot = breaker_slot(q->breakers, s->key, false);
    bool ours = q->probing && strcmp(s->key, q->probing) == 0;
    if (!ours && breaker_ask(slot, q->settings, q->now, q->may_probe,
                             &answer->probe) != BREAKER_CLOSED)
        return false;
    answer->kind = CHOICE_SERVER;
    answer->server = s;
    return true;
}

/* In order: the server whose turn to be probed has come is tried where it
 * stands, so that mail returns to the first server by itself. */
static bool choose_first(const struct question *q, struct choice *answer,
                         bool (*skip)(const struct question *,
                                      const struct server *))
{
    int i = -1;
    for (const struct server *s; (s = permitted(q, &i));)
        if (!skip(q, s) && usable(q, s, answer))
            return true;
    return false;
}

static bool any_left(const struct question *q,
                     bool (*skip)(const struct question *,
                                  const struct server *))
{
    int i = -1;
    for (const struct server *s; (s = permitted(q, &i));)
        if (!skip(q, s))
            return true;
    return false;
}

static void clock_print(int64_t ms, char *out, size_t size)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(out, size, "%H:%M:%S", &tm);
}

static void explain_one(const struct question *q, const struct server *s,
                        struct text *t)
{
    struct slot *slot = breaker_slot(q->breakers, s->key, false);
    struct breaker_view view;
    char when[16];
    if (!slot)
        return;
    breaker_look(slot, q->settings, q->now, &view);
    clock_print(view.until, when, sizeof when);
    if (view.state == BREAKER_HANGING)
        text_addf(t, "; %s hangs", s->key);
    else if (view.state == BREAKER_OPEN)
        text_addf(t, "; %s is left alone until %s: %s", s->key, when,
                  view.error);
}

static void explain(const struct question *q, struct choice *answer)
{
    struct text t = {0};
    int i = -1;
    text_add(&t, "no smarthost can be tried now");
    for (const struct server *s; (s = permitted(q, &i));)
        if (!refused(q, s))
            explain_one(q, s, &t);
    snprintf(answer->reason, sizeof answer->reason, "%s", t.s);
    text_free(&t);
}

static bool no_server_at_all(const struct question *q, struct choice *answer)
{
    int i = -1;
    if (permitted(q, &i))
        return false;
    answer->kind = CHOICE_WRONG;
    snprintf(answer->reason, sizeof answer->reason,
             "every server of the list asks for a level above this sender's "
             "(%d)",
             q->level);
    return true;
}

static void wait_for_queue_run(struct choice *answer)
{
    answer->kind = CHOICE_NONE;
    snprintf(answer->reason, sizeof answer->reason,
             "waits for the next queue run");
}

/* Better a server that hangs than none: it may only be slow. */
static bool choose_hanging(const struct question *q, struct choice *answer)
{
    int i = -1;
    for (const struct server *s; (s = permitted(q, &i));) {
        struct slot *slot = breaker_slot(q->breakers, s->key, false);
        if (refused(q, s) ||
            breaker_state(slot, q->settings, q->now) != BREAKER_HANGING)
            continue;
        answer->kind = CHOICE_SERVER;
        answer->server = s;
        answer->new_round = done(q, s);
        return true;
    }
    return false;
}

bool choice_over(const struct question *q)
{
    const struct attempt *last = history_last(q->history, q->recipient);
    return limit_reached(limit_of(&q->settings->return_after,
                                  last ? last->class : CLASS_NONE, q->bounce),
                         q->age, history_failures(q->history, q->recipient));
}

void choice_permitted(const struct question *q, struct text *out)
{
    int i = -1;
    text_add(out, "");
    for (const struct server *s; (s = permitted(q, &i));)
        text_addf(out, "%s%s", out->len ? ";" : "", s->key);
}

void choice_make(const struct question *q, struct choice *answer)
{
    *answer = (struct choice){0};
    answer->last = history_last(q->history, q->recipient);
    const struct server *same = kept(q);
    if (no_server_at_all(q, answer))
        return;
    if (choice_over(q)) {
        answer->kind = CHOICE_CANCEL;
        answer->returned = true;
        return;
    }
    if (history_cancelled(q->history, q->recipient) || !any_left(q, refused)) {
        answer->kind = CHOICE_CANCEL;
        return;
    }
    if (same && q->rerun) {
        wait_for_queue_run(answer);
        return;
    }
    if (same && usable(q, same, answer))
        return;
    if (choose_first(q, answer, done))
        return;
    /* Nothing new to try. A server whose breaker keeps us out may be tried
     * later in this round; else the round is over, and the next begins with a
     * queue run. */
    if (q->rerun && !any_left(q, done)) {
        wait_for_queue_run(answer);
        return;
    }
    if (choose_first(q, answer, refused)) {
        answer->new_round = true;
        return;
    }
    if (choose_hanging(q, answer))
        return;
    answer->kind = CHOICE_NONE;
    explain(q, answer);
}

static bool other(const struct question *q, const char *server,
                  bool (*skip)(const struct question *, const struct server *))
{
    int i = -1;
    for (const struct server *s; (s = permitted(q, &i));)
        if (strcmp(s->key, server) != 0 && !skip(q, s))
            return true;
    return false;
}

bool choice_other(const struct question *q, const char *server)
{
    return other(q, server, refused);
}

static bool done_or_unusable(const struct question *q, const struct server *s)
{
    struct slot *slot = breaker_slot(q->breakers, s->key, false);
    return done(q, s) || !breaker_usable(slot, q->settings, q->now);
}

bool choice_other_now(const struct question *q, const char *server)
{
    return other(q, server, done_or_unusable);
}
