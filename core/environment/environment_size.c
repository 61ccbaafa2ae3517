/* environment_size: numbers of bytes as rows have them. See environment.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <string.h>

#include "environment.h"

static const char units[] = "KMG";

int environment_size_parse(const char *word, int64_t *bytes)
{
    int64_t n = 0;
    const char *p = word;
    for (; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, *p - '0', &n))
            return 0;
    const char *unit = *p ? strchr(units, toupper((unsigned char)*p)) : NULL;
    if (p == word || (*p && (!unit || p[1])))
        return 0;
    for (const char *u = units; unit && u <= unit; u++)
        if (__builtin_mul_overflow(n, 1024, &n))
            return 0;
    *bytes = n;
    return 1;
}

void environment_size_print(int64_t bytes, struct text *out)
{
    const char *unit = units;
    if (bytes == ENVIRONMENT_NO_LIMIT) {
        text_add(out, "none");
        return;
    }
    while (*unit && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    text_addf(out, "%lld", (long long)bytes);
    if (unit > units)
        text_addn(out, unit - 1, 1);
}
