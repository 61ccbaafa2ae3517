/* join: `adapt join`. See join.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapting.h"
#include "field.h"
#include "file.h"
#include "hint.h"
#include "mark.h"
#include "missing.h"
#include "outbox.h"
#include "partial.h"
#include "parts.h"
#include "plan.h"
#include "whole.h"

#define TELL_TIME                                                              \
    3600 /* seconds for which it is tried to tell the recipient                \
          */

/* One part that has come, or has been tried again. */
struct join {
    struct order *o;
    const char *recipient;
    struct member member;
    struct parts parts;
    char *name; /* of the work, in the outbox */
    bool stuck; /* Exim could not be started */
    char error[400];
};

static struct outbox box_of(const struct join *w)
{
    return (struct outbox){w->o->settings, w->name, w->o->queue};
}

/* ---- ways to end ---- */

static int failed(const struct join *w)
{
    return order_error(EX_TEMPFAIL, "%s", w->error);
}

/* `exim -C FILE`, in FILE's directory, which is not ours. */
static bool config_lost(const struct join *w)
{
    return *w->o->exim.config != '/';
}

/* For the log, behind what would have begun at once. */
static const char *stuck(const struct join *w)
{
    if (!w->stuck)
        return "";
    return config_lost(w) ? " (by the next queue run: Exim's configuration "
                            "file has no full path)"
                          : " (by the next queue run: no process could be "
                            "made)";
}

/* The router delivers it as it is from now on. */
static int as_is_one(struct join *w, const char *id, const char *why)
{
    struct order *o = w->o;
    int rc = adapting_note(o->settings, id, w->recipient, ADAPTING_AS_IS, why,
                           w->error, sizeof w->error);
    if (rc == 1 && process_rerun(&o->exim, o->queue, id) == -1)
        w->stuck = true;
    return rc;
}

static int as_is(struct join *w, const char *why)
{
    char *words = text_copy(why); /* it may be w->error */
    int rc = as_is_one(w, w->o->id, words);
    if (rc != -1) {
        parts_forget(&w->parts, w->o->id);
        order_error(0, "it is delivered as it came: %s%s", words, stuck(w));
    }
    free(words);
    return rc == -1 ? failed(w) : EX_TEMPFAIL;
}

/* Nothing that comes can make a whole of them any more. */
static int all_as_is(struct join *w, const char *why)
{
    char *words = text_copy(why);
    for (int i = 1; i <= parts_highest(&w->parts); i++) {
        const char *id = w->parts.ids[i];
        if (!id || strcmp(id, w->o->id) == 0)
            continue;
        if (as_is_one(w, id, words) == -1) {
            free(words);
            return failed(w);
        }
        parts_forget(&w->parts, id);
    }
    int rc = as_is(w, words);
    free(words);
    return rc;
}

static int waits(struct join *w)
{
    struct order *o = w->o;
    char *words =
        text_format("join.%s part %d of %d waits, %d are there", w->parts.key,
                    w->member.number, w->parts.total, parts_count(&w->parts));
    int rc = adapting_note(o->settings, o->id, w->recipient, ADAPTING_WAITS,
                           words, w->error, sizeof w->error);
    if (rc == 1)
        order_error(0, "%s", words + strcspn(words, " ") + 1);
    free(words);
    return rc == -1 ? failed(w) : EX_TEMPFAIL;
}

/* ---- the last one has come ---- */

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

/* Where this run ends before its work is on the queue, the router finds by this
 * that the work is to be finished, whatever the row says then. */
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
    const struct outbox box = box_of(w);
    const char *const recipients[] = {w->recipient, NULL};
    int rc = like_read(w, &like, &directory);
    if (rc == 1 && last_note(w) == -1)
        rc = -1;
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
        printf("joined: %d parts as %s%s\n", w->parts.total, ids.s, stuck(w));
    }
    spool_header_free(&like);
    text_free(&directory);
    text_free(&mark);
    text_free(&ids);
    return rc == 1 ? order_done(o) : failed(w);
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

/* An exit code, or JOIN_LATER: one of them has gone meanwhile. */
#define JOIN_LATER (-1)

static int join_all(struct join *w)
{
    struct order *o = w->o;
    struct whole whole;
    struct job j = {
        .settings = o->settings, .row = &o->row, .host = o->host, .id = o->id};
    int rc = 1;
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
        rc = all_as_is(w, w->error);
    else
        rc = rc == PART_GONE ? JOIN_LATER : failed(w);
    whole_free(&whole);
    text_free(&j.report);
    text_free(&j.refusal);
    return rc;
}

/* ---- limits ---- */

static int64_t body_size(const struct join *w, const char *id)
{
    struct text directory = {0};
    struct stat st = {0};
    if (spool_find(w->o->settings->spool, id, &directory) == 1) {
        text_addf(&directory, "/%s-D", id);
        if (stat(directory.s, &st) == -1)
            st.st_size = 0;
    }
    text_free(&directory);
    return st.st_size;
}

