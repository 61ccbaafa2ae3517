/* test_fields: the header fields that name recipients; what a message carries
 * of its old addresses (moves, mark); what an administrator says of contents
 * (filter).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fields.h"

#include <stdlib.h>

#include "filter.h"
#include "mark.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- rewriting ---- */

#define DKIM(names) "DKIM-Signature: v=1; d=x.example;\n\th=" names "; b=AA\n"
#define ARC(names) "ARC-Message-Signature: i=1; h=" names "; b=AA\n"

/* a@old.example and c@old.example have moved. */
static const struct {
    const char *label, *block;
    const char *want; /* the block then; NULL: as it was */
    int replaced, spared;
    enum rewrite_headers policy;
} rows[] = {
    {"nothing to do", "To: x@old.example\nSubject: a@old.example\n", NULL, 0, 0,
     REWRITE_ALWAYS},
    {"To", "To: a@old.example\n", "To: b@new.example\n", 1, 0,
     REWRITE_UNSIGNED},
    {"never", "To: a@old.example\n", NULL, 0, 0, REWRITE_NEVER},
    {"each of the fields",
     "To: a@old.example\nCc: a@old.example\nResent-To: a@old.example\n"
     "Resent-Cc: a@old.example\nResent-Bcc: a@old.example\n",
     "To: b@new.example\nCc: b@new.example\nResent-To: b@new.example\n"
     "Resent-Cc: b@new.example\nResent-Bcc: b@new.example\n",
     5, 0, REWRITE_UNSIGNED},
    {"and no other",
     "From: a@old.example\nSender: a@old.example\nReply-To: a@old.example\n"
     "Bcc: a@old.example\nResent-From: a@old.example\nTo2: a@old.example\n"
     "X-To: a@old.example\nReturn-Path: <a@old.example>\nT: a@old.example\n"
     "Delivered-To: a@old.example\nTo a@old.example\n",
     NULL, 0, 0, REWRITE_ALWAYS},
    {"a field's name in any case", "tO: a@old.example\nCC:a@old.example\n",
     "tO: b@new.example\nCC:b@new.example\n", 2, 0, REWRITE_UNSIGNED},
    {"white space before the colon", "To \t: a@old.example\n",
     "To \t: b@new.example\n", 1, 0, REWRITE_UNSIGNED},
    {"everything else stays byte for byte",
     "To:  \"Doe, J.\" <A@Old.Example> (a@old.example),\n"
     "\tx@old.example,  c@old.example\r\n",
     "To:  \"Doe, J.\" <b@new.example> (a@old.example),\n"
     "\tx@old.example,  d@new.example\r\n",
     2, 0, REWRITE_UNSIGNED},
    {"two of a kind", "To: a@old.example\nTo: c@old.example\n",
     "To: b@new.example\nTo: d@new.example\n", 2, 0, REWRITE_UNSIGNED},
    {"no line end", "To: a@old.example", "To: b@new.example", 1, 0,
     REWRITE_UNSIGNED},
    {"signed", DKIM("From:To:Subject") "To: a@old.example\n", NULL, 0, 1,
     REWRITE_UNSIGNED},
    {"signed, always", DKIM("From:To:Subject") "To: a@old.example\n",
     DKIM("From:To:Subject") "To: b@new.example\n", 1, 0, REWRITE_ALWAYS},
    {"signed, but not this", DKIM("From:Cc") "To: a@old.example\n",
     DKIM("From:Cc") "To: b@new.example\n", 1, 0, REWRITE_UNSIGNED},
    {"one of two is signed",
     DKIM("from : to") "To: a@old.example\nCc: c@old.example\n",
     DKIM("from : to") "To: a@old.example\nCc: d@new.example\n", 1, 1,
     REWRITE_UNSIGNED},
    {"all of a signed kind are left alone",
     DKIM("To") "To: a@old.example\nTo: c@old.example\n", NULL, 0, 2,
     REWRITE_UNSIGNED},
    {"signed, nothing to do", DKIM("To") "To: x@old.example\n", NULL, 0, 0,
     REWRITE_UNSIGNED},
    {"signed behind it", "To: a@old.example\n" DKIM("To"), NULL, 0, 1,
     REWRITE_UNSIGNED},
    {"an ARC signature", ARC("To:From") "To: a@old.example\n", NULL, 0, 1,
     REWRITE_UNSIGNED},
    {"the second signature", DKIM("From") ARC("Cc") "Cc: a@old.example\n", NULL,
     0, 1, REWRITE_UNSIGNED},
    {"an ARC seal covers no field",
     "ARC-Seal: i=1; h=To; b=AA\nTo: a@old.example\n",
     "ARC-Seal: i=1; h=To; b=AA\nTo: b@new.example\n", 1, 0, REWRITE_UNSIGNED},
    {"Resent-To is another name than To",
     DKIM("To") "Resent-To: a@old.example\n",
     DKIM("To") "Resent-To: b@new.example\n", 1, 0, REWRITE_UNSIGNED},
};

