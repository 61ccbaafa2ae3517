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
#include "server.h"
#include "table.h"

/* The key as the table has it; -1 for what is none. */
int environments_key(const char *key, struct text *out, char *error,
                     size_t size);
/* All keys that mail to a recipient finds, most specific first: the recipient's
 * own (an address that is none has none), those of the servers that it may go
 * to (NULL: none are known), and *. All servers count, in their order: one may
 * want everything encrypted though it is not the first. Each key is as the
 * table has it; none is there twice. environments_keys_free() frees them. */
struct environments_keys {
    char **keys;
    int count;
    int own; /* the first ones, that are the recipient's: what the domain
                publishes counts for less than these, and for more than the
                others */
};
void environments_keys(const char *recipient, const struct server_list *servers,
                       struct environments_keys *k);
void environments_keys_free(struct environments_keys *k);
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

/* What the rows of keys[from] to keys[to - 1] say: added to *e, which may say
 * things already, as environment_fill() does. Without a table, nothing. */
int environments_fill(struct table *t, const struct environments_keys *k,
                      int from, int to, struct environment *e, char *error,
                      size_t size);

#endif
