/* fuzz_settings: settings from hostile lines; what was read, printed and read
 * again is the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);
    struct settings *first = settings_new("/var/spool/exim4");
    struct settings *second = settings_new("/elsewhere");
    struct text problems = {0}, printed = {0}, again = {0};
    int wrong = settings_read(first, input, &problems);

    FUZZ_ASSERT((wrong == 0) == (problems.len == 0));
    settings_print(first, &printed);
    text_cut(&problems, 0);
    if (settings_read(second, printed.s, &problems) != 0) {
        fprintf(stderr, "%s", problems.s);
        abort();
    }
    settings_print(second, &again);
    FUZZ_ASSERT(strcmp(printed.s, again.s) == 0);
    settings_free(&first);
    settings_free(&second);
    text_free(&problems);
    text_free(&printed);
    text_free(&again);
    free(input);
    return 0;
}
