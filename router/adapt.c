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
#include "destination.h"
#include "need.h"
#include "silence.h"

/* What the program adapt has found out for this recipient, if anything. It is
 * asked for by one router and then by the next. */
static bool noted(const struct run *r, const char *recipient,
                  enum adapting *what, struct text *words)
{
    static struct text of, found_words;
    static bool found;
    static enum adapting found_what;
    char *key = text_format("%s %s", r->id, recipient);
    if (strcmp(text_str(&of), key) != 0) {
        text_cut(&of, 0);
        text_cut(&found_words, 0);
        text_add(&of, key);
        found = adapting_find(r->settings, r->id, recipient, &found_what,
                              &found_words) == 1;
    }
    free(key);
    *what = found_what;
    if (found)
        text_add(words, text_str(&found_words));
    return found;
}

bool adapt_possible(const struct run *r)
{
    return r->settings->adapt && !mark_has(r->mark, MARK_ADAPTED);
}

enum verb adapt_verb(const struct run *r, enum verb v)
{
    return v == VERB_ADAPT && !adapt_possible(r) ? VERB_CANCEL : v;
}

/* ---- one of several ---- */

bool adapt_first(const struct run *r)
{
    struct text name = {0};
    int number = mark_part_read(r->mark, &name);
    text_free(&name);
    return number < 2;
}

void adapt_failed(const struct run *r, const char *recipient)
{
    struct text name = {0};
    char error[400];
    if (mark_part_read(r->mark, &name) > 0 &&
        adapting_tell(r->settings, name.s, recipient, r->id, error,
                      sizeof error) == -1)
        run_complain("each part of a message is returned for itself", error);
    text_free(&name);
}

/* 1: another part has failed for this recipient, and its sender knows. */
static int told_by_other(const struct run *r, const char *recipient)
{
    struct text name = {0}, by = {0};
    int told = mark_part_read(r->mark, &name) > 0 &&
               adapting_told(r->settings, name.s, recipient, &by) == 1 &&
               strcmp(by.s, r->id) != 0;
    if (told && r->live)
        run_say("outrider: %s is not sent this part: another one has failed "
                "(%s), and the sender is told of that",
                recipient, by.s);
    text_free(&name);
    text_free(&by);
    return told;
}

/* Once for all of its recipients. */
static void silence(struct run *r)
{
    const struct exim exim = {r->exim, r->config, r->settings->spool};
    if (r->live && !r->silencing)
        silence_start(&exim, r->settings, r->queue, r->id);
    r->silencing = true;
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

/* Its sender is warned like others' when it stays (warn-after). */
static void stays(struct run *r, const char *recipient)
{
    if (r->live)
        run_route(r, recipient)->adapting = true;
}

static int send_yield(uchar **yield, struct run *r, const char *recipient,
                      const char *how, const struct environment *row)
{
    struct text t = {0};
    stays(r, recipient);
    text_addf(&t, "%s ", how);
    environment_format(row, &t);
    int rc = exim_yield(yield, t.s);
    text_free(&t);
    return rc;
}

/* What it waited for is on the queue: the part itself has only to end. */
static bool joined_already(const struct run *r, const char *words)
{
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(words, " "), words);
    return adapting_done(r->settings, name);
}

/* A part that waits costs nothing but this look. */
static int waiting_yield(uchar **yield, struct run *r, const char *recipient,
                         const char *words, const struct environment *row)
{
    size_t n = strcspn(words, " ");
    if (joined_already(r, words) || !adapting_waits(r->settings, words) ||
        r->age >= r->settings->join_time)
        return send_yield(yield, r, recipient, "join", row);
    stays(r, recipient);
    return exim_fail(yield, words + n + (words[n] == ' '));
}

static void arguments_take(struct destination *d, int argc, uchar *argv[])
{
    d->row = d->published = "";
    for (int i = 1; i < argc; i++) {
        const char *s = (const char *)argv[i];
        if (strncmp(s, "row=", 4) == 0)
            d->row = s + 4;
        else if (strncmp(s, "published=", 10) == 0)
            d->published = s + 10;
        else
            run_complain("outrider_adapt: neither row=... nor published=...",
                         s);
    }
}

