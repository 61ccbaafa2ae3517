/* table_row: what stands in a table's file: rows, and two that are not the
 * caller's, with keys that no caller can have. One says what version this is,
 * the other has the changes that made it, which the spare gets before new
 * ones.
 *
 * Called by: table.
 * Fails: with Berkeley DB's return code; DB_NOTFOUND is one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TABLE_ROW_H
#define OUTRIDER_TABLE_ROW_H

#include <db.h>
#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* Versions have names, because numbers come again when a backup is put back: a
 * spare is of use only to the version that was made from it. No version is
 * named 0. */
struct state {
    uint64_t version, name, from;
};

/* "+key\0value\0" or "-key\0" for each change. */
struct journal {
    struct text rows;
    int changes;
};

bool row_key_good(const char *key);
int row_read(DB *db, const char *key, struct text *value);
/* Without a value the row goes; that there was none is no error. */
int row_write(DB *db, const char *key, const char *value);
int row_each(DB *db, const char *from,
             bool (*each)(const char *key, const char *value, void *context),
             void *context);

int state_read(DB *db, struct state *s);
/* The version after `s`, which these changes made. */
int state_write(DB *db, const struct state *s, const struct journal *j);

/* Not any more when there are too many changes to keep. */
bool journal_whole(const struct journal *j);
void journal_give_up(struct journal *j);
void journal_add(struct journal *j, const char *key, const char *value);
int journal_replay(DB *db, const struct journal *j);
int journal_read(DB *db, struct journal *j);

#endif
