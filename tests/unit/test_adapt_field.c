/* test_adapt_field: header fields taken apart and changed, what a part was, and
 * what the parts of a message are called.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gmime/gmime.h>
#include <stdlib.h>

#include "field.h"
#include "original.h"
#include "subject.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *label, *block;
    const char *want; /* NAME:LENGTH of each, and a space */
} blocks[] = {
    {"nothing", "", ""},
    {"one", "A: b\n", "A:5 "},
    {"two", "A: b\nSub-ject: d\n", "A:5 Sub-ject:12 "},
    {"no line end", "A: b", "A:4 "},
    {"folded", "A: b\n c\n\td\nE: f\n", "A:11 E:5 "},
    {"folded, no line end", "A: b\n c", "A:7 "},
    {"a blank line with white space", "A: b\n \nC: d\n", "A:7 C:5 "},
    {"white space before the colon", "A \t: b\n", "A:7 "},
    {"no colon", "hello\nA: b\n", ":6 A:5 "},
    {"a colon first", ": b\nA: b\n", ":4 A:5 "},
    {"a colon on the next line", "A\n : b\n", ":7 "},
    {"a space within a name", "From a@x: y\n", ":12 "},
    {"bytes outside ASCII", "\303\244: b\n", ":6 "},
    {"a control character", "A\001: b\n", ":6 "},
    {"a blank line", "A: b\n\nC: d\n", "A:5 :1 C:5 "},
    {"begins folded", " x\nA: b\n", ":3 A:5 "},
    {"no value", "A:\nB:\n", "A:3 B:3 "},
    {"all that a name may have", "!#$%&'*+-.^_`|~09;: x\n",
     "!#$%&'*+-.^_`|~09;:22 "},
};

static void check_blocks(void)
{
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        const char *block = blocks[i].block;
        size_t all = 0;
        struct text t = {0};

        for (struct field f; field_next(&block, &f); all += f.len)
            text_addf(&t, "%.*s:%zu ", (int)f.name_len, f.s, f.len);
        unit_str(blocks[i].label, "fields", text_str(&t), blocks[i].want);
        unit_int(blocks[i].label, "all of it", (long)all,
                 (long)strlen(blocks[i].block));
        text_free(&t);
    }
}

static const struct {
    const char *label, *block, *name, *want; /* NULL: none */
} values[] = {
    {"a value", "A: b\n", "A", "b"},
    {"another case", "suBject: B c \n", "Subject", "B c"},
    {"folded: raw", "A:\n b;\n\tc=d \n", "a", "b;\n\tc=d"},
    {"the first", "A: 1\nA: 2\n", "A", "1"},
    {"none", "Ab: 1\n", "A", NULL},
    {"none, longer", "A: 1\n", "Ab", NULL},
    {"empty", "A: \n", "A", ""},
    {"empty, folded", "A:\n \n\n", "A", ""},
    {"no line end", "A:", "A", ""},
    {"colons", "A:b:c\n", "A", "b:c"},
    {"white space before the colon", "A : b\n", "A", "b"},
    {"in what is folded", "B: x\n A: y\n", "A", NULL},
};

static void check_values(void)
{
    for (size_t i = 0; i < LENGTH(values); i++) {
        struct text t = {0};

        unit_int(values[i].label, "found",
                 field_value(values[i].block, values[i].name, &t),
                 values[i].want != NULL);
        unit_str(values[i].label, "value", text_str(&t),
                 values[i].want != NULL ? values[i].want : "");
        text_free(&t);
    }
}

static bool keep_x(const struct field *f, void *context)
{
    ++*(int *)context;
    return field_begins(f, "x-");
}

static void check_copies(void)
{
    struct text t = {0};
    int seen = 0;

    fields_copy("A: b\nX-A: 1\n 2\nno field\nx-b:\nX: 3\nX-", keep_x, &seen,
                &t);
    unit_str("copied", "fields", text_str(&t), "X-A: 1\n 2\nx-b:\n");
    unit_int("copied", "seen", seen, 6);
    text_free(&t);
}

