/* adapt: who needs a message in another form.
 *
 *   ${dlfunc{LIB/router.so}{outrider_adapt}{SERVERS}{row=ROW}{published=ROW}}
 *   ${dlfunc{LIB/router.so}{outrider_unfit}}
 *
 * docs/configuration.md is their reference; config-examples/adapt.conf shows
 * each in its router.
 *
 * Called by: Exim. Memory: see run.h. Nothing is written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "adapt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapting.h"
#include "environments.h"
#include "need.h"

bool adapt_possible(const struct run *r)
{
    return r->settings->adapt && !mark_has(r->mark, MARK_ADAPTED);
}

enum verb adapt_verb(const struct run *r, enum verb v)
{
    return v == VERB_ADAPT && !adapt_possible(r) ? VERB_CANCEL : v;
}

/* ---- the destination's row ---- */

/* What a recipient's environment is made of, most specific first. */
struct asking {
    struct run *run;
    const char *recipient;
    struct server_list servers;
    const char *row, *published; /* of the configuration; "" for none */
    struct environment *row_out;
};

static void row_fill(struct environment *e, const char *text, enum trust trust)
{
    struct environment more = ENVIRONMENT_NONE;
    char error[300];
    if (environment_parse(&more, text, trust, error, sizeof error) == -1)
        run_complain(trust == TRUST_OURS ? "outrider_adapt: row="
                                         : "outrider_adapt: published=",
                     error);
    else
        environment_fill(e, &more);
    environment_free(&more);
}

static void table_fill(const struct asking *a, struct table *t, const char *key)
{
    struct environments_row row;
    char error[300];
    switch (environments_get(t, key, &row, error, sizeof error)) {
    case 1:
        environment_fill(a->row_out, &row.environment);
        environments_row_free(&row);
        break;
    case -1:
        run_complain("environments", error);
    }
}

/* The first server's, where no row says what the largest message is. */
static void announced_fill(const struct asking *a)
{
    struct breaker_view view;
    struct slot *slot =
        a->servers.count > 0
            ? breaker_slot(a->run->breakers, a->servers.servers[0].key, false)
            : NULL;
    if (!slot || a->row_out->said & SAID_SIZE)
        return;
    breaker_look(slot, a->run->settings, a->run->started, &view);
    if (view.size >= ENVIRONMENT_SIZE_MIN) {
        a->row_out->size = (int64_t)view.size;
        a->row_out->said |= SAID_SIZE;
    }
}

/* What others publish counts for them, and less than what we know of them; more
 * than what we know of everybody. */
static void environment_ask(const struct asking *a)
{
    char *keys[ENVIRONMENTS_KEYS], error[300] = "";
    const char *server =
        a->servers.count > 0 ? a->servers.servers[0].key : NULL;
    int count = environments_keys(a->recipient, server, keys);
    struct table *t = environments_open(a->run->settings, error, sizeof error);
    bool published = false;
    if (!t && *error)
        run_complain("environments", error);
    row_fill(a->row_out, a->row, TRUST_OURS);
    for (int i = 0; i < count; i++) {
        bool general = keys[i][0] == '*' || strncmp(keys[i], "server:", 7) == 0;
        if (general && !published)
            row_fill(a->row_out, a->published, TRUST_PUBLISHED);
        published = published || general;
        if (t)
            table_fill(a, t, keys[i]);
        free(keys[i]);
    }
    if (!published)
        row_fill(a->row_out, a->published, TRUST_PUBLISHED);
    table_close(&t);
    announced_fill(a);
}

/* ---- a server has refused it because of its size ---- */

/* The limit that a reply names, when it makes sense; else what the server has
 * announced; else half of what it refused. */
static int64_t refused_limit(const struct run *r, const struct attempt *a,
                             int64_t wire)
{
    struct breaker_view view = {0};
    int64_t said = need_limit(a->text, wire);
    struct slot *slot = breaker_slot(r->breakers, a->server, false);
    if (said > 0)
        return said;
    if (slot)
        breaker_look(slot, r->settings, r->started, &view);
    if (view.size >= ENVIRONMENT_SIZE_MIN && (int64_t)view.size < wire)
        return (int64_t)view.size;
    return wire / 2;
}

static bool refusal_fill(const struct asking *a, int64_t wire)
{
    const struct history *h = &a->run->history;
    bool refused = false;
    for (int i = 0; i < h->count; i++) {
        const struct attempt *at = &h->attempts[i];
        if (at->class != CLASS_SIZE ||
            !text_same_address(at->recipient, a->recipient))
            continue;
        int64_t limit = refused_limit(a->run, at, wire);
        if (limit < ENVIRONMENT_SIZE_MIN)
            limit = ENVIRONMENT_SIZE_MIN;
        if (a->row_out->size == ENVIRONMENT_NO_LIMIT ||
            limit < a->row_out->size)
            a->row_out->size = limit;
        a->row_out->said |= SAID_SIZE;
        refused = true;
    }
    return refused;
}

