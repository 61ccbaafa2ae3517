/* whole: a message put together from all of its parts. See whole.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "whole.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "compress.h"
#include "edit.h"
#include "field.h"
#include "hint.h"
#include "media.h"
#include "pack.h"
#include "partial.h"
#include "recode.h"
#include "structure.h"

/* Twice what Exim takes (header_maxsize): nobody splits such a message. */
#define HEAD_MOST (2 << 20)

/* ---- one part after the other ---- */

static int first_take(struct whole *w, struct message *m,
                      const struct member *p, char *error, size_t size)
{
    w->fd = temp_file(error, size);
    w->first = *m;
    w->piece = *p;
    w->piece.id = text_copy(p->id);
    w->piece.name = text_copy(p->name);
    w->piece.digest = text_copy(p->digest);
    w->piece.packed = NULL;
    *m = (struct message){0};
    return w->fd == -1 || message_head(&w->first, &w->outer) == -1 ? -1 : 0;
}

/* ---- other people's pieces ---- */

#define BESIDE_MAX 100 /* parts that may stand beside a piece */

/* What else the message holds: a digest of each part, a line each. 0: it cannot
 * be taken apart, or nobody's letter holds so much. */
static int beside_read(const struct message *m, const struct member *p,
                       struct text *out, char *error, size_t size)
{
    struct structure s;
    int rc = structure_read(&s, m, error, size), count = 0;
    for (int i = 0; i < s.count && rc == 1; i++) {
        struct extent content;
        const struct part *part = &s.list[i];
        if (!part->leaf || part->head == p->part.head)
            continue;
        if (++count > BESIDE_MAX) {
            text_error(error, size, "more than %d parts stand beside a piece",
                       BESIDE_MAX);
            rc = 0;
            break;
        }
        rc = part_content(m, part, &content, error, size);
        if (rc == 1 && content.len > 0) {
            rc = bytes_digest(&content, out) == 0 ? 1 : -1;
            text_add(out, "\n");
        }
    }
    structure_free(&s);
    return rc;
}

/* Of the others only the pieces come into the whole: so they may hold nothing
 * that the first one does not hold too. */
static bool all_in(const char *some, const char *all)
{
    for (const char *p = some; *p; p += strcspn(p, "\n") + 1) {
        char *line = strndup(p, strcspn(p, "\n") + 1);
        bool in = strstr(all, line) != NULL;
        free(line);
        if (!in)
            return false;
    }
    return true;
}

static int beside_check(struct whole *w, const struct message *m,
                        const struct member *p, char *error, size_t size)
{
    struct text beside = {0};
    int rc = beside_read(m, p, &beside, error, size);
    if (rc == 1 && p->number == 1)
        text_add(&w->beside, text_str(&beside));
    else if (rc == 1 && !all_in(text_str(&beside), text_str(&w->beside))) {
        text_error(error, size, "part %d holds more than its piece", p->number);
        rc = 0;
    }
    text_free(&beside);
    return rc;
}

void whole_begin(struct whole *w, const struct settings *set)
{
    *w = (struct whole){.settings = set, .left = (int64_t)set->join_size << 20};
}

int whole_add(struct whole *w, struct message *m, char *error, size_t size)
{
    struct member p;
    int rc = member_read(&p, m, error, size);
    if (rc != 1)
        return rc;
    struct extent data = {0};
    rc = member_data(&p, m, w->settings, &w->left, &data, error, size);
    if (rc == 1 && p.kind == MEMBER_PIECE && !member_ours(&p))
        rc = beside_check(w, m, &p, error, size);
    if (rc == 1 && w->fd == 0)
        rc = first_take(w, m, &p, error, size) == -1 ? -1 : 1;
    if (rc == 1 && extent_copy(&data, w->fd, error, size) == -1)
        rc = -1;
    member_free(&p);
    message_free(m);
    return rc;
}

void whole_free(struct whole *w)
{
    outgoings_free(&w->messages);
    if (w->fd > 0)
        close(w->fd);
    text_free(&w->outer);
    text_free(&w->beside);
    message_free(&w->first);
    message_free(&w->inner);
    member_free(&w->piece);
    *w = (struct whole){0};
}

/* ---- what they make ---- */

/* RFC 2046 5.2.2.1 also for what pack.h has packed: who has written the inner
 * header is not known, so From: and the like are those of the outer one, which
 * was checked on arrival. */
static int end_inner(struct whole *w, char *error, size_t size)
{
    struct text inner = {0};
    if (message_head(&w->inner, &inner) == -1)
        return text_error(error, size, "its header is too large, or has NULs"),
               0;
    struct outgoing *o = outgoing_add(&w->messages);
    partial_head(text_str(&w->outer), text_str(&inner), &o->head);
    splice_message(&o->body, &w->inner, w->inner.body, w->inner.len);
    text_free(&inner);
    if (o->head.len > HEAD_MOST)
        return text_error(error, size, "its header is too large"), 0;
    return 1;
}

