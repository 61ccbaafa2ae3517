/* unit: the frame of the unit tests.
 *
 * A test program is tables of labelled rows. It checks each row with the
 * functions below and ends with `return unit_end();`, which prints
 * "N passed, N failed" as the last line and is non-zero when one failed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_UNIT_H
#define OUTRIDER_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned unit_passed, unit_failed;

/* Returns ok, so that a test can leave out what makes no sense after it. */
static inline bool unit_true(const char *label, bool ok)
{
    if (ok) {
        unit_passed++;
    } else {
        unit_failed++;
        printf("FAILED %s\n", label);
    }
    return ok;
}

static inline bool unit_int(const char *label, const char *what, long got,
                            long want)
{
    if (got != want)
        printf("  %s: %s is %ld, not %ld\n", label, what, got, want);
    return unit_true(label, got == want);
}

static inline bool unit_str(const char *label, const char *what,
                            const char *got, const char *want)
{
    bool same = strcmp(got, want) == 0;

    if (!same)
        printf("  %s: %s is \"%s\", not \"%s\"\n", label, what, got, want);
    return unit_true(label, same);
}

/* Is part in text? For errors and log lines, whose details may grow. */
static inline bool unit_has(const char *label, const char *what,
                            const char *text, const char *part)
{
    bool found = strstr(text, part) != NULL;

    if (!found)
        printf("  %s: %s is \"%s\", without \"%s\"\n", label, what, text, part);
    return unit_true(label, found);
}

static inline int unit_end(void)
{
    printf("%u passed, %u failed\n", unit_passed, unit_failed);
    return unit_failed == 0 ? 0 : 1;
}

#endif
