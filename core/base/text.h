/* text: a growing string, and Exim's lists.
 *
 * Called by: the whole core.
 * Memory: a struct text starts as {0} and is freed with text_free(); its
 * contents are always terminated. list_next() writes into the caller's text.
 * Fails: never; when memory runs out the process ends (text_die()), since no
 * state of ours can be half written at that point (see docs/architecture.md).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TEXT_H
#define OUTRIDER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *s;
    size_t len, cap;
};

void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_addf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_cut(struct text *t, size_t len); /* shorten to len */
void text_free(struct text *t);
/* The contents, "" when nothing was ever added. */
const char *text_str(const struct text *t);

/* malloc, strdup, and printf into new memory; never NULL. */
void *text_alloc(size_t size);
char *text_copy(const char *s);
char *text_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* An array of `count` items of `size` bytes with one more, all zero, at its
 * end; the old one is freed. */
void *text_grow(void *array, int count, size_t size);

/* snprintf for error texts: always terminated. Returns -1, so that a parser
 * can end with `return text_error(...)`. */
int text_error(char *error, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The next item of an Exim list: colon-separated unless the list starts with
 * `<` and another separator; a doubled separator stands for itself; white
 * space around items is dropped (Exim's specification, "List construction").
 * *list and *sep (0 at first) hold the place. true: *item is the next one. */
bool list_next(const char **list, char *sep, struct text *item);

/* The length in bytes of the UTF-8 character that starts here (RFC 3629);
 * 0 when these bytes are none. */
size_t text_utf8(const char *s);

/* As Exim prints what may not be printable: \n and the like, and \303 for
 * other control characters and all bytes from 127 up. */
void text_printed(const char *s, struct text *out);

/* Equal but for the case of ASCII letters, as addresses and hosts compare. */
bool text_same(const char *a, const char *b);
/* The same mail address: case does not matter, nor how a local part is quoted
 * ("two words"@x, and two words@x as Exim's $local_part has it). */
bool text_same_address(const char *a, const char *b);
/* The white space taken off both ends, in place; returns the start. */
char *text_trim(char *s);

#endif
