/* inquiry: asks another SMTP server where addresses have gone.
 *
 * One connection: banner, EHLO, STARTTLS as the setting probe-tls says, and for
 * each address VRFY (RFC 5321 3.5.3). Where VRFY tells nothing, RCPT is asked
 * instead, after MAIL FROM:<>, and RSET ends that; DATA is never said. What
 * counts is a forward-path in a 251 or 551 (RFC 5321 3.4), and that only as
 * what this server says: it is not checked.
 *
 * Called by: cmd_relocation.
 * Memory: the answers are freed with inquiry_free(); all else is the caller's.
 * Fails: with an exit code, told on stderr; what was learned before is kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_INQUIRY_H
#define OUTRIDER_INQUIRY_H

#include "admin.h"

struct inquiry_answer {
    char *old, *new; /* canonical (mailbox.h) */
};

struct inquiry {
    const struct admin *admin;
    const char *server;    /* HOST, HOST:PORT, [IPv6]:PORT */
    const char *addresses; /* a line each */
    struct inquiry_answer *answers;
    int count;
};

/* 0 all were asked; EX_TEMPFAIL not all, as the server does not answer; other
 * codes of sysexits.h: nothing was asked. A line that is no address is told
 * of and left out. */
int inquiry_make(struct inquiry *q);
void inquiry_free(struct inquiry *q);

#endif