struct block {
    struct field_span *fields;
    int count;
    char *changed[30];
};

static void block_put(int i, const char *text, size_t len, void *context)
{
    struct block *b = context;

    unit_true("put once", b->changed[i] == NULL);
    free(b->changed[i]);
    b->changed[i] = strndup(text, len);
}

static char *block_new(const char *address, void *context)
{
    (void)context;
    if (text_same_address(address, "a@old.example"))
        return text_copy("b@new.example");
    return text_same_address(address, "c@old.example")
               ? text_copy("d@new.example")
               : NULL;
}

static char *block_joined(struct block *b)
{
    struct text out = {0};

    text_add(&out, "");
    for (int i = 0; i < b->count; i++) {
        if (b->changed[i] != NULL)
            text_add(&out, b->changed[i]);
        else
            text_addn(&out, b->fields[i].text, b->fields[i].len);
        free(b->changed[i]);
    }
    return out.s;
}

static void check_rewriting(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct block b = {0};
        int spared = -1;
        char *got;

        b.count = fields_split(rows[i].block, strlen(rows[i].block), &b.fields);
        struct fields_job job = {b.fields,  b.count,   rows[i].policy,
                                 block_new, block_put, &b};
        unit_int(rows[i].label, "replaced", fields_rewrite(&job, &spared),
                 rows[i].replaced);
        unit_int(rows[i].label, "spared", spared, rows[i].spared);
        got = block_joined(&b);
        unit_str(rows[i].label, "block", got,
                 rows[i].want != NULL ? rows[i].want : rows[i].block);
        free(got);
        free(b.fields);
    }
}

/* A deleted field (len 0) is none, nor does it sign anything. */
static void check_deleted(void)
{
    static const char to[] = "To: a@old.example\n";
    struct field_span fields[] = {
        {DKIM("To"), 0}, {to, 0}, {to, sizeof to - 1}};
    struct block b = {fields, 3, {0}};
    struct fields_job job = {fields,    3,         REWRITE_UNSIGNED,
                             block_new, block_put, &b};
    int spared = -1;

    unit_int("deleted", "replaced", fields_rewrite(&job, &spared), 1);
    unit_int("deleted", "spared", spared, 0);
    unit_true("deleted", b.changed[0] == NULL && b.changed[1] == NULL);
    unit_str("deleted", "the other", b.changed[2] ? b.changed[2] : "",
             "To: b@new.example\n");
    free(b.changed[2]);
}

/* ---- splitting ---- */

