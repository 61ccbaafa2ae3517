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

#include "adapt.h"
#include "failure.h"
#include "file.h"
#include "learning.h"
#include "relocate.h"
#include "second.h"
#include "spool.h"
#include "translog.h"

/* Silence that is normal while a large message is taken: it grows with the
 * size, at 64 KiB a second. */
#define SLOWEST_BYTES_PER_MS 64

/* The TCP connection of this process, if it has one. */
static struct {
    bool open, greeted;
    bool unrecorded; /* closed; why is still to come */
    char server[SERVER_KEY_MAX];
    char ip[64];
    int port;
    int64_t started, answered; /* answered: EHLO */
} connection;

/* The transport's, in seconds; 0: not told. */
static int command_timeout;

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

static void connection_record(struct run *r, const char *result,
                              const struct reply *reply, enum error_class c)
{
    struct record record = {
        .kind = RECORD_CONNECTION,
        .server = connection.server,
        .ip = connection.ip,
        .port = connection.port,
        .result = result,
        .duration = connection.started ? clock_now() - connection.started : -1};
    if (reply) {
        record.class = c;
        record.stage = reply->stage;
        record.code = reply->code;
        record.enhanced = reply->enhanced;
        record.text = reply->text;
    }
    failure_log(r, &record);
}

/* ---- events, one function each ---- */

static void on_connect(struct run *r, const struct event *ev)
{
    const struct server *s = run_server(r, ev->host, ev->address, ev->port);
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
    connection.answered = clock_now();
    breaker_answer(slot, getpid(), PHASE_DIALOGUE, connection.answered);
    breaker_announce(slot, size_announced(ev->data));
}

static void connection_close(struct run *r)
{
    breaker_end(breaker_slot(r->breakers, connection.server, false), getpid());
    connection.unrecorded = connection.open;
    connection.open = false;
}

/* The transport's command_timeout, as event_action tells it; a little less,
 * since the clocks of two processes are not one. */
static int64_t patience_of_exim(const struct run *r)
{
    int seconds =
        command_timeout ? command_timeout : r->settings->hang_dialogue;
    return seconds * 1000L - 100;
}

static void on_silence(struct run *r)
{
    char text[] = "SMTP timeout after RCPT TO";
    struct event ev = {.host = connection.server,
                       .address = connection.ip,
                       .data = text,
                       .port = connection.port};
    failure_silence(r, connection.server, &ev);
}

static void on_close(struct run *r, const struct event *ev)
{
    (void)ev;
    connection_close(r);
    if (connection.unrecorded && connection.greeted) {
        connection_record(r, "ok", NULL, CLASS_NONE);
        connection.unrecorded = false;
    }
    if (connection.answered &&
        clock_now() - connection.answered >= patience_of_exim(r))
        on_silence(r);
    connection.answered = 0;
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
    const struct server *s = run_server(r, ev->host, ev->address, ev->port);
    transaction_reply(ev, &reply);
    if (failed_for_good(&reply))
        return;
    if (s)
        failure_transaction(r, s->key, ev, &reply);
    else
        failure_by_exim(r, ev, &reply);
}

static void on_rcpt_defer(struct run *r, const struct event *ev)
{
    struct reply reply;
    struct routed *e = run_find(r, ev->recipient);
    if (!e)
        return;
    reply_from_exim(&reply, ev->data, 0);
    if (e->server)
        failure_recipient(r, e, ev, &reply);
    else
        failure_record(r, e, ev, "defer", &reply, run_classify(r, &reply), "");
    e->finished = true; /* in this child: what follows is not about it */
}

static void recipient_finish(struct run *r, struct routed *e)
{
    char error[300];
    e->finished = true;
    for (int i = 0; i < r->count; i++)
        if (!r->routed[i].finished && !r->routed[i].adapting)
            return;
    if (r->bounced)
        return; /* the second chance needs both */
    if (r->remembered && !r->noticed)
        history_delete(r->settings, r->id, error, sizeof error);
    second_release(r);
}

/* A server accepts a message with a 2xx after its data, and that is what this
 * event brings. From 4.98 on Exim also takes a connection that the server
 * closed in the data for a delivery, and forgets the message: then there are
 * no such words. */
static bool confirmed(const struct event *ev)
{
    return !exim_forgets_dropped() || ev->data[0] == '2';
}

