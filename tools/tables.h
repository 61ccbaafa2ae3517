/* tables: the rows of relocations and attributes, for commands.
 *
 * Called by: cmd_relocation, cmd_attribute, cmd_held, holder.
 * Memory: tables_begin() fills what tables_end() frees.
 * Fails: see rows.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TABLES_H
#define OUTRIDER_TABLES_H

#include "admin.h"
#include "asker.h"
#include "rows.h"

struct tables {
    const struct admin *admin;
    struct rows rows;
    struct asker *asker; /* where rows come from a lookup of Exim's */
};

void tables_begin(struct tables *t, const struct admin *a);
/* Lookups are asked anew: Exim remembers its answers while it runs. */
void tables_renew(struct tables *t);
void tables_end(struct tables *t);

#endif
