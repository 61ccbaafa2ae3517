/* field: a block of header fields. See field.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "field.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_LEN 76

/* RFC 5322 2.2: a name is of printable characters but the colon; white space
 * before the colon is old (4.5). */
static size_t name_length(const char *s, size_t len)
{
    size_t n = 0, colon;
    while (n < len && s[n] > 32 && s[n] < 127 && s[n] != ':')
        n++;
    for (colon = n; colon < len && (s[colon] == ' ' || s[colon] == '\t');)
        colon++;
    return colon < len && s[colon] == ':' ? n : 0;
}

bool field_next(const char **block, struct field *f)
{
    const char *p = *block;
    if (!*p)
        return false;
    do
        p += strcspn(p, "\n"), p += *p == '\n';
    while (*p == ' ' || *p == '\t');
    *f = (struct field){*block, (size_t)(p - *block), 0};
    f->name_len = name_length(f->s, f->len);
    *block = p;
    return true;
}

bool field_is(const struct field *f, const char *name)
{
    return f->name_len == strlen(name) &&
           strncasecmp(f->s, name, f->name_len) == 0;
}

bool field_begins(const struct field *f, const char *prefix)
{
    size_t n = strlen(prefix);
    return f->name_len >= n && strncasecmp(f->s, prefix, n) == 0;
}

int field_value(const char *block, const char *name, struct text *out)
{
    for (struct field f; field_next(&block, &f);) {
        if (!field_is(&f, name))
            continue;
        const char *start = memchr(f.s, ':', f.len), *end = f.s + f.len;
        for (start++; start < end && isspace((unsigned char)*start);)
            start++;
        while (end > start && isspace((unsigned char)end[-1]))
            end--;
        text_addn(out, start, (size_t)(end - start));
        return 1;
    }
    return 0;
}

void fields_copy(const char *block,
                 bool (*keep)(const struct field *f, void *context),
                 void *context, struct text *out)
{
    for (struct field f; field_next(&block, &f);)
        if (keep(&f, context))
            text_addn(out, f.s, f.len);
}

void fields_without(const char *block, const char *name, struct text *out)
{
    for (struct field f; field_next(&block, &f);)
        if (!field_is(&f, name))
            text_addn(out, f.s, f.len);
}

/* ---- parameters ---- */

static bool plain(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 32 || (unsigned char)*s > 126)
            return false;
    return true;
}

static void quoted(const char *name, const char *value, struct text *out)
{
    text_addf(out, ";\n\t%s=\"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            text_add(out, "\\");
        text_addn(out, value, 1);
    }
    text_add(out, "\"");
}

/* RFC 2231 4, and 3 where it is long. */
static void extended(const char *name, const char *value, struct text *out)
{
    bool many = strlen(value) * 3 + strlen(name) > LINE_MAX_LEN - 12;
    size_t column = LINE_MAX_LEN;
    for (int part = 0; *value || part == 0; value++) {
        if (column >= LINE_MAX_LEN - 12) {
            size_t before = out->len;
            text_addf(out, ";\n\t%s*", name);
            if (many)
                text_addf(out, "%d*", part);
            text_add(out, part == 0 ? "=utf-8''" : "=");
            column = many ? out->len - before : 0;
            part++;
        }
        if (!*value)
            break;
        if (isalnum((unsigned char)*value) || strchr("-._", *value))
            text_addn(out, value, 1), column++;
        else
            text_addf(out, "%%%02X", (unsigned char)*value), column += 3;
    }
}

void field_parameter(const char *name, const char *value, struct text *out)
{
    if (plain(value) && strlen(value) + strlen(name) < 900)
        quoted(name, value, out);
    else
        extended(name, value, out);
}
