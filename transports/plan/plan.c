/* plan: what is done to a message so that its destination can receive it. See
 * plan.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "entity.h"
#include "expand.h"
#include "partial.h"
#include "pieces.h"
#include "scatter.h"
#include "sevenbit.h"
#include "structure.h"
#include "subject.h"

/* One planning. Steps give 1 done, 0 nothing done, -1 failed. */
struct planning {
    struct plan *plan;
    struct job *j;
    const struct message *now; /* the message as it is by now */
    struct structure parts;    /* of that, when `known` */
    bool known;
    const struct message *came;  /* as it came */
    const struct message *plain; /* before its files were compressed, or NULL */
    struct reported plain_report;
    bool split;
    bool unsplit; /* it cannot be split as it is */
    bool refused;
    char *error;
    size_t size;
};

static bool fits(const struct planning *w)
{
    return job_fits(w->j, message_size(w->now));
}

/* Its parts, read once for each form that the message takes. */
static int parts_know(struct planning *w)
{
    if (!w->known && structure_read(&w->parts, w->now, w->error, w->size) == -1)
        return -1;
    w->known = true;
    return 0;
}

static void parts_forget(struct planning *w)
{
    structure_free(&w->parts);
    w->known = false;
}

/* ---- steps that make another message of it ---- */

static void step_take(struct planning *w, const struct message *made)
{
    struct plan *p = w->plan;
    parts_forget(w);
    p->steps[p->step_count] = *made;
    w->now = &p->steps[p->step_count++];
}

static int step_decrypt(struct planning *w)
{
    struct message made = {0};
    int rc = entity_decrypt(w->j, w->now, &made, w->error, w->size);
    if (rc == 1)
        step_take(w, &made);
    return rc;
}

/* What fits is not made too large: neither for its recipient, nor by a stranger
 * whose archive holds a thousand times its size. */
static int step_expand(struct planning *w)
{
    struct message made = {0};
    bool fitted = fits(w);
    struct reported before = job_reported(w->j);
    int rc = expand_message(w->j, w->now, fitted ? w->j->limit : 0, &made,
                            w->error, w->size);
    if (rc == 1 && fitted && !job_fits(w->j, message_size(&made))) {
        job_unreport(w->j, before);
        job_report(w->j, "not expanded: it would be too large");
        message_free(&made);
        return 0;
    }
    if (rc == 1)
        step_take(w, &made);
    return rc;
}

static int step_open(struct planning *w)
{
    int rc = step_decrypt(w);
    if (rc != -1 && environment_expands(w->j->row))
        rc = step_expand(w);
    return rc;
}

/* What does not save the least gain is not worth the recipient's while. */
static bool gained(const struct planning *w, const struct message *made)
{
    int64_t before = message_size(w->now), after = message_size(made);
    return job_fits(w->j, after) ||
           after <= before / 100 * (100 - w->j->row->gain);
}

static int step_compress(struct planning *w)
{
    struct message made = {0};
    int rc = parts_know(w);
    struct reported before = job_reported(w->j);
    if (rc != -1)
        rc = compress_each(w->j, w->now, &w->parts, &made, w->error, w->size);
    if (rc == 1 && gained(w, &made)) {
        w->plain = w->now;
        w->plain_report = before;
        step_take(w, &made);
        return 1;
    }
    if (rc == 1) {
        job_unreport(w->j, before);
        rc = 0;
    }
    message_free(&made);
    return rc;
}

static int step_encrypt(struct planning *w)
{
    struct message made = {0};
    int rc = entity_encrypt(w->j, w->now, &made, w->error, w->size);
    if (rc == 1)
        step_take(w, &made);
    else
        message_free(&made);
    if (rc == 0 && w->j->refusal.len > 0)
        w->refused = w->j->secret = true;
    return rc;
}

/* ---- steps that end it ---- */

static int end_one(struct planning *w)
{
    struct outgoing *o = outgoing_add(&w->plan->messages);
    if (message_head(w->now, &o->head) == -1)
        return text_error(w->error, w->size, "its header is too large");
    splice_message(&o->body, w->now, w->now->body, w->now->len);
    return 1;
}

/* One of the ways that take the message apart. */
typedef int splitter(struct job *j, const struct message *m,
                     const struct structure *s, struct outgoings *out,
                     char *error, size_t size);

static int end_apart(struct planning *w, splitter *split)
{
    return parts_know(w) == -1 ? -1
                               : split(w->j, w->now, &w->parts,
                                       &w->plan->messages, w->error, w->size);
}

/* An archive in pieces takes files as they were: who has put it together finds
 * no archives in it. */
static int end_pieces(struct planning *w)
{
    enum packing p;
    if (w->plain && w->j->row->encrypt == CIPHER_NONE &&
        packing_choose(w->j->row, 2, &p) == 1) {
        parts_forget(w);
        w->now = w->plain;
        job_unreport(w->j, w->plain_report);
    }
    return end_apart(w, pieces_split);
}

/* All of it in one archive, if it fits then. */
static int end_packed(struct planning *w)
{
    struct reported before = job_reported(w->j);
    int rc = end_apart(w, pieces_split);
    if (rc == 1 && w->plan->messages.count == 1)
        return 1;
    job_unreport(w->j, before);
    text_cut(&w->j->refusal, 0);
    outgoings_free(&w->plan->messages);
    return rc == -1 ? -1 : 0;
}

