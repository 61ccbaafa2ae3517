/* verdict: what becomes of each recipient that a bounce names. See verdict.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

#include "breaker.h"
#include "file.h"
#include "mark.h"
#include "translog.h"

#define GENERATIONS_MAX 100

struct verdict *verdicts_find(const struct verdicts *all, const char *address)
{
    for (int i = 0; i < all->count; i++)
        if (text_same_address(all->list[i].address, address) ||
            text_same(all->list[i].printed, address))
            return &all->list[i];
    return NULL;
}

bool verdicts_any(const struct verdicts *all, enum verb verb)
{
    for (int i = 0; i < all->count; i++)
        if (all->list[i].verb == verb)
            return true;
    return false;
}

/* Exim gave up after its retry rules' time, which is not one server's word. */
static bool timed_out(const struct verdict *v)
{
    return v->reply.code / 100 == 4;
}

/* A server that has refused a recipient is not asked for it again, so one that
 * refuses it again shows that something is wrong with what we know; and no
 * message needs a hundred chances. */
static bool loops(const struct verdicts *all, const struct attempt *before)
{
    return (before && before->state == ATTEMPT_REFUSED &&
            before->run != all->run) ||
           history_generation(all->original->history) >= GENERATIONS_MAX;
}

static bool too_old(const struct verdicts *all)
{
    int64_t age = clock_now() / 1000 - all->original->received;
    return age > all->settings->keep;
}

/* Words of a server's, or a connection that it dropped in the data. Anything
 * else (an expansion, a transport that is missing) is not a server's fault. */
static bool of_a_server(const struct verdict *v)
{
    return v->reply.code / 100 == 5 || v->class == CLASS_DROPPED;
}

static bool hopeless(const struct verdicts *all, const struct verdict *v,
                     const struct attempt *before)
{
    return !all->original || v->doubtful || timed_out(v) || !of_a_server(v) ||
           too_old(all) || loops(all, before);
}

/* Once: what was made to fit and still does not is refused. */
static bool adaptable(const struct verdicts *all)
{
    return all->settings->adapt && !mark_has(all->original->mark, MARK_ADAPTED);
}

/* The verb, by what was tried before; and this failure joins it. */
static void verdict_decide(struct verdicts *all, struct verdict *v)
{
    const char *server = all->key->server;
    bool hope =
        !hopeless(all, v, history_at(&all->history, v->address, server));
    struct attempt *a =
        history_note(&all->history, v->address, server, v->class, all->run,
                     clock_now(), v->reply.text);
    v->verb = VERB_CANCEL;
    if (hope)
        v->verb = policy_decide(&all->settings->policy, v->class, a->failures);
    if (v->verb == VERB_ADAPT && !adaptable(all))
        v->verb = VERB_CANCEL;
    a->state = attempt_state_after(v->verb, v->reply.code / 100 == 5);
    v->attempt = history_failures(&all->history, v->address);
}

static const struct spool_recipient *
original_recipient(const struct spool_header *original, const char *printed)
{
    const struct spool_recipient *found = NULL;
    for (int i = 0; original && i < original->count; i++) {
        const struct spool_recipient *r = &original->recipients[i];
        struct text t = {0};
        text_printed(r->address, &t);
        bool exact = strcmp(t.s, printed) == 0;
        if (exact || (!found && text_same(t.s, printed)))
            found = r;
        text_free(&t);
        if (exact)
            break;
    }
    return found;
}

static void verdict_make(struct verdicts *all, struct verdict *v,
                         const struct bounce_recipient *r)
{
    const struct spool_recipient *known =
        original_recipient(all->original, r->address);
    v->known = known;
    v->printed = r->address;
    v->address = text_copy(known ? known->address : r->address);
    v->doubtful = !known && strchr(r->address, '\\');
    v->silent =
        !*all->key->sender || (known && spool_no_bounce(known->dsn_flags));
    reply_from_exim(&v->reply, r->text, 0);
    v->class = classify(all->classifier, &v->reply);
    verdict_decide(all, v);
}

/* What the message carries of its past, and what is noted about it beside. */
static void history_gather(struct verdicts *all)
{
    struct history beside;
    char error[200];
    history_parse(&all->history, all->original->history);
    history_load(all->settings, all->key->id, &beside, error, sizeof error);
    history_merge(&all->history, &beside, NULL);
    history_free(&beside);
}

void verdicts_make(struct verdicts *all, const struct bounce *bounce)
{
    all->run = (uint64_t)clock_now();
    all->count = bounce->count;
    all->list = text_alloc((size_t)bounce->count * sizeof *all->list);
    if (all->original)
        history_gather(all);
    for (int i = 0; i < bounce->count; i++)
        verdict_make(all, &all->list[i], &bounce->recipients[i]);
}

void verdicts_free(struct verdicts *all)
{
    for (int i = 0; all->list && i < all->count; i++)
        free(all->list[i].address);
    free(all->list);
    history_free(&all->history);
    all->list = NULL;
    all->count = 0;
}

static void verdict_log(const struct verdicts *all, const struct verdict *v)
{
    struct record record = {.kind = RECORD_TRANSMISSION,
                            .now = clock_now(),
                            .message_id = all->key->id,
                            .server = all->key->server,
                            .from = all->key->sender,
                            .to = v->address,
                            .result = "fail",
                            .class = v->class,
                            .stage = v->reply.stage,
                            .code = v->reply.code,
                            .enhanced = v->reply.enhanced,
                            .action = verb_name(v->verb),
                            .attempt = v->attempt,
                            .duration = -1,
                            .text = v->reply.text};
    char error[200];
    translog_write(all->settings, &record, error, sizeof error);
}

/* Has an event spoken of it? Those that an alias made have no flags. */
static bool unsaid(const struct verdict *v)
{
    return v->known && spool_no_event(v->known->dsn_flags);
}

/* One message counts once for the breaker, and an event has counted it. */
static bool counted_before(const struct verdicts *all)
{
    for (int i = 0; i < all->count; i++)
        if (!unsaid(&all->list[i]))
            return true;
    return false;
}

void verdicts_log(const struct verdicts *all)
{
    struct breakers *b = NULL;
    char error[300];
    bool repeated = counted_before(all);
    for (int i = 0; i < all->count; i++) {
        const struct verdict *v = &all->list[i];
        if (!unsaid(v))
            continue;
        verdict_log(all, v);
        if (!b)
            b = breakers_of(all->settings, true, error, sizeof error);
        breaker_failure(breaker_slot(b, all->key->server, true), all->settings,
                        v->class, repeated, all->key->sender, v->reply.text,
                        clock_now());
        repeated = true;
    }
    breakers_close(&b);
}
