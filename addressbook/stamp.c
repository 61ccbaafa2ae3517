/* stamp: a moment as vCards have it. See stamp.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "stamp.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* `n` digits; -1 where they are not there. */
static int digits(const char **s, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*s)[i]))
            return -1;
        value = value * 10 + ((*s)[i] - '0');
    }
    *s += n;
    return value;
}

static void skip(const char **s, char ch)
{
    *s += **s == ch;
}

/* Two digits more, behind a separator or not; 0 where there are none. */
static int pair(const char **s, char between)
{
    const char *p = *s;
    skip(&p, between);
    int value = digits(&p, 2);
    if (value == -1)
        return 0;
    *s = p;
    return value;
}

/* Z, +hh, +hhmm, +hh:mm; what has none is taken for UTC. */
static int zone(const char *s)
{
    int sign = *s == '-' ? -1 : 1;
    if (*s != '+' && *s != '-')
        return 0;
    s++;
    int hours = digits(&s, 2);
    return hours == -1 ? 0 : sign * (hours * 3600 + pair(&s, ':') * 60);
}

bool stamp_read(const char *value, int64_t *seconds)
{
    struct tm tm = {0};
    while (isspace((unsigned char)*value))
        value++;
    int year = digits(&value, 4);
    skip(&value, '-');
    int month = digits(&value, 2);
    skip(&value, '-');
    int day = digits(&value, 2);
    if (year < 1900 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    int east = 0;
    if (*value == 'T' || *value == 't' || *value == ' ') {
        value++;
        tm.tm_hour = pair(&value, 0);
        tm.tm_min = pair(&value, ':');
        tm.tm_sec = pair(&value, ':');
        if (*value == '.' || *value == ',')
            value += 1 + strspn(value + 1, "0123456789");
        east = zone(value);
    }
    *seconds = (int64_t)timegm(&tm) - east;
    return true;
}

void stamp_write(int64_t seconds, bool extended, char *out, size_t size)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, size, extended ? "%Y-%m-%dT%H:%M:%SZ" : "%Y%m%dT%H%M%SZ",
             &tm);
}
