/* fuzz_spool: -H files of hostile bytes; a copy of one that is read is read
 * again with the same sender, history and recipients.
 *
 * The input is taken as it stands, and once more below a sound beginning.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "spool.h"

#define ID "1vMqTr-000000001Ab-0001"
#define BEGINNING ID "-H\nexim 100 101\n<a@example.org>\n1700000000 0\n"

static bool all(const char *address, void *context)
{
    (void)address;
    (void)context;
    return true;
}

static void check_copy(const struct spool_header *h)
{
    char error[200], history[] = "a\nb";
    struct text copy = {0};
    struct spool_header again;

    spool_header_copy(h, ID, all, NULL, "", history, &copy);
    FUZZ_ASSERT(spool_header_parse(copy.s, &again, error, sizeof error) == 1);
    FUZZ_ASSERT(strcmp(again.sender, h->sender) == 0);
    FUZZ_ASSERT(strcmp(again.history, history) == 0);
    FUZZ_ASSERT(strcmp(again.top, h->top) == 0);
    FUZZ_ASSERT(strcmp(again.headers, h->headers) == 0);
    FUZZ_ASSERT(again.count == h->count);
    for (int i = 0; i < h->count; i++) {
        const struct spool_recipient *one = &h->recipients[i],
                                     *two = &again.recipients[i];
        FUZZ_ASSERT(strcmp(two->address, one->address) == 0);
        FUZZ_ASSERT(two->dsn_flags == one->dsn_flags);
        /* The place of its alias in the list is not there any more. */
        FUZZ_ASSERT(strcmp(two->line, one->line) == 0 ||
                    strstr(two->line, ",-1#") != NULL);
    }
    spool_header_free(&again);
    text_free(&copy);
}

static void check(const char *beginning, const char *input)
{
    char error[200] = "", *data = text_format("%s%s", beginning, input);
    struct spool_header h;

    if (spool_header_parse(data, &h, error, sizeof error) == 1) {
        check_copy(&h);
        spool_header_done(&h, "a@example.org");
    } else
        FUZZ_ASSERT(error[0] != '\0' && h.recipients == NULL);
    spool_header_free(&h);
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);

    check("", input);
    check(BEGINNING, input);
    free(input);
    return 0;
}
