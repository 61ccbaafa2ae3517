/* test_template: the words of notices, filled in; header fields encoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "template.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"
#include "words.h"

/* ---- encoding ---- */

#define A20 "aaaaaaaaaaaaaaaaaaaa"
#define E20                                                                    \
    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" /* 5 letters, 10 bytes          \
                                                */

static const struct {
    const char *label, *text;
    const char *want; /* NULL: see check_words() only */
} encodings[] = {
    {"nothing", "", ""},
    {"ASCII", "Held: a (b) <c> \"d\"?", "Held: a (b) <c> \"d\"?"},
    {"ASCII, long", A20 A20 A20 A20 A20, A20 A20 A20 A20 A20},
    {"= and ? apart", "a=b ?= c?", "a=b ?= c?"},
    {"a letter", "\xc3\xa9", "=?UTF-8?B?w6k=?="},
    {"two bytes over", "\xc3\xa9 a", "=?UTF-8?B?w6kgYQ==?="},
    {"one byte over", "\xc3\xa9 ab", "=?UTF-8?B?w6kgYWI=?="},
    {"Japanese", "\xe6\x97\xa5\xe6\x9c\xac", "=?UTF-8?B?5pel5pys?="},
    {"what looks encoded", "a =?b", "=?UTF-8?B?YSA9P2I=?="},
    {"long", E20 E20 E20 E20 E20 E20 E20 E20 E20 E20, NULL},
    {"long, and a byte off", "a" E20 E20 E20 E20 E20 E20 E20 E20, NULL},
    {"long, ASCII and one letter", A20 A20 A20 A20 A20 "\xc3\xa9", NULL},
    {"four bytes each",
     "\xf0\x9f\x93\xac\xf0\x9f\x93\xac\xf0\x9f\x93\xac\xf0\x9f\x93\xac"
     "\xf0\x9f\x93\xac\xf0\x9f\x93\xac\xf0\x9f\x93\xac\xf0\x9f\x93\xac"
     "\xf0\x9f\x93\xac\xf0\x9f\x93\xac\xf0\x9f\x93\xac\xf0\x9f\x93\xac",
     NULL},
};

/* Every word is whole characters, and no longer than RFC 2047 2 has it. */
static void check_words(const char *label, const char *encoded)
{
    char *copy = text_copy(encoded), *rest = copy;

    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        struct text plain = {0};

        words_decode(line, &plain);
        unit_true(label, strstr(text_str(&plain), "\xef\xbf\xbd") == NULL);
        if (strstr(line, "=?") != NULL)
            unit_true(label, strlen(line) <= 76);
        unit_true(label, line == copy || *line == ' ');
        text_free(&plain);
    }
    free(copy);
}

static void check_encodings(void)
{
    for (size_t i = 0; i < LENGTH(encodings); i++) {
        struct text out = {0}, unfolded = {0}, again = {0};

        text_add(&out, "");
        template_encode(encodings[i].text, &out);
        if (encodings[i].want != NULL)
            unit_str(encodings[i].label, "encoded", out.s, encodings[i].want);
        check_words(encodings[i].label, out.s);
        text_add(&unfolded, "");
        for (const char *p = out.s; *p != '\0'; p++)
            if (*p != '\n')
                text_addn(&unfolded, p, 1);
        words_decode(unfolded.s, &again);
        unit_str(encodings[i].label, "decoded", text_str(&again),
                 encodings[i].text);
        text_free(&out);
        text_free(&unfolded);
        text_free(&again);
    }
}

/* ---- filling ---- */

static bool fact(const char *word, void *context, struct text *out)
{
    (void)context;
    if (strcmp(word, "old") == 0)
        text_add(out, "old@x.example");
    else if (strcmp(word, "letter") == 0)
        text_add(out, "\xc3\xa9");
    else if (strcmp(word, "line") == 0)
        text_add(out, "one\nBcc: two");
    else if (strcmp(word, "braces") == 0)
        text_add(out, "{old}");
    else if (strcmp(word, "empty") == 0)
        text_add(out, "");
    else
        return false;
    return true;
}

static const struct {
    const char *label, *file;
    const char *head, *body;
} files[] = {
    {"a template", "Subject: S\n\nText\n", "Subject: S\n", "Text\n"},
    {"facts", "Subject: {old} moved\n\nFor {old}.\n",
     "Subject: old@x.example moved\n", "For old@x.example.\n"},
    {"a fact twice", "Subject: {old}{old}\n\n{old}{old}",
     "Subject: old@x.exampleold@x.example\n", "old@x.exampleold@x.example"},
    {"an empty fact", "Subject: a{empty}b\n\nc{empty}d", "Subject: ab\n", "cd"},
    {"no fact", "Subject: {nothing}\n\n{nothing} {old {Old} {} {{old}} {",
     "Subject: {nothing}\n", "{nothing} {old {Old} {} {old@x.example} {"},
    {"a fact is not filled in", "Subject: {braces}\n\n{braces}",
     "Subject: {old}\n", "{old}"},
    {"a fact adds no line to the head", "Subject: {line}\n\n{line}\n",
     "Subject: one Bcc: two\n", "one\nBcc: two\n"},
    {"a letter in a fact", "Subject: {letter}\n\n{letter}\n",
     "Subject: =?UTF-8?B?w6k=?=\n", "\xc3\xa9\n"},
    {"a letter in the words", "Subject: \xc3\xa9\n\n\xc3\xa9\n",
     "Subject: =?UTF-8?B?w6k=?=\n", "\xc3\xa9\n"},
    {"two fields", "Subject: S\nContent-Language: ja\n\nT\n",
     "Subject: S\nContent-Language: ja\n", "T\n"},
    {"white space in a field", "Subject:  S \t\n\nT\n", "Subject: S\n", "T\n"},
    {"empty lines in the text", "Subject: S\n\n\nT\n\nU\n", "Subject: S\n",
     "\nT\n\nU\n"},
    {"no text", "Subject: S\n\n", "Subject: S\n", ""},
    {"what begins a fact ends a line", "Subject: {\n\nold}\n", "Subject: {\n",
     "old}\n"},
};

