/* thunder: the rows of Thunderbird's address book (SQLite) that hold mail
 * addresses: table properties (card, name, value).
 *
 * Called by: format_thunderbird.
 * Memory: thunder_close() after every thunder_open(), whatever that gave.
 * Fails: 0 where another program has the book, -1 for all else, with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_THUNDER_H
#define OUTRIDER_THUNDER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

enum property_name {
    PRIMARY,
    SECOND,
    PRIMARY_LOWER, /* older versions have copies in lower case */
    SECOND_LOWER,
    MODIFIED,
    DISPLAY,
    VCARD,
    PROPERTIES
};

struct row {
    sqlite3_int64 id;
    char *card, *value;
    enum property_name name;
    bool changed, gone;
};

struct thunder {
    sqlite3 *db;
    char *path; /* behind all symbolic links */
    struct row *rows;
    int count; /* in the order of the cards */
};

/* Opens the book and reads the rows; with `write` in a transaction that is
 * there to write. */
int thunder_open(struct thunder *t, const char *path, bool write, char *error,
                 size_t size);
void row_set(struct row *row, const char *value);
/* Copies the book, writes what has changed, and ends the transaction. */
int thunder_save(struct thunder *t, char **backup, char *error, size_t size);
/* What was not saved is not written. */
void thunder_close(struct thunder *t);

#endif
