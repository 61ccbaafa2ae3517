/* chance: the second chance after a 5xx. See chance.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "chance.h"

#include <stdlib.h>

#include "copy.h"
#include "file.h"
#include "keep.h"
#include "passing.h"
#include "served.h"
#include "verdict.h"

#define WAIT_MS 30000 /* for Exim to finish with the original */

struct work {
    const struct chance *c;
    struct chance_key key;
    struct bounce bounce;
    bool kept; /* the original could be kept: original is filled in */
    struct spool_header original;
    struct verdicts verdicts; /* one for each of bounce.recipients */
    struct text *report;
    char *error;
    size_t size;
};

static char *kept_path(const struct work *w, const char *suffix)
{
    return keep_path(w->c->settings, w->key.id, w->key.tag, suffix);
}

/* ---- is Exim done with the original? ---- */

/* Exim writes a bounce and then notes, still under its lock, that the recipient
 * has failed. When it has given the lock up and there is no such note, it died
 * in between: it will deliver to the recipient again, and this bounce is of
 * the past. */
static void stale_mark(const struct work *w, const struct spool_header *now)
{
    for (int i = 0; i < w->verdicts.count; i++) {
        struct verdict *v = &w->verdicts.list[i];
        if (spool_header_recipient(now, v->address) &&
            !spool_header_done(now, v->address)) {
            v->verb = VERB_CANCEL;
            v->stale = v->silent = true;
        }
    }
}

static int original_settled(const struct work *w)
{
    struct text path = {0};
    struct spool_header now;
    int there = spool_find(w->c->settings->spool, w->key.id, &path);
    if (there == 1)
        there = spool_wait(path.s, w->key.id, WAIT_MS);
    if (there == -1)
        text_error(w->error, w->size, "message %s is still in delivery",
                   w->key.id);
    if (there == 1) {
        text_addf(&path, "/%s-H", w->key.id);
        there = spool_header_read(path.s, &now, w->error, w->size);
    }
    if (there == 1) {
        stale_mark(w, &now);
        spool_header_free(&now);
    }
    text_free(&path);
    return there == -1 ? -1 : 0;
}

/* ---- the copy on Exim's queue ---- */

/* What is noted about it, under the bounce's own id. */
static char *copy_note(const struct work *w, enum verb verb)
{
    return text_format("%s.%s", w->c->bounce_id, verb_name(verb));
}

struct pick {
    const struct work *w;
    enum verb verb;
};

static bool picked(const char *address, void *context)
{
    const struct pick *p = context;
    for (int i = 0; i < p->w->verdicts.count; i++) {
        const struct verdict *v = &p->w->verdicts.list[i];
        if (v->known && v->known->address == address)
            return v->verb == p->verb;
    }
    return false;
}

/* Addresses that an alias of the hub's made: no recipients of the original,
 * but what failed. */
static void extra_recipients(const struct work *w, enum verb verb,
                             struct text *out)
{
    text_add(out, "");
    for (int i = 0; i < w->verdicts.count; i++)
        if (w->verdicts.list[i].verb == verb && !w->verdicts.list[i].known)
            text_addf(out, "%s\n", w->verdicts.list[i].address);
}

static void history_join(const struct work *w, enum verb verb, struct text *out)
{
    struct history all = {0};
    for (int i = 0; i < w->verdicts.count; i++)
        if (w->verdicts.list[i].verb == verb)
            history_merge(&all, &w->verdicts.history,
                          w->verdicts.list[i].address);
    history_format(&all, w->key.id, history_generation(w->original.history) + 1,
                   out);
    history_free(&all);
}

static void copy_header(const char *id, void *context, struct text *out)
{
    const struct pick *p = context;
    union {
        const struct pick *in;
        void *out;
    } pick = {.in = p};
    struct text history = {0}, extra = {0};
    history_join(p->w, p->verb, &history);
    extra_recipients(p->w, p->verb, &extra);
    spool_header_copy(&p->w->original, id, picked, pick.out, extra.s, history.s,
                      out);
    text_free(&history);
    text_free(&extra);
}

/* What is to wait waits where what waits is sent from. */
static const char *copy_queue(const struct work *w, enum verb verb)
{
    const struct settings *set = w->c->settings;
    bool waits = verb == VERB_SAME && !*w->c->queue && *set->unsent &&
                 served(set, SERVICE_UNSENT, clock_now());
    return waits ? set->unsent : w->c->queue;
}

static int copy_give(const struct work *w, enum verb verb,
                     char id[SPOOL_ID_MAX])
{
    struct pick pick = {w, verb};
    char *data = kept_path(w, "-D");
    char *note = copy_note(w, verb);
    struct copy copy = {.settings = w->c->settings,
                        .note = note,
                        .queue = copy_queue(w, verb),
                        .like = w->key.id,
                        .data = data,
                        .header = copy_header,
                        .context = &pick};
    int rc = copy_make(&copy, id, w->error, w->size);
    free(data);
    free(note);
    return rc;
}

static void report_copy(const struct work *w, enum verb verb, const char *id)
{
    const char *between = w->report->len ? "; " : "";
    text_addf(w->report, "%s", between);
    between = "";
    for (int i = 0; i < w->verdicts.count; i++) {
        const struct verdict *v = &w->verdicts.list[i];
        if (v->verb != verb)
            continue;
        text_addf(w->report, "%s%s", between, v->address);
        between = ", ";
    }
    text_addf(w->report, ": %s as %s, %s",
              verb == VERB_NEXT    ? "another server is tried"
              : verb == VERB_ADAPT ? "it is made to fit"
                                   : "the same server is tried again later",
              id, w->key.server);
    for (int i = 0; i < w->verdicts.count; i++)
        if (w->verdicts.list[i].verb == verb) {
            text_addf(w->report, " said %s (%s)",
                      w->verdicts.list[i].reply.text,
                      class_name(w->verdicts.list[i].class));
            return;
        }
}