static int fill(const char *directory, const char *name, struct text *head,
                struct text *body, char *error, size_t size)
{
    return template_fill(directory, name, fact, NULL, head, body, error, size);
}

static void check_files(void)
{
    char *path = scratch_path("held");

    for (size_t i = 0; i < LENGTH(files); i++) {
        struct text head = {0}, body = {0};
        char error[300] = "";

        file_put_text(path, files[i].file);
        unit_int(files[i].label, "result",
                 fill(scratch, "held", &head, &body, error, sizeof error), 0);
        unit_str(files[i].label, "error", error, "");
        unit_str(files[i].label, "head", text_str(&head), files[i].head);
        unit_str(files[i].label, "text", text_str(&body), files[i].body);
        text_free(&head);
        text_free(&body);
    }
    unlink(path);
    free(path);
}

/* RFC 2047 2: a line with an encoded word has 76 characters at most, the
 * field's name among them. */
static void check_long_field(void)
{
    char *path = scratch_path("held"), error[300];
    struct text head = {0}, body = {0};

    file_put_text(path, "Subject: " E20 E20 E20 E20 E20 E20 E20 "\n\nText\n");
    fill(scratch, "held", &head, &body, error, sizeof error);
    for (const char *p = text_str(&head); *p != '\0'; p += strcspn(p, "\n") + 1)
        if (!unit_true("a long field", strcspn(p, "\n") <= 76))
            printf("  %.*s\n", (int)strcspn(p, "\n"), p);
    unlink(path);
    text_free(&head);
    text_free(&body);
    free(path);
}

static const struct {
    const char *label, *file, *error;
} wrong[] = {
    {"nothing", "", "write \"Subject: ...\""},
    {"no empty line", "Subject: S\nText\n", "write \"Subject: ...\""},
    {"no UTF-8", "Subject: \xe9\n\nText\n", "it is not in UTF-8"},
    {"no UTF-8 in the text", "Subject: S\n\nText \xc3\n", "it is not in UTF-8"},
    {"no Subject", "Content-Language: ja\n\nText\n", "Subject"},
    {"no head", "\n\nText\n", "Subject"},
    {"text in place of the head", "Text\n\nText\n", "Subject"},
};

static void check_error(const char *label, const char *want)
{
    struct text head = {0}, body = {0};
    char error[400] = "";

    unit_int(label, "result",
             fill(scratch, "held", &head, &body, error, sizeof error), -1);
    unit_has(label, "error", error, want);
    unit_has(label, "error", error, "/held");
    unit_true(label, head.len == 0 && body.len == 0);
    text_free(&head);
    text_free(&body);
}

static void check_wrong(void)
{
    char *path = scratch_path("held");
    char *large = text_format("Subject: S\n\n%0*d\n", TEMPLATE_BYTES_MAX, 0);

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        file_put_text(path, wrong[i].file);
        check_error(wrong[i].label, wrong[i].error);
    }
    file_put_text(path, large);
    check_error("too large", "too large");
    unlink(path);
    mkdir(path, 0755);
    check_error("a directory", "Is a directory");
    rmdir(path);
    free(path);
    free(large);
}

/* ---- English ---- */

static const char *const names[] = {"changed", "held", "ask", "ask-again",
                                    "removed"};

static void check_english(const char *label, const char *directory,
                          const char *name)
{
    struct text head = {0}, body = {0};
    char error[300] = "";

    unit_int(label, name,
             fill(directory, name, &head, &body, error, sizeof error), 0);
    unit_true(label, strncmp(text_str(&head), "Subject: ", 9) == 0);
    unit_int(label, "lines of the head",
             (long)strcspn(text_str(&head), "\n") + 1, (long)head.len);
    unit_true(label, body.len > 100 && body.s[body.len - 1] == '\n');
    for (const char *p = text_str(&body); *p != '\0'; p += strcspn(p, "\n") + 1)
        unit_true(name, strcspn(p, "\n") <= 78);
    text_free(&head);
    text_free(&body);
}

static void check_all_english(void)
{
    for (size_t i = 0; i < LENGTH(names); i++) {
        check_english("no directory", "", names[i]);
        check_english("no such directory", "/nowhere", names[i]);
        check_english("no such file", scratch, names[i]);
    }
}

int main(void)
{
    scratch_begin();
    check_encodings();
    check_files();
    check_long_field();
    check_wrong();
    check_all_english();
    scratch_end();
    return unit_end();
}
