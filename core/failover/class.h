/* class: the error classes, their names, and what speaks of whom.
 *
 * Called by: everything that looks at a failure.  Owns no memory.
 * The classes and their defaults are described in docs/classes.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CLASS_H
#define OUTRIDER_CLASS_H

#include <stdbool.h>

enum error_class {
    CLASS_NONE = 0,     /* no failure (a success, or nothing known) */
    CLASS_CONNECT,      /* refused, timeout, unreachable, DNS */
    CLASS_DROPPED,      /* closed, or timed out, in mid-dialogue */
    CLASS_GREETING,     /* 4xx or 5xx at the banner or at EHLO */
    CLASS_TLS,          /* STARTTLS refused, handshake or certificate */
    CLASS_AUTH,         /* AUTH refused or not offered */
    CLASS_GREYLIST,     /* come back later, on purpose */
    CLASS_RATE,         /* too many, too fast, quota of the client */
    CLASS_SERVER,       /* the server's own trouble */
    CLASS_POLICY,       /* blocklist, reputation, SPF, DMARC, rDNS */
    CLASS_RELAY_DENIED, /* this server does not relay for us */
    CLASS_SENDER,       /* this envelope sender is refused */
    CLASS_RECIPIENT,    /* no such user or domain, disabled, moved */
    CLASS_MAILBOX_FULL, /* over quota */
    CLASS_SIZE,         /* the message is too large */
    CLASS_CONTENT,      /* spam or virus verdict, malformed message */
    CLASS_PROTOCOL,     /* a command or its syntax was refused */
    CLASS_TEMPORARY,    /* 4xx, nothing better is known */
    CLASS_PERMANENT,    /* 5xx, nothing better is known */
    CLASS_COUNT
};

/* The name as it stands in configurations, logs and tables ("mailbox-full");
 * "none" for CLASS_NONE. Never NULL. */
const char *class_name(enum error_class c);

/* 1 found, 0 no such class (*c untouched). Case matters. */
int class_from_name(const char *name, enum error_class *c);

/* Does the class speak of the server (so that its breaker counts it), rather
 * than of one recipient, one sender or one message? */
bool class_speaks_of_server(enum error_class c);

#endif
