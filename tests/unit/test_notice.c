/* test_notice: the whole message of each kind of notice; who is told, and how
 * often.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "notice.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

#define NOW 1795341600 /* Sun, 22 Nov 2026 10:00:00 +0000 */
#define DAY 86400

static struct settings *set;

/* ---- whole messages ---- */

#define FIELDS                                                                 \
    "Received: by x\nFrom: s@x.example\nTo: old@a.example\n"                   \
    "Subject: The\n\tplan\nDate: Sun, 22 Nov 2026 18:00:00 +0900\n"            \
    "Message-ID: <1@x.example>\nReferences: <8@x.example>\n\t<9@x.example>\n"

#define HEAD(subject, submitted)                                               \
    "From: Mail Delivery System <mailer-daemon@hub.example>\n"                 \
    "To: s@x.example\nDate: Sun, 22 Nov 2026 10:00:00 +0000\n"                 \
    "Subject: " subject "\nAuto-Submitted: auto-" submitted                    \
    "\nMIME-Version: 1.0\n"
#define REFERENCES                                                             \
    "In-Reply-To: <1@x.example>\n"                                             \
    "References: <8@x.example> <9@x.example>\n <1@x.example>\n"
#define REPORT                                                                 \
    "Content-Type: multipart/report; report-type=delivery-status;\n"           \
    "\tboundary=\"B\"\n\n"                                                     \
    "--B\nContent-Type: text/plain; charset=utf-8\n"                           \
    "Content-Transfer-Encoding: 8bit\n\n"
#define STATUS                                                                 \
    "\n--B\nContent-Type: message/delivery-status\n\n"                         \
    "Reporting-MTA: dns; hub.example\n"                                        \
    "Arrival-Date: Sun, 22 Nov 2026 09:59:00 +0000\n\n"
#define PLAIN                                                                  \
    "Content-Type: text/plain; charset=utf-8\n"                                \
    "Content-Transfer-Encoding: 8bit\n\n"
#define ABOUT                                                                  \
    "\n    Subject: The plan\n    Date:    Sun, 22 Nov 2026 18:00:00 +0900\n"

