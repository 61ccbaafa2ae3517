/* environment_answer: what a user is told who has sent the mail form.
 *
 * Called by: environment_mail.
 * Memory: appended to a struct text; everything else is borrowed.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENT_ANSWER_H
#define OUTRIDER_ENVIRONMENT_ANSWER_H

#include <time.h>

#include "environment_form.h"
#include "fields.h"

struct environment_answer {
    const char *from, *to;
    time_t now;
    const struct field_span *fields; /* of his message */
    int field_count;
    const struct environment_form *form;
    /* What he has set now, and what holds together with the rows of his domain
     * and of all. Only what may be published is told. */
    const struct environment *own, *all;
};

/* A whole message: RFC 3834. */
void environment_answer_write(const struct environment_answer *a,
                              struct text *out);

#endif
