/* tables: the rows of relocations and attributes, for commands. See tables.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables.h"

static int lookup(const char *acl, const char *key, struct text *value,
                  void *context, char *error, size_t size)
{
    struct tables *t = context;
    if (t->asker && asker_broken(t->asker))
        asker_close(&t->asker);
    if (!t->asker)
        t->asker = asker_open(t->admin);
    if (!t->asker)
        return text_error(error, size, "no Exim found (--exim PATH)");
    return asker_acl(t->asker, acl, key, value, error, size);
}

void tables_begin(struct tables *t, const struct admin *a)
{
    *t = (struct tables){.admin = a};
    t->rows =
        (struct rows){.settings = a->settings, .lookup = lookup, .context = t};
}

void tables_renew(struct tables *t)
{
    asker_close(&t->asker);
}

void tables_end(struct tables *t)
{
    rows_close(&t->rows);
    asker_close(&t->asker);
}
