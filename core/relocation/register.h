/* register: the built-in table of old and new addresses, STATE/relocations.db.
 *
 * Called by: local_scan, router (to read), tools, router (learned rows).
 * Memory: register_open() gives what register_close() frees.
 * Fails: -1 or NULL with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_REGISTER_H
#define OUTRIDER_REGISTER_H

#include "option.h"
#include "relocation.h"
#include "table.h"

/* To read. Without a table an empty one, which stays so. */
struct table *register_open(const struct settings *set, char *error,
                            size_t size);
/* A relocation_source's get(); the context is a struct table, or NULL for an
 * empty one. */
int register_get(const char *key, struct text *row, void *table, char *error,
                 size_t size);

/* To change: then table_commit() or table_abort(). */
struct table *register_begin(const struct settings *set, char *error,
                             size_t size);
/* Without a row, whatever is there now, damaged or not: to import all of it. */
struct table *register_begin_empty(const struct settings *set, char *error,
                                   size_t size);
/* 0; a row that leads back to itself (a loop) is refused: -1. */
int register_put(struct table *t, const struct settings *set,
                 const struct relocation_row *row, char *error, size_t size);
int register_remove(struct table *t, const char *old, char *error, size_t size);

/* Back to the state before the last change, when the table is damaged: see
 * table_recover(). */
int register_recover(const struct settings *set, char *error, size_t size);

/* What a server has said: kept until an administrator accepts it. As rows,
 * apart from those that count. */
int register_propose(struct table *t, const struct relocation_row *row,
                     char *error, size_t size);
int register_proposed(struct table *t, const char *old,
                      struct relocation_row *row, char *error, size_t size);
int register_unpropose(struct table *t, const char *old, char *error,
                       size_t size);

/* Rows in the order of their old addresses. each() returns false to stop. */
enum register_list { REGISTER_ROWS, REGISTER_PROPOSALS };
int register_each(struct table *t, enum register_list list,
                  bool (*each)(const struct relocation_row *row, void *context),
                  void *context, char *error, size_t size);

#endif