static const struct {
    const char *label;
    struct notice notice;
    const char *fields, *want;
} messages[] = {
    {.label = "changed",
     .notice = {.kind = NOTICE_CHANGED,
                .old = "old@a.example",
                .new = "new@b.example",
                .row = "old@a.example",
                .registered = NOW - DAY},
     .fields = FIELDS,
     .want =
         HEAD("old@a.example has a new address", "replied") REFERENCES REPORT
     "This message was created by the mail system of hub.example.\n\n"
     "An address that you wrote to has changed:\n\n"
     "    old address: old@a.example\n"
     "    new address: new@b.example\n"
     "    since:       Sat, 21 Nov 2026 10:00:00 +0000\n\n"
     "Your mail was delivered to the new address; you need not send "
     "it again.\n"
     "Please change your address book and your lists.\n" ABOUT STATUS
     "Original-Recipient: rfc822; old@a.example\n"
     "Final-Recipient: rfc822; new@b.example\n"
     "Action: relayed\nStatus: 2.1.5\n"
     "Outrider-Notice: changed\n"
     "Outrider-Old-Address: rfc822; old@a.example\n"
     "Outrider-New-Address: rfc822; new@b.example\n"
     "Outrider-Registered: Sat, 21 Nov 2026 10:00:00 +0000\n"
     "\n--B\nContent-Type: text/vcard; charset=utf-8\n"
     "Content-Transfer-Encoding: 8bit\n\n"
     "BEGIN:VCARD\nVERSION:4.0\nFN:new\nEMAIL;PREF=1:new@b.example\n"
     "REV:20261121T100000Z\nEND:VCARD\n"
     "\n--B--\n"},
    {.label = "held",
     .notice = {.kind = NOTICE_HELD,
                .old = "old@a.example",
                .row = "*@a.example",
                .orcpt = "rfc822;Old@A.example",
                .until = NOW + 14 * DAY},
     .fields = "Subject: x\nDate: today\n",
     .want = HEAD("Held: x", "replied") REPORT
     "This message was created by the mail system of hub.example.\n\n"
     "The address old@a.example is not valid any more, and its new\n"
     "address is not known yet. Your mail is held for 14 days, until\n"
     "Sun, 06 Dec 2026 10:00:00 +0000. When the new address becomes "
     "known in\n"
     "that time it is delivered there, and you are told; otherwise it "
     "comes\n"
     "back to you. You need not do anything.\n\n"
     "    Subject: x\n    Date:    today\n" STATUS
     "Original-Recipient: rfc822;Old@A.example\n"
     "Final-Recipient: rfc822; old@a.example\n"
     "Action: delayed\nStatus: 4.1.0\n"
     "Will-Retry-Until: Sun, 06 Dec 2026 10:00:00 +0000\n"
     "Outrider-Notice: held\n"
     "Outrider-Old-Address: rfc822; old@a.example\n"
     "\n--B--\n"},
    {.label = "ask",
     .notice = {.kind = NOTICE_ASK,
                .old = "old@a.example",
                .row = "*@a.example",
                .registered = NOW - DAY,
                .until = NOW + 14 * DAY},
     .fields = FIELDS,
     .want =
         HEAD("What is the new address of old@a.example?", "generated") PLAIN
     "hub.example holds mail for old@a.example, an address that is\n"
     "registered as gone (*@a.example, since Sat, 21 Nov 2026 10:00:00 "
     "+0000).\n"
     "The first was sent by s@x.example (1vMqTr-0001Ab-01); it is "
     "returned on\n"
     "Sun, 06 Dec 2026 10:00:00 +0000 if nothing is done. To deliver it, "
     "and all that\n"
     "follows:\n\n"
     "    outrider relocation set old@a.example NEW-ADDRESS\n\n"
     "    outrider held list          shows all that is held\n"},
    {.label = "ask again",
     .notice = {.kind = NOTICE_ASK_AGAIN,
                .old = "old@a.example",
                .row = "old@a.example",
                .until = NOW + 7 * DAY},
     .fields = "",
     .want = HEAD("Again: what is the new address of old@a.example?",
                  "generated") PLAIN
     "hub.example still holds mail for old@a.example, whose new\n"
     "address is not known. Half of the time is over: on Sun, 29 Nov "
     "2026 10:00:00 +0000\n"
     "it begins to return that mail. To deliver it:\n\n"
     "    outrider relocation set old@a.example NEW-ADDRESS\n"},
    {.label = "removed",
     .notice = {.kind = NOTICE_REMOVED,
                .row = "*@a.example",
                .registered = NOW - 90 * DAY},
     .fields = "",
     .want = HEAD("*@a.example is not registered any more", "generated") PLAIN
     "*@a.example was registered as gone on Mon, 24 Aug 2026 10:00:00 "
     "+0000, and\n"
     "nobody has said what its new address is. hub.example has\n"
     "removed it from the table: mail for it is treated as for any "
     "address.\n"},
};

/* The message, with "B" in place of its boundary. */
static char *written(struct notice n, const char *block)
{
    struct field_span *fields;
    struct text out = {0};
    char error[300] = "", *at, *boundary = NULL;

    n.settings = set;
    n.hub = "hub.example";
    n.to = "s@x.example";
    n.sender = "s@x.example";
    n.id = "1vMqTr-0001Ab-01";
    n.now = NOW;
    n.arrived = NOW - 60;
    n.field_count = fields_split(block, strlen(block), &fields);
    n.fields = fields;
    unit_int("written", "result", notice_write(&n, &out, error, sizeof error),
             0);
    unit_str("written", "error", error, "");
    free(fields);
    if ((at = strstr(text_str(&out), "boundary=\"")) != NULL) {
        at += strlen("boundary=\"");
        boundary = strndup(at, strcspn(at, "\""));
        while ((at = strstr(out.s, boundary)) != NULL) {
            *at = 'B';
            memmove(at + 1, at + strlen(boundary),
                    strlen(at + strlen(boundary)) + 1);
        }
        free(boundary);
    }
    return out.s != NULL ? out.s : text_copy("");
}

static void check_messages(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++) {
        char *got = written(messages[i].notice, messages[i].fields);

        unit_str(messages[i].label, "message", got, messages[i].want);
        free(got);
    }
}

/* ---- details ---- */

static const char *const kinds[] = {"changed", "held", "ask", "ask-again",
                                    "removed"};

