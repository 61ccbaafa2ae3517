/* release: held mail sent on. See release.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "release.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "mark.h"

#define HEADER_MAX (64 << 20) /* bytes of a -H file */
#define LOCK_MS 10000         /* a delivery is waited for so long */
#define VARIABLE "_outrider_mark"

void released_free(struct released *done)
{
    moves_free(&done->moves);
}

/* ---- the variable ---- */

/* The variables of the file but the mark, whose value goes to *mark. A value
 * may hold lines that look like variables, so it is passed over whole. */
static void variables_copy(const char *p, const char *end, struct text *mark,
                           struct text *out)
{
    char name[64];
    text_add(mark, "");
    while (p < end) {
        size_t n = strcspn(p, "\n") + 1, length = 0;
        char *line = strndup(p, n - 1);
        bool has_value = spool_variable(line, name, &length) == 1;
        free(line);
        if (n + length + has_value > (size_t)(end - p))
            n = (size_t)(end - p), length = 0, has_value = false;
        if (has_value && strcmp(name, "m" VARIABLE) == 0)
            text_addn(mark, p + n, length);
        else
            text_addn(out, p, n + length + has_value);
        p += n + length + has_value;
    }
}

static void variable_add(const struct text *mark, struct text *out)
{
    text_addf(out, "--aclm " VARIABLE " %zu\n", mark->len);
    text_addn(out, mark->s, mark->len);
    text_add(out, "\n");
}

/* ---- recipients ---- */

static void recipients_add(const struct spool_header *h, struct moves *moves,
                           struct released *done, struct text *mark,
                           struct text *out)
{
    text_addf(out, "%d\n", h->count);
    for (int i = 0; i < h->count; i++) {
        const struct spool_recipient *r = &h->recipients[i];
        const struct moved *m = spool_header_done(h, r->address)
                                    ? NULL
                                    : moves_find(moves, r->address);
        if (!m) {
            text_addf(out, "%s\n", r->line);
            continue;
        }
        text_addf(out, "%s%s\n", m->new, r->line + strlen(r->address));
        mark_moved(mark, m);
        moves_add(&done->moves, m->old, m->new, m->time, m->row)->released =
            m->released;
    }
}

/* ---- header fields ---- */

struct spooled_field {
    char letter;
    struct text changed; /* its new text, when it has one */
};

struct spooled {
    struct field_span *spans;
    struct spooled_field *fields;
    int count;
    struct moves *moves;
};

static void spooled_parse(struct spooled *s, const char *p)
{
    char *end;
    p += *p == '\n';
    for (unsigned long n; (n = strtoul(p, &end, 10), end > p) && *end &&
                          end[1] == ' ' && n <= strlen(end + 2);
         p = end + 2 + n) {
        s->spans = text_grow(s->spans, s->count, sizeof *s->spans);
        s->fields = text_grow(s->fields, s->count, sizeof *s->fields);
        s->fields[s->count].letter = *end;
        s->spans[s->count++] =
            (struct field_span){end + 2, *end == '*' ? 0 : n};
    }
}

static char *spooled_new(const char *address, void *context)
{
    const struct spooled *s = context;
    const struct moved *m = moves_find(s->moves, address);
    return m ? text_copy(m->new) : NULL;
}

static void spooled_put(int i, const char *text, size_t len, void *context)
{
    struct spooled *s = context;
    text_addn(&s->fields[i].changed, text, len);
}

static void spooled_free(struct spooled *s)
{
    for (int i = 0; i < s->count; i++)
        text_free(&s->fields[i].changed);
    free(s->fields);
    free(s->spans);
}

