/* fuzz_release: -H files of hostile bytes, with new recipients.
 *
 * The first byte picks the new address and what is done with headers. The rest
 * is taken as it stands, below a sound beginning, and as three parts with NULs
 * between (the value of a variable, the end of a recipient's line, a header
 * block) of a file that Exim could have written. What is accepted can be read
 * by spool.c, with the same recipients but for the new one, and the same
 * number of fields, whose lengths are right.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "release.h"

#define ID "1vMqTr-000000001Ab-0001"
#define BEGINNING ID "-H\nexim 100 101\n<a@example.org>\n1700000000 0\n"
#define OLD "a@old.example"

static const char *const news[] = {"new@y.example", "\"two words\"@y", "a#1@y",
                                   "n@[192.0.2.1]"};

/* The number of fields; -1 when they are none. Each ends with its line. */
static int fields_count(const char *headers)
{
    const char *p = headers + (*headers == '\n');
    int n = 0;

    for (; *p != '\0'; n++) {
        char *end;
        unsigned long len = strtoul(p, &end, 10);

        if (end - p < 3 || strspn(p, "0123456789") != (size_t)(end - p) ||
            *end == '\0' || end[1] != ' ' || len > strlen(end + 2) ||
            len == 0 || end[1 + len] != '\n')
            return -1;
        p = end + 2 + len;
    }
    return n;
}

static void check_recipients(const struct spool_header *was,
                             const struct spool_header *is, const char *new,
                             int changed)
{
    int differ = 0;

    FUZZ_ASSERT(is->count == was->count);
    for (int i = 0; i < is->count; i++) {
        const char *line = was->recipients[i].line;

        if (strcmp(line, is->recipients[i].line) == 0)
            continue;
        differ++;
        FUZZ_ASSERT(strcmp(is->recipients[i].address, new) == 0);
        FUZZ_ASSERT(strcmp(is->recipients[i].line + strlen(new),
                           line + strlen(was->recipients[i].address)) == 0);
    }
    FUZZ_ASSERT(differ <= changed);
}

static void check_whole(const struct spool_header *was, char *out,
                        const char *new, const struct released *done)
{
    char error[200];
    struct spool_header is;

    FUZZ_ASSERT(spool_header_parse(out, &is, error, sizeof error) == 1);
    FUZZ_ASSERT(strcmp(is.id, was->id) == 0);
    FUZZ_ASSERT(strcmp(is.sender, was->sender) == 0);
    FUZZ_ASSERT(strcmp(is.history, was->history) == 0);
    FUZZ_ASSERT(strcmp(text_str(&is.done), text_str(&was->done)) == 0);
    check_recipients(was, &is, new, done->moves.count);
    if (fields_count(was->headers) != -1)
        FUZZ_ASSERT(fields_count(is.headers) == fields_count(was->headers));
    spool_header_free(&is);
}

static int released(const char *text, const char *old, const char *new,
                    int policy, struct released *done, struct text *out)
{
    struct moves moves = {0};
    char error[200] = "";
    int rc;

    moves_add(&moves, old, new, 7, old);
    rc = release_text(text, strlen(text), &moves, (enum rewrite_headers)policy,
                      done, out, error, sizeof error);
    FUZZ_ASSERT((rc == -1) == (error[0] != '\0'));
    FUZZ_ASSERT((rc == 1) == (done->moves.count > 0));
    moves_free(&moves);
    return rc;
}

/* Released with the recipient's new address; again there is nothing to do. */
static void check_released(const struct spool_header *was, const char *text,
                           const char *old, uint8_t pick)
{
    const char *new = news[pick % 4];
    int policy = pick / 4 % 3;
    struct released done;
    struct text out = {0}, twice = {0};
    int rc = released(text, old, new, policy, &done, &out);
    char *copy = text_copy(text_str(&out));

    FUZZ_ASSERT(rc != -1 && strlen(copy) == out.len);
    check_whole(was, copy, new, &done);
    released_free(&done);
    if (rc == 1 && !text_same_address(old, new)) {
        FUZZ_ASSERT(released(out.s, old, new, policy, &done, &twice) == 0);
        released_free(&done);
    }
    text_free(&out);
    text_free(&twice);
    free(copy);
}

static void check(const char *beginning, const char *input, uint8_t pick)
{
    char error[200] = "", *text = text_format("%s%s", beginning, input);
    char *copy = text_copy(text);
    struct spool_header was;
    struct released done;
    struct text out = {0};

    if (spool_header_parse(copy, &was, error, sizeof error) == 1) {
        check_released(&was, text, OLD, pick);
        if (was.count > 0)
            check_released(&was, text, was.recipients[0].address, pick);
    } else
        FUZZ_ASSERT(released(text, OLD, news[0], 0, &done, &out) == -1);
    spool_header_free(&was);
    text_free(&out);
    free(copy);
    free(text);
}

static const char *part_take(const char **p, const char *end)
{
    const char *part = *p;

    *p += strlen(part);
    *p += *p < end;
    return part;
}

/* One that Exim could have written: nothing but the mark is new in its
 * variables. */
static void check_sound(const char *p, const char *end, uint8_t pick)
{
    const char *value = part_take(&p, end), *tail = part_take(&p, end);
    struct text text = {0}, variables = {0}, out = {0};
    struct released done;

    text_addf(&variables, "-aclm _value %zu\n%s\n-tls_certificate_verified\n",
              strlen(value), value);
    text_addf(&text, BEGINNING "%sXX\n2\nb@x.example\n" OLD "%s%.*s\n",
              variables.s, *tail != '\0' ? " " : "", (int)strcspn(tail, "\n"),
              tail);
    spool_headers_format(p, &text);
    check("", text.s, pick);
    if (released(text.s, OLD, news[0], 0, &done, &out) != -1)
        FUZZ_ASSERT(strstr(out.s, variables.s) == out.s + strlen(BEGINNING));
    released_free(&done);
    text_free(&text);
    text_free(&variables);
    text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input;

    if (size == 0)
        return 0;
    input = fuzz_text(data + 1, size - 1);
    check("", input, data[0]);
    check(BEGINNING, input, data[0]);
    check_sound(input, input + size - 1, data[0]);
    free(input);
    return 0;
}
