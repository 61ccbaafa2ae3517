/* fuzz_reply: replies, Exim's words and rules from hostile bytes.
 *
 * The input is a byte that chooses the stage and the errno, then a text that
 * is taken for a reply, for Exim's words, and for a rule.
 * Build: clang -fsanitize=fuzzer,address,undefined with core/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The worst a rule can meet: a text that is made of the rule. */
static void match_itself(const char *text)
{
    char error[200];
    struct pattern *p = pattern_new(text, error, sizeof error);

    for (int i = 0; i < 6 && p != NULL; i++)
        pattern_matches(p, text);
    pattern_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct classifier *builtin; /* compiled once, or it takes ages */
    struct classifier *c = classifier_new();
    char *text = malloc(size + 1), error[200];
    int first = size > 0 ? data[0] : 0;
    struct reply r;

    if (builtin == NULL)
        builtin = classifier_new();
    if (text == NULL)
        abort();
    memcpy(text, size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0);
    text[size > 0 ? size - 1 : 0] = '\0';
    reply_from_text(&r, (enum stage)(first % (STAGE_COUNT + 1)), text);
    classify(builtin, &r);
    reply_from_exim(&r, text, first - 60);
    classify(builtin, &r);
    classifier_add_rule(c, text, error, sizeof error);
    match_itself(text);
    classifier_free(&c);
    free(text);
    return 0;
}
