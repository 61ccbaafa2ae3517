/* format: what a kind of address book has to know; one file for each, which
 * registers itself. To add one, write addressbook/format_NAME.c.
 *
 * Called by: book, places.
 * Memory: formats are static. What a function writes into a struct text, notes
 * or entries is the caller's to free.
 * Fails: `change` and `list` of a file that is no text give -1 with error[], or
 * 0 when another program has it; of a text they cannot fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FORMAT_H
#define OUTRIDER_FORMAT_H

#include "change.h"
#include "text.h"

/* Somebody in a book. */
struct entry {
    char *name, *address;
};

struct entries {
    struct entry *list;
    int count;
};

void entries_add(struct entries *e, const char *name, const char *address);
void entries_free(struct entries *e);

/* A file that names books: lines `KEY = PATH` or `KEY=PATH`, `set` before it
 * or not. */
struct hint {
    const char *file, *key;
};

struct format {
    const char *name, *help;
    const char *const *places; /* shell patterns, ~/ first; NULL ends them */
    const struct hint *hints;  /* {0} ends them; NULL for none */
    const char *suffix;        /* a folder of such files is a book too */

    /* How sure the beginning of a file makes it that the file is one: 0 it is
     * not, 1 it may be, 2 it is. */
    int (*detect)(const char *head, size_t len);

    /* For texts. *out is not the same as the text when notes->edits grows. */
    void (*edit)(const char *data, size_t len, const struct change *change,
                 struct text *out, struct notes *notes);
    void (*read)(const char *data, size_t len, struct entries *out);

    /* For what is no text; edit and read are NULL then. *backup is the path of
     * the file's copy, when one was made. */
    int (*change)(const char *path, const struct changes *changes, bool dry,
                  struct notes *notes, char **backup, char *error, size_t size);
    int (*list)(const char *path, struct entries *out, char *error,
                size_t size);
};

void format_add(const struct format *format);
/* The next one by name, from NULL; NULL behind the last. */
const struct format *format_next(const struct format *after);
/* NULL when there is none of this name. */
const struct format *format_find(const char *name);

/* At the end of a format's file. */
#define FORMAT_REGISTER(format)                                                \
    __attribute__((constructor)) static void format##_register(void)           \
    {                                                                          \
        format_add(&(format));                                                 \
    }

#endif
