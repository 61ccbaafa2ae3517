/* content: the readable text of a message. See content.h.
 *
 * An entity (RFC 2045 2.4) is a header and a body: the message, a part of a
 * multipart, an attached message. The body was read whole, each entity is a
 * span of it and each decoded text takes the place of its encoded form, which
 * is never shorter. So nesting costs time for each level, and no memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "content.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "decode.h"

struct content {
    struct text *out;
    struct charsets charsets;
};

struct span {
    char *s;
    size_t n;
};

/* What its two fields say of an entity. */
struct entity {
    struct text type, boundary, charset, encoding;
};

static void entity_text(struct content *c, struct span s, const char *type,
                        int depth);

static void span_skip(struct span *s, size_t n)
{
    s->s += n;
    s->n -= n;
}

/* The length of the line, its end included. */
static size_t line_length(const struct span *s)
{
    const char *end = s->n > 0 ? memchr(s->s, '\n', s->n) : NULL;
    return end ? (size_t)(end - s->s) + 1 : s->n;
}

static bool span_begins(const struct span *s, const char *with, size_t n)
{
    return s->n >= n && memcmp(s->s, with, n) == 0;
}

/* Without the line end that it ends with. */
static void span_chop(struct span *s)
{
    s->n -= s->n > 0 && s->s[s->n - 1] == '\n';
    s->n -= s->n > 0 && s->s[s->n - 1] == '\r';
}

/* ---------------------------------------------------------- field values -- */

/* White space, and comments, which may nest (RFC 2045 5.1, RFC 5322 3.2.2). */
static const char *space_skip(const char *p)
{
    int depth = 0;
    for (; *p; p++) {
        if (*p == '\\' && depth > 0 && p[1])
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && depth > 0)
            depth--;
        else if (depth == 0 && !isspace((unsigned char)*p))
            break;
    }
    return p;
}

/* A quoted string, or all up to one of `stops`: what senders forget to quote
 * has characters that RFC 2045 5.1 forbids (boundary=----=_Part). */
static const char *word_read(const char *p, const char *stops, struct text *out)
{
    if (*p != '"') {
        size_t n = strcspn(p, stops);
        text_addn(out, p, n);
        return p + n;
    }
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1])
            p++;
        if (*p != '\r' && *p != '\n')
            text_addn(out, p, 1);
    }
    return *p ? p + 1 : p;
}

static const char *parameter_read(const char *p, struct entity *e)
{
    struct text name = {0}, value = {0};
    p = word_read(p, " \t\r\n;=", &name);
    p = space_skip(p);
    if (*p == '=') {
        for (p++; isspace((unsigned char)*p);)
            p++;
        p = word_read(p, " \t\r\n;", &value);
    }
    struct text *to = text_same(text_str(&name), "boundary")  ? &e->boundary
                      : text_same(text_str(&name), "charset") ? &e->charset
                                                              : NULL;
    if (to && to->len == 0)
        text_add(to, text_str(&value));
    text_free(&name);
    text_free(&value);
    return p;
}

/* e->type and e->encoding are the values of the fields, and become the words
 * that these begin with. */
static void entity_read(struct entity *e)
{
    struct text type = e->type, encoding = e->encoding;
    const char *p = space_skip(text_str(&type));
    e->type = e->encoding = (struct text){0};
    p = word_read(p, " \t\r\n;(", &e->type);
    while (*(p = space_skip(p + strspn(p, ";"))))
        p = *p == ';' ? p + 1 : parameter_read(p, e);
    word_read(space_skip(text_str(&encoding)), " \t\r\n;(", &e->encoding);
    /* A boundary does not end with a space (RFC 2046 5.1.1): it was added. */
    while (e->boundary.len > 0 &&
           isspace((unsigned char)e->boundary.s[e->boundary.len - 1]))
        text_cut(&e->boundary, e->boundary.len - 1);
    text_free(&type);
    text_free(&encoding);
}

static void entity_free(struct entity *e)
{
    text_free(&e->type);
    text_free(&e->boundary);
    text_free(&e->charset);
    text_free(&e->encoding);
}

/* --------------------------------------------------------------- headers -- */

/* The length of the name of the field that starts here; 0 when none does. */
static size_t field_name(const struct span *s)
{
    size_t n = 0, colon;
    while (n < s->n && s->s[n] > ' ' && s->s[n] < 127 && s->s[n] != ':')
        n++;
    for (colon = n; colon < s->n && isblank((unsigned char)s->s[colon]);)
        colon++;
    return colon < s->n && s->s[colon] == ':' ? n : 0;
}

/* Takes the field, with all its lines, off the span. */
static struct span field_take(struct span *s)
{
    struct span field = *s;
    do
        span_skip(s, line_length(s));
    while (s->n > 0 && (*s->s == ' ' || *s->s == '\t'));
    field.n -= s->n;
    return field;
}

/* To the first line that is no field; where a header has two of a name, the
 * first counts. A message may have its mailbox's "From " line. */
static void header_take(struct span *s, struct entity *e)
{
    if (span_begins(s, "From ", 5) || span_begins(s, ">From ", 6))
        span_skip(s, line_length(s));
    for (size_t name; (name = field_name(s)) > 0;) {
        struct span field = field_take(s);
        struct text *to = NULL;
        if (name == 12 && strncasecmp(field.s, "Content-Type", 12) == 0)
            to = &e->type;
        if (name == 25 &&
            strncasecmp(field.s, "Content-Transfer-Encoding", 25) == 0)
            to = &e->encoding;
        span_skip(&field, name);
        span_skip(&field, strcspn(field.s, ":") + 1);
        if (to && to->len == 0)
            text_addn(to, field.s, field.n);
    }
    if (span_begins(s, "\n", 1) || span_begins(s, "\r\n", 2))
        span_skip(s, line_length(s));
}

