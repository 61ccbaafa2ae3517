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
#include "assembly.h"
#include "file.h"
#include "missing.h"

/* Seconds for which it is tried to tell the recipient. */
#define TELL_TIME 3600

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
    int rc = process_submit(&o->exim, w->recipient, mail.s, mail.len);
    if (rc == -1)
        text_error(w->error, sizeof w->error,
                   "%s cannot be told that parts have not come: Exim (-C %s) "
                   "does not take the notice",
                   w->recipient, o->exim.config);
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
        return joining_as_is(
            w, "it is of more parts than are joined (join-parts)");
    switch (parts_note(&w->parts, &w->member, w->o->id, other, w->error,
                       sizeof w->error)) {
    case -1:
        return joining_failed(w);
    case 0:
        return joining_as_is(w, w->error);
    }
    if (*other && same_body(w, other)) {
        printf("joined: it is the same as %s, which has come before\n", other);
        return order_done(w->o);
    }
    if (*other)
        return joining_as_is(
            w, "another part has its number, and is not the same");
    if (too_large(w))
        return joining_all_as_is(
            w, "the whole is larger than what is joined (join-size)");
    if (parts_all(&w->parts)) {
        int rc = assembly_make(w);
        /* What is ready is finished by the next run. */
        if (rc == ASSEMBLY_FAILED &&
            (!too_old(w, 0) || adapting_done(set, w->name)))
            return joining_failed(w);
        if (rc == ASSEMBLY_FAILED)
            return joining_all_as_is(w, w->error);
        if (rc != ASSEMBLY_LATER)
            return rc;
    }
    if (disk_full(w))
        return joining_all_as_is(
            w, "there is too little room on the disk for parts "
               "to wait (join-disk)");
    if (!too_old(w, 0))
        return joining_waits(w);
    if (recipient_tell(w) == 0)
        return joining_as_is(
            w, "the other parts have not come in time (join-time)");
    return too_old(w, TELL_TIME)
               ? joining_as_is(
                     w, "the other parts have not come in time (join-time), "
                        "and nobody could be told")
               : joining_failed(w);
}

/* The whole is on the queue already: its parts are done with, and what else has
 * their numbers is not ours to swallow. */
static int part_done(struct join *w)
{
    if (!parts_has(&w->parts, &w->member, w->o->id))
        return joining_as_is(w, "the message it belongs to was joined before");
    printf("joined: %s\n", "part of a message that was joined");
    return order_done(w->o);
}

static int part_look(struct join *w)
{
    if (parts_open(&w->parts, w->o->settings, &w->member, w->o->header.sender,
                   w->recipient, w->error, sizeof w->error) == -1)
        return joining_failed(w);
    w->name = text_format("join.%s", w->parts.key);
    const struct outbox box = joining_box(w);
    switch (outbox_resume(&box, w->error, sizeof w->error)) {
    case -1:
        return joining_failed(w);
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
    if (order_hopeless(o))
        return joining_as_is(&w, "it has ended this program before");
    switch (member_read(&w.member, &o->message, w.error, sizeof w.error)) {
    case 1:
        rc = part_look(&w);
        break;
    case 0:
        rc = joining_as_is(&w, "it is no part of anything");
        break;
    default:
        rc = joining_failed(&w);
    }
    parts_close(&w.parts);
    member_free(&w.member);
    free(w.name);
    order_sweep(o);
    return rc;
}
