/* list: the addresses of an entry. See list.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "list.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "array.h"

static bool separator(char ch)
{
    return ch == ',' || ch == ';' || ch == ':';
}

static bool space(char ch)
{
    return isspace((unsigned char)ch);
}

/* Behind a quoted string, a domain literal or a nested comment that begins
 * here; behind the character where none does. */
static size_t past(const char *s, size_t i, size_t end)
{
    char close = s[i] == '"' ? '"' : s[i] == '(' ? ')' : s[i] == '[' ? ']' : 0;
    int depth = 1;
    if (!close)
        return i + 1;
    for (char open = s[i++]; i < end && depth > 0; i++) {
        if (s[i] == '\\' && i + 1 < end)
            i++;
        else if (s[i] == close)
            depth--;
        else if (s[i] == open && close == ')')
            depth++;
    }
    return i;
}

/* Where the `<...>` that begins at i ends: its `>`, or `end`. */
static size_t angle_end(const char *s, size_t i, size_t end)
{
    for (i++; i < end && s[i] != '>';)
        i = past(s, i, end);
    return i < end ? i : end;
}

static size_t item_end(const char *s, size_t i, size_t end)
{
    while (i < end && !separator(s[i]))
        if (s[i] == '<')
            i = angle_end(s, i, end) + (angle_end(s, i, end) < end);
        else
            i = past(s, i, end);
    return i;
}

static void mention_add(struct mentions *m, const struct view *v,
                        const struct mention *item, size_t from, size_t to)
{
    char *address = view_word(v, from, to);
    if (!address || !strchr(address, '@')) {
        free(address);
        return;
    }
    m->list = array_room(m->list, m->count, sizeof *m->list);
    struct mention *added = &m->list[m->count++];
    *added = *item;
    added->address = address;
    added->from = from;
    added->to = to;
}

/* `Name <address>`, an address with a route before it (RFC 5322, 4.4) too. */
static bool angle_take(struct mentions *m, const struct view *v,
                       const struct mention *item)
{
    const char *s = v->text.s;
    size_t i = item->item_from;
    while (i < item->item_to && s[i] != '<')
        i = past(s, i, item->item_to);
    if (i >= item->item_to)
        return false;
    size_t from = i + 1, to = angle_end(s, i, item->item_to);
    for (size_t j = from; s[from] == '@' && j < to; j++)
        if (s[j] == ':')
            from = j + 1;
    while (from < to && space(s[from]))
        from++;
    while (to > from && space(s[to - 1]))
        to--;
    mention_add(m, v, item, from, to);
    return true;
}

/* A bare address, with comments or words beside it. */
static void words_take(struct mentions *m, const struct view *v,
                       const struct mention *item)
{
    const char *s = v->text.s;
    for (size_t i = item->item_from; i < item->item_to;) {
        size_t from = i;
        while (i < item->item_to && !space(s[i]) && s[i] != '(')
            i = past(s, i, item->item_to);
        if (i > from)
            mention_add(m, v, item, from, i);
        else
            i = past(s, i, item->item_to);
    }
}

static void item_take(struct mentions *m, const struct view *v,
                      struct mention item)
{
    const char *s = v->text.s;
    int before = m->count;
    while (item.item_from < item.item_to && space(s[item.item_from]))
        item.item_from++;
    while (item.item_to > item.item_from && space(s[item.item_to - 1]))
        item.item_to--;
    if (!angle_take(m, v, &item))
        words_take(m, v, &item);
    for (int i = before; i < m->count; i++)
        m->list[i].alone = m->count == before + 1;
}

void list_read(const struct view *v, size_t from, size_t to, struct mentions *m)
{
    struct mention item = {0};
    for (size_t i = from; i < to; i = item.stop + 1) {
        item.stop = item_end(v->text.s, i, to);
        item.item_from = i;
        item.item_to = item.stop;
        item_take(m, v, item);
        item.item++;
    }
}

void mentions_free(struct mentions *m)
{
    for (int i = 0; i < m->count; i++)
        free(m->list[i].address);
    free(m->list);
    *m = (struct mentions){0};
}

/* Takes an item out with one comma: the one before it, or where there is none,
 * or it has gone with another item, the one behind it and the white space up to
 * the next. `begin` is where the list begins, or what is left of it; returns
 * where that is now. */
static size_t item_remove(const struct view *v, const struct mention *m,
                          size_t begin, size_t end, struct edits *edits)
{
    const char *s = v->text.s;
    size_t before = m->item_from, next = m->item_to;
    while (before > begin && space(s[before - 1]))
        before--;
    size_t from = v->from[m->item_from], to = v->to[m->item_to - 1];
    if (before > begin && s[before - 1] == ',') {
        from = v->from[before - 1];
    } else if (m->stop < end && s[m->stop] == ',') {
        next = m->stop + 1;
        while (next < end && space(s[next]))
            next++;
        to = next < end ? v->from[next] : v->to[m->stop];
    }
    edits_add(edits, from, to, "");
    return next;
}

static bool mentioned(const struct mentions *m, const char *address)
{
    for (int i = 0; i < m->count; i++)
        if (address_same(m->list[i].address, address))
            return true;
    return false;
}

void list_change(const struct view *v, size_t from, size_t to,
                 const char *entry, const struct change *change,
                 char *(*write)(const char *address), struct edits *edits,
                 struct notes *notes)
{
    struct mentions m = {0};
    list_read(v, from, to, &m);
    bool there = mentioned(&m, change->new);
    enum note_kind done = there ? NOTE_REMOVED : NOTE_CHANGED;
    int before = edits->count;
    size_t begin = from;
    char *new = write ? write(change->new) : text_copy(change->new);
    for (int i = 0; i < m.count; i++) {
        const struct mention *at = &m.list[i];
        bool old = address_same(at->address, change->old);
        if (old && there && at->alone)
            begin = item_remove(v, at, begin, to, edits);
        else if (old && !there)
            edits_add(edits, v->from[at->from], v->to[at->to - 1], new);
    }
    if (edits->count > before)
        notes_add(notes, done, entry, change);
    free(new);
    mentions_free(&m);
}
