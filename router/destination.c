/* destination: all that is known of what a recipient can receive. See
 * destination.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "destination.h"

#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "environments.h"
#include "hint.h"

/* ---- rows, most specific first ---- */

static int ours_fill(struct environment *e, const char *text, char *error,
                     size_t size)
{
    struct environment more = ENVIRONMENT_NONE;
    char why[300];
    int rc = environment_parse(&more, text, TRUST_OURS, why, sizeof why);
    if (rc == 0)
        environment_fill(e, &more);
    else
        text_error(error, size, "outrider_adapt: row=: %s", why);
    environment_free(&more);
    return rc == 0 ? 0 : -1;
}

static void published_fill(struct environment *e, const char *text)
{
    struct environment more = ENVIRONMENT_NONE;
    char why[300];
    if (environment_parse(&more, text, TRUST_PUBLISHED, why, sizeof why) == -1)
        run_complain("outrider_adapt: published=", why);
    else
        environment_fill(e, &more);
    environment_free(&more);
}

/* A table that cannot be read may say that the mail must be encrypted. */
static int table_trouble(const char *why, char *error, size_t size)
{
    return text_error(error, size,
                      "environments, mail waits (see outrider environment "
                      "recover): %s",
                      why);
}

static int keys_fill(const struct destination *d, struct table *t,
                     struct environment *e, char *error, size_t size)
{
    struct environments_keys k;
    char why[300];
    environments_keys(d->recipient, &d->servers, &k);
    int rc = environments_fill(t, &k, 0, k.own, e, why, sizeof why);
    if (rc == 0) {
        published_fill(e, d->published);
        rc = environments_fill(t, &k, k.own, k.count, e, why, sizeof why);
    }
    environments_keys_free(&k);
    return rc == 0 ? 0 : table_trouble(why, error, size);
}

static int rows_fill(const struct destination *d, struct environment *e,
                     char *error, size_t size)
{
    char why[300] = "";
    struct table *t = environments_open(d->run->settings, why, sizeof why);
    int rc = !t && *why ? table_trouble(why, error, size)
                        : ours_fill(e, d->row, error, size);
    if (rc == 0)
        rc = keys_fill(d, t, e, error, size);
    table_close(&t);
    return rc;
}

/* ---- what servers say ---- */

static void server_fill(const struct destination *d, struct environment *e)
{
    struct run *r = d->run;
    const struct server *server = announced_by(r->settings, &d->servers, e);
    if (server)
        announced_fill(r->breakers, r->settings, server, r->started, e);
}

/* The limit that a refusal names, when it makes sense; else what the server has
 * announced; else half of what it refused. */
static int64_t refused_limit(const struct destination *d,
                             const struct attempt *a)
{
    int64_t said = hint_limit(a->text, d->wire);
    struct run *r = d->run;
    int64_t told =
        announced_size(r->breakers, r->settings, a->server, r->started);
    int64_t limit = said > 0                     ? said
                    : told > 0 && told < d->wire ? told
                                                 : d->wire / 2;
    return limit < ENVIRONMENT_SIZE_MIN ? ENVIRONMENT_SIZE_MIN : limit;
}

/* Where the action on the class size is adapt; it may be another server first.
 */
static bool refusal_fill(const struct destination *d, struct environment *e)
{
    const struct history *h = &d->run->history;
    bool refused = false;
    for (int i = 0; i < h->count; i++) {
        const struct attempt *a = &h->attempts[i];
        if (a->class != CLASS_SIZE ||
            !text_same_address(a->recipient, d->recipient) ||
            policy_decide(&d->run->settings->policy, CLASS_SIZE, a->failures) !=
                VERB_ADAPT)
            continue;
        int64_t limit = refused_limit(d, a);
        if (e->size == ENVIRONMENT_NO_LIMIT || limit < e->size)
            e->size = limit;
        e->said |= SAID_SIZE;
        refused = true;
    }
    return refused;
}

int destination_ask(const struct destination *d, struct environment *e,
                    bool *refused, char *error, size_t size)
{
    if (rows_fill(d, e, error, size) == -1)
        return -1;
    server_fill(d, e);
    *refused = refusal_fill(d, e);
    return 0;
}
