/* fuzz_adapt_name: file names from hostile bytes.
 *
 * The bytes are names with NULs between. Each name that comes out is fit for a
 * file, stays as it is when it is asked about again, and no two are the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "archive.h"
#include "text.h"

#define NAMES_MAX 40

static void check_name(const char *name)
{
    size_t len = strlen(name);

    FUZZ_ASSERT(len > 0 && len <= 200);
    FUZZ_ASSERT(strchr(".- ", name[0]) == NULL);
    FUZZ_ASSERT(strchr(". ", name[len - 1]) == NULL);
    FUZZ_ASSERT(strpbrk(name, "<>:\"/\\|?*") == NULL);
    for (size_t i = 0; i < len;) {
        size_t n = text_utf8(name + i);

        FUZZ_ASSERT(n > 0 && (unsigned char)name[i] >= ' ' && name[i] != 127);
        if (n == 3)
            FUZZ_ASSERT(memcmp(name + i, "\342\200\252", 3) < 0 ||
                        memcmp(name + i, "\342\200\256", 3) > 0);
        i += n;
    }
}

static void check_again(const char *name)
{
    struct text again = {0};

    archive_name(name, &again);
    FUZZ_ASSERT(strcmp(again.s, name) == 0);
    text_free(&again);
}

static void entry_put(struct entries *e, const char *name)
{
    e->list = text_grow(e->list, e->count, sizeof *e->list);
    e->list[e->count++].name = text_copy(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_text(data, size);
    struct entries e = {0};
    struct text out = {0};

    for (size_t at = 0; at <= size && e.count < NAMES_MAX;
         at += strlen(bytes + at) + 1) {
        archive_name(bytes + at, &out);
        check_name(out.s);
        check_again(out.s);
        archive_name_free(&e, bytes + at, &out);
        check_name(out.s);
        check_again(out.s);
        for (int i = 0; i < e.count; i++)
            FUZZ_ASSERT(!text_same(e.list[i].name, out.s));
        entry_put(&e, out.s);
    }
    entries_free(&e);
    text_free(&out);
    free(bytes);
    return 0;
}
