/* watch: the events of Exim's transport, and what follows from them. See
 * watch.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "process.h"
#include "second.h"
#include "spool.h"
#include "translog.h"

/* Silence that is normal while a large message is taken: it grows with the
 * size, at 64 KiB a second. */
#define SLOWEST_BYTES_PER_MS 64

struct event {
    char *name, *host, *address, *recipient, *data;
    int error, port;
    char *fields; /* what the pointers above point into */
};

/* The TCP connection of this process, if it has one. */
static struct {
    bool open, greeted;
    bool unrecorded; /* closed; why is still to come */
    char server[SERVER_KEY_MAX];
    char ip[64];
    int port;
    int64_t started;
} connection;

static int event_read(struct event *ev)
{
    char *fields[6];
    *ev = (struct event){0};
    ev->fields = exim_expand("$event_name\n$event_defer_errno\n$host\n"
                             "$host_address\n$host_port\n"
                             "${quote_local_part:$local_part}@$domain\n"
                             "$event_data",
                             NULL);
    char *rest = ev->fields;
    for (int i = 0; i < 6; i++)
        if (!rest || !(fields[i] = strsep(&rest, "\n")))
            return -1;
    ev->name = fields[0];
    ev->error = atoi(fields[1]);
    ev->host = fields[2];
    ev->address = fields[3];
    ev->port = atoi(fields[4]);
    ev->recipient = fields[5];
    ev->data = rest ? rest : ev->fields + strlen(ev->fields);
    return 0;
}

/* ---- records ---- */

static void record_write(struct run *r, struct record *record)
{
    char error[300];
    record->now = clock_now();
    record->message_id = r->id;
    if (!record->server || !*record->server)
        record->server = "-";
    if (translog_write(r->settings, record, error, sizeof error) == -1)
        run_complain("transmission log", error);
}

static void reply_record(struct record *record, const struct reply *reply,
                         enum class c)
{
    record->class = c;
    record->stage = reply->stage;
    record->code = reply->code;
    record->enhanced = reply->enhanced;
    record->text = reply->text;
}

static void connection_record(struct run *r, const char *result,
                              const struct reply *reply, enum class c)
{
    struct record record = {.kind = RECORD_CONNECTION,
                            .server = connection.server,
                            .ip = connection.ip,
                            .port = connection.port,
                            .result = result,
                            .duration = connection.started
                                            ? clock_now() - connection.started
                                            : -1};
    if (reply)
        reply_record(&record, reply, c);
    record_write(r, &record);
}

static void transmission_record(struct run *r, const struct routed *e,
                                const struct event *ev, const char *result,
                                const struct reply *reply, enum class c,
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
        reply_record(&record, reply, c);
    record_write(r, &record);
}

/* ---- a failure that Exim defers ---- */

struct note {
    const char *recipient; /* or "*" */
    const char *server;
    enum class class;
    const struct reply *reply;
    const struct run *run;
    bool new_round;
    bool decided; /* by the first history it was applied to */
    bool repeated; /* another transaction of this run has noted it */
    enum verb verb; /* out */
};

static enum attempt_state state_for(enum verb v)
{
    switch (v) {
    case VERB_NEXT:
        return ATTEMPT_DONE;
    case VERB_SAME:
        return ATTEMPT_WAITING;
    case VERB_CANCEL:
    case VERB_ADAPT:
        break;
    }
    return ATTEMPT_CANCELLED;
}

static void note_apply(struct history *h, void *context)
{
    struct note *n = context;
    if (n->new_round)
        history_new_round(h, n->recipient);
    const struct attempt *before = history_at(h, n->recipient, n->server);
    n->repeated = before && before->run == n->run->run;
    struct attempt *a =
        history_note(h, n->recipient, n->server, n->class, n->run->run,
                     clock_now(), n->reply->text);
    if (!n->decided)
        n->verb =
            policy_decide(&n->run->settings->policy, n->class, a->failures);
    n->decided = true;
    a->state = state_for(n->verb);
}

