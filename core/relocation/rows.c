/* rows: where the rows of relocations and attributes come from. See rows.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rows.h"

#include "register.h"

/* *t is the table as it is now; NULL when there is none. */
static int table_renew(struct table **t, const struct settings *set,
                       struct table *(*open)(const struct settings *, char *,
                                             size_t),
                       char *error, size_t size)
{
    error[0] = 0;
    if (*t && table_changed(*t))
        table_close(t);
    if (!*t)
        *t = open(set, error, size);
    return *t || !*error ? 0 : -1;
}

static int relocation_get(const char *key, struct text *row, void *context,
                          char *error, size_t size)
{
    struct rows *r = context;
    switch (r->settings->relocation) {
    case TABLE_BUILT_IN:
        if (table_renew(&r->relocations, r->settings, register_open, error,
                        size) == -1)
            return -1;
        return register_get(key, row, r->relocations, error, size);
    case TABLE_LOOKUP:
        return r->lookup("outrider_relocated", key, row, r->context, error,
                         size);
    case TABLE_NONE:
        break;
    }
    return 0;
}

static int members_get(const char *pair, struct text *addresses, void *context,
                       char *error, size_t size)
{
    struct rows *r = context;
    switch (r->settings->attributes) {
    case TABLE_BUILT_IN:
        if (table_renew(&r->attributes, r->settings, attribute_open, error,
                        size) == -1)
            return -1;
        return attribute_get(pair, addresses, r->attributes, error, size);
    case TABLE_LOOKUP:
        return r->lookup("outrider_attribute", pair, addresses, r->context,
                         error, size);
    case TABLE_NONE:
        break;
    }
    return 0;
}

struct relocation_source rows_relocations(struct rows *r)
{
    return (struct relocation_source){relocation_get, r};
}

struct attribute_source rows_attributes(struct rows *r)
{
    return (struct attribute_source){members_get, r};
}

void rows_close(struct rows *r)
{
    table_close(&r->relocations);
    table_close(&r->attributes);
}
