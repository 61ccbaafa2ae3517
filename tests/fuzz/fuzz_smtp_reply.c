/* fuzz_smtp_reply: SMTP replies from hostile bytes.
 *
 * The first byte says how many bytes come at a time. However they are cut, the
 * same replies come out, within their limits and fit to be printed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdbool.h>

#include "smtp_reply.h"

#define REPLIES_MAX 64

/* What one way of cutting made of the bytes: codes and hashes of the texts. */
struct outcome {
    int count, codes[REPLIES_MAX];
    uint64_t hashes[REPLIES_MAX];
    int end; /* 0 more is wanted, -1 an error */
};

static uint64_t hash(const char *s)
{
    uint64_t h = 14695981039346656037u;

    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h;
}

static bool printable(const char *s)
{
    for (; *s != '\0'; s++) {
        if (((unsigned char)*s < ' ' && *s != '\t' && *s != '\n') || *s == 127)
            return false;
    }
    return true;
}

static void check_whole(const struct smtp_reply *r)
{
    const char *text = smtp_reply_text(r);

    FUZZ_ASSERT(smtp_reply_code(r) >= 200 && smtp_reply_code(r) <= 599);
    FUZZ_ASSERT(strlen(text) < SMTP_REPLY_BYTES);
    FUZZ_ASSERT(printable(text) && smtp_reply_error(r)[0] == '\0');
    if (smtp_reply_size(r) > 0)
        FUZZ_ASSERT(smtp_reply_announces(r, "size"));
}

static void outcome_make(struct outcome *o, const char *bytes, size_t n,
                         size_t step)
{
    struct smtp_reply *r = smtp_reply_new();
    size_t used, at = 0;

    memset(o, 0, sizeof *o);
    while (o->end == 0 && at < n && o->count < REPLIES_MAX) {
        size_t some = n - at < step ? n - at : step;
        int rc = smtp_reply_take(r, bytes + at, some, &used);
        FUZZ_ASSERT(used <= some && (rc != 0 || used == some));
        at += used;
        if (rc == 1) {
            check_whole(r);
            o->codes[o->count] = smtp_reply_code(r);
            o->hashes[o->count++] = hash(smtp_reply_text(r));
        }
        o->end = rc == -1 ? -1 : 0;
    }
    FUZZ_ASSERT((o->end == -1) == (smtp_reply_error(r)[0] != '\0'));
    FUZZ_ASSERT(printable(smtp_reply_error(r)));
    FUZZ_ASSERT(printable(smtp_reply_partial(r)));
    smtp_reply_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, cut;
    char *bytes;

    if (size == 0)
        return 0;
    bytes = fuzz_text(data + 1, size - 1);
    outcome_make(&whole, bytes, size - 1, size);
    outcome_make(&cut, bytes, size - 1, 1 + data[0] % 32u);
    FUZZ_ASSERT(memcmp(&whole, &cut, sizeof whole) == 0);
    free(bytes);
    return 0;
}
