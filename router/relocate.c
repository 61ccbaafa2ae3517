/* relocate: old addresses, gone addresses and attributes, at delivery.
 *
 *   ${dlfunc{LIB/router.so}{outrider_relocated}}
 *   ${dlfunc{LIB/router.so}{outrider_new_address}{ADDRESS}}
 *
 * docs/configuration.md is their reference.
 *
 * Called by: Exim, watch. Memory: see run.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "relocate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "held.h"
#include "holding.h"
#include "served.h"
#include "telling.h"

/* A sign of the service's that is younger: it sends the message on itself, with
 * new header fields too. */
#define SERVICE_MS (120 * 1000L)

/* What becomes of a recipient. */
struct fate {
    struct run *run;
    char *recipient;
    struct relocation relocation;
    struct text yield; /* the redirect router's data */
    bool declined;     /* it is no business of ours */
};

/* outrider_errors_to knows it then, and its bounce goes by way of Outrider. */
static void fate_fail(struct fate *f, const char *words)
{
    if (f->run->live)
        run_route(f->run, f->recipient)->returned = true;
    text_addf(&f->yield, ":fail: %s", words);
}

/* In angle brackets it is an address to the redirect router, whatever it
 * begins with. */
static void address_yield(struct fate *f, const char *address)
{
    text_addf(&f->yield, "%s<%s>", f->yield.len > 0 ? ", " : "", address);
}

static void fate_return(struct fate *f, const char *gone, const char *more)
{
    char *words = text_format(HELD_GONE_WORDS "%s", gone, more);
    if (*exim_sender())
        fate_fail(f, words);
    else
        text_add(&f->yield, ":blackhole:");
    if (!*exim_sender() && f->run->live)
        run_say("outrider: %s is given up, and there is no sender to tell: %s",
                f->recipient, words);
    free(words);
}

/* ---- marked when it arrived ---- */

static bool fate_marked(struct fate *f)
{
    struct text reason = {0};
    bool marked = mark_reason(f->run->mark, f->recipient, &reason) == 1;
    if (marked)
        fate_fail(f, reason.s);
    text_free(&reason);
    return marked;
}

/* ---- attributes ---- */

static void members_yield(struct fate *f, const struct members *m)
{
    for (int i = 0; i < m->count; i++)
        address_yield(f, m->list[i]);
}

static bool fate_attribute(struct fate *f)
{
    struct attribute_source source = rows_attributes(&f->run->rows);
    struct members m;
    char error[400], *words;
    if (!attribute_address(f->run->settings, f->recipient))
        return false;
    switch (attribute_members(&source, f->recipient, &m, error, sizeof error)) {
    case 1:
        members_yield(f, &m);
        members_free(&m);
        break;
    case 0:
        words = text_format("5.1.1 %s", error);
        fate_fail(f, words);
        free(words);
        break;
    default:
        text_addf(&f->yield, ":defer: attributes: %s", error);
    }
    return true;
}

/* ---- old addresses ---- */

/* The service changes a message's own recipients in their place, when it has
 * seen that there is a new address; it gets some time for it. */
static bool service_comes(const struct run *r, const struct held *was)
{
    int64_t known = r->started - was->known * 1000;
    int64_t silent = r->started - served_last(r->settings, SERVICE_HELD);
    return silent < SERVICE_MS && silent > -SERVICE_MS && !run_has_parent() &&
           (!was->known || (known < SERVICE_MS && known >= 0));
}

/* Since when it could be sent there, in seconds: what was held has not waited
 * for a server. */
static int64_t moved_since(const struct fate *f, const struct held *was)
{
    if (f->relocation.time)
        return f->relocation.time;
    return was && was->known ? was->known : f->run->started / 1000;
}

/* Its new address is known now. */
static void fate_moved(struct fate *f, const struct held *was)
{
    struct run *r = f->run;
    char error[300];
    if (was && r->live &&
        held_known(r->settings, r->id, f->recipient, r->started / 1000, error,
                   sizeof error) == -1)
        run_complain("what is held cannot be noted", error);
    if (was && r->live && service_comes(r, was)) {
        text_addf(&f->yield,
                  ":defer: %s has moved to %s, where it is sent on to in a "
                  "moment",
                  f->recipient, f->relocation.address);
        return;
    }
    address_yield(f, f->relocation.address);
    if (!r->live)
        return;
    run_say("outrider: %s has moved to %s (in the envelope)", f->recipient,
            f->relocation.address);
    moves_add(&r->moves, f->recipient, f->relocation.address,
              f->relocation.time, f->relocation.row)
        ->released = moved_since(f, was);
}

/* An administrator's order, or a time that is over. */
static bool fate_ended(struct fate *f, const struct held *was, int64_t until)
{
    const char *gone = f->relocation.address;
    if (was && was->order == HELD_RETURN) {
        fate_return(f, gone, " (returned by hand)");
        return true;
    }
    if (f->run->started / 1000 < until)
        return false;
    fate_return(f, gone, "");
    return true;
}

static void fate_gone(struct fate *f, const struct held *was)
{
    struct run *r = f->run;
    int64_t received = r->started / 1000 - r->age;
    int64_t until = held_until(r->settings, &f->relocation, received);
    if (!r->live && holding_verifies()) {
        f->declined = true;
        return;
    }
    if (fate_ended(f, was, until))
        return;
    switch (was ? FILTER_NONE : holding_confidential(r)) {
    case FILTER_RETURN:
        fate_return(f, f->relocation.address,
                    "; confidential mail is not held");
        return;
    case FILTER_DROP:
        text_add(&f->yield, ":blackhole:");
        return;
    case FILTER_NONE:
        break;
    }
    text_addf(&f->yield, ":defer: %s is gone, and its new address is not known",
              f->relocation.address);
    if (r->live)
        holding_begin(r, f->recipient, &f->relocation, until);
}

