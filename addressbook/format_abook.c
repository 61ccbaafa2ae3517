/* format_abook: abook's address book: sections [0], [1], ... with lines
 * KEY=VALUE, the addresses of an entry in email=, separated by commas
 * (abook(1)).
 *
 * Called by: book. Entries have no time of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "list.h"

/* One line: its end, and where the value of `key` begins in it; 0: it is
 * another line. */
static size_t value_of(const char *data, size_t at, size_t end, const char *key)
{
    size_t n = strlen(key);
    if (end - at <= n || memcmp(data + at, key, n) != 0 || data[at + n] != '=')
        return 0;
    return at + n + 1;
}

static void name_set(char **name, const char *data, size_t from, size_t to)
{
    free(*name);
    *name = text_format("%.*s", (int)(to - from), data + from);
}

/* A section begins, or tells its name. */
static void name_take(char **name, const char *data, size_t at, size_t end)
{
    size_t value = value_of(data, at, end, "name");
    if (at < end && data[at] == '[')
        name_set(name, data, at, end);
    else if (value)
        name_set(name, data, value, end);
}

/* The value of an email= line, as a view. */
static bool email_view(struct view *v, const char *data, size_t at, size_t end)
{
    size_t value = value_of(data, at, end, "email");
    view_clear(v);
    for (size_t i = value; value && i < end; i++)
        view_add(v, data[i], i, i + 1);
    return v->text.len > 0;
}

static void abook_edit(const char *data, size_t len,
                       const struct change *change, struct text *out,
                       struct notes *notes)
{
    struct edits edits = {0};
    struct view v = {0};
    char *name = text_copy("");
    for (size_t at = 0, next; at < len; at = next) {
        size_t end = line_end(data, len, at, &next);
        name_take(&name, data, at, end);
        if (email_view(&v, data, at, end))
            list_change(&v, 0, v.text.len, name, change, NULL, &edits, notes);
    }
    edits_apply(&edits, data, len, out);
    edits_free(&edits);
    view_free(&v);
    free(name);
}

static void abook_read(const char *data, size_t len, struct entries *out)
{
    struct view v = {0};
    char *name = text_copy("");
    for (size_t at = 0, next; at < len; at = next) {
        struct mentions m = {0};
        size_t end = line_end(data, len, at, &next);
        name_take(&name, data, at, end);
        if (email_view(&v, data, at, end))
            list_read(&v, 0, v.text.len, &m);
        for (int i = 0; i < m.count; i++)
            entries_add(out, name, m.list[i].address);
        mentions_free(&m);
    }
    view_free(&v);
    free(name);
}

/* The file begins with a comment and the section [format]. */
static int abook_detect(const char *head, size_t len)
{
    for (size_t at = 0, next; at < len; at = next) {
        size_t n = line_end(head, len, at, &next) - at;
        if (n == 8 && memcmp(head + at, "[format]", n) == 0)
            return 2;
        if (n == 3 && memcmp(head + at, "[0]", n) == 0)
            return 1;
        if (n > 0 && head[at] != '#')
            return 0;
    }
    return 0;
}

static const char *const abook_places[] = {
    "~/.abook/addressbook",
    "~/.abook.addressbook",
    NULL,
};

static const struct format abook = {
    .name = "abook",
    .help = "the address book of abook",
    .places = abook_places,
    .detect = abook_detect,
    .edit = abook_edit,
    .read = abook_read,
};

FORMAT_REGISTER(abook)
