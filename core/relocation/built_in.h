/* built_in: the tables in the state directory, STATE/NAME (table.h); who owns
 * the spool owns them.
 *
 * Called by: register, attribute.
 * Memory, fails: as table.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_BUILT_IN_H
#define OUTRIDER_BUILT_IN_H

#include "option.h"
#include "table.h"

struct table *built_in_open(const struct settings *set, const char *name,
                            char *error, size_t size);
struct table *built_in_begin(const struct settings *set, const char *name,
                             char *error, size_t size);
struct table *built_in_begin_empty(const struct settings *set, const char *name,
                                   char *error, size_t size);
int built_in_recover(const struct settings *set, const char *name, char *error,
                     size_t size);

#endif
