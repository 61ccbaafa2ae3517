/* archive_name: a file name that does no harm. See archive.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "archive_parts.h"
#include "text.h"

#define NAME_BYTES 200
#define EXTENSION_BYTES 32
#define NUMBER_BYTES 11 /* "-2147483647" */

/* What Windows opens instead of a file, whatever extension it has. */
static const char *const devices[] = {
    "con",  "prn",  "aux",    "nul",     "com0",   "com1", "com2",
    "com3", "com4", "com5",   "com6",    "com7",   "com8", "com9",
    "lpt0", "lpt1", "lpt2",   "lpt3",    "lpt4",   "lpt5", "lpt6",
    "lpt7", "lpt8", "lpt9",   "com¹",    "com²",   "com³", "lpt¹",
    "lpt²", "lpt³", "conin$", "conout$", "clock$",
};

static wint_t code_point(const char *s, size_t n)
{
    const unsigned char *u = (const unsigned char *)s;
    wint_t c = n == 1 ? u[0] : u[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (u[i] & 0x3fu);
    return c;
}

/* Control characters, what turns the direction of what follows, line ends, and
 * what Windows reserves. */
static bool harmful(wint_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
           c == 0x061c || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           (c < 0x80 && strchr("<>:\"/\\|?*", (int)c));
}

static bool separator(char c)
{
    return c == '/' || c == '\\';
}

/* The last part of a path, of which `*len` bytes count. */
static const char *last_part(const char *name, size_t *len)
{
    size_t end = strlen(name), begin;
    while (end > 0 && separator(name[end - 1]))
        end--;
    begin = end;
    while (begin > 0 && !separator(name[begin - 1]))
        begin--;
    if (end - begin > 1 && name[begin + 1] == ':' &&
        ((name[begin] | 0x20) >= 'a' && (name[begin] | 0x20) <= 'z'))
        begin += 2;
    *len = end - begin;
    return name + begin;
}

static void characters_add(const char *s, size_t len, struct text *out)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = text_utf8(s + i);
        if (n == 0 || harmful(code_point(s + i, n))) {
            text_add(out, "_");
            n += n == 0;
        } else {
            text_addn(out, s + i, n);
        }
    }
}

/* Blanks at both ends, and dots at the end, are no part of a name. */
static void ends_trim(struct text *t)
{
    size_t lead = strspn(text_str(t), " ");
    while (t->len > lead && strchr(" .", t->s[t->len - 1]))
        text_cut(t, t->len - 1);
    if (lead > 0) {
        memmove(t->s, t->s + lead, t->len - lead + 1);
        t->len -= lead;
    }
}

/* Where the extension begins, its dot included; the end when there is none. */
static size_t extension_at(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t len = strlen(name);
    return !dot || dot == name || strlen(dot) > EXTENSION_BYTES
               ? len
               : (size_t)(dot - name);
}

/* At most `len` bytes, and no part of a character. */
static void characters_cut(struct text *t, size_t len)
{
    if (len >= t->len)
        return;
    while (len > 0 && ((unsigned char)t->s[len] & 0xc0) == 0x80)
        len--;
    text_cut(t, len);
}

/* So much of the name that `more` bytes fit in before the extension. */
static void stem_cut(struct text *t, size_t more, struct text *extension)
{
    size_t at = extension_at(t->s);
    text_add(extension, t->s + at);
    text_cut(t, at);
    characters_cut(t, NAME_BYTES - extension->len - more);
}

/* The next character as it compares, and *s behind it. */
static wint_t folded(const char **s)
{
    size_t n = text_utf8(*s);
    wint_t c = n == 0 ? (unsigned char)**s : code_point(*s, n);
    *s += n == 0 ? 1 : n;
    return archive_locale() == LC_GLOBAL_LOCALE
               ? towupper(c)
               : towupper_l(c, archive_locale());
}

static int ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* How many bytes both begin with, in whole characters and not always all. */
static size_t alike(const char *a, const char *b)
{
    size_t x = strlen(a), y = strlen(b), n = 0;
    while (n + 8 <= x && n + 8 <= y && memcmp(a + n, b + n, 8) == 0)
        n += 8;
    while (n > 0 && ((unsigned char)a[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* What follows `start` in the name, NULL when it does not begin so. ASCII has a
 * way of its own, as thousands of long names are compared with each other. */
static const char *after(const char *name, const char *start)
{
    size_t same = alike(name, start);
    name += same;
    start += same;
    while (*start) {
        if (((*name | *start) & 0x80) == 0) {
            if (ascii_lower(*name++) != ascii_lower(*start++))
                return NULL;
        } else if (!*name || folded(&name) != folded(&start)) {
            return NULL;
        }
    }
    return name;
}

static bool device(const char *name)
{
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        const char *rest = after(name, devices[i]);
        if (rest && strchr(".", rest[strspn(rest, " ")]))
            return true;
    }
    return false;
}

void archive_name(const char *name, struct text *out)
{
    struct text extension = {0}, safe = {0};
    size_t len;
    const char *part = last_part(name, &len);
    text_add(&safe, "");
    characters_add(part, len, &safe);
    ends_trim(&safe);
    text_cut(out, 0);
    if (safe.len == 0)
        text_add(&safe, "file");
    if (*safe.s == '.' || *safe.s == '-')
        *safe.s = '_';
    text_add(out, device(safe.s) ? "_" : "");
    text_add(out, safe.s);
    stem_cut(out, 0, &extension);
    text_add(out, text_str(&extension));
    ends_trim(out);
    text_free(&extension);
    text_free(&safe);
}

/* The number in "stem-N.extension", 0 for another name; more than `most` is of
 * no interest. */
static int number_of(const char *name, const char *stem, const char *extension,
                     int most)
{
    const char *rest = after(name, stem);
    long n;
    char *end;
    if (!rest || rest[0] != '-' || rest[1] < '1' || rest[1] > '9')
        return 0;
    n = strtol(rest + 1, &end, 10);
    rest = n <= most ? after(end, extension) : NULL;
    return rest && !*rest ? (int)n : 0;
}

/* The least number from 2 on that no entry has: among so many numbers one more
 * than there are entries is free. */
static int number_free(const struct entries *e, const char *stem,
                       const char *extension)
{
    int most = e->count + 2, n = 2;
    bool *used = text_alloc((size_t)most + 1);
    for (int i = 0; i < e->count; i++)
        used[number_of(e->list[i].name, stem, extension, most)] = true;
    while (used[n])
        n++;
    free(used);
    return n;
}

static bool taken(const struct entries *e, const char *name)
{
    for (int i = 0; i < e->count; i++) {
        const char *rest = after(e->list[i].name, name);
        if (rest && !*rest)
            return true;
    }
    return false;
}

void archive_name_free(const struct entries *e, const char *name,
                       struct text *out)
{
    struct text extension = {0};
    archive_name(name, out);
    if (!taken(e, out->s))
        return;
    stem_cut(out, NUMBER_BYTES, &extension);
    text_addf(out, "-%d%s", number_free(e, out->s, text_str(&extension)),
              text_str(&extension));
    text_free(&extension);
}