static int end_partial(struct planning *w)
{
    struct message made = {0};
    int rc = sevenbit_make(w->now, &made, w->error, w->size);
    if (rc == 1)
        step_take(w, &made);
    if (rc == -1)
        return -1;
    return partial_split(w->j, w->now, &w->plan->messages, w->error, w->size);
}

/* Who has said nothing can read instructions. */
static int end_split(struct planning *w)
{
    const struct environment *row = w->j->row;
    int rc = 0;
    if (!(row->said & SAID_JOIN))
        return end_pieces(w);
    /* One attachment after the other asks nothing of who gets them. */
    if (row->joining_count == 0)
        return end_apart(w, scatter_split);
    for (int i = 0; i < row->joining_count && rc == 0; i++) {
        outgoings_free(&w->plan->messages);
        text_cut(&w->j->refusal, 0);
        rc = row->joinings[i] == JOINING_PARTIAL ? end_partial(w)
                                                 : end_pieces(w);
    }
    return rc;
}

/* ---- the order ---- */

static bool may_compress(const struct planning *w)
{
    return w->j->row->packing_count > 0 &&
           (!w->j->row->split_first || w->unsplit);
}

/* Signed as a whole, its parts cannot be compressed; it can be wrapped. */
static bool one_archive(const struct planning *w)
{
    const struct structure *s = &w->parts;
    return w->split &&
           (w->j->row->one || s->sealed || (s->count > 0 && s->list[0].sealed));
}

/* 1: it fits by that alone, in one archive. */
static int walk_compress(struct planning *w)
{
    if (fits(w) || !may_compress(w))
        return 0;
    if (parts_know(w) == -1)
        return -1;
    if (!one_archive(w))
        return step_compress(w) == -1 ? -1 : 0;
    return w->j->row->encrypt == CIPHER_NONE ? end_packed(w) : 0;
}

/* With order=split nothing was compressed so far. */
static int walk_split(struct planning *w)
{
    int rc = end_split(w);
    if (rc != 0 || !w->j->row->split_first || w->unsplit ||
        w->j->row->encrypt != CIPHER_NONE)
        return rc;
    w->unsplit = true;
    outgoings_free(&w->plan->messages);
    text_cut(&w->j->refusal, 0);
    rc = walk_compress(w);
    if (rc == 0)
        rc = fits(w) ? end_one(w) : end_split(w);
    return rc;
}

static int order_walk(struct planning *w)
{
    int rc = step_open(w);
    if (rc != -1)
        rc = walk_compress(w);
    if (rc == 1)
        return 1;
    if (rc != -1 && w->j->row->encrypt != CIPHER_NONE)
        rc = step_encrypt(w);
    if (rc == -1 || w->refused)
        return rc == -1 ? -1 : 0;
    if (fits(w))
        return w->plan->step_count > 0 ? end_one(w) : 0;
    rc = w->split ? walk_split(w) : 0;
    w->refused = rc == 0;
    return rc;
}

/* Nothing helps. As it is means what was opened or encrypted by now; what must
 * be encrypted goes in clear in no case, and what fits as it came is not
 * refused because it was to be opened. */
static enum outcome give_up(struct planning *w)
{
    struct job *j = w->j;
    bool came = job_fits(j, message_size(w->came));
    outgoings_free(&w->plan->messages);
    if (came && !j->secret && j->row->encrypt == CIPHER_NONE) {
        job_unreport(j, (struct reported){0});
        text_cut(&j->refusal, 0);
        job_report(j, "not opened: it would be too large");
        return PLAN_AS_IS;
    }
    if (!j->secret)
        j->wire = message_size(came ? w->now : w->came);
    j->sealed = came;
    if (j->secret || (w->split && !j->row->send_anyhow))
        return PLAN_REFUSED;
    text_cut(&w->j->refusal, 0);
    if (w->split)
        job_report(w->j, "too large, sent as it is");
    if (w->plan->step_count == 0)
        return PLAN_AS_IS;
    return end_one(w) == 1 ? PLAN_CHANGED : PLAN_FAILED;
}

enum outcome plan_make(struct plan *p, struct job *j, const struct message *m,
                       bool split, char *error, size_t size)
{
    struct planning w = {
        .plan = p, .j = j, .now = m, .came = m, .split = split, .size = size};
    struct text head = {0};
    w.error = error;
    int rc = message_head(m, &head);
    j->date = subject_date(text_str(&head));
    text_free(&head);
    if (rc == -1) {
        /* Nothing that time mends. */
        text_add(&j->refusal, "its header is too large, or has NULs");
        j->secret = j->row->encrypt != CIPHER_NONE && !j->row->clear;
        return give_up(&w);
    }
    rc = order_walk(&w);
    parts_forget(&w);
    if (rc == -1)
        return PLAN_FAILED;
    if (w.refused)
        return give_up(&w);
    return rc == 1 ? PLAN_CHANGED : PLAN_AS_IS;
}

void plan_free(struct plan *p)
{
    outgoings_free(&p->messages);
    for (int i = 0; i < p->step_count; i++)
        message_free(&p->steps[i]);
    *p = (struct plan){0};
}
