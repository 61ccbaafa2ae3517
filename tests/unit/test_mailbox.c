/* test_mailbox: addresses found and replaced in header fields.
 *
 * The shapes are RFC 5322's examples (3.4, 4.4, appendix A), what mailers and
 * people send in their place, and what an attacker may.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <time.h>

#include "mailbox.h"
#include "text.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define BIG 1000000

/* A row's body has NULs where `size` says so. */
static const struct {
    const char *label, *body;
    size_t size;
    const char *want;  /* canonical addresses, a space after each */
    const char *spans; /* as they stand, each in {}; not looked at if NULL */
    const char *names; /* display names, each in {}; not looked at if NULL */
} found[] = {
    {.label = "nothing", .body = "", .want = ""},
    {.label = "white space", .body = " \t\r\n ", .want = ""},
    {.label = "an address", .body = "a@b.c", .want = "a@b.c ", .names = "{}"},
    {.label = "a header field's white space",
     .body = " a@b.c\r\n",
     .want = "a@b.c ",
     .spans = "{a@b.c}"},
    {.label = "two", .body = "a@b.c, d@e.f", .want = "a@b.c d@e.f "},
    {.label = "two without a space",
     .body = "a@b.c,d@e.f",
     .want = "a@b.c d@e.f "},
    {.label = "case is kept", .body = "Ann@B.Org", .want = "Ann@B.Org "},
    {.label = "all of atext",
     .body = "!#$%&'*+-/=?^_`{|}~@x-1.org",
     .want = "!#$%&'*+-/=?^_`{|}~@x-1.org "},
    {.label = "no domain", .body = "root, <root>, Ann <root>", .want = ""},
    {.label = "no local part", .body = "@x.org, <@x.org>, a@y", .want = "a@y "},
    {.label = "@ alone", .body = "@", .want = ""},
    {.label = "no domain after @", .body = "a@, b@ , c@x", .want = "c@x "},
    {.label = "angle brackets", .body = "<a@x>", .want = "a@x ", .names = "{}"},
    {.label = "a name",
     .body = "Ann Other <a@x>",
     .want = "a@x ",
     .spans = "{a@x}",
     .names = "{Ann Other}"},
    {.label = "a name that touches",
     .body = "Ann<a@x>",
     .want = "a@x ",
     .names = "{Ann}"},
    {.label = "a quoted name",
     .body = "\"Other, Ann\" <a@x>, b@x",
     .want = "a@x b@x ",
     .names = "{\"Other, Ann\"}{}"},
    {.label = "a quoted name with escapes",
     .body = "\"Joe \\\"Q\\\" <j@no>\" <j@yes>",
     .want = "j@yes ",
     .names = "{\"Joe \\\"Q\\\" <j@no>\"}"},
    {.label = "a quoted name that touches",
     .body = "\"Ann\"<a@x>",
     .want = "a@x ",
     .names = "{\"Ann\"}"},
    {.label = "a dot in a name",
     .body = "John Q. Public <j@x>",
     .want = "j@x ",
     .names = "{John Q. Public}"},
    {.label = "a comma in a name",
     .body = "Other, Ann <a@x>",
     .want = "a@x ",
     .names = "{Ann}"},
    {.label = "an apostrophe", .body = "Sean O'Hara <o'h@x>", .want = "o'h@x "},
    {.label = "apostrophes around a name",
     .body = "'Ann' <a@x>",
     .want = "a@x ",
     .names = "{'Ann'}"},
    {.label = "the address as its name",
     .body = "a@x <a@x>",
     .want = "a@x ",
     .names = "{a@x}"},
    {.label = "the address as its quoted name",
     .body = "\"a@x\" <a@x>, 'b@x' <b@x>",
     .want = "a@x b@x ",
     .names = "{\"a@x\"}{'b@x'}"},
    {.label = "white space in angle brackets",
     .body = "Ann < a@x >",
     .want = "a@x ",
     .spans = "{a@x}"},
    {.label = "8-bit name", .body = "J\xf6rg M\xfc <j@x>", .want = "j@x "},
    {.label = "UTF-8",
     .body = "Jörg <jörg@bücher.example>, 用户@例子.example",
     .want = "jörg@bücher.example 用户@例子.example ",
     .names = "{Jörg}{}"},
    {.label = "a quoted UTF-8 local part",
     .body = "\"jörg m\"@x",
     .want = "\"jörg m\"@x "},

    /* Encoded words. */
    {.label = "an encoded name",
     .body = "=?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <j@x>",
     .want = "j@x ",
     .names = "{=?utf-8?Q?J=C3=B6rg_M=C3=BCller?=}"},
    {.label = "two encoded words, folded",
     .body = "=?utf-8?B?Sm9l?=\r\n =?ISO-8859-1*en?q?=F6?= <j@x>",
     .want = "j@x "},
    {.label = "an encoded name with a raw comma",
     .body = "=?utf-8?Q?M=C3=BC,_Joe?= <j@x>",
     .want = "j@x "},
    {.label = "an encoded name with an address",
     .body = "=?utf-8?Q?old@x.org?= <j@x>",
     .want = "j@x ",
     .names = "{=?utf-8?Q?old@x.org?=}"},
    {.label = "an encoded group",
     .body = "=?utf-8?Q?undisclosed?=:;",
     .want = ""},
    {.label = "encoded words are atoms",
     .body = "=?utf-8?Q?b?=@x, =?@x",
     .want = "=?utf-8?Q?b?=@x =?@x "},

    /* Comments and folding. */
    {.label = "a name in a comment",
     .body = "a@x (Ann Other), b@x(Bob)",
     .want = "a@x b@x ",
     .spans = "{a@x}{b@x}"},
    {.label = "an address in a comment",
     .body = "(old: c@x) a@x (was b@x)",
     .want = "a@x "},
    {.label = "nested comments",
     .body = "(a (b (c@d) ) \\) e@f) g@h",
     .want = "g@h "},
    {.label = "quotes in a comment",
     .body = "a@x (it\"s), b@x",
     .want = "a@x b@x "},
    {.label = "comments within an address",
     .body = "a (x) @ b . c",
     .want = "a@b.c ",
     .spans = "{a (x) @ b . c}"},
    {.label = "RFC 5322, A.5",
     .body = "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
     .want = "pete@silly.test ",
     .spans = "{pete(his account)@silly.test}",
     .names = "{Pete}"},
    {.label = "RFC 5322, A.5, a group",
     .body = "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)"
             "public.example>,\r\n         joe@example.org,\r\n  John "
             "<jdoe@one.test> (my dear friend); (the end of the group)",
     .want = "c@public.example joe@example.org jdoe@one.test ",
     .names = "{Chris Jones}{}{John}"},
    {.label = "RFC 5322, A.6.3",
     .body = "Joe <@node.test,@b.test:mary  .  j @ example . net >, jdoe@test"
             "   . example",
     .want = "mary.j@example.net jdoe@test.example ",
     .spans = "{mary  .  j @ example . net}{jdoe@test   . example}"},
    {.label = "folded lines",
     .body = "a@x,\r\n\tBob\r\n <b@x>,\n c@x",
     .want = "a@x b@x c@x ",
     .names = "{}{Bob}{}"},
    {.label = "folded within an address",
     .body = "a\r\n @\r\n b.\r\n c",
     .want = "a@b.c "},
    {.label = "an empty comment", .body = "a@x()", .want = "a@x "},

    /* Groups. */
    {.label = "nobody", .body = "undisclosed-recipients:;", .want = ""},
    {.label = "nobody, with a space",
     .body = "undisclosed-recipients: ;",
     .want = ""},
    {.label = "nobody, quoted", .body = "\"a@x\": ;", .want = ""},
    {.label = "a group without end",
     .body = "undisclosed-recipients:",
     .want = ""},
    {.label = "a group",
     .body = "Team: a@x, Bob <b@y>;, c@z",
     .want = "a@x b@y c@z ",
     .names = "{}{Bob}{}"},
    {.label = "an address in a group's name",
     .body = "Us a@x: b@y;",
     .want = "b@y "},
    {.label = "a name that has no address",
     .body = "Ann <root>, b@y",
     .want = "b@y ",
     .names = "{}"},
    {.label = "two groups", .body = "A:a@x;, B:b@x;", .want = "a@x b@x "},
    {.label = "mailto",
     .body = "mailto:a@x, <mailto:b@x>, c@x",
     .want = "a@x c@x "},

    /* Routes and domain literals. */
    {.label = "a route",
     .body = "<@a,@b:c@d>",
     .want = "c@d ",
     .spans = "{c@d}"},
    {.label = "a route with a literal",
     .body = "<@[1.2.3.4]:c@d>",
     .want = "c@d "},
    {.label = "a route to nothing",
     .body = "<@a,@b>, <@a:>, c@d",
     .want = "c@d "},
    {.label = "a domain literal",
     .body = "a@[192.0.2.1], <b@[IPv6:2001:db8::1]>",
     .want = "a@[192.0.2.1] b@[IPv6:2001:db8::1] "},
    {.label = "a folded domain literal",
     .body = "a@[192.0\r\n .2.1]",
     .want = "a@[192.0.2.1] "},
    {.label = "a hostile domain literal",
     .body = "a@[x[y], b@[x\\]y], c@[x\x01], d@x",
     .want = "d@x "},
    {.label = "a literal elsewhere", .body = "[list] a@x", .want = "a@x "},
    {.label = "the root", .body = "a@x.org., <b@x.>", .want = "a@x.org b@x "},

    /* Quoted local parts. */
    {.label = "a quoted local part",
     .body = "\"john doe\"@x, <\"a@b\"@c>",
     .want = "\"john doe\"@x \"a@b\"@c "},
    {.label = "quotes that need not be",
     .body = "\"john.doe\"@x, \"jo\\hn\"@x",
     .want = "john.doe@x john@x "},
    {.label = "words in parts",
     .body = "john.\"doe\"@x, \"a b\".c@x",
     .want = "john.doe@x \"a b.c\"@x "},
    {.label = "escapes",
     .body = "\"a\\\"b\\\\\"@x",
     .want = "\"a\\\"b\\\\\"@x "},
    {.label = "an empty local part", .body = "\"\"@x", .want = "\"\"@x "},
    {.label = "a folded local part",
     .body = "\"john\r\n doe\"@x",
     .want = "\"john doe\"@x "},
    {.label = "a tab in quotes", .body = "\"a\tb\"@x", .want = "\"a\tb\"@x "},
    {.label = "control characters in quotes",
     .body = "\"a\x01\"@x, \"b\\\n\"@x, c@x",
     .want = "c@x "},
    {.label = "dots too many",
     .body = "a..b@docomo.example, c.@docomo.example",
     .want = "\"a..b\"@docomo.example \"c.\"@docomo.example "},
    {.label = "a dot first", .body = ".a@x, b@x", .want = "b@x "},
    {.label = "dots too many in a domain",
     .body = "a@x..y, b@.x, c@x.., d@x",
     .want = "d@x "},

    /* Commas that are missing, semicolons in their place. */
    {.label = "semicolons", .body = "a@x; b@x;c@x;", .want = "a@x b@x c@x "},
    {.label = "empty elements", .body = ", ,a@x,,(x),b@x,", .want = "a@x b@x "},
    {.label = "no comma", .body = "a@x b@x", .want = "a@x b@x "},
    {.label = "no comma after >",
     .body = "Ann <a@x> Bob <b@x>\r\n <c@x><d@x> e@x",
     .want = "a@x b@x c@x d@x e@x ",
     .names = "{Ann}{Bob}{}{}{}"},
    {.label = "words before", .body = "write to Ann at a@x", .want = "a@x "},
    {.label = "words after", .body = "a@x is Ann", .want = "a@x "},
    {.label = "words around in quotes",
     .body = "\"Ann\" a@x \"Bob\"",
     .want = "a@x "},
    {.label = "a dot after an address",
     .body = "a@x. , <b@x.>, c@x. (d), e@x. [f], g@x.[h], i@x..",
     .want = "a@x b@x c@x e@x "},
    {.label = "the same address, whatever its quotes",
     .body = "a@x. \"b\"@x, a@x. b@x, a@ \"b\"@x, a@ b@x, c@x",
     .want = "c@x "},
    {.label = "a sentence", .body = "Public. a@x", .want = "Public.a@x "},

    /* Broken. */
    {.label = "a@b@c", .body = "a@b@c, d@e", .want = "d@e "},
    {.label = "a@b @c", .body = "a@b @c, d @ b @ c, d@e", .want = "d@e "},
    {.label = "a@[b].", .body = "a@[b]., a@[b] ., d@e", .want = "d@e "},
    {.label = "words that touch",
     .body = "foo\"bar\"@x, \"foo\"bar@x, a@x\"foo\", a@[b]foo, d@e",
     .want = "d@e "},
    {.label = "an escape outside quotes",
     .body = "\\a@x, a\\b@x, c@x",
     .want = "c@x "},
    {.label = "> too many",
     .body = "<<a@x>>, b@x>, >c@x",
     .want = "a@x b@x c@x "},
    {.label = ") too many", .body = "(a)) b@x), c@x", .want = "b@x c@x "},
    {.label = "empty angle brackets", .body = "<>, <a@x>", .want = "a@x "},
    {.label = "what is no address in <>",
     .body = "<a b@x>, <a@x b>, <a@x,b@x>, <a@x;>, <\"Ann\" a@x>, c@x",
     .want = "c@x "},
    {.label = "an unended quote",
     .body = "a@x, \"Ann <b@x>, c@x",
     .want = "a@x "},
    {.label = "an unended quote that touches",
     .body = "a@x\"b, c@x",
     .want = "a@x "},
    {.label = "an unended comment",
     .body = "a@x (b@x, (c) d@x",
     .want = "a@x "},
    {.label = "an unended angle", .body = "a@x, <b@x, c@x", .want = "a@x "},
    {.label = "an unended angle, then another",
     .body = "a@x, Bob <b@x, Joe <c@x>, d@x",
     .want = "a@x c@x d@x "},
    {.label = "an unended literal", .body = "a@x, b@[1.2, c@x", .want = "a@x "},
    {.label = "an unended escape", .body = "a@x, \"b\\", .want = "a@x "},
    {.label = "NULs",
     .body = "a\0b@x, \"a\0b\"@x, c@x, \0, d@x\0",
     .size = 28,
     .want = "c@x "},
    {.label = "NULs where they do not matter",
     .body = "(\0) \"\0\" <a@x>, \0 b@x",
     .size = 20,
     .want = "a@x b@x "},
    {.label = "control characters",
     .body = "a\x01@x, \x7f b@x",
     .want = "b@x "},

    /* Seen in mail. */
    {.label = "UUCP",
     .body = "host!user@x.example",
     .want = "host!user@x.example "},
    {.label = "percent hack", .body = "a%b@x", .want = "a%b@x "},
    {.label = "SRS",
     .body = "<SRS0=HHH=TT=orig.example=user@fwd.example>",
     .want = "SRS0=HHH=TT=orig.example=user@fwd.example "},
    {.label = "VERP, BATV",
     .body = "prvs=4827ab12=joe@x, list-return-1-joe=y.org@lists.x",
     .want = "prvs=4827ab12=joe@x list-return-1-joe=y.org@lists.x "},
    {.label = "a phone number",
     .body = "/PN=Ann/O=x/C=de/@gate.example, +4912345@sms.example",
     .want = "/PN=Ann/O=x/C=de/@gate.example +4912345@sms.example "},
    {.label = "Outlook",
     .body = "'Ann Other' <ann@x>; \"Bob (Sales)\" <bob@x>; 'carl@x'",
     .want = "ann@x bob@x 'carl@x' "},
    {.label = "via a list",
     .body = "\"Ann via List\" <list@x> (on behalf of Ann)",
     .want = "list@x "},
    {.label = "cron",
     .body = "root@host.example (Cron Daemon)",
     .want = "root@host.example "},
    {.label = "the mailer itself",
     .body = "MAILER-DAEMON@mx.example (Mail Delivery System)",
     .want = "MAILER-DAEMON@mx.example "},
    {.label = "list members with ids",
     .body = "a@x (1), <b@x> [2], c@x",
     .want = "a@x b@x c@x "},
};

