/* test_forward: the address in replies that say where a user has gone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <time.h>

#include "forward.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define LOCAL_64                                                               \
    "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.0123456789"

/* `code` 0 is 551, `old` NULL is old@x; `want` NULL: there is none. */
static const struct {
    const char *label, *text, *want, *old;
    int code;
} rows[] = {
    {.label = "RFC 5321 3.4, 551",
     .text = "5.1.6 User not local; please try <new@x.example>",
     .want = "new@x.example"},
    {.label = "RFC 5321 3.4, 251",
     .code = 251,
     .text = "2.1.5 User not local; will forward to <n@x>",
     .want = "n@x"},
    {.label = "no enhanced code", .text = "try <new@x>", .want = "new@x"},
    {.label = "the path alone", .text = "<new@x>", .want = "new@x"},
    {.label = "another code: 550", .code = 550, .text = "try <new@x>"},
    {.label = "another code: 250", .code = 250, .text = "<new@x>"},
    {.label = "another code: 252", .code = 252, .text = "<new@x>"},
    {.label = "no text", .text = ""},
    {.label = "no address", .text = "User not local; please try again"},
    {.label = "nothing in the path", .text = "User not local <>"},

    /* what servers make of it */
    {.label = "trailing text",
     .text = "try <new@x.example>, he has moved.",
     .want = "new@x.example"},
    {.label = "no brackets",
     .text = "please try new@x.example",
     .want = "new@x.example"},
    {.label = "no brackets, the end of a sentence",
     .text = "Please try new@x.example.",
     .want = "new@x.example"},
    {.label = "no brackets, a sentence more",
     .text = "Please try new@x.example. Thank you.",
     .want = "new@x.example"},
    {.label = "in parentheses", .text = "moved (new@x)", .want = "new@x"},
    {.label = "in quotes", .text = "try \"new@x\", please", .want = "new@x"},
    {.label = "in single quotes", .text = "try 'new@x'", .want = "new@x"},
    {.label = "in square brackets", .text = "try [new@x]", .want = "new@x"},
    {.label = "after a colon", .text = "moved to:new@x", .want = "new@x"},
    {.label = "mailto", .text = "try <mailto:new@x>", .want = "new@x"},
    {.label = "spaces in the path", .text = "try < new@x >", .want = "new@x"},
    {.label = "a source route", .text = "<@a.b,@c:new@x>", .want = "new@x"},
    {.label = "several lines",
     .text = "5.1.6 User not local\n5.1.6 please try\n5.1.6 <new@x>",
     .want = "new@x"},
    {.label = "several lines, no brackets",
     .text = "User not local, please try\nnew@x.example\nThank you",
     .want = "new@x.example"},
    {.label = "a path over two lines", .text = "try <new@\nx>"},
    {.label = "a quote that does not end",
     .text = "User \"joe has moved to <new@x>",
     .want = "new@x"},
    {.label = "a < that does not end",
     .text = "x < y; try <new@x>",
     .want = "new@x"},
    {.label = "one after another", .text = "<<<new@x>>>", .want = "new@x"},

    /* addresses as they may be */
    {.label = "a quoted local part",
     .text = "try <\"two words\"@x>",
     .want = "\"two words\"@x"},
    {.label = "a quoted local part, no brackets",
     .text = "try \"two words\"@x.example, please",
     .want = "\"two words\"@x.example"},
    {.label = "quotes that need not be",
     .text = "try <\"new\"@x>",
     .want = "new@x"},
    {.label = "> in quotes", .text = "<\"a>b\"@x>", .want = "\"a>b\"@x"},
    {.label = "a quote in quotes",
     .text = "<\"a\\\"b\"@x>",
     .want = "\"a\\\"b\"@x"},
    {.label = "a literal", .text = "<a@[192.0.2.1]>", .want = "a@[192.0.2.1]"},
    {.label = "an IPv6 literal, no brackets",
     .text = "try a@[IPv6:::1].",
     .want = "a@[IPv6:::1]"},
    {.label = "odd characters",
     .text = "<o'neil+a/b=c{d}@x-y_z.example>",
     .want = "o'neil+a/b=c{d}@x-y_z.example"},
    {.label = "two dots", .text = "<a..b@x>", .want = "\"a..b\"@x"},
    {.label = "UTF-8",
     .text = "<\xc3\xb6@\xc3\xbc.example>",
     .want = "\xc3\xb6@\xc3\xbc.example"},
    {.label = "UTF-8, no brackets: where does it end?",
     .text = "new@x.example\xe3\x81\xb8"},
    {.label = "no UTF-8", .text = "<\xff@x>"},
    {.label = "half a character", .text = "<a@x\xc3>"},
    {.label = "64 bytes", .text = "<" LOCAL_64 "@x>", .want = LOCAL_64 "@x"},
    {.label = "65 bytes", .text = "<1" LOCAL_64 "@x>"},
    {.label = "a path too long",
     .text = "<a@" LOCAL_64 "." LOCAL_64 "." LOCAL_64 "." LOCAL_64 ">"},

    /* not to be taken */
    {.label = "the old one", .text = "<old@x> is unknown"},
    {.label = "the old one, in other letters", .text = "<OLD@X>"},
    {.label = "the old one, in quotes", .text = "<\"old\"@x> is unknown"},
    {.label = "the old one and the new one",
     .text = "<old@x>: try <new@x>",
     .want = "new@x"},
    {.label = "the old one in brackets, the new one not",
     .text = "<old@x>: try new@x",
     .want = "new@x"},
    {.label = "both without brackets",
     .text = "old@x has moved to new@x",
     .want = "new@x"},
    {.label = "the old one, quoted",
     .old = "\"two words\"@x",
     .text = "two <\"two words\"@X>"},
    {.label = "two", .text = "<a@x> or <b@x>"},
    {.label = "two without brackets", .text = "a@x or b@x"},
    {.label = "two, no space", .text = "a@x,b@x"},
    {.label = "the same twice", .text = "<a@x>\n<A@X>", .want = "a@x"},
    {.label = "somebody to write to",
     .text = "try <new@x>, or ask postmaster@x",
     .want = "new@x"},
    {.label = "a policy, and somebody to write to",
     .text = "5.7.1 We do not relay; ask postmaster@x.example"},
    {.label = "a policy, and a path",
     .text = "5.7.1 User not local; try <new@x>",
     .want = "new@x"},
    {.label = "a whole domain", .text = "<*@x>"},
    {.label = "a whole domain, in quotes", .text = "<\"*\"@x>"},
    {.label = "a name in the path", .text = "<new user@x>"},
    {.label = "words in the path", .text = "<please ask user@x>"},
    {.label = "half of one: @", .text = "a@b@c@d"},
    {.label = "half of one: a backslash", .text = "foo\\bar@x"},
    {.label = "half of one: a quote", .text = "\"two words\".bar@x"},
    {.label = "half of one: a comma", .text = "a,b@x"},
    {.label = "half of one: dots", .text = "try new@x..example"},
    {.label = "half of one: a slash", .text = "see http://user@x/new"},
    {.label = "half of one: a percent", .text = "new@x%y"},
    {.label = "no domain", .text = "<new@>, new@ x"},
    {.label = "no local part", .text = "<@x>, @x"},
    {.label = "a local name", .text = "<new>"},
    {.label = "a control character", .text = "<\"a\001\"@x>"},
    {.label = "a line end in quotes", .text = "<\"a\\\nb\"@x>"},
    {.label = "NUL's neighbour", .text = "<\"a\\"},
};

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct text new = {0};
        int rc = forward_find(rows[i].code ? rows[i].code : 551, rows[i].text,
                              rows[i].old ? rows[i].old : "old@x", &new);

        unit_int(rows[i].label, "result", rc, rows[i].want ? 1 : 0);
        unit_str(rows[i].label, "address", text_str(&new),
                 rows[i].want ? rows[i].want : "");
        text_free(&new);
    }
}

/* Bytes that would take hours if the time were not linear. */
static const char *const hostile[] = {
    "<",  "<a", "\"",  "<\"", "@",    "a@",    "a",    "<@",  "<@a,",  "\\",
    "a.", "[",  "a@[", " ",   "\"a@", "<@@@@", "\xc3", "=a@", "<\"\\",
};

static void check_hostile(void)
{
    for (size_t i = 0; i < LENGTH(hostile); i++) {
        struct text text = {0}, new = {0};
        clock_t start = clock();

        while (text.len < 2000000)
            text_add(&text, hostile[i]);
        unit_int(hostile[i], "result", forward_find(551, text.s, "old@x", &new),
                 0);
        unit_true(hostile[i], clock() - start < 2 * CLOCKS_PER_SEC);
        text_free(&text);
        text_free(&new);
    }
}

int main(void)
{
    check_rows();
    check_hostile();
    return unit_end();
}
