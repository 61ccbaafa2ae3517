/* fuzz_adapt_message: a message of hostile bytes, made to fit.
 *
 * The first byte chooses what its destination can receive, the second the
 * limit. The others are the message: bytes below 128 as they are, others stand
 * for what messages are made of (words[]), but the last for the byte after it.
 *
 * What comes out is as large as it was said to be, and within the limit. What
 * was split is, joined again, what it was; what was compressed, expanded again,
 * has the same contents.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compress.h"
#include "expand.h"
#include "field.h"
#include "plan.h"
#include "recode.h"
#include "structure.h"
#include "whole.h"

#include <gmime/gmime.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *const rows[] = {
    "join=partial compress=none",
    "join=partial,files compress=zip",
    "join=files compress=zip",
    "join=files compress=none",
    "compress=zip,7z",
    "join=none compress=gzip,zstd",
    "join=files compress=gzip",
    "join=files compress=tar.gz archive=one",
    "order=split join=files compress=zip gain=0",
    "order=split join=partial compress=gzip",
    "gain=0 compress=zip",
    "join=files,partial compress=tar archive=one gain=99",
    ""};
#define ROWS (sizeof rows / sizeof *rows)

#define LINES5 "1;2;3;quarterly\n1;2;4;yearly\n5;5;5;\n7;8;9;x\nz\n"
#define LINES25 LINES5 LINES5 LINES5 LINES5 LINES5
#define BASE64 "MTsyOzM7cXVhcnRlcmx5CjE7Mjs0O3llYXJseQo1OzU7NTsKNzs4Ozk7eAp6"
#define CODED1 BASE64 "MTsyOzM7cXVh\n"
#define CODED5 CODED1 CODED1 CODED1 CODED1 CODED1
#define MIXED                                                                  \
    "From: a@x\nMIME-Version: 1.0\n"                                           \
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
#define CODED                                                                  \
    "Content-Type: text/csv; name=d.csv\n"                                     \
    "Content-Transfer-Encoding: base64\n\n"

static const char *const words[] = {
    "\n",
    "\n--b\n",
    "\n--b--\n",
    "\n--c\n",
    "\n--c--\n",
    "--b\n",
    "Content-Type: ",
    "text/plain",
    "text/csv; name=a.csv",
    "multipart/mixed; boundary=b\n",
    "multipart/alternative; boundary=c\n",
    "multipart/mixed; boundary=\"c\"\n",
    "message/rfc822\n",
    "multipart/signed; boundary=b\n",
    "application/pkcs7-mime\n",
    "message/partial; id=x; number=1; total=2\n",
    "image/png; name=\"b.png\"\n",
    "application/octet-stream\n",
    "Content-Transfer-Encoding: ",
    "base64\n",
    "quoted-printable\n",
    "8bit\n",
    "binary\n",
    "x-uuencode\n",
    "Content-Disposition: attachment",
    "; filename=\"r.pdf\"\n",
    "; filename*=utf-8''%C3%BC%0A.txt\n",
    "MIME-Version: 1.0\n",
    "Subject: ",
    "Message-ID: <1@x>\n",
    "DKIM-Signature: v=1\n",
    "From: a@x\n",
    "\n ",
    "=\n",
    "=0D=0A",
    "=C3=BC",
    LINES5,
    LINES25,
    LINES25 LINES25 LINES25 LINES25,
    CODED1,
    CODED5,
    CODED5 CODED5 CODED5 CODED5 CODED5 CODED5 CODED5 CODED5,
    "eg==\n",
    "X-Original-Digest: sha-256=x\n",
    "X-Original-Content-Type: text/plain\n",
    "X-Detached: a.csv\n",
    "\n\nContent-Type: text/html\n\n<p>",
    "\303\274",
    "\377\376\200\201",
    "Content-Type: text/csv; name=x.csv\n\n",
    MIXED,
    CODED};
#define WORDS (sizeof words / sizeof *words)

static char error[400];

static void bytes_make(const uint8_t *data, size_t size, struct text *t)
{
    for (size_t i = 0; i < size && t->len < 200000; i++) {
        if (data[i] == 255 && i + 1 < size)
            text_addn(t, (const char *)&data[++i], 1);
        else if (data[i] < 128)
            text_addn(t, (const char *)&data[i], 1);
        else
            text_add(t, words[(data[i] - 128u) % WORDS]);
    }
    text_add(t, "");
}

static void message_put(struct message *m, const struct text *t)
{
    int fd = temp_file(error, sizeof error);

    FUZZ_ASSERT(fd != -1);
    FUZZ_ASSERT(write_all(fd, t->s, t->len, error, sizeof error) == 0);
    *m = (struct message){0};
    FUZZ_ASSERT(message_take(m, fd, error, sizeof error) == 0);
}

static bool text_equal(const struct text *a, const struct text *b)
{
    return a->len == b->len && memcmp(text_str(a), text_str(b), a->len) == 0;
}

/* ---- what comes out ---- */

