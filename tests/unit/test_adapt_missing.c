/* test_adapt_missing: what the recipient of parts is told when others have not
 * come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "missing.h"
#include "unit.h"

#define LENGTH(x) (sizeof(x) / sizeof *(x))

static const struct {
    const char *label, *from, *sender, *head;
    int total, there;
    const char *want; /* is in it */
} notices[] = {
    {"From:", "", "a@x", "", 4, 2,
     "From: Mail Delivery System <mailer-daemon@hub.example>\n"
     "To: b@y.example\nSubject: Parts of a message have not come\n"},
    {"notice-from", "post@hub.example", "a@x", "", 4, 2,
     "From: Mail Delivery System <post@hub.example>\nTo: "},
    {"some of them", "", "a@x", "", 4, 2,
     "\n\nA message from <a@x> was sent to you in 4 parts.\n2 of them have "
     "come "
     "so far, and the others were waited for 5d.\nWhat"},
    {"one of them", "", "a@x", "", 4, 1,
     "\n1 of them has come so far, and the others were waited for 5d.\n"},
    {"all but one", "", "a@x", "", 4, 3,
     "\n3 of them have come so far, and the other one was waited for 5d.\n"},
    {"nobody knows of how many", "", "a@x", "", 0, 1,
     " was sent to you in parts.\n1 of them has come so far, and the others "},
    {"nobody's", "", "", "", 2, 1, "\n\nA message was sent to you in 2 parts"},
    {"a subject", "", "a@x", "X: y\nSubject: Big files (3/4)\n", 4, 2,
     "in 4 parts.\nIts subject:\n\n    Big files\n\n2 of them"},
    {"a subject in brackets", "", "a@x", "Subject: [3/4]\n", 4, 2,
     "in 4 parts.\n2 of them"},
    {"a subject without a number", "", "a@x", "Subject: Big (new)\n", 4, 2,
     "\n    Big (new)\n"},
    {"a subject, encoded", "", "a@x",
     "Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe=0A=0AX?=\n\t=?utf-8?q?_2?= (1/2)\n", 2,
     1, "\n    Gr\303\266\303\237e  X 2\n"},
    {"a subject, folded", "", "a@x", "Subject: Big\n files\n (1/2)\n", 2, 1,
     "\n    Big files\n\n"},
    {"a subject that is no UTF-8", "", "a@x", "Subject: a\344b\n", 2, 1,
     "\n    a\357\277\275b\n"},
};

int main(void)
{
    struct settings *set = settings_new("/tmp/x");
    for (size_t i = 0; i < LENGTH(notices); i++) {
        struct text out = {0};
        free(set->notice_from);
        set->notice_from = text_copy(notices[i].from);
        const struct missing m = {.settings = set,
                                  .host = "hub.example",
                                  .recipient = "b@y.example",
                                  .sender = notices[i].sender,
                                  .head = notices[i].head,
                                  .total = notices[i].total,
                                  .there = notices[i].there};
        missing_write(&m, &out);
        unit_has(notices[i].label, "notice", out.s, notices[i].want);
        text_free(&out);
    }
    settings_free(&set);
    return unit_end();
}