static const struct {
    const char *label, *block;
    const char *want; /* the fields, "|" between */
} splits[] = {
    {"nothing", "", ""},
    {"one", "A: 1\n", "A: 1\n"},
    {"two", "A: 1\nB: 2\n", "A: 1\n|B: 2\n"},
    {"folded", "A: 1\n 2\n\t3\nB: 4\n", "A: 1\n 2\n\t3\n|B: 4\n"},
    {"folded without words", "A: 1\n \nB: 4\n", "A: 1\n \n|B: 4\n"},
    {"no line end", "A: 1\nB: 2", "A: 1\n|B: 2"},
    {"CRLF", "A: 1\r\n 2\r\nB: 3\r\n", "A: 1\r\n 2\r\n|B: 3\r\n"},
    {"folding first", " 1\nA: 1\n", " 1\n|A: 1\n"},
    {"white space before the colon", "A: 1\nB : 2\n", "A: 1\n|B : 2\n"},
    {"a line that begins no field", "A: 1\n>From me\nB: 2\n",
     "A: 1\n>From me\n|B: 2\n"},
    {"nine", "A:\nB:\nC:\nD:\nE:\nF:\nG:\nH:\nI:\n",
     "A:\n|B:\n|C:\n|D:\n|E:\n|F:\n|G:\n|H:\n|I:\n"},
};

static void check_splitting(void)
{
    for (size_t i = 0; i < LENGTH(splits); i++) {
        struct field_span *fields;
        struct text got = {0};
        int n = fields_split(splits[i].block, strlen(splits[i].block), &fields);

        text_add(&got, "");
        for (int k = 0; k < n; k++) {
            text_add(&got, k > 0 ? "|" : "");
            text_addn(&got, fields[k].text, fields[k].len);
        }
        unit_str(splits[i].label, "fields", got.s, splits[i].want);
        text_free(&got);
        free(fields);
    }
}

static const struct {
    const char *label, *block, *name;
    const char *want; /* NULL: there is none */
} gets[] = {
    {"a field", "A: 1\nSubject: x y\n", "Subject", "x y"},
    {"any case", "sUBJECT:x\n", "Subject", "x"},
    {"white space before the colon", "Subject : x\n", "Subject", "x"},
    {"the first of two", "A: 1\nA: 2\n", "A", "1"},
    {"trimmed", "A: \t x \t\r\n", "A", "x"},
    {"unfolded", "A: one\r\n two\n\tthree\n", "A", "one two three"},
    {"control characters", "A: one\x1b[0mtwo\x7f.\n", "A", "one [0mtwo ."},
    {"white space within stays", "A: one  two\n", "A", "one  two"},
    {"bytes from 128 up stay", "A: \xe9 \xc3\xa9\n", "A", "\xe9 \xc3\xa9"},
    {"empty", "A:\n", "A", ""},
    {"white space alone", "A: \n \n", "A", ""},
    {"none", "A: 1\n", "B", NULL},
    {"a longer name", "Subject2: x\n", "Subject", NULL},
    {"a shorter name", "Sub: x\n", "Subject", NULL},
    {"no colon", "Subject\n", "Subject", NULL},
};

static void check_gets(void)
{
    for (size_t i = 0; i < LENGTH(gets); i++) {
        struct field_span *fields;
        struct text got = {0};
        int n = fields_split(gets[i].block, strlen(gets[i].block), &fields);
        bool found;

        text_add(&got, "before ");
        found = fields_get(fields, n, gets[i].name, &got);
        unit_int(gets[i].label, "found", found, gets[i].want != NULL);
        unit_str(gets[i].label, "body", got.s + strlen("before "),
                 gets[i].want != NULL ? gets[i].want : "");
        text_free(&got);
        free(fields);
    }
}

/* ---- moves, the mark ---- */

static void check_found(struct moves *m, const char *old, const char *new)
{
    const struct moved *found = moves_find(m, old);

    unit_str(old, "new", found != NULL ? found->new : "-", new);
}

