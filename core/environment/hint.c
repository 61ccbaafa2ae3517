/* hint: what a line of text says about a message. See hint.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "environment.h"

#define LIMIT_WORDS 60 /* bytes before a number */

static bool type_is(const char *type, const char *prefix)
{
    return strncasecmp(type, prefix, strlen(prefix)) == 0;
}

bool hint_encrypted(const char *content_type)
{
    static const char *const open[] = {"signed-data", "certs-only",
                                       "compressed-data"};
    if (type_is(content_type, "multipart/encrypted"))
        return true;
    if (!type_is(content_type, "application/pkcs7-mime") &&
        !type_is(content_type, "application/x-pkcs7-mime"))
        return false;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (strcasestr(content_type, open[i]))
            return false;
    return true;
}

static int numbered_at(const char *p, int *number, int *total)
{
    int used = 0;
    if (sscanf(p, "%5d/%5d%n", number, total, &used) != 2 || used == 0) {
        used = 0;
        if (sscanf(p, "%5d of %5d%n", number, total, &used) != 2 || used == 0)
            return 0;
    }
    return (p[used] == ')' || p[used] == ']') && *number > 0 &&
           *number <= *total;
}

int hint_numbered(const char *subject, int *number, int *total)
{
    int n, t, found = 0;
    for (const char *p = subject; (p = strpbrk(p, "([")); p++)
        if (numbered_at(p + 1, &n, &t)) {
            *number = n;
            *total = t;
            found = 1;
        }
    return found;
}

static int64_t unit_of(const char *p)
{
    p += strspn(p, " ");
    bool bytes = tolower((unsigned char)p[0]) == 'b';
    bool word = *p && (bytes || tolower((unsigned char)p[1]) == 'b' ||
                       tolower((unsigned char)p[1]) == 'i' ||
                       !isalpha((unsigned char)p[1]));
    switch (word ? tolower((unsigned char)*p) : 0) {
    case 'k':
        return 1024;
    case 'm':
        return 1024 * 1024;
    case 'g':
        return 1024 * 1024 * 1024;
    default:
        return 1;
    }
}

/* What stands before a number that is a limit. */
static bool names_limit(const char *words, const char *number)
{
    static const char *const names[] = {"limit", "max", "exceed", "than"};
    size_t n = (size_t)(number - words);
    size_t from = n > LIMIT_WORDS ? n - LIMIT_WORDS : 0;
    char before[LIMIT_WORDS + 1];
    snprintf(before, sizeof before, "%.*s", (int)(n - from), words + from);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasestr(before, names[i]))
            return true;
    return false;
}

int64_t hint_limit(const char *words, int64_t refused)
{
    int64_t best = 0;
    for (const char *p = words; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        char *end;
        long long n = strtoll(p, &end, 10);
        /* 5.3.4 and the like are no sizes. */
        if (*end != '.' && n < refused && names_limit(words, p)) {
            int64_t unit = unit_of(end);
            int64_t bytes = n > refused / unit ? refused : n * unit;
            if (bytes >= ENVIRONMENT_SIZE_MIN && bytes < refused &&
                (best == 0 || bytes < best))
                best = bytes;
        }
        p = end;
    }
    return best;
}
