/* temp: bytes in files, and temporary files that have no name.
 *
 * Called by: all of transports/.
 * Memory: a struct extent owns nothing: it is a piece of a file that somebody
 * has open. Descriptors of temp_file() are the caller's to close; with that,
 * the file is gone.
 * Fails: -1 with error[] (a full disk, for instance).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TEMP_H
#define OUTRIDER_TEMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct extent {
    int fd;
    int64_t from, len;
};

/* Where temporary files are made, for the whole process. */
void temp_directory(const char *path);
/* An empty file to read and write, unlinked already. */
int temp_file(char *error, size_t size);
/* What was written to a temporary file so far. */
struct extent temp_extent(int fd);

/* The process's work file, to which everything that is made out of a message
 * is appended (so ten thousand attachments are one descriptor). What is written
 * to the descriptor of workfile_begin() until workfile_end() is one extent; one
 * at a time. workfile_close() gives all of it up. */
int workfile_begin(char *error, size_t size);
struct extent workfile_end(void);
void workfile_close(void);

/* All of it to a descriptor, at its position. 0 or -1. */
int extent_copy(const struct extent *e, int out, char *error, size_t size);
/* Up to `len` bytes from `at` (0 is the extent's begin) on, with pread(): the
 * number read, 0 at the end, -1. */
int64_t extent_read(const struct extent *e, int64_t at, void *buffer,
                    size_t len);
/* The same bytes? */
bool extent_same(const struct extent *a, const struct extent *b);
/* All of it, or an error. */
int write_all(int fd, const void *data, size_t len, char *error, size_t size);

#endif
