/* limit: how long a message waits before its sender is warned, and before it is
 * returned: by age, by number of attempts, or both, for each error class.
 *
 * Called by: option, choice, router (watch), tools (unsent).
 * Memory: a struct limits is a value, nothing to free.
 * Fails: limits_set() with a text that names the item and what is legal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_LIMIT_H
#define OUTRIDER_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "class.h"
#include "text.h"

struct limit {
    int age;      /* seconds since the message arrived, 0: no limit */
    int attempts; /* failed attempts over all servers, 0: no limit */
};

/* [CLASS_NONE] is for what has not failed at any server: `any`. */
struct limits {
    struct limit of[CLASS_COUNT];
    struct limit bounce; /* for a message without sender */
};

#define LIMIT_AGE_MAX (365 * 86400)
#define LIMIT_ATTEMPTS_MAX 100000

/* An Exim list of CLASS=LIMIT; CLASS is an error class, `any` for those that
 * are not named, or `bounce` for a message without sender, of whatever class
 * (14d where the list does not say; nothing with an empty list); LIMIT is an
 * age (1w2d3h4m5s), a number of attempts, both with a comma between, or
 * `never`. 0, or -1 with *why and *l as it was. */
int limits_set(struct limits *l, const char *list, struct text *why);
/* As it would stand in a configuration; "" when nothing is limited. */
void limits_print(const struct limits *l, struct text *out);

/* The limit of a recipient whose last failure was of class `c`. */
const struct limit *limit_of(const struct limits *l, enum error_class c,
                             bool bounce);
bool limit_reached(const struct limit *l, int64_t age, int attempts);

#endif