/* In this process's memory and in the database. When the database cannot be
 * written, nothing may run the message at once: it would meet the same server
 * again, for ever. */
static int note_take(struct run *r, struct note *n)
{
    char error[300];
    note_apply(&r->history, n);
    if (history_update(r->settings, r->id, note_apply, n, error,
                       sizeof error) == 0)
        return 0;
    run_complain("what was tried cannot be noted", error);
    breakers_degraded_set(r->breakers, clock_now());
    return -1;
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

static void breaker_note(struct run *r, const char *server, enum class c,
                         const char *text)
{
    struct slot *slot = breaker_slot(r->breakers, server, true);
    bool repeated = run_counted(r, server, c);
    if (breaker_failure(slot, r->settings, c, repeated, exim_sender(), text,
                        clock_now()))
        exim_log("outrider: %s is left alone for a while (%s): %s", server,
                 class_name(c), text);
}

/* What is done about it, in the log's words. */
static const char *deferred_action(struct run *r, const struct routed *e,
                                   const struct note *n, bool noted)
{
    struct question q = run_question(r, e);
    if (n->verb == VERB_NEXT)
        return noted && choice_other_now(&q, n->server) ? "next" : "later";
    return verb_name(n->verb == VERB_ADAPT ? VERB_CANCEL : n->verb);
}

/* One recipient's record of a failure that was noted; and the attempt at once
 * that follows where another server is left, or where it is the end. */
static void deferred_settle(struct run *r, const struct routed *e,
                            const struct event *ev, const struct note *n,
                            bool noted)
{
    const char *action = deferred_action(r, e, n, noted);
    transmission_record(r, e, ev, "defer", n->reply, n->class, action);
    if (noted && strcmp(action, "later") != 0 && n->verb != VERB_SAME)
        rerun(r);
}

static void deferred_one(struct run *r, struct routed *e,
                         const struct event *ev, const struct reply *reply)
{
    struct note n = {.recipient = e->recipient,
                     .server = e->server->key,
                     .class = run_classify(r, reply),
                     .reply = reply,
                     .run = r,
                     .new_round = e->new_round};
    bool noted = note_take(r, &n) == 0;
    breaker_note(r, n.server, n.class, reply->text);
    deferred_settle(r, e, ev, &n, noted);
}

static bool same_fate(const struct routed *e, const char *server)
{
    return !e->finished && e->server && strcmp(e->server->key, server) == 0;
}

/* The whole transaction: every recipient that was sent to this server and
 * that nothing else was said about. Exim tells only the first of them; a
 * message with more recipients than max_rcpt has several transactions, and
 * the first that fails speaks for all (docs/log.md). */
static void deferred_all(struct run *r, const char *server,
                         const struct event *ev, const struct reply *reply)
{
    struct note n = {.recipient = "*",
                     .server = server,
                     .class = run_classify(r, reply),
                     .reply = reply,
                     .run = r};
    for (int i = 0; i < r->count; i++)
        if (same_fate(&r->routed[i], server))
            n.new_round = n.new_round || r->routed[i].new_round;
    bool noted = note_take(r, &n) == 0;
    breaker_note(r, server, n.class, reply->text);
    for (int i = 0; i < r->count && !n.repeated; i++)
        if (same_fate(&r->routed[i], server))
            deferred_settle(r, &r->routed[i], ev, &n, noted);
    if (reply->stage < STAGE_RCPT)
        second_release(r);
}

void watch_unresolved(struct run *r, struct routed *e)
{
    struct event ev = {.host = e->server->key, .address = text_copy("")};
    struct reply reply;
    const struct server *server = e->server;
    char *text = text_format("host lookup failed for %s", server->host);
    reply_from_exim(&reply, text, 0);
    reply.stage = STAGE_CONNECT;
    free(text);
    struct note n = {.recipient = e->recipient,
                     .server = server->key,
                     .class = CLASS_CONNECT,
                     .reply = &reply,
                     .run = r,
                     .new_round = e->new_round};
    if (!r->live)
        note_apply(&r->history, &n);
    if (r->live) {
        note_take(r, &n);
        breaker_note(r, server->key, n.class, reply.text);
        transmission_record(r, e, &ev, "defer", &reply, n.class, "next");
    }
    e->server = NULL;
    free(ev.address);
}

/* ---- events, one function each ---- */

static void on_connect(struct run *r, const struct event *ev)
{
    const struct server *s =
        run_server(r, ev->host, ev->address, ev->port);
    char *size = exim_expand("$message_size", NULL);
    int64_t patience = r->settings->hang_dialogue * 1000L +
                       atol(size ? size : "") / SLOWEST_BYTES_PER_MS;
    free(size);
    memset(&connection, 0, sizeof connection);
    connection.open = true;
    connection.started = clock_now();
    connection.port = ev->port;
    snprintf(connection.ip, sizeof connection.ip, "%s", ev->address);
    if (s)
        snprintf(connection.server, sizeof connection.server, "%s", s->key);
    else
        snprintf(connection.server, sizeof connection.server, "%.90s:%d",
                 ev->host, ev->port);
    breaker_connect(breaker_slot(r->breakers, connection.server, true),
                    getpid(), connection.started, patience);
}

static void on_greeting(struct run *r, const struct event *ev)
{
    (void)ev;
    connection.greeted = true;
    breaker_answer(breaker_slot(r->breakers, connection.server, false),
                   getpid(), PHASE_BANNER, clock_now());
}

/* "250-SIZE 52428800" (RFC 1870 3). */
static uint64_t size_announced(const char *ehlo)
{
    for (const char *line = ehlo; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strlen(line) > 9 && strncasecmp(line + 4, "SIZE ", 5) == 0)
            return strtoull(line + 9, NULL, 10);
    }
    return 0;
}

