/* fuzz_forward: replies that say where a user has gone, from hostile bytes.
 *
 * The first byte picks the old address. What is found is a canonical address of
 * one line and not the old one; it is found again in a reply as the RFC has
 * it, and a second one beside it is doubt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdbool.h>
#include <time.h>

#include "forward.h"
#include "mailbox.h"

static const char *const olds[] = {"old@x", "a@b", "\"a b\"@c", ""};

static void check_address(const char *text, const char *old,
                          const struct text *new)
{
    struct text again = {0};

    FUZZ_ASSERT(new->len >= 3 && new->len <= 260);
    FUZZ_ASSERT(mailbox_canonical(new->s, &again));
    FUZZ_ASSERT(strcmp(again.s, new->s) == 0);
    FUZZ_ASSERT(!text_same_address(new->s, old));
    for (const char *s = new->s; *s != '\0'; s++)
        FUZZ_ASSERT((unsigned char)*s >= ' ' && *s != 127);
    FUZZ_ASSERT(strstr(text, strrchr(new->s, '@')) != NULL);
    text_free(&again);
}

static void check_again(const char *old, const struct text *new)
{
    struct text reply = {0}, again = {0};

    text_addf(&reply, "5.1.6 User not local; please try <%s>", new->s);
    FUZZ_ASSERT(forward_find(551, reply.s, old, &again) == 1);
    FUZZ_ASSERT(strcmp(again.s, new->s) == 0);
    text_cut(&again, 0);
    text_add(&reply, " or <zzz@zzz.zzz>");
    FUZZ_ASSERT(forward_find(551, reply.s, old, &again) ==
                text_same_address(new->s, "zzz@zzz.zzz"));
    text_free(&reply);
    text_free(&again);
}

/* The text many times over; a second is hundreds of times too long. */
static void check_time(const char *text)
{
    struct text many = {0}, new = {0};
    clock_t start = clock();

    while (*text != '\0' && many.len < 65536)
        text_add(&many, text);
    forward_find(551, text_str(&many), "old@x", &new);
    FUZZ_ASSERT(clock() - start < CLOCKS_PER_SEC);
    text_free(&many);
    text_free(&new);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = fuzz_text(data + 1, size - 1);
    const char *old = olds[data[0] % 4];
    struct text new = {0}, same = {0};
    int rc = forward_find(551, text, old, &new);

    FUZZ_ASSERT(rc == 0 || rc == 1);
    FUZZ_ASSERT((rc == 1) == (new.len > 0));
    FUZZ_ASSERT(forward_find(251, text, old, &same) == rc);
    FUZZ_ASSERT(strcmp(text_str(&same), text_str(&new)) == 0);
    FUZZ_ASSERT(forward_find(550, text, old, &same) == 0);
    if (rc == 1) {
        check_address(text, old, &new);
        check_again(old, &new);
    }
    if (data[0] == 255 && size % 16 == 0)
        check_time(text);
    text_free(&new);
    text_free(&same);
    free(text);
    return 0;
}
