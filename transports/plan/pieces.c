/* pieces: a message in numbered pieces of a file. See pieces.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pieces.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "compress.h"
#include "field.h"
#include "hint.h"
#include "instructions.h"
#include "original.h"
#include "pack.h"
#include "partial.h"
#include "recode.h"
#include "subject.h"

#define HEAD_GROWS 1500 /* bytes, with the fields of original.h */
#define TEXT_MAX                                                               \
    16384 /* of a first text that is shown with the first piece                \
           */

struct cutting {
    struct job *j;
    const struct message *m;
    const struct part *text; /* shown with the first piece; NULL: none */
    struct packed packed;
    struct text head, id, digest;
    int total;
    enum packing packing; /* of a piece by itself (order=split) */
    bool shrinks;         /* pieces may be packed so */
    int shrunk;           /* so many of them are */
};

/* A piece, and the header of its part. */
struct cut {
    struct extent data;
    struct text head;
};

static bool keep_names(const struct field *f, void *context)
{
    (void)context;
    return field_is(f, "Subject") || field_is(f, "Message-ID");
}

/* A part of ours, shown where it stands. */
static void words_add(const struct cutting *c, int number, struct text *out)
{
    text_add(out, "Content-Type: text/plain; charset=us-ascii\n"
                  "Content-Disposition: inline\n\n");
    const struct instructions words = {&c->packed, number, c->total, c->shrunk,
                                       packing_suffix(c->packing)};
    instructions_write(&words, out);
}

/* ---- one message ---- */

static void head_add(const struct cutting *c, int number, struct text *out)
{
    const struct job *j = c->j;
    const char *head = text_str(&c->head);
    partial_outer(head, number, out);
    if (c->total == 1) {
        fields_copy(head, keep_names, NULL, out);
    } else {
        subject_numbered(head, number, c->total, out);
        text_addf(out, "Message-ID: <%s.%d@%s>\n", c->id.s, number, j->host);
    }
    if (number > 1) {
        char *first = text_format("<%s.1@%s>", c->id.s, j->host);
        subject_references(head, first, out);
        free(first);
    }
    text_addf(out,
              "MIME-Version: 1.0\nContent-Type: multipart/mixed; "
              "boundary=\"=_%s\"\n",
              c->id.s);
}

/* "NAME.zip.002"; as wide as all of them, so that names stand in their order.
 */
static void piece_name(const struct cutting *c, int number, struct text *out)
{
    text_add(out, c->packed.name.s);
    if (c->total > 1)
        text_addf(out, ".%0*d", subject_digits(c->total), number);
}

/* The header of the part with the piece. */
static void piece_head(const struct cutting *c, int number, struct text *out)
{
    struct text name = {0}, more = {0};
    piece_name(c, number, &name);
    if (c->total == 1)
        text_add(&more, ";\n\tx-packed=message");
    else
        text_addf(&more,
                  ";\n\tx-piece-id=\"%s@%s\";\n\tx-piece-number=%d; "
                  "x-piece-total=%d;\n\tx-piece-digest=\"%s\"",
                  c->id.s, c->j->host, number, c->total, c->digest.s);
    attachment_fields(c->total == 1 ? c->packed.type
                                    : "application/octet-stream",
                      name.s, more.s, out);
    text_free(&name);
    text_free(&more);
}

static void first_text(const struct cutting *c, struct splice *s)
{
    splice_text(s, "--=_");
    splice_text(s, c->id.s);
    splice_text(s, "\n");
    splice_message(s, c->m, c->text->head, c->text->end);
    splice_text(s, "\n");
}

/* All but the piece itself. */
static void frame_add(const struct cutting *c, int number, const char *piece,
                      struct splice *s)
{
    struct text t = {0};
    if (number == 1 && c->text)
        first_text(c, s);
    text_addf(&t, "--=_%s\n", c->id.s);
    words_add(c, number, &t);
    text_addf(&t, "\n--=_%s\n%s\n", c->id.s, piece);
    splice_text(s, t.s);
    text_free(&t);
}

static void frame_end(const struct cutting *c, struct splice *s)
{
    char *end = text_format("--=_%s--\n", c->id.s);
    splice_text(s, end);
    free(end);
}

/* How many bytes of the file go into a message, with the longest words that it
 * may have. */
static int64_t room(struct cutting *c, int number, int total)
{
    struct outgoing o = {0};
    struct text piece = {0};
    c->total = total;
    c->shrunk = c->shrinks;
    head_add(c, number == 1 ? 1 : 99999, &o.head);
    piece_head(c, number == 1 ? 1 : 99999, &piece);
    frame_add(c, number, piece.s, &o.body);
    frame_end(c, &o.body);
    int64_t left = c->j->limit - outgoing_size(&o) -
                   (total > 1 ? instructions_grow(&c->packed) : 0);
    text_free(&o.head);
    text_free(&piece);
    splice_free(&o.body);
    return left > 0 ? base64_fits(left) : 0;
}

