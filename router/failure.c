/* failure: a failure that leaves the message on Exim's queue: noted, counted,
 * logged, and followed by another attempt where the action says so. See
 * failure.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapt.h"
#include "exim.h"
#include "file.h"
#include "process.h"
#include "second.h"
#include "spool.h"
#include "waiting.h"

#define TRANSACTION_MAX 100 /* max_rcpt of the smtp transport */

/* ---- records ---- */

void failure_log(struct run *r, struct record *record)
{
    char error[300];
    record->now = clock_now();
    record->message_id = r->id;
    if (!record->server || !*record->server)
        record->server = "-";
    if (translog_write(r->settings, record, error, sizeof error) == -1)
        run_complain("transmission log", error);
}

static void reply_fill(struct record *record, const struct reply *reply,
                       enum error_class c)
{
    record->class = c;
    record->stage = reply->stage;
    record->code = reply->code;
    record->enhanced = reply->enhanced;
    record->text = reply->text;
}

void failure_record(struct run *r, const struct routed *e,
                    const struct event *ev, const char *result,
                    const struct reply *reply, enum error_class c,
                    const char *action)
{
    struct record record = {.kind = RECORD_TRANSMISSION,
                            .server = e->server ? e->server->key : ev->host,
                            .ip = ev->address,
                            .port = ev->port,
                            .from = exim_sender(),
                            .to = e->recipient,
                            .result = result,
                            .action = action,
                            .attempt = e->attempt,
                            .duration = clock_now() - r->started,
                            .text = ev->data};
    if (reply)
        reply_fill(&record, reply, c);
    failure_log(r, &record);
}

/* ---- a failure that Exim defers ---- */

struct note {
    struct run *run;
    const char *server;
    struct routed *one; /* NULL: all that share the server's fate */
    enum error_class class;
    const struct reply *reply;
    bool asks; /* an attempt at once is to follow */
};

static bool same_fate(const struct routed *e, const char *server)
{
    return !e->finished && e->server && strcmp(e->server->key, server) == 0;
}

static bool noted_for(const struct note *n, const struct routed *e)
{
    return n->one ? n->one == e : same_fate(e, n->server);
}

/* In this process's memory. */
static void note_one(const struct note *n, struct routed *e)
{
    struct history *h = &n->run->history;
    if (e->new_round)
        history_new_round(h, e->recipient);
    struct attempt *a = history_note(h, e->recipient, n->server, n->class,
                                     n->run->run, clock_now(), n->reply->text);
    struct question q = run_question(n->run, e);
    struct text permitted = {0};
    choice_permitted(&q, &permitted);
    history_permit(h, e->recipient, permitted.s);
    text_free(&permitted);
    e->verb = policy_decide(&n->run->settings->policy, n->class, a->failures);
    a->state = attempt_state_after(e->verb, false);
}

/* What is done about it, in the log's words. */
static const char *deferred_action(const struct note *n, const struct routed *e)
{
    struct question q = run_question(n->run, e);
    if (choice_over(&q))
        return "return";
    if (e->verb == VERB_NEXT)
        return choice_other_now(&q, n->server) ? "next" : "later";
    return verb_name(adapt_verb(n->run, e->verb));
}

static void note_take(const struct note *n)
{
    struct run *r = n->run;
    for (int i = 0; i < r->count; i++)
        if (noted_for(n, &r->routed[i]))
            note_one(n, &r->routed[i]);
}

/* Another attempt at once, where another server is left, and where it is the
 * end; else it waits. */
static void action_take(struct note *n)
{
    struct run *r = n->run;
    for (int i = 0; i < r->count; i++) {
        struct routed *e = &r->routed[i];
        if (!noted_for(n, e))
            continue;
        e->action = deferred_action(n, e);
        n->asks |=
            strcmp(e->action, "same") != 0 && strcmp(e->action, "later") != 0;
    }
}

/* Everything that is known of these recipients, and not this failure alone: a
 * second chance has brought a past of its own. */
static void note_keep(struct history *h, void *context)
{
    const struct note *n = context;
    for (int i = 0; i < n->run->count; i++)
        if (noted_for(n, &n->run->routed[i]))
            history_merge(h, &n->run->history, n->run->routed[i].recipient);
    if (n->asks)
        history_asked(h, true, clock_now());
}

/* When the database cannot be written, nothing may run the message at once: it
 * would meet the same server again, for ever. */
static bool note_save(struct note *n)
{
    struct run *r = n->run;
    char error[300];
    if (history_update(r->settings, r->id, note_keep, n, error, sizeof error) ==
        0)
        return true;
    run_complain("what was tried cannot be noted", error);
    breakers_degraded_set(r->breakers, clock_now());
    n->asks = false;
    return false;
}

static void rerun(struct run *r)
{
    struct exim exim = {r->exim, r->config, r->settings->spool};
    if (r->rerun)
        return;
    r->rerun = process_rerun(&exim, r->queue, r->id) == 0;
    if (!r->rerun)
        run_complain("no process for another attempt at once",
                     "the next queue run makes it");
}

