/* edit: what shall stand in a text in place of what. See edit.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "edit.h"

#include <stdlib.h>

#include "array.h"

void edits_add(struct edits *e, size_t from, size_t to, const char *with)
{
    if (to < from || (e->count > 0 && from < e->list[e->count - 1].to))
        return;
    e->list = array_room(e->list, e->count, sizeof *e->list);
    e->list[e->count++] =
        (struct edit){.from = from, .to = to, .with = text_copy(with)};
}

void edits_apply(const struct edits *e, const char *data, size_t len,
                 struct text *out)
{
    size_t at = 0;
    text_cut(out, 0);
    text_add(out, "");
    for (int i = 0; i < e->count; i++) {
        text_addn(out, data + at, e->list[i].from - at);
        text_add(out, e->list[i].with);
        at = e->list[i].to;
    }
    if (len > at)
        text_addn(out, data + at, len - at);
}

void edits_free(struct edits *e)
{
    for (int i = 0; i < e->count; i++)
        free(e->list[i].with);
    free(e->list);
    *e = (struct edits){0};
}
