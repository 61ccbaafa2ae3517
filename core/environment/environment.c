/* environment: what a destination can receive. See environment.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

#include "environment_field.h"

#define SPACE " \t\r\n"

static const struct environment_field *field_find(const char *name)
{
    for (int i = 0; i < ENVIRONMENT_FIELDS; i++)
        if (text_same(environment_fields[i].name, name))
            return &environment_fields[i];
    return NULL;
}

const char *environment_field_name(int i, unsigned *field, const char **legal)
{
    if (i < 0 || i >= ENVIRONMENT_FIELDS)
        return NULL;
    *field = environment_fields[i].said;
    *legal = environment_fields[i].legal;
    return environment_fields[i].name;
}

/* ---- reading ---- */

static void names_add(enum trust trust, struct text *out)
{
    for (int i = 0; i < ENVIRONMENT_FIELDS; i++) {
        const struct environment_field *f = &environment_fields[i];
        if (trust == TRUST_OURS || (f->said & SAID_PUBLISHED))
            text_addf(out, "%s%s", i ? ", " : "", f->name);
    }
}

/* What is wrong with a word that is no field, or none that may stand here. */
static int name_error(const char *word, const char *why, enum trust trust,
                      char *error, size_t size)
{
    struct text shown = {0}, names = {0};
    text_printed(word, &shown);
    names_add(trust, &names);
    text_error(error, size, "\"%.60s\" %s: %s", shown.s, why, names.s);
    text_free(&shown);
    text_free(&names);
    return -1;
}

static int value_error(const struct environment_field *f, const char *value,
                       char *error, size_t size)
{
    struct text shown = {0};
    text_printed(value, &shown);
    text_error(error, size, "%s=%.60s: %s is %s", f->name, shown.s, f->name,
               f->legal);
    text_free(&shown);
    return -1;
}

static int word_read(struct environment *e, char *word, enum trust trust,
                     char *error, size_t size)
{
    char *equals = strchr(word, '=');
    if (!equals)
        return name_error(word, "is not NAME=VALUE, with a NAME of", trust,
                          error, size);
    *equals = 0;
    const struct environment_field *f = field_find(word);
    if (!f)
        return name_error(word, "is no field; there are", trust, error, size);
    if (trust == TRUST_PUBLISHED && !(f->said & SAID_PUBLISHED))
        return name_error(word, "cannot be set here; these can", trust, error,
                          size);
    if (e->said & f->said)
        return text_error(error, size, "%s stands there twice", f->name);
    if (f->read(e, equals + 1) == -1)
        return value_error(f, equals + 1, error, size);
    e->said |= f->said;
    return 0;
}

int environment_parse(struct environment *e, const char *row, enum trust trust,
                      char *error, size_t size)
{
    struct environment now = ENVIRONMENT_NONE;
    char *copy = text_copy(row), *rest = copy;
    int rc = 0;
    for (char *word; rc == 0 && (word = strsep(&rest, SPACE));)
        if (*word)
            rc = word_read(&now, word, trust, error, size);
    free(copy);
    if (rc == -1) {
        environment_free(&now);
        return -1;
    }
    environment_fill(&now, e);
    environment_free(e);
    *e = now;
    return 0;
}

/* ---- the whole of it ---- */

void environment_format(const struct environment *e, struct text *out)
{
    const char *between = "";
    text_add(out, "");
    for (int i = 0; i < ENVIRONMENT_FIELDS; i++) {
        const struct environment_field *f = &environment_fields[i];
        if (!(e->said & f->said))
            continue;
        text_addf(out, "%s%s=", between, f->name);
        f->print(e, out);
        between = " ";
    }
}

void environment_fill(struct environment *more, const struct environment *less)
{
    unsigned missing = less->said & ~more->said;
    for (int i = 0; i < ENVIRONMENT_FIELDS; i++)
        if (missing & environment_fields[i].said)
            environment_fields[i].copy(more, less);
    more->said |= missing;
}

void environment_drop(struct environment *e, unsigned fields)
{
    const struct environment none = ENVIRONMENT_NONE;
    for (int i = 0; i < ENVIRONMENT_FIELDS; i++)
        if (fields & environment_fields[i].said)
            environment_fields[i].copy(e, &none);
    e->said &= ~fields;
}

void environment_free(struct environment *e)
{
    free(e->encrypt_key);
    free(e->decrypt_key);
    *e = ENVIRONMENT_NONE;
}

bool environment_opens(const struct environment *e, enum packing p)
{
    for (int i = 0; i < e->packing_count; i++)
        if (e->packings[i] == p)
            return true;
    return false;
}

bool environment_expands(const struct environment *e)
{
    return e->said & SAID_COMPRESS ||
           (e->said & SAID_JOIN && e->joining_count == 0);
}

int64_t environment_limit(const struct environment *e, int64_t margin)
{
    if (e->size == ENVIRONMENT_NO_LIMIT)
        return ENVIRONMENT_NO_LIMIT;
    return e->size > margin ? e->size - margin : 1;
}

bool environment_joins(const struct environment *e, enum joining j)
{
    for (int i = 0; i < e->joining_count; i++)
        if (e->joinings[i] == j)
            return true;
    return false;
}
