/* session: an SMTP session as a client, a step at a time.
 *
 * Connect, banner, EHLO (HELO when that is refused with a 5xx), STARTTLS as
 * asked for and EHLO again; then whatever the caller says; QUIT. Each step has
 * its own deadline. There is no AUTH, no certificate is verified, and only one
 * address is spoken to: the first of the host's that takes the connection.
 *
 * Called by: probe, inquiry.
 * Memory: session_end() frees what session_new() gives; request and result are
 * borrowed until then.
 * Fails: with false; the result then says where, and why.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SESSION_H
#define OUTRIDER_SESSION_H

#include "probe.h"
#include "smtp_reply.h"

struct session;

struct session *session_new(const struct probe_request *q,
                            struct probe_result *r);
/* Up to the last EHLO. */
bool session_begin(struct session *s);
/* Says QUIT, where that makes sense, and closes. Takes NULL. */
void session_end(struct session **s);

/* The command VERB ARGUMENT END as one line, and its reply, whatever it is. No
 * part of the line may have control characters. false: there is no reply, and
 * the session is at its end. */
bool session_say(struct session *s, const char *verb, const char *argument,
                 const char *end);
/* false: more has come than the last reply, and would be taken for the answer
 * to what is said next. */
bool session_settled(struct session *s);
/* The last reply becomes the result so far; is it positive? */
bool session_keep(struct session *s);
/* Both. */
bool session_ask(struct session *s, enum stage stage, const char *verb,
                 const char *argument, const char *end);

/* The last reply; it lives until the next command. */
const struct smtp_reply *session_reply(const struct session *s);
/* Does the server take addresses in UTF-8 (RFC 6531)? */
bool session_utf8(const struct session *s);

#endif
