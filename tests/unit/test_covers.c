/* test_covers: which header fields a signature covers.
 *
 * The signatures are RFC 6376's and RFC 8617's examples, and the shapes that
 * large senders make, with the values of b= and bh= cut short.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "covers.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define RFC6376                                                                \
    "v=1; a=rsa-sha256; d=example.net; s=brisbane;\r\n"                        \
    "      c=simple; q=dns/txt; i=@eng.example.net;\r\n"                       \
    "      t=1117574938; x=1118006938;\r\n"                                    \
    "      h=from:to:subject:date;\r\n"                                        \
    "      z=From:foo@eng.example.net|To:joe@example.com|\r\n"                 \
    "        Cc:ann@example.com|Subject:demo=20run;\r\n"                       \
    "      bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=;\r\n"               \
    "      b=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZ\r\n"         \
    "        VoG4ZHRNiYzR"
#define RFC8617                                                                \
    " i=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=example.org; h=mime-version" \
    ":date:message-id:subject\r\n :from:to; s=default; bh=KWSe46TZ; b=dCLmZ"
#define FOLDED                                                                 \
    "v=1;a=rsa-sha256;q=dns/txt;c=relaxed/relaxed;\n\td=x.example; s=20;\n\t"  \
    "h=Content-Type:MIME-Version:Reply-\n\t To : \n\t "                        \
    "Subject:From;bh=x;b=h=Cc"

static const struct {
    const char *label, *body;
    size_t size;
    const char *name;
    bool want;
} rows[] = {
    {.label = "RFC 6376, From", .body = RFC6376, .name = "From", .want = true},
    {.label = "RFC 6376, TO", .body = RFC6376, .name = "TO", .want = true},
    {.label = "RFC 6376, Date", .body = RFC6376, .name = "Date", .want = true},
    {.label = "RFC 6376, Cc is in z=", .body = RFC6376, .name = "Cc"},
    {.label = "RFC 6376, half a name", .body = RFC6376, .name = "Fro"},
    {.label = "RFC 6376, more than a name", .body = RFC6376, .name = "Tos"},
    {.label = "RFC 8617, To", .body = RFC8617, .name = "To", .want = true},
    {.label = "RFC 8617, folded",
     .body = RFC8617,
     .name = "From",
     .want = true},
    {.label = "RFC 8617, Subject",
     .body = RFC8617,
     .name = "subject",
     .want = true},
    {.label = "RFC 8617, no Cc", .body = RFC8617, .name = "Cc"},
    {.label = "folded in a name",
     .body = FOLDED,
     .name = "Reply-To",
     .want = true},
    {.label = "folded, not a part of it", .body = FOLDED, .name = "To"},
    {.label = "folded around colons",
     .body = FOLDED,
     .name = "Subject",
     .want = true},
    {.label = "the last name", .body = FOLDED, .name = "from", .want = true},
    {.label = "h= within b=", .body = FOLDED, .name = "Cc"},
    {.label = "nothing", .body = "", .name = "To"},
    {.label = "no tags", .body = "To", .name = "To"},
    {.label = "no h=", .body = "v=1; b=To", .name = "To"},
    {.label = "h without =", .body = "h; To", .name = "To"},
    {.label = "an empty h=", .body = "h=; b=", .name = "To"},
    {.label = "h= alone", .body = "h=To", .name = "To", .want = true},
    {.label = "white space around h",
     .body = " ;; \r\n h \t = \r\n To ;",
     .name = "To",
     .want = true},
    {.label = "h= first",
     .body = "h=To:From;v=1",
     .name = "From",
     .want = true},
    {.label = "empty names", .body = "h=::To::", .name = "To", .want = true},
    {.label = "no name asked for", .body = "h=::", .name = ""},
    {.label = "H= is another tag", .body = "H=To", .name = "To"},
    {.label = "bh= is another tag", .body = "bh=To; hh=To", .name = "To"},
    {.label = "two h=", .body = "h=From; h=To", .name = "To", .want = true},
    {.label = "oversigned", .body = "h=To:To:From", .name = "To", .want = true},
    {.label = "= within h=", .body = "h=To=:From", .name = "To"},
    {.label = "a colon is in no name", .body = "h=a:b", .name = "a:b"},
    {.label = "another dash",
     .body = "h=Reply\xe2\x80\x90To",
     .name = "Reply-To"},
    {.label = "a NUL after a name",
     .body = "h=To\0:b",
     .size = 7,
     .name = "To"},
    {.label = "a NUL is no end", .body = "h=To\0:b", .size = 7, .name = "To\0"},
    {.label = "a NUL before", .body = "\0h=To", .size = 5, .name = "To"},
    {.label = "a NUL elsewhere",
     .body = "a=\0;h=To",
     .size = 8,
     .name = "To",
     .want = true},
    {.label = "cut off", .body = "h=To:From", .size = 8, .name = "From"},
};

int main(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        size_t len = rows[i].size > 0 ? rows[i].size : strlen(rows[i].body);

        unit_int(rows[i].label, "covered",
                 covers(rows[i].body, len, rows[i].name), rows[i].want);
    }
    return unit_end();
}
