/* held: mail for addresses that are gone, while their new one is not known.
 *
 * What is held waits on Exim's queue, one body for all of a message's
 * recipients; each that is held has a mark here (STATE/held.db): for which
 * address, since when and until when. A mark is a hint: without it the message
 * waits just so, and its next attempt makes it anew.
 *
 * Called by: router (makes marks), tools.
 * Memory: a struct held that is handed out lives until the call ends; those of
 * held_load() are freed with held_list_free().
 * Fails: -1 with error[]; 1 found, 0 not found.
 * Times are seconds since the epoch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_HELD_H
#define OUTRIDER_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "attribute.h"
#include "option.h"
#include "relocation.h"
#include "spool.h"

/* What is said of a recipient that is given up; %s is `gone`. */
#define HELD_GONE_WORDS                                                        \
    "5.1.6 address %s was invalidated and its new address is not known"

/* What an administrator has said of one, to be done at its next attempt. */
enum held_order {
    HELD_WAIT,
    HELD_RETURN,  /* a bounce */
    HELD_RELEASE, /* to an address */
    HELD_TAKEN    /* somebody has a copy: it is finished */
};

struct held {
    char *id, *recipient; /* the message, and the recipient that waits */
    char *gone;           /* the address whose new one is wanted */
    char *row;            /* the row that says so: it, or a wildcard */
    int64_t since, until;
    int64_t known; /* since then it has a new address; 0: it has none */
    enum held_order order;
    char *to; /* RELEASE: to this address; "" for the recipient itself */
};

struct held_list {
    struct held *list; /* in the order of message ids */
    int count;
};

/* Of all messages, or of one. */
int held_load(const struct settings *set, const char *id, struct held_list *l,
              char *error, size_t size);
void held_list_free(struct held_list *l);
/* How many marks from number i on are of the same message. */
int held_of_message(const struct held_list *l, int i);

/* A mark. 1 it is new, 0 it was there already (and its order stays). */
int held_note(const struct settings *set, const struct held *h, char *error,
              size_t size);
/* One recipient's mark: 1 (free it with held_free()), 0, -1. */
int held_find(const struct settings *set, const char *id, const char *recipient,
              struct held *h, char *error, size_t size);
void held_free(struct held *h);
int held_order(const struct settings *set, const char *id,
               const char *recipient, enum held_order order, const char *to,
               char *error, size_t size);
/* Its new address is known since `now`, when that was not noted before. */
int held_known(const struct settings *set, const char *id,
               const char *recipient, int64_t now, char *error, size_t size);
/* `recipient` NULL: all of the message's. */
int held_forget(const struct settings *set, const char *id,
                const char *recipient, char *error, size_t size);

/* When is a recipient returned that is held since then for this row? */
int64_t held_until(const struct settings *set, const struct relocation *r,
                   int64_t received);

/* Has the administrator been asked for this row's new address? (A wildcard is
 * one question.) A question is noted as asked: `again` is the one at half time.
 * 1 ask him, 0 he was asked, -1. */
int held_ask(const struct settings *set, const char *row, bool again,
             int64_t now, char *error, size_t size);
/* The rows that he was asked for again, sorted. */
int held_asked_again(const struct settings *set, struct members *rows,
                     char *error, size_t size);
/* Questions about rows that nothing is held for any more are forgotten. */
int held_asked_prune(const struct settings *set, const struct held_list *marks,
                     char *error, size_t size);

#endif