static void check_found(void)
{
    for (size_t i = 0; i < LENGTH(found); i++) {
        struct text got = {0}, spans = {0}, names = {0};
        struct mailbox_scan scan;
        struct mailbox m;
        const char *body = found[i].body;

        mailbox_begin(&scan, body,
                      found[i].size > 0 ? found[i].size : strlen(body));
        while (mailbox_next(&scan, &m) == 1) {
            text_addf(&got, "%s ", m.address);
            text_addf(&spans, "{%.*s}", (int)m.len, body + m.start);
            text_addf(&names, "{%.*s}", (int)m.name_len, body + m.name_start);
        }
        unit_str(found[i].label, "addresses", text_str(&got), found[i].want);
        if (found[i].spans != NULL)
            unit_str(found[i].label, "spans", text_str(&spans), found[i].spans);
        if (found[i].names != NULL)
            unit_str(found[i].label, "names", text_str(&names), found[i].names);
        unit_true(found[i].label, mailbox_next(&scan, &m) == 0);
        mailbox_end(&scan);
        text_free(&got);
        text_free(&spans);
        text_free(&names);
    }
}

static const struct {
    const char *label, *address;
    const char *want; /* NULL: no address */
} canonical[] = {
    {.label = "plain", .address = "a.b@x.org", .want = "a.b@x.org"},
    {.label = "quoted", .address = "\"a b\"@x", .want = "\"a b\"@x"},
    {.label = "quoted in vain", .address = "\"a.b\"@x", .want = "a.b@x"},
    {.label = "words in parts",
     .address = "a.\"b c\"@x",
     .want = "\"a.b c\"@x"},
    {.label = "as Exim keeps it",
     .address = "two words@x",
     .want = "\"two words\"@x"},
    {.label = "a quote", .address = "a\"b@x", .want = "\"a\\\"b\"@x"},
    {.label = "parentheses", .address = "a(b)@x", .want = "\"a(b)\"@x"},
    {.label = "space around dots", .address = "a . b@x", .want = "\"a . b\"@x"},
    {.label = "two @", .address = "a@b@x", .want = "\"a@b\"@x"},
    {.label = "dots too many", .address = "a..b@x", .want = "\"a..b\"@x"},
    {.label = "a dot first", .address = ".a@x", .want = "\".a\"@x"},
    {.label = "UTF-8", .address = "ö@ü.example", .want = "ö@ü.example"},
    {.label = "a literal", .address = "a@[::1]", .want = "a@[::1]"},
    {.label = "a literal, two words",
     .address = "a b@[::1]",
     .want = "\"a b\"@[::1]"},
    {.label = "nothing", .address = "", .want = NULL},
    {.label = "no domain", .address = "a", .want = NULL},
    {.label = "no domain after @", .address = "a@", .want = NULL},
    {.label = "no local part", .address = "@x", .want = NULL},
    {.label = "angle brackets", .address = "<a@x>", .want = NULL},
    {.label = "two addresses", .address = "a@x, b@y z", .want = NULL},
    {.label = "space in the domain", .address = "a@x y", .want = NULL},
    {.label = "space after", .address = "a@x ", .want = NULL},
    {.label = "a header line", .address = "a@x\r\nBcc: b@y", .want = NULL},
    {.label = "a header line, quoted",
     .address = "\"a\r\nB: b\"@y",
     .want = NULL},
    {.label = "a header line, bare", .address = "a\r\nBcc: b@y", .want = NULL},
    {.label = "a comma in the domain", .address = "a@x,y", .want = NULL},
    {.label = "a comment after", .address = "a@x(c)", .want = NULL},
};

