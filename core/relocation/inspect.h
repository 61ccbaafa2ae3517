/* inspect: what the rules of a site (filter.h) say of a message's subject and
 * body.
 *
 * Called by: local_scan (a message that arrives), router (before it is held).
 * Memory: borrows what inspect_begin() was given; inspect_end() frees the
 * rest. Subject and body are read and decoded when a rule first looks at them.
 * Fails: a body that cannot be read matches nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_INSPECT_H
#define OUTRIDER_INSPECT_H

#include <sys/types.h>

#include "fields.h"
#include "filter.h"
#include "option.h"

struct inspect {
    const struct settings *settings;
    const struct field_span *fields;
    int field_count;
    int fd; /* the body, from the offset `from` on */
    off_t from;
    struct text subject, body;
    bool has_subject, has_body; /* they were read */
};

void inspect_begin(struct inspect *c, const struct settings *set,
                   const struct field_span *fields, int field_count, int fd,
                   off_t from);
void inspect_end(struct inspect *c);

/* What the first rule says that matches, the subject first. *rule: its
 * pattern; *where: "subject" or "body". */
enum filter_action inspect_match(struct inspect *c, const struct filters *f,
                                 const char **rule, const char **where);

#endif
