/* fuzz_mailbox: addresses in header fields from hostile bytes.
 *
 * The first byte picks the new address. Spans come in order, apart and inside;
 * a body whose addresses have no new ones stays as it is; and after all of
 * them were replaced, the new address stands where each old one was, and
 * nothing else is found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdbool.h>
#include <time.h>

#include "mailbox.h"

static const char *const news[] = {
    "new@y",       "a.b@y.example", "two words@y",   "\"q\\\"\"@y",
    "n@[1.2.3.4]", "=?u?Q?a?=@y",   "a(b,c<d>@e)@y", "\xc3\xb6@\xc3\xbc",
};

static void mailbox_check(const struct mailbox *m, size_t from, size_t len)
{
    struct text again = {0};

    FUZZ_ASSERT(m->start >= from && m->len >= 3 && m->start + m->len <= len);
    FUZZ_ASSERT(m->name_len == 0 || (m->name_start >= from &&
                                     m->name_start + m->name_len < m->start));
    FUZZ_ASSERT(strchr(m->address, '@') != NULL);
    FUZZ_ASSERT(strpbrk(m->address, "\r\n") == NULL);
    FUZZ_ASSERT(mailbox_canonical(m->address, &again));
    FUZZ_ASSERT(strcmp(again.s, m->address) == 0);
    text_free(&again);
}

/* How many there are; each is looked at. */
static int mailbox_count(const char *body, size_t len)
{
    struct mailbox_scan scan;
    struct mailbox m;
    size_t from = 0;
    int n = 0;

    mailbox_begin(&scan, body, len);
    for (; mailbox_next(&scan, &m) == 1; n++) {
        mailbox_check(&m, from, len);
        from = m.start + m.len;
    }
    FUZZ_ASSERT(mailbox_next(&scan, &m) == 0);
    mailbox_end(&scan);
    return n;
}

static char *new_none(const char *address, void *context)
{
    FUZZ_ASSERT(address != NULL && context != NULL);
    return NULL;
}

static char *new_all(const char *address, void *context)
{
    FUZZ_ASSERT(address != NULL);
    return text_copy(context);
}

/* Every other address gets a new one: its neighbours must not notice. */
static char *new_some(const char *address, void *context)
{
    int *n = context;

    FUZZ_ASSERT(address != NULL);
    return (*n)++ % 2 == 0 ? text_copy(news[*n / 2 % 8]) : NULL;
}

static void check_none(const char *body, size_t len)
{
    struct text out = {0};
    int nothing = 0;

    FUZZ_ASSERT(mailbox_rewrite(body, len, new_none, &nothing, &out) == 0);
    FUZZ_ASSERT(out.len == len && memcmp(text_str(&out), body, len) == 0);
    text_free(&out);
}

/* Both are read side by side: what lies between two addresses is the same. */
static void check_places(const char *body, size_t len, const struct text *out,
                         const struct text *new)
{
    struct mailbox_scan before, after;
    struct mailbox old, m;
    size_t at = 0, done = 0;

    mailbox_begin(&before, body, len);
    mailbox_begin(&after, text_str(out), out->len);
    while (mailbox_next(&before, &old) == 1) {
        FUZZ_ASSERT(mailbox_next(&after, &m) == 1);
        FUZZ_ASSERT(strcmp(m.address, new->s) == 0 && m.len == new->len);
        FUZZ_ASSERT(memcmp(out->s + m.start, new->s, m.len) == 0);
        FUZZ_ASSERT(m.start - at == old.start - done);
        FUZZ_ASSERT(memcmp(out->s + at, body + done, m.start - at) == 0);
        FUZZ_ASSERT(m.name_len == old.name_len);
        at = m.start + m.len;
        done = old.start + old.len;
    }
    FUZZ_ASSERT(mailbox_next(&after, &m) == 0);
    FUZZ_ASSERT(out->len - at == len - done);
    FUZZ_ASSERT(memcmp(text_str(out) + at, body + done, len - done) == 0);
    mailbox_end(&before);
    mailbox_end(&after);
}

static void check_all(int count, const char *body, size_t len, const char *new)
{
    struct text out = {0}, canonical = {0};
    char *copy = text_copy(new);

    FUZZ_ASSERT(mailbox_canonical(new, &canonical));
    FUZZ_ASSERT(mailbox_rewrite(body, len, new_all, copy, &out) == count);
    check_places(body, len, &out, &canonical);
    text_free(&canonical);
    text_free(&out);
    free(copy);
}

static void check_some(int count, const char *body, size_t len)
{
    struct text out = {0};
    int n = 0;

    FUZZ_ASSERT(mailbox_rewrite(body, len, new_some, &n, &out) ==
                (count + 1) / 2);
    FUZZ_ASSERT(mailbox_count(text_str(&out), out.len) == count);
    text_free(&out);
}

/* Text that is no address is never added, whatever it is. */
static void check_canonical(const char *text)
{
    struct text out = {0};

    if (!mailbox_canonical(text, &out))
        FUZZ_ASSERT(out.len == 0);
    else
        check_none(out.s, out.len);
    text_free(&out);
}

/* The body many times over; a second is hundreds of times too long. */
static void check_time(const char *body, size_t len)
{
    struct text many = {0}, out = {0};
    int nothing = 0;
    clock_t start;

    while (len > 0 && many.len < 30000)
        text_addn(&many, body, len);
    start = clock();
    mailbox_rewrite(text_str(&many), many.len, new_none, &nothing, &out);
    FUZZ_ASSERT(clock() - start < CLOCKS_PER_SEC);
    text_free(&many);
    text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body;
    int count;

    if (size == 0)
        return 0;
    body = fuzz_text(data + 1, size - 1);
    count = mailbox_count(body, size - 1);
    check_none(body, size - 1);
    check_all(count, body, size - 1, news[data[0] % 8]);
    check_some(count, body, size - 1);
    check_canonical(body);
    if (data[0] == 255 && size % 16 == 0)
        check_time(body, size - 1);
    free(body);
    return 0;
}
