/* partial: message/partial (RFC 2046 5.2.2). See partial.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "partial.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "recode.h"
#include "subject.h"

#define BLOCK 65536

/* ---- which fields go where ---- */

bool partial_inner(const char *name, size_t len)
{
    struct field f = {name, len, len};
    return field_begins(&f, "Content-") || field_is(&f, "Subject") ||
           field_is(&f, "Message-ID") || field_is(&f, "Encrypted") ||
           field_is(&f, "MIME-Version");
}

static bool keep_outer(const struct field *f, void *context)
{
    (void)context;
    return f->name_len > 0 && !partial_inner(f->s, f->name_len);
}

static bool keep_inner(const struct field *f, void *context)
{
    (void)context;
    return f->name_len > 0 && partial_inner(f->s, f->name_len);
}

void partial_outer(const char *head, int number, struct text *out)
{
    for (struct field f; field_next(&head, &f);)
        if (keep_outer(&f, NULL) &&
            (number == 1 || !field_is(&f, "References")))
            text_addn(out, f.s, f.len);
}

void partial_head(const char *outer, const char *inner, struct text *out)
{
    fields_copy(outer, keep_outer, NULL, out);
    fields_copy(inner, keep_inner, NULL, out);
}

/* ---- splitting ---- */

/* What is being split: the enclosed header fields and a blank line, then the
 * body, a line at a time. */
struct cut {
    const struct message *m;
    const char *inner;
    bool broken; /* the body cannot be read */
    int64_t at;  /* in the body, where the next fragment begins */
};

/* How far a fragment may go from `at` on, so that it has no more than `wire`
 * bytes on the wire and ends with a line. 0: the next line alone is longer. */
static int64_t lines_fit(const struct message *m, int64_t at, int64_t wire)
{
    char buffer[BLOCK];
    int64_t used = 0, good = 0, line = 0;
    struct extent rest = message_extent(m, at, m->len);
    for (int64_t from = 0, n; from < rest.len; from += n) {
        n = extent_read(&rest, from, buffer, sizeof buffer);
        if (n <= 0)
            return -1;
        for (int64_t i = 0; i < n; i++) {
            line++;
            if (buffer[i] != '\n')
                continue;
            used += line + 1;
            if (used > wire)
                return good;
            good += line;
            line = 0;
        }
        if (used + line > wire)
            return good;
    }
    return good + line; /* the last line may have no end */
}

static bool eight_bit(const struct extent *e, const char *inner)
{
    struct bytes b;
    for (const char *p = inner; *p; p++)
        if ((unsigned char)*p > 127)
            return true;
    return bytes_look(e, &b) == 0 && b.eight_bit > 0;
}

/* The header of one fragment, with numbers as wide as they may become. */
static void fragment_head(const struct job *j, const char *outer,
                          const char *inner, const char *id, int number,
                          int total, struct text *out)
{
    struct text name = {0};
    partial_outer(outer, number, out);
    if (number > 1) {
        char *first = text_format("<%s.1@%s>", id, j->host);
        subject_references(outer, first, out);
        free(first);
    }
    subject_numbered(inner, number, total, out);
    text_addf(out, "Message-ID: <%s.%d@%s>\n", id, number, j->host);
    text_add(out, "MIME-Version: 1.0\n");
    text_addf(out, "Content-Type: message/partial; id=\"%s@%s\";\n", id,
              j->host);
    text_addf(out, "\tnumber=%d; total=%d", number, total);
    /* For who has to join them by hand; joiners take no notice. */
    subject_file(inner, id, &name);
    text_addf(&name, ".eml.%0*d", subject_digits(total), number);
    field_parameter("name", name.s, out);
    text_add(out, "\nContent-Disposition: attachment");
    field_parameter("filename", name.s, out);
    text_addf(out,
              "\nContent-Description: part %d of %d of a message: save all "
              "parts and join them\n",
              number, total);
    text_free(&name);
}

#define WIDEST 99999 /* a number that is as wide as any */

