/* telling: notices, sent from a delivery. See telling.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "telling.h"

#include <stdlib.h>
#include <string.h>

#include "exim.h"
#include "notice.h"
#include "process.h"

/* A message may have thousands of recipients, and a forged sender. */
#define TOLD_MAX 10
#define TOLD_MAX_WORDS "10 by one message"

static void notice_send(struct run *r, struct notice *n)
{
    struct exim exim = {r->exim, r->config, r->settings->spool};
    struct text message = {0};
    char error[400];
    char *hub = setup_variable("$primary_hostname");
    n->settings = r->settings;
    n->hub = hub;
    n->id = r->id;
    n->sender = exim_sender();
    n->now = r->started / 1000;
    n->arrived = n->now - r->age;
    if (notice_write(n, &message, error, sizeof error) == -1)
        run_complain("nobody is told", error);
    else if (process_submit(&exim, n->to, message.s, message.len) == -1)
        run_complain("a notice could not be submitted for", n->to);
    else
        run_say("outrider: <%s> is told: %s %s", n->to, notice_name(n->kind),
                n->old);
    text_free(&message);
    free(hub);
}

/* An address that is gone or moved itself is not written to. */
static bool sender_is_here(struct run *r)
{
    struct relocation_source source = rows_relocations(&r->rows);
    struct relocation found;
    char error[300];
    bool gone = relocation_resolve(&source, r->settings, exim_sender(), &found,
                                   error, sizeof error) == 1 &&
                found.kind == RELOCATION_GONE;
    relocation_free(&found);
    return !gone;
}

/* NOTIFY=NEVER (RFC 3461 4.1) is a wish that holds for this too. */
static bool sender_wants(const char *recipient)
{
    return !(exim_recipient_flags(recipient) & SPOOL_NOTIFY_NEVER);
}

static void sender_tell(struct run *r, struct notice *n)
{
    char error[300];
    struct field_span *fields;
    if (r->told >= TOLD_MAX) {
        run_complain("its sender is told of no more addresses than",
                     TOLD_MAX_WORDS);
        return;
    }
    char *block = exim_expand("$message_headers_raw", NULL);
    n->to = exim_sender();
    n->field_count =
        fields_split(block ? block : "", block ? strlen(block) : 0, &fields);
    n->fields = fields;
    if (notice_allowed(n->to, fields, n->field_count) && sender_is_here(r)) {
        int due = notice_due(r->settings, n->kind, n->to, n->old,
                             r->started / 1000, error, sizeof error);
        if (due == -1)
            run_complain("nobody is told", error);
        if (due == 1)
            notice_send(r, n);
        r->told += due == 1;
    }
    free(fields);
    free(block);
}

void telling_changed(struct run *r, const struct moved *m)
{
    struct notice n = {.kind = NOTICE_CHANGED,
                       .old = m->old,
                       .new = m->new,
                       .row = m->row,
                       .registered = m->time};
    if (r->settings->notice_changed && m->time != MOVED_BY_HAND &&
        sender_wants(m->new) && sender_wants(m->old))
        sender_tell(r, &n);
}

void telling_held(struct run *r, const struct held *h,
                  const struct relocation *gone)
{
    struct notice n = {.kind = NOTICE_HELD,
                       .old = h->gone,
                       .row = h->row,
                       .registered = gone->time,
                       .until = h->until};
    if (r->settings->notice_held && sender_wants(h->recipient))
        sender_tell(r, &n);
}

void telling_ask(struct run *r, const struct held *h,
                 const struct relocation *gone)
{
    char error[300];
    struct notice n = {.kind = NOTICE_ASK,
                       .old = h->gone,
                       .row = h->row,
                       .registered = gone->time,
                       .until = h->until,
                       .to = r->settings->administrator};
    if (!*n.to)
        return;
    int ask = held_ask(r->settings, h->row, false, r->started / 1000, error,
                       sizeof error);
    if (ask == -1)
        run_complain("the administrator is not asked", error);
    if (ask == 1)
        notice_send(r, &n);
}
