/* test_smtp_reply: replies from bytes, whole and in pieces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>
#include <stdlib.h>

#include "smtp_reply.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *label, *bytes;
    size_t length; /* 0: up to the NUL */
    int rc, code;
    const char *text, *error;
    size_t used; /* 0: all */
} rows[] = {
    {.label = "one line",
     .bytes = "250 2.0.0 Ok\r\n",
     .rc = 1,
     .code = 250,
     .text = "2.0.0 Ok"},
    {.label = "several lines",
     .bytes = "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n",
     .rc = 1,
     .code = 550,
     .text = "5.7.1 one\n5.7.1 two\n5.7.1 three"},
    {.label = "LF alone",
     .bytes = "220 x\n",
     .rc = 1,
     .code = 220,
     .text = "x"},
    {.label = "a code alone", .bytes = "354\r\n", .rc = 1, .code = 354},
    {.label = "a code and a space", .bytes = "220 \r\n", .rc = 1, .code = 220},
    {.label = "a code and a hyphen, then the end",
     .bytes = "250-\r\n250\r\n",
     .rc = 1,
     .code = 250,
     .text = "\n"},
    {.label = "white space at the end",
     .bytes = "250 a \t \r\r\n",
     .rc = 1,
     .code = 250,
     .text = "a"},
    {.label = "a tab within",
     .bytes = "250 a\tb\r\n",
     .rc = 1,
     .code = 250,
     .text = "a\tb"},
    {.label = "control characters",
     .bytes = "250 \x1b[2J\x07\x7f.\r\n",
     .rc = 1,
     .code = 250,
     .text = "?[2J??."},
    {.label = "NUL",
     .bytes = "250 a\0b\r\n",
     .length = 9,
     .rc = 1,
     .code = 250,
     .text = "a?b"},
    {.label = "bytes above 127 stay",
     .bytes = "550 Bo\303\256te pleine\r\n",
     .rc = 1,
     .code = 550,
     .text = "Bo\303\256te pleine"},
    {.label = "what comes after it is left",
     .bytes = "220 Go\r\n250 injected\r\n",
     .rc = 1,
     .code = 220,
     .text = "Go",
     .used = 8},

    {.label = "nothing", .bytes = "", .rc = 0},
    {.label = "half a code", .bytes = "22", .rc = 0},
    {.label = "a line without its end", .bytes = "250 almost\r", .rc = 0},
    {.label = "lines without the last",
     .bytes = "250-a\r\n250-b\r\n",
     .rc = 0,
     .code = 250,
     .text = "a\nb"},

    {.label = "HTTP",
     .bytes = "HTTP/1.1 400 Bad Request\r\n",
     .rc = -1,
     .error = "this is no SMTP reply: \"HTTP/1.1 400 Bad Request\""},
    {.label = "an empty line",
     .bytes = "\r\n",
     .rc = -1,
     .error = "this is no SMTP reply: \"\""},
    {.label = "two digits", .bytes = "25 x\r\n", .rc = -1, .error = "\"25 x\""},
    {.label = "four digits",
     .bytes = "2500\r\n",
     .rc = -1,
     .error = "\"2500\""},
    {.label = "no space after the code",
     .bytes = "250Ok\r\n",
     .rc = -1,
     .error = "\"250Ok\""},
    {.label = "a tab after the code",
     .bytes = "250\tOk\r\n",
     .rc = -1,
     .error = "\"250?Ok\""},
    {.label = "1yz", .bytes = "150 x\r\n", .rc = -1, .error = "\"150 x\""},
    {.label = "6yz", .bytes = "650 x\r\n", .rc = -1, .error = "\"650 x\""},
    {.label = "white space before the code",
     .bytes = " 250 x\r\n",
     .rc = -1,
     .error = "\" 250 x\""},
    {.label = "binary",
     .bytes = "\x16\x03\x01\0\xff\n",
     .length = 6,
     .rc = -1,
     .error = "\"?????\""},
    {.label = "another code in the same reply",
     .bytes = "250-a\r\n550 b\r\n",
     .rc = -1,
     .code = 250,
     .text = "a",
     .error = "a reply with two codes: \"550 b\""},
    {.label = "garbage in the midst",
     .bytes = "250-a\r\nrubbish\r\n",
     .rc = -1,
     .code = 250,
     .text = "a",
     .error = "\"rubbish\""},
    {.label = "a long line of garbage is cut",
     .bytes = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
              "gggggggggghhhhhhhhhhi\r\n",
     .rc = -1,
     .error = "gggggggggghhhhhhhhhh...\""},
};

