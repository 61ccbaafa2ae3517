/* fuzz_history: histories from hostile text; formatted and parsed again they
 * say the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "history.h"

#define HEADING "outrider history 1\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);
    char *text = text_format("%s%s", HEADING, input);
    struct history first, second, bare, merged = {0};
    struct text once = {0}, twice = {0};
    char *origin = history_origin(text);
    int generation = history_generation(text);

    history_parse(&bare, input);
    history_parse(&first, text);
    history_format(&first, origin, generation, &once);
    history_parse(&second, once.s);
    history_format(&second, origin, generation, &twice);
    FUZZ_ASSERT(strcmp(once.s, twice.s) == 0);
    history_merge(&merged, &first, NULL);
    history_new_round(&merged, "a@example.org");
    history_note(&merged, input, input, CLASS_RATE, 1, 2, input);
    FUZZ_ASSERT(history_at(&merged, "*", input) == NULL ||
                history_last(&merged, "*") != NULL);
    history_free(&bare);
    history_free(&first);
    history_free(&second);
    history_free(&merged);
    text_free(&once);
    text_free(&twice);
    free(origin);
    free(text);
    free(input);
    return 0;
}
