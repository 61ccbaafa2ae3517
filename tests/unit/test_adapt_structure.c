/* test_adapt_structure: the parts of a message, and where each of them stands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gmime/gmime.h>

#include "archives.h"
#include "structure.h"

/* A string that may have NULs. */
#define BYTES(s) s, sizeof s - 1

#define TOP "From: a@x.example\nMIME-Version: 1.0\n"
#define MIXED TOP "Content-Type: multipart/mixed; boundary=b\n\n"

/* Of each part PARENT TYPE, and of a leaf [FLAGS header|body], with "(NAME)"
 * where it has one. Flags: a an attachment, s sealed, e embedded, q quoted, b
 * base64, o an encoding that is not known. */
static const struct {
    const char *label, *bytes;
    size_t len;
    int result;
    const char *want;
} messages[] = {
    {"no MIME", BYTES("From: a\n\nbody\n"), 1,
     "-1 text/plain[ From: a\n|body\n]"},
    {"no line end", BYTES("From: a\n\nbody"), 1,
     "-1 text/plain[ From: a\n|body]"},
    {"no body", BYTES("From: a\n\n"), 1, "-1 text/plain[ From: a\n|]"},
    {"base64",
     BYTES(TOP "Content-Type: Image/PNG; name=a.png\n"
               "Content-Transfer-Encoding: BASE64\n\neA==\n"),
     1,
     "-1 image/png(a.png)[ab " TOP
     "Content-Type: Image/PNG; name=a.png\nContent-Transfer-Encoding: "
     "BASE64\n|eA==\n]"},
    {"two parts",
     BYTES(MIXED "preamble\n--b\nContent-Type: text/plain\n\none\n--b\n"
                 "Content-Type: text/csv; name=\"x y.csv\"\n"
                 "Content-Transfer-Encoding: quoted-printable\n\ntwo=3D\n\n"
                 "--b--\nepilogue\n"),
     1,
     "-1 multipart/mixed 0 text/plain[ Content-Type: text/plain\n|one] "
     "0 text/csv(x y.csv)[aq Content-Type: text/csv; name=\"x y.csv\"\n"
     "Content-Transfer-Encoding: quoted-printable\n|two=3D\n]"},
    {"no end boundary", BYTES(MIXED "--b\nA: b\n\none\n--b\nC: d\n\ntwo\n"), 1,
     "-1 multipart/mixed 0 text/plain[ A: b\n|one] "
     "0 text/plain[ C: d\n|two\n]"},
    {"a part without a header", BYTES(MIXED "--b\n\none\n--b--\n"), 1,
     "-1 multipart/mixed 0 text/plain"},
    {"an empty part", BYTES(MIXED "--b\nA: b\n\n\n--b--\n"), 1,
     "-1 multipart/mixed 0 text/plain[ A: b\n|]"},
    {"a text that is attached",
     BYTES(MIXED "--b\nContent-Disposition: ATTACHMENT\n\none\n--b--\n"), 1,
     "-1 multipart/mixed 0 text/plain[a Content-Disposition: ATTACHMENT\n"
     "|one]"},
    {"an encoding of nobody's",
     BYTES(MIXED "--b\nContent-Transfer-Encoding: x-own\n\none\n--b\n"
                 "Content-Transfer-Encoding: x-uuencode\n\ntwo\n--b--\n"),
     1,
     "-1 multipart/mixed 0 text/plain[o Content-Transfer-Encoding: x-own\n"
     "|one] 0 text/plain[o Content-Transfer-Encoding: x-uuencode\n|two]"},
    {"a name in RFC 2231's form",
     BYTES(MIXED "--b\nContent-Disposition: attachment;\n"
                 " filename*=utf-8''%C3%BC%2Fx.txt\n\none\n--b--\n"),
     1,
     "-1 multipart/mixed 0 text/plain(\303\274/x.txt)"
     "[a Content-Disposition: attachment;\n filename*=utf-8''%C3%BC%2Fx.txt\n"
     "|one]"},
    {"signed",
     BYTES(TOP "Content-Type: multipart/signed; boundary=s\n\n--s\n"
               "Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\n\n"
               "one\n--b--\n--s\nContent-Type: application/pgp-signature\n\n"
               "x\n--s--\n"),
     1,
     "-1 multipart/signed! 0 multipart/mixed! 1 text/plain[s A: b\n|one] "
     "0 application/pgp-signature[as Content-Type: "
     "application/pgp-signature\n|x]"},
    {"encrypted, and not",
     BYTES(MIXED "--b\nContent-Type: application/pkcs7-mime\n\none\n--b\n"
                 "A: b\n\ntwo\n--b--\n"),
     1,
     "-1 multipart/mixed 0 application/pkcs7-mime[as Content-Type: "
     "application/pkcs7-mime\n|one] 0 text/plain[ A: b\n|two]"},
    {"an attached message",
     BYTES(MIXED "--b\nContent-Type: message/rfc822\n\nSubject: in\n\ntext\n"
                 "--b--\n"),
     1,
     "-1 multipart/mixed 0 message/rfc822 1 text/plain[e Subject: in\n|text]"},
    {"an attached message with parts",
     BYTES(MIXED "--b\nContent-Type: message/rfc822\n\nSubject: in\n"
                 "Content-Type: multipart/mixed; boundary=c\n\n--c\nA: b\n\n"
                 "x\n--c--\n--b\nC: d\n\ny\n--b--\n"),
     1,
     "-1 multipart/mixed 0 message/rfc822 1 multipart/mixed "
     "2 text/plain[e A: b\n|x] 0 text/plain[ C: d\n|y]"},
    {"a fragment",
     BYTES(TOP "Content-Type: message/partial; id=x; number=1\n\nA: b\n\nx\n"),
     1,
     "-1 message/partial[a " TOP
     "Content-Type: message/partial; id=x; number=1\n|A: b\n\nx\n]"},
    {"NULs in a body", BYTES(MIXED "--b\nA: b\n\nx\0\0y\n--b--\n"), 1,
     "-1 multipart/mixed 0 text/plain[ A: b\n|x\\0\\0y]"},
    {"boundaries that are none",
     BYTES(MIXED "--b\nA: b\n\n--bb\n --b\n--\n-b\n--b--\n"), 1,
     "-1 multipart/mixed 0 text/plain[ A: b\n|--bb\n --b\n--\n-b]"},
    {"a multipart without a boundary",
     BYTES(TOP "Content-Type: multipart/mixed\n\n--b\nA: b\n\nx\n--b--\n"), 1,
     "-1 multipart/mixed"},
    {"a NUL in the header", BYTES("From: \0\n\nx\n"), -1, ""},
};