/* What waits is on Exim's spool. */
static bool disk_full(const struct join *w)
{
    struct statvfs disk;
    const struct settings *set = w->o->settings;
    return statvfs(set->spool, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize >> 20 <
               (uint64_t)set->join_disk;
}

static bool too_large(const struct join *w)
{
    int64_t sum = 0;
    for (int i = 1; i <= w->parts.total; i++)
        if (w->parts.ids[i])
            sum += body_size(w, w->parts.ids[i]);
    return sum >> 20 >= w->o->settings->join_size;
}

static bool too_old(const struct join *w, int more)
{
    int64_t age = clock_now() / 1000 - w->o->header.received;
    return age >= w->o->settings->join_time + (int64_t)more;
}

static int notice_send(struct join *w)
{
    const struct order *o = w->o;
    struct text head = {0}, mail = {0};
    message_head(&o->message, &head);
    const struct missing m = {.settings = o->settings,
                              .host = o->host,
                              .recipient = w->recipient,
                              .sender = o->header.sender,
                              .head = text_str(&head),
                              .total = w->parts.total,
                              .there = parts_count(&w->parts)};
    missing_write(&m, &mail);
    int rc = config_lost(w)
                 ? -1
                 : process_submit(&o->exim, w->recipient, mail.s, mail.len);
    if (rc == -1)
        text_error(w->error, sizeof w->error,
                   "%s cannot be told that parts have not come: Exim%s",
                   w->recipient,
                   config_lost(w) ? "'s configuration file has no full path"
                                  : " does not take the notice");
    text_free(&head);
    text_free(&mail);
    return rc;
}

/* Once for all of its parts: 0; -1 he does not know. */
static int recipient_tell(struct join *w)
{
    char error[300];
    char *path = text_format("%s/told", w->parts.directory.s);
    int rc = access(path, F_OK) == 0 ? 0 : 1;
    if (rc == 1 && (rc = notice_send(w)) == 0) {
        int fd = file_create(path, geteuid(), getegid(), error, sizeof error);
        if (fd != -1)
            close(fd);
    }
    free(path);
    return rc;
}

/* ---- a part ---- */

/* Bodies that are equal, to the byte. */
static bool same_body(struct join *w, const char *other)
{
    struct spool_header h;
    struct text directory = {0};
    struct message m = {0};
    const struct message *mine = &w->o->message;
    bool same = false;
    if (spool_message_read(w->o->settings->spool, other, &h, &directory,
                           w->error, sizeof w->error) == 1 &&
        !spool_header_done(&h, w->recipient) &&
        order_message(&h, directory.s, &m, w->error, sizeof w->error) == 0) {
        struct extent a = message_extent(mine, mine->body, mine->len);
        struct extent b = message_extent(&m, m.body, m.len);
        same = extent_same(&a, &b);
    }
    message_free(&m);
    spool_header_free(&h);
    text_free(&directory);
    return same;
}

static int part_take(struct join *w)
{
    char other[SPOOL_ID_MAX];
    const struct settings *set = w->o->settings;
    if (w->member.total > set->join_parts || w->member.number > set->join_parts)
        return as_is(w, "it is of more parts than are joined (join-parts)");
    switch (parts_note(&w->parts, &w->member, w->o->id, other, w->error,
                       sizeof w->error)) {
    case -1:
        return failed(w);
    case 0:
        return as_is(w, w->error);
    }
    if (*other && same_body(w, other)) {
        printf("joined: it is the same as %s, which has come before\n", other);
        return order_done(w->o);
    }
    if (*other)
        return as_is(w, "another part has its number, and is not the same");
    if (too_large(w))
        return all_as_is(w,
                         "the whole is larger than what is joined (join-size)");
    if (parts_all(&w->parts)) {
        int rc = join_all(w);
        if (rc != JOIN_LATER)
            return rc;
    }
    if (disk_full(w))
        return all_as_is(w, "there is too little room on the disk for parts "
                            "to wait (join-disk)");
    if (!too_old(w, 0))
        return waits(w);
    if (recipient_tell(w) == 0)
        return as_is(w, "the other parts have not come in time (join-time)");
    return too_old(w, TELL_TIME)
               ? as_is(w, "the other parts have not come in time (join-time), "
                          "and nobody could be told")
               : failed(w);
}

/* The whole is on the queue already: its parts are done with, and what else has
 * their numbers is not ours to swallow. */
static int part_done(struct join *w)
{
    if (!parts_has(&w->parts, &w->member, w->o->id))
        return as_is(w, "the message it belongs to was joined before");
    printf("joined: %s\n", "part of a message that was joined");
    return order_done(w->o);
}

static int part_look(struct join *w)
{
    if (parts_open(&w->parts, w->o->settings, &w->member, w->o->header.sender,
                   w->recipient, w->error, sizeof w->error) == -1)
        return failed(w);
    w->name = text_format("join.%s", w->parts.key);
    const struct outbox box = box_of(w);
    switch (outbox_resume(&box, w->error, sizeof w->error)) {
    case -1:
        return failed(w);
    case 1:
        return part_done(w);
    default:
        parts_read(&w->parts);
        return part_take(w);
    }
}

int join_run(struct order *o)
{
    struct join w = {.o = o, .recipient = o->recipients[0]};
    w.parts.lock = -1;
    int rc = order_open(o);
    if (rc != 0)
        return rc;
    switch (member_read(&w.member, &o->message, w.error, sizeof w.error)) {
    case 1:
        rc = part_look(&w);
        break;
    case 0:
        rc = as_is(&w, "it is no part of anything");
        break;
    default:
        rc = failed(&w);
    }
    parts_close(&w.parts);
    member_free(&w.member);
    free(w.name);
    order_sweep(o);
    return rc;
}
