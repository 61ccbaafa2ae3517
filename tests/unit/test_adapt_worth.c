/* test_adapt_worth: what is worth compressing, and what is not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "worth.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "text.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define KIB 1024
#define MIB (1024 * KIB)

/* `text` bytes of text, then `noise` bytes that nothing compresses, with a
 * marker as JPEG has it every few bytes when `jpeg`. */
static const struct {
    const char *label;
    size_t text, noise;
    bool jpeg, noise_first;
    int gain, want;
} rows[] = {
    {.label = "nothing", .gain = 10, .want = 0},
    {.label = "text", .text = MIB, .gain = 10, .want = 1},
    {.label = "text, much wanted", .text = MIB, .gain = 50, .want = 1},
    {.label = "text, too much wanted", .text = MIB, .gain = 99, .want = 0},
    {.label = "a little text", .text = 600, .gain = 10, .want = 1},
    {.label = "a word", .text = 5, .gain = 10, .want = 0},
    {.label = "one byte, and nothing wanted", .text = 1, .want = 0},
    {.label = "noise", .noise = MIB, .gain = 10, .want = 0},
    {.label = "noise, and nothing wanted", .noise = MIB, .want = 0},
    {.label = "noise of a piece and a byte", .noise = 64 * KIB + 1, .gain = 10},
    {.label = "a photograph", .noise = 3 * MIB, .jpeg = true, .gain = 10},
    {.label = "text, then as much noise",
     .text = 2 * MIB,
     .noise = 2 * MIB,
     .gain = 10,
     .want = 1},
    {.label = "text, then as much noise, half wanted",
     .text = 2 * MIB,
     .noise = 2 * MIB,
     .gain = 50,
     .want = 0},
    {.label = "a head of text, then noise",
     .text = 64 * KIB,
     .noise = 8 * MIB,
     .gain = 20,
     .want = 0},
    {.label = "noise, then much text",
     .text = 8 * MIB,
     .noise = 64 * KIB,
     .noise_first = true,
     .gain = 20,
     .want = 1},
};

static unsigned next(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void text_make(struct text *out, size_t len)
{
    static const char *const words[] = {"the",  "quarterly", "report", "is",
                                        "late", "again",     "we",     "hope"};
    size_t end = out->len + len;
    unsigned state = 7;
    while (out->len < end)
        text_addf(out, "%s %s %u,\n", words[next(&state) % LENGTH(words)],
                  words[next(&state) % LENGTH(words)], next(&state) % 1000);
    text_cut(out, end);
}

static void noise_make(struct text *out, size_t len, bool jpeg)
{
    unsigned state = 2463534242;
    for (size_t i = 0; i < len; i++) {
        char c = (char)(next(&state) >> 7);
        if (jpeg && i % 2048 < 2)
            c = "\xff\xd0"[i % 2048];
        text_addn(out, &c, 1);
    }
}

static int try(const struct text *bytes, int gain)
{
    /* Something else before it, and behind. */
    struct text whole = {0};
    int fd = memfd_create("worth", MFD_CLOEXEC), rc;
    text_addf(&whole, "%0300d", 0);
    text_addn(&whole, text_str(bytes), bytes->len);
    text_addf(&whole, "%0300000d", 0);
    rc = write(fd, whole.s, whole.len) == (ssize_t)whole.len
             ? worth_compressing(&(struct extent){fd, 300, (int64_t)bytes->len},
                                 gain)
             : -2;
    close(fd);
    text_free(&whole);
    return rc;
}

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct text bytes = {0};
        if (rows[i].noise_first)
            noise_make(&bytes, rows[i].noise, rows[i].jpeg);
        text_make(&bytes, rows[i].text);
        if (!rows[i].noise_first)
            noise_make(&bytes, rows[i].noise, rows[i].jpeg);
        unit_int(rows[i].label, "result", try(&bytes, rows[i].gain),
                 rows[i].want);
        text_free(&bytes);
    }
}

int main(void)
{
    check_rows();
    unit_int("no file", "result",
             worth_compressing(&(struct extent){-1, 0, 100}, 0), 0);
    return unit_end();
}
