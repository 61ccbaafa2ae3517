/* inquiry: asks another SMTP server where addresses have gone. See inquiry.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "inquiry.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forward.h"
#include "mailbox.h"
#include "server.h"
#include "session.h"

/* A command line has 512 bytes at most (RFC 5321 4.5.3.1.4). */
#define ADDRESS_BYTES_MAX 320

struct asking {
    struct inquiry *q;
    char **addresses; /* canonical, each once as it was given */
    int count, asked;
    struct probe_request request;
    struct probe_result result;
    struct session *session;
    enum { MAIL_NONE, MAIL_BEGUN, MAIL_REFUSED } mail;
    int accepted;  /* recipients since MAIL */
    int put_off;   /* answers of "later" */
    bool no_vrfy;  /* the server has no such command */
    bool any_utf8; /* among the addresses */
    int rc;
};

static bool is_ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 128)
            return false;
    return true;
}

/* ------------------------------------------------------------- addresses -- */

static int address_add(struct asking *a, const char *line)
{
    struct text address = {0};
    if (!mailbox_canonical(line, &address) || address.len > ADDRESS_BYTES_MAX) {
        struct text shown = {0};
        text_printed(line, &shown);
        admin_error(0, "%s: this is no mail address", shown.s);
        text_free(&shown);
        text_free(&address);
        return EX_DATAERR;
    }
    a->any_utf8 |= !is_ascii(address.s);
    a->addresses = text_grow(a->addresses, a->count, sizeof *a->addresses);
    a->addresses[a->count++] = address.s;
    return 0;
}

/* All are looked at before the server is spoken to. */
static int addresses_read(struct asking *a, const char *lines)
{
    char *copy = text_copy(lines), *rest = copy;
    int rc = 0;
    for (char *line; rc == 0 && (line = strsep(&rest, "\n"));)
        if (*(line = text_trim(line)))
            rc = address_add(a, line);
    free(copy);
    return rc;
}

static void answer_add(struct inquiry *q, const char *old, const char *new)
{
    q->answers = text_grow(q->answers, q->count, sizeof *q->answers);
    q->answers[q->count++] =
        (struct inquiry_answer){text_copy(old), text_copy(new)};
}

/* --------------------------------------------------------------- replies -- */

static int reply_code(const struct asking *a)
{
    return smtp_reply_code(session_reply(a->session));
}

static const char *reply_text(const struct asking *a)
{
    return smtp_reply_text(session_reply(a->session));
}

/* "outrider: SERVER WHAT 550 words": the words on one line, whatever they are.
 */
static void reply_tell(const struct asking *a, const char *what)
{
    struct text words = {0};
    text_printed(a->result.text, &words);
    if (a->result.code)
        admin_error(0, "%s %s: %d %s", a->q->server, what, a->result.code,
                    words.s);
    else
        admin_error(0, "%s %s: %s", a->q->server, what, words.s);
    text_free(&words);
}

/* The server is about to close after a 421 (RFC 5321 3.8). */
static bool say(struct asking *a, const char *verb, const char *address,
                const char *end)
{
    if (!session_settled(a->session) ||
        !session_say(a->session, verb, address, end))
        return false;
    if (reply_code(a) == 421)
        session_keep(a->session);
    return reply_code(a) != 421;
}

static void reply_learn(struct asking *a, const char *address)
{
    struct text new = {0};
    if (forward_find(reply_code(a), reply_text(a), address, &new) == 1)
        answer_add(a->q, address, new.s);
    text_free(&new);
}

/* Is this reply to VRFY about the user? Many servers refuse the command, or
 * say nothing with it (252); RFC 3463 tells their 550 from that for a user who
 * is not known, which is 5.1.x or 5.2.x. */
static bool reply_decides(const struct asking *a)
{
    int code = reply_code(a);
    const char *text = reply_text(a);
    return code == 250 || code == 251 || code == 551 ||
           (code / 10 == 55 &&
            (strncmp(text, "5.1.", 4) == 0 || strncmp(text, "5.2.", 4) == 0));
}

/* ------------------------------------------------------------------ asking --
 * Each returns false when the session is at its end.
 */

static bool mail_begin(struct asking *a)
{
    bool utf8 = a->any_utf8 && session_utf8(a->session);
    if (!say(a, "MAIL FROM:<>", "", utf8 ? " SMTPUTF8" : ""))
        return false;
    a->accepted = 0;
    a->mail = reply_code(a) / 100 == 2 ? MAIL_BEGUN : MAIL_REFUSED;
    if (a->mail == MAIL_BEGUN)
        return true;
    session_keep(a->session);
    reply_tell(a, "refuses MAIL");
    a->rc = reply_code(a) / 100 == 4 ? EX_TEMPFAIL : EX_UNAVAILABLE;
    return true;
}

static bool mail_end(struct asking *a)
{
    bool ok = a->mail != MAIL_BEGUN || say(a, "RSET", "", "");
    if (a->mail == MAIL_BEGUN)
        a->mail = MAIL_NONE;
    return ok;
}

