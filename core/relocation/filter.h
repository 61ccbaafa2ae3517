/* filter: what an administrator has said of a message's contents.
 *
 * A rule is `ACTION FIELD,...: PATTERN` (settings filter and confidential):
 * ACTION return or drop; FIELD subject, body or recipient; PATTERN is PCRE2,
 * caseless.
 *
 * Called by: option (to check a rule), local_scan, router.
 * Memory: freed with the *_free() beside each *_new().
 * Fails: filter_rule_new() returns NULL with error[]. A match that runs into a
 * limit counts as none (pattern.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FILTER_H
#define OUTRIDER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

enum filter_action {
    FILTER_NONE,   /* no rule matches */
    FILTER_RETURN, /* refused, or a bounce */
    FILTER_DROP    /* taken and thrown away, with a line in the log */
};

enum filter_field { FILTER_SUBJECT = 1, FILTER_BODY = 2, FILTER_RECIPIENT = 4 };

struct filter_rule;
struct filter_rule *filter_rule_new(const char *line, char *error, size_t size);
void filter_rule_free(struct filter_rule **r);

/* The rules of a setting, a line each; one that is wrong is left out (option
 * has told of it). */
struct filters;
struct filters *filters_new(const char *rules);
void filters_free(struct filters **f);

/* Does some rule look at this field? */
bool filters_look_at(const struct filters *f, enum filter_field field);
/* The first rule that looks at this field and matches; *pattern (may be NULL)
 * is its text, which lives as long as the filters. */
enum filter_action filters_match(const struct filters *f,
                                 enum filter_field field, const char *subject,
                                 const char **pattern);

#endif
