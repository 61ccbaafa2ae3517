/* attribute: addresses by what their holders are, not by name.
 *
 * department=sales@staff.example is everyone who has that attribute;
 * department=sales+site=osaka@staff.example who has both. Case does not
 * matter.
 *
 * The built-in table is STATE/attributes.db. A row as text, in an export:
 *     ADDRESS NAME=VALUE NAME=VALUE...
 * NAME and VALUE are letters, digits, "-", "_" and "." (and, in VALUE, all
 * bytes from 128 up); an address may have a NAME more than once.
 * Instead of it a lookup of Exim's yields for each NAME=VALUE the addresses
 * that have it, with white space or commas between.
 *
 * Called by: local_scan, router, tools.
 * Memory: *_free() beside what fills it in.
 * Fails: -1 with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ATTRIBUTE_H
#define OUTRIDER_ATTRIBUTE_H

#include <stdbool.h>

#include "option.h"
#include "table.h"

/* Names (addresses, most of the time), sorted, each once: after members_sort().
 */
struct members {
    char **list;
    int count;
};
void members_add(struct members *m, const char *name);
void members_sort(struct members *m);
bool members_have(const struct members *m, const char *name);
void members_free(struct members *m);

/* Who has one attribute, as a list of addresses with white space or commas
 * between: 1, 0 nobody, -1. */
struct attribute_source {
    int (*get)(const char *pair, struct text *addresses, void *context,
               char *error, size_t size);
    void *context;
};

/* Is it an attribute address of this domain (setting attribute-domain)? */
bool attribute_address(const struct settings *set, const char *address);
/* Who has all the attributes of this address: 1; 0 nobody, or it is no list
 * of NAME=VALUE (error[] says which); -1 the table cannot be had. */
int attribute_members(const struct attribute_source *source,
                      const char *address, struct members *m, char *error,
                      size_t size);

struct table *attribute_open(const struct settings *set, char *error,
                             size_t size);
struct table *attribute_begin(const struct settings *set, char *error,
                              size_t size);
/* Without a row, whatever is there now: to import all of it. */
struct table *attribute_begin_empty(const struct settings *set, char *error,
                                    size_t size);
/* An attribute_source's get(); the context is a struct table, or NULL. */
int attribute_get(const char *pair, struct text *addresses, void *table,
                  char *error, size_t size);
/* The address has these attributes ("NAME=VALUE NAME=VALUE") and no others;
 * "" removes it. 1 changed, 0 it was so, -1. */
int attribute_put(struct table *t, const char *address, const char *pairs,
                  char *error, size_t size);
/* each() returns false to stop. */
int attribute_each(struct table *t,
                   bool (*each)(const char *address, const char *pairs,
                                void *context),
                   void *context, char *error, size_t size);
/* What the address has, "" for nothing. */
int attribute_of(struct table *t, const char *address, struct text *pairs,
                 char *error, size_t size);

#endif
