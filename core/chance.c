/* chance: the second chance after a 5xx. See chance.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "chance.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bounce.h"
#include "breaker.h"
#include "copy.h"
#include "file.h"
#include "history.h"
#include "keep.h"
#include "passing.h"
#include "spool.h"
#include "translog.h"

#define WAIT_MS 30000 /* for Exim to finish with the original */
#define GENERATIONS_MAX 100

/* ---- the address ---- */

static bool readable(const char *s, size_t i)
{
    unsigned char ch = (unsigned char)s[i];
    if (isalnum(ch) && ch < 128)
        return true;
    if (ch == '-' || ch == '_')
        return true;
    return ch == '.' && i > 0 && isalnum((unsigned char)s[i - 1]) &&
           isalnum((unsigned char)s[i + 1]);
}

static void add_encoded(struct text *out, const char *s)
{
    for (size_t i = 0; s[i]; i++)
        if (readable(s, i))
            text_addn(out, s + i, 1);
        else
            text_addf(out, "=%02X", (unsigned char)s[i]);
}

char *chance_address(const struct settings *set, const struct chance_key *k)
{
    struct text t = {0};
    text_addf(&t, "%s+%s+", k->id, k->tag);
    add_encoded(&t, k->server);
    text_add(&t, "+");
    add_encoded(&t, k->sender);
    text_addf(&t, "@%s", set->domain);
    return t.s;
}

static char *decoded(const char *s, size_t n)
{
    struct text t = {0};
    text_add(&t, "");
    for (size_t i = 0; i < n; i++) {
        char hex[3] = {0}, byte = s[i];
        if (s[i] == '=' && i + 2 < n && isxdigit((unsigned char)s[i + 1]) &&
            isxdigit((unsigned char)s[i + 2])) {
            memcpy(hex, s + i + 1, 2);
            byte = (char)strtol(hex, NULL, 16);
            i += 2;
        }
        if (byte)
            text_addn(&t, &byte, 1);
    }
    return t.s;
}

/* A line end would make recipients and header fields of its own. */
static bool printable(const char *s)
{
    for (; *s; s++)
        if (iscntrl((unsigned char)*s))
            return false;
    return true;
}

int chance_key_parse(const char *local_part, struct chance_key *k)
{
    const char *part[4] = {local_part};
    size_t length[4];
    *k = (struct chance_key){0};
    for (int i = 0; i < 3; i++) {
        length[i] = strcspn(part[i], "+");
        if (!part[i][length[i]])
            return 0;
        part[i + 1] = part[i] + length[i] + 1;
    }
    length[3] = strlen(part[3]);
    k->id = strndup(part[0], length[0]);
    k->tag = strndup(part[1], length[1]);
    k->server = decoded(part[2], length[2]);
    k->sender = decoded(part[3], length[3]);
    if (spool_is_id(k->id) && *k->server && keep_is_tag(k->tag) &&
        printable(k->server) && printable(k->sender))
        return 1;
    chance_key_free(k);
    return 0;
}

void chance_key_free(struct chance_key *k)
{
    free(k->id);
    free(k->tag);
    free(k->server);
    free(k->sender);
    *k = (struct chance_key){0};
}

/* ---- the verdict on each recipient ---- */

struct verdict {
    const struct spool_recipient *known; /* in the original; NULL: made by an
                                            alias of the hub's */
    const char *printed; /* the recipient as the bounce has it */
    char *address;       /* as it is */
    enum verb verb;      /* NEXT, SAME or CANCEL */
    enum error_class class;
    struct reply reply;
    struct history history;
    bool doubtful; /* an alias of the hub's, with characters that Exim has
                      escaped: the address is not certain */
    bool stale;    /* Exim will deliver to the recipient again */
    bool silent;   /* the sender wants no notice, or there is no sender */
};

struct work {
    const struct chance *c;
    struct chance_key key;
    struct bounce bounce;
    bool kept; /* the original could be kept: original is filled in */
    struct spool_header original;
    struct verdict *verdicts; /* one for each of bounce.recipients */
    struct text *report;
    char *error;
    size_t size;
};

static char *kept_path(const struct work *w, const char *suffix)
{
    return keep_path(w->c->settings, w->key.id, w->key.tag, suffix);
}

static struct verdict *verdict_find(const struct work *w, const char *address)
{
    for (int i = 0; i < w->bounce.count; i++)
        if (text_same_address(w->verdicts[i].address, address) ||
            text_same(w->verdicts[i].printed, address))
            return &w->verdicts[i];
    return NULL;
}

/* Exim gave up after its retry rules' time: that is not one server's word,
 * and the message is old. */
static bool timed_out(const struct verdict *v)
{
    return strstr(v->reply.text, "retry timeout exceeded") != NULL ||
           v->reply.code / 100 == 4;
}

