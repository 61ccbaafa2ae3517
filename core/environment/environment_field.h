/* environment_field: each field of a row: how it is read, printed and copied.
 *
 * One table of them; the order of the fields in a row is its order.
 *
 * Called by: environment.
 * Memory: copy() makes its own copies of strings; drop() frees them.
 * Fails: read() with -1 and an *e whose field is as it was; what is legal is
 * in `legal`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENT_FIELD_H
#define OUTRIDER_ENVIRONMENT_FIELD_H

#include "environment.h"

struct environment_field {
    const char *name;
    unsigned said;     /* its bit */
    const char *legal; /* follows "NAME is " */
    int (*read)(struct environment *e, const char *value);
    void (*print)(const struct environment *e, struct text *out);
    void (*copy)(struct environment *to, const struct environment *from);
};

#define ENVIRONMENT_FIELDS 10
extern const struct environment_field environment_fields[ENVIRONMENT_FIELDS];

#endif
