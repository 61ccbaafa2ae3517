/* fuzz_policy: action lists; what was taken is printed and taken again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "policy.h"
#include "text.h"

static void check_class(const struct policy *p, struct policy *again,
                        enum error_class c)
{
    char action[200], error[300];
    char *item;

    policy_action(p, c, action, sizeof action);
    item = text_format("<;%s=%s", class_name(c), action);
    FUZZ_ASSERT(policy_set(again, item, error, sizeof error) == 0);
    for (int failures = 1; failures < 5000; failures += 1 + failures / 8)
        FUZZ_ASSERT(policy_decide(p, c, failures) ==
                    policy_decide(again, c, failures));
    free(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size), error[300] = "";
    struct policy p, before, again;

    policy_defaults(&p);
    policy_defaults(&again);
    before = p;
    if (policy_set(&p, input, error, sizeof error) == -1) {
        FUZZ_ASSERT(error[0] != '\0');
        FUZZ_ASSERT(memcmp(&p, &before, sizeof p) == 0);
    }
    for (int c = CLASS_NONE + 1; c < CLASS_COUNT; c++)
        check_class(&p, &again, (enum error_class)c);
    free(input);
    return 0;
}
