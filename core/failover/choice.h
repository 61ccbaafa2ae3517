/* choice: which server this attempt gets. The one place where the list, the
 * permission, what was tried and the breakers come together.
 *
 * Called by: router (route, and whether a next server would be left).
 * Memory: the answer points into the list and the history that were given.
 * Fails: never; CHOICE_NONE and CHOICE_CANCEL carry the reason.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CHOICE_H
#define OUTRIDER_CHOICE_H

#include "breaker.h"
#include "history.h"
#include "server.h"

struct question {
    const struct server_list *servers;
    int level;     /* the sender's */
    bool may_next; /* may this message use another than its first server? */
    const char *recipient;
    const struct history *history;
    struct breakers *breakers; /* NULL: every server counts as closed */
    const struct settings *settings;
    int64_t now;
    int64_t age;         /* seconds since the message arrived */
    bool bounce;         /* it has no sender */
    bool may_probe;      /* else only looked at (exim -bt) */
    bool rerun;          /* this attempt was asked for by another recipient's
                            failure: who waits goes on waiting */
    const char *probing; /* the server that this run has the probe of, or "" */
};

enum choice_kind {
    CHOICE_SERVER, /* use `server` */
    CHOICE_NONE,   /* none now: wait */
    CHOICE_CANCEL, /* none ever: tell the sender */
    CHOICE_WRONG   /* the list holds none for this sender: mend the
                      configuration */
};

struct choice {
    enum choice_kind kind;
    const struct server *server;
    bool probe;                 /* this attempt is the server's probe */
    bool new_round;             /* every server was tried: they begin anew */
    bool returned;              /* for CANCEL: it has reached its limit */
    const struct attempt *last; /* for CANCEL: what was said last */
    char reason[512];           /* for NONE and WRONG */
};

void choice_make(const struct question *q, struct choice *answer);

/* Has the recipient reached its limit (setting return-after)? */
bool choice_over(const struct question *q);

/* The keys of the servers that are this message's at all, joined by
 * semicolons. */
void choice_permitted(const struct question *q, struct text *out);

/* Is there a permitted server other than `server` that has not refused this
 * message for good? Then a refusal by `server` need not be the end. */
bool choice_other(const struct question *q, const char *server);
/* The same, but one that this round has not tried and whose breaker lets
 * mail through now: only then is it worth running the message at once. */
bool choice_other_now(const struct question *q, const char *server);

#endif
