/* relocation: old address -> new address. See relocation.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "relocation.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mailbox.h"

#define GONE "gone"
#define ADDRESS_MAX 320 /* RFC 5321 4.5.3.1, and the quotes of a local part */

/* ---- a row as text ---- */

/* The next field: up to white space, but that in quotes it begins with. */
static char *field_take(const char **line)
{
    const char *p = *line + strspn(*line, " \t");
    const char *start = p;
    if (*p == '"')
        for (p++; *p && *p != '"'; p++)
            if (*p == '\\' && p[1])
                p++;
    while (*p && !isspace((unsigned char)*p))
        p++;
    *line = p;
    return p == start ? NULL : strndup(start, (size_t)(p - start));
}

const char *relocation_time(int64_t when, char *out, size_t size)
{
    time_t t = (time_t)when;
    struct tm tm;
    if (when == 0 || !gmtime_r(&t, &tm))
        snprintf(out, size, "-");
    else
        strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

int relocation_time_parse(const char *word, int64_t *when)
{
    struct tm tm = {0}, real;
    char *end;
    *when = 0;
    if (strcmp(word, "-") == 0)
        return 0;
    if (word[strspn(word, "0123456789")] == 0 && strlen(word) < 12) {
        *when = strtoll(word, NULL, 10);
        return 0;
    }
    end = strptime(word, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end || strcmp(end, "Z") != 0)
        return -1;
    real = tm;
    *when = timegm(&real);
    /* RFC 3339 5.7: no 30th of February. */
    return real.tm_mday == tm.tm_mday && real.tm_sec == tm.tm_sec ? 0 : -1;
}

static char *rest_of(const char *line)
{
    char *copy = text_copy(line);
    for (char *p = copy; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    char *trimmed = text_copy(text_trim(copy));
    free(copy);
    return trimmed;
}

static int row_fields(struct relocation_row *r, const char *line, char *error,
                      size_t size)
{
    char *time = NULL;
    int rc = 0;
    if (!r->old)
        r->old = field_take(&line);
    r->new = field_take(&line);
    time = field_take(&line);
    r->by = field_take(&line);
    r->note = rest_of(line);
    if (!r->old || !r->new)
        rc = text_error(error, size, "write OLD NEW, or OLD gone");
    else if (time && relocation_time_parse(time, &r->time) == -1)
        rc = text_error(error, size,
                        "\"%s\" is no time: write 2026-11-22T10:00:00Z or "
                        "seconds since the epoch",
                        time);
    free(time);
    return rc;
}

/* As RFC 5322 has it: what is special stands in quotes, so two addresses with a
 * comma between are none. */
static bool spelled_right(const char *address)
{
    const char *at = strrchr(address, '@');
    return at && (*address == '"' ||
                  strcspn(address, ",;:<>()[]\\\"@") == (size_t)(at - address));
}

static int row_check(struct relocation_row *r, char *error, size_t size)
{
    struct text key = {0};
    int rc = spelled_right(r->old) ? relocation_key(r->old, &key) : -1;
    if (rc == -1)
        text_error(error, size, "\"%s\" is no address", r->old);
    free(r->old);
    r->old = key.s ? key.s : text_copy("");
    if (rc == 0 && text_same(r->new, GONE))
        r->new[0] = 0;
    key = (struct text){0};
    if (rc == 0 && *r->new &&
        (!spelled_right(r->new) || relocation_key(r->new, &key) == -1))
        rc = text_error(error, size, "\"%s\" is no address", r->new);
    text_free(&key);
    /* As it stands in a header; its case is kept. */
    if (rc == 0 && r->new[0] != 0 && mailbox_canonical(r->new, &key)) {
        free(r->new);
        r->new = key.s;
    }
    if (r->by && strcmp(r->by, "-") == 0)
        r->by[0] = 0;
    if (!r->by)
        r->by = text_copy("");
    for (char *p = r->by; *p; p++)
        if (isspace((unsigned char)*p) || iscntrl((unsigned char)*p))
            *p = '?';
    return rc;
}

int relocation_row_parse(struct relocation_row *r, const char *old,
                         const char *line, char *error, size_t size)
{
    *r = (struct relocation_row){.old = old ? text_copy(old) : NULL};
    int rc = row_fields(r, line, error, size);
    if (rc == 0)
        rc = row_check(r, error, size);
    if (rc == -1)
        relocation_row_free(r);
    return rc;
}

void relocation_row_format(const struct relocation_row *r, bool whole,
                           struct text *out)
{
    char time[40];
    if (whole)
        text_addf(out, "%s ", r->old);
    text_addf(out, "%s %s %s", *r->new ? r->new : GONE,
              relocation_time(r->time, time, sizeof time),
              *r->by ? r->by : "-");
    if (*r->note)
        text_addf(out, " %s", r->note);
}

void relocation_row_free(struct relocation_row *r)
{
    free(r->old);
    free(r->new);
    free(r->by);
    free(r->note);
    *r = (struct relocation_row){0};
}

/* ---- addresses ---- */

/* What follows the "@" of a canonical address. */
static const char *domain_of(const char *address)
{
    if (*address == '"')
        for (address++; *address && *address != '"'; address++)
            if (*address == '\\' && address[1])
                address++;
    return address + strcspn(address, "@") + 1;
}

int relocation_key(const char *address, struct text *key)
{
    size_t from = key->len;
    for (const char *p = address; *p; p++)
        if (iscntrl((unsigned char)*p))
            return -1;
    if (strlen(address) > ADDRESS_MAX || !mailbox_canonical(address, key))
        return -1;
    bool odd = strpbrk(domain_of(key->s + from), "\"@ ") != NULL;
    if (odd || key->len - from > ADDRESS_MAX) {
        text_cut(key, from);
        return -1;
    }
    for (size_t i = from; i < key->len; i++)
        key->s[i] = (char)tolower((unsigned char)key->s[i]);
    return 0;
}

/* ---- looking up ---- */

/* One step of a chain. */
struct step {
    const struct relocation_source *source;
    const struct settings *set;
    const char *address; /* as it came: its case is kept */
    const char *at;      /* its last "@" */
    size_t base;         /* length of the local part without its extension */
    struct relocation_row row;
    char *error;
    size_t size;
};

static int row_get(struct step *s, const char *address)
{
    struct text key = {0}, value = {0};
    char why[300];
    int rc = 0;
    if (relocation_key(address, &key) == 0)
        rc = s->source->get(key.s, &value, s->source->context, s->error,
                            s->size);
    if (rc == 1 && relocation_row_parse(&s->row, key.s, text_str(&value), why,
                                        sizeof why) == -1)
        rc = text_error(s->error, s->size, "the row of %s: %s", key.s, why);
    text_free(&key);
    text_free(&value);
    return rc;
}

static int row_get_joined(struct step *s, const char *local, size_t n)
{
    char *address = text_format("%.*s%s", (int)n, local, s->at);
    int rc = row_get(s, address);
    free(address);
    return rc;
}

/* "user" of "user+tag", where a setting says that + begins an extension. */
static size_t local_base(const struct settings *set, const char *address,
                         const char *at)
{
    size_t n = (size_t)(at - address);
    if (*address == '"')
        return n;
    for (size_t i = 1; i < n; i++)
        if (strchr(set->extension, address[i]))
            return i;
    return n;
}

/* *extended: the row is that of the address without its extension. */
static int step_find(struct step *s, bool *extended)
{
    size_t n = (size_t)(s->at - s->address);
    *extended = false;
    int rc = row_get(s, s->address);
    if (rc == 0 && s->base < n) {
        rc = row_get_joined(s, s->address, s->base);
        *extended = rc == 1;
    }
    return rc == 0 ? row_get_joined(s, "*", 1) : rc;
}

/* Where the row sends the address. */
static char *step_target(const struct step *s, bool extended)
{
    const char *at = strrchr(s->row.new, '@');
    size_t n = (size_t)(s->at - s->address);
    if (s->row.new[0] == '*' && at == s->row.new + 1)
        return text_format("%.*s%s", (int)n, s->address, at);
    if (extended) {
        const char *quote = *s->row.new == '"' ? "\"" : "";
        size_t local = (size_t)(at - s->row.new) - strlen(quote);
        return text_format("%.*s%.*s%s%s", (int)local, s->row.new,
                           (int)(n - s->base), s->address + s->base, quote, at);
    }
    return text_copy(s->row.new);
}

static bool seen(char *const *chain, int count, const char *address)
{
    for (int i = 0; i < count; i++)
        if (text_same_address(chain[i], address))
            return true;
    return false;
}

static void relocation_take(struct relocation *r, const struct step *s)
{
    free(r->row);
    r->row = text_copy(s->row.old);
    r->time = s->row.time;
}

/* 1: *next is the next address of the chain; 0 it ends here; -1. */
static int chain_step(const struct relocation_source *source,
                      const struct settings *set, const char *address,
                      struct relocation *r, char **next, char *error,
                      size_t size)
{
    struct step s = {.source = source, .set = set, .address = address};
    struct text key = {0};
    bool extended;
    int right = relocation_key(address, &key);
    text_free(&key);
    *next = NULL;
    if (right == -1)
        return 0;
    s.error = error;
    s.size = size;
    s.at = strrchr(address, '@');
    s.base = local_base(set, address, s.at);
    int rc = step_find(&s, &extended);
    if (rc == 1 && s.row.new) {
        relocation_take(r, &s);
        r->kind = s.row.new[0] ? RELOCATION_MOVED : RELOCATION_GONE;
        if (r->kind == RELOCATION_MOVED)
            *next = step_target(&s, extended);
    }
    relocation_row_free(&s.row);
    return rc == -1 ? -1 : *next != NULL;
}

/* Without needless quotes, which could hide an extension. */
static char *canonical(const char *address)
{
    struct text t = {0};
    return mailbox_canonical(address, &t) ? t.s : text_copy(address);
}

int relocation_resolve(const struct relocation_source *source,
                       const struct settings *set, const char *address,
                       struct relocation *r, char *error, size_t size)
{
    char *chain[RELOCATION_HOPS + 1], *next;
    int n = 0, rc = 1;
    *r = (struct relocation){0};
    chain[0] = canonical(address);
    while (rc == 1 && !r->loop) {
        rc = chain_step(source, set, chain[n], r, &next, error, size);
        r->loop = rc == 1 && (n == RELOCATION_HOPS || seen(chain, n + 1, next));
        if (r->loop)
            free(next);
        else if (rc == 1)
            chain[++n] = next;
    }
    if (rc == -1 || r->loop)
        r->kind = RELOCATION_NONE;
    if (r->kind != RELOCATION_NONE)
        r->address = text_copy(chain[n]);
    for (int i = 0; i <= n; i++)
        free(chain[i]);
    return rc == -1 ? -1 : r->kind != RELOCATION_NONE;
}

void relocation_free(struct relocation *r)
{
    free(r->address);
    free(r->row);
    *r = (struct relocation){0};
}

bool relocation_expired(const struct relocation *r, const struct settings *set,
                        int64_t when)
{
    return r->kind == RELOCATION_GONE && r->time > 0 &&
           when - r->time >= set->gone;
}