/* -------------------------------------------------------------- entities -- */

/* An unknown encoding is none: the bytes may be text all the same. */
static void span_decode(struct span *s, const struct text *encoding)
{
    if (text_same(text_str(encoding), "base64"))
        s->n = decode_base64(s->s, s->n);
    else if (text_same(text_str(encoding), "quoted-printable"))
        s->n = decode_quoted(s->s, s->n);
}

static void part_text(struct content *c, const struct entity *e, struct span s)
{
    span_decode(&s, &e->encoding);
    if (s.n == 0)
        return;
    if (c->out->len > 0)
        text_add(c->out, "\n");
    decode_add(c->out, charset_find(&c->charsets, text_str(&e->charset)), s.s,
               s.n);
}

/* RFC 2046 5.1.1: white space may follow. *last: no part comes after it. */
static bool delimiter_is(struct span line, const struct text *boundary,
                         bool *last)
{
    if (!span_begins(&line, "--", 2))
        return false;
    span_skip(&line, 2);
    if (!span_begins(&line, text_str(boundary), boundary->len))
        return false;
    span_skip(&line, boundary->len);
    *last = span_begins(&line, "--", 2);
    return *last || line.n == 0 || isspace((unsigned char)*line.s);
}

/* Takes what is ahead of the next delimiter, whose line end before it is its
 * own, and the delimiter off `rest`; or all there is. */
static bool delimiter_next(const struct text *boundary, struct span *rest,
                           struct span *before, bool *last)
{
    bool found = false;
    *before = *rest;
    while (rest->n > 0 && !found) {
        struct span line = {rest->s, line_length(rest)};
        found = delimiter_is(line, boundary, last);
        before->n = (size_t)(line.s - before->s) + (found ? 0 : line.n);
        span_skip(rest, line.n);
    }
    if (found)
        span_chop(before);
    return found;
}

/* false when there is no part: the boundary is missing, or is another. */
static bool multipart_text(struct content *c, const struct entity *e,
                           struct span s, int depth)
{
    /* RFC 2046 5.1.5 */
    const char *type = text_same(text_str(&e->type), "multipart/digest")
                           ? "message/rfc822"
                           : "";
    struct span part;
    bool last = false;
    if (e->boundary.len == 0 ||
        !delimiter_next(&e->boundary, &s, &part, &last) || last)
        return false;
    while (!last && s.n > 0) {
        delimiter_next(&e->boundary, &s, &part, &last);
        entity_text(c, part, type, depth + 1);
    }
    return true;
}

/* Not to be encoded is the rule (RFC 2046 5.2.1), and some only say it is. */
static void message_text(struct content *c, const struct entity *e,
                         struct span s, int depth)
{
    if (field_name(&s) == 0 || !text_same(text_str(&e->encoding), "base64"))
        span_decode(&s, &e->encoding);
    entity_text(c, s, "", depth + 1);
}

/* RFC 2045 5.2: a type that is none is text. */
static void body_text(struct content *c, const struct entity *e, struct span s,
                      int depth)
{
    const char *type = text_str(&e->type);
    bool multipart = strncasecmp(type, "multipart/", 10) == 0;
    bool message =
        text_same(type, "message/rfc822") || text_same(type, "message/global");
    if (multipart && depth < CONTENT_DEPTH && multipart_text(c, e, s, depth))
        return;
    if (message && depth < CONTENT_DEPTH)
        message_text(c, e, s, depth);
    else if (multipart || message || !strchr(type, '/') ||
             strncasecmp(type, "text/", 5) == 0)
        part_text(c, e, s);
}

static void entity_text(struct content *c, struct span s, const char *type,
                        int depth)
{
    struct entity e = {0};
    header_take(&s, &e);
    if (e.type.len == 0)
        text_add(&e.type, type);
    entity_read(&e);
    body_text(c, &e, s, depth);
    entity_free(&e);
}

/* --------------------------------------------------------------- message -- */

static int body_read(int fd, off_t from, size_t max, struct text *body)
{
    char buffer[16384];
    while (body->len < max) {
        size_t want = max - body->len;
        want = want < sizeof buffer ? want : sizeof buffer;
        ssize_t n = pread(fd, buffer, want, from + (off_t)body->len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        text_addn(body, buffer, (size_t)n);
    }
    return 0;
}

/* NULs become spaces, CRLF becomes LF. */
static void text_clean(struct text *t)
{
    size_t len = 0;
    for (size_t i = 0; i < t->len; i++) {
        while (t->s[i] == '\n' && len > 0 && t->s[len - 1] == '\r')
            len--;
        t->s[len++] = t->s[i] ? t->s[i] : ' ';
    }
    text_cut(t, len);
}

int content_text(const char *content_type, const char *encoding, int fd,
                 off_t from, size_t max, struct text *out)
{
    struct content c = {.out = out};
    struct text body = {0};
    struct entity e = {0};
    text_add(out, "");
    text_cut(out, 0);
    int rc = body_read(fd, from, max, &body);
    if (rc == 0) {
        text_add(&e.type, content_type);
        text_add(&e.encoding, encoding);
        entity_read(&e);
        body_text(&c, &e, (struct span){body.s, body.len}, 0);
        charsets_close(&c.charsets);
        text_clean(out);
        rc = out->len > 0;
    }
    entity_free(&e);
    text_free(&body);
    return rc;
}
