/* test_bounce: Exim's notices read, and written again for some recipients.
 *
 * The texts have the forms that Exim 4.96 writes (deliver.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bounce.h"

#include <stdlib.h>

#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define BOUNDARY "1700000000-eximdsn-1804289383"
#define TOP                                                                    \
    "Auto-Submitted: auto-replied\n"                                           \
    "From: Mail Delivery System <Mailer-Daemon@hub.example.org>\n"
#define TO_US "To: 1vMqTr-0001Ab-01+0f+smart1+a=40x@outrider.invalid\n"
#define TO_SENDER "To: sender@example.org\n"
#define MIME                                                                   \
    "References: <x@example.org>\n"                                            \
    "Content-Type: multipart/report; report-type=delivery-status; "            \
    "boundary=" BOUNDARY "\nMIME-Version: 1.0\n"
#define SUBJECT "Subject: Mail delivery failed\n\n"
#define SUBJECT_SENDER                                                         \
    "Subject: Mail delivery failed: returning message to sender\n\n"
#define TEXT_PART                                                              \
    "--" BOUNDARY "\nContent-type: text/plain; charset=us-ascii\n\n"           \
    "This message was created automatically by mail delivery software.\n"
#define BY_OTHER                                                               \
    "\nA message sent by\n\n  <sender@example.org>\n\n"                        \
    "could not be delivered to one or more of its recipients. The following\n" \
    "address(es) failed:\n\n"
#define BY_SENDER                                                              \
    "\nA message that you sent could not be delivered to one or more of its\n" \
    "recipients. This is a permanent error. The following address(es) "        \
    "failed:\n\n"
#define ENTRY(address)                                                         \
    "  " address "\n    host smart1.example [192.0.2.1]\n"                     \
    "    SMTP error from remote mail server after RCPT TO:<" address ">:\n"    \
    "    550 5.7.1 go away\n"
#define STATUS_TOP                                                             \
    "\n--" BOUNDARY "\nContent-type: message/delivery-status\n\n"              \
    "Reporting-MTA: dns; hub.example.org\n\n"
#define GROUP(address)                                                         \
    "Action: failed\nFinal-Recipient: rfc822;" address "\nStatus: 5.0.0\n"     \
    "Remote-MTA: dns; smart1.example\n"                                        \
    "Diagnostic-Code: smtp; 550 5.7.1 go away\n\n"
#define ORIGINAL                                                               \
    "--" BOUNDARY "\nContent-type: message/rfc822\n\n"                         \
    "Return-path: <sender@example.org>\nReceived: from x by y\n"               \
    "To: a@example.net\nX-Failed-Recipients: z@example.net\n"                  \
    "Subject: Mail delivery failed\n\nHello,\n  b@example.net\n    550 no\n"   \
    "A message sent by\n\n  <sender@example.org>\n\n--" BOUNDARY "--\n"

/* What a bounce says of one recipient, its lines joined. */
#define WORDS(address)                                                         \
    "host smart1.example [192.0.2.1] SMTP error from remote mail server "      \
    "after RCPT TO:<" address ">: 550 5.7.1 go away"

static const char single[] = "X-Failed-Recipients: a@example.net\n" TOP TO_US
    MIME SUBJECT TEXT_PART BY_OTHER ENTRY("a@example.net")
        STATUS_TOP GROUP("a@example.net") ORIGINAL;

static const char single_passed[] =
    "X-Failed-Recipients: a@example.net\n" TOP TO_SENDER MIME SUBJECT_SENDER
        TEXT_PART BY_SENDER ENTRY("a@example.net")
            STATUS_TOP GROUP("a@example.net") ORIGINAL;

/* Two of three; Exim writes the groups in reverse order. */
static const char three[] =
    "X-Failed-Recipients: a@example.net,\n  b@example.net,\n"
    "  c@example.net\n" TOP TO_US MIME SUBJECT TEXT_PART BY_OTHER ENTRY(
        "a@example.net") ENTRY("b@example.net") ENTRY("c@example.net")
        STATUS_TOP GROUP("c@example.net") GROUP("b@example.net")
            GROUP("a@example.net") ORIGINAL;