static void on_ehlo(struct run *r, const struct event *ev)
{
    struct slot *slot = breaker_slot(r->breakers, connection.server, false);
    breaker_answer(slot, getpid(), PHASE_DIALOGUE, clock_now());
    breaker_announce(slot, size_announced(ev->data));
}

static void connection_close(struct run *r)
{
    breaker_end(breaker_slot(r->breakers, connection.server, false),
                getpid());
    connection.unrecorded = connection.open;
    connection.open = false;
}

static void on_close(struct run *r, const struct event *ev)
{
    (void)ev;
    connection_close(r);
    if (connection.unrecorded && connection.greeted) {
        connection_record(r, "ok", NULL, CLASS_NONE);
        connection.unrecorded = false;
    }
}

static void transaction_reply(const struct event *ev, struct reply *reply)
{
    reply_from_exim(reply, ev->data, ev->error);
    if (reply->stage == STAGE_UNKNOWN && !connection.greeted)
        reply->stage = STAGE_CONNECT;
}

/* Raised for each host (address) that failed; the last of them raises
 * msg:defer too. */
static void on_host_defer(struct run *r, const struct event *ev)
{
    struct reply reply;
    if (connection.open)
        connection_close(r);
    if (!connection.unrecorded)
        return;
    transaction_reply(ev, &reply);
    connection_record(r, "fail", &reply, run_classify(r, &reply));
    connection.unrecorded = false;
}

/* Exim has the whole list (our state cannot be written): only told. */
static void deferred_by_exim(struct run *r, const struct event *ev,
                             const struct reply *reply)
{
    enum class c = run_classify(r, reply);
    for (int i = 0; i < r->count; i++)
        if (!r->routed[i].finished && !r->routed[i].server)
            transmission_record(r, &r->routed[i], ev, "defer", reply, c, "");
}

/* Exim defers a 5xx in the banner or at EHLO while its list has another host,
 * and then fails the addresses: on_failure() has the last word. */
static bool failed_for_good(const struct reply *reply)
{
    return reply->code / 100 == 5 &&
           (reply->stage == STAGE_GREETING || reply->stage == STAGE_EHLO);
}

