/* probe: does a server take mail? An SMTP session without a message.
 *
 * Connect, banner, EHLO (HELO when that is refused with a 5xx), STARTTLS as
 * asked for and EHLO again, MAIL and RCPT if wanted and RSET, QUIT. Whatever
 * the server does, the session ends in time: each step has its own deadline.
 * There is no AUTH, no certificate is verified, and only one address is spoken
 * to: the first of the host's that takes the connection.
 *
 * Called by: tools (cmd_probe, and whoever waits for a server's return).
 * Memory: request and result are the caller's; nothing is kept.
 * Fails: never; a failure is what the result is about.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PROBE_H
#define OUTRIDER_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"
#include "reply.h"

/* A probe takes at most PROBE_STEPS + 1 times the timeout: address and
 * connection, banner, EHLO, HELO, STARTTLS, handshake, EHLO, HELO, MAIL, RCPT,
 * RSET, QUIT (at most two seconds). */
#define PROBE_STEPS 12

struct probe_request {
    const char *host; /* name or address, without brackets */
    int port;         /* 0: 25 */
    const char *hello;
    enum probe_tls tls;
    const char *from, *rcpt; /* rcpt "": no MAIL and RCPT */
    int timeout_ms;          /* for each step */
};

struct probe_result {
    bool ok;
    enum stage stage;          /* where it ended, or failed */
    int code;                  /* of the last reply, 0 when there was none */
    int error;                 /* without a code: as in struct reply */
    char text[REPLY_TEXT_MAX]; /* the server's words without their codes, lines
                                  joined by "\n"; or what went wrong */
    /* -1 for what it did not come to. ehlo_ms and tls_ms are sums; the latter
     * is STARTTLS and the handshake; mail_ms is MAIL, RCPT and RSET. */
    int64_t connect_ms, banner_ms, ehlo_ms, tls_ms, mail_ms, total_ms;
    uint64_t size; /* SIZE as announced, 0 for none or no limit */
    char tls[64];  /* "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" for none */
    char ip[64];   /* the address; "" when there was none */
};

/* Always 0. With PROBE_TLS_OFFERED a server that refuses STARTTLS is spoken to
 * in clear, as Exim does (without MAIL and RCPT the result is then ok at stage
 * starttls, with the refusal); a handshake that fails is a failure. */
int probe_run(const struct probe_request *q, struct probe_result *r);

/* Has TLS failed where it need not be? Exim then connects again, and goes on in
 * clear. */
bool probe_in_clear(const struct probe_request *q,
                    const struct probe_result *r);

/* The failure as the classifier takes it. */
void probe_reply(const struct probe_result *r, struct reply *out);

#endif