/* 1: *packed is the piece in an archive of its own, and that is worth it. */
static int piece_pack(const struct cutting *c, const char *name,
                      const struct extent *piece, struct extent *packed,
                      char *error, size_t size)
{
    char *own = text_copy(name);
    struct entry e = {own, *piece, c->j->date};
    int fd = workfile_begin(error, size);
    int rc = fd == -1 ? -1 : archive_write(c->packing, &e, 1, fd, error, size);
    free(own);
    if (rc == -1)
        return -1;
    *packed = workfile_end();
    return packed->len <= piece->len / 100 * (100 - c->j->row->gain) &&
           base64_len(packed->len) + HEAD_GROWS <= base64_len(piece->len);
}

/* With order=split a piece that shrinks is compressed by itself: 1, 0, -1. */
static int piece_shrink(const struct cutting *c, int number, struct cut *p,
                        char *error, size_t size)
{
    struct text digest = {0}, fresh = {0}, wrapped = {0}, name = {0};
    struct extent packed;
    piece_name(c, number, &name);
    int rc = piece_pack(c, name.s, &p->data, &packed, error, size);
    if (rc == 1 && bytes_digest(&p->data, &digest) == -1)
        rc = text_error(error, size, "cannot read the message");
    if (rc == 1) {
        text_add(&name, packing_suffix(c->packing));
        attachment_fields(packing_type(c->packing), name.s, "", &fresh);
        original_wrap(ORIGINAL_COMPRESSED, p->head.s, fresh.s, digest.s,
                      &wrapped);
        text_free(&p->head);
        p->head = wrapped;
        p->data = packed;
    }
    text_free(&digest);
    text_free(&fresh);
    text_free(&name);
    return rc;
}

static void message_add(const struct cutting *c, int number,
                        const struct cut *p, struct outgoings *out)
{
    struct outgoing *o = outgoing_add(out);
    head_add(c, number, &o->head);
    frame_add(c, number, p->head.s, &o->body);
    splice_base64(&o->body, &p->data);
    frame_end(c, &o->body);
}

/* ---- all of them ---- */

/* The first text that a mail program would show, to show it here too: a copy,
 * so that a signature over it does not matter. */
static const struct part *text_find(const struct message *m,
                                    const struct structure *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct part *p = &s->list[i];
        if (part_whole(m, p) && p->parent != -1 && !p->attachment &&
            !p->embedded && p->end - p->body <= TEXT_MAX)
            return p;
        if (p->leaf)
            break;
    }
    return NULL;
}

/* How many messages: 0 when it cannot be done, and the refusal says why. */
static int total_count(struct cutting *c, int64_t *first, int64_t *rest)
{
    *first = room(c, 1, 1);
    if (c->packed.file.len <= *first)
        return c->total = 1;
    *first = room(c, 1, 99999);
    if (*first == 0 && c->text) {
        c->text = NULL; /* the pieces matter more */
        *first = room(c, 1, 99999);
    }
    *rest = room(c, 2, 99999);
    if (*first == 0 || *rest == 0) {
        text_add(&c->j->refusal, "the limit leaves no room beside its header");
        return 0;
    }
    int64_t n = 1 + (c->packed.file.len - *first + *rest - 1) / *rest;
    if (n < 2)
        n = 2;
    c->total = n > INT_MAX ? INT_MAX : (int)n;
    return job_too_many(c->j, c->total) ? 0 : c->total;
}

/* All of them, before anything is said of them: the words say which step there
 * is for those that are in archives. */
static int pieces_cut(struct cutting *c, struct cut *list, int64_t first,
                      int64_t rest, char *error, size_t size)
{
    int64_t at = 0, all = c->packed.file.len;
    int rc = 0;
    c->shrunk = 0;
    for (int i = 0; i < c->total && rc != -1; i++) {
        int64_t len = i == 0 ? first : rest;
        list[i].data = c->packed.file;
        list[i].data.from += at;
        list[i].data.len = len < all - at ? len : all - at;
        at += list[i].data.len;
        piece_head(c, i + 1, &list[i].head);
        if (c->total > 1 && c->shrinks)
            rc = piece_shrink(c, i + 1, &list[i], error, size);
        c->shrunk += rc == 1;
    }
    return rc == -1 ? -1 : 0;
}

static int cut(struct cutting *c, struct outgoings *out, char *error,
               size_t size)
{
    int64_t first = 0, rest = 0;
    if (total_count(c, &first, &rest) == 0)
        return 0;
    size_t bytes = (size_t)c->total * sizeof(struct cut);
    struct cut *list = memset(text_alloc(bytes), 0, bytes);
    int rc = pieces_cut(c, list, first, rest, error, size);
    for (int i = 0; i < c->total; i++) {
        if (rc == 0)
            message_add(c, i + 1, &list[i], out);
        text_free(&list[i].head);
    }
    free(list);
    if (rc == 0 && c->total == 1)
        job_report(c->j, "packed as %s", c->packed.name.s);
    else if (rc == 0)
        job_report(c->j, "split into %d pieces of %s", c->total,
                   c->packed.name.s);
    return rc == 0 ? 1 : -1;
}