static const char three_without_b[] =
    "X-Failed-Recipients: a@example.net,\n  c@example.net\n" TOP TO_SENDER MIME
        SUBJECT_SENDER TEXT_PART BY_SENDER ENTRY("a@example.net")
            ENTRY("c@example.net") STATUS_TOP GROUP("c@example.net")
                GROUP("a@example.net") ORIGINAL;

static const char custom[] =
    "X-Failed-Recipients: a@example.net,\n  b@example.net\n" TOP TO_US MIME
    "Subject: Ihre Nachricht\n\n" TEXT_PART
    "Call the help desk.\n" BY_OTHER ENTRY("a@example.net")
        ENTRY("b@example.net") STATUS_TOP GROUP("b@example.net")
            GROUP("a@example.net") ORIGINAL;

static const char custom_without_b[] =
    "X-Failed-Recipients: a@example.net\n" TOP TO_SENDER MIME
    "Subject: Ihre Nachricht\n\n" TEXT_PART
    "Call the help desk.\n" BY_SENDER ENTRY("a@example.net")
        STATUS_TOP GROUP("a@example.net") ORIGINAL;

static const char quoted[] =
    "X-Failed-Recipients: \"a, b\"@example.net,\n  "
    "m\\303\\274b@example.net\n" TOP TO_US MIME SUBJECT TEXT_PART BY_OTHER
        ENTRY("\"a, b\"@example.net") ENTRY("m\\303\\274b@example.net")
            STATUS_TOP GROUP("m\xc3\xbc"
                             "b@example.net") GROUP("\"a, b\"@example.net")
                ORIGINAL;

static const char quoted_without_b[] =
    "X-Failed-Recipients: \"a, b\"@example.net\n" TOP TO_SENDER MIME
        SUBJECT_SENDER TEXT_PART BY_SENDER ENTRY("\"a, b\"@example.net")
            STATUS_TOP GROUP("\"a, b\"@example.net") ORIGINAL;

/* A server's words that look like an entry, and a line of the intro too. */
static const char forged[] =
    "X-Failed-Recipients: a@example.net,\n  b@example.net\n" TOP TO_US MIME
        SUBJECT TEXT_PART BY_OTHER "  a@example.net\n"
    "    550-no\n    550-  b@example.net\n    550   b@example.net\n" ENTRY(
        "b@example.net") STATUS_TOP GROUP("b@example.net")
        GROUP("a@example.net") ORIGINAL;

#define WARNING_HEAD                                                           \
    "Subject: Warning: message 1vMqTr-0001Ab-01 delayed 24 "                   \
    "hours\n\n" TEXT_PART
#define WARNING_REST                                                           \
    "24 hours on the queue on hub.example.org.\n\n"                            \
    "The message identifier is:     1vMqTr-0001Ab-01\n\n"                      \
    "The address to which the message has not yet been delivered is:\n\n"      \
    "  a@example.net\n    host smart1 [192.0.2.1]\n    Delay reason: 450\n\n"

static const char warning[] = TOP TO_US MIME WARNING_HEAD
    "A message sent by\n\n  <sender@example.org>"
    "\n\nhas not yet been delivered to one or more of its recipients after "
    "more than \n" WARNING_REST STATUS_TOP GROUP("a@example.net") ORIGINAL;

static const char warning_passed[] = TOP TO_SENDER MIME WARNING_HEAD
    "A message that you sent has not yet been delivered to one or more of its"
    "\nrecipients after more than " WARNING_REST STATUS_TOP GROUP(
        "a@example.net") ORIGINAL;

