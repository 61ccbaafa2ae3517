/* view: an entry as its program reads it, and where each byte of it stands in
 * the file. Continuation lines, folds and escapes are gone in the view; what is
 * found in it is changed in the file.
 *
 * Called by: the text formats, list.
 * Memory: a struct view starts as {0}; view_free() frees it. view_clear() keeps
 * the memory for the next entry.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_VIEW_H
#define OUTRIDER_VIEW_H

#include <stddef.h>

#include "text.h"

/* text.s[i] is the file's bytes from[i] up to, but without, to[i]. */
struct view {
    struct text text;
    size_t *from, *to;
    size_t cap;
};

void view_clear(struct view *v);
void view_add(struct view *v, char ch, size_t from, size_t to);
void view_free(struct view *v);
/* A copy of a part, or NULL where a NUL is in it; white space around it is
 * left out. */
char *view_word(const struct view *v, size_t from, size_t to);

/* The end of the line that begins at `at`, without its \n or \r\n, and in
 * *next where the next one begins. */
size_t line_end(const char *data, size_t len, size_t at, size_t *next);

#endif
