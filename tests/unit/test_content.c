/* test_content: the readable text of messages, well formed and not.
 *
 * Each row is read with LF and with CRLF, from the start of a file and from
 * its middle, and cut at every byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "content.h"

#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#include "scratch.h"
#include "unit.h"

#define MIXED "multipart/mixed; boundary=b"
#define ALL ((size_t)1 << 20)

static const struct {
    const char *label, *type, *encoding, *body;
    const char *want; /* "": there is no text */
} rows[] = {
    {.label = "no MIME at all",
     .body = "Dear all,\nconfidential\n",
     .want = "Dear all,\nconfidential\n"},
    {.label = "empty", .body = "", .want = ""},
    {.label = "empty, of a type", .type = MIXED, .body = "", .want = ""},
    {.label = "an alternative of plain and html",
     .type = "multipart/alternative;\n boundary=\"----=_Part_1\"",
     .body = "This is a multi-part message in MIME format.\n\n"
             "------=_Part_1\nContent-Type: text/plain; charset=utf-8\n\n"
             "secret \303\274\n\n"
             "------=_Part_1\nContent-Type: text/html; charset=utf-8\n\n"
             "<p>secret&nbsp;<b>\303\274</b></p>\n"
             "------=_Part_1--\nepilogue\n",
     .want = "secret \303\274\n\n<p>secret&nbsp;<b>\303\274</b></p>"},
    {.label = "base64 and iso-2022-jp",
     .type = "text/plain; charset=\"ISO-2022-JP\"",
     .encoding = " Base64",
     .body = "GyRCPFIzMEhrJE47cU5BGyhCCmNvbmZp\n"
             "ZGVudGlhbCAbJEIkRyQ5ISMbKEIK\n",
     .want = "\347\244\276\345\244\226\347\247\230\343\201\256\350\263\207\346"
             "\226\231\nconfidential \343\201\247\343\201\231\343\200\202\n"},
    {.label = "iso-2022-jp in seven bits",
     .type = "text/plain; charset=iso-2022-jp",
     .encoding = "7bit",
     .body = "\033$B<R30Hk$N;qNA\033(B\n",
     .want = "\347\244\276\345\244\226\347\247\230\343\201\256\350\263\207\346"
             "\226\231\n"},
    {.label = "a word over soft line breaks, in latin-1",
     .type = "text/plain; charset=iso-8859-1",
     .encoding = "quoted-printable",
     .body = "Stra=DF=\ne is confi=  \ndent=\t\nial =3D=3d\n",
     .want = "Stra\303\237e is confidential ==\n"},
    {.label = "a character of two bytes over a soft line break",
     .type = "text/plain; charset=utf-8",
     .encoding = "quoted-printable",
     .body = "f=C3=\n=BCr",
     .want = "f\303\274r"},
    {.label = "quoted-printable that is none",
     .encoding = "Quoted-Printable",
     .body = "a=b =4 =ZZ =\nc = d=\ne=",
     .want = "a=b =4 =ZZ c = de"},
    {.label = "base64 with foreign bytes, and two texts",
     .encoding = "base64",
     .body = "Y29u*Zm\nlk ZW=\nbnRpYWw=\naGVyZQ==",
     .want = "confidentialhere"},
    {.label = "base64 cut short",
     .encoding = "base64",
     .body = "Y29uZml",
     .want = "confi"},
    {.label = "a multipart in an attached message",
     .type = "multipart/mixed; boundary=outer",
     .body =
         "--outer\n\nsee below\n--outer\nContent-Type: message/rfc822\n"
         "Content-Disposition: attachment; filename=a.eml\n\n"
         "From: a@b.example\nSubject: not this\nMIME-Version: 1.0\n"
         "Content-Type: multipart/related;\n\ttype=\"multipart/alternative"
         "\";\n\tboundary=\"inner 'x'?\"\n\n"
         "--inner 'x'?\nContent-Type: multipart/alternative; boundary=i2\n\n"
         "--i2\nContent-Transfer-Encoding: base64\n\nZGVlcA==\n--i2--\n"
         "--inner 'x'?\nContent-Type: image/png\n\nPNG\n--inner 'x'?--\n"
         "--outer\n\nthe end\n--outer--\n",
     .want = "see below\ndeep\nthe end"},
    {.label = "an attached message in base64",
     .type = MIXED,
     .body = "--b\nContent-Type: message/rfc822\n"
             "Content-Transfer-Encoding: base64\n\n"
             "U3ViamVjdDogeAoKc2VjcmV0Cg==\n--b--\n",
     .want = "secret\n"},
    {.label = "an attached message that only says it is base64",
     .type = "message/rfc822",
     .encoding = "base64",
     .body = "Subject: x\n\nsecret\n",
     .want = "secret\n"},
    {.label = "an attached message from a mailbox",
     .type = "message/global",
     .body = "From me@x.example Thu Jan  1 00:00:00 2026\n"
             "Content-Transfer-Encoding: base64\n\nc2VjcmV0\n",
     .want = "secret"},
    {.label = "a digest",
     .type = "multipart/digest; boundary=b",
     .body = "--b\n\nContent-Transfer-Encoding: base64\n\nb25l\n"
             "--b\nContent-Type: text/plain\n\ntwo\n--b--\n",
     .want = "one\ntwo"},
    {.label = "no final boundary",
     .type = MIXED,
     .body = "--b\n\none\n--b\n\ntwo\n",
     .want = "one\ntwo\n"},
    {.label = "an inner multipart without a final boundary",
     .type = MIXED,
     .body = "--b\nContent-Type: multipart/mixed; boundary=c\n\n"
             "--c\n\none\n--b\n\ntwo\n--b--\n",
     .want = "one\ntwo"},
    {.label = "a boundary that begins as the outer one does",
     .type = MIXED,
     .body = "--b\nContent-Type: multipart/mixed; boundary=b-1\n\n"
             "--b-1\n\none\n--b-1--\n--b\n\ntwo\n--b--\n",
     .want = "one\ntwo"},
    {.label = "another boundary: the text as it is",
     .type = "multipart/mixed; boundary=other",
     .body = "--b\n\nsecret\n--b--\n",
     .want = "--b\n\nsecret\n--b--\n"},
    {.label = "another boundary, encoded",
     .type = "multipart/mixed; boundary=other",
     .encoding = "base64",
     .body = "c2VjcmV0",
     .want = "secret"},
    {.label = "no boundary parameter",
     .type = "multipart/mixed",
     .body = "--\nsecret\n",
     .want = "--\nsecret\n"},
    {.label = "a final boundary alone",
     .type = MIXED,
     .body = "secret\n--b--\n",
     .want = "secret\n--b--\n"},
    {.label = "white space after the boundary",
     .type = "Multipart/Mixed; Boundary=\"b \"",
     .body = "--b \t\n\none\n--bb\n -- b\n--b-- \nnot this",
     .want = "one\n--bb\n -- b"},
    {.label = "parts without a body, and without a header",
     .type = MIXED,
     .body = "--b\n--b\n\n--b\nContent-Type: text/plain\n--b\nonly text\n--b",
     .want = "only text"},
    {.label = "a multipart says it is base64",
     .type = MIXED,
     .encoding = "base64",
     .body = "--b\n\nsecret\n--b--\n",
     .want = "secret"},
    {.label = "what is no text",
     .type = MIXED,
     .body = "--b\nContent-Type: application/pdf\n\nPDF\n"
             "--b\nContent-Type: image/svg+xml\n\n<svg>\n"
             "--b\nContent-Type: message/delivery-status\n\nStatus: 5.0.0\n"
             "--b\nContent-Type: text/calendar\n\nSUMMARY:x\n--b--\n",
     .want = "SUMMARY:x"},
    {.label = "no text at all",
     .type = "application/pdf",
     .body = "PDF",
     .want = ""},
    {.label = "a type that is none", .type = "text", .body = "a", .want = "a"},
    {.label = "a type of parameters only",
     .type = "; charset=koi8-r",
     .body = "\360\322\311",
     .want = "\320\237\321\200\320\270"},
    {.label = "comments and white space in the fields",
     .type = " (a \\) (b)) text/plain (c) ;\n\tcharset (d)= \"koi8\\-r\" (e)",
     .encoding = "(x) base64 (y)",
     .body = "8NLJ",
     .want = "\320\237\321\200\320\270"},
    {.label = "parameters without semicolons, and the first of two",
     .type = "text/plain ;;charset=koi8-r charset=utf-8;format",
     .body = "\360\322\311",
     .want = "\320\237\321\200\320\270"},
    {.label = "a field of a part, folded and in capitals, and the first of two",
     .type = MIXED,
     .body = "--b\nX-Y: z\nCONTENT-TYPE : text/plain;\n\tcharset=koi8-r\n"
             "Content-Transfer-Encoding:\n base64\n"
             "Content-Transfer-Encoding: 7bit\n\n8NLJ\n--b--\n",
     .want = "\320\237\321\200\320\270"},
    {.label = "a comment with a bracket",
     .type = "(a \\) b) multipart/mixed; boundary=b",
     .body = "--b\n\none\n--b--",
     .want = "one"},
    {.label = "a boundary with a quote, folded",
     .type = "multipart/mixed; boundary=\"a\n \\\"b\\\\\"; boundary=c",
     .body = "--a \"b\\\n\none\n--a \"b\\--",
     .want = "one"},
    {.label = "the first of two types",
     .type = MIXED,
     .body = "--b\nContent-Type: text/plain\n"
             "Content-Type: text/plain; charset=koi8-r\n\n\360\322\n--b--\n",
     .want = "\360\322"},
    {.label = "a shift at the end of a part ends with it",
     .type = MIXED,
     .body = "--b\nContent-Type: text/plain; charset=iso-2022-jp\n\n\033$B<R\n"
             "--b\nContent-Type: text/plain; charset=iso-2022-jp\n\n<R\n--b--",
     .want = "\347\244\276\n<R"},
    {.label = "an unknown charset",
     .type = "text/plain; charset=x-none",
     .body = "caf\351",
     .want = "caf\351"},
    {.label = "an unknown encoding",
     .encoding = "x-uuencode",
     .body = "secret=20",
     .want = "secret=20"},
    {.label = "bytes that UTF-8 has not",
     .type = "text/plain; charset=UTF-8",
     .body = "caf\351 \303",
     .want = "caf\351 \303"},
    {.label = "bytes that the charset has not",
     .type = "text/plain; charset=euc-jp",
     .body = "\377\265\241\314\251\377 secret \265",
     .want = "\377\346\251\237\345\257\206\377 secret \265"},
    {.label = "a charset with options of iconv's",
     .type = "text/plain; charset=koi8-r//IGNORE",
     .body = "\360\322\311",
     .want = "\360\322\311"},
    {.label = "latin-1 is windows-1252",
     .type = "text/plain; charset=ISO-8859-1",
     .body = "don\222t",
     .want = "don\342\200\231t"},
    {.label = "gb2312 is gb18030",
     .type = "text/plain; charset=gb2312",
     .body = "\261\243\303\334 \351F",
     .want = "\344\277\235\345\257\206 \351\225\225"},
    {.label = "ks_c_5601-1987 is cp949",
     .type = "text/plain; charset=ks_c_5601-1987",
     .body = "\272\270\276\310 \214c",
     .want = "\353\263\264\354\225\210 \353\230\240"},
    {.label = "shift_jis is cp932",
     .type = "text/plain; charset=Shift_JIS",
     .body = "\213@\226\247\207@",
     .want = "\346\251\237\345\257\206\342\221\240"},
    {.label = "utf-16, which has NULs of its own",
     .type = "text/plain; charset=utf-16",
     .encoding = "base64",
     .body = "//5HAGUAaABlAGkAbQAgAPwA",
     .want = "Geheim \303\274"},
    {.label = "utf-7",
     .type = "text/plain; charset=utf-7",
     .body = "+APwgrA-",
     .want = "\303\274\342\202\254"},
    {.label = "a converter that keeps its last character",
     .type = "text/plain; charset=tcvn",
     .body = "Hanoi",
     .want = "Hanoi"},
    {.label = "NULs in base64",
     .encoding = "base64",
     .body = "YQBiAAA=",
     .want = "a b  "},
    {.label = "lines in base64 end as mail's do",
     .encoding = "base64",
     .body = "YQ0KYg0NCmMN",
     .want = "a\nb\nc\r"},
};

