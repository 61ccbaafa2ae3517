/* test_adapt_partial: message/partial, made as RFC 2046 5.2.2 says, and put
 * together again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gmime/gmime.h>

#include "archives.h"
#include "field.h"
#include "partial.h"
#include "whole.h"

static struct settings *set;
static struct environment row = ENVIRONMENT_NONE;

#define OUTER "Received: by x\nFrom: a@x.example\nTo: b@y.example,\n c@y\n"
#define INNER                                                                  \
    "Message-ID: <1@x.example>\nsubject: Report\n of May\n"                    \
    "MIME-Version: 1.0\nContent-Type: text/plain\nEncrypted: no\n"             \
    "content-x: y\n"
#define OUTER_TOO "Date: now\nX-A: \303\244\n"

static void message_put(struct message *m, const struct text *t)
{
    int fd = temp_file(error, sizeof error);

    *m = (struct message){0};
    if (fd == -1 || write_all(fd, t->s, t->len, error, sizeof error) == -1 ||
        message_take(m, fd, error, sizeof error) == -1) {
        puts(error);
        exit(2);
    }
}

static void body_bytes(const struct splice *s, struct text *out)
{
    struct message m = {0};

    unit_int("body", "make", splice_make(s, &m, error, sizeof error), 0);
    struct extent all = message_extent(&m, 0, m.len);
    extent_text(&all, out);
    message_free(&m);
}

static void outgoing_put(const struct outgoing *o, struct message *m)
{
    struct text all = {0}, body = {0};

    body_bytes(&o->body, &body);
    text_addn(&all, o->head.s, o->head.len);
    text_add(&all, "\n");
    text_addn(&all, body.s, body.len);
    message_put(m, &all);
    text_free(&all);
    text_free(&body);
}

static bool text_equal(const struct text *a, const struct text *b)
{
    return a->len == b->len && memcmp(text_str(a), text_str(b), a->len) == 0;
}

static struct job job_make(int64_t limit)
{
    return (struct job){.settings = set,
                        .row = &row,
                        .host = "hub.example",
                        .id = "1vMqTr-0001Ab-01",
                        .recipients = "",
                        .limit = limit};
}

static void job_forget(struct job *j)
{
    text_free(&j->report);
    text_free(&j->refusal);
    workfile_close();
}

/* ----------------------------------------------------------- messages -- */

enum ending { WITH_END, WITHOUT_END, BLANK_LINES, NULS };

static void message_make_of(struct message *m, size_t lines, enum ending ending)
{
    struct text t = {0};

    text_add(&t, OUTER INNER OUTER_TOO "\n");
    for (size_t i = 0; i < lines; i++)
        text_addf(&t, "%0*zu\n", (int)(i * 31 % 70), i);
    if (ending == WITHOUT_END)
        text_add(&t, "no line end");
    if (ending == BLANK_LINES)
        text_add(&t, "\n\n\n\n");
    if (ending == NULS)
        text_addn(&t, "\0\n\0\0\n", 5);
    message_put(m, &t);
    text_free(&t);
}

/* ---------------------------------------------------------- fragments -- */

static int parameter(const char *head, const char *name)
{
    struct text value = {0};
    GMimeContentType *type;
    const char *number;
    int n;

    field_value(head, "Content-Type", &value);
    type = g_mime_content_type_parse(NULL, text_str(&value));
    number = g_mime_content_type_get_parameter(type, name);
    n = number != NULL ? atoi(number) : -1;
    g_object_unref(type);
    text_free(&value);
    return n;
}

/* How many fields of a name there are. */
static int fields_named(const char *block, const char *name)
{
    int n = 0;

    for (struct field f; field_next(&block, &f);)
        n += field_is(&f, name);
    return n;
}

/* The outer fields are those of the message but what belongs to what is
 * enclosed, which has its own ones in each fragment (5.2.2). */
static void check_head(const char *head, int number, int total, char **id)
{
    struct fragment f = {0};
    char *subject =
        text_format("Subject: Report\n of May (%d/%d)\n", number, total);
    char *message_id = text_format(".%d@hub.example>", number);

    unit_true("fragment",
              strncmp(head, OUTER OUTER_TOO, strlen(OUTER OUTER_TOO)) == 0);
    unit_has("fragment", "subject", head, subject);
    unit_has("fragment", "message id", head, message_id);
    unit_int("fragment", "subjects", fields_named(head, "Subject"), 1);
    unit_int("fragment", "message ids", fields_named(head, "Message-ID"), 1);
    unit_int("fragment", "types", fields_named(head, "Content-Type"), 1);
    unit_int("fragment", "versions", fields_named(head, "MIME-Version"), 1);
    unit_int("fragment", "Encrypted", fields_named(head, "Encrypted"), 0);
    unit_int("fragment", "Content-X", fields_named(head, "Content-X"), 0);
    unit_int("fragment", "number", parameter(head, "number"), number);
    unit_int("fragment", "total", parameter(head, "total"), total);
    if (unit_int("fragment", "read", fragment_read(head, &f), 1)) {
        unit_int("fragment", "number", f.number, number);
        unit_int("fragment", "total", f.total, total);
        if (*id == NULL)
            *id = text_copy(f.id);
        unit_str("fragment", "the same id", f.id, *id);
    }
    fragment_free(&f);
    free(subject);
    free(message_id);
}

