/* table: rows of text in Berkeley DB that are truth, and not a hint.
 *
 * A process that is killed, or a power cut, at any moment leaves the old state
 * or the new one. Readers never see half a change and never wait for a writer;
 * there is one writer at a time, and the next one waits.
 *
 * PATH is the current copy, a plain B-tree with checksums that nobody writes.
 * PATH.spare is the copy of the version before. A writer takes PATH.lock and
 * renames the spare to PATH.writing, brings it up to date, changes it, syncs
 * it and renames it over PATH, whose file is the next spare. What else is
 * called PATH.writing is somebody's who died, and is deleted by the next
 * writer. A spare that is missing or cannot be used is made: a copy of PATH.
 *
 * Readers hold a shared lock on the file that they read, so a table that stays
 * open (also in a child that has inherited it) keeps that file from being the
 * next spare: the writer after next waits 100 ms for it and then makes a copy
 * (of 100 MB: some 0.2 s). So a service asks table_changed() before each use,
 * opens the table again when it says so, and closes it when it goes idle.
 *
 * Keys have 1 to TABLE_KEY bytes, are not NUL and do not begin with \001;
 * values have at most TABLE_VALUE bytes, and are not NUL either.
 *
 * Called by: whoever keeps a table.
 * Memory: values are appended to the caller's struct text.
 * Fails: -1 or NULL with error[], which names the file; 1 found, 0 not found.
 * A damaged table fails, is never emptied, and is left as it is; the text has
 * the commands that mend this one (table_copy_way()). After an error
 * in table_get() or table_each() the table is to be closed.
 * Not for several threads: a hook of Berkeley DB's is the process's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TABLE_H
#define OUTRIDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

#define TABLE_KEY 1000
#define TABLE_VALUE 65536

struct table;

/* To read, as it is now, whatever others write meanwhile. NULL with an empty
 * error[] when there has been no table; one that was there and is not any more
 * is an error (PATH.lock, which is not to be removed, knows). */
struct table *table_open(const char *path, char *error, size_t size);
/* Would table_open() show something else? One stat(). */
bool table_changed(const struct table *t);
void table_close(struct table **t);

/* A key that no table can have is not found. */
int table_get(struct table *t, const char *key, struct text *value, char *error,
              size_t size);
/* Rows in the order of their keys (bytes), from the first key on that is not
 * below `from`, to the end or until `each` returns false. For the keys with a
 * prefix, start there and stop at the first one without it. `each` must not
 * change the table. 0, or -1. */
int table_each(struct table *t, const char *from,
               bool (*each)(const char *key, const char *value, void *context),
               void *context, char *error, size_t size);

/* Counts the changes; 0 in a table that is being made. A writer has that of
 * the state it began with. */
uint64_t table_version(const struct table *t);

/* To read and write; waits for the last writer. Makes the directory (one
 * level) and files that are missing, given to uid:gid when made by root.
 * Nothing is written before the first change. One at a time in a process: of
 * two, one cannot be committed. */
struct table *table_begin(const char *path, uid_t uid, gid_t gid, char *error,
                          size_t size);
/* 0 or -1. After -1 nothing can be committed. */
int table_put(struct table *t, const char *key, const char *value, char *error,
              size_t size);
/* 1 there was one, 0, -1. */
int table_delete(struct table *t, const char *key, char *error, size_t size);
/* As table_begin(), but without a row, whatever is there now, damaged or not:
 * to import everything. One that cannot be opened is kept as
 * PATH.bad-SECONDS. */
struct table *table_begin_empty(const char *path, uid_t uid, gid_t gid,
                                char *error, size_t size);
/* 0: all changes since table_begin() can be seen, and are on the disk. -1: none
 * of them. The table is closed in any case. When everything was as it is asked
 * for, and there is a table, nothing is written. Many rows are put fastest in
 * the order of their keys; after more than TABLE_BATCH of them the next writer
 * makes a copy. */
int table_commit(struct table **t, char *error, size_t size);
/* Closes it without the changes; if there were any, the next writer makes a
 * copy. */
void table_abort(struct table **t);

#define TABLE_BATCH 1000

/* When the current copy is damaged (every page is looked at) or gone: back to
 * the version before, if that is whole. The damaged one is kept as
 * PATH.bad-SECONDS. 1 went back (the last change is lost: say so), 0 there was
 * no need; -1 there is nothing to go back to, and all is as it was. */
int table_recover(const char *path, uid_t uid, gid_t gid, char *error,
                  size_t size);

#endif
