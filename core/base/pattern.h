/* pattern: PCRE2, compiled once, with limits (the subjects are hostile).
 *
 * Called by: classify, and later filters and notices.
 * Memory: pattern_new() gives an object that pattern_free() frees.
 * Fails: pattern_new() returns NULL and says where and why in error[];
 * a match that hits a limit counts as "does not match".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PATTERN_H
#define OUTRIDER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct pattern;

/* Caseless. Bytes that are not UTF-8 are matched as bytes. */
struct pattern *pattern_new(const char *regex, char *error, size_t size);
void pattern_free(struct pattern **p);
bool pattern_matches(const struct pattern *p, const char *subject);

#endif
