/* test_reply: replies and Exim's words taken apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>

#include "reply.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define ERROR_PREFIX "SMTP error from remote mail server after "

static const struct {
    const char *label, *text;
    enum stage stage; /* given */
    enum stage want_stage;
    int code, enhanced[3], error;
    const char *want_text; /* NULL: as given */
} texts[] = {
    {.label = "one line",
     .text = "550 5.7.1 blocked",
     .stage = STAGE_RCPT,
     .want_stage = STAGE_RCPT,
     .code = 550,
     .enhanced = {5, 7, 1}},
    {.label = "no enhanced code",
     .text = "452 Too many recipients",
     .code = 452},
    {.label = "several lines, joined by line ends",
     .text = "550-5.7.26 Unauthenticated email from example.org is not\r\n"
             "550-5.7.26 accepted due to the domain's\n550 5.7.26 policy.",
     .code = 550,
     .enhanced = {5, 7, 26},
     .want_text = "550-5.7.26 Unauthenticated email from example.org is not "
                  "accepted due to the domain's policy."},
    {.label = "several lines, joined by Exim",
     .text = "550-first\\n550-second\\n550 third",
     .code = 550,
     .want_text = "550-first second third"},
    {.label = "several lines, joined by spaces",
     .text = "421-4.7.0 try 421-4.7.0 again 421 4.7.0 later",
     .code = 421,
     .enhanced = {4, 7, 0},
     .want_text = "421-4.7.0 try again later"},
    {.label = "a number in the text is no repeated code",
     .text = "550 more than 550 messages",
     .code = 550},
    {.label = "the reply to another command stays",
     .text = "550 5.1.1 User unknown 503 5.0.0 Need RCPT (recipient)",
     .code = 550,
     .enhanced = {5, 1, 1}},
    {.label = "enhanced code in qmail's way",
     .text = "553 sorry, no mailbox here by that name (#5.7.1)",
     .code = 553,
     .enhanced = {5, 7, 1}},
    {.label = "enhanced code after a host name",
     .text = "421 mx.example.org 4.7.0 Error: too many connections",
     .code = 421,
     .enhanced = {4, 7, 0}},
    {.label = "an address is no enhanced code",
     .text = "550 5.1.2.3 is listed",
     .code = 550},
    {.label = "a version is no enhanced code",
     .text = "554 Postfix 3.5.1 refuses",
     .code = 554},
    {.label = "enhanced code with three digits",
     .text = "550 5.7.606 Access denied",
     .code = 550,
     .enhanced = {5, 7, 606}},
    {.label = "code alone", .text = "550", .code = 550},
    {.label = "code and hyphen alone", .text = "550-", .code = 550},
    {.label = "not a code", .text = "5500 x"},
    {.label = "no code at all", .text = "User unknown"},
    {.label = "nothing", .text = ""},
    {.label = "white space", .text = " \t\r\n ", .want_text = ""},
    {.label = "another system's bounce",
     .text = "host mx.example.org[192.0.2.1] said: 550 5.1.1 unknown "
             "(in reply to RCPT TO command)",
     .want_stage = STAGE_RCPT,
     .code = 550,
     .enhanced = {5, 1, 1},
     .want_text = "550 5.1.1 unknown (in reply to RCPT TO command)"},
    {.label = "the end of data in another system's words",
     .text = "554 no (in reply to end of DATA command)",
     .want_stage = STAGE_DOT,
     .code = 554},
    {.label = "a network error without a code",
     .text = "Connection refused",
     .error = ECONNREFUSED},
    {.label = "bytes that Exim printed in octal",
     .text = "550 Bo\\303\\256te pleine",
     .code = 550,
     .want_text = "550 Bo\303\256te pleine"},
    {.label = "a backslash that is one",
     .text = "550 C:\\Queue\\x",
     .code = 550},
};