static const struct {
    const char *label, *data;
    const char *recipients; /* ADDRESS=TEXT and a line end */
    const char *drop;       /* recipients that hold this are not kept */
    const char *passed;     /* what the sender gets; NULL: not compared */
} notices[] = {
    {"one recipient", single, "a@example.net=" WORDS("a@example.net") "\n", "?",
     single_passed},
    {"three recipients, all", three,
     "a@example.net=" WORDS("a@example.net") "\nb@example.net=" WORDS(
         "b@example.net") "\nc@example.net=" WORDS("c@example.net") "\n",
     "?", NULL},
    {"three recipients, two passed", three,
     "a@example.net=" WORDS("a@example.net") "\nb@example.net=" WORDS(
         "b@example.net") "\nc@example.net=" WORDS("c@example.net") "\n",
     "b@", three_without_b},
    {"texts of the administrator's", custom,
     "a@example.net=" WORDS("a@example.net") "\nb@example.net=" WORDS(
         "b@example.net") "\n",
     "b@", custom_without_b},
    {"a comma in quotes, and UTF-8", quoted,
     "\"a, b\"@example.net=" WORDS(
         "\"a, b\"@example.net") "\n"
                                 "m\\303\\274b@example.net=" WORDS(
                                     "m\\303\\274b@example.net") "\n",
     "274b", quoted_without_b},
    {"words that look like an entry", forged,
     "a@example.net=550-no 550-  b@example.net 550   b@example.net\n"
     "b@example.net=" WORDS("b@example.net") "\n",
     "?", NULL},
    {"a delay warning", warning, "", "?", warning_passed},
    {"no notice", "Subject: hello\n\nHello.\n", "", "?",
     "Subject: hello\n\nHello.\n"},
    {"a header alone", "Subject: hello\n", "", "?", "Subject: hello\n\n"},
    {"nothing", "", "", "?", "\n"},
};

static bool keep(const char *address, void *context)
{
    const size_t *i = context;

    return strstr(address, notices[*i].drop) == NULL;
}

static void write_for_sender(const struct bounce *b, size_t *row,
                             struct text *out)
{
    struct bounce_edit edit = {.to = "sender@example.org",
                               .old_to = "x@outrider.invalid",
                               .old_id = "1vMqTr-0001Ab-01",
                               .keep = keep,
                               .context = row};

    bounce_write(b, &edit, out);
}

static void check_notice(size_t i)
{
    struct bounce b;
    struct text got = {0}, out = {0};

    bounce_parse(&b, notices[i].data, strlen(notices[i].data));
    for (int k = 0; k < b.count; k++)
        text_addf(&got, "%s=%s\n", b.recipients[k].address,
                  b.recipients[k].text);
    unit_str(notices[i].label, "recipients", text_str(&got),
             notices[i].recipients);
    write_for_sender(&b, &i, &out);
    if (notices[i].passed != NULL)
        unit_str(notices[i].label, "passed on", text_str(&out),
                 notices[i].passed);
    bounce_free(&b);
    text_free(&got);
    text_free(&out);
}

/* All kept: nothing but the address, the subject and the wording changes. */
static void check_all_kept(void)
{
    size_t all = 1;
    const char *status = strstr(three, STATUS_TOP);
    struct bounce b;
    struct text out = {0};

    bounce_parse(&b, three, strlen(three));
    write_for_sender(&b, &all, &out);
    unit_has("all kept", "passed on", out.s, status);
    unit_has("all kept", "passed on", out.s, ENTRY("b@example.net"));
    unit_true("all kept", strstr(out.s, "outrider.invalid") == NULL);
    bounce_free(&b);
    text_free(&out);
}

/* More recipients than one header names (50 each). */
static void many(int count, struct text *header, struct text *entries)
{
    for (int i = 0; i < count; i++) {
        if (i % 50 == 0)
            text_addf(header, "%sX-Failed-Recipients: ", i > 0 ? "\n" : "");
        else
            text_add(header, ",\n  ");
        text_addf(header, "r%d@example.net", i);
        text_addf(entries, "  r%d@example.net\n    550 no %d\n", i, i);
    }
    text_add(header, "\n");
}