/* `step` bytes at a time. */
static int take_all(struct smtp_reply *r, const char *bytes, size_t n,
                    size_t step, size_t *total)
{
    size_t used = 0;
    int rc = 0;

    *total = 0;
    while (rc == 0 && *total < n) {
        size_t some = n - *total < step ? n - *total : step;
        rc = smtp_reply_take(r, bytes + *total, some, &used);
        *total += used;
    }
    return rc;
}

static void check_row(size_t i, size_t step)
{
    const char *label = rows[i].label;
    size_t n = rows[i].length ? rows[i].length : strlen(rows[i].bytes), used;
    struct smtp_reply *r = smtp_reply_new();

    unit_int(label, "result", take_all(r, rows[i].bytes, n, step, &used),
             rows[i].rc);
    if (rows[i].rc != -1)
        unit_int(label, "used", (long)used,
                 (long)(rows[i].used ? rows[i].used : n));
    unit_int(label, "code", smtp_reply_code(r), rows[i].code);
    unit_str(label, "text", smtp_reply_text(r),
             rows[i].text ? rows[i].text : "");
    if (rows[i].error)
        unit_has(label, "error", smtp_reply_error(r), rows[i].error);
    else
        unit_str(label, "error", smtp_reply_error(r), "");
    smtp_reply_free(&r);
}

static const struct {
    const char *label, *bytes, *keyword;
    bool announced;
    uint64_t size;
} ehlos[] = {
    {"announced", "250-x\r\n250-SIZE 1000\r\n250 STARTTLS\r\n", "STARTTLS",
     true, 1000},
    {"not announced", "250-x\r\n250 PIPELINING\r\n", "STARTTLS", false, 0},
    {"lower case", "250-x\r\n250-starttls\r\n250 size 7\r\n", "STARTTLS", true,
     7},
    {"the first line is a name", "250-STARTTLS\r\n250 HELP\r\n", "STARTTLS",
     false, 0},
    {"one line", "250 SIZE 5\r\n", "SIZE", false, 0},
    {"a longer keyword", "250-x\r\n250-STARTTLSX\r\n250 SIZES 5\r\n",
     "STARTTLS", false, 0},
    {"a shorter one", "250-x\r\n250 START\r\n", "STARTTLS", false, 0},
    {"with arguments", "250-x\r\n250-AUTH PLAIN LOGIN\r\n250 HELP\r\n", "AUTH",
     true, 0},
    {"SIZE without a number", "250-x\r\n250 SIZE\r\n", "SIZE", true, 0},
    {"SIZE 0: no limit", "250-x\r\n250 SIZE 0\r\n", "SIZE", true, 0},
    {"SIZE and no number", "250-x\r\n250 SIZE 10k\r\n", "SIZE", true, 0},
    {"SIZE and two numbers", "250-x\r\n250 SIZE 10 20\r\n", "SIZE", true, 0},
    {"SIZE negative", "250-x\r\n250 SIZE -5\r\n", "SIZE", true, 0},
    {"the largest SIZE", "250-x\r\n250 SIZE 18446744073709551615\r\n", "SIZE",
     true, UINT64_MAX},
    {"a SIZE beyond it", "250-x\r\n250 SIZE 18446744073709551616\r\n", "SIZE",
     true, UINT64_MAX},
    {"twenty digits and more", "250-x\r\n250 SIZE 999999999999999999999999\r\n",
     "SIZE", true, UINT64_MAX},
};

static void check_ehlo(void)
{
    for (size_t i = 0; i < LENGTH(ehlos); i++) {
        const char *label = ehlos[i].label;
        struct smtp_reply *r = smtp_reply_new();
        size_t used;

        unit_int(
            label, "result",
            smtp_reply_take(r, ehlos[i].bytes, strlen(ehlos[i].bytes), &used),
            1);
        unit_int(label, "announced", smtp_reply_announces(r, ehlos[i].keyword),
                 ehlos[i].announced);
        unit_true(label, smtp_reply_size(r) == ehlos[i].size);
        smtp_reply_free(&r);
    }
}

