/* card: one vCard after the other. See card.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "card.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "stamp.h"

static bool folded(const char *data, size_t len, size_t at)
{
    return at < len && (data[at] == ' ' || data[at] == '\t');
}

static void view_range(struct view *v, const char *data, size_t from, size_t to)
{
    for (; from < to; from++)
        view_add(v, data[from], from, from + 1);
}

/* Where the value begins: behind the first colon that is not quoted. */
static void property_split(struct property *p)
{
    const struct text *t = &p->view.text;
    bool quoted = false;
    size_t name = 0, end = 0;
    for (; end < t->len && (quoted || t->s[end] != ':'); end++)
        quoted ^= t->s[end] == '"';
    p->value = end < t->len ? end + 1 : t->len;
    p->params = strcspn(t->s, ";:");
    for (size_t i = 0; i < p->params; i++)
        if (t->s[i] == '.')
            name = i + 1;
    free(p->name);
    p->name = end < t->len ? view_word(&p->view, name, p->params) : NULL;
}

static bool params_have(const struct property *p, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = p->params; i + n <= p->value; i++)
        if (strncasecmp(p->view.text.s + i, word, n) == 0)
            return true;
    return false;
}

/* The property that begins at `at`; returns where the next one begins. In
 * version 2.1 a quoted-printable value goes on behind a = at the line's end. */
static size_t property_next(const char *data, size_t len, size_t at,
                            struct property *p)
{
    size_t end = line_end(data, len, at, &p->to);
    p->from = at;
    p->crlf = end + 2 == p->to;
    view_clear(&p->view);
    view_range(&p->view, data, at, end);
    while (folded(data, len, p->to)) {
        size_t start = p->to + 1;
        end = line_end(data, len, p->to, &p->to);
        view_range(&p->view, data, start, end);
    }
    property_split(p);
    while (p->to < len && end > at && data[end - 1] == '=' &&
           params_have(p, "QUOTED-PRINTABLE"))
        end = line_end(data, len, p->to, &p->to);
    return p->to;
}

/* The value without the backslashes of RFC 6350, 3.4; NULL with a NUL. */
static char *property_value(const struct property *p)
{
    char *raw = view_word(&p->view, p->value, p->view.text.len), *to = raw;
    for (const char *s = raw; raw && *s; s++) {
        if (*s == '\\' && s[1])
            s++;
        *to++ = *s;
    }
    if (raw)
        *to = 0;
    return raw;
}

void card_reset(struct card *card)
{
    for (int i = 0; i < card->count; i++)
        free(card->emails[i].address);
    free(card->emails);
    free(card->name);
    memset(card, 0, sizeof *card);
}

/* An address may be written as a URI (RFC 6350, 6.4.2 with VALUE=uri). */
static void card_email(struct card *card, const struct property *p)
{
    const struct view *v = &p->view;
    size_t from = p->value, to = v->text.len;
    while (from < to && isspace((unsigned char)v->text.s[from]))
        from++;
    while (to > from && isspace((unsigned char)v->text.s[to - 1]))
        to--;
    bool uri =
        to - from > 7 && strncasecmp(v->text.s + from, "mailto:", 7) == 0;
    from += uri ? 7 : 0;
    char *address = property_value(p);
    if (from == to || !address) {
        free(address);
        return;
    }
    if (uri)
        memmove(address, address + 7, strlen(address + 7) + 1);
    card->emails = array_room(card->emails, card->count, sizeof *card->emails);
    card->emails[card->count++] = (struct email){.address = address,
                                                 .from = v->from[from],
                                                 .to = v->to[to - 1],
                                                 .line_from = p->from,
                                                 .line_to = p->to,
                                                 .crlf = p->crlf};
}

static void card_rev(struct card *card, const struct property *p)
{
    char *value = property_value(p);
    if (!card->has_rev && value && stamp_read(value, &card->rev)) {
        card->has_rev = true;
        card->rev_crlf = p->crlf;
        card->extended = strlen(value) > 4 && value[4] == '-';
        card->rev_from = p->view.from[p->value];
        card->rev_to = p->view.to[p->view.text.len - 1];
    }
    free(value);
}

static void card_take(struct card *card, const struct property *p)
{
    if (text_same(p->name, "EMAIL"))
        card_email(card, p);
    else if (text_same(p->name, "REV"))
        card_rev(card, p);
    else if (text_same(p->name, "FN") && !card->name)
        card->name = property_value(p);
}

/* The next whole card from *at; false: there is none. */
bool card_next(const char *data, size_t len, size_t *at, struct property *p,
               struct card *card)
{
    card_reset(card);
    while (*at < len) {
        *at = property_next(data, len, *at, p);
        if (!p->name)
            continue;
        char *value = property_value(p);
        bool vcard = value && text_same(value, "VCARD");
        free(value);
        if (vcard && text_same(p->name, "BEGIN"))
            card->depth++;
        else if (vcard && text_same(p->name, "END") && card->depth > 0 &&
                 --card->depth == 0)
            return true;
        else if (card->depth == 1)
            card_take(card, p);
    }
    return false;
}

void property_free(struct property *p)
{
    view_free(&p->view);
    free(p->name);
}