/* ---- what Exim is told ---- */

static int64_t wire_size(void)
{
    char *bytes = setup_variable("$message_size");
    char *lines = setup_variable("$message_linecount");
    int64_t wire = strtoll(bytes, NULL, 10) + strtoll(lines, NULL, 10);
    free(bytes);
    free(lines);
    return wire;
}

static int send_yield(uchar **yield, const char *how,
                      const struct environment *row)
{
    struct text t = {0};
    text_addf(&t, "%s ", how);
    environment_format(row, &t);
    int rc = exim_yield(yield, t.s);
    text_free(&t);
    return rc;
}

/* A part that waits costs nothing but this look. */
static int waiting_yield(uchar **yield, const struct run *r, const char *words,
                         const struct environment *row)
{
    char name[80];
    size_t n = strcspn(words, " ");
    snprintf(name, sizeof name, "%.*s", (int)n, words);
    if (adapting_done(r->settings, name) || r->age >= r->settings->join_time)
        return send_yield(yield, "join", row);
    return exim_fail(yield, words + n + (words[n] == ' '));
}

static void arguments_take(struct asking *a, int argc, uchar *argv[])
{
    char error[300];
    a->row = a->published = "";
    for (int i = 1; i < argc; i++) {
        const char *s = (const char *)argv[i];
        if (strncmp(s, "row=", 4) == 0)
            a->row = s + 4;
        else if (strncmp(s, "published=", 10) == 0)
            a->published = s + 10;
        else
            run_complain("outrider_adapt: neither row=... nor published=...",
                         s);
    }
    if (argc > 0 && server_list_parse(&a->servers, (const char *)argv[0], error,
                                      sizeof error) == -1)
        run_complain("outrider_adapt", error);
}

static int adapt_yield(uchar **yield, struct asking *a)
{
    struct run *r = a->run;
    struct text words = {0};
    enum adapting what;
    int64_t wire = wire_size();
    int found = adapting_find(r->settings, r->id, a->recipient, &what, &words);
    int rc = -1;
    environment_ask(a);
    bool refused = refusal_fill(a, wire);
    struct need need = {r->settings, a->row_out, r->id,
                        r->queue,    r->mark,    wire};
    if (found == 1 && what == ADAPTING_WAITS)
        rc = waiting_yield(yield, r, text_str(&words), a->row_out);
    else if (!(found == 1 && what == ADAPTING_AS_IS) && need_join(&need))
        rc = send_yield(yield, "join", a->row_out);
    else if (refused || need_send(&need))
        rc = send_yield(yield, "send", a->row_out);
    else
        rc = exim_decline(yield);
    text_free(&words);
    return rc;
}

/* "send ROW" or "join ROW" when the program adapt is to have the message for
 * this recipient; it declines otherwise. */
EXIM_FUNCTION int outrider_adapt(uchar **yield, int argc, uchar *argv[])
{
    struct run *r = run_begin();
    struct environment row = ENVIRONMENT_NONE;
    if (!*r->id || !adapt_possible(r))
        return exim_decline(yield);
    char *recipient = run_recipient();
    struct asking a = {.run = r, .recipient = recipient, .row_out = &row};
    arguments_take(&a, argc, argv);
    int rc = adapt_yield(yield, &a);
    server_list_free(&a.servers);
    environment_free(&row);
    free(recipient);
    return rc;
}

/* ":fail: ..." for a recipient whose message cannot be made to fit; it declines
 * otherwise. */
EXIM_FUNCTION int outrider_unfit(uchar **yield, int argc, uchar *argv[])
{
    (void)argc;
    (void)argv;
    struct run *r = run_begin();
    struct text words = {0}, data = {0};
    enum adapting what;
    char *recipient = run_recipient();
    int rc;
    if (r->settings->adapt &&
        adapting_find(r->settings, r->id, recipient, &what, &words) == 1 &&
        what == ADAPTING_REFUSED) {
        /* outrider_errors_to knows it then, and labels the bounce. */
        if (r->live)
            run_route(r, recipient)->returned = true;
        text_addf(&data, *exim_sender() ? ":fail: %s" : ":blackhole: %s",
                  text_str(&words));
        rc = exim_yield(yield, data.s);
    } else
        rc = exim_decline(yield);
    text_free(&words);
    text_free(&data);
    free(recipient);
    return rc;
}