static void check_many(void)
{
    struct text header = {0}, entries = {0}, out = {0};
    struct bounce b;
    char *data;
    size_t all = 1;

    many(120, &header, &entries);
    data = text_format("%s" TOP TO_US MIME SUBJECT TEXT_PART BY_OTHER
                       "%s" STATUS_TOP ORIGINAL,
                       header.s, entries.s);
    bounce_parse(&b, data, strlen(data));
    unit_int("120 recipients", "count", b.count, 120);
    unit_str("120 recipients", "the last one's text",
             b.recipients[b.count - 1].text, "550 no 119");
    write_for_sender(&b, &all, &out);
    unit_true("120 recipients", strncmp(out.s, header.s, header.len) == 0);
    unit_has("120 recipients", "passed on", out.s, entries.s);
    bounce_free(&b);
    text_free(&header);
    text_free(&entries);
    text_free(&out);
    free(data);
}

/* Received: tells of the way to us: it goes, or gets the new id and name. */
static void check_received(void)
{
    static const char data[] =
        "Received: from x\n\tid 1vMqTr-0001Ab-01\n"
        "\tfor x@outrider.invalid; date\n"
        "X-Failed-Recipients: a@example.net\n" TOP TO_US "\n";
    size_t all = 1;
    struct bounce_edit edit = {.to = "sender@example.org",
                               .old_to = "x@outrider.invalid",
                               .id = "1vMqTs-0002Cd-02",
                               .old_id = "1vMqTr-0001Ab-01",
                               .keep = keep,
                               .context = &all};
    struct bounce b;
    struct text out = {0};

    bounce_parse(&b, data, strlen(data));
    write_for_sender(&b, &all, &out);
    unit_str("received, dropped", "passed on", out.s,
             "X-Failed-Recipients: a@example.net\n" TOP TO_SENDER "\n");
    text_cut(&out, 0);
    bounce_write(&b, &edit, &out);
    unit_str("received, changed", "passed on", out.s,
             "Received: from x\n\tid 1vMqTs-0002Cd-02\n"
             "\tfor sender@example.org; date\n"
             "X-Failed-Recipients: a@example.net\n" TOP TO_SENDER "\n");
    bounce_free(&b);
    text_free(&out);
}

/* A template in UTF-8 is labelled so; what comes after it does not count. */
static void check_charset(void)
{
    static const struct {
        const char *words, *original, *label;
    } rows[] = {
        {"k\303\266nnte", "x",
         "charset=utf-8\nContent-Transfer-Encoding: 8bit\n"},
        {"k\366nnte", "x",
         "charset=unknown-8bit\nContent-Transfer-Encoding: 8bit\n"},
        {"could", "x", "charset=us-ascii\n"},
        {"could", "k\303\266nnte", "charset=us-ascii\n"},
    };
    size_t all = 1;

    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *data = text_format(
            "X-Failed-Recipients: a@example.net\n" TOP TO_US MIME SUBJECT
                TEXT_PART "\n%s\n\n" ENTRY("a@example.net")
                    STATUS_TOP GROUP("a@example.net") "--" BOUNDARY "\n\n%s\n",
            rows[i].words, rows[i].original);
        struct bounce b;
        struct text out = {0};

        bounce_parse(&b, data, strlen(data));
        write_for_sender(&b, &all, &out);
        unit_has(rows[i].words, "passed on", out.s, rows[i].label);
        unit_has(rows[i].words, "passed on", out.s, rows[i].words);
        bounce_free(&b);
        text_free(&out);
        free(data);
    }
}

int main(void)
{
    for (size_t i = 0; i < LENGTH(notices); i++)
        check_notice(i);
    check_all_kept();
    check_many();
    check_received();
    check_charset();
    return unit_end();
}
