/* fuzz_content: the text of messages made of hostile bytes.
 *
 * The first byte says what is done with the rest:
 *   as it is: its first line is the type, its second the encoding;
 *   each byte as a piece of a message: what no mutation finds soon;
 *   ahead of a part with a word in it, and in it: the word is found;
 *   encoded, as one text: the same bytes come out;
 *   its second half again and again, to FLOOD bytes: the time stays short.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "content.h"

#define FLOOD ((size_t)128 << 10)
#define FLOOD_SECONDS 5    /* quadratic time needs minutes, even sanitized */
#define BOUNDARY "8rqzw2k" /* the fuzzer shall not find it */

static const char *const types[] = {
    "",
    "text/plain; charset=iso-2022-jp",
    "text/plain; charset=utf-7",
    "text/plain; charset=gb18030",
    "text/plain; charset=tscii",
    "multipart/mixed; boundary=b",
    "multipart/digest; boundary=\"b\"",
    "message/rfc822",
};

/* What a byte stands for in a message of pieces; the others for themselves. */
static const char *const pieces[] = {
    "\n",
    "\n\n",
    "\r\n",
    "\n--b\n",
    "\n--b--\n",
    "\n--c\n",
    "\n--c--\n",
    "--",
    "Content-Type: ",
    "Content-Transfer-Encoding: ",
    "multipart/mixed; boundary=b\n",
    "multipart/digest;\n\tboundary=\"c\"\n",
    "message/rfc822\n",
    "text/plain; charset=",
    "iso-2022-jp\n",
    "\033$B",
    "\033(B",
    "utf-16\n",
    "big5-hkscs\n",
    "utf-7\n",
    "base64\n",
    "quoted-printable\n",
    "=\n",
    "=0",
    "(",
    ")",
    "\"",
    ";",
    "From x\n",
    "\n\nContent-Type: message/rfc822\n\n",
};
#define PIECES (sizeof pieces / sizeof *pieces)

static int content_of(const char *type, const char *encoding, const char *body,
                      size_t n, size_t max, struct text *out)
{
    static int fd = -1;
    if (fd == -1)
        fd = memfd_create("body", MFD_CLOEXEC);
    FUZZ_ASSERT(ftruncate(fd, 0) == 0);
    FUZZ_ASSERT(pwrite(fd, body, n, 5) == (ssize_t)n);
    int rc = content_text(type, encoding, fd, 5, max, out);
    FUZZ_ASSERT(lseek(fd, 0, SEEK_CUR) == 0);
    FUZZ_ASSERT(rc == (out->len > 0));
    FUZZ_ASSERT(strlen(out->s) == out->len && out->len <= 4 * max);
    FUZZ_ASSERT(out->len <= 4 * n && strstr(out->s, "\r\n") == NULL);
    return rc;
}

/* Any cut, and the same again into what is full already. */
static void check_cut(const char *type, const char *encoding, const char *body,
                      size_t n, size_t max)
{
    struct text first = {0}, again = {0};
    text_add(&again, "what was here");
    content_of(type, encoding, body, n, max, &first);
    content_of(type, encoding, body, n, max, &again);
    FUZZ_ASSERT(strcmp(first.s, again.s) == 0);
    content_of(type, encoding, body, n, 2 * n + 1, &again);
    text_free(&first);
    text_free(&again);
}

static void check_pieces(const char *type, const char *input, size_t n)
{
    struct text body = {0};
    for (size_t i = 0; i < n; i++) {
        size_t piece = (unsigned char)input[i];
        if (piece < PIECES)
            text_add(&body, pieces[piece]);
        else
            text_addn(&body, input + i, 1);
    }
    check_cut(type, "", body.s, body.len, body.len - body.len / 8);
    text_free(&body);
}

static void check_lines(char *input, size_t n, size_t max)
{
    char *rest = input;
    char *type = strsep(&rest, "\n");
    char *encoding = rest ? strsep(&rest, "\n") : NULL;
    if (rest)
        check_cut(type, encoding, rest, n - (size_t)(rest - input), max);
}

/* Bytes that do not know the boundary can hide nothing from it. */
static void check_found(const char *input, size_t n)
{
    struct text body = {0}, out = {0};
    text_addn(&body, input, n);
    text_add(&body, "\n--" BOUNDARY "\nContent-Type: text/plain; charset=utf-8"
                    "\nContent-Transfer-Encoding: base64\n\n"
                    "Y29uZmlk\nZW50aWFs\n--" BOUNDARY "\n");
    text_addn(&body, input, n);
    text_add(&body, "\n--" BOUNDARY "\nContent-Transfer-Encoding: "
                    "quoted-printable\n\nof=\nfic=69al\n--" BOUNDARY "--\n");
    text_addn(&body, input, n);
    content_of("multipart/mixed; boundary=" BOUNDARY, "", body.s, body.len,
               body.len, &out);
    FUZZ_ASSERT(strstr(out.s, "confidential") != NULL);
    FUZZ_ASSERT(strstr(out.s, "official") != NULL);
    text_free(&body);
    text_free(&out);
}

static void base64_encode(const char *s, size_t n, struct text *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < n ? (unsigned char)s[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            text_addn(
                out, i + k > n ? "=" : digits + (bits >> (18 - 6 * k) & 63), 1);
        if (i % 57 == 54)
            text_add(out, "\r\n");
    }
}

static void quoted_encode(const char *s, size_t n, struct text *out)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] > ' ' && s[i] < 127 && s[i] != '=')
            text_addn(out, s + i, 1);
        else
            text_addf(out, "=%02X", (unsigned char)s[i]);
        if (i % 24 == 23)
            text_add(out, "= \r\n");
    }
}

static void check_encoded(const char *input, size_t n)
{
    struct text plain = {0}, encoded = {0}, out = {0};
    content_of("", "8bit", input, n, n, &plain);
    base64_encode(input, n, &encoded);
    content_of("text/plain; charset=utf-8", "base64", encoded.s, encoded.len,
               encoded.len, &out);
    FUZZ_ASSERT(strcmp(out.s, plain.s) == 0);
    text_cut(&encoded, 0);
    quoted_encode(input, n, &encoded);
    content_of("text/html", "quoted-printable", encoded.s, encoded.len,
               encoded.len, &out);
    FUZZ_ASSERT(strcmp(out.s, plain.s) == 0);
    text_free(&plain);
    text_free(&encoded);
    text_free(&out);
}

static void check_flood(const char *type, const char *input, size_t n)
{
    struct text body = {0}, out = {0};
    clock_t start;
    size_t head = n / 2;
    text_addn(&body, input, head);
    while (body.len < FLOOD)
        text_addn(&body, input + head, n - head);
    start = clock();
    content_of(type, "quoted-printable", body.s, body.len, body.len, &out);
    FUZZ_ASSERT(clock() - start < FLOOD_SECONDS * CLOCKS_PER_SEC);
    text_free(&body);
    text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input;
    if (size < 2)
        return 0;
    input = fuzz_text(data + 1, --size);
    const char *type = types[data[0] / 8 % 8];
    switch (data[0] % 8) {
    case 0:
        if (!strstr(input, BOUNDARY) && memchr(input, 0, size) == NULL)
            check_found(input, size);
        break;
    case 1:
        check_encoded(input, size);
        break;
    case 2:
        if (size % 16 == 0)
            check_flood(type, input, size);
        break;
    case 3:
        check_cut(type, "", input, size, size / 2);
        break;
    case 4:
        check_lines(input, size, data[0]);
        break;
    default:
        check_pieces(type, input, size);
    }
    free(input);
    return 0;
}