static int give_chance(const struct work *w, enum verb verb)
{
    char id[SPOOL_ID_MAX];
    if (!verdicts_any(&w->verdicts, verb))
        return 0;
    if (copy_give(w, verb, id) == -1)
        return -1;
    report_copy(w, verb, id);
    if (verb != VERB_SAME)
        w->c->run(id, w->c->queue, w->c->context);
    return 0;
}

/* ---- the bounce for the others ---- */

static bool to_be_told(const char *address, void *context)
{
    const struct verdict *v = verdicts_find(context, address);
    return !v || (v->verb == VERB_CANCEL && !v->silent);
}

static int told_count(const struct work *w, void *context)
{
    /* Nobody named: not understood, or a delay warning. */
    int told = (w->bounce.count == 0 || w->bounce.hidden) && *w->key.sender;
    for (int i = 0; i < w->verdicts.count; i++)
        told += to_be_told(w->verdicts.list[i].address, context);
    return told;
}

static int pass_on(const struct work *w)
{
    char id[SPOOL_ID_MAX] = "";
    union {
        const struct verdicts *in;
        void *out;
    } context = {.in = &w->verdicts};
    if (told_count(w, context.out) == 0)
        return 0;
    char *us = text_format("%s@%s", w->c->local_part, w->c->settings->domain);
    char *note = copy_note(w, VERB_CANCEL);
    struct passing p = {.settings = w->c->settings,
                        .bounce = &w->bounce,
                        .note = note,
                        .submit = w->c->pass,
                        .submit_context = w->c->context,
                        .edit = {.to = w->key.sender,
                                 .old_to = us,
                                 .old_id = w->c->bounce_id,
                                 .keep = to_be_told,
                                 .context = context.out}};
    int rc = passing_make(&p, id, w->error, w->size);
    if (rc == 0)
        text_addf(w->report, "%sbounce passed on to <%s>%s%s",
                  w->report->len ? "; " : "", w->key.sender, *id ? " as " : "",
                  id);
    if (rc == 0 && *id)
        w->c->run(id, "", w->c->context);
    free(note);
    free(us);
    return rc;
}

static void report_silence(const struct work *w)
{
    for (int i = 0; i < w->verdicts.count; i++) {
        const struct verdict *v = &w->verdicts.list[i];
        if (v->verb == VERB_CANCEL && v->silent)
            text_addf(w->report, "%s%s failed and nobody is told (%s): %s",
                      w->report->len ? "; " : "", v->address,
                      v->stale         ? "it is still to be delivered to"
                      : *w->key.sender ? "DSN NOTIFY"
                                       : "empty sender",
                      v->reply.text);
    }
}

/* ---- putting it together ---- */

/* What cannot be read was not kept: the bounce then goes to the sender. */
static void original_read(struct work *w)
{
    char *path = kept_path(w, "-H");
    char why[300];
    w->kept = spool_header_read(path, &w->original, why, sizeof why) == 1;
    free(path);
}

static void verdicts_reach(struct work *w)
{
    w->verdicts = (struct verdicts){.settings = w->c->settings,
                                    .classifier = w->c->classifier,
                                    .key = &w->key,
                                    .original = w->kept ? &w->original : NULL};
    verdicts_make(&w->verdicts, &w->bounce);
}

/* The last bounce of a message that is gone takes along what was noted. */
static void forget(const struct work *w)
{
    const struct settings *set = w->c->settings;
    struct text directory = {0};
    char error[200];
    if (spool_find(set->spool, w->key.id, &directory) == 0 &&
        !keep_any(set, w->key.id))
        history_delete(set, w->key.id, error, sizeof error);
    text_free(&directory);
    keep_sweep(set);
}

/* From here on a second run for this bounce finds nothing to do. */
static int settle(const struct work *w)
{
    if (w->bounce.count == 0)
        return 0; /* a delay warning: the bounce may still come */
    char *note = copy_note(w, VERB_CANCEL);
    int rc = w->kept ? copy_settle(w->c->settings, note, w->error, w->size) : 0;
    if (rc == 0)
        keep_drop(w->c->settings, w->key.id, w->key.tag);
    if (rc == 0)
        forget(w);
    free(note);
    return rc;
}

static bool settled_before(const struct work *w)
{
    char *note = copy_note(w, VERB_CANCEL);
    bool there = copy_settled(w->c->settings, note);
    free(note);
    return there;
}

static int work_run(struct work *w)
{
    if (settled_before(w)) {
        text_add(w->report, "was done before");
        keep_drop(w->c->settings, w->key.id, w->key.tag);
        return 0;
    }
    original_read(w);
    bounce_parse(&w->bounce, w->c->bounce, w->c->bounce_len);
    verdicts_reach(w);
    if (w->kept && original_settled(w) == -1)
        return -1;
    if (give_chance(w, VERB_NEXT) == -1 || give_chance(w, VERB_SAME) == -1 ||
        give_chance(w, VERB_ADAPT) == -1 || pass_on(w) == -1)
        return -1;
    report_silence(w);
    verdicts_log(&w->verdicts);
    return settle(w);
}

int chance_run(const struct chance *c, struct text *report, char *error,
               size_t size)
{
    struct work w = {.c = c, .report = report, .error = error, .size = size};
    if (chance_key_parse(c->local_part, &w.key) != 1)
        return text_error(error, size, "\"%s\" is no address of Outrider's",
                          c->local_part);
    int rc = work_run(&w);
    verdicts_free(&w.verdicts);
    bounce_free(&w.bounce);
    spool_header_free(&w.original);
    chance_key_free(&w.key);
    return rc;
}
