/* text: a growing string, and Exim's lists. See text.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void text_die(void)
{
    static const char msg[] = "outrider: out of memory\n";
    ssize_t n = write(2, msg, sizeof msg - 1);
    (void)n;
    abort();
}

void *text_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        text_die();
    return p;
}

void *text_grow(void *array, int count, size_t size)
{
    char *grown = realloc(array, (size_t)(count + 1) * size);
    if (!grown)
        text_die();
    memset(grown + (size_t)count * size, 0, size);
    return grown;
}

char *text_copy(const char *s)
{
    char *copy = strdup(s);
    if (!copy)
        text_die();
    return copy;
}

static void text_reserve(struct text *t, size_t more)
{
    size_t need = t->len + more + 1;
    if (need <= t->cap)
        return;
    size_t cap = t->cap ? t->cap : 64;
    while (cap < need)
        cap *= 2;
    char *s = realloc(t->s, cap);
    if (!s)
        text_die();
    t->s = s;
    t->cap = cap;
}

void text_addn(struct text *t, const char *s, size_t n)
{
    text_reserve(t, n);
    if (n > 0)
        memcpy(t->s + t->len, s, n);
    t->len += n;
    t->s[t->len] = 0;
}

void text_add(struct text *t, const char *s)
{
    text_addn(t, s, strlen(s));
}

__attribute__((format(printf, 2, 0))) static void
text_addv(struct text *t, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    if (n > 0) {
        text_reserve(t, (size_t)n);
        vsnprintf(t->s + t->len, (size_t)n + 1, format, again);
        t->len += (size_t)n;
    }
    va_end(again);
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    text_addv(t, format, ap);
    va_end(ap);
}

char *text_format(const char *format, ...)
{
    struct text t = {0};
    va_list ap;
    text_add(&t, "");
    va_start(ap, format);
    text_addv(&t, format, ap);
    va_end(ap);
    return t.s;
}

int text_error(char *error, size_t size, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(error, size, format, ap);
    va_end(ap);
    return -1;
}

void text_cut(struct text *t, size_t len)
{
    if (len >= t->len)
        return;
    t->len = len;
    t->s[len] = 0;
}

void text_free(struct text *t)
{
    free(t->s);
    *t = (struct text){0};
}

const char *text_str(const struct text *t)
{
    return t->s ? t->s : "";
}

size_t text_utf8(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = u[0] < 0x80                   ? 1
               : u[0] >= 0xc2 && u[0] < 0xe0 ? 2
               : u[0] >= 0xe0 && u[0] < 0xf0 ? 3
               : u[0] >= 0xf0 && u[0] < 0xf5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    bool overlong =
        (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xf0 && u[1] < 0x90);
    bool beyond =
        (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf4 && u[1] > 0x8f);
    return overlong || beyond ? 0 : n;
}

void text_printed(const char *s, struct text *out)
{
    static const char controls[] = "\n\r\b\v\f\t", names[] = "nrbvft";
    text_add(out, "");
    for (; *s; s++) {
        unsigned char ch = (unsigned char)*s;
        const char *at = strchr(controls, ch);
        if (ch >= ' ' && ch < 127)
            text_addn(out, s, 1);
        else if (at)
            text_addf(out, "\\%c", names[at - controls]);
        else
            text_addf(out, "\\%03o", ch);
    }
}

bool text_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* The next character that means something; quotes and backslashes do not. */
static int address_next(const char **s)
{
    while (**s == '"')
        (*s)++;
    if (**s == '\\' && (*s)[1])
        (*s)++;
    int ch = (unsigned char)**s;
    *s += ch != 0;
    return tolower(ch);
}

bool text_same_address(const char *a, const char *b)
{
    int ch;
    do {
        ch = address_next(&a);
        if (ch != address_next(&b))
            return false;
    } while (ch);
    return true;
}

char *text_trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        s[--n] = 0;
    return s;
}

/* A separator other than the colon: "<;" at the start, or "<\n" and other
 * control characters where Exim has turned the escape into the character. */
static char list_separator(const char **list)
{
    const char *p = *list;
    while (isspace((unsigned char)*p))
        p++;
    if (p[0] != '<' || p[1] == 0 ||
        !(ispunct((unsigned char)p[1]) || iscntrl((unsigned char)p[1])))
        return ':';
    *list = p + 2;
    return p[1];
}

bool list_next(const char **list, char *sep, struct text *item)
{
    if (!*list)
        return false;
    if (*sep == 0)
        *sep = list_separator(list);
    const char *p = *list;
    while (*p && *p != *sep && isspace((unsigned char)*p))
        p++;
    if (!*p)
        return false;
    text_cut(item, 0);
    text_add(item, "");
    /* A control character that stands twice is no escape for itself. */
    bool doubles = !iscntrl((unsigned char)*sep);
    for (; *p; p++) {
        if (*p == *sep && (*++p != *sep || !doubles))
            break;
        if (!*p)
            break;
        text_addn(item, p, 1);
    }
    while (item->len > 0 && isspace((unsigned char)item->s[item->len - 1]))
        text_cut(item, item->len - 1);
    *list = p;
    return true;
}
