/* verdict: what becomes of each recipient that a bounce names.
 *
 * Called by: core (chance).
 * Memory: verdicts_make() fills a struct that verdicts_free() frees; it
 * borrows what it was given.
 * Fails: never. What is not known (a history that cannot be read, an original
 * that was not kept) leads to a bounce for the sender.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_VERDICT_H
#define OUTRIDER_VERDICT_H

#include <stdbool.h>

#include "bounce.h"
#include "chance_key.h"
#include "classify.h"
#include "history.h"
#include "option.h"
#include "spool.h"

struct verdict {
    const struct spool_recipient *known; /* in the original; NULL: made by an
                                            alias of the hub's */
    const char *printed; /* the recipient as the bounce has it */
    char *address;       /* as it is */
    enum verb verb;      /* NEXT, SAME, ADAPT or CANCEL */
    enum error_class class;
    struct reply reply;
    int attempt;   /* the number of this failure, over all servers */
    bool doubtful; /* an alias of the hub's, with characters that Exim has
                      escaped: the address is not certain */
    bool stale;    /* Exim will deliver to the recipient again */
    bool silent;   /* the sender wants no notice, or there is no sender */
};

struct verdicts {
    const struct settings *settings;
    struct classifier *classifier;
    const struct chance_key *key;
    const struct spool_header *original; /* NULL: not kept */
    struct history history;              /* this failure included */
    uint64_t run;                        /* this one, in the history */
    struct verdict *list;
    int count;
};

/* `all` has its first four fields filled in; the rest is done here: one verdict
 * for each of bounce->recipients. */
void verdicts_make(struct verdicts *all, const struct bounce *bounce);
void verdicts_free(struct verdicts *all);

/* The one on this address, as it is or as a bounce has it; NULL: none. */
struct verdict *verdicts_find(const struct verdicts *all, const char *address);
bool verdicts_any(const struct verdicts *all, enum verb verb);

/* Recipients whose failure Exim raised no event for are logged, and counted by
 * the server's breaker; router/ has done so for the others. */
void verdicts_log(const struct verdicts *all);

#endif
