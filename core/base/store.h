/* store: Berkeley DB, for processes that live short and may die anywhere.
 *
 * A plain file (no environment, so no regions that a killed process leaves
 * locked), opened under a lock beside it (PATH.lock), used, and closed. Pages
 * carry checksums; a file that cannot be read is moved aside and made anew,
 * because everything in it is a hint.
 *
 * Called by: history, and later the tables and indexes.
 * Memory: values are appended to the caller's struct text.
 * Fails: -1 with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_STORE_H
#define OUTRIDER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "text.h"

struct store;

/* Waits for the lock. With `make` false a missing file gives NULL and an
 * empty error[]. */
struct store *store_open(const char *path, bool make, uid_t uid, gid_t gid,
                         char *error, size_t size);
/* Writes what is pending. 0, or -1 when that failed (a full disk); the store
 * is closed and unlocked in any case. */
int store_close(struct store **s, char *error, size_t size);

int store_get(struct store *s, const char *key, struct text *value, char *error,
              size_t size);
int store_put(struct store *s, const char *key, const char *value, char *error,
              size_t size);
int store_delete(struct store *s, const char *key, char *error, size_t size);

/* Calls `each` for every record, in the order of keys; it returns true to
 * have the record deleted. */
int store_sweep(struct store *s,
                bool (*each)(const char *key, const char *value, void *context),
                void *context, char *error, size_t size);

#endif
