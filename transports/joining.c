/* joining: one run of `adapt join`, and the ways to end it. See joining.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "joining.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "adapting.h"

struct outbox joining_box(const struct join *w)
{
    return (struct outbox){w->o->settings, w->name, w->o->queue};
}

int joining_failed(const struct join *w)
{
    return order_error(EX_TEMPFAIL, "%s", w->error);
}

const char *joining_stuck(const struct join *w)
{
    return w->stuck ? " (at the next queue run: it cannot be begun now)" : "";
}

/* The router does so from now on. */
static int as_is_one(struct join *w, const char *id, const char *why)
{
    struct order *o = w->o;
    int rc = adapting_note(o->settings, id, w->recipient, ADAPTING_AS_IS, why,
                           w->error, sizeof w->error);
    if (rc == 1 && process_rerun(&o->exim, o->queue, id) == -1)
        w->stuck = true;
    return rc;
}

int joining_as_is(struct join *w, const char *why)
{
    char *words = text_copy(why); /* it may be w->error */
    int rc = as_is_one(w, w->o->id, words);
    if (rc != -1) {
        parts_forget(&w->parts, w->o->id);
        order_error(0, "it is delivered as it came: %s%s", words,
                    joining_stuck(w));
    }
    free(words);
    return rc == -1 ? joining_failed(w) : EX_TEMPFAIL;
}

int joining_all_as_is(struct join *w, const char *why)
{
    char *words = text_copy(why);
    for (int i = 1; i <= parts_highest(&w->parts); i++) {
        const char *id = w->parts.ids[i];
        if (!id || strcmp(id, w->o->id) == 0)
            continue;
        if (as_is_one(w, id, words) == -1) {
            free(words);
            return joining_failed(w);
        }
        parts_forget(&w->parts, id);
    }
    int rc = joining_as_is(w, words);
    free(words);
    return rc;
}

int joining_waits(struct join *w)
{
    struct order *o = w->o;
    char *words =
        text_format("join.%s part %d of %d waits, %d are there", w->parts.key,
                    w->member.number, w->parts.total, parts_count(&w->parts));
    int rc = adapting_note(o->settings, o->id, w->recipient, ADAPTING_WAITS,
                           words, w->error, sizeof w->error);
    if (rc == 1)
        order_error(0, "%s", words + strcspn(words, " ") + 1);
    free(words);
    return rc == -1 ? joining_failed(w) : EX_TEMPFAIL;
}