/* A server that has refused a recipient is not asked for it again, so one that
 * refuses it again shows that something is wrong with what we know; and no
 * message needs a hundred chances. */
static bool loops(const struct work *w, const struct verdict *v)
{
    struct history carried;
    history_parse(&carried, w->original.history);
    const struct attempt *a = history_at(&carried, v->address, w->key.server);
    bool again = a && a->state == ATTEMPT_REFUSED;
    history_free(&carried);
    return again || history_generation(w->original.history) >= GENERATIONS_MAX;
}

static bool too_old(const struct work *w)
{
    int64_t age = clock_now() / 1000 - w->original.received;
    return age > w->c->settings->keep;
}

/* What the message carries of its past, and what is noted about it beside. */
static void history_gather(const struct work *w, struct verdict *v)
{
    struct history beside, carried;
    char error[200];
    history_parse(&carried, w->original.history);
    history_load(w->c->settings, w->key.id, &beside, error, sizeof error);
    history_merge(&v->history, &carried, v->address);
    history_merge(&v->history, &beside, v->address);
    history_free(&carried);
    history_free(&beside);
}

/* Words of a server's, or a connection that it dropped in the data. Anything
 * else (an expansion, a transport that is missing) is not a server's fault. */
static bool of_a_server(const struct verdict *v)
{
    return v->reply.code / 100 == 5 || v->class == CLASS_DROPPED;
}

static enum attempt_state verdict_state(const struct verdict *v)
{
    switch (v->verb) {
    case VERB_NEXT:
        return v->reply.code / 100 == 5 ? ATTEMPT_REFUSED : ATTEMPT_DONE;
    case VERB_SAME:
        return ATTEMPT_WAITING;
    case VERB_CANCEL:
    case VERB_ADAPT:
        break;
    }
    return ATTEMPT_CANCELLED;
}

static enum verb verdict_verb(const struct work *w, const struct verdict *v,
                              int failures)
{
    if (!w->kept || v->doubtful || timed_out(v) || !of_a_server(v) ||
        too_old(w) || loops(w, v))
        return VERB_CANCEL;
    enum verb verb = policy_decide(&w->c->settings->policy, v->class, failures);
    return verb == VERB_ADAPT ? VERB_CANCEL : verb;
}

