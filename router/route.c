/* route: the ${dlfunc} functions that routers call.
 *
 *   ${dlfunc{LIB/router.so}{outrider_route}{SERVERS}{next=YESNO}{level=N}}
 *   ${dlfunc{LIB/router.so}{outrider_unresolved}}
 *   ${dlfunc{LIB/router.so}{outrider_errors_to}}
 *   ${dlfunc{LIB/router.so}{outrider_cancelled}{returned=TEXT}{tried=TEXT}}
 *   ${dlfunc{LIB/router.so}{outrider_warn}}
 *
 * docs/configuration.md is their reference; config-examples/smarthosts.conf
 * shows each in its router.
 *
 * Called by: Exim. Memory: see run.h. Nothing is written for `exim -bt`, -bv
 * and callouts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "route.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapt.h"
#include "exim.h"
#include "failure.h"
#include "run.h"
#include "second.h"
#include "story.h"
#include "waiting.h"

/* Nothing but a clear yes lets mail go where it may not. */
static bool yes_parse(const char *value)
{
    static const char *const yes[] = {"yes", "true", "1"};
    static const char *const no[] = {"no", "false", "0", ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (text_same(value, yes[i]))
            return true;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (text_same(value, no[i]))
            return false;
    run_complain("outrider_route: next= takes yes or no, taken as no", value);
    return false;
}

static int level_parse(const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);
    if (*end || n < 0 || n > 1000000) {
        run_complain("outrider_route: level= takes a number from 0 to 1000000,"
                     " taken as 0",
                     value);
        return 0;
    }
    return (int)n;
}

/* "name=value", wherever it stands. */
static const char *argument(int argc, uchar *argv[], const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < argc; i++) {
        const char *a = (const char *)argv[i];
        if (strncmp(a, name, n) == 0 && a[n] == '=')
            return a + n + 1;
    }
    return NULL;
}

static int arguments_parse(struct routed *e, int argc, uchar *argv[],
                           char *error, size_t size)
{
    if (argc < 1)
        return text_error(error, size,
                          "outrider_route wants the server list as its first "
                          "argument");
    for (int i = 1; i < argc; i++)
        if (strncmp((const char *)argv[i], "next=", 5) != 0 &&
            strncmp((const char *)argv[i], "level=", 6) != 0)
            return text_error(error, size,
                              "outrider_route: \"%s\" is neither next=... nor "
                              "level=...",
                              argv[i]);
    const char *next = argument(argc, argv, "next");
    const char *level = argument(argc, argv, "level");
    e->may_next = next ? yes_parse(next) : true;
    e->level = level ? level_parse(level) : 0;
    return server_list_parse(&e->servers, (const char *)argv[0], error, size);
}

/* State cannot be written: Exim gets the whole list and does what it does
 * without us. */
static int yield_whole_list(uchar **yield, const struct routed *e)
{
    struct text list = {0};
    text_add(&list, "<;");
    for (int i = 0, n = 0; i < e->servers.count; i++) {
        const struct server *s = &e->servers.servers[i];
        if (s->level > e->level || (n > 0 && !e->may_next))
            continue;
        text_addf(&list, "%s%s", n++ ? ";" : "", s->key);
    }
    int rc = exim_yield(yield, list.s);
    text_free(&list);
    return rc;
}

static int yield_server(uchar **yield, const struct server *s)
{
    char *list = server_route(s);
    int rc = exim_yield(yield, list);
    free(list);
    return rc;
}

static void choice_take(struct run *r, struct routed *e,
                        const struct choice *answer)
{
    e->server = answer->server;
    e->new_round = answer->new_round;
    if (answer->probe)
        snprintf(r->probing, sizeof r->probing, "%s", e->server->key);
    e->attempt = 1 + history_failures(&r->history, e->recipient);
    exim_debug("%s: %s%s, attempt %d", e->recipient, e->server->key,
               answer->probe ? " (probe)" : "", e->attempt);
}

static int choice_yield(uchar **yield, struct run *r, struct routed *e)
{
    struct question q = run_question(r, e);
    struct choice answer;
    choice_make(&q, &answer);
    switch (answer.kind) {
    case CHOICE_SERVER:
        choice_take(r, e, &answer);
        return yield_server(yield, answer.server);
    case CHOICE_CANCEL:
        e->returned = answer.returned;
        return exim_decline(yield);
    case CHOICE_NONE:
        waiting_note(r, e);
        waiting_move(r);
        break;
    case CHOICE_WRONG:
        break;
    }
    return exim_fail(yield, answer.reason);
}

