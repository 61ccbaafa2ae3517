/* say: what is printed. See say.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Control characters, C1's two bytes too, and what is no UTF-8, become ?. */
static void line_print(FILE *f, const char *s)
{
    while (*s) {
        size_t n = text_utf8(s);
        bool c1 =
            n == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0;
        if (n == 0 || c1 || (n == 1 && ((unsigned char)*s < ' ' || *s == 127)))
            fputc('?', f);
        else
            fwrite(s, 1, n, f);
        s += n ? n : 1;
    }
    fputc('\n', f);
}

__attribute__((format(printf, 1, 0))) static char *line_make(const char *format,
                                                             va_list ap)
{
    char *line = NULL;
    if (vasprintf(&line, format, ap) == -1)
        abort();
    return line;
}

void say(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *line = line_make(format, ap);
    va_end(ap);
    line_print(stdout, line);
    free(line);
}

int say_error(int code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *line = line_make(format, ap);
    va_end(ap);
    fflush(stdout);
    fputs("outrider-addressbook: ", stderr);
    line_print(stderr, line);
    free(line);
    return code;
}

void code_add(int *all, int code)
{
    if (*all == 0)
        *all = code;
}
