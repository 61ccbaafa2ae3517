/* limit: how long a message waits. See limit.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "limit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

#define ANY "any"
#define NEVER "never"
#define BOUNCE "bounce"
#define BOUNCE_AGE (14 * DAY)

static int part_parse(struct limit *l, const char *part, struct text *why)
{
    char *end;
    int age;
    long n = strtol(part, &end, 10);
    if (isdigit((unsigned char)*part) && !*end && n >= 1 &&
        n <= LIMIT_ATTEMPTS_MAX) {
        l->attempts = (int)n;
        return 0;
    }
    if (duration_parse(part, &age) == 1 && age >= 1 && age <= LIMIT_AGE_MAX) {
        l->age = age;
        return 0;
    }
    text_addf(why,
              "\"%s\": a time such as 4h or 2d (365d at most), a number of "
              "attempts from 1 to %d, both as 2d,20, or never is wanted",
              part, LIMIT_ATTEMPTS_MAX);
    return -1;
}

static int limit_parse(struct limit *l, char *value, struct text *why)
{
    int rc = 0;
    *l = (struct limit){0};
    if (strcmp(value, NEVER) == 0)
        return 0;
    for (char *part; rc == 0 && (part = strsep(&value, ","));)
        rc = part_parse(l, text_trim(part), why);
    return rc;
}

static int item_parse(struct limits *l, bool *named, char *item,
                      struct text *why)
{
    enum error_class c = CLASS_NONE;
    char *equals = strchr(item, '=');
    if (equals)
        *equals = 0;
    const char *name = text_trim(item);
    if (equals && strcmp(name, BOUNCE) == 0)
        return limit_parse(&l->bounce, text_trim(equals + 1), why);
    if (!equals || (strcmp(name, ANY) != 0 && class_from_name(name, &c) != 1)) {
        text_addf(why, "\"%s\": write CLASS=LIMIT, any=LIMIT or bounce=LIMIT",
                  item);
        return -1;
    }
    named[c] = true;
    return limit_parse(&l->of[c], text_trim(equals + 1), why);
}

int limits_set(struct limits *l, const char *list, struct text *why)
{
    struct limits made = {0};
    bool named[CLASS_COUNT] = {false};
    struct text item = {0};
    bool none = true;
    char sep = 0;
    int rc = 0;
    while (rc == 0 && list_next(&list, &sep, &item))
        if (item.len > 0) {
            if (none)
                made.bounce.age = BOUNCE_AGE;
            none = false;
            rc = item_parse(&made, named, item.s, why);
        }
    for (int c = CLASS_NONE + 1; c < CLASS_COUNT; c++)
        if (!named[c])
            made.of[c] = made.of[CLASS_NONE];
    if (rc == 0)
        *l = made;
    text_free(&item);
    return rc;
}

static void limit_print(const char *name, const struct limit *l,
                        struct text *out)
{
    text_addf(out, "%s%s=", out->len ? " : " : "", name);
    if (l->age)
        duration_print(l->age, out);
    if (l->attempts)
        text_addf(out, "%s%d", l->age ? "," : "", l->attempts);
    if (!l->age && !l->attempts)
        text_add(out, NEVER);
}

void limits_print(const struct limits *l, struct text *out)
{
    const struct limit *any = &l->of[CLASS_NONE];
    struct text list = {0};
    if (any->age || any->attempts)
        limit_print(ANY, any, &list);
    for (int c = CLASS_NONE + 1; c < CLASS_COUNT; c++)
        if (l->of[c].age != any->age || l->of[c].attempts != any->attempts)
            limit_print(class_name((enum error_class)c), &l->of[c], &list);
    if (list.len > 0 && (l->bounce.age != BOUNCE_AGE || l->bounce.attempts))
        limit_print(BOUNCE, &l->bounce, &list);
    text_add(out, text_str(&list));
    text_free(&list);
}

const struct limit *limit_of(const struct limits *l, enum error_class c,
                             bool bounce)
{
    return bounce ? &l->bounce : &l->of[c];
}

bool limit_reached(const struct limit *l, int64_t age, int attempts)
{
    return (l->age && age >= l->age) ||
           (l->attempts && attempts >= l->attempts);
}
