/* forward: the address in a reply that says where a user has gone. See
 * forward.h.
 *
 * What is taken is the Mailbox of RFC 5321 4.1.2, which has no comments and no
 * white space but in quotes. Where there are paths in angle brackets, only they
 * count: another address is then somebody to write to. Without brackets an
 * address must stand apart, as half of one is somebody else's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "forward.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "mailbox.h"

#define PATH_MAX_BYTES 254 /* RFC 5321 4.5.3.1.3, without the brackets */
#define LOCAL_MAX_BYTES 64 /* RFC 5321 4.5.3.1.1 */

struct finding {
    const char *old;
    struct text address; /* the first that counts */
    bool several;
};

/* RFC 5321 4.1.2 Dot-string, RFC 6531 3.3. */
static bool is_local(char c)
{
    unsigned char u = (unsigned char)c;
    return isalnum(u) || u >= 128 || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool is_domain(char c)
{
    unsigned char u = (unsigned char)c;
    return isalnum(u) || u >= 128 || c == '-' || c == '_';
}

/* A quoted string on one line; 0 when it does not end, or is too long. */
static size_t quoted_length(const char *s)
{
    for (size_t n = 1; n <= LOCAL_MAX_BYTES + 1; n++) {
        if (s[n] == '"')
            return n + 1;
        n += s[n] == '\\';
        if ((unsigned char)s[n] < ' ' || s[n] == 127)
            return 0;
    }
    return 0;
}

static size_t local_length(const char *s)
{
    size_t n = 0;
    if (*s == '"')
        return quoted_length(s);
    while (is_local(s[n]))
        n++;
    return n;
}

/* No dot at its end: that one ends a sentence. */
static size_t domain_length(const char *s)
{
    size_t n = 0;
    if (*s == '[') {
        n = 1 + strspn(s + 1, "0123456789abcdefABCDEFIPvipV:.");
        return s[n] == ']' ? n + 1 : 0;
    }
    while (is_domain(s[n]) || (n > 0 && s[n] == '.' && is_domain(s[n + 1])))
        n++;
    return n;
}

/* The address that begins here; 0 for none, and then *used is how far that was
 * looked at. */
static size_t address_length(const char *s, size_t *used)
{
    size_t local = local_length(s), domain = 0;
    *used = local > 0 ? local : 1;
    if (local > 0 && s[local] == '@') {
        domain = domain_length(s + local + 1);
        *used = local + 1 + domain;
    }
    size_t most = LOCAL_MAX_BYTES + (*s == '"' ? 2 : 0);
    return domain > 0 && local <= most ? *used : 0;
}

static bool is_utf8(const char *s)
{
    for (size_t n; *s; s += n)
        if ((n = text_utf8(s)) == 0)
            return false;
    return true;
}

/* What a row has for a whole domain, and none that a server may give. */
static bool is_wildcard(const char *address)
{
    return strncmp(address, "*@", 2) == 0;
}

/* The old address says nothing; and one that is no good is doubt. */
static void address_take(struct finding *f, const char *s, size_t n)
{
    struct text raw = {0}, address = {0};
    text_addn(&raw, s, n);
    if (n > PATH_MAX_BYTES || !is_utf8(raw.s) ||
        !mailbox_canonical(raw.s, &address) || is_wildcard(address.s)) {
        f->several = true;
    } else if (!text_same_address(address.s, f->old)) {
        if (f->address.len == 0)
            text_add(&f->address, address.s);
        else if (!text_same_address(address.s, f->address.s))
            f->several = true;
    }
    text_free(&raw);
    text_free(&address);
}

/* ------------------------------------------------------- <new@x.example> -- */

static const char *blanks_skip(const char *s)
{
    return s + strspn(s, " \t");
}

/* A source route says nothing of where he is (RFC 5321 3.6.1). Its hosts have
 * no more bytes than a path. */
static const char *route_skip(const char *s)
{
    size_t n = 0;
    if (*s != '@')
        return s;
    while (n < PATH_MAX_BYTES &&
           (is_domain(s[n]) || (s[n] && strchr("@,.", s[n]))))
        n++;
    return s[n] == ':' ? s + n + 1 : s;
}

static void paths_find(struct finding *f, const char *text)
{
    size_t used;
    while ((text = strchr(text, '<'))) {
        const char *start = route_skip(blanks_skip(text + 1));
        size_t n = address_length(start, &used);
        text++;
        if (n == 0 || *blanks_skip(start + n) != '>')
            continue;
        address_take(f, start, n);
        text = start + n;
    }
}

/* --------------------------------------------------------- new@x.example -- */

/* Behind the quotes that a word may stand in. */
static bool begins_apart(const char *text, const char *s)
{
    if (s > text && strchr("\"'`", s[-1]))
        s--;
    return s == text || isspace((unsigned char)s[-1]) ||
           strchr(":;=([{<", s[-1]);
}

static bool ends_apart(const char *end)
{
    end += strspn(end, ".");
    return !*end || isspace((unsigned char)*end) ||
           strchr(",;:!?'\"`()<]}", *end);
}

/* "<new user@x.example>" is no path, and has no address to be taken either. */
static bool stands_apart(const char *text, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 128)
            return false;
    bool closed = s[n] == '>' && s > text && strchr("<:", s[-1]);
    return begins_apart(text, s) && (closed || ends_apart(s + n));
}

static void words_find(struct finding *f, const char *text)
{
    size_t used;
    for (const char *s = text; *s;) {
        s += strspn(s, " \t\n.,;:='`/({[<>)");
        size_t n = address_length(s, &used);
        if (n > 0 && stands_apart(text, s, n))
            address_take(f, s, n);
        else if (n > 0)
            f->several = true;
        /* 'please try "new@x.example"': the quotes are not of the address */
        s += n == 0 && *s == '"' ? 1 : *s ? used : 0;
    }
}

/* --------------------------------------------------------------- replies -- */

/* RFC 3463 3.8: a refusal for a policy's sake, which may say whom to ask. */
static bool is_policy(const char *text)
{
    return strncmp(text, "5.7.", 4) == 0;
}

int forward_find(int code, const char *text, const char *old, struct text *new)
{
    struct finding f = {.old = old};
    if (code != 251 && code != 551)
        return 0;
    paths_find(&f, text);
    if (f.address.len == 0 && !f.several && !is_policy(text))
        words_find(&f, text);
    bool found = f.address.len > 0 && !f.several;
    if (found)
        text_add(new, f.address.s);
    text_free(&f.address);
    return found;
}
