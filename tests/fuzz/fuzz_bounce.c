/* fuzz_bounce: notices of hostile bytes, read, and written for all, for none
 * and for some of the recipients.
 *
 * A notice written for all holds the same recipients when it is read again.
 * Exim writes no zero byte into the header, nor half a quoted string or a CR,
 * so a notice with one of them may lose recipients.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "bounce.h"

static bool some(const char *address, void *context)
{
    const int *which = context;

    return *which == 0 || (*which == 1 && strlen(address) % 2 == 0);
}

static void check_again(const struct bounce *b, const struct text *out)
{
    struct bounce again;

    bounce_parse(&again, text_str(out), out->len);
    FUZZ_ASSERT(again.count == b->count);
    for (int i = 0; i < b->count; i++)
        FUZZ_ASSERT(
            strcmp(again.recipients[i].address, b->recipients[i].address) == 0);
    bounce_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);
    struct bounce b;

    bounce_parse(&b, input, size);
    for (int which = 0; which < 3; which++) {
        struct bounce_edit edit = {.to = "sender@example.org",
                                   .old_to = "x@outrider.invalid",
                                   .id = which == 1 ? "new" : NULL,
                                   .old_id = "id",
                                   .keep = some,
                                   .context = &which};
        struct text out = {0};

        bounce_write(&b, &edit, &out);
        if (which == 0 && strlen(input) == size &&
            strpbrk(input, "\"\\\r") == NULL)
            check_again(&b, &out);
        text_free(&out);
    }
    bounce_free(&b);
    free(input);
    return 0;
}