char *whole_subject(char *subject)
{
    int number, total;
    char *open = strrchr(subject, '(');
    char *bracket = strrchr(subject, '[');
    size_t len = strlen(subject);
    open = bracket > open ? bracket : open;
    if (open && strchr(")]", subject[len - 1]) &&
        hint_numbered(open, &number, &total) == 1)
        *open = 0;
    return text_trim(subject);
}

static void subject_whole(const char *head, struct text *out)
{
    struct text value = {0};
    fields_without(head, "Subject", out);
    if (field_value(head, "Subject", &value) == 1)
        text_addf(out, "Subject: %s\n", whole_subject(value.s));
    text_free(&value);
}

/* A file of somebody's: an attachment of the first message. */
static int end_file(struct whole *w, const struct extent *file, char *error,
                    size_t size)
{
    struct text head = {0}, name = {0}, block = {0};
    struct edits edits = {0};
    struct splice splice = {0};
    archive_name(w->piece.name, &name);
    attachment_fields(media_type(name.s), name.s, "", &head);
    text_add(&head, "\n");
    edits_add(&edits, w->piece.part.head, w->piece.part.end, text_copy(head.s),
              file, true);
    int rc = edits_splice(&edits, &w->first, &splice);
    if (rc == 0)
        rc = splice_make(&splice, &w->inner, error, size);
    if (rc == 0 && message_head(&w->inner, &block) == 0) {
        struct outgoing *o = outgoing_add(&w->messages);
        subject_whole(text_str(&block), &o->head);
        splice_message(&o->body, &w->inner, w->inner.body, w->inner.len);
    }
    text_free(&head);
    text_free(&name);
    text_free(&block);
    edits_free(&edits);
    splice_free(&splice);
    return rc == -1 ? -1 : w->messages.count;
}

static struct archive_limits limits_of(const struct settings *set, bool ours)
{
    return (struct archive_limits){(int64_t)set->join_size << 20,
                                   set->expand_ratio, set->expand_count,
                                   ours ? (int64_t)set->expand_size << 20 : 0};
}

/* Ours: a packed message, or the message itself. 0: it is neither. */
static int packed_open(struct whole *w, struct job *j,
                       const struct extent *file, char *error, size_t size)
{
    struct archive_limits limits = limits_of(j->settings, true);
    struct entries files = {.fd = -1};
    int left = 0, kind;
    if (archive_kind(file, &kind) != 1) {
        int fd = w->fd;
        if (!bytes_message(file))
            return 0;
        w->fd = 0;
        return message_take(&w->inner, fd, error, size) == -1 ? -1 : 1;
    }
    int rc =
        archive_read(file, &limits, w->piece.name, &files, &left, error, size);
    if (rc == 1)
        rc = pack_undo(&files, &w->inner, error, size);
    entries_free(&files);
    return rc;
}

/* Only an archive shows whether its pieces belong together: it can be opened.
 */
static int archive_whole(const struct whole *w, const struct job *j,
                         const struct extent *file, char *error, size_t size)
{
    struct archive_limits limits = limits_of(j->settings, false);
    struct entries files = {.fd = -1};
    int left, kind;
    if (archive_kind(file, &kind) != 1)
        return text_error(error, size, "%s is no archive", w->piece.name), 0;
    int rc =
        archive_read(file, &limits, w->piece.name, &files, &left, error, size);
    entries_free(&files);
    return rc;
}

static bool digest_right(const struct whole *w, const struct extent *file)
{
    struct text is = {0};
    bool right = bytes_digest(file, &is) == 0 &&
                 strcmp(text_str(&is), w->piece.digest) == 0;
    text_free(&is);
    return right;
}

static int end_pieces(struct whole *w, struct job *j, char *error, size_t size)
{
    struct extent file = temp_extent(w->fd);
    int rc = 0;
    if (!member_ours(&w->piece)) {
        rc = archive_whole(w, j, &file, error, size);
        return rc == 1 ? end_file(w, &file, error, size) : rc;
    }
    if (!digest_right(w, &file))
        return text_error(error, size, "the digest of the whole is wrong"), 0;
    rc = packed_open(w, j, &file, error, size);
    if (rc == 1)
        return end_inner(w, error, size);
    return rc == -1 ? -1 : end_file(w, &file, error, size);
}

/* RFC 2046 5.2.2: the first part begins with the header of what was split,
 * which may be empty. */
static bool head_good(const struct message *m)
{
    struct text head = {0};
    bool good = m->body > m->head_len && message_head(m, &head) == 0;
    const char *block = text_str(&head);
    for (struct field f; good && field_next(&block, &f);)
        good = f.name_len > 0;
    text_free(&head);
    return good;
}

int whole_end(struct whole *w, struct job *j, char *error, size_t size)
{
    if (w->piece.kind == MEMBER_PIECE)
        return end_pieces(w, j, error, size);
    int fd = w->fd;
    w->fd = 0;
    if (message_take(&w->inner, fd, error, size) == -1)
        return -1;
    if (!head_good(&w->inner))
        return text_error(error, size, "the parts hold no message"), 0;
    return end_inner(w, error, size);
}