int pieces_split(struct job *j, const struct message *m,
                 const struct structure *s, struct outgoings *out, char *error,
                 size_t size)
{
    struct cutting c = {.j = j, .m = m, .text = text_find(m, s)};
    c.shrinks =
        j->row->split_first && packing_choose(j->row, 1, &c.packing) == 1;
    if (message_head(m, &c.head) == -1)
        return text_error(error, size, "its header is too large, or has NULs");
    subject_id(j, &c.id);
    int rc = pack_make(j, m, s, j->row->split_first, &c.packed, error, size);
    if (rc == 0)
        rc = bytes_digest(&c.packed.file, &c.digest);
    if (rc == 0)
        rc = cut(&c, out, error, size);
    text_free(&c.head);
    packed_free(&c.packed);
    text_free(&c.id);
    text_free(&c.digest);
    return rc;
}

/* ---- reading one ---- */

static int number_of(GMimeContentType *type, const char *name)
{
    const char *value = g_mime_content_type_get_parameter(type, name);
    return value && strspn(value, "0123456789") == strlen(value) &&
                   strlen(value) < 6
               ? atoi(value)
               : 0;
}

/* "NAME.002": 1, and *stem is NAME. */
static int numbered_name(const char *name, char **stem, int *number)
{
    const char *dot = strrchr(name, '.');
    size_t digits = dot ? strspn(dot + 1, "0123456789") : 0;
    if (!dot || dot == name || digits < 3 || digits > 5 || dot[1 + digits])
        return 0;
    *number = atoi(dot + 1);
    *stem = strndup(name, (size_t)(dot - name));
    return *number > 0;
}

/* Other people's: by the file's name, and the subject. */
static int piece_named(const char *name, const char *subject,
                       struct piece_of *p)
{
    char *stem = NULL;
    int number = 0, said = 0, total = 0;
    if (numbered_name(name, &stem, &number) != 1 ||
        hint_numbered(subject, &said, &total) != 1 || said != number) {
        free(stem);
        return 0;
    }
    *p = (struct piece_of){.id = text_format("%s/%d", stem, total),
                           .name = stem,
                           .digest = text_copy(""),
                           .number = number,
                           .total = total};
    return 1;
}

int piece_read(const char *block, const char *name, const char *subject,
               struct piece_of *p)
{
    struct text value = {0};
    char *stem = NULL;
    int number;
    *p = (struct piece_of){0};
    field_value(block, "Content-Type", &value);
    GMimeContentType *type = g_mime_content_type_parse(NULL, text_str(&value));
    const char *id = g_mime_content_type_get_parameter(type, "x-piece-id");
    const char *digest =
        g_mime_content_type_get_parameter(type, "x-piece-digest");
    if (id && digest) {
        int total = number_of(type, "x-piece-total");
        number = number_of(type, "x-piece-number");
        const char *own = g_mime_content_type_get_parameter(type, "name");
        int ignored;
        if (own && number_of(type, "x-piece-number") > 0 && total >= number &&
            numbered_name(own, &stem, &ignored) == 1)
            *p = (struct piece_of){text_copy(id), stem, text_copy(digest),
                                   number, total};
        else
            free(stem);
    }
    g_object_unref(type);
    text_free(&value);
    return p->id ? 1 : piece_named(name, subject, p);
}

void piece_free(struct piece_of *p)
{
    free(p->id);
    free(p->name);
    free(p->digest);
    *p = (struct piece_of){0};
}

bool piece_packed(const char *block)
{
    struct text value = {0};
    field_value(block, "Content-Type", &value);
    GMimeContentType *type = g_mime_content_type_parse(NULL, text_str(&value));
    const char *packed = g_mime_content_type_get_parameter(type, "x-packed");
    bool is = packed && strcmp(packed, "message") == 0;
    g_object_unref(type);
    text_free(&value);
    return is;
}

static bool words_ours(const struct message *m, const struct part *p)
{
    char begin[INSTRUCTIONS_BEGIN + 1];
    struct extent body = message_extent(m, p->body, p->end);
    int64_t n = extent_read(&body, 0, begin, INSTRUCTIONS_BEGIN);
    begin[n > 0 ? n : 0] = 0;
    return strcmp(p->type, "text/plain") == 0 &&
           strstr(begin, INSTRUCTIONS_MARK);
}

/* Our text stands before it, and before that at most the message's own. */
bool piece_framed(const struct message *m, const struct structure *s,
                  const struct part *p)
{
    ptrdiff_t i = p - s->list;
    bool frame = (i == 2 || i == 3) && i == s->count - 1;
    for (ptrdiff_t k = 1; frame && k <= i; k++)
        frame = s->list[k].leaf && s->list[k].parent == 0;
    return frame && words_ours(m, &s->list[i - 1]);
}
