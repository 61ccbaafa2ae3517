/* file: state files: made, locked, moved aside, written whole.
 *
 * Called by: breaker, store, spool, chance.
 * Memory: descriptors are the caller's to close.
 * Fails: -1 with error[] (path and reason).
 * Files that root makes are given to uid:gid, because Exim's transports run as
 * the exim user and must be able to write what a router, run as root, made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FILE_H
#define OUTRIDER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

#define FILE_MODE 0640
#define DIRECTORY_MODE 0750

/* Who owns Exim's spool directory owns our files. 0 or -1. */
int file_owner(const char *spool, uid_t *uid, gid_t *gid);
/* The directory, made when missing (one level). */
int file_directory(const char *path, uid_t uid, gid_t gid, char *error,
                   size_t size);
/* What was renamed in it stays so after a power cut, as far as can be done. */
void file_directory_sync(const char *path);
/* An empty new file, opened for reading and writing; replaces an old one. */
int file_create(const char *path, uid_t uid, gid_t gid, char *error,
                size_t size);
/* Waits for PATH.lock, which is made when missing; close() unlocks. */
int file_lock(const char *path, uid_t uid, gid_t gid, char *error, size_t size);
/* The same without waiting; -1 with an empty error[] when another process has
 * it. A child does not inherit it. */
int file_lock_now(const char *path, uid_t uid, gid_t gid, char *error,
                  size_t size);
/* errno says that something stands there that is no file of ours: another
 * owner's, a directory, a link. */
bool file_unusable(int error);
/* PATH becomes PATH.bad-SECONDS, kept for whoever wants to know why. */
void file_move_aside(const char *path);
/* The whole of a file (of at most `max` bytes); 1 read, 0 no such file. */
int file_read(const char *path, size_t max, struct text *out, char *error,
              size_t size);
/* All of it, then fsync. */
int file_write_all(int fd, const char *data, size_t len);

/* Milliseconds since the epoch. */
int64_t clock_now(void);
/* "2026-11-21 18:30:00" in local time, in out[]; returns it. */
const char *clock_stamp(int64_t ms, char *out, size_t size);

#endif