/* RFC 5321 4.5.3.1.10: too many recipients. */
static bool is_full(const struct asking *a)
{
    return a->accepted > 0 && (reply_code(a) == 452 || reply_code(a) == 552);
}

static bool rcpt_say(struct asking *a, const char *address)
{
    if (a->mail == MAIL_NONE && !mail_begin(a))
        return false;
    return a->mail == MAIL_REFUSED || say(a, "RCPT TO:<", address, ">");
}

static bool rcpt_ask(struct asking *a, const char *address)
{
    if (!rcpt_say(a, address) || (a->mail == MAIL_BEGUN && is_full(a) &&
                                  !(mail_end(a) && rcpt_say(a, address))))
        return false;
    if (a->mail == MAIL_REFUSED)
        return true;
    a->accepted += reply_code(a) / 100 == 2;
    if (reply_code(a) / 100 == 4 && a->put_off++ == 0)
        session_keep(a->session);
    reply_learn(a, address);
    return true;
}

static bool vrfy_ask(struct asking *a, const char *address, bool *decided)
{
    if (!say(a, "VRFY <", address, is_ascii(address) ? ">" : "> SMTPUTF8"))
        return false;
    int code = reply_code(a);
    a->no_vrfy = code == 500 || code == 502 || code == 504;
    *decided = reply_decides(a);
    if (*decided)
        reply_learn(a, address);
    return true;
}

static bool address_ask(struct asking *a, const char *address)
{
    bool decided = false;
    if (!is_ascii(address) && !session_utf8(a->session)) {
        admin_error(0, "%s: %s takes no address in UTF-8", address,
                    a->q->server);
        return true;
    }
    if (!a->no_vrfy && !vrfy_ask(a, address, &decided))
        return false;
    return decided || rcpt_ask(a, address);
}

/* Is there a way left to learn something? */
static bool is_useful(const struct asking *a)
{
    return !a->no_vrfy || a->mail != MAIL_REFUSED;
}

static bool addresses_ask(struct asking *a)
{
    for (; a->asked < a->count && is_useful(a); a->asked++)
        if (!address_ask(a, a->addresses[a->asked]))
            return false;
    return true;
}

/* --------------------------------------------------------------- session -- */

static bool session_connect(struct asking *a)
{
    a->session = session_new(&a->request, &a->result);
    a->result.ok = session_begin(a->session);
    if (probe_in_clear(&a->request, &a->result)) {
        session_end(&a->session);
        a->request.tls = PROBE_TLS_NO;
        a->session = session_new(&a->request, &a->result);
        a->result.ok = session_begin(a->session);
    }
    return a->result.ok;
}

static int connect_failed(const struct asking *a)
{
    reply_tell(a, "cannot be asked");
    if (a->result.code / 100 == 5)
        return EX_UNAVAILABLE;
    return a->result.code == 0 && a->result.error == EXIM_UNKNOWNHOST
               ? EX_NOHOST
               : EX_TEMPFAIL;
}

/* What has been learned stays, whatever becomes of the rest. */
static int session_run(struct asking *a)
{
    if (!session_connect(a))
        return connect_failed(a);
    if (!addresses_ask(a)) {
        reply_tell(a, "does not answer any more");
        a->rc = EX_TEMPFAIL;
    } else {
        struct probe_result aside = a->result;
        mail_end(a);
        a->result = aside;
    }
    if (a->asked < a->count)
        admin_error(0, "%d of %d addresses were not asked for",
                    a->count - a->asked, a->count);
    if (a->put_off > 0 && a->rc == 0) {
        reply_tell(a, "wants to be asked later");
        a->rc = EX_TEMPFAIL;
    }
    return a->rc;
}

static int server_ask(struct asking *a)
{
    const struct settings *set = a->q->admin->settings;
    struct server_list list;
    char error[300], *text = text_format("<;%s", a->q->server);
    int rc = server_list_parse(&list, text, error, sizeof error);
    free(text);
    if (rc == -1)
        return admin_error(EX_USAGE, "%s: %s", a->q->server, error);
    char *hello = admin_ask(a->q->admin, "$primary_hostname");
    a->request =
        (struct probe_request){.host = list.servers[0].host,
                               .port = list.servers[0].port,
                               .hello = hello ? hello : "localhost",
                               .tls = set->probe_tls,
                               .from = "",
                               .rcpt = "",
                               .timeout_ms = set->probe_timeout * 1000};
    rc = list.count == 1
             ? session_run(a)
             : admin_error(EX_USAGE, "%s: one server is wanted", a->q->server);
    session_end(&a->session);
    server_list_free(&list);
    free(hello);
    return rc;
}

int inquiry_make(struct inquiry *q)
{
    struct asking a = {.q = q};
    int rc = addresses_read(&a, q->addresses);
    if (rc == 0 && a.count > 0)
        rc = server_ask(&a);
    for (int i = 0; i < a.count; i++)
        free(a.addresses[i]);
    free(a.addresses);
    return rc;
}

void inquiry_free(struct inquiry *q)
{
    for (int i = 0; i < q->count; i++) {
        free(q->answers[i].old);
        free(q->answers[i].new);
    }
    free(q->answers);
    q->answers = NULL;
    q->count = 0;
}
