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
    bool failed; /* some address could not be looked up */
};

static char *applied_new(const char *address, void *context)
{
    struct applying *a = context;
    struct relocation r;
    char error[400];
    int rc = relocation_resolve(&a->source, a->set, address, &r, error,
                                sizeof error);
    if (rc == -1 && !a->failed)
        admin_error(0, "%s: %s", address, error);
    a->failed = a->failed || rc == -1;
    char *moved =
        rc == 1 && r.kind == RELOCATION_MOVED ? text_copy(r.address) : NULL;
    relocation_free(&r);
    return moved;
}

static int file_change(struct relocating *a, const struct apply *apply,
                       const char *path, bool dry_run)
{
    struct text diff = {0};
    int n = apply_file(apply, path, dry_run, &diff, ERROR(a));
    if (n != -1 && dry_run == a->dry_run)
        fwrite(text_str(&diff), 1, diff.len, stdout);
    text_free(&diff);
    return n == -1 ? admin_error(EX_DATAERR, "%s", a->error) : 0;
}

/* All of its addresses or none: they are looked up once before. */
static int file_apply(struct relocating *a, const struct apply *apply,
                      const char *path)
{
    struct applying *applying = apply->context;
    applying->failed = false;
    int rc = file_change(a, apply, path, true);
    if (rc == 0 && applying->failed)
        return admin_error(EX_TEMPFAIL, "%s: nothing was changed", path);
    return rc || a->dry_run ? rc : file_change(a, apply, path, false);
}

int relocating_apply(void *act)
{
    struct relocating *a = act;
    struct tables tables;
    int rc = *a->words ? 0 : admin_error(EX_USAGE, "relocation apply FILE...");
    tables_begin(&tables, a->admin);
    struct applying applying = {rows_relocations(&tables.rows), a->set, false};
    struct apply apply = {a->kind, applied_new, &applying};
    for (char **w = a->words; *w; w++) {
        int one = file_apply(a, &apply, *w);
        rc = one ? one : rc;
    }
    tables_end(&tables);
    return rc;
}