static void message_put(struct message *m, const void *bytes, size_t len)
{
    int fd = temp_file(error, sizeof error);

    *m = (struct message){0};
    if (fd == -1 || write_all(fd, bytes, len, error, sizeof error) == -1 ||
        message_take(m, fd, error, sizeof error) == -1) {
        puts(error);
        exit(2);
    }
}

static void bytes_add(const struct message *m, int64_t from, int64_t to,
                      struct text *out)
{
    struct extent e = message_extent(m, from, to);
    struct text t = {0};

    extent_text(&e, &t);
    for (size_t i = 0; i < t.len; i++)
        if (t.s[i] != 0)
            text_addn(out, t.s + i, 1);
        else
            text_add(out, "\\0");
    text_free(&t);
}

static void part_add(const struct message *m, const struct part *p,
                     struct text *out)
{
    static const char codings[] = {[CODING_AS_IS] = 0,
                                   [CODING_BASE64] = 'b',
                                   [CODING_QUOTED] = 'q',
                                   [CODING_OTHER] = 'o'};

    text_addf(out, "%s%d %s", out->len > 0 ? " " : "", p->parent, p->type);
    if (p->name != NULL)
        text_addf(out, "(%s)", p->name);
    if (!p->leaf && p->sealed)
        text_add(out, "!");
    if (!p->leaf)
        return;
    text_addf(out, "[%s%s%s", p->attachment ? "a" : "", p->sealed ? "s" : "",
              p->embedded ? "e" : "");
    if (codings[p->coding] != 0)
        text_addn(out, &codings[p->coding], 1);
    text_add(out, " ");
    part_head(m, p, out);
    text_add(out, "|");
    bytes_add(m, p->body, p->end, out);
    text_add(out, "]");
}

static void check_messages(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++) {
        struct message m;
        struct structure s;
        struct text t = {0};

        message_put(&m, messages[i].bytes, messages[i].len);
        *error = '\0';
        unit_int(messages[i].label, "read",
                 structure_read(&s, &m, error, sizeof error),
                 messages[i].result);
        unit_int(messages[i].label, "error", *error != '\0',
                 messages[i].result == -1);
        for (int k = 0; k < s.count; k++)
            part_add(&m, &s.list[k], &t);
        unit_str(messages[i].label, "parts", text_str(&t), messages[i].want);
        text_free(&t);
        structure_free(&s);
        message_free(&m);
    }
}