/* Each ends with a line, all but the first begin with one of the body. */
static void check_fragments(const struct outgoings *out, int64_t limit)
{
    char *id = NULL;

    for (int i = 0; i < out->count; i++) {
        const struct outgoing *o = &out->list[i];
        struct text body = {0};
        struct message m;

        outgoing_put(o, &m);
        unit_int("fragment", "size", message_size(&m), outgoing_size(o));
        unit_true("fragment", outgoing_size(o) <= limit);
        check_head(o->head.s, i + 1, out->count, &id);
        body_bytes(&o->body, &body);
        if (i == 0)
            unit_true("the enclosed header",
                      strncmp(body.s, INNER "\n", strlen(INNER "\n")) == 0);
        unit_true("a fragment ends with a line",
                  i + 1 == out->count || body.s[body.len - 1] == '\n');
        text_free(&body);
        message_free(&m);
    }
    free(id);
}

/* The header is the outer fields, and after them the enclosed ones (5.2.2.1);
 * the body is the same to the byte. */
static void check_joined(const struct outgoings *out, const struct message *m)
{
    struct job j = job_make(ENVIRONMENT_NO_LIMIT);
    struct whole w;
    struct text body = {0}, want = {0};
    struct extent e = message_extent(m, m->body, m->len);

    whole_begin(&w, set);
    for (int i = 0; i < out->count; i++) {
        struct message one;
        outgoing_put(&out->list[i], &one);
        unit_int("joined", "add", whole_add(&w, &one, error, sizeof error), 1);
    }
    if (unit_int("joined", "end", whole_end(&w, &j, error, sizeof error), 1)) {
        body_bytes(&w.messages.list[0].body, &body);
        extent_text(&e, &want);
        unit_true("joined: the body", text_equal(&body, &want));
        unit_str("joined", "header", w.messages.list[0].head.s,
                 OUTER OUTER_TOO INNER);
    }
    text_free(&body);
    text_free(&want);
    whole_free(&w);
    job_forget(&j);
}

static void check_split(size_t lines, enum ending ending, int64_t limit)
{
    struct job j = job_make(limit);
    struct outgoings out = {0};
    struct message m;

    message_make_of(&m, lines, ending);
    unit_int("split", "result",
             partial_split(&j, &m, &out, error, sizeof error), 1);
    check_fragments(&out, limit);
    check_joined(&out, &m);
    outgoings_free(&out);
    message_free(&m);
    job_forget(&j);
}

static void check_splits(void)
{
    for (int ending = WITH_END; ending <= NULS; ending++)
        for (int64_t limit = 1200; limit < 4000; limit += 397)
            check_split(100, (enum ending)ending, limit);
    check_split(20000, WITH_END, 65536);
    check_split(20000, WITHOUT_END, 65537 + 12345);
    check_split(1, WITH_END, 1200);
}

/* What fits to the byte is taken; with one byte less it is one fragment more,
 * or a line less in the first. */
static void check_exact(void)
{
    struct message m;
    int64_t first = 0;

    message_make_of(&m, 100, WITH_END);
    for (int64_t limit = 2000; limit < 2200; limit++) {
        struct job j = job_make(limit);
        struct outgoings out = {0};
        partial_split(&j, &m, &out, error, sizeof error);
        int64_t len = out.list[0].body.len;
        unit_true("more room, no less in it", len >= first);
        first = len;
        outgoings_free(&out);
        job_forget(&j);
    }
    message_free(&m);
}

/* ------------------------------------------------------------ refusals -- */

static void check_refused(const char *label, const struct text *t,
                          int64_t limit, const char *words)
{
    struct job j = job_make(limit);
    struct outgoings out = {0};
    struct message m;

    message_put(&m, t);
    unit_int(label, "result", partial_split(&j, &m, &out, error, sizeof error),
             0);
    unit_has(label, "refusal", text_str(&j.refusal), words);
    outgoings_free(&out);
    message_free(&m);
    job_forget(&j);
}

static void check_refusals(void)
{
    struct text t = {0};
    int parts = set->adapt_parts;

    text_addf(&t, OUTER INNER "\n%02000d\n", 0);
    check_refused("a line that is too long", &t, 1500, "a line of it");
    check_refused("a header that is too long", &t, 300, "its header");
    text_cut(&t, 0);
    text_addf(&t, "X-A: %03000d\n" INNER "\n", 0);
    check_refused("a header, no body", &t, 2000, "its header");
    text_cut(&t, 0);
    text_addf(&t, "Content-A: %03000d\n\nx\n", 0);
    check_refused("an enclosed header", &t, 2000, "its header");
    text_cut(&t, 0);
    text_add(&t, OUTER INNER "\n");
    for (int i = 0; i < 500; i++)
        text_addf(&t, "%060d\n", i);
    set->adapt_parts = 3;
    check_refused("too many", &t, 2000, "more than 3 parts");
    set->adapt_parts = parts;
    text_free(&t);
}

