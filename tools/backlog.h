/* backlog: the messages of the unsent queue in memory, in the order in which
 * they are to be tried, and the servers they go to.
 *
 * A few dozen bytes a message: what it is (unsent_read()) is read when it is
 * looked at, and again before it is tried. The spool is the truth; the backlog
 * follows it (backlog_refresh()).
 *
 * Called by: runner.
 * Memory: starts as {0}; backlog_free().
 * Fails: -1 with error[] when the queue's directory cannot be read.
 * Times are milliseconds since the epoch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_BACKLOG_H
#define OUTRIDER_BACKLOG_H

#include "pace.h"
#include "unsent.h"

struct entry {
    char id[SPOOL_ID_MAX];
    unsigned char outlook; /* enum outlook, as last looked at; DUE: in line */
    bool under_way;        /* an attempt is */
    bool tried;            /* once by this process */
    bool warned;           /* an attempt was made for the warning's sake */
    bool hopes;            /* a server that comes back ends its wait */
    unsigned short group;  /* in backlog.groups */
    unsigned char vain;    /* attempts in a row that came to nothing */
    unsigned short target; /* for DUE: in backlog.targets */
    int64_t order;         /* its last failure, or its arrival */
    int64_t when;          /* not to be looked at before */
    int64_t asked;         /* its last attempt by this process, or first look */
    int next;              /* the next of its target's line, or -1 */
};

/* Where messages go: a server, or [0] for those whose server is not known. */
struct target {
    char key[SERVER_KEY_MAX];
    struct pace pace;
    bool wanted;     /* messages wait for it to come back */
    bool yields;     /* its next probe is a message's: it has answered ours */
    bool probing;    /* a probe is under way */
    int64_t proven;  /* the last probe that was answered well */
    int first, last; /* the line of those that are due, -1: empty */
};

/* Messages that may go to the same servers, as the router noted it when it last
 * saw them. The list may have changed since, and only an attempt can tell: one
 * message of the group is tried now and then although all its servers are left
 * alone; what has become of it says whether the others are to be tried too. */
struct group {
    char *servers;         /* keys, joined by semicolons */
    int64_t asked;         /* when the router was asked last by one of them */
    int64_t stale;         /* when it said something else, 0: not */
    char id[SPOOL_ID_MAX]; /* of the one that was asked */
};

struct backlog {
    struct entry *entries; /* sorted by id */
    int count;
    struct target *targets;
    int target_count;
    struct group *groups;
    int group_count;
    int *look; /* entries to look at, in order */
    int look_count, looked;
};

/* Entries as the queue has messages; lines and looks are made anew. */
int backlog_refresh(struct backlog *b, const struct settings *set, int64_t now,
                    char *error, size_t size);
void backlog_free(struct backlog *b);

struct entry *backlog_find(struct backlog *b, const char *id);
/* Its number; made when missing. "" is 0. */
int backlog_target(struct backlog *b, const char *key);

/* The number of the group with these servers; made when missing. */
int backlog_group(struct backlog *b, const char *servers, int64_t now);
/* Which servers do messages wait for that are all left alone? */
void backlog_want(struct backlog *b);
/* Of each group that was not asked for `every` milliseconds and whose servers
 * are all left alone, the message that has not been tried for longest is to be
 * looked at. */
void backlog_ask(struct backlog *b, int64_t every, int64_t now);

/* The next entry to look at, or NULL. */
struct entry *backlog_look(struct backlog *b);
/* Appends an entry to the line of its target; takes the first of a line. */
void backlog_queue(struct backlog *b, struct entry *e);
struct entry *backlog_take(struct backlog *b, struct target *t);

/* A server's state has changed: who waits for one is looked at again. */
void backlog_wake(struct backlog *b);
/* Every message is: the clock was set back, or the settings are others. */
void backlog_wake_all(struct backlog *b);

#endif
