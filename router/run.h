/* run: what this Exim process knows of the message it is delivering.
 *
 * A delivery process routes all recipients of one message, then forks a child
 * for each transaction, which inherits this memory. So the transport's events
 * know what the router chose, without a word written anywhere.
 *
 * Called by: route, watch.
 * Memory: one struct run per process, kept in here; begun anew when the
 * process turns to another message.
 * Fails: run_begin() never. Settings that are wrong are logged and replaced by
 * their defaults; state that cannot be had is logged and done without.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RUN_H
#define OUTRIDER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "breaker.h"
#include "choice.h"
#include "classify.h"
#include "history.h"
#include "mark.h"
#include "option.h"
#include "rows.h"
#include "server.h"
#include "setup.h"
#include "spool.h"

/* One recipient, and where the router has sent it. */
struct routed {
    char *recipient; /* local_part@domain */
    struct server_list servers;
    const struct server *server; /* chosen, in `servers`; NULL: none */
    int level;
    bool may_next;
    bool new_round;
    bool returned;      /* it has reached its limit (setting return-after) */
    int attempt;        /* 1 for the first */
    enum verb verb;     /* what the policy said of its last failure */
    const char *action; /* what is done about it, in the log's words */
    bool adapting;      /* the program adapt has it */
    bool finished;      /* delivered, or failed: nothing more comes for it */
    bool over;          /* adapt has had its time: returned, and not sent */
};

struct run {
    char id[24];  /* "" when no message is being handled */
    bool live;    /* a delivery, not a test or a verification */
    bool first;   /* Exim's first_delivery */
    uint64_t run; /* this run among the message's runs */
    char tag[20]; /* the same, for files and addresses */
    int64_t started;
    int64_t age;  /* of the message then, seconds */
    char *config; /* Exim's configuration file */
    char *exim;   /* the path of Exim itself */
    char *queue;  /* named queue, "" for the default one */
    struct settings *settings;
    struct breakers *breakers;
    struct classifier *classifier; /* NULL until something fails */
    struct history history;        /* what was tried before this run */
    bool remembered;               /* attempts.db had it */
    struct routed *routed;
    int count;
    bool bounced; /* Exim will write a bounce to second_address() */
    bool noticed; /* a notice of ours takes its place (second.h) */
    bool kept;    /* the message was kept when it was routed */
    bool tidied;  /* what earlier attempts have kept was looked at */
    bool rerun;   /* the helper is on its way */
    bool moving;  /* the one that moves it to the unsent queue is */
    bool asked;   /* this run was asked for by rerun in an earlier one */
    char probing[SERVER_KEY_MAX]; /* the server this run has the probe of */
    char *mark;                   /* of local_scan (mark.h), "" */
    struct moves moves;           /* recipients that stand for an old address */
    int told;                     /* notices that its sender has been sent */
    bool silencing;      /* a helper takes NOTIFY=SUCCESS off it (silence.h) */
    bool parking;        /* a helper moves it to the queue of what is held */
    struct rows rows;    /* of the tables */
    struct text counted; /* "SERVER CLASS\n": shown to the breaker once */
};

/* For routers: the current message's, begun anew when the message is another;
 * while Exim verifies or tests an address, also in the middle of a delivery,
 * one apart that is not live. */
struct run *run_begin(void);
/* The one that run_begin() gave, or NULL when nothing was routed. */
struct run *run_current(void);
/* For events: that of the delivery, or NULL. */
struct run *run_delivery(void);

/* The recipient that is being routed, quoted where it must be (RFC 5322, RFC
 * 6531). */
char *run_recipient(void);

/* It was made by an alias or a list of the hub's, which may have an errors_to
 * of its own that we cannot see and would take away. */
bool run_has_parent(void);

/* A new entry replaces an older one of the same recipient. */
struct routed *run_route(struct run *r, const char *recipient);
struct routed *run_find(struct run *r, const char *recipient);
/* What Exim says its connection goes to, as a server that we chose; NULL
 * when it is none. */
const struct server *run_server(struct run *r, const char *host,
                                const char *address, int port);

/* Has this process shown the server's breaker this class already? */
bool run_counted(struct run *r, const char *server, enum error_class c);

/* The message as it stands on the spool now: 1 (free it) or 0. */
int run_spooled(const struct run *r, struct spool_header *now);

/* How long the recipient has waited to be sent, in seconds: the message's age,
 * without the time that it was held. */
int64_t run_age(const struct run *r, const char *recipient);

/* For choice_make() and choice_other(); borrows from both. */
struct question run_question(const struct run *r, const struct routed *e);

/* The class by the administrator's rules and the built-in ones. */
enum error_class run_classify(struct run *r, const struct reply *reply);

/* A line in the main log about something of ours that is broken, once per
 * process. */
void run_complain(const char *subject, const char *text);
/* A line in the main log. */
void run_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* This process is no Exim any more (it was detached): no line of its own. */
void run_complain_never(void);

#endif