static void check_moves(void)
{
    struct moves m = {0};

    check_found(&m, "a@x", "-");
    moves_add(&m, "c@x", "1@y", 5, "*@x");
    moves_add(&m, "\"A\"@X", "2@y", 0, "a@x");
    moves_add(&m, "two words@x", "3@y", 0, "r");
    moves_add(&m, "no address", "4@y", 0, "r");
    check_found(&m, "a@x", "2@y");
    check_found(&m, "A@x", "2@y");
    check_found(&m, "\"two words\"@X", "3@y");
    check_found(&m, "b@x", "-");
    check_found(&m, "", "-");
    moves_add(&m, "b@x", "5@y", 0, "r");
    check_found(&m, "b@x", "5@y");
    check_found(&m, "c@x", "1@y");
    unit_str("moves", "row", moves_find(&m, "c@x")->row, "*@x");
    unit_int("moves", "time", moves_find(&m, "c@x")->time, 5);
    moves_free(&m);
    unit_true("freed", m.list == NULL && m.count == 0);
}

static const struct {
    const char *label, *old, *new;
} marked[] = {
    {"addresses", "a@old.example", "b@new.example"},
    {"white space", "\"two words\"@old.example", "\"a b\"@new.example"},
    {"as Exim keeps it", "two words@old.example", "b@new.example"},
};

static void check_marked(void)
{
    for (size_t i = 0; i < LENGTH(marked); i++) {
        struct moves in = {0}, out = {0};
        struct text mark = {0};

        mark_returned(&mark, "other@old.example", "no");
        moves_add(&in, marked[i].old, marked[i].new, 1795341600, "*@old.ex");
        in.list[0].released = 1795341700;
        mark_moved(&mark, &in.list[0]);
        mark_moves(text_str(&mark), &out);
        if (unit_int(marked[i].label, "moves", out.count, 1)) {
            unit_str(marked[i].label, "old", out.list[0].old, marked[i].old);
            unit_str(marked[i].label, "new", out.list[0].new, marked[i].new);
            unit_int(marked[i].label, "time", out.list[0].time, 1795341600);
            unit_int(marked[i].label, "released", out.list[0].released,
                     1795341700);
        }
        moves_free(&in);
        moves_free(&out);
        text_free(&mark);
    }
}

static const struct {
    const char *label, *mark;
    int moves;
    const char *reason; /* for a@x; NULL: it is not returned */
} marks[] = {
    {"nothing", "", 0, NULL},
    {"moved", "moved\tb@y\ta@x\t5\n", 1, NULL},
    {"several", "moved\tb@y\ta@x\t5\nmoved\tc@y\td@x\t0\n", 2, NULL},
    {"no line end", "moved\tb@y\ta@x\t5", 1, NULL},
    {"moved and released", "moved\tb@y\ta@x\t5\t7\n", 1, NULL},
    {"half a line", "moved\tb@y\ta@x\n", 0, NULL},
    {"a word of its own", "moved\n", 0, NULL},
    {"another word", "Moved\tb@y\ta@x\t5\nmoves\tb@y\ta@x\t5\n", 0, NULL},
    {"empty lines", "\n\nmoved\tb@y\ta@x\t5\n\n", 1, NULL},
    {"returned", "returned\ta@x\t5.7.1 no: a b\n", 0, "5.7.1 no: a b"},
    {"returned, in capitals", "returned\t\"A\"@X\tno\n", 0, "no"},
    {"a reason with a tab", "returned\ta@x\tno\tway\n", 0, "no\tway"},
    {"another is returned", "returned\tb@x\tno\n", 0, NULL},
    {"the first of two", "returned\ta@x\tone\nreturned\ta@x\ttwo\n", 0, "one"},
    {"both kinds", "moved\tb@y\ta@x\t5\nreturned\ta@x\tno\n", 1, "no"},
    {"returned, no reason", "returned\ta@x\n", 0, NULL},
};