/* Written as it will be sent: a message of its own. */
static void outgoing_whole(const struct outgoing *o, struct message *m)
{
    struct message body = {0};
    struct extent all;

    FUZZ_ASSERT(splice_make(&o->body, &body, error, sizeof error) == 0);
    all = message_extent(&body, 0, body.len);
    FUZZ_ASSERT(message_make(m, &o->head, &all, false, error, sizeof error) ==
                0);
    message_free(&body);
}

static void sizes_check(const struct outgoings *messages, int64_t limit)
{
    for (int i = 0; i < messages->count; i++) {
        struct message m;
        int64_t said = outgoing_size(&messages->list[i]);

        outgoing_whole(&messages->list[i], &m);
        FUZZ_ASSERT(message_size(&m) == said);
        FUZZ_ASSERT(said <= limit);
        message_free(&m);
    }
}

/* The contents of all leaves, and what is said of them, one by one. */
static int contents(const struct message *m, struct text *out)
{
    struct structure s;
    int rc = structure_read(&s, m, error, sizeof error);

    FUZZ_ASSERT(rc != -1 || *error);
    for (int i = 0; i < s.count; i++) {
        const struct part *p = &s.list[i];
        struct extent e = {.fd = -1};
        FUZZ_ASSERT(p->parent < i);
        if (!p->leaf)
            continue;
        FUZZ_ASSERT(0 <= p->head && p->head <= p->body && p->body <= p->end &&
                    p->end <= m->len);
        text_addf(out, "%s %s %d%d\n", p->type, p->name ? p->name : "",
                  p->attachment, p->sealed);
        if (part_content(m, p, &e, error, sizeof error) == 1)
            FUZZ_ASSERT(bytes_digest(&e, out) == 0);
    }
    structure_free(&s);
    return rc;
}

static bool extents_same(const struct message *a, const struct message *b)
{
    struct extent x = message_extent(a, a->body, a->len),
                  y = message_extent(b, b->body, b->len);

    return extent_same(&x, &y);
}

/* What was packed comes back part by part, as base64 has other lines then. */
static void joined_check(const struct message *was, const struct message *is,
                         bool exact)
{
    struct text before = {0}, after = {0};

    if (exact) {
        FUZZ_ASSERT(extents_same(was, is));
    } else {
        int rc = contents(was, &before);
        FUZZ_ASSERT(contents(is, &after) == rc);
        FUZZ_ASSERT(text_equal(&before, &after));
    }
    text_free(&before);
    text_free(&after);
}

static void join_check(struct job *j, const struct outgoings *messages,
                       const struct message *was, bool exact)
{
    struct whole w;
    struct message joined;

    whole_begin(&w, j->settings);
    for (int i = 0; i < messages->count; i++) {
        struct message m;
        struct member p;
        outgoing_whole(&messages->list[i], &m);
        FUZZ_ASSERT(member_read(&p, &m, error, sizeof error) == 1);
        FUZZ_ASSERT(p.number == i + 1 && p.total == messages->count);
        member_free(&p);
        FUZZ_ASSERT(whole_add(&w, &m, error, sizeof error) == 1);
    }
    FUZZ_ASSERT(whole_end(&w, j, error, sizeof error) == 1);
    FUZZ_ASSERT(w.messages.count == 1);
    outgoing_whole(&w.messages.list[0], &joined);
    joined_check(was, &joined, exact);
    message_free(&joined);
    whole_free(&w);
}