static const struct {
    const char *label, *text;
    int errno_given;
    enum stage stage;
    int code, enhanced[3], error;
    const char *want_text; /* NULL: not looked at */
} exims[] = {
    {.label = "RCPT",
     .text = ERROR_PREFIX "RCPT TO:<x@example.org>: 550 5.1.1 no such user",
     .stage = STAGE_RCPT,
     .code = 550,
     .enhanced = {5, 1, 1},
     .want_text = "550 5.1.1 no such user"},
    {.label = "RCPT, pipelined, with a host before it",
     .text = "host mx.example.org [192.0.2.1]: " ERROR_PREFIX
             "pipelined RCPT TO:<x@example.org>: 450 4.2.0 later",
     .errno_given = -44,
     .stage = STAGE_RCPT,
     .code = 450,
     .enhanced = {4, 2, 0},
     .error = -44,
     .want_text = "450 4.2.0 later"},
    {.label = "RCPT, the short form",
     .text = "after RCPT TO:<x@example.org>: 550 no",
     .stage = STAGE_RCPT,
     .code = 550,
     .want_text = "550 no"},
    {.label = "MAIL with parameters",
     .text = ERROR_PREFIX "pipelined MAIL FROM:<a@example.org> SIZE=1234 "
                          "BODY=8BITMIME ENVID=x+3A+20y: 552 too big",
     .errno_given = -45,
     .stage = STAGE_MAIL,
     .code = 552,
     .error = -45,
     .want_text = "552 too big"},
    {.label = "MAIL with the empty path",
     .text = ERROR_PREFIX "MAIL FROM:<>: 550 bounces refused",
     .stage = STAGE_MAIL,
     .code = 550,
     .want_text = "550 bounces refused"},
    {.label = "end of data, several lines",
     .text = ERROR_PREFIX "end of data: 550-5.7.1 one\\n550 5.7.1 two",
     .stage = STAGE_DOT,
     .code = 550,
     .enhanced = {5, 7, 1},
     .want_text = "550-5.7.1 one two"},
    {.label = "banner",
     .text = ERROR_PREFIX "initial connection: 554 go away",
     .stage = STAGE_GREETING,
     .code = 554,
     .want_text = "554 go away"},
    {.label = "EHLO",
     .text = ERROR_PREFIX "EHLO hub.example.org: 421 busy",
     .stage = STAGE_EHLO,
     .code = 421},
    {.label = "HELO after EHLO",
     .text = ERROR_PREFIX "HELO hub.example.org: 550 no",
     .stage = STAGE_EHLO,
     .code = 550},
    {.label = "STARTTLS",
     .text = ERROR_PREFIX "STARTTLS: 454 4.7.0 not now",
     .stage = STAGE_STARTTLS,
     .code = 454,
     .enhanced = {4, 7, 0}},
    {.label = "AUTH",
     .text = ERROR_PREFIX "AUTH PLAIN ****: 535 5.7.8 wrong",
     .stage = STAGE_AUTH,
     .code = 535,
     .enhanced = {5, 7, 8}},
    {.label = "DATA",
     .text = ERROR_PREFIX "DATA: 451 4.3.0 no disk",
     .errno_given = -46,
     .stage = STAGE_DATA,
     .code = 451,
     .enhanced = {4, 3, 0},
     .error = -46},
    {.label = "BDAT",
     .text = ERROR_PREFIX "pipelined BDAT 8192: 554 no",
     .stage = STAGE_DATA,
     .code = 554},
    {.label = "the last BDAT",
     .text = ERROR_PREFIX "BDAT 512 LAST: 554 no",
     .stage = STAGE_DOT,
     .code = 554},
    {.label = "LMTP",
     .text = "LMTP error after RCPT TO:<x@example.org>: 550 no",
     .stage = STAGE_RCPT,
     .code = 550},
    {.label = "wrapped, as in a bounce",
     .text = "host mx.example.org [192.0.2.1]\n    " ERROR_PREFIX
             "RCPT TO:<x@example.org>:\n    550-no\n    550 never",
     .stage = STAGE_RCPT,
     .code = 550,
     .want_text = "550-no never"},

    {.label = "given up",
     .text = ERROR_PREFIX "RCPT TO:<x@example.org>: 450 later: retry timeout "
                          "exceeded",
     .stage = STAGE_RCPT,
     .code = 450,
     .want_text = "450 later"},

    /* Addresses made to be taken for replies. */
    {.label = "a local part like a reply",
     .text = ERROR_PREFIX "RCPT TO:<\"x: 250 ok\"@example.org>: 550 no",
     .stage = STAGE_RCPT,
     .code = 550,
     .want_text = "550 no"},
    {.label = "a local part with the end of a path",
     .text = ERROR_PREFIX "RCPT TO:<\"a>: 550 5.1.1 b\"@example.org>: 451 x",
     .stage = STAGE_RCPT,
     .code = 451,
     .want_text = "451 x"},
    {.label = "a local part with an escaped quote",
     .text = ERROR_PREFIX "RCPT TO:<\"a\\\">: 550 b\"@example.org>: 451 x",
     .stage = STAGE_RCPT,
     .code = 451,
     .want_text = "451 x"},
    {.label = "a local part like Exim's own words",
     .text = ERROR_PREFIX "RCPT TO:<\"after end of data: 550\"@example.org>: "
                          "451 x",
     .stage = STAGE_RCPT,
     .code = 451,
     .want_text = "451 x"},
    {.label = "a reply like Exim's own words",
     .text = ERROR_PREFIX "RCPT TO:<a@example.org>: 451 SMTP timeout after "
                          "end of data: 550 x",
     .stage = STAGE_RCPT,
     .code = 451},
    {.label = "a path without its end",
     .text = ERROR_PREFIX "RCPT TO:<aaaaaa: 550 no",
     .stage = STAGE_RCPT,
     .code = 550},
    {.label = "a timeout after a local part like a reply",
     .text = "SMTP timeout after RCPT TO:<\"x>: 550 ok\"@example.org>",
     .stage = STAGE_RCPT,
     .error = ETIMEDOUT},

    /* No reply. */
    {.label = "refused",
     .text = "Connection refused",
     .errno_given = ECONNREFUSED,
     .error = ECONNREFUSED},
    {.label = "refused, errno not known",
     .text = "mx.example.org [192.0.2.1]: Connection refused",
     .error = ECONNREFUSED},
    {.label = "no answer to connect",
     .text = "Connection timed out",
     .error = ETIMEDOUT},
    {.label = "no banner",
     .text = "SMTP timeout after initial connection: Connection timed out",
     .errno_given = ETIMEDOUT,
     .stage = STAGE_GREETING,
     .error = ETIMEDOUT},
    {.label = "no reply to the dot",
     .text = "SMTP timeout after end of data (4096 bytes written): "
             "Connection timed out",
     .stage = STAGE_DOT,
     .error = ETIMEDOUT},
    {.label = "closed at RCPT",
     .text = "Remote host closed connection in response to pipelined RCPT "
             "TO:<x@example.org>",
     .errno_given = -18,
     .stage = STAGE_RCPT,
     .error = -18},
    {.label = "closed at the banner, errno not known",
     .text = "Remote host closed connection in response to initial connection",
     .stage = STAGE_GREETING,
     .error = -18},
    {.label = "closed at EHLO, with the reply that came",
     .text = "Remote host closed connection in response to HELO x (EHLO "
             "response was: 500 what)",
     .stage = STAGE_EHLO,
     .error = -18},
    {.label = "garbage",
     .text = "Malformed SMTP reply in response to initial connection: "
             "HTTP/1.1 400 Bad Request",
     .stage = STAGE_GREETING,
     .error = -19},
    {.label = "garbage that looks like a reply",
     .text = "Malformed SMTP reply in response to EHLO x: 550x 5.1.1: 550 no",
     .stage = STAGE_EHLO,
     .error = -19},
    {.label = "an empty line",
     .text = "Malformed SMTP reply (an empty line) in response to DATA",
     .stage = STAGE_DATA,
     .error = -19},
    {.label = "a positive reply that makes no sense",
     .text = ERROR_PREFIX "DATA: 250 OK",
     .stage = STAGE_DATA,
     .error = -19},
    {.label = "TLS required",
     .stage = STAGE_STARTTLS,
     .text = "a TLS session is required, but the server did not offer TLS "
             "support",
     .error = -38},
    {.label = "handshake",
     .stage = STAGE_STARTTLS,
     .text = "TLS session: (gnutls_handshake): A TLS fatal alert has been "
             "received.",
     .errno_given = -37,
     .error = -37},
    {.label = "certificate",
     .stage = STAGE_STARTTLS,
     .text = "TLS session: (certificate verification failed): certificate "
             "invalid",
     .error = -37},
    {.label = "authentication",
     .stage = STAGE_AUTH,
     .text = "authentication required but authentication attempt(s) failed",
     .error = -42},
    {.label = "DNS", .text = "host lookup did not complete", .error = -36},
    {.label = "retry time",
     .text = "retry time not reached for any host for 'example.org'",
     .error = -54},
    {.label = "broken pipe",
     .text = "smtp send to mx [192.0.2.1] failed: Broken pipe",
     .error = -18},
    {.label = "a number that holds a reply code is no errno",
     .text = ERROR_PREFIX "RCPT TO:<x@example.org>: 450 later",
     .errno_given = 50 << 8,
     .stage = STAGE_RCPT,
     .code = 450},
    {.label = "nothing", .text = ""},
    {.label = "words of nobody's", .text = "fallen off the table"},
};

