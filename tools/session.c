/* session: an SMTP session as a client, a step at a time. See session.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "wire.h"

#define SMTP_PORT 25
#define QUIT_MS 2000 /* of patience with a server that we are done with */

struct session {
    const struct probe_request *q;
    struct probe_result *r;
    struct wire *wire;
    struct smtp_reply *reply;
    char in[4096]; /* read, and from `from` to `to` not looked at yet */
    size_t from, to;
    int timeout_ms;
    bool starttls, utf8; /* announced */
    bool astray;         /* in the midst of something: QUIT makes no sense */
};

/* false, so that a step can end with `return session_fail(...)`. */
static bool session_fail(struct session *s, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool session_fail(struct session *s, int error, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(s->r->text, sizeof s->r->text, format, ap);
    va_end(ap);
    s->r->code = 0;
    s->r->error = error;
    return false;
}

/* The connection broke, or nothing came: what of a reply had come is told. */
static bool session_broken(struct session *s, int error, const char *what)
{
    const char *partial = smtp_reply_partial(s->reply);
    return *partial ? session_fail(s, error, "%s after \"%s\"", what, partial)
                    : session_fail(s, error, "%s", what);
}

/* -- one command, one reply ------------------------------------------------ */

static bool reply_wait(struct session *s, int64_t deadline)
{
    size_t used;
    int rc;
    s->astray = true;
    smtp_reply_clear(s->reply);
    while ((rc = smtp_reply_take(s->reply, s->in + s->from, s->to - s->from,
                                 &used)) == 0) {
        ssize_t n = wire_read(s->wire, s->in, sizeof s->in, deadline);
        if (n == -1) /* EPROTO: what came is no TLS, so nobody is there */
            return session_broken(s, errno == EPROTO ? EXIM_SMTPCLOSED : errno,
                                  strerror(errno));
        if (n == 0)
            return session_broken(s, EXIM_SMTPCLOSED,
                                  "the server closed the connection");
        s->from = 0;
        s->to = (size_t)n;
    }
    s->from += used;
    s->astray = rc != 1;
    if (rc == 1)
        return true;
    return session_fail(s, EXIM_SMTPFORMAT, "%s", smtp_reply_error(s->reply));
}

/* A server that says a last word and closes shows in our writing, before the
 * word was read; so a failed write is left to the read that follows. */
bool session_say(struct session *s, const char *verb, const char *argument,
                 const char *end)
{
    int64_t deadline = clock_steady() + s->timeout_ms;
    char *line = text_format("%s%s%s\r\n", verb, argument, end);
    s->astray = true;
    int rc = wire_write(s->wire, line, strlen(line), deadline);
    free(line);
    if (rc == -1 && errno == ETIMEDOUT)
        return session_fail(s, errno, "%s", strerror(errno));
    return reply_wait(s, deadline);
}

/* The reply becomes the result so far; is it positive? */
bool session_keep(struct session *s)
{
    const char *text = smtp_reply_text(s->reply);
    size_t n = strnlen(text, sizeof s->r->text - 1);
    memcpy(s->r->text, text, n);
    s->r->text[n] = 0;
    s->r->code = smtp_reply_code(s->reply);
    s->r->error = 0;
    return s->r->code / 100 == 2;
}

bool session_ask(struct session *s, enum stage stage, const char *verb,
                 const char *argument, const char *end)
{
    s->r->stage = stage;
    return session_say(s, verb, argument, end) && session_keep(s);
}

/* -- the steps ------------------------------------------------------------- */

/* What would be a second command, or half of one, is not sent. */
static bool line_fits(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 127)
            return false;
    return true;
}

static bool step_check(struct session *s)
{
    const struct probe_request *q = s->q;
    if (*q->hello && line_fits(q->hello) && line_fits(q->from) &&
        line_fits(q->rcpt))
        return true;
    return session_fail(s, EINVAL, "this cannot be part of an SMTP command");
}

/* The reason that says most: a machine without IPv6 says so of every host. */
static bool says_little(int error)
{
    return error == ENETUNREACH || error == EAFNOSUPPORT ||
           error == EADDRNOTAVAIL;
}

/* Each address gets its part of the time that is left, so that one which does
 * not answer leaves time for the others. */
static bool addresses_try(struct session *s, const struct addresses *list,
                          int64_t deadline)
{
    int error = 0;
    for (int i = 0; i < list->count && !s->wire; i++) {
        int64_t now = clock_steady();
        int64_t part = (deadline - now) / (list->count - i);
        s->wire = wire_open(&list->at[i], now + part);
        int why = s->wire ? 0 : errno;
        if (error && says_little(why))
            continue;
        error = why;
        address_print(&list->at[i], s->r->ip, sizeof s->r->ip);
    }
    return s->wire ? true : session_fail(s, error, "%s", strerror(error));
}

