/* fields: new addresses in the header fields that name recipients. See
 * fields.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "covers.h"
#include "relocation.h"

static const char *const destinations[] = {"To", "Cc", "Resent-To", "Resent-Cc",
                                           "Resent-Bcc"};
static const char *const signatures[] = {"DKIM-Signature",
                                         "ARC-Message-Signature"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* White space before the colon is obsolete, and legal (RFC 5322 4.5.3). */
bool fields_named(const struct field_span *field, const char *name,
                  size_t *body)
{
    size_t n = strlen(name);
    if (field->len <= n || strncasecmp(field->text, name, n) != 0)
        return false;
    while (n < field->len && (field->text[n] == ' ' || field->text[n] == '\t'))
        n++;
    if (n == field->len || field->text[n] != ':')
        return false;
    *body = n + 1;
    return true;
}

static bool signed_field(const struct fields_job *job, const char *name)
{
    size_t body;
    for (int i = 0; i < job->count; i++)
        for (size_t s = 0; s < COUNT(signatures); s++)
            if (fields_named(&job->fields[i], signatures[s], &body) &&
                covers(job->fields[i].text + body, job->fields[i].len - body,
                       name))
                return true;
    return false;
}

#define LINE_MAX_BYTES 998 /* RFC 5322 2.1.1, without the line end */

/* A longer address must not make a line that a server refuses. A line end ahead
 * of a space changes nothing (2.2.3). */
static void lines_fold(struct text *t)
{
    struct text folded = {0};
    const char *line = t->s, *end = t->s + t->len;
    while (line < end) {
        const char *nl = memchr(line, '\n', (size_t)(end - line));
        size_t n = nl ? (size_t)(nl - line) + 1 : (size_t)(end - line), at = n;
        if (n > LINE_MAX_BYTES)
            for (at = LINE_MAX_BYTES; at > 1 && line[at] != ' ';)
                at--;
        bool fold = at > 1 && at < n;
        text_addn(&folded, line, fold ? at : n);
        if (fold)
            text_add(&folded, "\n");
        line += fold ? at : n;
    }
    text_free(t);
    *t = folded;
}

static int field_rewrite(const struct fields_job *job, int i, size_t body,
                         struct text *out)
{
    const struct field_span *f = &job->fields[i];
    text_addn(out, f->text, body);
    return mailbox_rewrite(f->text + body, f->len - body, job->new_of,
                           job->context, out);
}

static int name_rewrite(const struct fields_job *job, const char *name,
                        int *spared)
{
    int replaced = 0, checked = -1;
    for (int i = 0; i < job->count; i++) {
        struct text made = {0};
        size_t body;
        int n = 0;
        if (fields_named(&job->fields[i], name, &body))
            n = field_rewrite(job, i, body, &made);
        if (n > 0 && job->policy == REWRITE_UNSIGNED && checked == -1)
            checked = signed_field(job, name);
        if (n > 0 && checked == 1)
            ++*spared;
        else if (n > 0) {
            lines_fold(&made);
            job->put(i, made.s, made.len, job->context);
            replaced += n;
        }
        text_free(&made);
    }
    return replaced;
}

int fields_rewrite(const struct fields_job *job, int *spared)
{
    int replaced = 0;
    *spared = 0;
    if (job->policy == REWRITE_NEVER)
        return 0;
    for (size_t i = 0; i < COUNT(destinations); i++)
        replaced += name_rewrite(job, destinations[i], spared);
    return replaced;
}

/* Room for twice as many, when there is none left. */
static struct field_span *fields_grow(struct field_span *fields, int n)
{
    size_t room = n > 0 ? (size_t)n * 2 : 1;
    struct field_span *grown = text_alloc(room * sizeof *grown);
    if (n > 0)
        memcpy(grown, fields, (size_t)n * sizeof *grown);
    free(fields);
    return grown;
}

/* RFC 5322 2.2, and white space ahead of the colon (4.5). */
static bool field_begins(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && s[n] > ' ' && s[n] < 127 && s[n] != ':')
        n++;
    bool named = n > 0;
    while (n < len && (s[n] == ' ' || s[n] == '\t'))
        n++;
    return named && n < len && s[n] == ':';
}

int fields_split(const char *block, size_t len, struct field_span **fields)
{
    int n = 0;
    *fields = NULL;
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(block + at, '\n', len - at);
        size_t end = nl ? (size_t)(nl - block) + 1 : len;
        if (n == 0 || field_begins(block + at, end - at)) {
            /* In steps: text_grow() by one would copy a large block often. */
            if ((n & (n - 1)) == 0)
                *fields = fields_grow(*fields, n);
            (*fields)[n++] = (struct field_span){block + at, 0};
        }
        (*fields)[n - 1].len += end - at;
        at = end;
    }
    return n;
}

bool fields_get(const struct field_span *fields, int count, const char *name,
                struct text *out)
{
    size_t body, from = out->len;
    for (int i = 0; i < count; i++) {
        if (!fields_named(&fields[i], name, &body))
            continue;
        text_add(out, "");
        for (; body < fields[i].len; body++) {
            unsigned char ch = (unsigned char)fields[i].text[body];
            bool space = ch <= ' ' || ch == 127;
            if (ch != '\r' && ch != '\n' && !(space && out->len == from))
                text_addn(out, space ? " " : &fields[i].text[body], 1);
        }
        while (out->len > from && out->s[out->len - 1] == ' ')
            text_cut(out, out->len - 1);
        return true;
    }
    return false;
}

struct moved *moves_add(struct moves *m, const char *old, const char *new,
                        int64_t time, const char *row)
{
    struct text key = {0};
    if (relocation_key(old, &key) == -1)
        text_add(&key, old);
    m->list = text_grow(m->list, m->count, sizeof *m->list);
    m->list[m->count++] = (struct moved){key.s, text_copy(old), text_copy(new),
                                         time,  text_copy(row), 0};
    m->sorted = false;
    return &m->list[m->count - 1];
}

static int by_key(const void *a, const void *b)
{
    const struct moved *x = a, *y = b;
    return strcmp(x->key, y->key);
}

const struct moved *moves_find(struct moves *m, const char *old)
{
    struct text key = {0};
    struct moved *found = NULL;
    if (m->count > 0 && relocation_key(old, &key) == 0) {
        struct moved wanted = {.key = key.s};
        if (!m->sorted)
            qsort(m->list, (size_t)m->count, sizeof *m->list, by_key);
        m->sorted = true;
        found = bsearch(&wanted, m->list, (size_t)m->count, sizeof *m->list,
                        by_key);
    }
    text_free(&key);
    return found;
}

int64_t moves_released(const struct moves *m, const char *recipient)
{
    int64_t released = 0;
    for (int i = 0; i < m->count; i++)
        if (m->list[i].released > released &&
            text_same_address(m->list[i].new, recipient))
            released = m->list[i].released;
    return released;
}

void moves_free(struct moves *m)
{
    for (int i = 0; i < m->count; i++) {
        free(m->list[i].key);
        free(m->list[i].old);
        free(m->list[i].new);
        free(m->list[i].row);
    }
    free(m->list);
    *m = (struct moves){0};
}
