/* classify: from a reply to its error class.
 *
 * Called by: router (events), tools (classify, second chance), tests.
 * Order: the administrator's rules; what the network or Exim said (connect,
 * dropped, tls, auth); text rules, for the many servers whose codes lie; the
 * enhanced status code (RFC 3463 and its registry); stage and code.
 * Memory: a classifier is made once per process and freed with
 * classifier_free(); classify() allocates nothing that outlives it.
 * Fails: classifier_new() never; classifier_add_rule() with a text that names
 * what to mend.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CLASSIFY_H
#define OUTRIDER_CLASSIFY_H

#include <stddef.h>

#include "reply.h"

struct classifier;

struct classifier *classifier_new(void);
void classifier_free(struct classifier **c);

/* A rule of the administrator's, as it stands in the configuration:
 *     CLASS [STAGE[,STAGE...]:] PATTERN
 * PATTERN is PCRE2, caseless, UTF-8 tolerant, searched in the reply's text
 * (codes included). The first rule that matches decides.
 * 0 taken, -1 refused: error[] says why and what would be legal. */
int classifier_add_rule(struct classifier *c, const char *rule, char *error,
                        size_t size);

enum error_class classify(struct classifier *c, const struct reply *r);

#endif
