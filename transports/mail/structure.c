/* structure: the parts of a message. See structure.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "structure.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "field.h"
#include "recode.h"

#define PART_HEAD_MAX (1 << 20)

/* What one look at the tree needs. */
struct walk {
    struct structure *s;
    bool good;
};

struct place {
    int parent;
    bool sealed, embedded;
};

static void walk_object(struct walk *w, GMimeObject *o, struct place at,
                        int64_t head);

static int64_t headers_begin(GMimeObject *o)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(o);
    if (g_mime_header_list_get_count(list) == 0)
        return -1;
    return g_mime_header_get_offset(g_mime_header_list_get_header_at(list, 0));
}

/* What stands there twice has no meaning that all readers agree on. */
static enum coding coding_of(GMimeObject *o)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(o);
    enum coding coding = CODING_AS_IS;
    int found = 0;
    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(list, i);
        const char *value = g_mime_header_get_raw_value(h);
        if (g_ascii_strcasecmp(g_mime_header_get_name(h),
                               "Content-Transfer-Encoding") != 0)
            continue;
        coding = coding_parse(value ? value : "");
        found++;
    }
    return found > 1 ? CODING_OTHER : coding;
}

static bool type_seals(const char *type)
{
    return strcmp(type, "multipart/signed") == 0 ||
           strcmp(type, "multipart/encrypted") == 0 ||
           strcmp(type, "application/pkcs7-mime") == 0 ||
           strcmp(type, "application/x-pkcs7-mime") == 0;
}

static struct part *part_add(struct walk *w, GMimeObject *o, struct place at)
{
    struct structure *s = w->s;
    s->list = text_grow(s->list, s->count, sizeof *s->list);
    struct part *p = &s->list[s->count++];
    char *type =
        g_mime_content_type_get_mime_type(g_mime_object_get_content_type(o));
    *p = (struct part){.parent = at.parent, .embedded = at.embedded};
    p->type = g_ascii_strdown(type, -1);
    p->sealed = at.sealed || type_seals(p->type);
    g_free(type);
    return p;
}

/* Not what a mail program shows in its place: a text without a name. */
static bool is_attachment(GMimeObject *o, const struct part *p)
{
    const char *d = g_mime_object_get_disposition(o);
    if (d && g_ascii_strcasecmp(d, "attachment") == 0)
        return true;
    return p->name || strncmp(p->type, "text/", 5) != 0;
}

static void walk_leaf(struct walk *w, GMimeObject *o, struct place at,
                      int64_t head)
{
    struct part *p = part_add(w, o, at);
    const char *name = g_mime_part_get_filename((GMimePart *)o);
    GMimeDataWrapper *content = g_mime_part_get_content((GMimePart *)o);
    GMimeStream *stream =
        content ? g_mime_data_wrapper_get_stream(content) : NULL;
    p->leaf = stream && head != -1;
    p->name = name && *name ? text_copy(name) : NULL;
    p->coding = coding_of(o);
    p->attachment = is_attachment(o, p);
    if (!p->leaf)
        return;
    p->head = head;
    p->body = stream->bound_start;
    p->end = stream->bound_end;
    w->good = w->good && p->body >= p->head && p->end >= p->body;
}

/* A signature over the body, made before the message came to us. */
static const char *const seals[] = {"DKIM-Signature", "ARC-Message-Signature"};

static bool head_seals(const char *head)
{
    for (struct field f; field_next(&head, &f);)
        if (field_is(&f, seals[0]) || field_is(&f, seals[1]))
            return true;
    return false;
}

static bool message_seals(GMimeMessage *m)
{
    return g_mime_object_get_header((GMimeObject *)m, seals[0]) ||
           g_mime_object_get_header((GMimeObject *)m, seals[1]);
}

static void walk_message(struct walk *w, GMimeObject *o, struct place at)
{
    GMimeMessage *m = g_mime_message_part_get_message((GMimeMessagePart *)o);
    part_add(w, o, at);
    at.parent = w->s->count - 1;
    at.sealed = w->s->list[at.parent].sealed;
    at.embedded = true;
    GMimeObject *inner = m ? g_mime_message_get_mime_part(m) : NULL;
    if (!inner)
        return;
    at.sealed = at.sealed || message_seals(m);
    int64_t a = headers_begin((GMimeObject *)m), b = headers_begin(inner);
    walk_object(w, inner, at, a == -1 || (b != -1 && b < a) ? b : a);
}

static void walk_multipart(struct walk *w, GMimeObject *o, struct place at)
{
    GMimeMultipart *m = (GMimeMultipart *)o;
    part_add(w, o, at);
    at.parent = w->s->count - 1;
    at.sealed = w->s->list[at.parent].sealed;
    for (int i = 0; i < g_mime_multipart_get_count(m); i++) {
        GMimeObject *part = g_mime_multipart_get_part(m, i);
        walk_object(w, part, at, headers_begin(part));
    }
}

/* GMime goes no deeper than 1024 levels. */
static void walk_object(struct walk *w, GMimeObject *o, struct place at,
                        int64_t head)
{
    if (GMIME_IS_MULTIPART(o))
        walk_multipart(w, o, at);
    else if (GMIME_IS_MESSAGE_PART(o))
        walk_message(w, o, at);
    else if (GMIME_IS_PART(o))
        walk_leaf(w, o, at, head);
    else
        part_add(w, o, at); /* message/partial: a fragment of something */
}

/* ---- is it worth a look? ---- */

/* What GMime would have to keep in memory, guessed from above: lines that may
 * be boundaries, and what may be header fields, of parts and of messages that
 * are attached. A block of lines that begins like a header behind another one
 * may be that of an attached message. */
