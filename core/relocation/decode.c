/* decode: transfer encodings undone, and charsets brought to UTF-8. See
 * decode.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "decode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ------------------------------------------------------------- encodings -- */

static int base64_value(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* What is outside the alphabet is left out (RFC 2045 6.8), and after a padding
 * another text may begin. */
size_t decode_base64(char *s, size_t len)
{
    unsigned bits = 0;
    int have = 0;
    size_t done = 0;
    for (size_t i = 0; i < len; i++) {
        int value = base64_value(s[i]);
        if (s[i] == '=')
            have = 0;
        if (value == -1)
            continue;
        bits = bits << 6 | (unsigned)value;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        s[done++] = (char)(bits >> have & 0xff);
    }
    return done;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* What follows a "=": *used is its length; the byte that it stands for, -1 for
 * a line that goes on, -2 when it means nothing (RFC 2045 6.7). */
static int quoted_read(const char *s, size_t len, size_t *used)
{
    size_t n = 0;
    while (n < len && (s[n] == ' ' || s[n] == '\t' || s[n] == '\r'))
        n++;
    *used = n + (n < len);
    if (n == len || s[n] == '\n')
        return -1;
    *used = 2;
    if (len < 2 || hex_value(s[0]) == -1 || hex_value(s[1]) == -1)
        return -2;
    return hex_value(s[0]) << 4 | hex_value(s[1]);
}

size_t decode_quoted(char *s, size_t len)
{
    size_t done = 0, used;
    for (size_t i = 0; i < len;) {
        char c = s[i++];
        int byte = c == '=' ? quoted_read(s + i, len - i, &used) : -2;
        if (byte != -1)
            s[done++] = byte == -2 ? c : (char)byte;
        if (byte != -2)
            i += used;
    }
    return done;
}

/* -------------------------------------------------------------- charsets -- */

/* Names that mail has and iconv() has not, and names under which mail has more
 * characters than they stand for. "": the bytes as they are. */
static const struct {
    const char *name, *read_as;
} readings[] = {
    {"utf-8", ""},
    {"us-ascii", ""},
    {"iso-8859-1", "windows-1252"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"gb2312", "gb18030"},
    {"gbk", "gb18030"},
    {"euc-kr", "cp949"},
    {"ks_c_5601-1987", "cp949"},
    {"shift_jis", "cp932"},
    {"x-sjis", "cp932"},
};

/* A slash would give options to iconv_open(), "" is the locale's charset. */
static void charset_open(struct charset *c)
{
    const char *name = c->name;
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        if (text_same(name, readings[i].name))
            name = readings[i].read_as;
    if (!*name && *c->name)
        c->kind = CHARSET_AS_IS;
    if (!*name || strchr(name, '/'))
        return;
    c->converter = iconv_open("UTF-8", name);
    if ((intptr_t)c->converter != -1)
        c->kind = CHARSET_CONVERTED;
}

const struct charset *charset_find(struct charsets *c, const char *name)
{
    struct charset new = {.kind = CHARSET_UNKNOWN};
    size_t len = strcspn(name, "*");
    if (len >= CHARSET_NAME_MAX)
        return NULL;
    memcpy(new.name, name, len);
    int i = 0;
    while (i < c->count && !text_same(c->list[i].name, new.name))
        i++;
    if (i == CHARSETS_MAX)
        return NULL;
    if (i == c->count) {
        charset_open(&new);
        c->list[c->count++] = new;
    }
    return c->list[i].kind == CHARSET_UNKNOWN ? NULL : &c->list[i];
}

void charsets_close(struct charsets *c)
{
    for (int i = 0; i < c->count; i++)
        if (c->list[i].kind == CHARSET_CONVERTED)
            iconv_close(c->list[i].converter);
    c->count = 0;
}

/* Converts as much as it can; of an empty text what the converter still holds,
 * which is then as new for the next text. */
static void text_convert(iconv_t converter, char **s, size_t *len,
                         struct text *out)
{
    char buffer[4096], *to = buffer;
    size_t room = sizeof buffer;
    size_t rc = iconv(converter, *len > 0 ? s : NULL, len, &to, &room);
    bool full = rc == (size_t)-1 && errno == E2BIG && to > buffer;
    text_addn(out, buffer, sizeof buffer - room);
    if (rc != (size_t)-1 || full || *len == 0)
        return;
    text_addn(out, (*s)++, 1);
    (*len)--;
}

/* A few charsets have single bytes for whole syllables, so there is a limit. */
void decode_add(struct text *out, const struct charset *charset, char *s,
                size_t len)
{
    size_t limit = out->len + 4 * len;
    if (!charset || charset->kind != CHARSET_CONVERTED) {
        text_addn(out, s, len);
        return;
    }
    while (len > 0 && out->len < limit)
        text_convert(charset->converter, &s, &len, out);
    len = 0;
    text_convert(charset->converter, &s, &len, out);
    text_cut(out, limit);
}
