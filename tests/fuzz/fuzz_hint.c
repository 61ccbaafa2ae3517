/* fuzz_hint: lines that say something of a message, from hostile bytes.
 *
 * What is behind the last semicolon of a Content-Type, or in a quoted string of
 * it, does not make it encrypted; and what says so goes on saying so when more
 * parameters follow. A limit that is found is one that a destination may have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hint.h"

#include "environment.h"
#include "fuzz.h"
#include "text.h"

#define SEALED "smime-type=enveloped-data"

static void check_type(const char *text)
{
    struct text more = {0};
    enum hint_secrecy said = hint_secrecy(text), again;

    FUZZ_ASSERT(said == HINT_CLEAR || said == HINT_PERHAPS ||
                said == HINT_ENCRYPTED);
    if (said == HINT_ENCRYPTED)
        FUZZ_ASSERT(strchr(text, ';') != NULL);
    text_addf(&more, "application/pkcs7-mime; name=\"%s", text);
    /* Whatever stands in the name, it is not the type. */
    if (strpbrk(text, "\"\\") == NULL) {
        text_add(&more, "\"; " SEALED);
        FUZZ_ASSERT(hint_secrecy(more.s) == HINT_ENCRYPTED);
        text_cut(&more, more.len - strlen("; " SEALED));
        FUZZ_ASSERT(hint_secrecy(more.s) == HINT_PERHAPS);
    }
    text_cut(&more, 0);
    text_addf(&more, "%s; x=y", text);
    again = hint_secrecy(more.s);
    if (strchr(text, '"') == NULL && said == HINT_ENCRYPTED)
        FUZZ_ASSERT(again == HINT_ENCRYPTED);
    text_free(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    int number = 0, total = 0;

    check_type(text);
    if (hint_numbered(text, &number, &total) == 1)
        FUZZ_ASSERT(number > 0 && number <= total && total <= 99999);
    int64_t limit = hint_limit(text, 1 << 30);
    FUZZ_ASSERT(limit == 0 ||
                (limit >= ENVIRONMENT_SIZE_MIN && limit < 1 << 30));
    free(text);
    return 0;
}