static void check_canonical(void)
{
    for (size_t i = 0; i < LENGTH(canonical); i++) {
        struct text got = {0};
        const char *want = canonical[i].want;
        bool ok = mailbox_canonical(canonical[i].address, &got);

        unit_int(canonical[i].label, "is an address", ok, want != NULL);
        unit_str(canonical[i].label, "canonical", text_str(&got),
                 want != NULL ? want : "");
        text_free(&got);
    }
}

/* In these rows old@x has a new address, each row its own; keep@x has none. */
static const struct {
    const char *label, *body, *new, *want;
    int count;
} rewritten[] = {
    {.label = "nothing", .body = "", .new = "n@y", .want = ""},
    {.label = "nothing to do",
     .body = "\"A\" <keep@x>,, (c)\r\n b@x",
     .new = "n@y",
     .want = "\"A\" <keep@x>,, (c)\r\n b@x"},
    {.label = "bare",
     .body = " keep@x, old@x\r\n",
     .new = "n@y",
     .want = " keep@x, n@y\r\n",
     .count = 1},
    {.label = "several times",
     .body = "old@x, Ann <OLD@X>, old@x (o), T: \"old\"@x;",
     .new = "n@y",
     .want = "n@y, Ann <n@y>, n@y (o), T: n@y;",
     .count = 4},
    {.label = "names and comments stay",
     .body = "\"old@x\" <old@x> (old@x), old@x <keep@x>",
     .new = "n@y",
     .want = "\"old@x\" <n@y> (old@x), old@x <keep@x>",
     .count = 1},
    {.label = "encoded words stay",
     .body = "=?utf-8?Q?old@x?= <old@x>",
     .new = "n@y",
     .want = "=?utf-8?Q?old@x?= <n@y>",
     .count = 1},
    {.label = "folding within goes",
     .body = "a@b,\r\n old (me) @\r\n x, c@d",
     .new = "n@y",
     .want = "a@b,\r\n n@y, c@d",
     .count = 1},
    {.label = "a route stays",
     .body = "<@a,@b:old@x>",
     .new = "n@y",
     .want = "<@a,@b:n@y>",
     .count = 1},
    {.label = "quotes where they must be",
     .body = "old@x, <old@x>",
     .new = "new man@y",
     .want = "\"new man\"@y, <\"new man\"@y>",
     .count = 2},
    {.label = "quotes given",
     .body = "old@x",
     .new = "\"new man\"@y",
     .want = "\"new man\"@y",
     .count = 1},
    {.label = "quotes no longer needed",
     .body = "(a)\"o\\ld\"@x(b)",
     .new = "\"new\"@y",
     .want = "(a)new@y(b)",
     .count = 1},
    {.label = "a literal",
     .body = "b old@x (c), d@e",
     .new = "n@[::1]",
     .want = "b n@[::1] (c), d@e",
     .count = 1},
    {.label = "a header line is not let in",
     .body = "old@x, keep@x",
     .new = "n@y\r\nBcc: z@z",
     .want = "old@x, keep@x"},
    {.label = "nor what is no address",
     .body = "old@x, keep@x",
     .new = "new",
     .want = "old@x, keep@x"},
    {.label = "after the broken place all stays",
     .body = "old@x, \"old@x, <old@x>",
     .new = "n@y",
     .want = "n@y, \"old@x, <old@x>",
     .count = 1},
    {.label = "the same address twice",
     .body = "n@y, old@x",
     .new = "n@y",
     .want = "n@y, n@y",
     .count = 1},
};

