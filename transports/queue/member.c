/* member: which part of what a message is. See member.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "member.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "field.h"
#include "original.h"
#include "partial.h"
#include "pieces.h"
#include "recode.h"
#include "structure.h"

static void piece_take(struct member *p, struct piece_of *piece,
                       const struct part *part, const char *packed)
{
    *p = (struct member){.kind = MEMBER_PIECE,
                         .id = piece->id,
                         .number = piece->number,
                         .total = piece->total,
                         .name = piece->name,
                         .digest = piece->digest,
                         .part = *part,
                         .packed = packed ? text_copy(packed) : NULL};
    p->part.type = p->part.name = NULL; /* the structure's */
    *piece = (struct piece_of){0};
}

static int part_read(struct member *p, const struct message *m,
                     const struct structure *s, const struct part *part,
                     const char *subject)
{
    struct text block = {0}, was = {0}, digest = {0};
    struct piece_of piece = {0};
    int rc = part->leaf && part->name && !part->sealed &&
             part_head(m, part, &block) == 0;
    bool packed = rc == 1 && original_digest(text_str(&block), &digest) == 1;
    if (packed)
        original_unwrap(ORIGINAL_COMPRESSED, block.s, &was);
    if (rc == 1)
        rc = piece_read(packed ? text_str(&was) : text_str(&block), part->name,
                        subject, &piece);
    /* What was attached to another message is of that one. */
    if (rc == 1 &&
        (part->embedded || (*piece.digest && !piece_framed(m, s, part)))) {
        piece_free(&piece);
        rc = 0;
    }
    if (rc == 1)
        piece_take(p, &piece, part, packed ? text_str(&digest) : NULL);
    text_free(&block);
    text_free(&was);
    text_free(&digest);
    return rc;
}

/* A piece that was compressed by itself (order=split): what it was. */
static int piece_unpack(const struct member *p, const struct settings *set,
                        int64_t left, struct extent *data, char *error,
                        size_t size)
{
    struct archive_limits limits = {left, set->expand_ratio, 1,
                                    (int64_t)set->expand_size << 20};
    struct entries e = {.fd = -1};
    struct text digest = {0};
    int left_out = 0;
    int rc = archive_read(data, &limits, "piece", &e, &left_out, error, size);
    if (rc == 1 && (e.count != 1 || bytes_digest(&e.list[0].data, &digest) ||
                    strcmp(text_str(&digest), p->packed) != 0)) {
        text_error(error, size, "part %d is not what it was", p->number);
        rc = 0;
    }
    int fd = rc == 1 ? workfile_begin(error, size) : -1;
    if (fd != -1 && extent_copy(&e.list[0].data, fd, error, size) == 0)
        *data = workfile_end();
    else if (rc == 1)
        rc = -1;
    text_free(&digest);
    entries_free(&e);
    return rc;
}

int member_data(const struct member *p, const struct message *m,
                const struct settings *set, int64_t *left, struct extent *out,
                char *error, size_t size)
{
    int rc = 1;
    if (p->kind == MEMBER_FRAGMENT)
        *out = message_extent(m, m->body, m->len);
    else
        rc = part_content(m, &p->part, out, error, size);
    if (rc == 0)
        text_error(error, size, "part %d cannot be decoded", p->number);
    if (rc == 1 && p->packed)
        rc = piece_unpack(p, set, *left, out, error, size);
    if (rc == 1 && out->len > *left) {
        text_error(error, size,
                   "the whole is larger than what is joined "
                   "(join-size)");
        rc = 0;
    }
    if (rc == 1)
        *left -= out->len;
    return rc;
}

/* Other people's pieces say nothing of what they belong to but a file's name,
 * which a nightly job uses each night: those of one day (UTC) are one file. */
static void foreign_identify(struct member *p, const char *head)
{
    struct text date = {0};
    char *day = NULL;
    if (field_value(head, "Date", &date) == 1) {
        GDateTime *when = g_mime_utils_header_decode_date(date.s);
        GDateTime *utc = when ? g_date_time_to_utc(when) : NULL;
        day = utc ? g_date_time_format(utc, "%F") : NULL;
        if (utc)
            g_date_time_unref(utc);
        if (when)
            g_date_time_unref(when);
    }
    char *id = text_format("%s/%s", p->id, day ? day : "-");
    g_free(day);
    text_free(&date);
    free(p->id);
    p->id = id;
}

static int piece_find(struct member *p, const struct message *m,
                      const char *head, char *error, size_t size)
{
    struct text subject = {0};
    struct structure s;
    int rc = structure_read(&s, m, error, size) == -1 ? -1 : 0;
    field_value(head, "Subject", &subject);
    for (int i = 0; i < s.count && rc == 0; i++)
        rc = part_read(p, m, &s, &s.list[i], text_str(&subject));
    if (rc == 1 && !member_ours(p))
        foreign_identify(p, head);
    structure_free(&s);
    text_free(&subject);
    return rc;
}

int member_read(struct member *p, const struct message *m, char *error,
                size_t size)
{
    struct text head = {0};
    struct fragment f;
    *p = (struct member){0};
    if (message_head(m, &head) == -1)
        return text_error(error, size, "its header is too large, or has NULs");
    int rc = fragment_read(text_str(&head), &f);
    if (rc == 1)
        *p = (struct member){.kind = MEMBER_FRAGMENT,
                             .id = f.id,
                             .number = f.number,
                             .total = f.total,
                             .name = text_copy(""),
                             .digest = text_copy("")};
    else
        rc = piece_find(p, m, text_str(&head), error, size);
    text_free(&head);
    return rc;
}

void member_free(struct member *p)
{
    free(p->id);
    free(p->name);
    free(p->digest);
    free(p->packed);
    *p = (struct member){0};
}

bool member_ours(const struct member *p)
{
    return p->kind == MEMBER_PIECE && *p->digest;
}
