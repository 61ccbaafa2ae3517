/* environments: whose row is whose, and the built-in table. See environments.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environments.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "built_in.h"

#define NAME "environments.db"
#define BETWEEN '\t' /* the row, and who has written it */
#define BY_MAX 1000

struct table *environments_open(const struct settings *set, char *error,
                                size_t size)
{
    return built_in_open(set, NAME, error, size);
}

struct table *environments_begin(const struct settings *set, char *error,
                                 size_t size)
{
    return built_in_begin(set, NAME, error, size);
}

struct table *environments_begin_empty(const struct settings *set, char *error,
                                       size_t size)
{
    return built_in_begin_empty(set, NAME, error, size);
}

int environments_recover(const struct settings *set, char *error, size_t size)
{
    return built_in_recover(set, NAME, error, size);
}

void environments_row_free(struct environments_row *row)
{
    environment_free(&row->environment);
    free(row->by);
    *row = (struct environments_row){.environment = ENVIRONMENT_NONE};
}

static int row_parse(const char *key, const char *value,
                     struct environments_row *row, char *error, size_t size)
{
    char why[300];
    char *copy = text_copy(value), *tab = strchr(copy, BETWEEN);
    char *end = tab ? tab : copy + strlen(copy);
    if (tab)
        *tab = 0;
    *row = (struct environments_row){.environment = ENVIRONMENT_NONE};
    int rc =
        environment_parse(&row->environment, copy, TRUST_OURS, why, sizeof why);
    if (tab)
        row->time = strtoll(tab + 1, &end, 10);
    row->by = text_copy(*end == ' ' ? end + 1 : end);
    free(copy);
    if (rc == -1) {
        environments_row_free(row);
        text_error(error, size, "the row of %s: %s", key, why);
    }
    return rc;
}

/* `key` is as the table has it. */
static int row_get(struct table *t, const char *key,
                   struct environments_row *row, char *error, size_t size)
{
    struct text value = {0};
    int rc = t ? table_get(t, key, &value, error, size) : 0;
    *row = (struct environments_row){.environment = ENVIRONMENT_NONE};
    if (rc == 1 && row_parse(key, text_str(&value), row, error, size) == -1)
        rc = -1;
    if (rc == 0)
        row->by = text_copy("");
    text_free(&value);
    return rc;
}

int environments_get(struct table *t, const char *key,
                     struct environments_row *row, char *error, size_t size)
{
    struct text name = {0};
    *row = (struct environments_row){.environment = ENVIRONMENT_NONE};
    int rc = environments_key(key, &name, error, size);
    if (rc == 0)
        rc = row_get(t, name.s, row, error, size);
    text_free(&name);
    return rc;
}

/* One line, of a sensible length. */
static void by_add(const char *by, struct text *out)
{
    for (int n = 0; *by && n < BY_MAX; by++, n++)
        text_addn(out, iscntrl((unsigned char)*by) ? "?" : by, 1);
}

int environments_put(struct table *t, const char *key,
                     const struct environments_row *row, char *error,
                     size_t size)
{
    struct text name = {0}, value = {0};
    int rc = environments_key(key, &name, error, size);
    if (rc == 0) {
        environment_format(&row->environment, &value);
        text_addf(&value, "%c%lld ", BETWEEN, (long long)row->time);
        by_add(row->by ? row->by : "", &value);
        rc = table_put(t, name.s, value.s, error, size);
    }
    text_free(&name);
    text_free(&value);
    return rc;
}

int environments_remove(struct table *t, const char *key, char *error,
                        size_t size)
{
    struct text name = {0};
    int rc = environments_key(key, &name, error, size);
    if (rc == 0)
        rc = table_delete(t, name.s, error, size);
    text_free(&name);
    return rc;
}

struct listing {
    bool (*each)(const char *key, const struct environments_row *row,
                 void *context);
    void *context;
    char *error;
    size_t size;
    int rc;
};

static bool listing_row(const char *key, const char *value, void *context)
{
    struct listing *l = context;
    struct environments_row row;
    l->rc = row_parse(key, value, &row, l->error, l->size);
    if (l->rc == -1)
        return false;
    bool more = l->each(key, &row, l->context);
    environments_row_free(&row);
    return more;
}

int environments_each(struct table *t,
                      bool (*each)(const char *key,
                                   const struct environments_row *row,
                                   void *context),
                      void *context, char *error, size_t size)
{
    struct listing l = {each, context, error, size, 0};
    if (!t)
        return 0;
    int rc = table_each(t, "", listing_row, &l, error, size);
    return rc == -1 ? -1 : l.rc;
}

int environments_fill(struct table *t, const struct environments_keys *k,
                      int from, int to, struct environment *e, char *error,
                      size_t size)
{
    struct environments_row row;
    for (int i = from; t && i < to; i++) {
        if (row_get(t, k->keys[i], &row, error, size) == -1)
            return -1;
        environment_fill(e, &row.environment);
        environments_row_free(&row);
    }
    return 0;
}
