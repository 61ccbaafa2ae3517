/* covers: does a signature of the message cover this header field? See
 * covers.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "covers.h"

#include <ctype.h>
#include <string.h>

/* A piece of the body, bytes that nothing terminates. */
struct piece {
    const char *s;
    size_t len;
};

/* Takes what is before the separator off the front of `rest`. */
static struct piece piece_next(struct piece *rest, char separator)
{
    const char *at = memchr(rest->s, separator, rest->len);
    struct piece first = {rest->s, at ? (size_t)(at - rest->s) : rest->len};
    size_t used = first.len + (at ? 1 : 0);
    rest->s += used;
    rest->len -= used;
    return first;
}

/* White space counts nowhere, not even within a name: there are verifiers that
 * take it out before they look, and lines that were folded where they should
 * not be. */
static bool piece_is(struct piece p, const char *name, bool any_case)
{
    for (size_t i = 0; i < p.len; i++) {
        unsigned char ch = (unsigned char)p.s[i], want = (unsigned char)*name;
        if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n')
            continue;
        if (!ch || (any_case ? tolower(ch) != tolower(want) : ch != want))
            return false;
        name++;
    }
    return !*name;
}

/* The value of h= (RFC 6376 3.5, RFC 8617 4.1.2): names, ":" between them. */
static bool names_cover(struct piece names, const char *field_name)
{
    while (names.len > 0)
        if (piece_is(piece_next(&names, ':'), field_name, true))
            return true;
    return false;
}

/* A tag list may not have two tags of one name; if this one has, each counts.
 * The name of a tag is in lower case (RFC 6376 3.2). */
bool covers(const char *signature_body, size_t len, const char *field_name)
{
    struct piece tags = {signature_body, len};
    while (*field_name && tags.len > 0) {
        struct piece value = piece_next(&tags, ';');
        struct piece tag = piece_next(&value, '=');
        if (piece_is(tag, "h", false) && names_cover(value, field_name))
            return true;
    }
    return false;
}
