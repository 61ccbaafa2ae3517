/* address: mail addresses as they stand in notices and books. See address.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "address.h"

#include <ctype.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define ADDRESS_MAX 512
#define LABEL_MAX 63

/* Letters, marks, numbers and signs, but nothing that is not seen or that
 * changes the direction of what follows: these are shown to people. */
static bool character_visible(const char *s)
{
    switch (g_unichar_type(g_utf8_get_char(s))) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
        return false;
    default:
        return true;
    }
}

/* Dots separate parts that are not empty and at most `longest` bytes; what is
 * ASCII is alphanumeric or one of `signs`. */
static bool parts_valid(const char *s, size_t n, const char *signs,
                        size_t longest)
{
    size_t part = 0, step;
    for (size_t i = 0; i < n; i += step) {
        step = text_utf8(s + i);
        if (step == 0)
            return false;
        if (s[i] == '.' && part == 0)
            return false;
        part = s[i] == '.' ? 0 : part + step;
        if (part > longest)
            return false;
        bool ascii = step == 1;
        if (ascii && s[i] != '.' && !isalnum((unsigned char)s[i]) &&
            !strchr(signs, s[i]))
            return false;
        if (!ascii && !character_visible(s + i))
            return false;
    }
    return part > 0;
}

const char *address_domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at ? at + 1 : "";
}

bool address_valid(const char *address)
{
    size_t n = strlen(address);
    const char *domain = address_domain(address);
    if (n > ADDRESS_MAX || !*domain || *domain == '-')
        return false;
    size_t local = (size_t)(domain - address) - 1;
    return parts_valid(address, local, "!#$%&'*+-/=?^_`{|}~", ADDRESS_MAX) &&
           parts_valid(domain, strlen(domain), "-_", LABEL_MAX);
}

static bool ascii_only(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s > 126)
            return false;
    return true;
}

char *domain_ascii(const char *domain)
{
    size_t n = strlen(domain);
    char *whole = g_strndup(domain, n > 0 && domain[n - 1] == '.' ? n - 1 : n);
    char *ascii =
        g_utf8_validate(whole, -1, NULL) ? g_hostname_to_ascii(whole) : NULL;
    char *result = NULL;
    if (ascii) {
        result = text_copy(ascii);
        for (char *p = result; *p; p++)
            *p = (char)tolower((unsigned char)*p);
    }
    g_free(ascii);
    g_free(whole);
    return result;
}

bool domain_covers(const char *signer, const char *domain)
{
    char *above = domain_ascii(signer), *below = domain_ascii(domain);
    bool covers = false;
    if (above && below && strchr(above, '.')) {
        size_t n = strlen(above), m = strlen(below);
        covers = m >= n && strcmp(below + m - n, above) == 0 &&
                 (m == n || below[m - n - 1] == '.');
    }
    free(above);
    free(below);
    return covers;
}

/* The local part in one case and one normal form, the domain as A-labels. */
static char *address_canonical(const char *address)
{
    const char *domain = address_domain(address);
    if (!*domain || !g_utf8_validate(address, -1, NULL))
        return NULL;
    char *ascii = domain_ascii(domain);
    if (!ascii)
        return NULL;
    char *folded = g_utf8_casefold(address, domain - address);
    char *local = g_utf8_normalize(folded, -1, G_NORMALIZE_NFC);
    char *result = text_format("%s%s", local ? local : folded, ascii);
    g_free(local);
    g_free(folded);
    free(ascii);
    return result;
}

bool address_same(const char *a, const char *b)
{
    if (text_same_address(a, b))
        return true;
    if (ascii_only(a) && ascii_only(b))
        return false;
    char *x = address_canonical(a), *y = address_canonical(b);
    bool same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}