static char *old_new(const char *address, void *context)
{
    if (!text_same_address(address, "old@x"))
        return NULL;
    return text_copy(context);
}

static void check_rewritten(void)
{
    for (size_t i = 0; i < LENGTH(rewritten); i++) {
        struct text out = {0};
        char *new = text_copy(rewritten[i].new);
        int n = mailbox_rewrite(rewritten[i].body, strlen(rewritten[i].body),
                                old_new, new, &out);

        unit_int(rewritten[i].label, "count", n, rewritten[i].count);
        unit_str(rewritten[i].label, "body", text_str(&out), rewritten[i].want);
        text_free(&out);
        free(new);
    }
}

/* Bytes that would take hours if the time were not linear. */
static const struct {
    const char *label, *unit;
    int count;
} hostile[] = {
    {.label = "many addresses", .unit = "Ann Other <ann.other@x.example>, "},
    {.label = "many without a comma", .unit = "a@x "},
    {.label = "( ( (", .unit = "("},
    {.label = "< < <", .unit = "<"},
    {.label = "<a <a", .unit = "<a "},
    {.label = "quotes", .unit = "\""},
    {.label = "quotes and angles", .unit = "<\"a\""},
    {.label = "unended quotes after angles", .unit = "<\"a"},
    {.label = "dots", .unit = "."},
    {.label = "a.a.a", .unit = "a."},
    {.label = "@ @ @", .unit = "@"},
    {.label = "a@a@a", .unit = "a@"},
    {.label = "a@a .a", .unit = "a@a ."},
    {.label = "routes", .unit = "<@a,"},
    {.label = "routes, ended", .unit = "<@a:"},
    {.label = "comments", .unit = "()a"},
    {.label = "a (c) (c)", .unit = "(c) "},
    {.label = "literals", .unit = "["},
    {.label = "literals, ended", .unit = "[a]"},
    {.label = "encoded words", .unit = "=?"},
    {.label = "encoded words, almost", .unit = "=?a?q?."},
    {.label = "backslashes", .unit = "\\"},
    {.label = "colons", .unit = "a:"},
    {.label = "one word", .unit = "a"},
    {.label = "8-bit", .unit = "\xff"},
};

static char *never(const char *address, void *context)
{
    (void)address;
    (void)context;
    return NULL;
}

static void check_hostile(void)
{
    for (size_t i = 0; i < LENGTH(hostile); i++) {
        struct text body = {0}, out = {0};
        clock_t start;

        while (body.len < BIG)
            text_add(&body, hostile[i].unit);
        start = clock();
        unit_int(hostile[i].label, "count",
                 mailbox_rewrite(body.s, body.len, never, NULL, &out), 0);
        unit_true(hostile[i].label, clock() - start < 3 * CLOCKS_PER_SEC);
        unit_true(hostile[i].label,
                  out.len == body.len && memcmp(out.s, body.s, out.len) == 0);
        text_free(&body);
        text_free(&out);
    }
}

int main(void)
{
    check_found();
    check_canonical();
    check_rewritten();
    check_hostile();
    return unit_end();
}
