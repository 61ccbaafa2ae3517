/* join: `adapt join`. See join.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapting.h"
#include "file.h"
#include "mark.h"
#include "outbox.h"
#include "parts.h"
#include "whole.h"

/* One part that has come, or has been tried again. */
struct join {
    struct order *o;
    const char *recipient;
    struct member member;
    struct parts parts;
    char *name; /* of the work, in the outbox */
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

/* The router delivers it as it is from now on. */
static int as_is_one(struct join *w, const char *id, const char *why)
{
    struct order *o = w->o;
    int rc = adapting_note(o->settings, id, w->recipient, ADAPTING_AS_IS, why,
                           w->error, sizeof w->error);
    if (rc == 1)
        process_rerun(&o->exim, o->queue, id);
    return rc;
}

static int as_is(struct join *w, const char *why)
{
    char *words = text_copy(why); /* it may be w->error */
    int rc = as_is_one(w, w->o->id, words);
    if (rc != -1) {
        parts_forget(&w->parts, w->o->id);
        order_error(0, "it is delivered as it came: %s", words);
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
static void all_run(const struct join *w, const char *whole)
{
    struct text ids = {0};
    text_addf(&ids, "%s\n", whole);
    for (int i = 1; i <= w->parts.total; i++)
        if (strcmp(w->parts.ids[i], w->o->id) != 0)
            text_addf(&ids, "%s\n", w->parts.ids[i]);
    process_rerun_all(&w->o->exim, w->o->queue, ids.s);
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

static int whole_put(struct join *w, const struct whole *whole)
{
    struct order *o = w->o;
    struct text ids = {0}, mark = {0};
    struct spool_header like;
    struct text directory = {0};
    const struct outbox box = box_of(w);
    const char *const recipients[] = {w->recipient, NULL};
    int rc = like_read(w, &like, &directory);
    if (rc == 1) {
        text_add(&mark, like.mark);
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
        printf("joined: %d parts as %s\n", w->parts.total, ids.s);
        all_run(w, ids.s);
    }
    spool_header_free(&like);
    text_free(&directory);
    text_free(&mark);
    text_free(&ids);
    return rc == 1 ? order_done(o) : failed(w);
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

static bool too_large(const struct join *w)
{
    int64_t sum = 0;
    for (int i = 1; i <= w->parts.total; i++)
        if (w->parts.ids[i])
            sum += body_size(w, w->parts.ids[i]);
    return sum >> 20 >= w->o->settings->join_size;
}

static bool too_old(const struct join *w)
{
    int64_t age = clock_now() / 1000 - w->o->header.received;
    return age >= w->o->settings->join_time;
}

static void told_write(const struct join *w, struct text *out)
{
    text_addf(out, "To: %s\nSubject: Parts of a message have not come\n",
              w->recipient);
    text_add(out, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
                  "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: 8bit\n\n");
    text_addf(out, "A message from <%s> was sent to you in ",
              w->o->header.sender);
    if (w->parts.total > 0)
        text_addf(out, "%d ", w->parts.total);
    text_addf(out,
              "parts.\n%d of them have come so far, and the others were waited "
              "for ",
              parts_count(&w->parts));
    duration_print(w->o->settings->join_time, out);
    text_add(out, ".\nWhat has come is delivered to you as it came. Ask the "
                  "sender to send the\nmessage again.\n");
}

/* Once for all of its parts. */
static void recipient_tell(struct join *w)
{
    struct text mail = {0};
    char *path = text_format("%s/told", w->parts.directory.s);
    told_write(w, &mail);
    if (access(path, F_OK) == -1 &&
        process_submit(&w->o->exim, w->recipient, mail.s, mail.len) == 0) {
        int fd =
            file_create(path, geteuid(), getegid(), w->error, sizeof w->error);
        if (fd != -1)
            close(fd);
    }
    text_free(&mail);
    free(path);
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
    if (!too_old(w))
        return waits(w);
    recipient_tell(w);
    return as_is(w, "the other parts have not come in time (join-time)");
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
