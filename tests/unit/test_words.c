/* test_words: header fields with encoded words, as RFC 2047 has them and as
 * they come.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <time.h>

#include "unit.h"
#include "words.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define BAD "\xef\xbf\xbd"
/* "kaigi shiryo", "meeting papers" */
#define KAIGI "\xe4\xbc\x9a\xe8\xad\xb0\xe8\xb3\x87\xe6\x96\x99"

static const struct {
    const char *label, *raw, *want;
} rows[] = {
    {.label = "nothing", .raw = "", .want = ""},
    {.label = "plain", .raw = "Hello, you", .want = "Hello, you"},
    {.label = "plain UTF-8", .raw = "f\xc3\xbcr", .want = "f\xc3\xbcr"},
    {.label = "plain Latin-1 stays", .raw = "f\xfcr", .want = "f\xfcr"},
    {.label = "white space stays", .raw = "  a  b  ", .want = "  a  b  "},

    /* RFC 2047 8 */
    {.label = "RFC 2047 8: Q",
     .raw = "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
     .want = "Keith Moore <moore@cs.utk.edu>"},
    {.label = "RFC 2047 8: Q, Latin-1",
     .raw = "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
     .want = "Keld J\xc3\xb8rn Simonsen <keld@dkuug.dk>"},
    {.label = "RFC 2047 8: two words of different charsets",
     .raw = "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= "
            "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
     .want = "If you can read this you understand the example."},
    {.label = "RFC 2047 8: a word alone",
     .raw = "(=?ISO-8859-1?Q?a?=)",
     .want = "(a)"},
    {.label = "RFC 2047 8: a word and plain text",
     .raw = "(=?ISO-8859-1?Q?a?= b)",
     .want = "(a b)"},
    {.label = "RFC 2047 8: two words",
     .raw = "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)",
     .want = "(ab)"},
    {.label = "RFC 2047 8: two words, more space",
     .raw = "(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)",
     .want = "(ab)"},
    {.label = "RFC 2047 8: a space in a word",
     .raw = "(=?ISO-8859-1?Q?a_b?=)",
     .want = "(a b)"},
    {.label = "RFC 2047 8: a space in the second word",
     .raw = "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)",
     .want = "(a b)"},
    {.label = "RFC 2231 5: a language",
     .raw = "=?US-ASCII*EN?Q?Keith_Moore?=",
     .want = "Keith Moore"},

    /* charsets */
    {.label = "iso-2022-jp",
     .raw = "=?iso-2022-jp?B?GyRCMnE1RDtxTkEbKEI=?=",
     .want = KAIGI},
    {.label = "iso-2022-jp, each word whole",
     .raw = "=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?= "
            "=?iso-2022-jp?B?GyRCO3FOQRsoQg==?=",
     .want = KAIGI},
    {.label = "iso-2022-jp, cut in a character",
     .raw = "=?iso-2022-jp?B?GyRCMnE1?= =?iso-2022-jp?B?RDtxTkEbKEI=?=",
     .want = KAIGI},
    {.label = "iso-2022-jp, cut in a character, with a language",
     .raw = "=?iso-2022-jp*ja?B?GyRCMnE1?=\t=?ISO-2022-JP?b?RDtxTkEbKEI=?=",
     .want = KAIGI},
    {.label = "iso-2022-jp, cut in an escape sequence",
     .raw = "=?iso-2022-jp?Q?=1B?= =?iso-2022-jp?Q?$B2q5D=1B(B!?=",
     .want = "\xe4\xbc\x9a\xe8\xad\xb0!"},
    {.label = "iso-2022-jp that does not come back to ASCII",
     .raw = "=?iso-2022-jp?Q?=1B$B2q5D?= and =?iso-2022-jp?Q?so?=",
     .want = "\xe4\xbc\x9a\xe8\xad\xb0 and so"},
    {.label = "utf-8, cut in a character",
     .raw = "=?utf-8?B?5Lya6A==?= =?UTF-8?B?rbDos4fmlpk=?=",
     .want = KAIGI},
    {.label = "utf-8, cut in a character, the encodings differ",
     .raw = "=?utf-8?B?5Lya6A==?= =?UTF-8?Q?=AD=B0?=",
     .want = "\xe4\xbc\x9a\xe8\xad\xb0"},
    {.label = "shift_jis, with a character of NEC's",
     .raw = "=?shift_jis?B?h0Ah?=",
     .want = "\xe2\x91\xa0!"},
    {.label = "windows-1252 called iso-8859-1",
     .raw = "=?iso-8859-1?Q?=80?=",
     .want = "\xe2\x82\xac"},
    {.label = "UTF-8 called us-ascii",
     .raw = "=?us-ascii?Q?f=C3=BCr?=",
     .want = "f\xc3\xbcr"},
    {.label = "no UTF-8", .raw = "=?utf-8?Q?f=FCr?=", .want = "f" BAD "r"},
    {.label = "half a character",
     .raw = "=?utf-8?Q?=E3=81?= a",
     .want = BAD BAD " a"},
    {.label = "halves of two charsets",
     .raw = "=?utf-8?Q?=C3?= =?us-ascii?Q?=BC?=",
     .want = BAD BAD},
    {.label = "unknown charset",
     .raw = "=?x-nobody?Q?a_b?= c",
     .want = "=?x-nobody?Q?a_b?= c"},
    {.label = "unknown charset beside another",
     .raw = "=?x-nobody?Q?a?= =?utf-8?Q?b?= =?x-nobody?Q?c?=",
     .want = "=?x-nobody?Q?a?= b =?x-nobody?Q?c?="},
    {.label = "options for iconv",
     .raw = "=?utf-8//TRANSLIT?Q?a?=",
     .want = "=?utf-8//TRANSLIT?Q?a?="},
    {.label = "a language alone", .raw = "=?*en?Q?a?=", .want = "=?*en?Q?a?="},

    /* encodings */
    {.label = "base64 without padding", .raw = "=?utf-8?B?YQ?=", .want = "a"},
    {.label = "two of those",
     .raw = "=?utf-8?B?YQ?= =?utf-8?B?Yg?=",
     .want = "ab"},
    {.label = "spaces in base64", .raw = "=?utf-8?B?Y W I=?=", .want = "ab"},
    {.label = "an empty word", .raw = "a =?utf-8?Q?\?= b", .want = "a  b"},
    {.label = "spaces in Q", .raw = "=?utf-8?q?a b_c?=", .want = "a b c"},
    {.label = "question marks in Q",
     .raw = "=?utf-8?q?Are you there?\?=",
     .want = "Are you there?"},
    {.label = "Q that begins with =",
     .raw = "=?utf-8?q?=C3=BC?=",
     .want = "\xc3\xbc"},
    {.label = "_ and =5F", .raw = "=?utf-8?q?_=5F?=", .want = " _"},
    {.label = "= that means nothing",
     .raw = "=?utf-8?q?a=zz=4?=",
     .want = "a=zz=4"},
    {.label = "words that touch",
     .raw = "=?utf-8?q?a?==?utf-8?q?b?=",
     .want = "ab"},
    {.label = "within a word", .raw = "a=?utf-8?q?b?=c", .want = "abc"},
    {.label = "in quotes", .raw = "\"=?utf-8?q?b?=\"", .want = "\"b\""},

    /* no words */
    {.label = "no end", .raw = "=?utf-8?q?abc", .want = "=?utf-8?q?abc"},
    {.label = "no text", .raw = "=?utf-8?q?=", .want = "=?utf-8?q?="},
    {.label = "another encoding",
     .raw = "=?utf-8?x?abc?=",
     .want = "=?utf-8?x?abc?="},
    {.label = "no charset", .raw = "=??q?abc?=", .want = "=??q?abc?="},
    {.label = "=? alone", .raw = "=? a =?", .want = "=? a =?"},
    {.label = "=? and a word", .raw = "=?=?utf-8?q?a?=", .want = "=?a"},
    {.label = "a word that has begun twice",
     .raw = "=?utf-8?q=?utf-8?q?a?=",
     .want = "=?utf-8?qa"},
    {.label = "a charset too long",
     .raw = "=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?q?a?=",
     .want = "=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?q?a?="},

    /* control characters */
    {.label = "a second header field",
     .raw = "=?utf-8?q?a=0D=0ABcc:_b?=",
     .want = "a  Bcc: b"},
    {.label = "NUL", .raw = "=?utf-8?B?AGEA?=", .want = " a "},
    {.label = "ESC and DEL", .raw = "=?utf-8?q?=1B[2J=7F?=", .want = " [2J "},
    {.label = "C1", .raw = "=?utf-8?q?=C2=9B2J?=", .want = " 2J"},
    {.label = "as they are", .raw = "a\r\nb\tc\001", .want = "a  b c "},
};

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct text out = {0};

        words_decode(rows[i].raw, &out);
        unit_str(rows[i].label, "text", text_str(&out), rows[i].want);
        text_free(&out);
    }
}

