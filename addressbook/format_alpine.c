/* format_alpine: .addressbook of Alpine and Pine:
 *     NICKNAME<tab>NAME<tab>ADDRESS or (ADDRESS,...)<tab>FCC<tab>COMMENT
 * A line that begins with a space goes on with the entry before it. What was
 * deleted stays there as #DELETED-...; it is left alone.
 *
 * Called by: book. Entries have no time of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "list.h"

/* The entry that begins at `at`, each fold as one space; returns where the next
 * one begins. */
static size_t entry_view(const char *data, size_t len, size_t at,
                         struct view *v)
{
    size_t next, end = line_end(data, len, at, &next);
    view_clear(v);
    for (;;) {
        for (; at < end; at++)
            view_add(v, data[at], at, at + 1);
        if (next >= len || data[next] != ' ')
            return next;
        size_t fold = end;
        for (at = next; at < len && data[at] == ' ';)
            at++;
        view_add(v, ' ', fold, at);
        end = line_end(data, len, at, &next);
    }
}

/* The end of the field that begins at `at`. */
static size_t field_end(const struct view *v, size_t at)
{
    const char *tab = memchr(v->text.s + at, '\t', v->text.len - at);
    return tab ? (size_t)(tab - v->text.s) : v->text.len;
}

/* Where the addresses are; false: there are none. */
static bool addresses_find(const struct view *v, size_t *from, size_t *to)
{
    const char *s = v->text.s;
    size_t nick = field_end(v, 0);
    size_t name = nick < v->text.len ? field_end(v, nick + 1) : nick;
    if (name >= v->text.len || s[0] == '#')
        return false;
    *from = name + 1;
    *to = field_end(v, *from);
    while (*from < *to && s[*from] == ' ')
        ++*from;
    while (*to > *from && s[*to - 1] == ' ')
        --*to;
    if (*from < *to && s[*from] == '(') {
        ++*from;
        *to -= *to > *from && s[*to - 1] == ')';
    }
    return *to > *from;
}

/* The nickname, or the name where there is none. */
static char *entry_name(const struct view *v)
{
    size_t nick = field_end(v, 0);
    char *name = nick > 0 ? view_word(v, 0, nick)
                          : view_word(v, nick + 1, field_end(v, nick + 1));
    return name ? name : text_copy("");
}

static void alpine_edit(const char *data, size_t len,
                        const struct change *change, struct text *out,
                        struct notes *notes)
{
    struct edits edits = {0};
    struct view v = {0};
    for (size_t at = 0, from, to; at < len;) {
        at = entry_view(data, len, at, &v);
        if (!addresses_find(&v, &from, &to))
            continue;
        char *name = entry_name(&v);
        list_change(&v, from, to, name, change, NULL, &edits, notes);
        free(name);
    }
    edits_apply(&edits, data, len, out);
    edits_free(&edits);
    view_free(&v);
}

static void alpine_read(const char *data, size_t len, struct entries *out)
{
    struct view v = {0};
    for (size_t at = 0, from, to; at < len;) {
        struct mentions m = {0};
        at = entry_view(data, len, at, &v);
        if (!addresses_find(&v, &from, &to))
            continue;
        char *name = entry_name(&v);
        list_read(&v, from, to, &m);
        for (int i = 0; i < m.count; i++)
            entries_add(out, name, m.list[i].address);
        mentions_free(&m);
        free(name);
    }
    view_free(&v);
}

/* Nothing marks the file; its first entry has two tabs at least. */
static int alpine_detect(const char *head, size_t len)
{
    struct view v = {0};
    bool found = false, other = false;
    for (size_t at = 0, from, to; at < len && !found && !other;) {
        at = entry_view(head, len, at, &v);
        found = addresses_find(&v, &from, &to);
        other = !found && v.text.len > 0 && v.text.s[0] != '#';
    }
    view_free(&v);
    return found ? 1 : 0;
}

static const char *const alpine_places[] = {"~/.addressbook", NULL};

static const struct format alpine = {
    .name = "alpine",
    .help = ".addressbook of Alpine",
    .places = alpine_places,
    .detect = alpine_detect,
    .edit = alpine_edit,
    .read = alpine_read,
};

FORMAT_REGISTER(alpine)
