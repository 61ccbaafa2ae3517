/* field: a block of header fields, changed field by field; what is not changed
 * stays as it is, to the byte.
 *
 * A block is text: fields with their folded lines, LF line ends, no blank line
 * at its end. Names compare without case.
 *
 * Called by: whatever makes or changes a header.
 * Memory: results are appended to the caller's struct text.
 * Fails: never; lines that are no fields are copied.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FIELD_H
#define OUTRIDER_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* The next field of a block: its text with line end, and the length of its
 * name, 0 where the line is none. */
struct field {
    const char *s;
    size_t len, name_len;
};
bool field_next(const char **block, struct field *f);
bool field_is(const struct field *f, const char *name);
bool field_begins(const struct field *f, const char *prefix);

/* The value of the first field of this name, raw, without the white space at
 * its ends: 1, or 0. */
int field_value(const char *block, const char *name, struct text *out);

/* The fields for which keep() is true. */
void fields_copy(const char *block,
                 bool (*keep)(const struct field *f, void *context),
                 void *context, struct text *out);

/* All fields but those of this name. */
void fields_without(const char *block, const char *name, struct text *out);

/* For parameters and the like: as an RFC 2045 quoted-string; a value that is
 * not ASCII, as RFC 2231 extended parameter. Long ones are folded. Control
 * characters never get out. */
void field_parameter(const char *name, const char *value, struct text *out);

#endif