/* The bytes, after `ahead` others, in a file without a name. */
static int body_open(const char *bytes, size_t n, size_t ahead)
{
    int fd = memfd_create("body", MFD_CLOEXEC);
    if (fd == -1 || ftruncate(fd, (off_t)ahead) == -1 ||
        pwrite(fd, bytes, n, (off_t)ahead) != (ssize_t)n) {
        perror("memfd");
        exit(2);
    }
    return fd;
}

static int text_of(const char *type, const char *encoding, const char *bytes,
                   size_t n, size_t max, struct text *out)
{
    int fd = body_open(bytes, n, 19);
    int rc = content_text(type ? type : "", encoding ? encoding : "", fd, 19,
                          max, out);
    close(fd);
    return rc;
}

static void with_crlf(const char *s, struct text *out)
{
    text_add(out, "");
    for (; *s; s++)
        text_addn(out, *s == '\n' ? "\r\n" : s, *s == '\n' ? 2 : 1);
}

/* Whatever the cut leaves is a string, and not longer than it may be. */
static bool cuts_hold(size_t row)
{
    const char *body = rows[row].body;
    struct text out = {0};
    bool ok = true;
    for (size_t max = 0; max <= strlen(body); max++) {
        int rc = text_of(rows[row].type, rows[row].encoding, body, strlen(body),
                         max, &out);
        ok = ok && rc == (out.len > 0) && strlen(out.s) == out.len &&
             out.len <= 4 * max;
    }
    text_free(&out);
    return ok;
}

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct text out = {0}, crlf = {0}, type = {0};
        size_t n = strlen(rows[i].body);
        with_crlf(rows[i].body, &crlf);
        with_crlf(rows[i].type ? rows[i].type : "", &type);
        unit_int(
            rows[i].label, "result",
            text_of(rows[i].type, rows[i].encoding, rows[i].body, n, ALL, &out),
            rows[i].want[0] != 0);
        unit_str(rows[i].label, "text", text_str(&out), rows[i].want);
        text_of(type.s, rows[i].encoding, crlf.s, crlf.len, ALL, &out);
        unit_str(rows[i].label, "text with CRLF", out.s, rows[i].want);
        unit_true(rows[i].label, cuts_hold(i));
        text_free(&out);
        text_free(&crlf);
        text_free(&type);
    }
}

