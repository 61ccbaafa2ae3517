/* mailbox: the mail addresses in a header field's body, found and replaced in
 * place. See mailbox.h.
 *
 * The body is read as tokens. What stands between two separators (an element)
 * is looked over once to learn what ends it: "<" makes it a display name, ":"
 * the name of a group, and everything else may hold bare addresses. No token is
 * read more than a few times, whatever the bytes are.
 *
 * A bare address counts only where its first and last byte touch no other word,
 * so that any other address can take its place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mailbox.h"

#include <stdlib.h>
#include <string.h>

/* A token is named by the character that it begins with, or is one of these.
 * END is also the place of what was begun and does not end. */
enum { END = 0, ATOM = 'a', JUNK = '?' };

struct token {
    char type;
    size_t start, end;
};

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* RFC 5322 3.2.3, RFC 6531 3.3. */
static bool is_atext(char ch)
{
    static const bool special[256] = {
        ['('] = true, [')'] = true, ['<'] = true,  ['>'] = true, ['['] = true,
        [']'] = true, [':'] = true, [';'] = true,  ['@'] = true, [','] = true,
        ['.'] = true, ['"'] = true, ['\\'] = true, [127] = true,
    };
    unsigned char u = (unsigned char)ch;
    return u > ' ' && !special[u];
}

static bool is_control(char ch)
{
    unsigned char u = (unsigned char)ch;
    return (u < ' ' && u != '\t') || u == 127;
}

/* The byte before a token keeps it from being read as one with what is there.
 */
static bool is_apart(const struct mailbox_scan *scan, const struct token *t)
{
    char before = t->start > 0 ? scan->s[t->start - 1] : ',';
    return before && (is_space(before) || strchr(",;:<>)", before));
}

/* All that ends where its closing character stands: after it, or 0. */
static size_t enclosed_end(const struct mailbox_scan *scan, size_t at,
                           char close)
{
    size_t depth = 0;
    char open = close == ')' ? '(' : 0; /* only comments nest */
    for (; at < scan->len; at++) {
        if (scan->s[at] == '\\')
            at++;
        else if (open && scan->s[at] == open)
            depth++;
        else if (scan->s[at] == close && (!open || --depth == 0))
            return at + 1;
    }
    return 0;
}

/* The token that begins here; 0 for its end when it has none. */
static struct token token_here(const struct mailbox_scan *scan, size_t at)
{
    const char *s = scan->s;
    size_t end;
    if (s[at] == '"' || s[at] == '[') {
        end = enclosed_end(scan, at + 1, s[at] == '[' ? ']' : '"');
        return (struct token){s[at], at, end};
    }
    for (end = at; end < scan->len && is_atext(s[end]);)
        end++;
    if (end > at)
        return (struct token){ATOM, at, end};
    bool known = s[at] && strchr(",;:<>).@", s[at]);
    return (struct token){known ? s[at] : JUNK, at, at + 1};
}

/* The token at or after this place, without comments and white space. */
static struct token token_at(const struct mailbox_scan *scan, size_t at)
{
    const char *s = scan->s;
    while (at < scan->len && (is_space(s[at]) || s[at] == '(')) {
        size_t end = s[at] == '(' ? enclosed_end(scan, at, ')') : at + 1;
        if (!end)
            return (struct token){END, at, at};
        at = end;
    }
    if (at >= scan->len)
        return (struct token){END, scan->len, scan->len};
    struct token t = token_here(scan, at);
    return t.end ? t : (struct token){END, at, at};
}

size_t mailbox_skip(const char *body, size_t len, size_t at)
{
    struct mailbox_scan scan = {.s = body, .len = len};
    if (is_space(body[at]))
        return at + 1;
    size_t end = body[at] == '(' ? enclosed_end(&scan, at, ')')
                                 : token_at(&scan, at).end;
    return end > at ? end : len;
}

static bool is_word(const struct token *t)
{
    return t->type == ATOM || t->type == '"';
}

/* A quoted string's contents, unfolded (RFC 5322 3.2.4). false: no header and
 * no SMTP command could hold them. */
static bool quoted_read(const char *s, const struct token *t, struct text *out)
{
    for (size_t i = t->start + 1; i + 1 < t->end; i++) {
        if (s[i] == '\r' || s[i] == '\n')
            continue;
        if (s[i] == '\\')
            i++;
        if (is_control(s[i]))
            return false;
        text_addn(out, s + i, 1);
    }
    return true;
}

