/* history: what was tried for a message, recipient by recipient.
 *
 * Kept in two places: for a message that was deferred, as a hint in
 * STATE/attempts.db under its id; for a second chance, in the message itself
 * (its variable $acl_m_outrider), where nothing from outside can write and no
 * lost file can make a message try a server for ever.
 *
 * Called by: router, tools (second chance, status).
 * Memory: a struct history starts as {0}; history_free() frees it.
 * Fails: history_parse() skips lines that it cannot read (a hint); load and
 * store return -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_HISTORY_H
#define OUTRIDER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "class.h"
#include "option.h"
#include "policy.h"
#include "text.h"

#define HISTORY_BY_HAND "-" /* the server of what an administrator cancels */

enum attempt_state {
    ATTEMPT_WAITING,  /* this server again, later */
    ATTEMPT_DONE,     /* not in this round: another server is to be tried */
    ATTEMPT_REFUSED,  /* not ever for this message: it said 5xx */
    ATTEMPT_CANCELLED /* the sender is to be told */
};

struct attempt {
    char *recipient; /* lower case */
    char *server;    /* its key (server.h) */
    enum error_class class;
    enum attempt_state state;
    int failures; /* at this server, since the round began */
    int total;    /* the same, over all rounds */
    uint64_t run; /* the delivery process that saw the last one */
    int64_t time; /* of the last failure, milliseconds */
    char *text;   /* what it said */
};

/* Where a recipient may go, as the router last found it: server keys joined by
 * semicolons, first choice first. For `outrider unsent run`, which cannot
 * expand the server list. */
struct permit {
    char *recipient;
    char *servers;
};

struct history {
    struct attempt *attempts;
    int count;
    struct permit *permits;
    int permit_count;
};

void history_parse(struct history *h, const char *text);
/* `origin`: the message that this one is a second chance of, the `generation`
 * of them; "" and 0 for none. */
void history_format(const struct history *h, const char *origin, int generation,
                    struct text *out);
/* Both, in a formatted history; "" (free it) and 0 when there is none. */
char *history_origin(const char *text);
int history_generation(const char *text);
void history_free(struct history *h);

/* The failure of this recipient at this server; NULL: none. */
const struct attempt *history_at(const struct history *h, const char *recipient,
                                 const char *server);
/* The last one that cancelled, or NULL; the last one at all, or NULL. */
const struct attempt *history_cancelled(const struct history *h,
                                        const char *recipient);
/* The last word that was final (a refusal, or a cancel), or NULL. */
const struct attempt *history_final(const struct history *h,
                                    const char *recipient);
const struct attempt *history_last(const struct history *h,
                                   const char *recipient);
/* Failures so far, over all servers and rounds. */
int history_failures(const struct history *h, const char *recipient);

/* What an action makes of the attempt that failed; `final`: the server has
 * refused the message for good (5xx). */
enum attempt_state attempt_state_after(enum verb v, bool final);

/* Note a failure. One run counts once, however many transactions it had. The
 * result is for setting its state; it lives until the history changes. */
struct attempt *history_note(struct history *h, const char *recipient,
                             const char *server, enum error_class c,
                             uint64_t run, int64_t now, const char *text);
/* What `from` knows of this recipient (of all when NULL) takes the place of
 * what `h` has of it. Not by time: a clock may have been set back. */
void history_merge(struct history *h, const struct history *from,
                   const char *recipient);
/* Failures of this class have no meaning any more (the message was changed).
 */
void history_forget(struct history *h, enum error_class c);
/* Every server of the recipient's was tried: those marked DONE may be tried
 * again, counting from nought. */
void history_new_round(struct history *h, const char *recipient);

/* Replaces the recipient's permit; and what it is, "" when there is none. */
void history_permit(struct history *h, const char *recipient,
                    const char *servers);
const char *history_permitted(const struct history *h, const char *recipient);

/* A mark that another attempt was asked for: sets it to the time `now` (set),
 * or takes it away and returns the time it had, 0 for none. */
int64_t history_asked(struct history *h, bool set, int64_t now);

/* STATE/attempts.db. load: 1 found, 0 not, -1. update: reads, lets `change`
 * change it, writes back; a history without attempts is deleted. */
int history_load(const struct settings *set, const char *id, struct history *h,
                 char *error, size_t size);
int history_update(const struct settings *set, const char *id,
                   void (*change)(struct history *h, void *context),
                   void *context, char *error, size_t size);
int history_delete(const struct settings *set, const char *id, char *error,
                   size_t size);
/* Deletes what is noted of messages that are on no queue any more; how many,
 * or -1. */
int history_prune(const struct settings *set, char *error, size_t size);

#endif