static void check_marks(void)
{
    for (size_t i = 0; i < LENGTH(marks); i++) {
        struct moves m = {0};
        struct text reason = {0};

        mark_moves(marks[i].mark, &m);
        unit_int(marks[i].label, "moves", m.count, marks[i].moves);
        unit_int(marks[i].label, "returned",
                 mark_reason(marks[i].mark, "a@x", &reason),
                 marks[i].reason != NULL);
        unit_str(marks[i].label, "reason", text_str(&reason),
                 marks[i].reason != NULL ? marks[i].reason : "");
        moves_free(&m);
        text_free(&reason);
    }
}

/* The last time counts, by whatever way the recipient got there. */
static void check_released(void)
{
    struct moves m = {0};

    mark_moves("moved\tb@y\ta@x\t5\t0\nmoved\tB@y\ta@x\t5\t70\n"
               "moved\tb@y\tc@x\t5\t60\nmoved\td@y\td@y\t0\t90\n"
               "moved\te@y\te@x\t0\n",
               &m);
    unit_int("released twice", "since", moves_released(&m, "b@Y"), 70);
    unit_int("released to itself", "since", moves_released(&m, "d@y"), 90);
    unit_int("never held", "since", moves_released(&m, "e@y"), 0);
    unit_int("its old address", "since", moves_released(&m, "a@x"), 0);
    moves_free(&m);
    unit_int("no moves", "since", moves_released(&m, "b@y"), 0);
}

/* ---- filters ---- */

static const struct {
    const char *line;
    const char *error; /* NULL: it is right */
} rules[] = {
    {"return subject: x", NULL},
    {"drop body: x", NULL},
    {"return subject,body: x", NULL},
    {"return subject, body ,recipient:x", NULL},
    {"return subject body: x", NULL},
    {"  drop \t recipient :  ^a:b@  ", NULL},
    {"return subject x", "write ACTION FIELD"},
    {"return: x", "write ACTION FIELD"},
    {"return ,: x", "write ACTION FIELD"},
    {": x", "write ACTION FIELD"},
    {"", "write ACTION FIELD"},
    {"refuse subject: x", "write ACTION FIELD"},
    {"return Subject: x", "write ACTION FIELD"},
    {"return subject,header: x", "write ACTION FIELD"},
    {"return subject:", "the pattern is empty"},
    {"return subject:  ", "the pattern is empty"},
    {"return subject: (", "missing closing parenthesis"},
};

static void check_rules(void)
{
    for (size_t i = 0; i < LENGTH(rules); i++) {
        char error[300] = "";
        struct filter_rule *r =
            filter_rule_new(rules[i].line, error, sizeof error);

        unit_int(rules[i].line, "right", r != NULL, rules[i].error == NULL);
        unit_has(rules[i].line, "error", error,
                 rules[i].error != NULL ? rules[i].error : "");
        filter_rule_free(&r);
        unit_true(rules[i].line, r == NULL);
    }
}

#define SECRET "return subject,body: \\bsecret\\b\n"
#define WIN "drop subject: ^win a\n"

static const struct {
    const char *label, *rules;
    enum filter_field field;
    const char *subject;
    enum filter_action want;
    const char *pattern;
} matches[] = {
    {"no rules", "", FILTER_SUBJECT, "secret", FILTER_NONE, NULL},
    {"a subject", SECRET, FILTER_SUBJECT, "the Secret.", FILTER_RETURN,
     "\\bsecret\\b"},
    {"part of a word", SECRET, FILTER_SUBJECT, "secretary", FILTER_NONE, NULL},
    {"a body", SECRET, FILTER_BODY, "a\nsecret\n", FILTER_RETURN,
     "\\bsecret\\b"},
    {"another field", SECRET, FILTER_RECIPIENT, "secret@x", FILTER_NONE, NULL},
    {"the second rule", SECRET WIN, FILTER_SUBJECT, "WIN a prize", FILTER_DROP,
     "^win a"},
    {"the first rule wins", SECRET WIN, FILTER_SUBJECT, "win a secret",
     FILTER_RETURN, "\\bsecret\\b"},
    {"the other first", WIN SECRET, FILTER_SUBJECT, "win a secret", FILTER_DROP,
     "^win a"},
    {"a wrong rule is left out", "return subject: (\n\nnonsense\n" WIN,
     FILTER_SUBJECT, "win a", FILTER_DROP, "^win a"},
    {"a colon in a pattern", "drop recipient: ^a:b@\n", FILTER_RECIPIENT,
     "A:B@x", FILTER_DROP, "^a:b@"},
    {"no line end", "drop body: x", FILTER_BODY, "X", FILTER_DROP, "x"},
    {"an endless match is none", "drop body: ^(a+)+$\n", FILTER_BODY,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     FILTER_NONE, NULL},
};