/* NULs in the body, in a header, and in place of one. */
static void check_nuls(void)
{
    static const char plain[] = "a\0b\r\n\0";
    static const char parts[] =
        "--b\nContent-Type: text/\0html\n\n\0one\n--b\n\0: x\n\ntwo\n--b--";
    struct text out = {0};
    text_of("", "", plain, sizeof plain - 1, ALL, &out);
    unit_str("NULs in a text", "text", out.s, "a b\n ");
    text_of(MIXED, "", parts, sizeof parts - 1, ALL, &out);
    unit_str("NULs in headers", "text", out.s, " one\n : x\n\ntwo");
    text_free(&out);
}

static void check_reading(void)
{
    struct text out = {0};
    int fd = body_open("head\nsecret and more", 20, 0);
    text_add(&out, "what was here before");
    lseek(fd, 2, SEEK_SET);
    unit_int("a part of a file", "result", content_text("", "", fd, 5, 6, &out),
             1);
    unit_str("a part of a file", "text", out.s, "secret");
    unit_int("a part of a file", "position", (long)lseek(fd, 0, SEEK_CUR), 2);
    unit_int("at the end", "result", content_text("", "", fd, 20, 9, &out), 0);
    unit_str("at the end", "text", out.s, "");
    unit_int("nothing wanted", "result", content_text("", "", fd, 0, 0, &out),
             0);
    unit_int("no limit", "result", content_text("", "", fd, 0, SIZE_MAX, &out),
             1);
    close(fd);
    unit_int("no file", "result", content_text("", "", fd, 0, 9, &out), -1);
    unit_int("no file", "errno", errno, EBADF);
    unit_str("no file", "text", out.s, "");
    text_free(&out);
}

