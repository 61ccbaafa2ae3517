/* reply: one failure as a mail server or the network showed it, taken apart.
 *
 * Called by: the event handler (Exim's $event_data), the second chance (the
 * text of Exim's bounce), `outrider classify`, and the tests.
 * Memory: a struct reply is a value; its text is a copy inside it, cut at
 * REPLY_TEXT_MAX bytes. Nothing to free.
 * Fails: never. Text that cannot be read gives STAGE_UNKNOWN and code 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_REPLY_H
#define OUTRIDER_REPLY_H

#include "class.h"

#define REPLY_TEXT_MAX 2048

enum stage {
    STAGE_UNKNOWN = 0, /* "-" */
    STAGE_CONNECT,     /* before anything was said */
    STAGE_GREETING,    /* the banner */
    STAGE_EHLO,        /* EHLO or HELO */
    STAGE_STARTTLS,
    STAGE_AUTH,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA, /* the DATA command, or BDAT before the last */
    STAGE_DOT,  /* after the final dot (or BDAT LAST) */
    STAGE_COUNT
};

/* "greeting", "rcpt", ...; "-" for STAGE_UNKNOWN. */
const char *stage_name(enum stage s);
/* 1 found, 0 no such stage. */
int stage_from_name(const char *name, enum stage *s);

/* Exim's own errors, as far as they tell classes apart (src/macros.h, the same
 * from 4.96 to 4.100). */
enum {
    EXIM_SMTPCLOSED = -18,
    EXIM_SMTPFORMAT = -19,
    EXIM_FILTER_FAIL = -24,
    EXIM_WRITEINCOMPLETE = -26,
    EXIM_EXPANDFAIL = -27,
    EXIM_UNKNOWNHOST = -32,
    EXIM_DNSDEFER = -36,
    EXIM_TLSFAILURE = -37,
    EXIM_TLSREQUIRED = -38,
    EXIM_AUTHFAIL = -42,
    EXIM_CONNECTTIMEOUT = -43,
    EXIM_PROXYFAIL = -47,
    EXIM_AUTHPROB = -48,
    EXIM_UTF8_FWD = -49,
    EXIM_HRETRY = -54,
};

struct reply {
    enum stage stage;
    int code;        /* SMTP reply code, 0 when there was none (RFC 5321 4.2) */
    int enhanced[3]; /* RFC 3463 class.subject.detail; enhanced[0] 0: none */
    int error;       /* Exim's errno: > 0 errno(3), < 0 Exim's own, 0 none */
    char text[REPLY_TEXT_MAX]; /* the reply, lines joined by a space, with its
                                  codes; or what Exim said of the network */
};

/* A reply as a server sent it ("550 5.7.1 blocked"), several lines joined by
 * "\n", by a space, or by Exim's two characters backslash and n. */
void reply_from_text(struct reply *r, enum stage stage, const char *text);

/* A failure as Exim words it in $event_data and in a bounce: the stage in
 * words, then the reply; or the network's error. `error` is
 * $event_defer_errno, 0 where it is not known. */
void reply_from_exim(struct reply *r, const char *text, int error);

#endif
