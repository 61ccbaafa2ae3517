/* status: the changes of address that a delivery status says. See status.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "status.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

enum field { NOTICE, OLD, NEW, REGISTERED, FIELDS };

static const char *const names[FIELDS] = {
    "Outrider-Notice",
    "Outrider-Old-Address",
    "Outrider-New-Address",
    "Outrider-Registered",
};

struct group {
    char *value[FIELDS];
    bool twice; /* a field stands there twice: which one is meant? */
};

static bool blank(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(" \t\r", s[i]) || !s[i])
            return false;
    return true;
}

/* RFC 6533, 3: \x{263A} stands for a character of an address that has to be
 * ASCII on its way. */
static void utf8_decode(const char *s, struct text *out)
{
    text_add(out, "");
    while (*s) {
        char *end = NULL, character[8];
        long code = strncmp(s, "\\x{", 3) == 0 ? strtol(s + 3, &end, 16) : 0;
        if (end && *end == '}' && end <= s + 9 && code > ' ' &&
            code <= 0x10ffff && g_unichar_validate((gunichar)code)) {
            int n = g_unichar_to_utf8((gunichar)code, character);
            text_addn(out, character, (size_t)n);
            s = end + 1;
        } else {
            text_addn(out, s++, 1);
        }
    }
}

/* "rfc822; a@b" or "utf-8; a@b"; NULL when it holds no valid address. */
static char *typed_address(char *value)
{
    char *semicolon = strchr(value, ';');
    if (!semicolon)
        return NULL;
    *semicolon = 0;
    const char *type = text_trim(value), *address = text_trim(semicolon + 1);
    struct text out = {0};
    if (text_same(type, "utf-8"))
        utf8_decode(address, &out);
    else if (text_same(type, "rfc822"))
        text_add(&out, address);
    if (address_valid(text_str(&out)))
        return out.s;
    text_free(&out);
    return NULL;
}

static bool date_read(const char *value, int64_t now, int64_t *seconds)
{
    GDateTime *date = g_mime_utils_header_decode_date(value);
    if (!date)
        return false;
    *seconds = g_date_time_to_unix(date);
    if (*seconds > now)
        *seconds = now;
    g_date_time_unref(date);
    return *seconds > 0;
}

static int group_bad(struct status *s, const char *why)
{
    s->bad++;
    text_addf(&s->problems, "%s\n", why);
    return -1;
}

static int group_change(struct status *s, struct group *g, int64_t now,
                        struct changes *out)
{
    int64_t registered;
    for (int i = 0; i < FIELDS; i++)
        if (!g->value[i]) {
            s->bad++;
            text_addf(&s->problems, "%s is missing\n", names[i]);
            return -1;
        }
    char *old = typed_address(g->value[OLD]);
    char *new = typed_address(g->value[NEW]);
    int rc = 0;
    if (!old || !new)
        rc = group_bad(s, "an address cannot be used");
    else if (address_same(old, new))
        rc = group_bad(s, "the old and the new address are the same");
    else if (!date_read(g->value[REGISTERED], now, &registered))
        rc = group_bad(s, "Outrider-Registered is no date");
    else
        changes_add(out, old, new, registered);
    free(old);
    free(new);
    return rc;
}

/* Groups without our fields are another notice's. */
static void group_end(struct status *s, struct group *g, int64_t now,
                      struct changes *out)
{
    const char *kind = g->value[NOTICE];
    if (g->twice)
        group_bad(s, "a field is there twice");
    else if (kind && text_same(kind, "held"))
        s->held++;
    else if (kind &&
             (text_same(kind, "changed") || text_same(kind, "announced")))
        group_change(s, g, now, out);
    for (int i = 0; i < FIELDS; i++)
        free(g->value[i]);
    *g = (struct group){0};
}

static void field_take(struct group *g, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return;
    *colon = 0;
    const char *name = text_trim(line);
    for (int i = 0; i < FIELDS; i++)
        if (text_same(name, names[i])) {
            g->twice |= g->value[i] != NULL;
            free(g->value[i]);
            g->value[i] = text_copy(text_trim(colon + 1));
        }
}

/* The field that starts at `at`, with its folded lines joined. */
static size_t field_join(const char *data, size_t len, size_t at,
                         struct text *out)
{
    text_cut(out, 0);
    text_add(out, "");
    do {
        const char *nl = memchr(data + at, '\n', len - at);
        size_t end = nl ? (size_t)(nl - data) : len;
        size_t n = end > at && data[end - 1] == '\r' ? end - 1 : end;
        text_addn(out, data + at, n - at);
        at = nl ? end + 1 : len;
    } while (at < len && (data[at] == ' ' || data[at] == '\t') &&
             !blank(out->s, out->len));
    return at;
}

void status_read(struct status *s, const char *data, size_t len, int64_t now,
                 struct changes *out)
{
    struct group g = {0};
    struct text field = {0};
    *s = (struct status){0};
    for (size_t at = 0; at < len;) {
        at = field_join(data, len, at, &field);
        if (blank(field.s, field.len))
            group_end(s, &g, now, out);
        else
            field_take(&g, field.s);
    }
    group_end(s, &g, now, out);
    text_free(&field);
}

void status_free(struct status *s)
{
    text_free(&s->problems);
}