/* `levels` multiparts within each other, "secret" in base64 in the last. */
static void check_depth(int levels, const char *label, bool found)
{
    struct text body = {0}, out = {0};
    for (int i = 1; i < levels; i++)
        text_addf(&body, "--b%d\nContent-Type: %s; boundary=b%d\n\n", i,
                  "multipart/mixed", i + 1);
    text_addf(&body, "--b%d\nContent-Transfer-Encoding: base64\n\nc2VjcmV0",
              levels);
    for (int i = levels; i > 0; i--)
        text_addf(&body, "\n--b%d--", i);
    text_of("multipart/mixed; boundary=b1", "", body.s, body.len, ALL, &out);
    unit_true(label, (strcmp(out.s, "secret") == 0) == found);
    unit_true(label, (strstr(out.s, "c2VjcmV0") == NULL) == found);
    text_free(&body);
    text_free(&out);
}

/* One kind of byte for many characters: the limit holds, for memory too. */
static void check_growth(void)
{
    char syllables[100000];
    struct text out = {0};
    memset(syllables, 0x88, sizeof syllables);
    text_of("text/plain; charset=tscii", "", syllables, sizeof syllables, ALL,
            &out);
    unit_int("a charset that grows", "length", (long)out.len, 400000);
    unit_true("a charset that grows: memory", out.cap <= 800000);
    text_free(&out);
}

