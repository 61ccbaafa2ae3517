/* rows: where the rows of relocations and attributes come from, by the settings
 * `relocation` and `attributes`: the built-in tables, a lookup of the
 * administrator's, or nowhere.
 *
 * A lookup is an ACL of Exim's configuration, outrider_relocated or
 * outrider_attribute; who can expand it (Exim itself, or a command that asks
 * Exim) is the caller's lookup().
 *
 * Called by: host (setup), tools.
 * Memory: a struct rows begins with its first three members filled in, opens
 * tables when they are first asked, again when they have changed, and is closed
 * with rows_close().
 * Fails: the sources with -1 and error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ROWS_H
#define OUTRIDER_ROWS_H

#include "attribute.h"
#include "option.h"
#include "relocation.h"

struct rows {
    const struct settings *settings;
    /* 1 and the value, 0 it is empty, -1 */
    int (*lookup)(const char *acl, const char *key, struct text *value,
                  void *context, char *error, size_t size);
    void *context;
    struct table *relocations, *attributes;
};

struct relocation_source rows_relocations(struct rows *r);
struct attribute_source rows_attributes(struct rows *r);
void rows_close(struct rows *r);

#endif
