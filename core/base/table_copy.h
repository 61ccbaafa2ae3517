/* table_copy: the files of a table: who reads which, and which is written.
 *
 * PATH, PATH.spare and PATH.writing are names; table.h says what they mean. A
 * process locks the file behind a name (open file description locks, which no
 * other descriptor's close() takes away and which go with the last holder):
 * shared to read it, exclusive to write into what was the spare. A lock that a
 * name has lost meanwhile does no harm: the file is compared with the name
 * afterwards.
 *
 * Called by: table, under the lock of PATH but for table_copy_read().
 * Memory: a struct table_copy starts as TABLE_COPY_NONE and is closed with
 * table_copy_close().
 * Fails: -1 with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TABLE_COPY_H
#define OUTRIDER_TABLE_COPY_H

#include <db.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct table_copy {
    DB *db;
    int fd;    /* ours, which holds the lock */
    int db_fd; /* Berkeley DB's */
};

#define TABLE_COPY_NONE ((struct table_copy){.fd = -1, .db_fd = -1})

/* The return code speaks of the contents, not of the disk or a permission. */
bool table_copy_damage(int rc);
/* How an administrator mends this table, in a few words. */
const char *table_copy_way(const char *path);
/* -1, and what Berkeley DB's return code means for this file. */
int table_copy_error(const char *path, int rc, char *error, size_t size);

/* PATH, to read. */
int table_copy_read(struct table_copy *c, const char *path, char *error,
                    size_t size);
/* Is it still the file that PATH names? */
bool table_copy_current(const struct table_copy *c, const char *path);

/* The spare, as PATH.writing from now on. 0 when it cannot be used; it is then
 * deleted. */
int table_copy_spare(struct table_copy *c, const char *path, char *error,
                     size_t size);
/* A new PATH.writing: what is in `from`, or nothing when that is NULL. */
int table_copy_make(struct table_copy *c, const char *path,
                    const struct table_copy *from, uid_t uid, gid_t gid,
                    char *error, size_t size);
/* PATH.writing becomes PATH, which becomes the spare. Closes it. */
int table_copy_publish(struct table_copy *c, const char *path, char *error,
                       size_t size);
/* The spare becomes PATH; with `keep` PATH's file becomes PATH.bad-SECONDS. */
int table_copy_keep_bad(const char *path, char *error, size_t size);
int table_copy_go_back(const char *path, char *error, size_t size);

/* Every page of a file: 0, or Berkeley DB's return code. */
int table_copy_verify(const char *path);
void table_copy_close(struct table_copy *c);
/* Closes and deletes PATH.writing. */
void table_copy_discard(struct table_copy *c, const char *path);

#endif