/* What the policy says of one more failure at its server. */
static enum verb verb_after(const struct run *r, const struct routed *e,
                            enum error_class c)
{
    const struct attempt *a =
        e->server ? history_at(&r->history, e->recipient, e->server->key)
                  : NULL;
    enum verb v =
        policy_decide(&r->settings->policy, c, 1 + (a ? a->failures : 0));
    return adapt_verb(r, v);
}

static void on_false_delivery(struct run *r, struct routed *e,
                              const struct event *ev)
{
    static const char words[] =
        "Remote host closed connection in response to sending data block";
    struct reply reply;
    reply_from_exim(&reply, words, 0);
    enum error_class c = run_classify(r, &reply);
    failure_count(r, e->server->key, c, reply.text);
    failure_record(r, e, ev, "fail", &reply, c, verb_name(verb_after(r, e, c)));
    exim_log("outrider: %s did not confirm the message for %s, which Exim "
             "takes for delivered: %s",
             e->server->key, e->recipient,
             second_without_bounce(r, e, words)
                 ? "it is tried again"
                 : "IT IS LOST, for it could not be kept");
    recipient_finish(r, e);
}

static void on_delivery(struct run *r, const struct event *ev)
{
    struct routed *e = run_find(r, ev->recipient);
    if (!e || !e->server || confirmed(ev))
        relocate_delivered(r, ev->recipient);
    if (!e)
        return;
    if (e->server && !confirmed(ev)) {
        on_false_delivery(r, e, ev);
        return;
    }
    if (e->server)
        breaker_success(breaker_slot(r->breakers, e->server->key, true),
                        clock_now());
    failure_record(r, e, ev, "ok", NULL, CLASS_NONE, "");
    recipient_finish(r, e);
}

static void on_failure(struct run *r, const struct event *ev)
{
    struct reply reply;
    struct routed *e = run_find(r, ev->recipient);
    if (!e || e->finished)
        return;
    reply_from_exim(&reply, ev->data, 0);
    learning_take(r, e, &reply);
    int flags = exim_recipient_flags(e->recipient);
    if (spool_no_event(flags) && second_possible(r, e) &&
        second_without_bounce(r, e, ev->data)) {
        /* The second chance classifies and logs it. */
        recipient_finish(r, e);
        return;
    }
    enum error_class c = run_classify(r, &reply);
    enum verb v = second_possible(r, e) ? verb_after(r, e, c) : VERB_CANCEL;
    if (e->server)
        failure_count(r, e->server->key, c, reply.text);
    failure_record(r, e, ev, "fail", &reply, c, verb_name(v));
    r->bounced = r->bounced || second_possible(r, e);
    if (v != VERB_CANCEL)
        second_keep(r, e);
    else
        adapt_failed(r, e->recipient);
    recipient_finish(r, e);
}

static const struct {
    const char *name;
    void (*handle)(struct run *r, const struct event *ev);
} events[] = {
    {"tcp:connect", on_connect},
    {"smtp:connect", on_greeting},
    {"smtp:ehlo", on_ehlo},
    {"tcp:close", on_close},
    {"msg:host:defer", on_host_defer},
    {"msg:defer", on_defer},
    {"msg:rcpt:defer", on_rcpt_defer},
    {"msg:delivery", on_delivery},
    {"msg:fail:delivery", on_failure},
};

/* Callouts raise events too, in processes that have routed nothing, or for no
 * message: nothing of theirs is noted. */
static void event_handle(const struct event *ev)
{
    struct run *r = run_delivery();
    if (!r || strcmp(r->id, exim_message_id()) != 0)
        return;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcmp(events[i].name, ev->name) == 0)
            events[i].handle(r, ev);
}

static void arguments_read(int argc, uchar *argv[])
{
    static const char name[] = "command_timeout=";
    for (int i = 0; i < argc; i++) {
        const char *a = (const char *)argv[i];
        if (strncmp(a, name, strlen(name)) != 0 ||
            duration_parse(a + strlen(name), &command_timeout) != 1)
            run_complain("outrider_event takes command_timeout=TIME only", a);
    }
}

EXIM_FUNCTION int outrider_event(uchar **yield, int argc, uchar *argv[])
{
    struct event ev;
    arguments_read(argc, argv);
    if (event_read(&ev) == 0)
        event_handle(&ev);
    free(ev.fields);
    return exim_yield(yield, "");
}