/* Cut off anywhere: what it says is in the message, and in order. */
static void check_cuts(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++)
        for (size_t len = 0; len <= messages[i].len; len++) {
            struct message m;
            struct structure s;
            bool good = true;

            message_put(&m, messages[i].bytes, len);
            int rc = structure_read(&s, &m, error, sizeof error);
            for (int k = 0; k < s.count; k++) {
                const struct part *p = &s.list[k];
                good = good && p->parent < k && p->parent >= -1 && p->type &&
                       (!p->leaf || (0 <= p->head && p->head <= p->body &&
                                     p->body <= p->end && p->end <= m.len));
            }
            unit_true(messages[i].label, good && (rc == 1) == (s.count > 0));
            structure_free(&s);
            message_free(&m);
        }
}

static const struct {
    const char *label, *head;
    bool sealed;
} seals[] = {
    {"DKIM", "dkim-signature: v=1\n", true},
    {"ARC", "ARC-Message-Signature: i=1\n", true},
    {"ARC, the seal alone", "ARC-Seal: i=1\n", false},
    {"nothing", "X-DKIM-Signature: v=1\n", false},
};

static void check_seals(void)
{
    for (size_t i = 0; i < LENGTH(seals); i++) {
        char *text = text_format("%s\nx\n", seals[i].head);
        struct message m;
        struct structure s;

        message_put(&m, text, strlen(text));
        structure_read(&s, &m, error, sizeof error);
        unit_int(seals[i].label, "sealed", s.sealed, seals[i].sealed);
        structure_free(&s);
        message_free(&m);
        free(text);
    }
}

/* --------------------------------------------------------------- large -- */

static const char *const types[] = {
    "multipart/mixed; boundary=b",
    "Multipart/Mixed; boundary=b",
    "\n multipart/mixed; boundary=b",
    "(comment) multipart/mixed; boundary=b",
    "multipart /mixed; boundary=b",
    "text/plain\nContent-Type: multipart/mixed; boundary=b",
    "multipart/mixed; boundary=b\nContent-Type: text/plain",
    "message/rfc822\n\nContent-Type: multipart/mixed; boundary=b",
};

static void many(const char *type, int parts, bool seal, int *result,
                 struct structure *s)
{
    struct text t = {0};
    struct message m;

    text_addf(&t, TOP "%sContent-Type: %s\n\n",
              seal ? "DKIM-Signature: x\n" : "", type);
    for (int i = 0; i < parts; i++)
        text_add(&t, "--b\nA: b\n\nx\n");
    message_put(&m, t.s, t.len);
    *result = structure_read(s, &m, error, sizeof error);
    message_free(&m);
    text_free(&t);
}

/* However it is said that it is a multipart. */
static void check_many(void)
{
    struct structure s;
    int rc;

    many(types[0], STRUCTURE_PARTS - 1, false, &rc, &s);
    unit_int("as many parts", "read", rc, 1);
    unit_int("as many parts", "count", s.count, STRUCTURE_PARTS);
    structure_free(&s);
    for (size_t i = 0; i < LENGTH(types); i++) {
        many(types[i], STRUCTURE_PARTS + 2, true, &rc, &s);
        unit_true(types[i], s.count <= STRUCTURE_PARTS);
        unit_int(types[i], "nothing or all", rc, s.count > 0);
        unit_true(types[i], s.sealed || rc == 1);
        structure_free(&s);
    }
    many(types[0], STRUCTURE_PARTS + 2, true, &rc, &s);
    unit_int("too many", "read", rc, 0);
    unit_true("too many", s.sealed);
    structure_free(&s);
}

