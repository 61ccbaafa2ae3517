/* hint: what a line of text says about a message. See hint.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hint.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "environment.h"
#include "text.h"

#define LIMIT_WORDS 60  /* bytes before a number */
#define SUBJECT_END 400 /* bytes of a subject that are looked at */

static bool type_is(const char *type, const char *name)
{
    size_t n = strlen(name);
    type += strspn(type, " \t\r\n");
    return strncasecmp(type, name, n) == 0 && strchr("; \t\r\n(", type[n]);
}

/* The token or the quoted string (RFC 2045 5.1) at p, into *value; what follows
 * it. */
static const char *value_take(const char *p, struct text *value)
{
    bool quoted = *p == '"';
    for (p += quoted; *p && (quoted ? *p != '"' : !strchr("; \t\r\n", *p));
         p++) {
        if (quoted && *p == '\\' && p[1])
            p++;
        text_addn(value, p, 1);
    }
    return p + (quoted && *p == '"');
}

/* A parameter of Content-Type: 1 and its value, 0. */
static int parameter(const char *type, const char *name, struct text *value)
{
    const char *p = type + strcspn(type, ";");
    size_t n = strlen(name);
    while (*p == ';') {
        p++;
        p += strspn(p, " \t\r\n");
        bool found = strncasecmp(p, name, n) == 0 && p[n] == '=';
        p += strcspn(p, "=;");
        text_cut(value, 0);
        if (*p == '=')
            p = value_take(p + 1, value);
        if (found)
            return 1;
        p += strcspn(p, ";");
    }
    return 0;
}

static bool parameter_is(const char *type, const char *name, const char *want)
{
    struct text value = {0};
    bool is =
        parameter(type, name, &value) == 1 && text_same(text_str(&value), want);
    text_free(&value);
    return is;
}

static bool named_p7m(const char *type)
{
    struct text name = {0};
    bool is = parameter(type, "name", &name) == 1 && name.len > 4 &&
              text_same(name.s + name.len - 4, ".p7m");
    text_free(&name);
    return is;
}

static enum hint_secrecy smime_secrecy(const char *type)
{
    struct text value = {0};
    enum hint_secrecy secrecy =
        parameter(type, "smime-type", &value) == 0 ? HINT_PERHAPS
        : text_same(text_str(&value), "enveloped-data") ||
                text_same(text_str(&value), "authEnveloped-data")
            ? HINT_ENCRYPTED
            : HINT_CLEAR;
    text_free(&value);
    return secrecy;
}

enum hint_secrecy hint_secrecy(const char *type)
{
    if (type_is(type, "multipart/encrypted"))
        return parameter_is(type, "protocol", "application/pgp-encrypted")
                   ? HINT_ENCRYPTED
                   : HINT_PERHAPS;
    if (type_is(type, "application/pkcs7-mime") ||
        type_is(type, "application/x-pkcs7-mime"))
        return smime_secrecy(type);
    return type_is(type, "application/octet-stream") && named_p7m(type)
               ? HINT_PERHAPS
               : HINT_CLEAR;
}

static int numbered_at(const char *p, int *number, int *total)
{
    int used = 0;
    if (sscanf(p, "%5d/%5d%n", number, total, &used) != 2 || used == 0) {
        used = 0;
        if (sscanf(p, "%5d of %5d%n", number, total, &used) != 2 || used == 0)
            return 0;
    }
    return (p[used] == ')' || p[used] == ']') && *number > 0 &&
           *number <= *total;
}

int hint_numbered(const char *subject, int *number, int *total)
{
    int n, t, found = 0;
    size_t len = strlen(subject);
    if (len > SUBJECT_END)
        subject += len - SUBJECT_END;
    for (const char *p = subject; (p = strpbrk(p, "([")); p++)
        if (numbered_at(p + 1, &n, &t)) {
            *number = n;
            *total = t;
            found = 1;
        }
    return found;
}

static int64_t unit_of(const char *p)
{
    p += strspn(p, " ");
    bool bytes = tolower((unsigned char)p[0]) == 'b';
    bool word = *p && (bytes || tolower((unsigned char)p[1]) == 'b' ||
                       tolower((unsigned char)p[1]) == 'i' ||
                       !isalpha((unsigned char)p[1]));
    switch (word ? tolower((unsigned char)*p) : 0) {
    case 'k':
        return 1024;
    case 'm':
        return 1024 * 1024;
    case 'g':
        return 1024 * 1024 * 1024;
    default:
        return 1;
    }
}

/* What stands before a number that is a limit. */
static bool names_limit(const char *words, const char *number)
{
    static const char *const names[] = {"limit", "max", "exceed", "than"};
    size_t n = (size_t)(number - words);
    size_t from = n > LIMIT_WORDS ? n - LIMIT_WORDS : 0;
    char before[LIMIT_WORDS + 1];
    snprintf(before, sizeof before, "%.*s", (int)(n - from), words + from);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasestr(before, names[i]))
            return true;
    return false;
}

int64_t hint_limit(const char *words, int64_t refused)
{
    int64_t best = 0;
    for (const char *p = words; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        char *end;
        long long n = strtoll(p, &end, 10);
        /* 5.3.4 and the like are no sizes. */
        if (*end != '.' && n < refused && names_limit(words, p)) {
            int64_t unit = unit_of(end);
            int64_t bytes = n > refused / unit ? refused : n * unit;
            if (bytes >= ENVIRONMENT_SIZE_MIN && bytes < refused &&
                (best == 0 || bytes < best))
                best = bytes;
        }
        p = end;
    }
    return best;
}
