/* learning: where an address has gone, from a smarthost's 551. See learning.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "learning.h"

#include <stdlib.h>

#include "exim.h"
#include "forward.h"
#include "register.h"

/* Has an administrator said already where it goes, for its whole domain too? */
static int known(struct run *r, struct table *t,
                 const struct relocation_row *row, char *error, size_t size)
{
    struct relocation_source source = {register_get, t};
    struct relocation there;
    int rc =
        relocation_resolve(&source, r->settings, row->old, &there, error, size);
    bool moved = rc == 1 && there.kind == RELOCATION_MOVED;
    relocation_free(&there);
    return rc == -1 ? -1 : moved;
}

/* 1 noted, 0 it was known, -1. */
static int row_take(struct run *r, enum learn may,
                    const struct relocation_row *row, char *error, size_t size)
{
    struct table *t = register_begin(r->settings, error, size);
    if (!t)
        return -1;
    int there = known(r, t, row, error, size), rc = there;
    if (there == 0)
        rc = may == LEARN_REGISTER
                 ? register_put(t, r->settings, row, error, size)
                 : register_propose(t, row, error, size);
    if (rc == 0 && there == 0)
        return table_commit(&t, error, size) == -1 ? -1 : 1;
    table_abort(&t);
    return rc == -1 ? -1 : 0;
}

static void row_note(struct run *r, enum learn may, const char *host,
                     const struct relocation_row *row)
{
    char error[400];
    switch (row_take(r, may, row, error, sizeof error)) {
    case 1:
        run_say("outrider: %s says that %s has moved to %s: %s", host, row->old,
                row->new, may == LEARN_REGISTER ? "registered" : "proposed");
        break;
    case -1:
        run_complain("what a server says of a new address is not noted", error);
    }
}

void learning_take(struct run *r, const struct routed *e,
                   const struct reply *reply)
{
    struct text new = {0};
    struct relocation_row row;
    char error[300];
    enum learn may = e->server && reply->code == 551
                         ? settings_learn(r->settings, e->server->host)
                         : LEARN_NOTHING;
    if (may == LEARN_NOTHING || r->settings->relocation != TABLE_BUILT_IN ||
        forward_find(reply->code, reply->text, e->recipient, &new) != 1)
        return;
    char *line = text_format("%s %lld %s", new.s,
                             (long long)(r->started / 1000), e->server->host);
    if (relocation_row_parse(&row, e->recipient, line, error, sizeof error) ==
        0) {
        row_note(r, may, e->server->host, &row);
        relocation_row_free(&row);
    }
    text_free(&new);
    free(line);
}