/* A notice of a change, or of mail that is held when there is no new one. */
static const struct {
    const char *label, *old, *new, *fields;
    const char *has, *not ;
} details[] = {
    {"no Message-ID", "o@a", "n@b", "Subject: x\n", "Status: 2.1.5",
     "In-Reply-To"},
    {"no References", "o@a", "n@b", "Message-ID: <1@x>\n",
     "In-Reply-To: <1@x>\nReferences: <1@x>\n", NULL},
    {"an empty Message-ID", "o@a", "n@b", "Message-ID:\n", "MIME-Version",
     "In-Reply-To"},
    {"an encoded subject, in the text", "o@a", NULL,
     "Subject: =?iso-8859-1?Q?Caf=E9?=\n", "    Subject: Caf\xc3\xa9\n", NULL},
    {"an encoded subject, in the head", "o@a", NULL,
     "Subject: =?iso-8859-1?Q?Caf=E9?=\n",
     "\nSubject: =?UTF-8?B?SGVsZDogQ2Fmw6k=?=\n", NULL},
    {"a subject in UTF-8", "o@a", NULL, "Subject: Caf\xc3\xa9\n",
     "    Subject: Caf\xc3\xa9\n", NULL},
    {"a subject with a line of its own", "o@a", NULL,
     "Subject: x\r\n Bcc: y@z\n", "Subject: Held: x Bcc: y@z\n", "\nBcc"},
    {"no subject", "o@a", NULL, "From: x\n", "Subject: Held:", NULL},
    {"an old address in UTF-8", "\xc3\xb6@a", "n@b", "",
     "Content-Type: message/global-delivery-status\n"
     "Content-Transfer-Encoding: 8bit\n",
     "Type: message/delivery-status"},
    {"an old address in UTF-8, its type", "\xc3\xb6@a", "n@b", "",
     "Outrider-Old-Address: utf-8; \xc3\xb6@a\n", NULL},
    {"a new address in UTF-8", "o@a", "n@\xc3\xb6.example", "",
     "Final-Recipient: utf-8; n@\xc3\xb6.example\n", NULL},
    {"what separates in a vCard", "o@a", "\"a,b;c\\\\d\"@b", "",
     "EMAIL;PREF=1:\"a\\,b\\;c\\\\\\\\d\"@b\n", NULL},
    {"the time is not known", "o@a", "n@b", "", "since:       -\n",
     "Outrider-Registered"},
    {"the time is not known, in a vCard", "o@a", "n@b", "",
     "REV:20261122T100000Z\n", NULL},
};

static void check_details(void)
{
    for (size_t i = 0; i < LENGTH(details); i++) {
        struct notice n = {.kind = details[i].new != NULL ? NOTICE_CHANGED
                                                          : NOTICE_HELD,
                           .old = details[i].old,
                           .new = details[i].new};
        char *got = written(n, details[i].fields);

        unit_has(details[i].label, "message", got, details[i].has);
        if (details[i].not != NULL)
            unit_true(details[i].label, strstr(got, details[i].not ) == NULL);
        free(got);
    }
}

static const struct {
    const char *label;
    int64_t seconds;
    const char *days;
} waits[] = {
    {"two weeks", 14 * DAY, "held for 14 days"},
    {"a little less", 14 * DAY - 3600, "held for 14 days"},
    {"half a day less", 14 * DAY - 13 * 3600, "held for 13 days"},
    {"an hour", 3600, "held for 1 days"},
    {"over", -3600, "held for 1 days"},
};

static void check_waits(void)
{
    for (size_t i = 0; i < LENGTH(waits); i++) {
        struct notice n = {
            .kind = NOTICE_HELD, .old = "o@a", .until = NOW + waits[i].seconds};
        char *got = written(n, "");

        unit_has(waits[i].label, "message", got, waits[i].days);
        free(got);
    }
}

/* RFC 5322 2.1.1: no line has more than 998 characters; and what says that it
 * is UTF-8 is. */
static const struct {
    const char *label, *format;
    int width;
} monsters[] = {
    {"a long subject", "Subject: %0*d\n", 5000},
    {"a long subject, folded", "Subject: %0*d\n 0\n", 990},
    {"a long Message-ID", "Message-ID: <%0*d@x>\n", 2000},
    {"a long References", "References: <%0*d@x>\nMessage-ID: <1@x>\n", 2000},
    {"a long Date", "Date: %0*d\n", 5000},
    {"Latin-1", "Subject: Caf\xe9 %0*d\n", 1},
};