/* Up to the "@" and over it. Dots may be too many. */
static bool local_read(struct mailbox_scan *scan, size_t *at)
{
    bool good = true, after_word = false;
    size_t start = *at;
    struct token t = token_at(scan, *at);
    text_cut(&scan->local, 0);
    text_add(&scan->local, "");
    for (; t.type == '.' || (is_word(&t) && !after_word);
         t = token_at(scan, *at)) {
        after_word = t.type != '.';
        if (t.type == '"')
            good &= quoted_read(scan->s, &t, &scan->local);
        else
            text_addn(&scan->local, scan->s + t.start, t.end - t.start);
        *at = t.end;
    }
    good &= *at > start && t.type == '@';
    if (t.type == '@')
        *at = t.end;
    return good;
}

static bool is_dot_atom(const struct text *local)
{
    for (size_t i = 0;; i++) {
        size_t start = i;
        while (i < local->len && is_atext(local->s[i]))
            i++;
        if (i == start || (i < local->len && local->s[i] != '.'))
            return false;
        if (i == local->len)
            return true;
    }
}

/* The local part in its canonical form, and "@". */
static void local_write(struct mailbox_scan *scan)
{
    const struct text *local = &scan->local;
    bool quote = !is_dot_atom(local);
    text_cut(&scan->address, 0);
    text_add(&scan->address, quote ? "\"" : local->s);
    for (size_t i = 0; quote && i < local->len; i++) {
        if (local->s[i] == '"' || local->s[i] == '\\')
            text_add(&scan->address, "\\");
        text_addn(&scan->address, local->s + i, 1);
    }
    text_add(&scan->address, quote ? "\"@" : "@");
}

/* RFC 5322 3.4.1, dtext; white space is no part of it. */
static bool literal_read(struct mailbox_scan *scan, const struct token *t)
{
    for (size_t i = t->start; i < t->end; i++) {
        char ch = scan->s[i];
        if (is_space(ch))
            continue;
        if (is_control(ch) || ch == '\\' || (ch == '[' && i > t->start))
            return false;
        text_addn(&scan->address, &ch, 1);
    }
    return true;
}

/* Labels with dots between them. A dot after the last one is the root's, and
 * is left out. A quoted string in the place of a label goes with the rest: no
 * address begins there, just as none would with a label. */
static bool labels_read(struct mailbox_scan *scan, size_t *at)
{
    bool some = false;
    struct token t = token_at(scan, *at);
    for (; t.type == ATOM; t = token_at(scan, *at)) {
        text_add(&scan->address, some ? "." : "");
        text_addn(&scan->address, scan->s + t.start, t.end - t.start);
        some = true;
        *at = t.end;
        t = token_at(scan, *at);
        if (t.type != '.')
            return true;
        *at = t.end;
    }
    if (t.type == '"')
        *at = t.end;
    return some && t.type != '"';
}

/* What follows leaves the address one, whatever stands in its place. */
static bool domain_ends(const struct mailbox_scan *scan, size_t at)
{
    struct token t = token_at(scan, at);
    if (t.type == END || strchr(",;:<>)", t.type))
        return true;
    return t.type != '@' && t.type != '.' && is_apart(scan, &t);
}

static bool domain_read(struct mailbox_scan *scan, size_t *at)
{
    struct token t = token_at(scan, *at);
    if (t.type != '[')
        return labels_read(scan, at) && domain_ends(scan, *at);
    *at = t.end;
    return literal_read(scan, &t) && domain_ends(scan, *at);
}

/* The address that begins at this place; *at is then behind it, or behind what
 * has been found to be none. */
static bool address_read(struct mailbox_scan *scan, size_t *at)
{
    if (!local_read(scan, at))
        return false;
    local_write(scan);
    return domain_read(scan, at);
}

static void mailbox_set(struct mailbox_scan *scan, struct mailbox *m,
                        size_t start, size_t end)
{
    m->start = start;
    m->len = end - start;
    m->address = scan->address.s;
}

/* The next address of the element before scan->stop. */
static bool bare_next(struct mailbox_scan *scan, struct mailbox *m)
{
    while (scan->at < scan->stop) {
        struct token t = token_at(scan, scan->at);
        scan->at = t.start;
        if (t.start >= scan->stop)
            break;
        if (!is_word(&t) || !is_apart(scan, &t)) {
            scan->at = t.end;
        } else if (address_read(scan, &scan->at)) {
            mailbox_set(scan, m, t.start, scan->at);
            return true;
        }
    }
    return false;
}

