/* assembly: the whole message put on the queue. See assembly.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "assembly.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "adapting.h"
#include "field.h"
#include "file.h"
#include "hint.h"
#include "mark.h"
#include "partial.h"
#include "plan.h"
#include "whole.h"

/* 1; 0 they make no whole; -1; PART_GONE: this one is not waiting any more. */
#define PART_GONE 2

static int part_add(struct join *w, struct whole *whole, const char *id)
{
    struct spool_header h;
    struct text directory = {0};
    struct message m = {0};
    int rc = spool_message_read(w->o->settings->spool, id, &h, &directory,
                                w->error, sizeof w->error);
    if (rc == 0 || (rc == 1 && spool_header_done(&h, w->recipient)))
        rc = PART_GONE;
    if (rc == 1)
        rc = order_message(&h, directory.s, &m, w->error, sizeof w->error) == 0
                 ? whole_add(whole, &m, w->error, sizeof w->error)
                 : -1;
    message_free(&m);
    spool_header_free(&h);
    text_free(&directory);
    return rc;
}

/* First the whole; then the parts end: they find the work done. */
static void all_run(struct join *w, const char *whole)
{
    struct text ids = {0};
    text_addf(&ids, "%s\n", whole);
    for (int i = 1; i <= w->parts.total; i++)
        if (strcmp(w->parts.ids[i], w->o->id) != 0)
            text_addf(&ids, "%s\n", w->parts.ids[i]);
    if (process_rerun_all(&w->o->exim, w->o->queue, ids.s) == -1)
        w->stuck = true;
    text_free(&ids);
}

static bool success_wanted(const struct join *w, const struct spool_header *h)
{
    const struct spool_recipient *r = spool_header_recipient(h, w->recipient);
    return r && r->dsn_flags & SPOOL_NOTIFY_SUCCESS;
}

/* The message is a copy of its first part, or of the one whose delivery its
 * sender wants to be told. */
static int like_read(struct join *w, struct spool_header *like,
                     struct text *directory)
{
    const char *spool = w->o->settings->spool;
    for (int i = w->parts.total; i > 1; i--) {
        if (spool_message_read(spool, w->parts.ids[i], like, directory,
                               w->error, sizeof w->error) == 1 &&
            success_wanted(w, like))
            return 1;
        spool_header_free(like);
        text_cut(directory, 0);
    }
    return spool_message_read(spool, w->parts.ids[1], like, directory, w->error,
                              sizeof w->error);
}

/* What was split on two hubs is put together twice (RFC 2046 5.2.2.1). */
static bool part_again(const struct whole *whole)
{
    const char *head = text_str(&whole->messages.list[0].head);
    struct text subject = {0};
    struct fragment f;
    int number, total;
    field_value(head, "Subject", &subject);
    bool part = fragment_read(head, &f) == 1 ||
                hint_numbered(text_str(&subject), &number, &total) == 1;
    fragment_free(&f);
    text_free(&subject);
    return part;
}

/* Like the others, it has join-time. Where this run ends before its work is on
 * the queue, the router finds by this that the work is to be finished, whatever
 * the row says then. */
static int last_note(struct join *w)
{
    /* No part is named: it is not waited for (adapting_waits()). */
    char *words = text_format("join.%s all parts are there", w->parts.key);
    int rc = adapting_note(w->o->settings, w->o->id, w->recipient,
                           ADAPTING_WAITS, words, w->error, sizeof w->error);
    free(words);
    return rc;
}

static int whole_put(struct join *w, const struct whole *whole)
{
    struct order *o = w->o;
    struct text ids = {0}, mark = {0};
    struct spool_header like;
    struct text directory = {0};
    const struct outbox box = joining_box(w);
    const char *const recipients[] = {w->recipient, NULL};
    int rc = like_read(w, &like, &directory);
    if (rc == 1) {
        text_add(&mark, like.mark);
        if (!part_again(whole))
            mark_word(&mark, MARK_JOINED);
        spool_header_set_mark(&like, mark.s);
        /* It is sent from now on: its limits begin. */
        spool_header_set_received(&like, clock_now() / 1000);
        rc = outbox_put(&box, &like, &whole->messages, recipients, &ids,
                        w->error, sizeof w->error) == 0
                 ? 1
                 : -1;
    }
    if (rc == 1) {
        ids.s[strcspn(ids.s, "\n")] = 0;
        all_run(w, ids.s);
        printf("joined: %d parts as %s%s\n", w->parts.total, ids.s,
               joining_stuck(w));
    }
    spool_header_free(&like);
    text_free(&directory);
    text_free(&mark);
    text_free(&ids);
    return rc == 1 ? order_done(o) : ASSEMBLY_FAILED;
}

/* 1; 0: the parts fit, and nothing helps the whole. */
static int whole_fits(struct join *w, const struct whole *whole, struct job *j)
{
    struct plan plan = {0};
    struct message m = {0};
    int rc = 1;
    j->limit = environment_limit(j->row, j->settings->adapt_margin);
    if (job_fits(j, outgoing_size(&whole->messages.list[0])) ||
        part_again(whole))
        return 1;
    if (outgoing_message(&whole->messages.list[0], &m, w->error,
                         sizeof w->error) == -1)
        rc = -1;
    else if (plan_make(&plan, j, &m, true, w->error, sizeof w->error) ==
             PLAN_REFUSED)
        rc = (text_error(w->error, sizeof w->error,
                         "the whole would be too large for the destination"),
              0);
    plan_free(&plan);
    message_free(&m);
    return rc;
}

int assembly_make(struct join *w)
{
    struct order *o = w->o;
    struct whole whole;
    struct job j = {
        .settings = o->settings, .row = &o->row, .host = o->host, .id = o->id};
    int rc = last_note(w) == -1 ? -1 : 1;
    whole_begin(&whole, o->settings);
    for (int i = 1; i <= w->parts.total && rc == 1; i++) {
        rc = part_add(w, &whole, w->parts.ids[i]);
        if (rc == PART_GONE)
            parts_forget(&w->parts, w->parts.ids[i]);
    }
    if (rc == 1)
        rc = whole_end(&whole, &j, w->error, sizeof w->error);
    if (rc == 1)
        rc = whole_fits(w, &whole, &j);
    if (rc == 1)
        rc = whole_put(w, &whole);
    else if (rc == 0)
        rc = joining_all_as_is(w, w->error);
    else
        rc = rc == PART_GONE ? ASSEMBLY_LATER : ASSEMBLY_FAILED;
    whole_free(&whole);
    text_free(&j.report);
    text_free(&j.refusal);
    return rc;
}