/* ---------------------------------------------------------- parameters -- */

/* NULL: as the value is. */
static const struct {
    const char *label, *value, *want;
} parameters[] = {
    {"a word", "report.pdf", NULL},
    {"nothing", "", NULL},
    {"white space", "two words.pdf", NULL},
    {"quotes", "a \"b\" \\c\\.pdf", NULL},
    {"specials", "a;b=c,d(e)<f>@[g]?/:", NULL},
    {"percents and stars", "100%25*'x'", NULL},
    {"UTF-8", "\303\234bersicht \346\227\245\346\234\254.csv", NULL},
    {"UTF-8, quotes", "\303\244 \"b\" 'c' 100%.txt", NULL},
    {"one character", "\303\244", NULL},
    {"a line end", "a\r\nBcc: victim@example.org", NULL},
    {"a tab", "a\tb", NULL},
    {"DEL", "a\177b", NULL},
};

/* What a mail program reads: the value, whatever it is made of. */
static void check_parameter(const char *label, const char *value)
{
    struct text t = {0};
    GMimeContentType *type;
    const char *got;

    text_add(&t, "a/b");
    field_parameter("name", value, &t);
    for (const char *p = t.s; *p; p++)
        if ((*p < 32 && *p != '\n' && *p != '\t') || *p == 127 ||
            (*p == '\n' && p[1] != '\t'))
            unit_int(label, "a character", *p, ' ');
    for (const char *p = t.s; *p; p += strcspn(p, "\n"), p += *p == '\n')
        unit_true(label, strcspn(p, "\n") < 998);
    type = g_mime_content_type_parse(NULL, t.s);
    got = g_mime_content_type_get_parameter(type, "name");
    unit_str(label, "read by GMime", got != NULL ? got : "(none)", value);
    g_object_unref(type);
    text_free(&t);
}

static void check_parameters(void)
{
    static const size_t lengths[] = {55,  60,  64,  65,  76,   77,
                                     200, 895, 896, 900, 1000, 5000};

    for (size_t i = 0; i < LENGTH(parameters); i++)
        check_parameter(parameters[i].label, parameters[i].value);
    for (size_t i = 0; i < LENGTH(lengths); i++)
        for (int wide = 0; wide < 3; wide++) {
            struct text t = {0};
            char *label =
                text_format("%zu characters, %d wide", lengths[i], wide + 1);
            for (size_t n = 0; n < lengths[i]; n++)
                text_add(&t, wide == 0     ? "x"
                             : n % 4u == 3 ? "y"
                             : wide == 1   ? "\303\244"
                                           : "\346\227\245");
            check_parameter(label, t.s);
            text_free(&t);
            free(label);
        }
}

/* --------------------------------------------------- what a part was -- */

#define TYPE "Content-Type: text/csv;\n name=a.csv\n"
#define CODING "content-transfer-encoding:base64\n"
#define PLACE "Content-Disposition: attachment\n"
#define FRESH "Content-Type: application/zip\n"
#define DIGEST "X-Original-Digest: sha-256=abc=\n"

static const struct {
    const char *label, *block, *wrapped;
} wraps[] = {
    {"all three", TYPE CODING PLACE,
     FRESH "X-Original-" TYPE "X-Original-" CODING "X-Original-" PLACE DIGEST},
    {"none", "", FRESH DIGEST},
    {"others stay in their places",
     "X-A: 1\n" TYPE "Content-ID: <x>\nContent-Type-X: y\n",
     "X-A: 1\n" FRESH "X-Original-" TYPE
     "Content-ID: <x>\nContent-Type-X: y\n" DIGEST},
    {"no such field", "X-A: 1\n\tb\n", "X-A: 1\n\tb\n" FRESH DIGEST},
    {"twice", TYPE TYPE, FRESH "X-Original-" TYPE "X-Original-" TYPE DIGEST},
};

