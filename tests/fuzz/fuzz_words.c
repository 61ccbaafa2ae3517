/* fuzz_words: encoded words from hostile bytes.
 *
 * No control character comes out and what is appended to stays; plain text
 * stays as it is; UTF-8 stays UTF-8; a decoded text that is encoded again, as B
 * or as Q and cut anywhere, comes out as it was; the length and the time are
 * in proportion.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdbool.h>
#include <time.h>

#include "words.h"

static bool utf8(const char *s)
{
    for (size_t n; *s != '\0'; s += n)
        if ((n = text_utf8(s)) == 0)
            return false;
    return true;
}

static void check_clean(const struct text *out)
{
    const char *s = text_str(out);

    FUZZ_ASSERT(strlen(s) == out->len);
    for (size_t i = 0; i < out->len; i++)
        FUZZ_ASSERT((unsigned char)s[i] >= ' ' && s[i] != 127);
}

/* No word, and nothing that could be a control character. */
static bool plain(const char *raw)
{
    for (const char *s = raw; *s != '\0'; s++)
        if ((unsigned char)*s < ' ' || *s == 127 || *s == '\xc2')
            return false;
    return strstr(raw, "=?") == NULL;
}

/* A byte may become four, each of them U+FFFD. */
static void check_length(const char *raw, const struct text *out)
{
    FUZZ_ASSERT(out->len <= 12 * strlen(raw));
    FUZZ_ASSERT(!utf8(raw) || utf8(text_str(out)));
}

static void check_appended(const char *raw, const struct text *out)
{
    struct text more = {0};

    text_add(&more, "before ");
    words_decode(raw, &more);
    FUZZ_ASSERT(strncmp(more.s, "before ", 7) == 0);
    FUZZ_ASSERT(strcmp(more.s + 7, text_str(out)) == 0);
    text_free(&more);
}

static void base64_add(struct text *out, const unsigned char *s, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned long bits = (unsigned long)s[i] << 16;
        bits |= i + 1 < n ? (unsigned long)s[i + 1] << 8 : 0;
        bits |= i + 2 < n ? s[i + 2] : 0;
        for (int k = 3; k >= 0; k--)
            text_addn(out,
                      i + (size_t)(3 - k) > n ? "="
                                              : digits + (bits >> 6 * k & 63),
                      1);
    }
}

static void word_add(struct text *out, char encoding, const char *s, size_t n)
{
    text_addf(out, " =?utf-8*en?%c?", encoding);
    if (encoding == 'B')
        base64_add(out, (const unsigned char *)s, n);
    for (size_t i = 0; encoding == 'Q' && i < n; i++)
        text_addf(out, s[i] == ' ' ? "_" : "=%02X", (unsigned char)s[i]);
    text_add(out, "?=");
}

/* Words of `step` bytes each, which cuts characters. */
static void check_again(const struct text *text, char encoding, size_t step)
{
    struct text raw = {0}, out = {0};

    for (size_t at = 0; at < text->len; at += step)
        word_add(&raw, encoding, text->s + at,
                 text->len - at < step ? text->len - at : step);
    words_decode(raw.len > 0 ? raw.s + 1 : "", &out);
    FUZZ_ASSERT(strcmp(text_str(&out), text_str(text)) == 0);
    text_free(&raw);
    text_free(&out);
}

/* The text many times over; a second is hundreds of times too long. */
static void check_time(const char *raw)
{
    struct text many = {0}, out = {0};

    while (*raw != '\0' && many.len < 65536)
        text_add(&many, raw);
    clock_t start = clock();
    words_decode(text_str(&many), &out);
    FUZZ_ASSERT(clock() - start < CLOCKS_PER_SEC);
    text_free(&many);
    text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *raw = fuzz_text(data + 1, size - 1);
    struct text out = {0};

    words_decode(raw, &out);
    check_clean(&out);
    check_length(raw, &out);
    check_appended(raw, &out);
    FUZZ_ASSERT(!plain(raw) || strcmp(text_str(&out), raw) == 0);
    if (utf8(text_str(&out))) {
        check_again(&out, 'B', 1 + data[0] % 16u);
        check_again(&out, 'Q', 1 + data[0] % 16u);
    }
    if (data[0] == 255 && size % 16 == 0)
        check_time(raw);
    text_free(&out);
    free(raw);
    return 0;
}