void failure_count(struct run *r, const char *server, enum error_class c,
                   const char *text)
{
    struct slot *slot = breaker_slot(r->breakers, server, true);
    bool repeated = run_counted(r, server, c);
    if (breaker_failure(slot, r->settings, c, repeated, exim_sender(), text,
                        clock_now()))
        run_say("outrider: %s is left alone for a while (%s): %s", server,
                class_name(c), text);
}

static void failure_take(struct note *n, const struct event *ev)
{
    struct run *r = n->run;
    note_take(n);
    action_take(n);
    bool saved = note_save(n);
    failure_count(r, n->server, n->class, n->reply->text);
    for (int i = 0; i < r->count; i++) {
        const struct routed *e = &r->routed[i];
        const char *action =
            saved || e->verb == VERB_SAME ? e->action : "later";
        if (noted_for(n, e))
            failure_record(r, e, ev, "defer", n->reply, n->class, action);
    }
    if (n->asks)
        rerun(r);
    else if (saved)
        waiting_move(r);
}

void failure_recipient(struct run *r, struct routed *e, const struct event *ev,
                       const struct reply *reply)
{
    struct note n = {.run = r,
                     .server = e->server->key,
                     .one = e,
                     .class = run_classify(r, reply),
                     .reply = reply};
    failure_take(&n, ev);
}

/* Was this transaction all there is of this run? Then no bounce can come. */
static bool one_transaction(const struct run *r, const char *server)
{
    bool all = r->count <= TRANSACTION_MAX;
    for (int i = 0; i < r->count; i++)
        all = all && same_fate(&r->routed[i], server);
    return all;
}

/* Exim tells the first recipient of a transaction only; a message with more of
 * them than max_rcpt has several transactions, and each that fails speaks for
 * all (docs/log.md). */
void failure_transaction(struct run *r, const char *server,
                         const struct event *ev, const struct reply *reply)
{
    struct note n = {.run = r,
                     .server = server,
                     .class = run_classify(r, reply),
                     .reply = reply};
    failure_take(&n, ev);
    if (reply->stage < STAGE_RCPT && one_transaction(r, server))
        second_release(r);
}

void failure_unresolved(struct run *r, struct routed *e)
{
    struct event ev = {.host = e->server->key, .address = text_copy("")};
    struct reply reply;
    const struct server *server = e->server;
    char *text = text_format("host lookup failed for %s", server->host);
    reply_from_exim(&reply, text, 0);
    reply.stage = STAGE_CONNECT;
    free(text);
    struct note n = {.run = r,
                     .server = server->key,
                     .one = e,
                     .class = CLASS_CONNECT,
                     .reply = &reply};
    note_take(&n);
    if (r->live) {
        note_save(&n);
        failure_count(r, server->key, n.class, reply.text);
        failure_record(r, e, &ev, "defer", &reply, n.class, "next");
    }
    e->server = NULL;
    free(ev.address);
}

/* Exim has the whole list (our state cannot be written): only told. */
void failure_by_exim(struct run *r, const struct event *ev,
                     const struct reply *reply)
{
    enum error_class c = run_classify(r, reply);
    for (int i = 0; i < r->count; i++)
        if (!r->routed[i].finished && !r->routed[i].server &&
            !r->routed[i].adapting)
            failure_record(r, &r->routed[i], ev, "defer", reply, c, "");
}

/* ---- silence at RCPT ---- */

/* Is the recipient still to be delivered, and has no event spoken of it? */
static bool left_unsaid(const struct run *r, const struct routed *e,
                        const char *server, const struct spool_header *now,
                        const struct history *noted)
{
    const struct attempt *a = history_at(noted, e->recipient, server);
    return same_fate(e, server) && !(a && a->run == r->run) &&
           spool_header_recipient(now, e->recipient) &&
           !spool_header_done(now, e->recipient);
}

static void silence_note(struct run *r, const char *server,
                         const struct event *ev, const struct spool_header *now)
{
    struct history noted;
    struct reply reply;
    char error[300];
    reply_from_exim(&reply, ev->data, ETIMEDOUT);
    reply.stage = STAGE_RCPT;
    history_load(r->settings, r->id, &noted, error, sizeof error);
    for (int i = 0; i < r->count; i++)
        if (left_unsaid(r, &r->routed[i], server, now, &noted))
            failure_recipient(r, &r->routed[i], ev, &reply);
    history_free(&noted);
}

static void silence_look(struct run *r, const char *server,
                         const struct event *ev)
{
    struct text path = {0};
    struct spool_header now;
    if (spool_find(r->settings->spool, r->id, &path) == 1 &&
        spool_wait(path.s, r->id, -1) == 1 && run_spooled(r, &now) == 1) {
        silence_note(r, server, ev, &now);
        spool_header_free(&now);
    }
    text_free(&path);
}

void failure_silence(struct run *r, const char *server, const struct event *ev)
{
    if (process_detach() != 1)
        return;
    run_complain_never();
    silence_look(r, server, ev);
    _exit(0);
}