static void check_wraps(void)
{
    for (size_t i = 0; i < LENGTH(wraps); i++) {
        struct text t = {0}, back = {0}, digest = {0};

        original_wrap(ORIGINAL_COMPRESSED, wraps[i].block, FRESH, "abc=", &t);
        unit_str(wraps[i].label, "wrapped", text_str(&t), wraps[i].wrapped);
        unit_int(wraps[i].label, "digest", original_digest(t.s, &digest), 1);
        unit_str(wraps[i].label, "digest", text_str(&digest), "abc=");
        original_unwrap(ORIGINAL_COMPRESSED, t.s, &back);
        unit_str(wraps[i].label, "unwrapped", text_str(&back), wraps[i].block);
        text_free(&t);
        text_free(&back);
        text_free(&digest);
    }
}

static const struct {
    const char *label, *block, *digest; /* NULL: none */
} digests[] = {
    {"none", TYPE, NULL},
    {"sha-256", "x-original-digest: sha-256=x\n", "x"},
    {"another kind", "X-Original-Digest: md5=x\n", NULL},
    {"empty", "X-Original-Digest:\n", NULL},
    {"an empty one", "X-Original-Digest: sha-256=\n", ""},
};

static void check_digests(void)
{
    for (size_t i = 0; i < LENGTH(digests); i++) {
        struct text t = {0};

        unit_int(digests[i].label, "found",
                 original_digest(digests[i].block, &t),
                 digests[i].digest != NULL);
        unit_str(digests[i].label, "digest", text_str(&t),
                 digests[i].digest != NULL ? digests[i].digest : "");
        text_free(&t);
    }
}

/* ------------------------------------------------------------- subjects -- */

static const struct {
    const char *label, *block, *want;
} subjects[] = {
    {"a subject", "A: b\nSubject: Holiday\n", "Subject: Holiday (2/5)\n"},
    {"none", "A: b\n", "Subject: (2/5)\n"},
    {"an empty one", "Subject:\nA: b\n", "Subject: (2/5)\n"},
    {"folded", "Subject: a\n b\n", "Subject: a\n b (2/5)\n"},
    {"numbered already", "subject: a (1/2)\n", "Subject: a (1/2) (2/5)\n"},
    {"encoded", "Subject: =?utf-8?q?=C3=A4?=\n",
     "Subject: =?utf-8?q?=C3=A4?= (2/5)\n"},
    {"percents", "Subject: 100%s %n\n", "Subject: 100%s %n (2/5)\n"},
};

static void check_subjects(void)
{
    for (size_t i = 0; i < LENGTH(subjects); i++) {
        struct text t = {0};

        subject_numbered(subjects[i].block, 2, 5, &t);
        unit_str(subjects[i].label, "subject", t.s, subjects[i].want);
        text_free(&t);
    }
}

static void check_ids(void)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                               "TUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.";
    struct job j = {.id = "1vMqTr-0001Ab-01"};
    struct text a = {0}, b = {0}, c = {0};

    subject_id(&j, &a);
    subject_id(&j, &b);
    unit_true("ids", strcmp(a.s, b.s) != 0);
    unit_true("ids", strncmp(a.s, j.id, strlen(j.id)) == 0);
    unit_int("ids", "safe", (long)strspn(a.s, safe), (long)a.len);
    j.id = "";
    subject_id(&j, &c);
    unit_true("no id", c.len > 10 && c.s[0] != '.' && !strstr(c.s, ".."));
    text_free(&a);
    text_free(&b);
    text_free(&c);
}

int main(void)
{
    g_mime_init();
    check_blocks();
    check_values();
    check_copies();
    check_parameters();
    check_wraps();
    check_digests();
    check_subjects();
    check_ids();
    return unit_end();
}