static void check_parts(const char *label, const struct reply *r,
                        enum stage stage, int code, const int enhanced[3],
                        int error)
{
    unit_str(label, "stage", stage_name(r->stage), stage_name(stage));
    unit_int(label, "code", r->code, code);
    for (int i = 0; i < 3; i++)
        unit_int(label, "enhanced", r->enhanced[i], enhanced[i]);
    unit_int(label, "error", r->error, error);
}

static void check_texts(void)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        const char *want = texts[i].want_text;
        struct reply r;

        reply_from_text(&r, texts[i].stage, texts[i].text);
        check_parts(texts[i].label, &r, texts[i].want_stage, texts[i].code,
                    texts[i].enhanced, texts[i].error);
        unit_str(texts[i].label, "text", r.text,
                 want != NULL ? want : texts[i].text);
    }
}

static void check_exims(void)
{
    for (size_t i = 0; i < LENGTH(exims); i++) {
        struct reply r;

        reply_from_exim(&r, exims[i].text, exims[i].errno_given);
        check_parts(exims[i].label, &r, exims[i].stage, exims[i].code,
                    exims[i].enhanced, exims[i].error);
        if (exims[i].want_text != NULL)
            unit_str(exims[i].label, "text", r.text, exims[i].want_text);
    }
}

static void check_long(void)
{
    size_t size = 100000;
    char *text = malloc(size);
    struct reply r;

    if (text == NULL)
        abort();
    memset(text, 'x', size);
    memcpy(text, "550 ", 4);
    text[size - 1] = '\0';
    reply_from_text(&r, STAGE_RCPT, text);
    unit_int("a long text", "length", (long)strlen(r.text), REPLY_TEXT_MAX - 1);
    reply_from_exim(&r, text, 0);
    unit_int("a long text of Exim's", "length", (long)strlen(r.text),
             REPLY_TEXT_MAX - 1);
    free(text);
}

static void check_names(void)
{
    enum stage s;

    for (int i = 0; i < STAGE_COUNT; i++) {
        const char *name = stage_name((enum stage)i);
        unit_int(name, "found", stage_from_name(name, &s), 1);
        unit_int(name, "stage", (long)s, i);
    }
    unit_int("no stage", "found", stage_from_name("quit", &s), 0);
    unit_str("beyond the stages", "name", stage_name(STAGE_COUNT), "-");
}

int main(void)
{
    check_names();
    check_texts();
    check_exims();
    check_long();
    return unit_end();
}
