/* rules: what is known of replies in general, as tables: words, enhanced status
 * codes, reply codes; of the first two, the clear ones and the vague ones.
 *
 * Called by: classify alone. The tables are constant; a row whose pattern is
 * NULL, or whose class is CLASS_NONE, ends a table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RULES_H
#define OUTRIDER_RULES_H

#include "reply.h"

/* A set of stages; 0 stands for all of them. */
#define STAGE_BIT(s) (1u << (s))

/* Searched in order; the first row that fits decides. The subject is the
 * reply's text with every address replaced by "@". */
struct text_rule {
    enum error_class class;
    unsigned stages;
    int code; /* 0 any, else the code's first digits: 5, 53, 535 */
    const char *pattern;
};
extern const struct text_rule clear_rules[];
extern const struct text_rule vague_rules[];

/* Enhanced status codes X.subject.first to X.subject.last. */
struct status_rule {
    int subject, first, last;
    enum error_class permanent; /* for 5.s.d; CLASS_NONE: says nothing */
    enum error_class temporary; /* for 4.s.d */
};
extern const struct status_rule sure_statuses[];
extern const struct status_rule clear_statuses[];
extern const struct status_rule vague_statuses[];

/* The reply code at a stage, when nothing else was of help. */
struct code_rule {
    int code; /* as in struct text_rule, never 0 */
    unsigned stages;
    enum error_class class;
};
extern const struct code_rule code_rules[];

#endif
