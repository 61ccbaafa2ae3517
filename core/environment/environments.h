/* environments: whose row is whose, and the built-in table,
 * STATE/environments.db.
 *
 * Keys, most specific first: an address (user@example.org), its domain
 * (example.org), the smarthost that the mail goes to (server:HOST:PORT, then
 * server:HOST), and *. Case does not matter. A domain's row is not its
 * subdomains'.
 *
 * Called by: router (to read), tools.
 * Memory: environments_open() gives what table_close() frees.
 * Fails: -1 or NULL with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENTS_H
#define OUTRIDER_ENVIRONMENTS_H

#include "environment.h"
#include "option.h"
#include "table.h"

/* The key as the table has it; -1 for what is none. */
int environments_key(const char *key, struct text *out, char *error,
                     size_t size);
/* All keys of a recipient, and of the server when that is not NULL, most
 * specific first; how many. An address that is none has none. Free each. Each
 * is as the table has it. */
#define ENVIRONMENTS_KEYS 5
int environments_keys(const char *recipient, const char *server,
                      char *keys[ENVIRONMENTS_KEYS]);
/* A key that is a domain, not an address literal? */
bool environments_domain(const char *key);

/* To read: NULL with an empty error[] when there is none (and no rows, for what
 * takes a table to read). To change: then table_commit() or table_abort(). */
struct table *environments_open(const struct settings *set, char *error,
                                size_t size);
struct table *environments_begin(const struct settings *set, char *error,
                                 size_t size);
struct table *environments_begin_empty(const struct settings *set, char *error,
                                       size_t size);
int environments_recover(const struct settings *set, char *error, size_t size);

/* One row: value is the row's text and, after a tab, its time (seconds since
 * the epoch) and who has written it. */
struct environments_row {
    struct environment environment;
    int64_t time;
    char *by; /* "" for not known */
};
void environments_row_free(struct environments_row *row);
int environments_get(struct table *t, const char *key,
                     struct environments_row *row, char *error, size_t size);
int environments_put(struct table *t, const char *key,
                     const struct environments_row *row, char *error,
                     size_t size);
int environments_remove(struct table *t, const char *key, char *error,
                        size_t size);
/* Rows in the order of their keys; each() returns false to stop. */
int environments_each(struct table *t,
                      bool (*each)(const char *key,
                                   const struct environments_row *row,
                                   void *context),
                      void *context, char *error, size_t size);

/* All that the table (NULL: none) says of a recipient, and of the server when
 * that is not NULL: added to *e, which may say things already, as
 * environment_fill() does. */
int environments_fill(struct table *t, const char *recipient,
                      const char *server, struct environment *e, char *error,
                      size_t size);

#endif
