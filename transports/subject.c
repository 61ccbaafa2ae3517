/* subject: the subjects, and the identity, of the parts of a message. See
 * subject.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "subject.h"

#include <sys/random.h>

#include "field.h"

void subject_numbered(const char *block, int number, int total,
                      struct text *out)
{
    struct text value = {0};
    field_value(block, "Subject", &value);
    text_addf(out, "Subject: %s%s(%d/%d)\n", text_str(&value),
              value.len > 0 ? " " : "", number, total);
    text_free(&value);
}

void subject_id(const struct job *j, struct text *out)
{
    unsigned char random[8] = {0};
    if (getrandom(random, sizeof random, 0) == -1)
        random[0] = 1;
    text_addf(out, "%s.", *j->id ? j->id : "adapt");
    for (size_t i = 0; i < sizeof random; i++)
        text_addf(out, "%02x", random[i]);
}