static void check_monsters(void)
{
    for (size_t i = 0; i < LENGTH(monsters); i++) {
        struct notice n = {.kind = NOTICE_HELD, .old = "o@a"};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        char *block = text_format(monsters[i].format, monsters[i].width, 0);
#pragma GCC diagnostic pop
        char *got = written(n, block);
        size_t longest = 0, step = 1;

        for (const char *p = got; *p != '\0';) {
            size_t len = strcspn(p, "\n");

            longest = len > longest ? len : longest;
            p += len + (p[len] == '\n');
        }
        unit_true(monsters[i].label, longest <= 998);
        for (const char *p = got; *p != '\0' && step > 0; p += step)
            step = text_utf8(p);
        unit_true(monsters[i].label, step > 0);
        free(got);
        free(block);
    }
}

static void check_templates(void)
{
    struct notice n = {.kind = NOTICE_HELD,
                       .settings = set,
                       .hub = "hub.example",
                       .to = "s@x.example",
                       .old = "o@a",
                       .sender = "s@x.example"};
    char error[300] = "", *path = scratch_path("held");
    struct text out = {0};

    free(set->templates);
    set->templates = text_copy(scratch);
    file_put_text(path, "Subject: no empty line\n");
    unit_int("a wrong template", "result",
             notice_write(&n, &out, error, sizeof error), -1);
    unit_has("a wrong template", "error", error, path);
    unit_int("a wrong template", "written", (long)out.len, 0);
    file_put_text(path, "Subject: S\nContent-Language: ja\n\n{old} {days}\n");
    free(set->notice_from);
    set->notice_from = text_copy("moves@hub.example");
    unit_int("a template", "result",
             notice_write(&n, &out, error, sizeof error), 0);
    unit_has("a template", "message", text_str(&out),
             "\nSubject: S\nContent-Language: ja\nAuto-Submitted: ");
    unit_has("a template", "message", text_str(&out), "\n\no@a 1\n");
    unit_has("a template", "message", text_str(&out),
             "From: Mail Delivery System <moves@hub.example>\n");
    unlink(path);
    text_free(&out);
    free(path);
    for (size_t i = 0; i < LENGTH(kinds); i++)
        unit_str(kinds[i], "name", notice_name((enum notice_kind)i), kinds[i]);
}

/* ---- who is told ---- */

#define S "s@x.example"

static const struct {
    const char *label, *sender, *fields;
    bool allowed;
} allowed[] = {
    {"a person", S, "From: s@x.example\nTo: a@x\nSubject: x\n", true},
    {"no fields", S, "", true},
    {"a bounce", "", "", false},
    {"no address", "s", "", false},
    {"Auto-Submitted", S, "Auto-Submitted: auto-replied\n", false},
    {"Auto-Submitted with a parameter", S,
     "Auto-Submitted: auto-generated; x=y\n", false},
    {"Auto-Submitted, empty", S, "Auto-Submitted:\n", false},
    {"Auto-Submitted: no", S, "Auto-Submitted: no\n", true},
    {"Auto-Submitted: NO", S, "auto-submitted: NO\n", true},
    {"Auto-Submitted: no, with a comment", S, "Auto-Submitted: no (x)\n", true},
    {"Auto-Submitted: not", S, "Auto-Submitted: nothing\n", false},
    {"Precedence: bulk", S, "Precedence: bulk\n", false},
    {"Precedence: list", S, "Precedence: List\n", false},
    {"Precedence: junk", S, "precedence: junk (x)\n", false},
    {"Precedence: normal", S, "Precedence: normal\n", true},
    {"Precedence: listless", S, "Precedence: listless\n", true},
    {"List-Id", S, "List-Id: <l.x.example>\n", false},
    {"List-Unsubscribe", S, "list-unsubscribe: <http://x>\n", false},
    {"List-Post, white space before the colon", S, "List-Post : NO\n", false},
    {"List alone", S, "List: x\nLister: x\nX-List-Id: x\n", true},
    {"Mailing-List", S, "Mailing-List: list x; contact y\n", false},
    {"X-Auto-Response-Suppress: All", S, "X-Auto-Response-Suppress: All\n",
     false},
    {"X-Auto-Response-Suppress: OOF", S, "X-Auto-Response-Suppress: DR, OOF\n",
     false},
    {"X-Auto-Response-Suppress: None", S, "X-Auto-Response-Suppress: None\n",
     true},
    {"MAILER-DAEMON", "MAILER-DAEMON@x.example", "", false},
    {"postmaster", "Postmaster@x.example", "", false},
    {"owner-", "owner-list@x.example", "", false},
    {"-owner", "list-owner@x.example", "", false},
    {"-request", "list-REQUEST@x.example", "", false},
    {"-bounces", "list-bounces@x.example", "", false},
    {"-bounces+", "list-bounces+s=x.example@x.example", "", false},
    {"bounce", "bounces+123@x.example", "", false},
    {"noreply", "noreply@x.example", "", false},
    {"no-reply", "No-Reply-7@x.example", "", false},
    {"request alone", "request@x.example", "", true},
    {"owner alone", "owner@x.example", "", true},
    {"a domain like that", "s@noreply.example", "", true},
    {"a name like that", "anowner-x.y@x.example", "", true},
};

