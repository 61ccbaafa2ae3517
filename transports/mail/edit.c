/* edit: places of a message that get other bytes. See edit.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "edit.h"

#include <stdlib.h>

void edits_add(struct edits *e, int64_t from, int64_t to, char *text,
               const struct extent *data, bool base64)
{
    e->list = text_grow(e->list, e->count, sizeof *e->list);
    struct edit *last = &e->list[e->count];
    *last = (struct edit){.from = from, .to = to};
    last->text = text;
    last->base64 = base64;
    last->number = e->count++;
    if (data)
        last->data = *data;
}

static int edit_compare(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->number - y->number;
}

/* The line end before a boundary is the boundary's (RFC 2046 5.1.1). */
static bool line_end_follows(const struct edit *e, const struct message *m)
{
    char c = 0;
    struct extent rest = message_extent(m, e->to, m->len);
    return extent_read(&rest, 0, &c, 1) == 1 && c == '\n';
}

static int edit_add(const struct edit *e, const struct message *m,
                    struct splice *s)
{
    splice_text(s, e->text);
    if (e->data.len == 0)
        return 0;
    if (!e->base64)
        return splice_extent(s, &e->data);
    if (line_end_follows(e, m))
        splice_base64_open(s, &e->data);
    else
        splice_base64(s, &e->data);
    return 0;
}

int edits_splice(struct edits *e, const struct message *m, struct splice *s)
{
    int64_t at = 0;
    int rc = 0;
    if (e->count > 1)
        qsort(e->list, (size_t)e->count, sizeof *e->list, edit_compare);
    for (int i = 0; i < e->count && rc == 0; i++) {
        splice_message(s, m, at, e->list[i].from);
        rc = edit_add(&e->list[i], m, s);
        at = e->list[i].to;
    }
    splice_message(s, m, at, m->len);
    return rc;
}

int64_t edits_wire(const struct edits *e, const struct message *m)
{
    int64_t more = 0;
    for (int i = 0; i < e->count; i++) {
        struct splice one = {0};
        edit_add(&e->list[i], m, &one);
        more +=
            splice_wire(&one) - message_wire(m, e->list[i].from, e->list[i].to);
        splice_free(&one);
    }
    return more;
}

void edits_free(struct edits *e)
{
    for (int i = 0; i < e->count; i++)
        free(e->list[i].text);
    free(e->list);
    *e = (struct edits){0};
}