static int adapt_yield(uchar **yield, const struct destination *d,
                       const struct environment *row, bool refused)
{
    struct run *r = d->run;
    struct text words = {0};
    enum adapting what;
    int rc = -1;
    bool found = noted(r, d->recipient, &what, &words);
    struct need need = {r->settings, row, r->id, r->queue, r->mark, d->wire};
    bool looked = mark_has(r->mark, MARK_LOOKED);
    if (looked || mark_has(r->mark, MARK_ADAPTED))
        rc = need_seal(&need) || (looked && refused)
                 ? send_yield(yield, r, d->recipient, "send", row)
                 : exim_decline(yield);
    else if (found && what == ADAPTING_WAITS &&
             (need_join(&need) || joined_already(r, text_str(&words))))
        rc = waiting_yield(yield, r, d->recipient, text_str(&words), row);
    else if (!(found && what == ADAPTING_AS_IS) && need_join(&need))
        rc = send_yield(yield, r, d->recipient, "join", row);
    else if (refused || need_send(&need))
        rc = send_yield(yield, r, d->recipient, "send", row);
    else
        rc = exim_decline(yield);
    text_free(&words);
    return rc;
}

static int destination_yield(uchar **yield, struct destination *d,
                             const char *servers)
{
    struct environment row = ENVIRONMENT_NONE;
    char error[400];
    bool refused;
    int rc;
    if (server_list_parse(&d->servers, servers, error, sizeof error) == -1)
        run_complain("outrider_adapt", error);
    if (destination_ask(d, &row, &refused, error, sizeof error) == -1) {
        run_complain("it waits", error);
        stays(d->run, d->recipient);
        rc = exim_fail(yield, error);
    } else
        rc = adapt_yield(yield, d, &row, refused);
    server_list_free(&d->servers);
    environment_free(&row);
    return rc;
}

/* What adapt fails to do again and again is returned in time (return-after), by
 * the router that sends. Parts have a time of their own, join-time. */
static bool waited_enough(struct run *r, char *recipient)
{
    struct routed e = {.recipient = recipient};
    struct question q = run_question(r, &e);
    struct text words = {0};
    enum adapting what;
    bool waits = noted(r, recipient, &what, &words) && what == ADAPTING_WAITS;
    text_free(&words);
    return !waits && choice_over(&q);
}

/* The settings say nothing, not even that adapt is off: a lookup in them fails,
 * or they are not there. Mail may have to be encrypted, so it waits. */
static int settings_yield(uchar **yield, struct run *r)
{
    static const char words[] = "the settings cannot be read: ACL outrider";
    char *recipient = run_recipient();
    stays(r, recipient);
    free(recipient);
    run_complain("it waits", words);
    return exim_fail(yield, words);
}

/* "send ROW" or "join ROW" when the program adapt is to have the message for
 * this recipient; it declines otherwise. */
EXIM_FUNCTION int outrider_adapt(uchar **yield, int argc, uchar *argv[])
{
    struct run *r = run_begin();
    if (!*r->id)
        return exim_decline(yield);
    if (r->settings->unread)
        return settings_yield(yield, r);
    if (!r->settings->adapt)
        return exim_decline(yield);
    char *recipient = run_recipient();
    struct destination d = {
        .run = r, .recipient = recipient, .wire = wire_size()};
    int rc;
    arguments_take(&d, argc, argv);
    if (adapting_committed(r->settings, r->id, recipient))
        rc = send_yield(yield, r, recipient, "send", &ENVIRONMENT_NONE);
    else if (waited_enough(r, recipient)) {
        run_route(r, recipient)->over = true;
        rc = exim_decline(yield);
    } else
        rc =
            destination_yield(yield, &d, argc > 0 ? (const char *)argv[0] : "");
    free(recipient);
    return rc;
}

/* The other part has failed; Exim would say of this one that it was delivered,
 * where its sender asks for that. */
static void told_note(struct run *r, const char *recipient)
{
    char error[300];
    if (r->live && adapting_note(r->settings, r->id, recipient, ADAPTING_DONE,
                                 "", error, sizeof error) == -1)
        run_complain("it waits", error);
}

/* ":fail: ..." for a recipient whose message cannot be made to fit;
 * ":blackhole:" for one who has it in another form already; it declines
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
    bool found = *r->id && noted(r, recipient, &what, &words);
    bool done = found && what == ADAPTING_DONE;
    bool told = !done && told_by_other(r, recipient);
    if ((done || told) &&
        exim_recipient_flags(recipient) & SPOOL_NOTIFY_SUCCESS) {
        if (told)
            told_note(r, recipient);
        silence(r);
        rc = exim_yield(yield, ":defer: its sender has been told, or will be");
    } else if (done || told) {
        rc = exim_yield(yield, ":blackhole:");
    } else if (found && what == ADAPTING_REFUSED) {
        /* outrider_errors_to knows it then, and labels the bounce. Where there
         * is nobody to tell Exim freezes the message. */
        if (r->live && *exim_sender())
            run_route(r, recipient)->returned = true;
        if (r->live)
            adapt_failed(r, recipient);
        text_addf(&data, ":fail: %s", text_str(&words));
        rc = exim_yield(yield, data.s);
    } else
        rc = exim_decline(yield);
    text_free(&words);
    text_free(&data);
    free(recipient);
    return rc;
}