static void check_allowed(void)
{
    for (size_t i = 0; i < LENGTH(allowed); i++) {
        struct field_span *fields;
        int n =
            fields_split(allowed[i].fields, strlen(allowed[i].fields), &fields);

        unit_int(allowed[i].label, "allowed",
                 notice_allowed(allowed[i].sender, fields, n),
                 allowed[i].allowed);
        free(fields);
    }
}

/* What we send ourselves is never answered. */
static void check_own(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++) {
        char *got = written(messages[i].notice, messages[i].fields);
        char *end = strstr(got, "\n\n");
        struct field_span *fields;
        int n = fields_split(got, (size_t)(end - got) + 1, &fields);

        unit_true(messages[i].label, !notice_allowed(S, fields, n));
        free(fields);
        free(got);
    }
}

/* ---- once in a period ---- */

/* One after the other; the period is 30 days. */
static const struct {
    const char *label;
    enum notice_kind kind;
    const char *to, *old;
    int64_t now;
    int rc;
} dues[] = {
    {"the first", NOTICE_CHANGED, S, "o@a", NOW, 1},
    {"at once again", NOTICE_CHANGED, S, "o@a", NOW, 0},
    {"in capitals", NOTICE_CHANGED, "S@X.Example", "O@A", NOW + 1, 0},
    {"another kind", NOTICE_HELD, S, "o@a", NOW + 2, 1},
    {"another sender", NOTICE_CHANGED, "t@x.example", "o@a", NOW + 3, 1},
    {"another address", NOTICE_CHANGED, S, "p@a", NOW + 4, 1},
    {"a day later", NOTICE_CHANGED, S, "o@a", NOW + DAY, 0},
    {"not quite over", NOTICE_CHANGED, S, "o@a", NOW + 30 * DAY - 1, 0},
    {"over", NOTICE_CHANGED, S, "o@a", NOW + 30 * DAY, 1},
    {"it begins anew", NOTICE_CHANGED, S, "o@a", NOW + 59 * DAY, 0},
    {"over for another", NOTICE_CHANGED, S, "p@a", NOW + 59 * DAY, 1},
    {"the clock is set back", NOTICE_CHANGED, S, "o@a", NOW, 1},
    {"set back, again", NOTICE_CHANGED, S, "o@a", NOW + 60, 0},
    {"set back, another", NOTICE_CHANGED, S, "p@a", NOW + 60, 1},
    {"set back, a day on", NOTICE_CHANGED, S, "p@a", NOW + DAY + 60, 0},
};

static void check_due(void)
{
    for (size_t i = 0; i < LENGTH(dues); i++) {
        char error[300] = "";

        unit_int(dues[i].label, "due",
                 notice_due(set, dues[i].kind, dues[i].to, dues[i].old,
                            dues[i].now, error, sizeof error),
                 dues[i].rc);
        unit_str(dues[i].label, "error", error, "");
    }
}

static void check_not_noted(void)
{
    char error[300] = "", *state = set->state;

    set->state = text_format("%s/none/below", scratch);
    unit_int("it cannot be noted", "due",
             notice_due(set, NOTICE_HELD, S, "o@a", NOW, error, sizeof error),
             -1);
    unit_has("it cannot be noted", "error", error, set->state);
    free(set->state);
    set->state = state;
}

int main(void)
{
    int fds;

    scratch_begin();
    fds = descriptors_open();
    set = settings_new(scratch);
    check_messages();
    check_details();
    check_waits();
    check_monsters();
    check_own();
    check_templates();
    check_allowed();
    check_due();
    check_not_noted();
    unit_int("all closed", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