static int64_t head_size(const struct job *j, const char *outer,
                         const char *inner, const char *id)
{
    struct outgoing o = {0};
    fragment_head(j, outer, inner, id, WIDEST, WIDEST, &o.head);
    text_add(&o.head, "Content-Transfer-Encoding: 8bit\n");
    int64_t size = outgoing_size(&o);
    text_free(&o.head);
    return size;
}

/* One fragment's body; false: the next line does not fit. */
static bool fragment_add(struct cut *c, int64_t wire, struct outgoings *out)
{
    struct splice body = {0};
    if (out->count == 0) {
        splice_text(&body, c->inner);
        splice_text(&body, "\n");
    }
    int64_t len = lines_fit(c->m, c->at, wire - splice_wire(&body));
    c->broken = len == -1;
    if (len <= 0 && c->at < c->m->len) {
        splice_free(&body);
        return false;
    }
    splice_message(&body, c->m, c->at, c->at + len);
    outgoing_add(out)->body = body;
    c->at += len;
    return true;
}

/* RFC 2046 5.2.2 wants 7bit. What is signed cannot be made that, and an 8bit
 * fragment is better than none. */
static void coding_add(const struct cut *c, int i, struct outgoing *o)
{
    struct piece *body = &o->body.list[o->body.count - 1];
    if (eight_bit(&body->extent, i == 0 ? c->inner : ""))
        text_add(&o->head, "Content-Transfer-Encoding: 8bit\n");
}

int partial_split(struct job *j, const struct message *m, struct outgoings *out,
                  char *error, size_t size)
{
    struct text head = {0}, inner = {0}, id = {0};
    int rc = 1;
    if (message_head(m, &head) == -1)
        return text_error(error, size, "its header is too large, or has NULs");
    fields_copy(text_str(&head), keep_inner, NULL, &inner);
    subject_id(j, &id);
    struct cut c = {m, text_str(&inner), false, m->body};
    int64_t wire = j->limit - head_size(j, text_str(&head), c.inner, id.s);
    while (rc == 1 && (c.at < m->len || out->count == 0)) {
        if (wire <= 0 || c.at == m->len || !fragment_add(&c, wire, out)) {
            text_add(&j->refusal, "its header, or a line of it, is too long");
            rc = c.broken ? text_error(error, size, "cannot read the message")
                          : 0;
        } else if (job_too_many(j, out->count))
            rc = 0;
    }
    for (int i = 0; rc == 1 && i < out->count; i++) {
        fragment_head(j, text_str(&head), c.inner, id.s, i + 1, out->count,
                      &out->list[i].head);
        coding_add(&c, i, &out->list[i]);
    }
    if (rc == 1)
        job_report(j, "split into %d message/partial", out->count);
    text_free(&head);
    text_free(&inner);
    text_free(&id);
    return rc;
}

/* ---- reading one ---- */

static int parameter_number(GMimeContentType *type, const char *name)
{
    const char *value = g_mime_content_type_get_parameter(type, name);
    char *end;
    long n = value ? strtol(value, &end, 10) : 0;
    return value && end > value && !*end && n > 0 && n <= WIDEST ? (int)n : 0;
}

int fragment_read(const char *head, struct fragment *f)
{
    struct text value = {0};
    *f = (struct fragment){0};
    if (field_value(head, "Content-Type", &value) != 1)
        return 0;
    GMimeContentType *type = g_mime_content_type_parse(NULL, value.s);
    const char *id = g_mime_content_type_get_parameter(type, "id");
    if (g_mime_content_type_is_type(type, "message", "partial") && id && *id) {
        f->id = text_copy(id);
        f->number = parameter_number(type, "number");
        f->total = parameter_number(type, "total");
    }
    bool said = g_mime_content_type_get_parameter(type, "total") != NULL;
    bool good =
        f->number > 0 && (said ? f->total > 0 && f->number <= f->total : true);
    g_object_unref(type);
    text_free(&value);
    if (!good)
        fragment_free(f);
    return good;
}

void fragment_free(struct fragment *f)
{
    free(f->id);
    *f = (struct fragment){0};
}