/* The table cannot be had: what is held goes on waiting, all else goes on. */
static void fate_unknown(struct fate *f, const struct held *was,
                         const char *error)
{
    run_complain("old addresses are left as they are", error);
    f->declined = was == NULL;
    if (was)
        text_addf(&f->yield,
                  ":defer: it is held for %s, and the table cannot "
                  "be read",
                  was->gone);
}

static void fate_relocation(struct fate *f, const struct held *was)
{
    struct relocation_source source = rows_relocations(&f->run->rows);
    struct run *r = f->run;
    char error[400];
    int rc = relocation_resolve(&source, r->settings, f->recipient,
                                &f->relocation, error, sizeof error);
    bool late = relocation_expired(&f->relocation, r->settings,
                                   r->started / 1000 - r->age);
    if (f->relocation.loop)
        run_complain("its relocations are a loop, it is left as it is",
                     f->recipient);
    if (rc == -1)
        fate_unknown(f, was, error);
    else if (rc == 0 || late)
        f->declined = true;
    else if (f->relocation.kind == RELOCATION_MOVED)
        fate_moved(f, was);
    else
        fate_gone(f, was);
}

/* An administrator's order: he has a copy; or it goes to this address, or as it
 * is. The mark stays until Exim has finished with the recipient, for this
 * attempt may not be the last. */
static bool fate_ordered(struct fate *f, const struct held *was)
{
    if (was && was->order == HELD_TAKEN) {
        run_say("outrider: %s: taken by hand, not sent", f->recipient);
        text_add(&f->yield, ":blackhole:");
        return true;
    }
    if (!was || was->order != HELD_RELEASE)
        return false;
    f->declined = !*was->to;
    if (*was->to)
        address_yield(f, was->to);
    return true;
}

/* It stands for an address that was held: the service has put it in its
 * place. */
static void fate_arrived(const struct fate *f)
{
    struct run *r = f->run;
    struct held held;
    char since[40];
    for (int i = 0; i < r->moves.count; i++) {
        const struct moved *m = &r->moves.list[i];
        if (!m->released || !text_same_address(m->new, f->recipient) ||
            !holding_find(r, m->old, &held))
            continue;
        clock_stamp(held.since * 1000, since, sizeof since);
        if (text_same_address(m->new, m->old))
            run_say("outrider: %s is released; it was held since %s", m->old,
                    since);
        else
            run_say("outrider: %s has moved to %s; it was held since %s",
                    m->old, m->new, since);
        holding_end(r, m->old);
        held_free(&held);
    }
}

/* An administrator has said that it goes there, whatever the table says: it is
 * in the message. */
static bool fate_released(const struct fate *f)
{
    const struct moves *m = &f->run->moves;
    for (int i = 0; i < m->count; i++)
        if (m->list[i].released &&
            text_same_address(m->list[i].new, f->recipient) &&
            text_same_address(m->list[i].old, f->recipient))
            return true;
    return false;
}

static void fate_decide(struct fate *f)
{
    struct held held, *was = NULL;
    fate_arrived(f);
    if (fate_marked(f) || fate_attribute(f))
        return;
    if (f->run->settings->relocation == TABLE_NONE || fate_released(f)) {
        f->declined = true;
        return;
    }
    if (holding_find(f->run, f->recipient, &held))
        was = &held;
    if (!fate_ordered(f, was))
        fate_relocation(f, was);
    if (was)
        held_free(was);
}

/* For a redirect router, ahead of all that send mail away: the new address;
 * ":defer: ..." while it is not known, ":fail: ..." when it will not be; the
 * members of an attribute address; forced failure (the router declines) for all
 * other addresses. */
EXIM_FUNCTION int outrider_relocated(uchar **yield, int argc, uchar *argv[])
{
    (void)argv;
    (void)argc;
    struct fate f = {.run = run_begin(), .recipient = run_recipient()};
    fate_decide(&f);
    int rc = f.declined ? exim_decline(yield)
                        : exim_yield(yield, text_str(&f.yield));
    relocation_free(&f.relocation);
    text_free(&f.yield);
    free(f.recipient);
    return rc;
}

/* The new address of this one, for an ACL that answers 551 or 251; "" when it
 * has none. */
EXIM_FUNCTION int outrider_new_address(uchar **yield, int argc, uchar *argv[])
{
    struct run *r = run_begin();
    struct relocation_source source = rows_relocations(&r->rows);
    struct relocation found;
    char error[400];
    if (argc != 1)
        return exim_fail(yield, "outrider_new_address wants one address");
    int rc = relocation_resolve(&source, r->settings, (const char *)argv[0],
                                &found, error, sizeof error);
    if (rc == -1)
        run_complain("outrider_new_address", error);
    bool moved = rc == 1 && found.kind == RELOCATION_MOVED;
    int result = exim_yield(yield, moved ? found.address : "");
    relocation_free(&found);
    return result;
}

void relocate_delivered(struct run *r, const char *recipient)
{
    for (int i = 0; i < r->moves.count; i++)
        if (text_same_address(r->moves.list[i].new, recipient) &&
            !text_same_address(r->moves.list[i].old, recipient)) {
            telling_changed(r, &r->moves.list[i]);
            holding_end(r, r->moves.list[i].old);
        }
    holding_end(r, recipient);
}
