/* probe: does a server take mail? See probe.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "session.h"

/* The result is RCPT's, unless it is RSET that fails. */
static bool mail_ask(struct session *s, const struct probe_request *q)
{
    return session_ask(s, STAGE_MAIL, "MAIL FROM:<", q->from, ">") &&
           session_ask(s, STAGE_RCPT, "RCPT TO:<", q->rcpt, ">") &&
           session_say(s, "RSET", "", "") &&
           (smtp_reply_code(session_reply(s)) / 100 == 2 || session_keep(s));
}

int probe_run(const struct probe_request *q, struct probe_result *r)
{
    int64_t start = clock_steady(), mail;
    struct session *s = session_new(q, r);
    r->ok = session_begin(s);
    if (r->ok && *q->rcpt) {
        mail = clock_steady();
        r->ok = mail_ask(s, q);
        r->mail_ms = clock_steady() - mail;
    }
    session_end(&s);
    r->total_ms = clock_steady() - start;
    return 0;
}

bool probe_in_clear(const struct probe_request *q, const struct probe_result *r)
{
    return !r->ok && r->stage == STAGE_STARTTLS && r->code / 100 != 4 &&
           q->tls == PROBE_TLS_OFFERED;
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