static bool step_connect(struct session *s)
{
    int64_t deadline = clock_steady() + s->timeout_ms;
    struct addresses list;
    char error[200];
    s->r->stage = STAGE_CONNECT;
    int rc = resolve(s->q->host, s->q->port ? s->q->port : SMTP_PORT, deadline,
                     &list, error, sizeof error);
    return rc ? session_fail(s, rc, "%s", error)
              : addresses_try(s, &list, deadline);
}

static bool step_banner(struct session *s)
{
    s->r->stage = STAGE_GREETING;
    return reply_wait(s, clock_steady() + s->timeout_ms) && session_keep(s);
}

/* What was announced before TLS was said by anybody (RFC 3207 4.2). */
static bool step_ehlo(struct session *s)
{
    s->starttls = s->utf8 = false;
    s->r->size = 0;
    if (session_ask(s, STAGE_EHLO, "EHLO ", s->q->hello, "")) {
        s->starttls = smtp_reply_announces(s->reply, "STARTTLS");
        s->utf8 = smtp_reply_announces(s->reply, "SMTPUTF8");
        s->r->size = smtp_reply_size(s->reply);
        return true;
    }
    return s->r->code / 100 == 5 &&
           session_ask(s, STAGE_EHLO, "HELO ", s->q->hello, "");
}

static bool host_is_name(const char *host)
{
    struct in6_addr a;
    return inet_pton(AF_INET, host, &a) != 1 &&
           inet_pton(AF_INET6, host, &a) != 1;
}

/* Bytes that came with the reply to STARTTLS came in clear, from anybody, and
 * would be taken for replies within TLS (CVE-2011-0411 and its like). */
static bool handshake(struct session *s)
{
    char error[200];
    bool name = host_is_name(s->q->host);
    s->astray = true;
    if (s->from < s->to)
        return session_fail(s, EXIM_TLSFAILURE,
                            "more than the reply to STARTTLS came in clear: "
                            "somebody injects commands or replies");
    if (wire_secure(s->wire, name ? s->q->host : NULL,
                    clock_steady() + s->timeout_ms, error, sizeof error) == -1)
        return session_fail(s, EXIM_TLSFAILURE, "%s", error);
    s->astray = false;
    wire_cipher(s->wire, s->r->tls, sizeof s->r->tls);
    return true;
}

static bool step_tls(struct session *s)
{
    s->r->stage = STAGE_STARTTLS;
    if (!s->starttls)
        return session_fail(s, EXIM_TLSREQUIRED, "STARTTLS is not announced");
    if (session_ask(s, STAGE_STARTTLS, "STARTTLS", "", ""))
        return handshake(s);
    return s->q->tls != PROBE_TLS_REQUIRED && s->r->code >= 400 &&
           s->r->code != 421;
}

static bool step(struct session *s, int64_t *ms, bool (*run)(struct session *))
{
    int64_t start = clock_steady();
    bool ok = run(s);
    *ms = (*ms > 0 ? *ms : 0) + clock_steady() - start;
    return ok;
}

static bool session_wants_tls(const struct session *s)
{
    return s->q->tls == PROBE_TLS_REQUIRED ||
           (s->q->tls == PROBE_TLS_OFFERED && s->starttls);
}

bool session_begin(struct session *s)
{
    struct probe_result *r = s->r;
    if (!step_check(s) || !step(s, &r->connect_ms, step_connect) ||
        !step(s, &r->banner_ms, step_banner) ||
        !step(s, &r->ehlo_ms, step_ehlo))
        return false;
    if (session_wants_tls(s) && !step(s, &r->tls_ms, step_tls))
        return false;
    return !r->tls[0] || step(s, &r->ehlo_ms, step_ehlo);
}

struct session *session_new(const struct probe_request *q,
                            struct probe_result *r)
{
    struct session *s = text_alloc(sizeof *s);
    s->q = q;
    s->r = r;
    s->timeout_ms = q->timeout_ms;
    s->reply = smtp_reply_new();
    *r = (struct probe_result){.connect_ms = -1,
                               .banner_ms = -1,
                               .ehlo_ms = -1,
                               .tls_ms = -1,
                               .mail_ms = -1};
    return s;
}

/* The verdict stands; what is said here changes nothing of it. */
static void session_quit(struct session *s)
{
    struct probe_result aside = *s->r;
    if (s->timeout_ms > QUIT_MS)
        s->timeout_ms = QUIT_MS;
    session_say(s, "QUIT", "", "");
    *s->r = aside;
}

void session_end(struct session **s)
{
    if (!*s)
        return;
    if ((*s)->wire && !(*s)->astray)
        session_quit(*s);
    wire_close(&(*s)->wire);
    smtp_reply_free(&(*s)->reply);
    free(*s);
    *s = NULL;
}

bool session_settled(struct session *s)
{
    return s->from >= s->to ||
           session_fail(s, EXIM_SMTPFORMAT, "more than one reply came");
}

const struct smtp_reply *session_reply(const struct session *s)
{
    return s->reply;
}

bool session_utf8(const struct session *s)
{
    return s->utf8;
}