static void on_defer(struct run *r, const struct event *ev)
{
    struct reply reply;
    const struct server *s =
        run_server(r, ev->host, ev->address, ev->port);
    transaction_reply(ev, &reply);
    if (failed_for_good(&reply))
        return;
    if (s)
        deferred_all(r, s->key, ev, &reply);
    else
        deferred_by_exim(r, ev, &reply);
}

static void on_rcpt_defer(struct run *r, const struct event *ev)
{
    struct reply reply;
    struct routed *e = run_find(r, ev->recipient);
    if (!e)
        return;
    reply_from_exim(&reply, ev->data, 0);
    if (e->server)
        deferred_one(r, e, ev, &reply);
    else
        transmission_record(r, e, ev, "defer", &reply,
                            run_classify(r, &reply), "");
    e->finished = true; /* in this child: what follows is not about it */
}

static void recipient_finish(struct run *r, struct routed *e)
{
    char error[300];
    e->finished = true;
    for (int i = 0; i < r->count; i++)
        if (!r->routed[i].finished)
            return;
    if (r->bounced)
        return; /* the second chance needs both */
    if (r->remembered)
        history_delete(r->settings, r->id, error, sizeof error);
    second_release(r);
}

static void on_delivery(struct run *r, const struct event *ev)
{
    struct routed *e = run_find(r, ev->recipient);
    if (!e)
        return;
    if (e->server)
        breaker_success(breaker_slot(r->breakers, e->server->key, true),
                        clock_now());
    transmission_record(r, e, ev, "ok", NULL, CLASS_NONE, "");
    recipient_finish(r, e);
}

/* What the policy says of a 5xx that is about to end in a bounce. */
static enum verb failed_verb(struct run *r, const struct routed *e,
                             enum class c)
{
    const struct attempt *a =
        e->server ? history_at(&r->history, e->recipient, e->server->key)
                  : NULL;
    enum verb v = policy_decide(&r->settings->policy, c,
                                1 + (a ? a->failures : 0));
    return v == VERB_ADAPT || !second_possible(r, e) ? VERB_CANCEL : v;
}

static void on_failure(struct run *r, const struct event *ev)
{
    struct reply reply;
    struct routed *e = run_find(r, ev->recipient);
    if (!e || e->finished)
        return;
    int flags = exim_recipient_flags(e->recipient);
    if (spool_no_event(flags) && second_possible(r, e)) {
        /* The second chance classifies and logs it. */
        second_without_bounce(r, e, ev->data);
        recipient_finish(r, e);
        return;
    }
    reply_from_exim(&reply, ev->data, 0);
    enum class c = run_classify(r, &reply);
    enum verb v = failed_verb(r, e, c);
    if (e->server)
        breaker_note(r, e->server->key, c, reply.text);
    transmission_record(r, e, ev, "fail", &reply, c, verb_name(v));
    r->bounced = r->bounced || second_possible(r, e);
    if (v != VERB_CANCEL)
        second_keep(r);
    recipient_finish(r, e);
}

static const struct {
    const char *name;
    void (*handle)(struct run *r, const struct event *ev);
} events[] = {
    {"tcp:connect", on_connect},       {"smtp:connect", on_greeting},
    {"smtp:ehlo", on_ehlo},            {"tcp:close", on_close},
    {"msg:host:defer", on_host_defer}, {"msg:defer", on_defer},
    {"msg:rcpt:defer", on_rcpt_defer}, {"msg:delivery", on_delivery},
    {"msg:fail:delivery", on_failure},
};

/* Callouts raise events too, in processes that have routed nothing, or for no
 * message: nothing of theirs is noted. */
static void event_handle(const struct event *ev)
{
    struct run *r = run_current();
    if (!r || !r->live || strcmp(r->id, exim_message_id()) != 0)
        return;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcmp(events[i].name, ev->name) == 0)
            events[i].handle(r, ev);
}

EXIM_FUNCTION int outrider_event(uchar **yield, int argc, uchar *argv[])
{
    struct event ev;
    (void)argc;
    (void)argv;
    if (event_read(&ev) == 0)
        event_handle(&ev);
    free(ev.fields);
    return exim_yield(yield, "");
}