static void check_appended(void)
{
    struct text out = {0};

    text_add(&out, "Re: ");
    words_decode("=?utf-8?q?a?=", &out);
    words_decode(" =?utf-8?q?b?=", &out);
    unit_str("appended", "text", out.s, "Re: a b");
    text_free(&out);
}

/* What is put together must not grow without end, nor take long. */
static const struct {
    const char *label, *unit;
} hostile[] = {
    {.label = "words", .unit = "=?utf-8?q?=E3=81?= "},
    {.label = "words of two charsets",
     .unit = "=?iso-8859-1?B?YQ==?= =?iso-8859-2?B?YQ==?= "},
    {.label = "beginnings", .unit = "=?"},
    {.label = "heads", .unit = "=?utf-8?q?"},
    {.label = "heads without ends", .unit = "=?utf-8?q?a "},
    {.label = "long charsets",
     .unit = "=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {.label = "unknown charsets", .unit = "=?x?q?a?="},
    {.label = "ends", .unit = "?="},
    {.label = "=", .unit = "="},
    {.label = "one Q word", .unit = "_"},
};

static void check_hostile(void)
{
    for (size_t i = 0; i < LENGTH(hostile); i++) {
        struct text raw = {0}, out = {0};

        text_add(&raw, i + 1 == LENGTH(hostile) ? "=?utf-8?q?" : "");
        while (raw.len < 1000000)
            text_add(&raw, hostile[i].unit);
        text_add(&raw, "?=");
        clock_t start = clock();
        words_decode(raw.s, &out);
        unit_true(hostile[i].label, clock() - start < 2 * CLOCKS_PER_SEC);
        unit_true(hostile[i].label, out.len <= raw.len);
        text_free(&raw);
        text_free(&out);
    }
}

/* Charsets without number: each takes time to be looked for. */
static void check_charsets(void)
{
    struct text raw = {0}, out = {0};

    for (int i = 0; i < 20000; i++)
        text_addf(&raw, "=?x-%d?q?a?= ", i);
    clock_t start = clock();
    words_decode(raw.s, &out);
    unit_true("many charsets", clock() - start < 2 * CLOCKS_PER_SEC);
    unit_str("many charsets", "text", out.s, raw.s);
    text_free(&raw);
    text_free(&out);
}

int main(void)
{
    check_rows();
    check_appended();
    check_hostile();
    check_charsets();
    return unit_end();
}