/* A header that GMime would keep in memory, field by field, wherever it is. */
static void check_bulk(void)
{
    static const struct {
        const char *label, *head, *line;
        int lines, want;
    } bulks[] = {
        {"fields of a part", MIXED "--b\n", "a:\n", STRUCTURE_FIELDS + 10, 0},
        {"as many as can be", MIXED "--b\n", "a:\n", STRUCTURE_FIELDS - 20, 1},
        {"of an attached message",
         MIXED "--b\nContent-Type: message/rfc822\n\n", "a: b\n",
         STRUCTURE_FIELDS + 10, 0},
        {"of a digest's",
         TOP "Content-Type: multipart/digest; boundary=b\n\n"
             "--b\n\n",
         "a : b\n", STRUCTURE_FIELDS + 10, 0},
        {"one that is long", MIXED "--b\nA: b\n", " cccccccccccccccc\n",
         1 << 20, 0},
        {"a list of addresses", MIXED "--b\nTo: x\n", " a,\n", 30000, 0},
        {"a list that is long", MIXED "--b\nTo: x\n", " a,\n", 5000, 1},
        {"parameters", MIXED "--b\nContent-Type: a/b\n", " ;p=x\n", 30000, 0},
        {"a text like a header", MIXED "--b\nA: b\n\nHello,\n", "a: b\n",
         STRUCTURE_FIELDS + 10, 1},
    };

    for (size_t i = 0; i < LENGTH(bulks); i++) {
        struct text t = {0};
        struct structure s;
        struct message m;
        text_add(&t, bulks[i].head);
        for (int n = 0; n < bulks[i].lines; n++)
            text_add(&t, bulks[i].line);
        text_add(&t, "\nbody\n--b--\n");
        message_put(&m, t.s, t.len);
        unit_int(bulks[i].label, "read",
                 structure_read(&s, &m, error, sizeof error), bulks[i].want);
        structure_free(&s);
        message_free(&m);
        text_free(&t);
    }
}

static void check_deep(void)
{
    static const int depths[] = {10, 500, 1023, 1025, 5000};

    for (size_t i = 0; i < LENGTH(depths); i++) {
        struct text t = {0};
        struct message m;
        struct structure s;

        text_add(&t, TOP);
        for (int k = 0; k < depths[i]; k++)
            text_addf(&t,
                      "Content-Type: multipart/mixed; boundary=b%d\n\n"
                      "--b%d\n",
                      k, k);
        text_add(&t, "A: b\n\nx\n");
        message_put(&m, t.s, t.len);
        unit_true("deep", structure_read(&s, &m, error, sizeof error) >= 0);
        unit_true("deep", s.count <= depths[i] + 2);
        if (depths[i] <= 500)
            unit_int("deep", "parts", s.count, depths[i] + 1);
        structure_free(&s);
        message_free(&m);
        text_free(&t);
    }
}

/* More than a block of a header, and of bodies. */
static void check_far(void)
{
    struct text t = {0}, name = {0};
    struct message m;
    struct structure s;

    text_add(&t, MIXED);
    for (int i = 0; i < 3; i++) {
        text_addf(&t, "--b\nX-%d: y\n\n", i);
        for (int k = 0; k < 100000; k++)
            text_add(&t, k % 60 == 59 ? "\n" : "x");
        text_add(&t, "\n");
    }
    text_add(&t, "--b--\n");
    message_put(&m, t.s, t.len);
    unit_int("far", "read", structure_read(&s, &m, error, sizeof error), 1);
    for (int i = 1; i < s.count; i++) {
        unit_int("far", "length", (long)(s.list[i].end - s.list[i].body),
                 100000);
        text_cut(&name, 0);
        part_head(&m, &s.list[i], &name);
        unit_int("far", "number", name.len > 2 ? name.s[2] - '0' : -1, i - 1);
    }
    unit_int("far", "parts", s.count, 4);
    text_free(&name);
    structure_free(&s);
    message_free(&m);
    text_free(&t);
}

static void check_part_head(void)
{
    struct message m;
    struct part p = {.head = 0, .body = 8, .leaf = true};
    struct text t = {0};

    message_put(&m, BYTES("A: b\n\n\0x"));
    unit_int("a NUL in a part's header", "head", part_head(&m, &p, &t), -1);
    p.body = 1;
    unit_int("one byte", "head", part_head(&m, &p, &t), 0);
    unit_str("one byte", "head", text_str(&t), "A");
    p.head = 2;
    unit_int("the wrong way", "head", part_head(&m, &p, &t), -1);
    p = (struct part){.head = 0, .body = (1 << 20) + 1};
    unit_int("more than 1 MiB", "head", part_head(&m, &p, &t), -1);
    p.body = 9;
    unit_int("more than there is", "head", part_head(&m, &p, &t), -1);
    text_free(&t);
    message_free(&m);
}

int main(void)
{
    int fds;

    g_mime_init();
    scratch_begin();
    temp_directory(scratch);
    fds = descriptors_open();
    check_messages();
    check_cuts();
    check_seals();
    check_many();
    check_bulk();
    check_deep();
    check_far();
    check_part_head();
    unit_int("all", "descriptors", descriptors_open(), fds);
    scratch_end();
    return unit_end();
}
