/* pace: when a message that waits is tried again. See pace.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pace.h"

int64_t pace_interval(const struct settings *set, int attempts, int waiting)
{
    double interval = set->unsent_first, max = set->unsent_max;
    for (int i = 1; i < attempts && interval < max; i++) {
        interval *= set->unsent_growth / 100.0;
        if (set->unsent_growth <= 100)
            break;
    }
    if (interval > max)
        interval = max;
    interval /= 1 + (double)waiting / set->unsent_scale;
    if (interval < set->unsent_min)
        interval = set->unsent_min;
    return (int64_t)(interval * 1000);
}

int64_t pace_due(const struct settings *set, int attempts, int waiting,
                 int64_t last, int64_t now)
{
    return last - now > 60000 ? now
                              : last + pace_interval(set, attempts, waiting);
}

static int window(const struct pace *p)
{
    return p->window > 1 ? p->window : 1;
}

bool pace_open(const struct pace *p)
{
    return p->under_way < window(p);
}

void pace_begin(struct pace *p)
{
    p->under_way++;
}

void pace_end(struct pace *p, int result, int limit)
{
    p->under_way--;
    if (result < 0)
        p->window = p->well = 0;
    else if (result > 0 && ++p->well >= window(p)) {
        p->window = window(p) * 2 < limit ? window(p) * 2 : limit;
        p->well = 0;
    }
}