/* Replies that follow each other: each begins anew. */
static void check_sequence(void)
{
    static const char bytes[] = "220 one\r\n250-two\r\n250 three\r\n421 four";
    struct smtp_reply *r = smtp_reply_new();
    size_t used, at = 0, n = sizeof bytes - 1;

    unit_int("first", "result", smtp_reply_take(r, bytes, n, &used), 1);
    unit_str("first", "text", smtp_reply_text(r), "one");
    at += used;
    unit_int("second", "result", smtp_reply_take(r, bytes + at, n - at, &used),
             1);
    unit_str("second", "text", smtp_reply_text(r), "two\nthree");
    at += used;
    unit_int("third", "result", smtp_reply_take(r, bytes + at, n - at, &used),
             0);
    unit_str("third", "partial", smtp_reply_partial(r), "421 four");
    unit_int("third", "result", smtp_reply_take(r, "\n", 1, &used), 1);
    unit_str("third", "partial", smtp_reply_partial(r), "");
    unit_int("third", "code", smtp_reply_code(r), 421);
    smtp_reply_free(&r);
    unit_true("freed", r == NULL);
    smtp_reply_free(&r);
}

/* After an error nothing is taken until it is cleared. */
static void check_error_stays(void)
{
    struct smtp_reply *r = smtp_reply_new();
    size_t used;

    unit_int("error", "result", smtp_reply_take(r, "?\n", 2, &used), -1);
    unit_int("error stays", "result", smtp_reply_take(r, "250 x\n", 6, &used),
             -1);
    unit_int("error stays", "used", (long)used, 0);
    smtp_reply_clear(r);
    unit_str("cleared", "error", smtp_reply_error(r), "");
    unit_int("cleared", "result", smtp_reply_take(r, "250 x\n", 6, &used), 1);
    smtp_reply_free(&r);
}

/* `lines` lines "250-xxx", each `length` bytes with its line end. */
static char *reply_make(size_t lines, size_t length)
{
    char *s = malloc(lines * length + 1);

    if (s == NULL)
        abort();
    memset(s, 'x', lines * length);
    for (size_t i = 0; i < lines; i++) {
        memcpy(s + i * length, i + 1 < lines ? "250-" : "250 ", 4);
        s[(i + 1) * length - 1] = '\n';
    }
    s[lines * length] = '\0';
    return s;
}

static const struct {
    const char *label;
    size_t lines, length;
    int rc;
    const char *error;
} limits[] = {
    {"as many lines as there may be", SMTP_REPLY_LINES, 8, 1, ""},
    {"one line more", SMTP_REPLY_LINES + 1, 8, -1, "more than 512 lines"},
    {"as many bytes as there may be", 1, SMTP_REPLY_BYTES, 1, ""},
    {"one byte more", 1, SMTP_REPLY_BYTES + 1, -1, "more than 65536 bytes"},
    {"too many bytes in lines", 100, 700, -1, "more than 65536 bytes"},
};

static void check_limits(size_t step)
{
    for (size_t i = 0; i < LENGTH(limits); i++) {
        char *bytes = reply_make(limits[i].lines, limits[i].length);
        struct smtp_reply *r = smtp_reply_new();
        size_t used;

        unit_int(
            limits[i].label, "result",
            take_all(r, bytes, limits[i].lines * limits[i].length, step, &used),
            limits[i].rc);
        unit_has(limits[i].label, "error", smtp_reply_error(r),
                 limits[i].error);
        smtp_reply_free(&r);
        free(bytes);
    }
}

int main(void)
{
    static const size_t steps[] = {1, 2, 3, 7, 100000};

    for (size_t s = 0; s < LENGTH(steps); s++) {
        for (size_t i = 0; i < LENGTH(rows); i++)
            check_row(i, steps[s]);
        check_limits(steps[s]);
    }
    check_ehlo();
    check_sequence();
    check_error_stays();
    return unit_end();
}