/* Over the tokens up to one of these, and to "<" in any case. */
static struct token tokens_skip(struct mailbox_scan *scan, const char *until)
{
    struct token t = token_at(scan, scan->at);
    while (t.type != END && t.type != '<' && !strchr(until, t.type)) {
        scan->at = t.end;
        t = token_at(scan, scan->at);
    }
    return t;
}

/* After "<" a route (RFC 5322 4.4) may stand before the address. A second "<"
 * begins anew. */
static bool angle_next(struct mailbox_scan *scan, struct mailbox *m)
{
    struct token t = token_at(scan, scan->at);
    if (t.type == '@' && (t = tokens_skip(scan, ":>")).type == ':') {
        scan->at = t.end;
        t = token_at(scan, scan->at);
    }
    bool found = is_word(&t) && address_read(scan, &scan->at);
    mailbox_set(scan, m, t.start, scan->at);
    t = token_at(scan, scan->at);
    found &= t.type == '>';
    t = tokens_skip(scan, ">");
    if (t.type == END)
        scan->len = scan->at;
    else if (t.type == '>')
        scan->at = t.end;
    return found;
}

/* Looks the next element over; true when it led to an address in <>. */
static bool element_next(struct mailbox_scan *scan, struct mailbox *m)
{
    struct token t = token_at(scan, scan->at);
    size_t end = t.start;
    m->name_start = t.start;
    for (; t.type != END && !strchr(",;:<", t.type); t = token_at(scan, end))
        end = t.end;
    m->name_len = t.type == '<' ? end - m->name_start : 0;
    if (t.type == END)
        scan->len = t.start;
    if (t.type == '<' || t.type == ':' || end == m->name_start)
        scan->at = t.end;
    else
        scan->stop = end;
    return t.type == '<' && angle_next(scan, m);
}

void mailbox_begin(struct mailbox_scan *scan, const char *body, size_t len)
{
    *scan = (struct mailbox_scan){.s = body, .len = len};
}

int mailbox_next(struct mailbox_scan *scan, struct mailbox *m)
{
    *m = (struct mailbox){0};
    while (scan->at < scan->len)
        if (bare_next(scan, m) || element_next(scan, m))
            return 1;
    return 0;
}

void mailbox_end(struct mailbox_scan *scan)
{
    text_free(&scan->address);
    text_free(&scan->local);
}

/* As Exim keeps it: what is before the last "@" is the local part. */
static bool raw_read(struct mailbox_scan *scan)
{
    const char *sign = memrchr(scan->s, '@', scan->len);
    if (!sign || sign == scan->s)
        return false;
    size_t at = (size_t)(sign + 1 - scan->s);
    text_cut(&scan->local, 0);
    text_addn(&scan->local, scan->s, at - 1);
    for (size_t i = 0; i < scan->local.len; i++)
        if (is_control(scan->local.s[i]))
            return false;
    local_write(scan);
    size_t start = scan->address.len;
    return domain_read(scan, &at) && at == scan->len &&
           text_same(scan->address.s + start, sign + 1);
}

bool mailbox_canonical(const char *address, struct text *out)
{
    struct mailbox_scan scan;
    size_t at = 0;
    mailbox_begin(&scan, address, strlen(address));
    bool found = (address_read(&scan, &at) && at == scan.len &&
                  text_same_address(scan.address.s, address)) ||
                 raw_read(&scan);
    if (found)
        text_add(out, scan.address.s);
    mailbox_end(&scan);
    return found;
}

int mailbox_rewrite(const char *body, size_t len, mailbox_new *new_of,
                    void *context, struct text *out)
{
    struct mailbox_scan scan;
    struct mailbox m;
    size_t done = 0;
    int replaced = 0;
    mailbox_begin(&scan, body, len);
    while (mailbox_next(&scan, &m) == 1) {
        char *instead = new_of(m.address, context);
        text_addn(out, body + done, m.start - done);
        done = m.start;
        if (instead && mailbox_canonical(instead, out)) {
            done += m.len;
            replaced++;
        }
        free(instead);
    }
    text_addn(out, body + done, len - done);
    mailbox_end(&scan);
    return replaced;
}