static void fields_add(const struct spool_header *h, struct moves *moves,
                       enum rewrite_headers policy, struct released *done,
                       struct text *out)
{
    struct spooled s = {.moves = moves};
    spooled_parse(&s, h->headers);
    struct fields_job job = {s.spans,     s.count,     policy,
                             spooled_new, spooled_put, &s};
    done->replaced = fields_rewrite(&job, &done->spared);
    const char *from = h->headers;
    for (int i = 0; i < s.count; i++) {
        const struct text *t = &s.fields[i].changed;
        if (t->len == 0)
            continue;
        /* What stands between the last change and this field's length. */
        const char *start = s.spans[i].text - 2;
        while (start > from && start[-1] != '\n')
            start--;
        text_addn(out, from, (size_t)(start - from));
        text_addf(out, "%03zu%c %s", t->len, s.fields[i].letter, t->s);
        from = s.spans[i].text + s.spans[i].len;
    }
    text_add(out, from);
    spooled_free(&s);
}

/* ---- the file ---- */

int release_text(const char *text, size_t len, struct moves *moves,
                 enum rewrite_headers policy, struct released *done,
                 struct text *out, char *error, size_t size)
{
    struct spool_header h = {0};
    struct text recipients = {0}, mark = {0};
    char *copy = text_copy(text);
    *done = (struct released){0};
    int rc = strlen(text) != len
                 ? text_error(error, size, "it holds a zero byte")
                 : spool_header_parse(copy, &h, error, size);
    free(copy);
    if (rc != 1)
        return -1;
    text_addn(out, text, h.variables_at);
    variables_copy(text + h.variables_at, text + h.tree_at, &mark, out);
    recipients_add(&h, moves, done, &mark, &recipients);
    if (mark.len > 0)
        variable_add(&mark, out);
    text_addn(out, text + h.tree_at, h.recipients_at - h.tree_at);
    text_add(out, recipients.s);
    fields_add(&h, moves, policy, done, out);
    text_free(&recipients);
    text_free(&mark);
    spool_header_free(&h);
    return done->moves.count > 0;
}

/* What of the message's recipients that wait has a new address. */
static int moves_ask(const struct release *r, const char *path,
                     struct moves *moves, char *error, size_t size)
{
    struct spool_header h;
    int rc = spool_header_read(path, &h, error, size);
    for (int i = 0; rc == 1 && i < h.count; i++) {
        const char *recipient = h.recipients[i].address;
        int64_t time = 0;
        char *new = spool_header_done(&h, recipient)
                        ? NULL
                        : r->new_of(recipient, &time, r->context);
        if (new)
            moves_add(moves, recipient, new, time, recipient)->released =
                r->now;
        free(new);
    }
    if (rc == 1)
        spool_header_free(&h);
    return rc;
}

static int locked_release(const struct release *r, const char *directory,
                          const char *id, struct released *done, char *error,
                          size_t size)
{
    struct moves moves = {0};
    struct text text = {0}, made = {0};
    char *path = text_format("%s/%s-H", directory, id);
    int rc = spool_journal(directory, id)
                 ? text_error(error, size, "its last delivery was cut off")
                 : moves_ask(r, path, &moves, error, size);
    if (rc == 1 && moves.count == 0)
        rc = 0;
    if (rc == 1)
        rc = file_read(path, HEADER_MAX, &text, error, size);
    if (rc == 1)
        rc =
            release_text(text.s, text.len, &moves, r->settings->rewrite_headers,
                         done, &made, error, size);
    if (rc == 1 &&
        spool_header_replace(directory, id, &made, error, size) == -1) {
        rc = -1;
        released_free(done);
        *done = (struct released){0};
    }
    moves_free(&moves);
    text_free(&text);
    text_free(&made);
    free(path);
    return rc;
}

int release_message(const struct release *r, const char *id,
                    struct released *done, char *error, size_t size)
{
    struct text directory = {0};
    int fd, rc = spool_find(r->settings->spool, id, &directory);
    *done = (struct released){0};
    if (rc == 1)
        rc = spool_lock(directory.s, id, LOCK_MS, &fd);
    if (rc == 1) {
        rc = locked_release(r, directory.s, id, done, error, size);
        close(fd);
    } else if (rc == -1)
        text_error(error, size,
                   "%s: a delivery of it is under way, or its files cannot be "
                   "opened",
                   id);
    text_free(&directory);
    return rc;
}