static void check_matches(void)
{
    for (size_t i = 0; i < LENGTH(matches); i++) {
        struct filters *f = filters_new(matches[i].rules);
        const char *pattern = NULL;

        unit_int(
            matches[i].label, "action",
            filters_match(f, matches[i].field, matches[i].subject, &pattern),
            matches[i].want);
        unit_str(matches[i].label, "pattern", pattern != NULL ? pattern : "-",
                 matches[i].pattern != NULL ? matches[i].pattern : "-");
        unit_int(matches[i].label, "without pattern",
                 filters_match(f, matches[i].field, matches[i].subject, NULL),
                 matches[i].want);
        filters_free(&f);
        unit_true(matches[i].label, f == NULL);
    }
}

static void check_looks(void)
{
    struct filters *f = filters_new(SECRET "drop body: x\n"), *none;

    none = filters_new("");
    unit_true("subject", filters_look_at(f, FILTER_SUBJECT));
    unit_true("body", filters_look_at(f, FILTER_BODY));
    unit_true("recipient", !filters_look_at(f, FILTER_RECIPIENT));
    unit_true("no rules", !filters_look_at(none, FILTER_SUBJECT));
    filters_free(&f);
    filters_free(&none);
    filters_free(&none);
}

static const struct {
    const char *label, *mark, *word;
    bool has;
} words_in[] = {
    {"alone", "adapted\n", MARK_ADAPTED, true},
    {"no line end", "adapted", MARK_ADAPTED, true},
    {"after another", "joined\nadapted\n", MARK_ADAPTED, true},
    {"before another", "adapted\nmoved\ta@x\tb@x\t1\t0\n", MARK_ADAPTED, true},
    {"nothing", "", MARK_ADAPTED, false},
    {"another word", "joined\n", MARK_ADAPTED, false},
    {"the begin of a longer one", "adapted\tx\n", MARK_ADAPTED, false},
    {"the end of one", "xadapted\n", MARK_ADAPTED, false},
    {"in a field", "returned\ta@x\tadapted\n", MARK_ADAPTED, false},
    {"blank lines", "\n\nadapted\n", MARK_ADAPTED, true},
    {"its begin alone", "adapt\n", MARK_ADAPTED, false},
};

static void check_words(void)
{
    struct text mark = {0};

    for (size_t i = 0; i < LENGTH(words_in); i++)
        unit_int(words_in[i].label, "has",
                 mark_has(words_in[i].mark, words_in[i].word), words_in[i].has);
    mark_returned(&mark, "a@x", "no");
    mark_word(&mark, MARK_JOINED);
    unit_true("a word added", mark_has(mark.s, MARK_JOINED));
    unit_true("another was not", !mark_has(mark.s, MARK_ADAPTED));
    mark_word(&mark, MARK_ADAPTED);
    unit_str("both", "mark", mark.s, "returned\ta@x\tno\njoined\nadapted\n");
    text_free(&mark);
}

int main(void)
{
    check_words();
    check_rewriting();
    check_deleted();
    check_splitting();
    check_gets();
    check_moves();
    check_marked();
    check_marks();
    check_released();
    check_rules();
    check_matches();
    check_looks();
    return unit_end();
}
