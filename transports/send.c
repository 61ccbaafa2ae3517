/* send: `adapt send`. See send.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapting.h"
#include "mark.h"
#include "outbox.h"
#include "plan.h"

static int report(struct job *j, const char *what)
{
    printf("%s%s%s\n", what, j->report.len > 0 ? ": " : "",
           text_str(&j->report));
    return 0;
}

/* ---- it goes ---- */

static int put(struct order *o, struct job *j, const struct outbox *box,
               const struct outgoings *messages, const char *word)
{
    struct text ids = {0}, mark = {0};
    struct spool_header like = o->header;
    char error[400];
    like.top = text_copy(o->header.top);
    like.mark = text_copy(o->header.mark);
    text_add(&mark, like.mark);
    if (!mark_has(mark.s, word))
        mark_word(&mark, word);
    if (o->row.encrypt != CIPHER_NONE && !mark_has(mark.s, MARK_SEALED))
        mark_word(&mark, MARK_SEALED);
    spool_header_set_mark(&like, mark.s);
    int rc = outbox_put(box, &like, messages, o->recipients, &ids, error,
                        sizeof error);
    if (rc == 0) {
        /* The next queue run does it otherwise. */
        process_rerun_all(&o->exim, o->queue, text_str(&ids));
        report(j, "adapted");
    } else
        rc = order_error(EX_TEMPFAIL, "%s", error);
    free(like.top);
    free(like.mark);
    text_free(&mark);
    text_free(&ids);
    return rc;
}

/* As it is, but for the mark: so that it is not looked at again, unless a
 * server refuses it because of its size. */
static int put_as_is(struct order *o, struct job *j, const struct outbox *box)
{
    struct outgoings one = {0};
    struct outgoing *only = outgoing_add(&one);
    const struct message *m = &o->message;
    if (message_head(m, &only->head) == -1)
        return order_error(EX_TEMPFAIL, "its header cannot be read");
    splice_message(&only->body, m, m->body, m->len);
    if (j->report.len == 0)
        job_report(j, "nothing to do");
    int rc = put(o, j, box, &one,
                 job_fits(j, message_size(m)) ? MARK_LOOKED : MARK_ADAPTED);
    outgoings_free(&one);
    return rc;
}

/* ---- it cannot ---- */

/* RFC 3463 3.4: X.3.4, message too big for system; RFC 3463 3.8 X.7.0 where it
 * is not the size. */
static void refusal_words(const struct order *o, const struct job *j,
                          const char *recipient, struct text *out)
{
    bool size = j->wire > 0;
    text_addf(out, "%s the mail for %s was refused", size ? "5.3.4" : "5.7.0",
              recipient);
    if (size) {
        text_add(out, " because of the size limit: it has ");
        job_size(j->wire, out);
        if (j->sealed)
            text_add(out, " once it is encrypted");
        text_add(out, ", the most that can be received is ");
        job_size(o->row.size, out);
    }
    if (j->refusal.len > 0)
        text_addf(out, "%s%s", size ? " (" : ": ", j->refusal.s);
    if (j->refusal.len > 0 && size)
        text_add(out, ")");
}

/* The router fails the recipients, with these words. */
static int refuse(struct order *o, struct job *j)
{
    char error[400];
    bool fresh = false;
    for (int i = 0; o->recipients[i]; i++) {
        struct text words = {0};
        refusal_words(o, j, o->recipients[i], &words);
        int rc = adapting_note(o->settings, o->id, o->recipients[i],
                               ADAPTING_REFUSED, words.s, error, sizeof error);
        text_free(&words);
        if (rc == -1)
            return order_error(EX_TEMPFAIL, "%s", error);
        fresh = fresh || rc == 1;
    }
    /* What the router does not heed is not said again and again. */
    if (fresh)
        process_rerun(&o->exim, o->queue, o->id);
    struct text words = {0};
    refusal_words(o, j, "this recipient", &words);
    order_error(0, "%s", words.s);
    text_free(&words);
    return EX_TEMPFAIL;
}

/* ---- putting it together ---- */

static int plan_do(struct order *o, struct job *j, const struct outbox *box)
{
    struct plan plan = {0};
    char error[400];
    int rc;
    switch (plan_make(&plan, j, &o->message, true, error, sizeof error)) {
    case PLAN_CHANGED:
        rc = put(o, j, box, &plan.messages, MARK_ADAPTED);
        break;
    case PLAN_AS_IS:
        rc = put_as_is(o, j, box);
        break;
    case PLAN_REFUSED:
        rc = refuse(o, j);
        break;
    default:
        rc = order_error(EX_TEMPFAIL, "%s", error);
    }
    plan_free(&plan);
    return rc;
}

/* For those that no earlier run has done it for. */
static int send_rest(struct order *o, struct job *j)
{
    struct text name = {0};
    int rc = order_open(o);
    adapting_name(o->id, o->recipients, &name);
    const struct outbox box = {o->settings, name.s, o->queue};
    if (rc == 0 && order_hopeless(o)) {
        job_report(j, "it has ended this program before: sent as it came");
        rc = put_as_is(o, j, &box);
    } else if (rc == 0)
        rc = plan_do(o, j, &box);
    text_free(&name);
    return rc;
}

int send_run(struct order *o)
{
    char error[400];
    struct job j = {.settings = o->settings,
                    .row = &o->row,
                    .host = o->host,
                    .id = o->id,
                    .limit = o->row.size};
    if (j.limit != ENVIRONMENT_NO_LIMIT)
        j.limit = environment_limit(&o->row, o->settings->adapt_margin);
    int rc = 0, lock = outbox_lock(o->settings, o->id, error, sizeof error);
    if (lock == -1 || outbox_finish(o->settings, o->queue, o->id, o->recipients,
                                    error, sizeof error) == -1)
        rc = order_error(EX_TEMPFAIL, "%s", error);
    else if (!o->recipients[0])
        rc = report(&j, "adapted before");
    else
        rc = send_rest(o, &j);
    if (rc == 0)
        rc = order_done(o);
    order_sweep(o);
    if (lock != -1)
        close(lock);
    text_free(&j.report);
    text_free(&j.refusal);
    return rc;
}
