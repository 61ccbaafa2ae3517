/* option: Outrider's settings, one table of them.
 *
 * The settings are lines `name = value`, the text that Exim's ACL `outrider`
 * yields (docs/configuration.md). Empty lines and lines that start with # are
 * skipped.
 *
 * Called by: host (once per process and message), tools.
 * Memory: settings_new() gives an object that settings_free() frees; its
 * strings live as long.
 * Fails: settings_read() keeps going after a bad line, leaves that option at
 * its default, and collects one line of text per problem, naming the option
 * and what is legal: a typing error must not stop mail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_OPTION_H
#define OUTRIDER_OPTION_H

#include "class.h"
#include "duration.h"
#include "limit.h"
#include "policy.h"
#include "text.h"

#define TRIP_MAX 8

enum log_format { LOG_KEYVALUE, LOG_JSON };
enum table_kind { TABLE_BUILT_IN, TABLE_LOOKUP, TABLE_NONE };
enum rewrite_headers { REWRITE_UNSIGNED, REWRITE_ALWAYS, REWRITE_NEVER };
enum learn { LEARN_NOTHING, LEARN_PROPOSE, LEARN_REGISTER };
enum probe_tls { PROBE_TLS_NO, PROBE_TLS_OFFERED, PROBE_TLS_REQUIRED };

struct settings {
    bool unread;  /* there was no text: all of it are defaults */
    char *spool;  /* Exim's spool directory */
    char *state;  /* where our state files are */
    char *log;    /* the transmission log's file; "" for none */
    char *domain; /* of the addresses that errors_to uses */
    char *rules;  /* the administrator's rules, a line each; "" for none */
    enum log_format log_format;
    int log_syslog;    /* a syslog(3) facility, or -1 for none */
    int probe;         /* seconds a server is left alone, then tried by one */
    int hang;          /* seconds of silence until EHLO is answered */
    int hang_dialogue; /* seconds of silence after that */
    int keep;          /* seconds that hints are kept */
    int trip[CLASS_COUNT]; /* failures in a row that open the breaker, 0 never;
                              for policy: different senders in a row */
    struct policy policy;
    struct limits warn_after, return_after;

    char *unsent;       /* the queue of what could not be sent; "" for none */
    int unsent_first;   /* seconds from the first failure to the next attempt */
    int unsent_growth;  /* percent: each interval, of the one before */
    int unsent_max;     /* seconds; no interval is longer */
    int unsent_min;     /* seconds; none is shorter */
    int unsent_scale;   /* so many messages that wait halve the interval */
    int unsent_flights; /* attempts at the same time at one server */

    char *probe_from, *probe_rcpt; /* "" for <>; "" for no MAIL and RCPT */
    enum probe_tls probe_tls;
    int probe_timeout; /* seconds, for each step */

    enum table_kind relocation;
    enum table_kind attributes;
    char *attribute_domain; /* of attribute addresses; "" for none */
    char *extension;        /* characters that begin an address extension */
    enum rewrite_headers rewrite_headers;
    int hold;   /* seconds that mail for a gone address is held */
    char *held; /* the queue of what is held; "": it stays where it is */
    int gone;   /* seconds until a row without a new address goes */
    char *filter, *confidential;       /* rules, a line each; "" for none */
    int scan_body;                     /* KiB of the body that rules look at */
    bool notice_changed, notice_held;  /* are senders told? */
    int notice_period;                 /* seconds: once to each in these */
    char *notice_from, *administrator; /* addresses; "" for none */
    char *templates;                   /* directory, "" for none */
    char *learn;                       /* SERVER=propose|register list */

    int adapt;        /* 1: messages are made to fit */
    int adapt_margin; /* bytes below the largest size */
    int adapt_parts;
    char *adapt_temp, *pgp_home; /* directories; "" for one of the state's */
    int expand_count, expand_depth, expand_ratio;
    int expand_size; /* MiB */
    int join_parts;
    int join_size; /* MiB */
    int join_disk; /* MiB that must be free for parts to wait */
    int join_time; /* seconds */
};

/* Defaults for this spool directory. */
struct settings *settings_new(const char *spool);
void settings_free(struct settings **s);
/* The number of lines that were wrong, each described in *problems. */
int settings_read(struct settings *s, const char *text, struct text *problems);
/* Every option as `name = value`, with its help as a comment before it. */
void settings_print(const struct settings *s, struct text *out);

/* What a reply of this server's (a host name or an address) may teach. */
enum learn settings_learn(const struct settings *s, const char *host);

#endif
