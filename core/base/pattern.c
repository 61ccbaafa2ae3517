/* pattern: the one place that calls PCRE2.
 *
 * A pattern with characters outside ASCII is compiled twice: as UTF-8, for
 * subjects that are valid UTF-8 (so that case folding works for them too),
 * and as bytes for all others, since what servers send in other encodings
 * must still be searched and never be an error. An ASCII pattern needs the
 * bytes only.
 *
 * Most processes match a pattern once or twice, for one failed delivery: for
 * them PCRE2's interpreter is the cheapest. A pattern that is used again and
 * again is turned into machine code, which is ten times as fast and costs as
 * much as some fifty interpreted matches.
 *
 * Called by: classify. Memory: freed by pattern_free().
 * Fails: pattern_new(), with the place and the reason in error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pattern.h"

#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What needs more steps than this is a pattern that backtracks without end on
 * a text made for the purpose; each byte of a long text may need some. */
#define PATTERN_MATCH_LIMIT 200000
#define PATTERN_MATCH_LIMIT_BYTE 20
#define PATTERN_DEPTH_LIMIT 5000
#define PATTERN_HEAP_LIMIT 4096 /* KiB */

/* From this use on, machine code. */
#define PATTERN_JIT_AT 5

struct pattern {
    pcre2_code *bytes;
    pcre2_code *utf; /* NULL when the pattern is ASCII, or not UTF-8 */
    pcre2_match_context *limits;
    unsigned *uses; /* apart, since matching leaves the pattern unchanged */
};

static bool text_is_ascii(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s >= 0x80)
            return false;
    }
    return true;
}

/* Length of the UTF-8 sequence that a lead byte begins, 0 for none. */
static int utf8_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* The second byte has the ranges that exclude overlong forms, surrogates and
 * what lies beyond U+10FFFF (RFC 3629 4). */
static bool utf8_second_is_good(unsigned char lead, unsigned char second)
{
    unsigned char low = 0x80, high = 0xbf;

    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    return second >= low && second <= high;
}

static bool text_is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    while (*s != '\0') {
        int length = utf8_length(*s);
        if (length == 0 || (length > 1 && !utf8_second_is_good(s[0], s[1])))
            return false;
        for (int i = 2; i < length; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return false;
        }
        s += length;
    }
    return true;
}

static pcre2_code *code_new(const char *regex, uint32_t options, char *error,
                            size_t size)
{
    int number;
    PCRE2_SIZE offset;
    PCRE2_UCHAR reason[160];
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                      PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C | options,
                      &number, &offset, NULL);

    if (code == NULL) {
        pcre2_get_error_message(number, reason, sizeof reason);
        snprintf(error, size, "%s at character %zu of \"%s\"",
                 (const char *)reason, (size_t)offset + 1, regex);
    }
    return code;
}

static pcre2_match_context *limits_new(void)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);

    if (limits != NULL) {
        pcre2_set_match_limit(limits, PATTERN_MATCH_LIMIT);
        pcre2_set_depth_limit(limits, PATTERN_DEPTH_LIMIT);
        pcre2_set_heap_limit(limits, PATTERN_HEAP_LIMIT);
    }
    return limits;
}

struct pattern *pattern_new(const char *regex, char *error, size_t size)
{
    struct pattern *p = calloc(1, sizeof *p);
    bool wants_utf = !text_is_ascii(regex) && text_is_utf8(regex);

    if (p == NULL || (p->limits = limits_new()) == NULL ||
        (p->uses = calloc(1, sizeof *p->uses)) == NULL) {
        snprintf(error, size, "out of memory");
        pattern_free(&p);
        return NULL;
    }
    p->bytes = code_new(regex, PCRE2_NEVER_UTF, error, size);
    if (p->bytes != NULL && wants_utf)
        p->utf = code_new(regex, PCRE2_UTF | PCRE2_UCP, error, size);
    if (p->bytes == NULL || (wants_utf && p->utf == NULL))
        pattern_free(&p);
    return p;
}

void pattern_free(struct pattern **p)
{
    if (*p == NULL)
        return;
    pcre2_code_free((*p)->bytes);
    pcre2_code_free((*p)->utf);
    pcre2_match_context_free((*p)->limits);
    free((*p)->uses);
    free(*p);
    *p = NULL;
}

/* Where the system forbids machine code made at run time, PCRE2 goes on with
 * its interpreter, so the results do not matter. */
static void use_count(const struct pattern *p)
{
    if (++*p->uses != PATTERN_JIT_AT)
        return;
    pcre2_jit_compile(p->bytes, PCRE2_JIT_COMPLETE);
    if (p->utf != NULL)
        pcre2_jit_compile(p->utf, PCRE2_JIT_COMPLETE);
}

static int code_match(const pcre2_code *code, const char *subject,
                      uint32_t options, pcre2_match_context *limits)
{
    /* One pair is enough: only whether it matched is of interest. */
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    PCRE2_SPTR text = (PCRE2_SPTR)subject;
    size_t length = strlen(subject);
    int result;

    if (found == NULL)
        return PCRE2_ERROR_NOMEMORY;
    pcre2_set_match_limit(
        limits,
        (uint32_t)(PATTERN_MATCH_LIMIT + length * PATTERN_MATCH_LIMIT_BYTE));
    result = pcre2_match(code, text, length, 0, options, found, limits);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)
        result = pcre2_match(code, text, length, 0, options | PCRE2_NO_JIT,
                             found, limits);
    pcre2_match_data_free(found);
    return result;
}

bool pattern_matches(const struct pattern *p, const char *subject)
{
    use_count(p);
    if (p->utf != NULL && text_is_utf8(subject))
        return code_match(p->utf, subject, PCRE2_NO_UTF_CHECK, p->limits) >= 0;
    return code_match(p->bytes, subject, 0, p->limits) >= 0;
}