static bool reports(const struct job *j, const char *words_of)
{
    return strstr(text_str(&j->report), words_of) != NULL;
}

/* ---- the two ways ---- */

/* An odd message has fields of ours, or NULs: where one of those is in a
 * header, GMime finds other parts when the message is elsewhere in its buffer.
 */
static void plan_check(struct job *j, const struct message *m, bool odd)
{
    struct plan p = {0};
    enum outcome outcome = plan_make(&p, j, m, true, error, sizeof error);
    const struct message *was =
        p.step_count > 0 ? &p.steps[p.step_count - 1] : m;
    struct extent all = message_extent(was, 0, was->len);

    FUZZ_ASSERT(outcome != PLAN_FAILED);
    FUZZ_ASSERT((outcome == PLAN_CHANGED) == (p.messages.count > 0));
    FUZZ_ASSERT((outcome == PLAN_REFUSED) == (j->refusal.len > 0));
    if (outcome == PLAN_AS_IS)
        FUZZ_ASSERT(message_size(m) <= j->limit);
    sizes_check(&p.messages, j->limit);
    if (reports(j, "message/partial"))
        join_check(j, &p.messages, was, true);
    else if (reports(j, " pieces of ") && bytes_mail(&all) &&
             (reports(j, ".eml") || !odd))
        join_check(j, &p.messages, was, reports(j, ".eml"));
    plan_free(&p);
}

/* Every packing, as one after the other is taken by all. */
static void compress_check(struct job *j, const struct message *m)
{
    struct message small = {0}, large = {0};
    static struct environment nothing; /* j->row, from here on */
    struct text before = {0}, after = {0};
    struct structure s;
    int rc = structure_read(&s, m, error, sizeof error);

    if (rc == 1 && !s.sealed && j->row->packing_count > 0 &&
        compress_each(j, m, &s, &small, error, sizeof error) == 1) {
        nothing = ENVIRONMENT_NONE;
        nothing.said = SAID_COMPRESS;
        j->row = &nothing;
        FUZZ_ASSERT(expand_message(j, &small, 0, &large, error, sizeof error) ==
                    1);
        FUZZ_ASSERT(contents(m, &before) == contents(&large, &after));
        FUZZ_ASSERT(text_equal(&before, &after));
    }
    message_free(&small);
    message_free(&large);
    text_free(&before);
    text_free(&after);
    structure_free(&s);
}

/* As Exim leaves it: fields alone, with a line end each, a blank line, and no
 * NULs. */
static bool from_exim(const struct message *m)
{
    struct text head = {0};
    bool good = m->body > m->head_len && message_head(m, &head) == 0;
    const char *block = text_str(&head);

    for (struct field f; good && field_next(&block, &f);)
        good = f.name_len > 0;
    text_free(&head);
    return good;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    g_mime_init();
    if (access("/dev/shm", W_OK) == 0)
        temp_directory("/dev/shm");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings *set;
    struct environment row = ENVIRONMENT_NONE;
    struct text t = {0};
    struct message m;

    if (size < 2)
        return 0;
    if (set == NULL)
        set = settings_new("/tmp/x");
    bytes_make(data + 2, size - 2, &t);
    message_put(&m, &t);
    FUZZ_ASSERT(environment_parse(&row, rows[data[0] % ROWS], TRUST_OURS, error,
                                  sizeof error) == 0);
    struct job j = {.settings = set,
                    .row = &row,
                    .host = "hub.example",
                    .id = "1vMqTr-0001Ab-01",
                    .recipients = "",
                    .limit = 3000 + 32 * data[1]};
    if (from_exim(&m)) {
        bool odd = strcasestr(t.s, "X-Detached") ||
                   strcasestr(t.s, "X-Original") || strlen(t.s) < t.len;
        plan_check(&j, &m, odd);
        if (!odd)
            compress_check(&j, &m);
    }
    text_free(&j.report);
    text_free(&j.refusal);
    text_free(&t);
    message_free(&m);
    environment_free(&row);
    workfile_close();
    return 0;
}
