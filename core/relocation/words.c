/* words: the text of a header field, its encoded words (RFC 2047) decoded. See
 * words.h.
 *
 * A word of RFC 2047 has no space in it and ends in a whole character. Senders
 * break both rules and mail programs read it all the same, so it is read here:
 * a word goes to the next "?=", and the bytes of words of one charset that
 * follow each other are put together before they are converted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "decode.h"

/* =?CHARSET?ENCODING?TEXT?= */
struct word {
    const char *start, *text, *end; /* the text ends 2 bytes before `end` */
    char charset[CHARSET_NAME_MAX];
    char encoding; /* B or Q */
};

struct words {
    struct text *out;
    struct charsets charsets;
    const struct charset *charset; /* of the words that are not yet added */
    struct text bytes;             /* what is in them, decoded */
    bool after;                    /* there was a word already */
};

/* The decoded text is printed and put into new header fields: what could end a
 * line there, or move a terminal's cursor, becomes a space. `bad` stands for a
 * byte that is no UTF-8; NULL: the byte stays. */
static void text_add_clean(struct text *out, const char *s, size_t len,
                           const char *bad)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = text_utf8(s + i);
        unsigned char c = (unsigned char)s[i];
        bool c1 = n == 2 && c == 0xc2 && (unsigned char)s[i + 1] < 0xa0;
        if (n == 1 ? c < ' ' || c == 127 : c1)
            text_add(out, " ");
        else if (n == 0 && bad)
            text_add(out, bad);
        else
            text_addn(out, s + i, n > 0 ? n : 1);
        n = n > 0 ? n : 1;
    }
}

/* "CHARSET?ENCODING?"; its length, 0 when it is none. */
static size_t word_head(const char *s, struct word *w)
{
    size_t n = 0;
    while (n < sizeof w->charset && isgraph((unsigned char)s[n]) &&
           !strchr("?=\"", s[n]))
        n++;
    if (n == 0 || n == sizeof w->charset || s[n] != '?')
        return 0;
    memcpy(w->charset, s, n);
    w->charset[n] = 0;
    w->encoding = (char)toupper((unsigned char)s[n + 1]);
    if ((w->encoding != 'B' && w->encoding != 'Q') || s[n + 2] != '?')
        return 0;
    return n + 3;
}

/* "=?" or "?=". */
static const char *mark_find(const char *s, const char *end, const char *mark)
{
    while ((s = memchr(s, mark[0], (size_t)(end - s))) && s[1] != mark[1])
        s++;
    return s;
}

/* The next word, at or after s. Where one has no end, none behind it has. */
static bool word_next(const char *s, const char *end, struct word *w)
{
    while ((s = mark_find(s, end, "=?"))) {
        size_t n = word_head(s + 2, w);
        w->start = s;
        s += 2;
        if (n == 0)
            continue;
        w->text = s + n;
        w->end = mark_find(w->text, end, "?=");
        if (!w->end)
            return false;
        w->end += 2;
        return true;
    }
    return false;
}

/* RFC 2047 4.2: "_" is a space, whatever it is in the charset. */
static void word_decode(const struct word *w, struct text *bytes)
{
    size_t from = bytes->len, len = (size_t)(w->end - 2 - w->text);
    text_addn(bytes, w->text, len);
    char *s = bytes->s + from;
    if (w->encoding == 'B') {
        text_cut(bytes, from + decode_base64(s, len));
        return;
    }
    for (char *p = s; (p = memchr(p, '_', len - (size_t)(p - s)));)
        *p = ' ';
    text_cut(bytes, from + decode_quoted(s, len));
}

static void words_flush(struct words *c)
{
    struct text converted = {0};
    if (c->bytes.len == 0)
        return;
    decode_add(&converted, c->charset, c->bytes.s, c->bytes.len);
    text_add_clean(c->out, text_str(&converted), converted.len, "\xef\xbf\xbd");
    text_free(&converted);
    text_cut(&c->bytes, 0);
}

/* What stands ahead of a word: white space behind another one says nothing. */
static void plain_add(struct words *c, const char *s, const char *end)
{
    size_t len = (size_t)(end - s);
    if (c->after && strspn(s, " \t\r\n") >= len)
        return;
    words_flush(c);
    text_add_clean(c->out, s, len, NULL);
}

static void word_add(struct words *c, const struct word *w,
                     const struct charset *charset)
{
    if (charset != c->charset)
        words_flush(c);
    c->charset = charset;
    c->after = true;
    word_decode(w, &c->bytes);
}

void words_decode(const char *raw, struct text *out)
{
    struct words c = {.out = out};
    struct word w = {.end = raw};
    const char *plain = raw, *end = raw + strlen(raw);
    while (word_next(w.end, end, &w)) {
        const struct charset *charset = charset_find(&c.charsets, w.charset);
        if (!charset)
            continue;
        plain_add(&c, plain, w.start);
        word_add(&c, &w, charset);
        plain = w.end;
    }
    words_flush(&c);
    text_add_clean(out, plain, (size_t)(end - plain), NULL);
    charsets_close(&c.charsets);
    text_free(&c.bytes);
}
