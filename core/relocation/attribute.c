/* attribute: addresses by what their holders are. See attribute.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "attribute.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "built_in.h"
#include "relocation.h"

/* Keys: "a" ADDRESS -> its pairs; "p" PAIR "\t" ADDRESS -> "". */
#define BY_ADDRESS "a"
#define BY_PAIR "p"

void members_free(struct members *m)
{
    for (int i = 0; i < m->count; i++)
        free(m->list[i]);
    free(m->list);
    *m = (struct members){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void members_add(struct members *m, const char *name)
{
    m->list = text_grow(m->list, m->count, sizeof *m->list);
    m->list[m->count++] = text_copy(name);
}

bool members_have(const struct members *m, const char *name)
{
    return m->count > 0 &&
           bsearch(&name, m->list, (size_t)m->count, sizeof *m->list, by_name);
}

void members_sort(struct members *m)
{
    int kept = 0;
    if (m->count > 0)
        qsort(m->list, (size_t)m->count, sizeof *m->list, by_name);
    for (int i = 0; i < m->count; i++) {
        if (kept > 0 && strcmp(m->list[kept - 1], m->list[i]) == 0)
            free(m->list[i]);
        else
            m->list[kept++] = m->list[i];
    }
    m->count = kept;
}

/* Up to a separator that no quotes hold. */
static size_t word_length(const char *s)
{
    size_t n = 0;
    for (bool quoted = false; s[n] && (quoted || !strchr(", \t\r\n", s[n]));
         n++) {
        if (s[n] == '"')
            quoted = !quoted;
        if (s[n] == '\\' && s[n + 1])
            n++;
    }
    return n;
}

/* What is no address is passed over: a lookup's value is an administrator's. */
static void members_parse(struct members *m, const char *addresses)
{
    for (size_t n; *addresses; addresses += n + (addresses[n] != 0)) {
        struct text key = {0};
        n = word_length(addresses);
        char *word = strndup(addresses, n);
        if (n > 0 && relocation_key(word, &key) == 0)
            members_add(m, key.s);
        text_free(&key);
        free(word);
    }
    members_sort(m);
}

/* Those of *m that are in `other` too; both are sorted. */
static void members_intersect(struct members *m, const struct members *other)
{
    int kept = 0, o = 0;
    for (int i = 0; i < m->count; i++) {
        while (o < other->count && strcmp(other->list[o], m->list[i]) < 0)
            o++;
        if (o < other->count && strcmp(other->list[o], m->list[i]) == 0)
            m->list[kept++] = m->list[i];
        else
            free(m->list[i]);
    }
    m->count = kept;
}

static bool name_byte(unsigned char ch, bool value)
{
    return isalnum(ch) || strchr("-_.", ch) || (value && ch >= 0x80);
}

/* NAME=VALUE? In lower case, in place. */
static bool pair_right(char *pair)
{
    char *equals = strchr(pair, '=');
    bool right = equals && equals > pair && equals[1];
    for (char *p = pair; right && *p; p++) {
        right = p == equals || name_byte((unsigned char)*p, p > equals);
        *p = (char)tolower((unsigned char)*p);
    }
    return right;
}

bool attribute_address(const struct settings *set, const char *address)
{
    const char *at = strrchr(address, '@');
    return at && *set->attribute_domain &&
           strcasecmp(at + 1, set->attribute_domain) == 0;
}

/* One pair of several: the first one fills *m, others narrow it. */
static int pair_narrow(const struct attribute_source *source, const char *pair,
                       bool first, struct members *m, char *error, size_t size)
{
    struct text addresses = {0};
    struct members more = {0};
    int rc = source->get(pair, &addresses, source->context, error, size);
    if (rc != -1)
        members_parse(first ? m : &more, text_str(&addresses));
    if (rc != -1 && !first)
        members_intersect(m, &more);
    members_free(&more);
    text_free(&addresses);
    return rc;
}

int attribute_members(const struct attribute_source *source,
                      const char *address, struct members *m, char *error,
                      size_t size)
{
    const char *at = strrchr(address, '@');
    char *local = strndup(address, at ? (size_t)(at - address) : 0);
    char *rest = local;
    bool first = true;
    int rc = 0;
    *m = (struct members){0};
    for (char *pair; rc != -1 && (pair = strsep(&rest, "+")); first = false) {
        if (!pair_right(pair)) {
            members_free(m);
            text_error(error, size,
                       "\"%s\" is no attribute: write NAME=VALUE@%s", pair,
                       at ? at + 1 : "");
            free(local);
            return 0;
        }
        rc = pair_narrow(source, pair, first, m, error, size);
    }
    free(local);
    if (rc == -1)
        members_free(m);
    else if (m->count == 0)
        text_error(error, size, "nobody has the attributes of %s", address);
    return rc == -1 ? -1 : m->count > 0;
}

/* ---- the built-in table ---- */

#define NAME "attributes.db"

struct table *attribute_open(const struct settings *set, char *error,
                             size_t size)
{
    return built_in_open(set, NAME, error, size);
}

struct table *attribute_begin(const struct settings *set, char *error,
                              size_t size)
{
    return built_in_begin(set, NAME, error, size);
}

struct table *attribute_begin_empty(const struct settings *set, char *error,
                                    size_t size)
{
    return built_in_begin_empty(set, NAME, error, size);
}

struct gathering {
    const char *prefix;
    struct text *out;
};

static bool gather(const char *key, const char *value, void *context)
{
    const struct gathering *g = context;
    (void)value;
    size_t n = strlen(g->prefix);
    if (strncmp(key, g->prefix, n) != 0)
        return false;
    text_addf(g->out, "%s\n", key + n);
    return true;
}

int attribute_get(const char *pair, struct text *addresses, void *table,
                  char *error, size_t size)
{
    if (!table)
        return 0;
    char *prefix = text_format(BY_PAIR "%s\t", pair);
    struct gathering g = {prefix, addresses};
    int rc = table_each(table, prefix, gather, &g, error, size);
    free(prefix);
    return rc == -1 ? -1 : addresses->len > 0;
}

int attribute_of(struct table *t, const char *address, struct text *pairs,
                 char *error, size_t size)
{
    struct text key = {0};
    text_add(&key, BY_ADDRESS);
    text_add(pairs, "");
    int rc = relocation_key(address, &key) == -1
                 ? text_error(error, size, "\"%s\" is no address", address)
             : t ? table_get(t, key.s, pairs, error, size)
                 : 0;
    text_free(&key);
    return rc;
}

/* The index rows of these pairs, put or deleted. */
static int index_change(struct table *t, const char *address, const char *pairs,
                        bool put, char *error, size_t size)
{
    char *copy = text_copy(pairs), *rest = copy;
    int rc = 0;
    for (char *pair; rc != -1 && (pair = strsep(&rest, " "));) {
        char *key = text_format(BY_PAIR "%s\t%s", pair, address);
        if (*pair && put)
            rc = table_put(t, key, "", error, size);
        else if (*pair)
            rc = table_delete(t, key, error, size);
        free(key);
    }
    free(copy);
    return rc == -1 ? -1 : 0;
}

/* In lower case, sorted, each once, with one space between. */
static int pairs_clean(const char *pairs, struct text *out, char *error,
                       size_t size)
{
    struct members m = {0};
    char *copy = text_copy(pairs), *rest = copy;
    int rc = 0;
    text_add(out, "");
    for (char *pair; rc == 0 && (pair = strsep(&rest, " \t\r\n"));) {
        if (*pair && !pair_right(pair))
            rc = text_error(error, size, "\"%s\": write NAME=VALUE", pair);
        else if (*pair)
            members_add(&m, pair);
    }
    members_sort(&m);
    for (int i = 0; i < m.count; i++)
        text_addf(out, "%s%s", i ? " " : "", m.list[i]);
    members_free(&m);
    free(copy);
    return rc;
}

int attribute_put(struct table *t, const char *address, const char *pairs,
                  char *error, size_t size)
{
    struct text key = {0}, was = {0}, now = {0};
    text_add(&key, BY_ADDRESS);
    int rc = pairs_clean(pairs, &now, error, size);
    if (rc == 0)
        rc = attribute_of(t, address, &was, error, size);
    if (rc != -1 && strcmp(text_str(&was), now.s) == 0) {
        text_free(&key);
        text_free(&was);
        text_free(&now);
        return 0;
    }
    if (rc != -1)
        rc = relocation_key(address, &key);
    if (rc != -1)
        rc = index_change(t, key.s + 1, was.s, false, error, size);
    if (rc != -1)
        rc = index_change(t, key.s + 1, now.s, true, error, size);
    if (rc != -1)
        rc = now.len > 0 ? table_put(t, key.s, now.s, error, size)
                         : table_delete(t, key.s, error, size);
    text_free(&key);
    text_free(&was);
    text_free(&now);
    return rc == -1 ? -1 : 1;
}

struct listing {
    bool (*each)(const char *address, const char *pairs, void *context);
    void *context;
};

static bool listing_row(const char *key, const char *value, void *context)
{
    const struct listing *l = context;
    return strncmp(key, BY_ADDRESS, 1) == 0 &&
           l->each(key + 1, value, l->context);
}

int attribute_each(struct table *t,
                   bool (*each)(const char *address, const char *pairs,
                                void *context),
                   void *context, char *error, size_t size)
{
    struct listing l = {each, context};
    return t ? table_each(t, BY_ADDRESS, listing_row, &l, error, size) : 0;
}