/* More than one turn of the converter's. */
static void check_long(void)
{
    static const char letter[] = "\320\237";
    struct text body = {0}, out = {0}, want = {0};
    for (int i = 0; i < 20000; i++) {
        text_add(&body, "\360");
        text_add(&want, letter);
    }
    text_of("text/plain; charset=koi8-r", "", body.s, body.len, ALL, &out);
    unit_true("a long text", strcmp(out.s, want.s) == 0);
    text_free(&body);
    text_free(&out);
    text_free(&want);
}

/* Only so many charsets are known in one message, and none is forgotten. */
static void check_charsets(void)
{
    struct text body = {0}, out = {0};
    for (int i = 0; i < 40; i++)
        text_addf(&body,
                  "--b\nContent-Type: text/plain; charset=x-%d\n\n%d\n"
                  "--b\nContent-Type: text/plain; charset=koi8-r\n\n\360\n",
                  i, i);
    text_of(MIXED, "", body.s, body.len, ALL, &out);
    unit_has("many charsets", "the first", out.s, "0\n\320\237\n1\n");
    unit_has("many charsets", "the last", out.s, "\n39\n\320\237");
    text_free(&body);
    text_free(&out);
}

/* What has been slow in other programs, a few megabytes of it: `head`, then
 * `again` and again. */
static const struct {
    const char *label, *type, *encoding, *head, *again;
} floods[] = {
    {.label = "empty parts", .type = MIXED, .again = "--b\n"},
    {.label = "empty lines", .type = MIXED, .head = "--b\n\n", .again = "\n"},
    {.label = "hyphens", .type = MIXED, .head = "--b\n\n", .again = "--"},
    {.label = "empty headers", .type = MIXED, .head = "--b\n", .again = "a:\n"},
    {.label = "folded lines",
     .type = MIXED,
     .head = "--b\na:\n",
     .again = " \n"},
    {.label = "messages in messages",
     .type = "message/rfc822",
     .again = "Content-Type: message/rfc822\n\n"},
    {.label = "multiparts in multiparts",
     .type = MIXED,
     .again = "--b\nContent-Type: " MIXED "\n\n"},
    {.label = "messages, quoted-printable",
     .type = "message/rfc822",
     .again = "Content-Type: message/rfc822\n"
              "Content-Transfer-Encoding: quoted-printable\n\n"},
    {.label = "parameters",
     .type = MIXED,
     .head = "--b\nContent-Type: text/plain",
     .again = ";a=b"},
    {.label = "quotes",
     .type = MIXED,
     .head = "--b\nContent-Type: text/plain;",
     .again = "\"\""},
    {.label = "open comments",
     .type = MIXED,
     .head = "--b\nContent-Type:",
     .again = "("},
    {.label = "equals signs", .encoding = "quoted-printable", .again = "="},
    {.label = "equals signs and spaces",
     .encoding = "quoted-printable",
     .head = "=",
     .again = " "},
    {.label = "bytes that are none",
     .type = "text/plain; charset=euc-jp",
     .again = "\377"},
    {.label = "escapes",
     .type = "text/plain; charset=iso-2022-jp",
     .again = "\033$B\033"},
    {.label = "parts of two charsets",
     .type = MIXED,
     .again = "--b\nContent-Type: text/plain;charset=big5\n\nx\n"
              "--b\nContent-Type: text/plain;charset=koi8-r\n\nx\n"},
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What takes quadratic time takes minutes here. */
static void check_floods(void)
{
    for (size_t i = 0; i < LENGTH(floods); i++) {
        struct text body = {0}, out = {0};
        double start, took;
        text_add(&body, floods[i].head ? floods[i].head : "");
        while (body.len < 2 * ALL)
            text_add(&body, floods[i].again);
        start = cpu_seconds();
        text_of(floods[i].type, floods[i].encoding, body.s, body.len, 2 * ALL,
                &out);
        took = cpu_seconds() - start;
        if (!unit_true(floods[i].label, took < 5))
            printf("  %s: took %.1f seconds\n", floods[i].label, took);
        unit_true(floods[i].label, out.len <= 4 * body.len);
        text_free(&body);
        text_free(&out);
    }
}

int main(void)
{
    check_rows();
    check_nuls();
    check_reading();
    check_depth(CONTENT_DEPTH, "as deep as it may be", true);
    check_depth(CONTENT_DEPTH + 1, "too deep: the text as it is", false);
    check_growth();
    check_long();
    check_charsets();
    check_floods();
    return unit_end();
}
