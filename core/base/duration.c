/* duration: Exim's time format. See duration.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "duration.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

static const struct {
    char letter;
    int seconds;
} units[] = {{'w', 7 * DAY}, {'d', DAY}, {'h', 3600}, {'m', 60}, {'s', 1}};

int duration_parse(const char *s, int *seconds)
{
    long total = 0;
    size_t unit = 0;
    if (!*s)
        return 0;
    while (*s) {
        char *end;
        if (!isdigit((unsigned char)*s))
            return 0;
        long n = strtol(s, &end, 10);
        while (unit < 5 && units[unit].letter != *end)
            unit++;
        if (unit == 5 || n > INT_MAX / units[unit].seconds)
            return 0;
        total += n * units[unit].seconds;
        s = end + 1;
        unit++;
    }
    if (total > INT_MAX)
        return 0;
    *seconds = (int)total;
    return 1;
}

void duration_print(int seconds, struct text *out)
{
    size_t start = out->len;
    for (int i = 0; i < 5; i++) {
        int n = seconds / units[i].seconds;
        seconds %= units[i].seconds;
        if (n)
            text_addf(out, "%d%c", n, units[i].letter);
    }
    if (out->len == start)
        text_add(out, "0s");
}
