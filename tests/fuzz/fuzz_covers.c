/* fuzz_covers: signatures from hostile bytes.
 *
 * White space makes no difference, nor does the case of a field's name; what is
 * covered stays so when tags are added around it; and a list put in is read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdbool.h>

#include "covers.h"
#include "text.h"

static void check_same(const char *body, size_t len, bool covered)
{
    struct text folded = {0};

    for (size_t i = 0; i < len; i++) {
        text_addn(&folded, body + i, 1);
        text_add(&folded, i % 3 == 0 ? "\r\n " : "");
    }
    FUZZ_ASSERT(covers(body, len, "tO") == covered);
    FUZZ_ASSERT(covers(text_str(&folded), folded.len, "To") == covered);
    text_free(&folded);
}

static void check_added(const char *body, size_t len, bool covered)
{
    struct text more = {0};

    text_add(&more, "v=1;");
    text_addn(&more, body, len);
    FUZZ_ASSERT(covers(more.s, more.len, "To") == covered);
    text_add(&more, ";b=To;bh=To");
    FUZZ_ASSERT(covers(more.s, more.len, "To") == covered);
    text_add(&more, "; h=From:to");
    FUZZ_ASSERT(covers(more.s, more.len, "To"));
    text_free(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = fuzz_text(data, size);
    bool covered = covers(body, size, "To");

    FUZZ_ASSERT(!covered || (memchr(body, 'h', size) && size >= 4));
    FUZZ_ASSERT(!covers(body, size, "") && !covers(body, size, "a;b"));
    check_same(body, size, covered);
    check_added(body, size, covered);
    free(body);
    return 0;
}
