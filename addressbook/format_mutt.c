/* format_mutt: aliases of mutt and neomutt:
 *     alias [-group NAME ...] KEY ADDRESS [, ADDRESS ...] [# COMMENT]
 *
 * A logical line goes on behind a backslash at the end of a line; a backslash
 * takes the meaning from the next character; # ends it, in quotes too, and
 * `...` is a command whose output nobody knows here. So what is written needs
 * a backslash before all that mutt would follow (muttrc(5), "Syntax of
 * Initialization Files"). All lines but alias lines are left alone.
 *
 * Called by: book. Entries have no time of their own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "list.h"

#define COMMAND '\1' /* stands for `...` */

/* Skips backslashes that only join two lines. */
static size_t joined(const char *data, size_t len, size_t at)
{
    while (at < len && data[at] == '\\') {
        if (at + 1 < len && data[at + 1] == '\n')
            at += 2;
        else if (at + 2 < len && data[at + 1] == '\r' && data[at + 2] == '\n')
            at += 3;
        else
            break;
    }
    return at;
}

static bool ends(const char *data, size_t len, size_t at)
{
    return at >= len || data[at] == '\n' ||
           (data[at] == '\r' && at + 1 < len && data[at + 1] == '\n');
}

/* The logical line that begins at `at`, up to its comment; returns where the
 * next one begins. */
static size_t alias_view(const char *data, size_t len, size_t at,
                         struct view *v)
{
    bool comment = false, command = false;
    view_clear(v);
    for (at = joined(data, len, at); !ends(data, len, at);
         at = joined(data, len, at)) {
        size_t from = at;
        bool escaped = data[at] == '\\';
        if (escaped)
            at = joined(data, len, at + 1);
        if (ends(data, len, at))
            break;
        char ch = data[at++];
        comment |= ch == '#' && !escaped;
        if (comment || (command && (ch != '`' || escaped)))
            continue;
        if (ch == '`' && !escaped)
            command = !command;
        view_add(v, ch == '`' && !escaped ? COMMAND : ch, from, at);
    }
    line_end(data, len, at, &at);
    return at;
}

static size_t token_end(const struct view *v, size_t at)
{
    char quote = 0;
    for (; at < v->text.len; at++) {
        char ch = v->text.s[at];
        if (!quote && isspace((unsigned char)ch))
            break;
        if (quote ? ch == quote : ch == '"' || ch == '\'')
            quote = quote ? 0 : ch;
    }
    return at;
}

static size_t space_end(const struct view *v, size_t at)
{
    while (at < v->text.len && isspace((unsigned char)v->text.s[at]))
        at++;
    return at;
}

static bool token_is(const struct view *v, size_t from, size_t to,
                     const char *word)
{
    return to - from == strlen(word) &&
           memcmp(v->text.s + from, word, to - from) == 0;
}

/* Where the addresses of an alias begin, and its key; false: no alias. */
static bool alias_parse(const struct view *v, char **key, size_t *from)
{
    size_t at = space_end(v, 0), end = token_end(v, at);
    if (!token_is(v, at, end, "alias"))
        return false;
    for (at = space_end(v, end);
         end = token_end(v, at), token_is(v, at, end, "-group");
         at = space_end(v, end))
        end = token_end(v, space_end(v, end));
    *key = view_word(v, at, end);
    *from = space_end(v, end);
    return *key != NULL;
}

static char *alias_write(const char *address)
{
    struct text out = {0};
    for (; *address; address++) {
        if (strchr("\\`'\"$#;", *address))
            text_add(&out, "\\");
        text_addn(&out, address, 1);
    }
    return out.s;
}

static void mutt_edit(const char *data, size_t len, const struct change *change,
                      struct text *out, struct notes *notes)
{
    struct edits edits = {0};
    struct view v = {0};
    for (size_t at = 0, from; at < len;) {
        char *key;
        at = alias_view(data, len, at, &v);
        if (!alias_parse(&v, &key, &from))
            continue;
        list_change(&v, from, v.text.len, key, change, alias_write, &edits,
                    notes);
        free(key);
    }
    edits_apply(&edits, data, len, out);
    edits_free(&edits);
    view_free(&v);
}

static void mutt_read(const char *data, size_t len, struct entries *out)
{
    struct view v = {0};
    for (size_t at = 0, from; at < len;) {
        struct mentions m = {0};
        char *key;
        at = alias_view(data, len, at, &v);
        if (!alias_parse(&v, &key, &from))
            continue;
        list_read(&v, from, v.text.len, &m);
        for (int i = 0; i < m.count; i++)
            entries_add(out, key, m.list[i].address);
        mentions_free(&m);
        free(key);
    }
    view_free(&v);
}

static int mutt_detect(const char *head, size_t len)
{
    struct view v = {0};
    char *key = NULL;
    bool found = false;
    for (size_t at = 0, from; at < len && !found;) {
        at = alias_view(head, len, at, &v);
        found = alias_parse(&v, &key, &from);
        free(key);
        key = NULL;
    }
    view_free(&v);
    return found ? 2 : 0;
}

static const char *const mutt_places[] = {
    "~/.mutt/aliases",
    "~/.mutt/alias",
    "~/.mutt_aliases",
    "~/.mutt/muttrc",
    "~/.muttrc",
    "~/.config/mutt/aliases",
    "~/.config/mutt/muttrc",
    "~/.config/neomutt/aliases",
    "~/.config/neomutt/neomuttrc",
    "~/.neomuttrc",
    NULL,
};

static const struct hint mutt_hints[] = {
    {"~/.muttrc", "alias_file"},
    {"~/.mutt/muttrc", "alias_file"},
    {"~/.config/mutt/muttrc", "alias_file"},
    {"~/.neomuttrc", "alias_file"},
    {"~/.neomutt/neomuttrc", "alias_file"},
    {"~/.config/neomutt/neomuttrc", "alias_file"},
    {0},
};

static const struct format mutt = {
    .name = "mutt",
    .help = "aliases of mutt and neomutt",
    .places = mutt_places,
    .hints = mutt_hints,
    .detect = mutt_detect,
    .edit = mutt_edit,
    .read = mutt_read,
};

FORMAT_REGISTER(mutt)
