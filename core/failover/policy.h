/* policy: from an error class to what is done about it.
 *
 * Called by: router (events), tools (classify, second chance).
 * Memory: a struct policy is a value, nothing to free.
 * Fails: policy_set() with a text that names the item and what is legal.
 * The defaults are in docs/classes.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_POLICY_H
#define OUTRIDER_POLICY_H

#include <stddef.h>

#include "class.h"

enum verb {
    VERB_NEXT,   /* the next permitted server, at once */
    VERB_SAME,   /* the same server again, later */
    VERB_CANCEL, /* stop, tell the sender */
    VERB_ADAPT   /* make it smaller; cancels where nothing can adapt */
};

#define ACTION_STEPS 4
#define ACTION_TIMES_MAX 1000

/* Steps are taken in order: `times` failures are answered by `verb`, then the
 * next step holds; times 0: for ever. */
struct action {
    struct {
        enum verb verb;
        int times;
    } steps[ACTION_STEPS];
    int count;
};

struct policy {
    struct action actions[CLASS_COUNT];
};

const char *verb_name(enum verb v);

void policy_defaults(struct policy *p);

/* An Exim list of CLASS=ACTION; ACTION is `next`, `same`, `same*N`, `cancel`
 * or `adapt`, several in order joined by commas ("same*3,next"); N is 1 to
 * 1000. Classes not named keep what they have. 0, or -1 with error[] and *p
 * as it was. */
int policy_set(struct policy *p, const char *list, char *error, size_t size);

/* What answers the failure number `failures` (1 the first) of this class with
 * this server for this message. */
enum verb policy_decide(const struct policy *p, enum error_class c,
                        int failures);

/* "same*3,next", as it would stand in a configuration; out[] of `size`. */
void policy_action(const struct policy *p, enum error_class c, char *out,
                   size_t size);

#endif
