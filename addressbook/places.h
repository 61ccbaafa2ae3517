/* places: where a user's address books usually are.
 *
 * Called by: main.
 * Memory: books_free(); place_expand() gives a string to free().
 * Fails: what is not there is no book; books_add() gives -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PLACES_H
#define OUTRIDER_PLACES_H

#include "format.h"

struct book {
    const struct format *format;
    char *path;
};

struct books {
    struct book *list;
    int count;
};

/* ~/x in the user's home directory, $HOME/x too. */
char *place_expand(const char *path);
/* FORMAT:PATH, or PATH, whose format is found out. 0, or -1. */
int books_add(struct books *b, const char *spec, char *error, size_t size);
/* All in the usual places. */
void books_find(struct books *b);
void books_drop(struct books *b, int at);
void books_free(struct books *b);

#endif