struct bulk {
    enum { IN_HEADER, BEHIND_HEADER, IN_BODY } at;
    int boundaries, fields;
    int64_t bytes;   /* of header fields */
    int64_t listed;  /* commas and semicolons of this field */
    int64_t squares; /* of those: a list of addresses takes that time */
};

#define LINE_SEEN 80 /* bytes of a line */

/* A name and a colon, or a name whose end is not seen. */
static bool field_like(const char *line, size_t seen, int64_t len)
{
    size_t n = 0;
    while (n < seen && line[n] > ' ' && line[n] < 127 && line[n] != ':')
        n++;
    if (n == 0)
        return false;
    while (n < seen && (line[n] == ' ' || line[n] == '\t'))
        n++;
    return n < seen ? line[n] == ':' : len > (int64_t)seen;
}

/* The first bytes of a line, how many it has, and how many of separators. */
static void line_count(struct bulk *b, const char *line, size_t seen,
                       int64_t len, int64_t listed)
{
    if (seen >= 2 && line[0] == '-' && line[1] == '-') {
        b->boundaries++;
        b->at = IN_HEADER;
        return;
    }
    if (b->at == BEHIND_HEADER)
        b->at = field_like(line, seen, len) ? IN_HEADER : IN_BODY;
    if (b->at != IN_HEADER)
        return;
    b->bytes += len + 1;
    if (seen == 0 || (line[0] != ' ' && line[0] != '\t')) {
        b->fields += seen > 0;
        b->squares += b->listed * b->listed;
        b->listed = 0;
    }
    b->listed += listed;
    if (len == 0)
        b->at = BEHIND_HEADER;
}

static int64_t separators(const char *p, int64_t len)
{
    int64_t n = 0;
    for (int64_t i = 0; i < len; i++)
        n += p[i] == ',' || p[i] == ';';
    return n;
}

static bool bulk_read(struct bulk *b, const struct extent *e)
{
    char buffer[MESSAGE_BLOCK], begin[LINE_SEEN];
    int64_t len = 0, listed = 0; /* of a line that began in the block before */
    for (int64_t at = 0, n; at < e->len; at += n) {
        n = extent_read(e, at, buffer, sizeof buffer);
        if (n <= 0)
            return false;
        for (const char *p = buffer, *end = buffer + n, *line_end; p < end;
             p = line_end + 1) {
            line_end = memchr(p, '\n', (size_t)(end - p));
            int64_t more = (line_end ? line_end : end) - p;
            if (len < LINE_SEEN)
                memcpy(
                    begin + len, p,
                    (size_t)(more < LINE_SEEN - len ? more : LINE_SEEN - len));
            len += more;
            if (b->at != IN_BODY)
                listed += separators(p, more);
            if (!line_end)
                break;
            line_count(b, begin, (size_t)(len < LINE_SEEN ? len : LINE_SEEN),
                       len, listed);
            len = listed = 0;
        }
    }
    return true;
}

bool structure_fits(const struct extent *e)
{
    struct bulk b = {.at = IN_HEADER};
    bool read = bulk_read(&b, e);
    b.squares += b.listed * b.listed;
    return read && b.squares <= STRUCTURE_SQUARES &&
           b.boundaries < STRUCTURE_PARTS && b.fields <= STRUCTURE_FIELDS &&
           b.bytes <= STRUCTURE_HEADERS;
}

static int parse(struct structure *s, const struct message *m)
{
    struct walk w = {s, true};
    int fd = dup(m->fd);
    lseek(fd, 0, SEEK_SET);
    GMimeStream *stream = g_mime_stream_fs_new(fd);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    GMimeObject *top = message ? g_mime_message_get_mime_part(message) : NULL;
    if (top)
        walk_object(&w, top, (struct place){.parent = -1}, 0);
    if (message)
        g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    return top && w.good;
}

int structure_read(struct structure *s, const struct message *m, char *error,
                   size_t size)
{
    struct text head = {0}, version = {0};
    *s = (struct structure){0};
    if (message_head(m, &head) == -1)
        return text_error(error, size, "its header is too large, or has NULs");
    s->sealed = head_seals(text_str(&head));
    s->mime = field_value(text_str(&head), "MIME-Version", &version) == 1;
    text_free(&head);
    text_free(&version);
    const struct structure whole = *s;
    /* Whatever its type says: GMime may read that in another way. */
    struct extent all = message_extent(m, 0, m->len);
    if (structure_fits(&all) && parse(s, m) == 1)
        return 1;
    structure_free(s);
    *s = whole;
    return 0;
}

void structure_free(struct structure *s)
{
    for (int i = 0; i < s->count; i++) {
        free(s->list[i].name);
        g_free(s->list[i].type);
    }
    free(s->list);
    *s = (struct structure){0};
}

int part_head(const struct message *m, const struct part *p, struct text *out)
{
    int64_t len = p->body - p->head;
    if (len < 0 || len > PART_HEAD_MAX)
        return -1;
    char *s = text_alloc((size_t)len + 1);
    struct extent head = message_extent(m, p->head, p->body);
    bool good = extent_read(&head, 0, s, (size_t)len) == len &&
                !memchr(s, 0, (size_t)len);
    /* The blank line is not the block's. */
    if (good && len > 0 && s[len - 1] == '\n' &&
        (len == 1 || s[len - 2] == '\n'))
        len--;
    if (good)
        text_addn(out, s, (size_t)len);
    free(s);
    return good ? 0 : -1;
}

bool part_whole(const struct message *m, const struct part *p)
{
    char before[2] = "";
    struct extent two = message_extent(m, p->body - 2, p->body);
    return p->leaf && p->end > p->body && p->body - 2 >= p->head &&
           extent_read(&two, 0, before, 2) == 2 && before[0] == '\n' &&
           before[1] == '\n';
}