EXIM_FUNCTION int outrider_route(uchar **yield, int argc, uchar *argv[])
{
    struct run *r = run_begin();
    char error[400];
    char *recipient = run_recipient();
    struct routed *e = run_route(r, recipient);
    free(recipient);
    second_tidy(r);
    if (arguments_parse(e, argc, argv, error, sizeof error) == -1)
        return exim_fail(yield, error);
    if (r->live && !e->over && breakers_degraded(r->breakers, r->started))
        return yield_whole_list(yield, e);
    return choice_yield(yield, r, e);
}

static bool resolves(const struct server *s)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(s->host, NULL, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

/* Exim found no address for the server that outrider_route gave. */
EXIM_FUNCTION int outrider_unresolved(uchar **yield, int argc, uchar *argv[])
{
    (void)argc;
    (void)argv;
    struct run *r = run_current();
    char *recipient = run_recipient();
    struct routed *e = r ? run_find(r, recipient) : NULL;
    free(recipient);
    if (!e || !e->server)
        return exim_decline(yield);
    for (int tries = 0; tries < e->servers.count; tries++) {
        failure_unresolved(r, e);
        int rc = choice_yield(yield, r, e);
        if (!e->server || resolves(e->server))
            return rc;
    }
    return exim_fail(yield, "no smarthost of the list has an address in DNS");
}

/* Where Exim's bounce for this recipient goes while another server is left
 * that has not refused it; forced failure (the sender, as always) when none
 * is. With "bounces=all" every bounce goes there and is passed on, which
 * labels a template in UTF-8 as what it is. */
EXIM_FUNCTION int outrider_errors_to(uchar **yield, int argc, uchar *argv[])
{
    struct run *r = run_current();
    char *recipient = run_recipient();
    struct routed *e = r ? run_find(r, recipient) : NULL;
    const char *bounces = argument(argc, argv, "bounces");
    bool all = bounces && strcmp(bounces, "all") == 0;
    char *address = e ? second_address(r, e, all) : NULL;
    int rc = address ? exim_yield(yield, address) : exim_decline(yield);
    free(recipient);
    free(address);
    return rc;
}

/* The words of the configuration, "returned=..." and "tried=...". */
static struct story_words words_of(int argc, uchar *argv[])
{
    return (struct story_words){argument(argc, argv, "returned"),
                                argument(argc, argv, "tried")};
}

/* Exim would freeze a bounce that it cannot return; there is nobody to tell. */
static void returned_text(const struct run *r, const struct routed *e,
                          const struct story_words *words, struct text *out)
{
    struct text story = {0};
    story_tell(&r->history, e->recipient, run_age(r, e->recipient), words,
               &story);
    if (*exim_sender())
        text_addf(out, ":fail: %s", story.s);
    else
        text_add(out, ":blackhole:");
    if (!*exim_sender() && r->live)
        run_say("outrider: %s is given up, and there is no sender to tell: %s",
                e->recipient, story.s);
    text_free(&story);
}

static char *cancelled_text(const struct run *r, const struct routed *e,
                            const struct story_words *words)
{
    struct text out = {0};
    const struct attempt *last = history_final(&r->history, e->recipient);
    if (!last)
        last = history_last(&r->history, e->recipient);
    bool by_hand = last && strcmp(last->server, HISTORY_BY_HAND) == 0;
    if (e->returned || by_hand)
        returned_text(r, e, words, &out);
    else if (last && e->servers.count > 0 && !e->server)
        text_addf(&out, ":fail: host %s: %s", last->server, last->text);
    else
        text_add(&out, ":defer: no smarthost was chosen");
    return out.s;
}

/* ":fail: ..." when the recipient was given up after a temporary error whose
 * class says cancel, when every server has refused, or when its limit is
 * reached; else ":defer: ...", for this is the last router. */
EXIM_FUNCTION int outrider_cancelled(uchar **yield, int argc, uchar *argv[])
{
    struct run *r = run_current();
    char *recipient = run_recipient();
    struct routed *e = r ? run_find(r, recipient) : NULL;
    struct story_words words = words_of(argc, argv);
    free(recipient);
    if (!e)
        return exim_yield(yield,
                          ":defer: no smarthost was chosen: the server list "
                          "of outrider_route, or its next= or level=, was "
                          "forced to fail (a lookup with {...}fail}?)");
    char *text = cancelled_text(r, e, &words);
    if (r->live && strncmp(text, ":fail:", 6) == 0)
        adapt_failed(r, e->recipient);
    int rc = exim_yield(yield, text);
    free(text);
    return rc;
}

/* For Exim's delay_warning_condition: "yes" when a recipient that waits has
 * reached the time of the setting warn-after. */
EXIM_FUNCTION int outrider_warn(uchar **yield, int argc, uchar *argv[])
{
    (void)argc;
    (void)argv;
    struct run *r = run_delivery();
    return exim_yield(yield, r && waiting_warns(r) ? "yes" : "no");
}
