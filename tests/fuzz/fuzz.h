/* fuzz: what the harnesses share: the input as a text, and an assertion that
 * stays in any build.
 *
 * Build: clang -fsanitize=fuzzer,address,undefined with core/ (NAME.c is one
 * program); run it with -max_total_time=SECONDS, no corpus is needed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FUZZ_H
#define OUTRIDER_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_ASSERT(condition)                                                 \
    ((condition) ? (void)0                                                     \
                 : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
                            #condition),                                       \
                    abort()))

/* A terminated copy of exactly that size, so that one byte too far is seen. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
