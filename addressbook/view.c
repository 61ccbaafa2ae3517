/* view: an entry as its program reads it. See view.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

void view_clear(struct view *v)
{
    text_cut(&v->text, 0);
    text_add(&v->text, "");
}

static size_t *places_grow(size_t *places, size_t used, size_t cap)
{
    size_t *grown = text_alloc(cap * sizeof *grown);
    if (used > 0)
        memcpy(grown, places, used * sizeof *grown);
    free(places);
    return grown;
}

void view_add(struct view *v, char ch, size_t from, size_t to)
{
    size_t at = v->text.len;
    if (at == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 256;
        v->from = places_grow(v->from, at, cap);
        v->to = places_grow(v->to, at, cap);
        v->cap = cap;
    }
    v->from[at] = from;
    v->to[at] = to;
    text_addn(&v->text, &ch, 1);
}

void view_free(struct view *v)
{
    text_free(&v->text);
    free(v->from);
    free(v->to);
    *v = (struct view){0};
}

char *view_word(const struct view *v, size_t from, size_t to)
{
    if (to <= from)
        return text_copy("");
    if (memchr(v->text.s + from, 0, to - from))
        return NULL;
    char *word = text_format("%.*s", (int)(to - from), v->text.s + from);
    char *start = text_trim(word);
    memmove(word, start, strlen(start) + 1);
    return word;
}

size_t line_end(const char *data, size_t len, size_t at, size_t *next)
{
    const char *nl = memchr(data + at, '\n', len - at);
    size_t end = nl ? (size_t)(nl - data) : len;
    *next = nl ? end + 1 : len;
    return nl && end > at && data[end - 1] == '\r' ? end - 1 : end;
}
