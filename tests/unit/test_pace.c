/* test_pace: when a message is tried again, and how many at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pace.h"

#include "scratch.h"
#include "unit.h"

#define T0 1700000000000

static const struct {
    const char *label, *settings;
    int attempts, waiting;
    long seconds;
} intervals[] = {
    {"the first", "", 1, 0, 300},
    {"none yet", "", 0, 0, 300},
    {"the second", "", 2, 0, 450},
    {"the third", "", 3, 0, 675},
    {"the greatest", "", 10, 0, 3600},
    {"a very late one", "", 1000000, 0, 3600},
    {"half with as many as the scale", "", 1, 1000, 150},
    {"a third with twice as many", "", 1, 2000, 100},
    {"the least", "", 1, 10000, 30},
    {"a late one with many", "", 10, 10000, 327},
    {"no growth", "unsent-growth = 1", 50, 0, 300},
    {"growth by two", "unsent-growth = 2\nunsent-max = 1d", 5, 0, 4800},
    {"first above max", "unsent-first = 1h\nunsent-max = 1m", 1, 0, 60},
    {"min above max", "unsent-min = 2h", 1, 0, 7200},
    {"a small scale", "unsent-scale = 1\nunsent-min = 1s", 1, 99, 3},
};

static void check_intervals(void)
{
    for (size_t i = 0; i < LENGTH(intervals); i++) {
        struct settings *s = settings_new("/x");
        struct text problems = {0};

        unit_int(intervals[i].label, "problems",
                 settings_read(s, intervals[i].settings, &problems), 0);
        unit_int(intervals[i].label, "seconds",
                 (long)(pace_interval(s, intervals[i].attempts,
                                      intervals[i].waiting) /
                        1000),
                 intervals[i].seconds);
        settings_free(&s);
    }
}

static void check_due(void)
{
    struct settings *s = settings_new("/x");

    unit_int("due", "after the failure",
             (long)(pace_due(s, 1, 0, T0, T0 + 5000) - T0), 300000);
    unit_int("due, a clock set back", "now",
             (long)(pace_due(s, 1, 0, T0 + 3600000, T0) - T0), 0);
    unit_int("due, a clock that was corrected", "after the failure",
             (long)(pace_due(s, 1, 0, T0 + 5000, T0) - T0), 305000);
    settings_free(&s);
}

/* How many fit at the same time when all so far got through. */
static void check_window(void)
{
    static const int want[] = {1, 2, 4, 8, 10, 10};
    struct pace p = {0};

    for (size_t i = 0; i < LENGTH(want); i++) {
        int n = 0;

        for (; pace_open(&p); n++)
            pace_begin(&p);
        unit_int("slow start", "at the same time", n, want[i]);
        while (n-- > 0)
            pace_end(&p, 1, 10);
    }
    for (int n = 0; n < 10; n++)
        pace_begin(&p);
    unit_true("ten are the limit", !pace_open(&p));
    pace_end(&p, 0, 10);
    unit_true("neither: its place is free", pace_open(&p));
    pace_begin(&p);
    pace_end(&p, -1, 10);
    unit_true("a failure: nine are too many now", !pace_open(&p));
    for (int n = 0; n < 9; n++)
        pace_end(&p, -1, 10);
    unit_true("one again", pace_open(&p));
    pace_begin(&p);
    unit_true("and no more", !pace_open(&p));
}

int main(void)
{
    check_intervals();
    check_due();
    check_window();
    return unit_end();
}
