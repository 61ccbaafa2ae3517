/* fuzz_apply: alias files and lists from hostile bytes.
 *
 * The first byte picks the kind and the new address. Without a new address all
 * stays; with one, as many addresses are found again, in as many lines, and
 * nothing else differs; and the diff, applied, makes the new text of the old.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "apply.h"

static const char *const news[] = {"new@y", "two, words@y", "a#b@[::1]",
                                   "\"a #b\"@y"};

/* What must never be written. */
static const char *const unsafe[] = {"|id@y", "#a@y", "\"/a b\"@y",
                                     ":include:/x@y"};

static char *new_none(const char *address, void *context)
{
    FUZZ_ASSERT(strchr(address, '@') != NULL);
    (*(int *)context)++;
    return NULL;
}

static char *new_all(const char *address, void *context)
{
    FUZZ_ASSERT(strchr(address, '@') != NULL);
    return text_copy(context);
}

static size_t lines_count(const char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += s[i] == '\n';
    return n;
}

/* How many addresses there are: found, and left as they are. */
static int apply_none(enum apply_kind kind, const char *in, size_t len)
{
    int seen = 0;
    struct apply a = {.kind = kind, .new_of = new_none, .context = &seen};
    struct text out = {0};
    char error[200];
    int n = apply_text(&a, in, len, &out, error, sizeof error);

    FUZZ_ASSERT(n == 0 || (n == -1 && out.len == 0 && seen == 0));
    FUZZ_ASSERT(n == -1 ||
                (out.len == len && memcmp(text_str(&out), in, len) == 0));
    text_free(&out);
    return n == -1 ? -1 : seen;
}

static int apply_all(enum apply_kind kind, const char *new, const char *in,
                     size_t len, struct text *out)
{
    char *copy = text_copy(new), error[200];
    struct apply a = {.kind = kind, .new_of = new_all, .context = copy};
    int n = apply_text(&a, in, len, out, error, sizeof error);

    free(copy);
    return n;
}

static void check_unsafe(enum apply_kind kind, const char *new, const char *in,
                         size_t len)
{
    struct text out = {0};

    FUZZ_ASSERT(apply_all(kind, new, in, len, &out) == 0);
    FUZZ_ASSERT(out.len == len && memcmp(text_str(&out), in, len) == 0);
    text_free(&out);
}

/* The line that begins here, without its end; *at is then behind it. */
static struct text line_take(const struct text *t, size_t *at, bool *ended)
{
    struct text line = {0};
    const char *nl = memchr(t->s + *at, '\n', t->len - *at);
    size_t end = nl != NULL ? (size_t)(nl - t->s) : t->len;

    text_add(&line, "");
    text_addn(&line, t->s + *at, end - *at);
    *ended = nl != NULL;
    *at = end + (nl != NULL);
    return line;
}

/* Both must have this line next; the one without a line end is marked. */
static void side_check(const struct text *t, size_t *at, const char *line,
                       size_t len, bool unended)
{
    bool ended;
    struct text have = line_take(t, at, &ended);

    FUZZ_ASSERT(have.len == len && memcmp(have.s, line, len) == 0);
    FUZZ_ASSERT(ended != unended);
    text_free(&have);
}

/* Lines outside the hunks are the same on both sides. */
static void skip_same(const struct text *old, const struct text *new,
                      size_t at[2], long lines)
{
    for (; lines > 0; lines--) {
        bool ended;
        struct text line = line_take(old, &at[0], &ended);

        side_check(new, &at[1], line.s, line.len, !ended);
        text_free(&line);
    }
}

/* The head of a hunk; the line number after it. */
static long hunk_begin(const char *head, long number, const struct text *old,
                       const struct text *new, size_t at[2])
{
    long start, n, new_start, new_n;

    FUZZ_ASSERT(sscanf(head, "@@ -%ld,%ld +%ld,%ld @@", &start, &n, &new_start,
                       &new_n) == 4);
    FUZZ_ASSERT(start == new_start && n == new_n && n > 0 && start >= number);
    skip_same(old, new, at, start - number);
    return start + n;
}

/* Walks the diff along both texts. */
static void check_diff(const struct text *old, const struct text *new,
                       const struct text *diff)
{
    size_t at[2] = {0, 0}, d = 0;
    long number = 1;
    bool ended;

    for (int i = 0; d < diff->len; i++) {
        struct text line = line_take(diff, &d, &ended);
        bool unended = diff->len > d && diff->s[d] == '\\';

        if (unended) {
            struct text mark = line_take(diff, &d, &ended);
            text_free(&mark);
        }
        if (i < 2) {
            FUZZ_ASSERT(memcmp(line.s, i == 0 ? "--- " : "+++ ", 4) == 0);
        } else if (line.s[0] == '@') {
            number = hunk_begin(line.s, number, old, new, at);
        } else {
            FUZZ_ASSERT(strchr(" -+", line.s[0]) != NULL);
            if (line.s[0] != '+')
                side_check(old, &at[0], line.s + 1, line.len - 1, unended);
            if (line.s[0] != '-')
                side_check(new, &at[1], line.s + 1, line.len - 1, unended);
        }
        text_free(&line);
    }
    FUZZ_ASSERT(old->len - at[0] == new->len - at[1]);
    FUZZ_ASSERT(memcmp(old->s + at[0], new->s + at[1], old->len - at[0]) == 0);
}

static char path[] = "/tmp/outrider-fuzz.XXXXXX";

static void file_remove(void)
{
    unlink(path);
}

/* One file for all runs. */
static const char *file_of(const char *in, size_t len)
{
    static int fd = -1;

    if (fd == -1) {
        fd = mkostemp(path, O_CLOEXEC);
        atexit(file_remove);
    }
    FUZZ_ASSERT(fd != -1 && ftruncate(fd, 0) == 0);
    FUZZ_ASSERT(pwrite(fd, in, len, 0) == (ssize_t)len);
    return path;
}

static void check_file(enum apply_kind kind, const char *new, const char *in,
                       size_t len, const struct text *out)
{
    char *copy = text_copy(new), error[300];
    struct apply a = {.kind = kind, .new_of = new_all, .context = copy};
    struct text diff = {0}, old = {0};

    text_addn(&old, in, len);
    FUZZ_ASSERT(
        apply_file(&a, file_of(in, len), true, &diff, error, sizeof error) > 0);
    FUZZ_ASSERT((diff.len == 0) ==
                (old.len == out->len && memcmp(old.s, out->s, old.len) == 0));
    if (diff.len > 0)
        check_diff(&old, out, &diff);
    text_free(&diff);
    text_free(&old);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum apply_kind kind =
        size > 0 && data[0] & 4 ? APPLY_ALIASES : APPLY_FORWARD;
    struct text out = {0};
    char *in;
    int n;

    if (size == 0)
        return 0;
    in = fuzz_text(data + 1, size - 1);
    n = apply_none(kind, in, size - 1);
    FUZZ_ASSERT((n == -1) == (apply_none(APPLY_GUESS, in, size - 1) == -1));
    FUZZ_ASSERT(n == apply_all(kind, news[data[0] & 3], in, size - 1, &out));
    if (n > 0) {
        FUZZ_ASSERT(apply_none(kind, out.s, out.len) == n);
        FUZZ_ASSERT(lines_count(in, size - 1) == lines_count(out.s, out.len));
        check_unsafe(kind, unsafe[data[0] & 3], in, size - 1);
        check_file(kind, news[data[0] & 3], in, size - 1, &out);
    }
    text_free(&out);
    free(in);
    return 0;
}
