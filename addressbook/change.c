/* change: somebody's address is another one now. See change.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "change.h"

#include <stdlib.h>

#include "address.h"
#include "array.h"
#include "text.h"

void changes_add(struct changes *c, const char *old, const char *new,
                 int64_t registered)
{
    c->list = array_room(c->list, c->count, sizeof *c->list);
    c->list[c->count++] = (struct change){
        .old = text_copy(old), .new = text_copy(new), .registered = registered};
}

static void change_drop(struct change *change)
{
    free(change->old);
    free(change->new);
    *change = (struct change){0};
}

/* Stable, so that what is equally old stays in the order it was read; the
 * lists are short. */
static void changes_sort(struct changes *c)
{
    for (int i = 1; i < c->count; i++) {
        struct change moving = c->list[i];
        int at = i;
        for (; at > 0 && c->list[at - 1].registered > moving.registered; at--)
            c->list[at] = c->list[at - 1];
        c->list[at] = moving;
    }
}

static bool superseded(const struct changes *c, int at)
{
    for (int i = at + 1; i < c->count; i++)
        if (address_same(c->list[i].old, c->list[at].old))
            return true;
    return false;
}

void changes_settle(struct changes *c)
{
    int kept = 0;
    changes_sort(c);
    for (int i = 0; i < c->count; i++)
        if (superseded(c, i))
            change_drop(&c->list[i]);
        else
            c->list[kept++] = c->list[i];
    c->count = kept;
}

void changes_free(struct changes *c)
{
    for (int i = 0; i < c->count; i++)
        change_drop(&c->list[i]);
    free(c->list);
    *c = (struct changes){0};
}

void notes_add(struct notes *n, enum note_kind kind, const char *entry,
               const struct change *change)
{
    n->list = array_room(n->list, n->count, sizeof *n->list);
    n->list[n->count++] = (struct note){
        .kind = kind, .entry = text_copy(entry), .change = change};
    n->edits += kind != NOTE_NEWER;
}

void notes_free(struct notes *n)
{
    for (int i = 0; i < n->count; i++)
        free(n->list[i].entry);
    free(n->list);
    *n = (struct notes){0};
}