static const struct spool_recipient *original_recipient(const struct work *w,
                                                        const char *printed)
{
    const struct spool_recipient *found = NULL;
    for (int i = 0; i < w->original.count; i++) {
        const struct spool_recipient *r = &w->original.recipients[i];
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

static void verdict_make(const struct work *w, struct verdict *v,
                         const struct bounce_recipient *r)
{
    const struct spool_recipient *known = original_recipient(w, r->address);
    v->known = known;
    v->printed = r->address;
    v->address = text_copy(known ? known->address : r->address);
    v->doubtful = !known && strchr(r->address, '\\');
    v->silent = !*w->key.sender || (known && spool_no_bounce(known->dsn_flags));
    reply_from_exim(&v->reply, r->text, 0);
    v->class = classify(w->c->classifier, &v->reply);
    if (w->kept)
        history_gather(w, v);
    struct attempt *a =
        history_note(&v->history, v->address, w->key.server, v->class,
                     (uint64_t)clock_now(), clock_now(), v->reply.text);
    v->verb = verdict_verb(w, v, a->failures);
    a->state = verdict_state(v);
}

/* Recipients whose failure Exim raised no event for are counted and logged
 * here; router/ has done so for the others. */
static void breaker_note(const struct work *w, const struct verdict *v)
{
    const struct settings *set = w->c->settings;
    char error[300];
    char *path = text_format("%s/servers", set->state);
    struct breakers *b =
        breakers_open(path, true, geteuid(), getegid(), error, sizeof error);
    bool repeated = v > w->verdicts; /* one message counts once */
    breaker_failure(breaker_slot(b, w->key.server, true), set, v->class,
                    repeated, w->key.sender, v->reply.text, clock_now());
    breakers_close(&b);
    free(path);
}

static void verdict_log(const struct work *w, const struct verdict *v)
{
    const struct spool_recipient *r =
        w->kept ? spool_header_recipient(&w->original, v->address) : NULL;
    char error[200];
    if (!r || !spool_no_event(r->dsn_flags))
        return;
    struct record record = {.kind = RECORD_TRANSMISSION,
                            .now = clock_now(),
                            .message_id = w->key.id,
                            .server = w->key.server,
                            .from = w->key.sender,
                            .to = v->address,
                            .result = "fail",
                            .class = v->class,
                            .stage = v->reply.stage,
                            .code = v->reply.code,
                            .enhanced = v->reply.enhanced,
                            .action = verb_name(v->verb),
                            .attempt =
                                history_failures(&v->history, v->address),
                            .duration = -1,
                            .text = v->reply.text};
    translog_write(w->c->settings, &record, error, sizeof error);
    breaker_note(w, v);
}

/* ---- is Exim done with the original? ---- */

/* Exim writes a bounce and then notes, still under its lock, that the recipient
 * has failed. When it has given the lock up and there is no such note, it died
 * in between: it will deliver to the recipient again, and this bounce is of
 * the past. */
static void stale_mark(const struct work *w, const struct spool_header *now)
{
    for (int i = 0; i < w->bounce.count; i++) {
        struct verdict *v = &w->verdicts[i];
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
    for (int i = 0; i < p->w->bounce.count; i++) {
        const struct verdict *v = &p->w->verdicts[i];
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
    for (int i = 0; i < w->bounce.count; i++)
        if (w->verdicts[i].verb == verb && !w->verdicts[i].known)
            text_addf(out, "%s\n", w->verdicts[i].address);
}

static void history_join(const struct work *w, enum verb verb, struct text *out)
{
    struct history all = {0};
    for (int i = 0; i < w->bounce.count; i++)
        if (w->verdicts[i].verb == verb)
            history_merge(&all, &w->verdicts[i].history, NULL);
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

static int copy_give(const struct work *w, enum verb verb,
                     char id[SPOOL_ID_MAX])
{
    struct pick pick = {w, verb};
    char *data = kept_path(w, "-D");
    char *note = copy_note(w, verb);
    struct copy copy = {.settings = w->c->settings,
                        .note = note,
                        .queue = w->c->queue,
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
    for (int i = 0; i < w->bounce.count; i++) {
        const struct verdict *v = &w->verdicts[i];
        if (v->verb != verb)
            continue;
        text_addf(w->report, "%s%s", between, v->address);
        between = ", ";
    }
    text_addf(w->report, ": %s as %s, %s",
              verb == VERB_NEXT ? "another server is tried"
                                : "the same server is tried again later",
              id, w->key.server);
    for (int i = 0; i < w->bounce.count; i++)
        if (w->verdicts[i].verb == verb) {
            text_addf(w->report, " said %s (%s)", w->verdicts[i].reply.text,
                      class_name(w->verdicts[i].class));
            return;
        }
}

static int give_chance(const struct work *w, enum verb verb)
{
    char id[SPOOL_ID_MAX];
    bool any = false;
    for (int i = 0; i < w->bounce.count; i++)
        any = any || w->verdicts[i].verb == verb;
    if (!any)
        return 0;
    if (copy_give(w, verb, id) == -1)
        return -1;
    report_copy(w, verb, id);
    if (verb == VERB_NEXT)
        w->c->run(id, w->c->queue, w->c->context);
    return 0;
}

/* ---- the bounce for the others ---- */

static bool to_be_told(const char *address, void *context)
{
    const struct verdict *v = verdict_find(context, address);
    return !v || (v->verb == VERB_CANCEL && !v->silent);
}

static int told_count(const struct work *w, void *context)
{
    /* Nobody named: not understood, or a delay warning. */
    int told = (w->bounce.count == 0 || w->bounce.hidden) && *w->key.sender;
    for (int i = 0; i < w->bounce.count; i++)
        told += to_be_told(w->verdicts[i].address, context);
    return told;
}

static int pass_on(const struct work *w)
{
    char id[SPOOL_ID_MAX] = "";
    union {
        const struct work *in;
        void *out;
    } context = {.in = w};
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
    for (int i = 0; i < w->bounce.count; i++) {
        const struct verdict *v = &w->verdicts[i];
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

static void verdicts_make(struct work *w)
{
    w->verdicts = text_alloc((size_t)w->bounce.count * sizeof *w->verdicts);
    for (int i = 0; i < w->bounce.count; i++)
        verdict_make(w, &w->verdicts[i], &w->bounce.recipients[i]);
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
    verdicts_make(w);
    if (w->kept && original_settled(w) == -1)
        return -1;
    if (give_chance(w, VERB_NEXT) == -1 || give_chance(w, VERB_SAME) == -1 ||
        pass_on(w) == -1)
        return -1;
    report_silence(w);
    for (int i = 0; i < w->bounce.count; i++)
        verdict_log(w, &w->verdicts[i]);
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
    for (int i = 0; w.verdicts && i < w.bounce.count; i++) {
        history_free(&w.verdicts[i].history);
        free(w.verdicts[i].address);
    }
    free(w.verdicts);
    bounce_free(&w.bounce);
    spool_header_free(&w.original);
    chance_key_free(&w.key);
    return rc;
}
