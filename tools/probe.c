/* probe: does a server take mail? See probe.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp_reply.h"
#include "wire.h"

#define SMTP_PORT 25
#define QUIT_MS 2000 /* of patience with a server that we are done with */

struct probe {
    const struct probe_request *q;
    struct probe_result *r;
    struct wire *wire;
    struct smtp_reply *reply;
    char in[4096]; /* read, and from `from` to `to` not looked at yet */
    size_t from, to;
    int timeout_ms;
    bool starttls; /* announced */
    bool astray;   /* in the midst of something: QUIT makes no sense */
};

/* false, so that a step can end with `return probe_fail(...)`. */
static bool probe_fail(struct probe *p, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool probe_fail(struct probe *p, int error, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->r->text, sizeof p->r->text, format, ap);
    va_end(ap);
    p->r->code = 0;
    p->r->error = error;
    return false;
}

/* The connection broke, or nothing came: what of a reply had come is told. */
static bool probe_broken(struct probe *p, int error, const char *what)
{
    const char *partial = smtp_reply_partial(p->reply);
    return *partial ? probe_fail(p, error, "%s after \"%s\"", what, partial)
                    : probe_fail(p, error, "%s", what);
}

/* -- one command, one reply ------------------------------------------------ */

static bool reply_wait(struct probe *p, int64_t deadline)
{
    size_t used;
    int rc;
    p->astray = true;
    smtp_reply_clear(p->reply);
    while ((rc = smtp_reply_take(p->reply, p->in + p->from, p->to - p->from,
                                 &used)) == 0) {
        ssize_t n = wire_read(p->wire, p->in, sizeof p->in, deadline);
        if (n == -1) /* EPROTO: what came is no TLS, so nobody is there */
            return probe_broken(p, errno == EPROTO ? EXIM_SMTPCLOSED : errno,
                                strerror(errno));
        if (n == 0)
            return probe_broken(p, EXIM_SMTPCLOSED,
                                "the server closed the connection");
        p->from = 0;
        p->to = (size_t)n;
    }
    p->from += used;
    p->astray = rc != 1;
    if (rc == 1)
        return true;
    return probe_fail(p, EXIM_SMTPFORMAT, "%s", smtp_reply_error(p->reply));
}

/* A server that says a last word and closes shows in our writing, before the
 * word was read; so a failed write is left to the read that follows. */
static bool command_exchange(struct probe *p, const char *verb,
                             const char *argument, const char *end)
{
    int64_t deadline = clock_steady() + p->timeout_ms;
    char *line = text_format("%s%s%s\r\n", verb, argument, end);
    p->astray = true;
    int rc = wire_write(p->wire, line, strlen(line), deadline);
    free(line);
    if (rc == -1 && errno == ETIMEDOUT)
        return probe_fail(p, errno, "%s", strerror(errno));
    return reply_wait(p, deadline);
}

/* The reply becomes the result so far; is it positive? */
static bool reply_keep(struct probe *p)
{
    const char *text = smtp_reply_text(p->reply);
    size_t n = strnlen(text, sizeof p->r->text - 1);
    memcpy(p->r->text, text, n);
    p->r->text[n] = 0;
    p->r->code = smtp_reply_code(p->reply);
    p->r->error = 0;
    return p->r->code / 100 == 2;
}

