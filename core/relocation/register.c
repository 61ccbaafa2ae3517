/* register: the built-in table of old and new addresses. See register.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built_in.h"

/* The first byte of a key says what the row is. */
#define ROW 'r'
#define PROPOSAL 'p'

#define NAME "relocations.db"

struct table *register_open(const struct settings *set, char *error,
                            size_t size)
{
    return built_in_open(set, NAME, error, size);
}

struct table *register_begin(const struct settings *set, char *error,
                             size_t size)
{
    return built_in_begin(set, NAME, error, size);
}

struct table *register_begin_empty(const struct settings *set, char *error,
                                   size_t size)
{
    return built_in_begin_empty(set, NAME, error, size);
}

int register_recover(const struct settings *set, char *error, size_t size)
{
    return built_in_recover(set, NAME, error, size);
}

static int kind_get(struct table *t, char kind, const char *old,
                    struct text *row, char *error, size_t size)
{
    char *key = text_format("%c%s", kind, old);
    int rc = table_get(t, key, row, error, size);
    free(key);
    return rc;
}

static int kind_put(struct table *t, char kind,
                    const struct relocation_row *row, char *error, size_t size)
{
    struct text value = {0};
    char *key = text_format("%c%s", kind, row->old);
    relocation_row_format(row, false, &value);
    int rc = table_put(t, key, value.s, error, size);
    text_free(&value);
    free(key);
    return rc;
}

static int kind_delete(struct table *t, char kind, const char *old, char *error,
                       size_t size)
{
    struct text name = {0};
    if (relocation_key(old, &name) == -1)
        return text_error(error, size, "\"%s\" is no address", old);
    char *key = text_format("%c%s", kind, name.s);
    int rc = table_delete(t, key, error, size);
    free(key);
    text_free(&name);
    return rc;
}

int register_get(const char *key, struct text *row, void *table, char *error,
                 size_t size)
{
    return table ? kind_get(table, ROW, key, row, error, size) : 0;
}

/* The table with one row more, which it does not have yet. */
struct trial {
    struct table *table;
    const struct relocation_row *row;
};

static int trial_get(const char *key, struct text *row, void *context,
                     char *error, size_t size)
{
    const struct trial *t = context;
    if (strcmp(key, t->row->old) != 0)
        return register_get(key, row, t->table, error, size);
    relocation_row_format(t->row, false, row);
    return 1;
}

/* A wildcard is tried with a local part that no other row has. */
static int loop_check(struct table *t, const struct settings *set,
                      const struct relocation_row *row, char *error,
                      size_t size)
{
    struct trial trial = {t, row};
    struct relocation_source source = {trial_get, &trial};
    struct relocation r;
    bool wild = strncmp(row->old, "*@", 2) == 0;
    char *address = text_format("%s%s", wild ? "no-such-user.outrider" : "",
                                wild ? row->old + 1 : row->old);
    int rc = relocation_resolve(&source, set, address, &r, error, size);
    if (rc != -1 && r.loop)
        rc = text_error(error, size,
                        "%s -> %s would be a loop: from there the table leads "
                        "back, or over more than %d steps",
                        row->old, row->new, RELOCATION_HOPS);
    relocation_free(&r);
    free(address);
    return rc == -1 ? -1 : 0;
}

int register_put(struct table *t, const struct settings *set,
                 const struct relocation_row *row, char *error, size_t size)
{
    if (row->new[0] != 0 && loop_check(t, set, row, error, size) == -1)
        return -1;
    return kind_put(t, ROW, row, error, size);
}

int register_remove(struct table *t, const char *old, char *error, size_t size)
{
    return kind_delete(t, ROW, old, error, size);
}

int register_propose(struct table *t, const struct relocation_row *row,
                     char *error, size_t size)
{
    return kind_put(t, PROPOSAL, row, error, size);
}

int register_proposed(struct table *t, const char *old,
                      struct relocation_row *row, char *error, size_t size)
{
    struct text key = {0}, value = {0};
    int rc = relocation_key(old, &key) == 0
                 ? kind_get(t, PROPOSAL, key.s, &value, error, size)
                 : 0;
    if (rc == 1 && relocation_row_parse(row, key.s, value.s, error, size) == -1)
        rc = -1;
    text_free(&key);
    text_free(&value);
    return rc;
}

int register_unpropose(struct table *t, const char *old, char *error,
                       size_t size)
{
    return kind_delete(t, PROPOSAL, old, error, size);
}

struct listing {
    char kind;
    bool (*each)(const struct relocation_row *row, void *context);
    void *context;
    char *error;
    size_t size;
    int rc;
};

static bool listing_row(const char *key, const char *value, void *context)
{
    struct listing *l = context;
    struct relocation_row row;
    char why[300];
    if (*key != l->kind)
        return false;
    if (relocation_row_parse(&row, key + 1, value, why, sizeof why) == -1) {
        l->rc =
            text_error(l->error, l->size, "the row of %s: %s", key + 1, why);
        return false;
    }
    bool more = l->each(&row, l->context);
    relocation_row_free(&row);
    return more;
}

int register_each(struct table *t, enum register_list list,
                  bool (*each)(const struct relocation_row *row, void *context),
                  void *context, char *error, size_t size)
{
    struct listing l = {.kind = list == REGISTER_ROWS ? ROW : PROPOSAL,
                        .each = each,
                        .context = context,
                        .error = error,
                        .size = size};
    char from[2] = {l.kind, 0};
    if (!t)
        return 0;
    int rc = table_each(t, from, listing_row, &l, error, size);
    return rc == -1 ? -1 : l.rc;
}