/* 8bit is said where it is, and in no other fragment. */
static void check_eight_bit(void)
{
    struct job j = job_make(1000);
    struct outgoings out = {0};
    struct text t = {0};
    struct message m;
    int said = 0;

    text_add(&t, "From: a\nSubject: x\n\n");
    for (int i = 0; i < 100; i++)
        text_addf(&t, "%060d%s\n", i, i == 50 ? "\303\244" : "");
    message_put(&m, &t);
    partial_split(&j, &m, &out, error, sizeof error);
    for (int i = 0; i < out.count; i++) {
        struct text body = {0};
        body_bytes(&out.list[i].body, &body);
        bool is = strstr(body.s, "\303") != NULL;
        unit_int("8bit", "said",
                 fields_named(out.list[i].head.s, "Content-Transfer-Encoding"),
                 is);
        said += is;
        text_free(&body);
    }
    unit_int("8bit", "in one", said, 1);
    outgoings_free(&out);
    message_free(&m);
    text_free(&t);
    job_forget(&j);
}

/* ------------------------------------------------------------- reading -- */

static const struct {
    const char *label, *head, *id; /* NULL: it is none */
    int number, total;
} heads[] = {
    {"RFC 2046's",
     "Content-Type: Message/Partial; number=2; total=3;\n"
     " id=\"oc=jpbe0M2Yt4s@thumper.bellcore.com\"\n",
     "oc=jpbe0M2Yt4s@thumper.bellcore.com", 2, 3},
    {"without a total", "Content-Type: message/partial; id=x; number=\"2\"\n",
     "x", 2, 0},
    {"the last one", "Content-Type: message/partial; id=x; number=3;total=3\n",
     "x", 3, 3},
    {"a comment",
     "Content-Type: message/partial (part); id=x; number=1; total=3\n", "x", 1,
     3},
    {"no id", "Content-Type: message/partial; number=1; total=3\n", NULL, 0, 0},
    {"an empty id", "Content-Type: message/partial; id=\"\"; number=1\n", NULL,
     0, 0},
    {"no number", "Content-Type: message/partial; id=x; total=3\n", NULL, 0, 0},
    {"number 0", "Content-Type: message/partial; id=x; number=0\n", NULL, 0, 0},
    {"below 0", "Content-Type: message/partial; id=x; number=-1\n", NULL, 0, 0},
    {"beyond the total",
     "Content-Type: message/partial; id=x; number=4; total=3\n", NULL, 0, 0},
    {"total 0", "Content-Type: message/partial; id=x; number=1; total=0\n",
     NULL, 0, 0},
    {"no number at all", "Content-Type: message/partial; id=x; number=1x\n",
     NULL, 0, 0},
    {"beyond reason",
     "Content-Type: message/partial; id=x; number=99999999999\n", NULL, 0, 0},
    {"something else", "Content-Type: text/plain; id=x; number=1\n", NULL, 0,
     0},
    {"no type", "X: y\n", NULL, 0, 0},
    {"nothing", "", NULL, 0, 0},
};

static void check_heads(void)
{
    for (size_t i = 0; i < LENGTH(heads); i++) {
        struct fragment f;
        int rc = fragment_read(heads[i].head, &f);

        unit_int(heads[i].label, "read", rc, heads[i].id != NULL);
        if (rc == 1 && heads[i].id != NULL) {
            unit_str(heads[i].label, "id", f.id, heads[i].id);
            unit_int(heads[i].label, "number", f.number, heads[i].number);
            unit_int(heads[i].label, "total", f.total, heads[i].total);
        } else {
            unit_true(heads[i].label, rc == 1 || f.id == NULL);
        }
        fragment_free(&f);
    }
}

/* RFC 2046 5.2.2.1 (1) to (3). */
static void check_partial_head(void)
{
    struct text t = {0};

    partial_head("From: a\nSubject: outer (1/2)\nMessage-ID: <o>\n"
                 "Content-Type: message/partial\nMIME-Version: 1.0\n"
                 "Encrypted: o\nX-A: 1\n",
                 "From: forged\nSubject: inner\nMessage-ID: <i>\n"
                 "Content-Type: text/plain\nno field\nX-B: 2\n"
                 "MIME-Version: 1.0\n",
                 &t);
    unit_str("the whole's header", "fields", t.s,
             "From: a\nX-A: 1\nSubject: inner\nMessage-ID: <i>\n"
             "Content-Type: text/plain\nMIME-Version: 1.0\n");
    unit_true("enclosed", partial_inner("CONTENT-x", 9) &&
                              partial_inner("subject", 7) &&
                              !partial_inner("subjects", 8) &&
                              !partial_inner("Content", 7));
    text_free(&t);
}

int main(void)
{
    int fds;

    g_mime_init();
    scratch_begin();
    temp_directory(scratch);
    set = settings_new("/tmp/x");
    fds = descriptors_open();
    check_splits();
    check_exact();
    check_refusals();
    check_eight_bit();
    check_heads();
    check_partial_head();
    unit_int("all", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