static bool command_ask(struct probe *p, enum stage stage, const char *verb,
                        const char *argument, const char *end)
{
    p->r->stage = stage;
    return command_exchange(p, verb, argument, end) && reply_keep(p);
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

static bool step_check(struct probe *p)
{
    const struct probe_request *q = p->q;
    if (*q->hello && line_fits(q->hello) && line_fits(q->from) &&
        line_fits(q->rcpt))
        return true;
    return probe_fail(p, EINVAL, "this cannot be part of an SMTP command");
}

/* The reason that says most: a machine without IPv6 says so of every host. */
static bool says_little(int error)
{
    return error == ENETUNREACH || error == EAFNOSUPPORT ||
           error == EADDRNOTAVAIL;
}

/* Each address gets its part of the time that is left, so that one which does
 * not answer leaves time for the others. */
static bool addresses_try(struct probe *p, const struct addresses *list,
                          int64_t deadline)
{
    int error = 0;
    for (int i = 0; i < list->count && !p->wire; i++) {
        int64_t now = clock_steady();
        int64_t part = (deadline - now) / (list->count - i);
        p->wire = wire_open(&list->at[i], now + part);
        int why = p->wire ? 0 : errno;
        if (error && says_little(why))
            continue;
        error = why;
        address_print(&list->at[i], p->r->ip, sizeof p->r->ip);
    }
    return p->wire ? true : probe_fail(p, error, "%s", strerror(error));
}

static bool step_connect(struct probe *p)
{
    int64_t deadline = clock_steady() + p->timeout_ms;
    struct addresses list;
    char error[200];
    p->r->stage = STAGE_CONNECT;
    int rc = resolve(p->q->host, p->q->port ? p->q->port : SMTP_PORT, deadline,
                     &list, error, sizeof error);
    return rc ? probe_fail(p, rc, "%s", error)
              : addresses_try(p, &list, deadline);
}

static bool step_banner(struct probe *p)
{
    p->r->stage = STAGE_GREETING;
    return reply_wait(p, clock_steady() + p->timeout_ms) && reply_keep(p);
}

/* What was announced before TLS was said by anybody (RFC 3207 4.2). */
static bool step_ehlo(struct probe *p)
{
    p->starttls = false;
    p->r->size = 0;
    if (command_ask(p, STAGE_EHLO, "EHLO ", p->q->hello, "")) {
        p->starttls = smtp_reply_announces(p->reply, "STARTTLS");
        p->r->size = smtp_reply_size(p->reply);
        return true;
    }
    return p->r->code / 100 == 5 &&
           command_ask(p, STAGE_EHLO, "HELO ", p->q->hello, "");
}

static bool host_is_name(const char *host)
{
    struct in6_addr a;
    return inet_pton(AF_INET, host, &a) != 1 &&
           inet_pton(AF_INET6, host, &a) != 1;
}

/* Bytes that came with the reply to STARTTLS came in clear, from anybody, and
 * would be taken for replies within TLS (CVE-2011-0411 and its like). */
static bool handshake(struct probe *p)
{
    char error[200];
    bool name = host_is_name(p->q->host);
    p->astray = true;
    if (p->from < p->to)
        return probe_fail(p, EXIM_TLSFAILURE,
                          "more than the reply to STARTTLS came in clear: "
                          "somebody injects commands or replies");
    if (wire_secure(p->wire, name ? p->q->host : NULL,
                    clock_steady() + p->timeout_ms, error, sizeof error) == -1)
        return probe_fail(p, EXIM_TLSFAILURE, "%s", error);
    p->astray = false;
    wire_cipher(p->wire, p->r->tls, sizeof p->r->tls);
    return true;
}

static bool step_tls(struct probe *p)
{
    p->r->stage = STAGE_STARTTLS;
    if (!p->starttls)
        return probe_fail(p, EXIM_TLSREQUIRED, "STARTTLS is not announced");
    if (command_ask(p, STAGE_STARTTLS, "STARTTLS", "", ""))
        return handshake(p);
    return p->q->tls != PROBE_TLS_REQUIRED && p->r->code >= 400 &&
           p->r->code != 421;
}

static bool step_mail(struct probe *p)
{
    return command_ask(p, STAGE_MAIL, "MAIL FROM:<", p->q->from, ">") &&
           command_ask(p, STAGE_RCPT, "RCPT TO:<", p->q->rcpt, ">") &&
           command_exchange(p, "RSET", "", "") &&
           (smtp_reply_code(p->reply) / 100 == 2 || reply_keep(p));
}

static bool step(struct probe *p, int64_t *ms, bool (*run)(struct probe *))
{
    int64_t start = clock_steady();
    bool ok = run(p);
    *ms = (*ms > 0 ? *ms : 0) + clock_steady() - start;
    return ok;
}

static bool probe_wants_tls(const struct probe *p)
{
    return p->q->tls == PROBE_TLS_REQUIRED ||
           (p->q->tls == PROBE_TLS_OFFERED && p->starttls);
}

static bool probe_session(struct probe *p)
{
    struct probe_result *r = p->r;
    if (!step_check(p) || !step(p, &r->connect_ms, step_connect) ||
        !step(p, &r->banner_ms, step_banner) ||
        !step(p, &r->ehlo_ms, step_ehlo))
        return false;
    if (probe_wants_tls(p) && !step(p, &r->tls_ms, step_tls))
        return false;
    if (r->tls[0] && !step(p, &r->ehlo_ms, step_ehlo))
        return false;
    return !*p->q->rcpt || step(p, &r->mail_ms, step_mail);
}

/* The verdict stands; what is said here changes nothing of it. */
static void probe_quit(struct probe *p)
{
    struct probe_result aside = *p->r;
    if (p->wire && !p->astray) {
        if (p->timeout_ms > QUIT_MS)
            p->timeout_ms = QUIT_MS;
        command_exchange(p, "QUIT", "", "");
    }
    *p->r = aside;
    wire_close(&p->wire);
}

int probe_run(const struct probe_request *q, struct probe_result *r)
{
    struct probe p = {.q = q, .r = r, .timeout_ms = q->timeout_ms};
    int64_t start = clock_steady();
    *r = (struct probe_result){.connect_ms = -1,
                               .banner_ms = -1,
                               .ehlo_ms = -1,
                               .tls_ms = -1,
                               .mail_ms = -1};
    p.reply = smtp_reply_new();
    r->ok = probe_session(&p);
    probe_quit(&p);
    smtp_reply_free(&p.reply);
    r->total_ms = clock_steady() - start;
    return 0;
}

/* Every line with its code, as the server sent it. */
static char *lines_coded(int code, const char *text)
{
    struct text out = {0};
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        text_addf(&out, "%d-", code);
        text_addn(&out, text, (size_t)(end - text) + 1);
    }
    text_addf(&out, "%d %s", code, text);
    return out.s;
}

/* A positive reply where it makes no sense, such as 354 to MAIL, is none. */
void probe_reply(const struct probe_result *r, struct reply *out)
{
    char *text = r->code ? lines_coded(r->code, r->text) : text_copy(r->text);
    reply_from_text(out, r->stage, text);
    free(text);
    out->code = r->code;
    if (r->code == 0)
        out->error = r->error;
    if (!r->ok && r->code > 0 && r->code < 400) {
        out->code = 0;
        out->error = EXIM_SMTPFORMAT;
    }
}
