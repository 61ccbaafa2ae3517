/* outrider relocation apply: new addresses in alias files and lists.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "relocating.h"
#include "tables.h"

struct applying {
    struct relocation_source source;
    const struct settings *set;
};

static char *applied_new(const char *address, void *context)
{
    const struct applying *a = context;
    struct relocation r;
    char error[400];
    int rc = relocation_resolve(&a->source, a->set, address, &r, error,
                                sizeof error);
    if (rc == -1)
        admin_error(0, "%s: %s", address, error);
    char *moved =
        rc == 1 && r.kind == RELOCATION_MOVED ? text_copy(r.address) : NULL;
    relocation_free(&r);
    return moved;
}

static int file_apply(struct relocating *a, const struct apply *apply,
                      const char *path)
{
    struct text diff = {0};
    int n = apply_file(apply, path, a->dry_run, &diff, ERROR(a));
    if (n == -1)
        return admin_error(EX_DATAERR, "%s", a->error);
    fwrite(text_str(&diff), 1, diff.len, stdout);
    text_free(&diff);
    return 0;
}

int relocating_apply(void *act)
{
    struct relocating *a = act;
    struct tables tables;
    int rc = *a->words ? 0 : admin_error(EX_USAGE, "relocation apply FILE...");
    tables_begin(&tables, a->admin);
    struct applying applying = {rows_relocations(&tables.rows), a->set};
    struct apply apply = {a->kind, applied_new, &applying};
    for (char **w = a->words; *w; w++) {
        int one = file_apply(a, &apply, *w);
        rc = one ? one : rc;
    }
    tables_end(&tables);
    return rc;
}
