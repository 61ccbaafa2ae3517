/* outrider relocation proposals, accept, refuse, ask: what other servers know.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "inquiry.h"
#include "relocating.h"

/* ---- proposals ---- */

struct gathering {
    struct text olds;
};

static bool gather(const struct relocation_row *row, void *context)
{
    struct gathering *g = context;
    text_addf(&g->olds, "%s\n", row->old);
    return true;
}

static int proposal_end(struct relocating *a, const char *old, bool accept)
{
    struct relocation_row row = {0};
    int rc = register_proposed(a->table, old, &row, ERROR(a));
    if (rc == 0)
        return admin_error(EX_DATAERR, "%s: nobody has proposed anything", old);
    if (rc == 1 && accept && relocating_put(a, &row) != 0)
        rc = -1;
    else if (rc == 1)
        rc = register_unpropose(a->table, old, ERROR(a));
    relocation_row_free(&row);
    return rc == -1 ? admin_error(EX_IOERR, "%s", a->error) : 0;
}

static int proposals_end(struct relocating *a, bool accept)
{
    struct gathering g = {0};
    int rc = *a->words || a->all
                 ? relocating_begin(a)
                 : admin_error(EX_USAGE, "name old addresses, or --all");
    if (rc)
        return rc;
    if (a->all &&
        register_each(a->table, REGISTER_PROPOSALS, gather, &g, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    char *rest = g.olds.s;
    for (char *old; rc == 0 && rest && (old = strsep(&rest, "\n"));)
        if (*old)
            rc = proposal_end(a, old, accept);
    for (char **w = a->words; *w && rc == 0 && !a->all; w++)
        rc = proposal_end(a, *w, accept);
    text_free(&g.olds);
    return relocating_end(a, rc);
}

int relocating_accept(void *act)
{
    struct relocating *a = act;
    return proposals_end(a, true);
}

int relocating_refuse(void *act)
{
    struct relocating *a = act;
    return proposals_end(a, false);
}

/* ---- asking another server ---- */

static void answer_take(const char *old, const char *new, void *context)
{
    struct relocating *a = context;
    struct relocation_row row;
    printf("%s -> %s\n", old, new);
    if (relocating_row(a, old, new, &row) != 0)
        return;
    int rc = a->enter ? relocating_put(a, &row)
                      : register_propose(a->table, &row, ERROR(a));
    if (rc == -1)
        admin_error(0, "%s", a->error);
    relocation_row_free(&row);
}

static bool gone_gather(const struct relocation_row *row, void *context)
{
    struct gathering *g = context;
    if (row->new[0] == 0 && row->old[0] != '*')
        text_addf(&g->olds, "%s\n", row->old);
    return true;
}

/* What was learned before a connection broke counts too. */
static int answers_take(struct relocating *a, const struct inquiry *inquiry)
{
    int rc = relocating_begin(a);
    if (rc)
        return rc;
    for (int i = 0; i < inquiry->count; i++)
        answer_take(inquiry->answers[i].old, inquiry->answers[i].new, a);
    return relocating_end(a, 0);
}

int relocating_ask(void *act)
{
    struct relocating *a = act;
    struct gathering g = {0};
    int rc;
    if (!*a->words)
        return admin_error(EX_USAGE, "relocation ask SERVER [ADDRESS...]");
    struct table *t = relocating_read(a, &rc);
    for (char **w = a->words + 1; *w; w++)
        text_addf(&g.olds, "%s\n", *w);
    if (t && !a->words[1] &&
        register_each(t, REGISTER_ROWS, gone_gather, &g, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    table_close(&t);
    a->by = a->words[0];
    struct inquiry inquiry = {.admin = a->admin,
                              .server = a->words[0],
                              .addresses = text_str(&g.olds)};
    if (rc == 0)
        rc = inquiry_make(&inquiry);
    int kept = inquiry.count > 0 ? answers_take(a, &inquiry) : 0;
    rc = rc ? rc : kept;
    inquiry_free(&inquiry);
    text_free(&g.olds);
    return rc;
}
