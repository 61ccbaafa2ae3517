/* fuzz_adapt_member: messages that say that they are parts of one.
 *
 * The bytes are messages, with a byte 1 between them; those above 127 stand for
 * what such messages are made of (words[]). Each of them is read as a part, and
 * all that are parts are put together, whatever they say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "field.h"
#include "partial.h"
#include "pieces.h"
#include "whole.h"

#include <gmime/gmime.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The digest of "abcdef", and that of an archive that holds it. */
#define ABCDEF "vvV+x/U6bUC+tkCngKY5yDvCmsipgW8fxsXG3Nk8RyE="

static const char *const words[] = {
    "\n",
    "\n--b\n",
    "\n--b--\n",
    "From: a@x\n",
    "MIME-Version: 1.0\n",
    "Content-Type: ",
    "multipart/mixed; boundary=b\n\n--b\n",
    "message/partial",
    "; id=x",
    "; number=1",
    "; number=2",
    "; total=2",
    "; total=1",
    "application/octet-stream",
    "; name=a.zip.001",
    "; name=a.zip.002",
    "; name=message.eml.001",
    "; name=message.eml.002",
    "; x-piece-id=x",
    "; x-piece-number=1",
    "; x-piece-number=2",
    "; x-piece-total=2",
    "; x-piece-total=1",
    "; x-piece-digest=\"" ABCDEF "\"",
    "; x-packed=message",
    "Content-Disposition: attachment; filename=a.zip.001\n",
    "Content-Disposition: attachment; filename=b.000\n",
    "Content-Transfer-Encoding: base64\n",
    "Subject: x (1/2)\n",
    "Subject: x [2 of 2]\n",
    "Subject: x (1/1)\n",
    "abc",
    "def",
    "YWJj\n",
    "X-Original-Digest: sha-256=" ABCDEF "\n",
    "X-Original-Content-Type: application/octet-stream; name=message.eml.001; "
    "x-piece-id=x; x-piece-number=1; x-piece-total=1; x-piece-digest=" ABCDEF
    "\n",
    "H4sIAAAAAAACA0tMSk5JTQMA7zmOSwYAAAA=\n",
    "Content-Type: text/plain\n\nx",
    "\001",
    ".000",
    "message/rfc822\n\n"};
#define WORDS (sizeof words / sizeof *words)

static char error[400];

static void bytes_make(const uint8_t *data, size_t size, struct text *t)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 128)
            text_addn(t, (const char *)&data[i], 1);
        else
            text_add(t, words[(data[i] - 128u) % WORDS]);
    }
    text_add(t, "");
}

static void message_put(struct message *m, const void *bytes, size_t len)
{
    int fd = temp_file(error, sizeof error);

    FUZZ_ASSERT(fd != -1);
    FUZZ_ASSERT(write_all(fd, bytes, len, error, sizeof error) == 0);
    *m = (struct message){0};
    FUZZ_ASSERT(message_take(m, fd, error, sizeof error) == 0);
}

static void member_check(const struct message *m)
{
    struct text head = {0};
    struct member p;
    int rc = member_read(&p, m, error, sizeof error);

    FUZZ_ASSERT((rc == -1) == (message_head(m, &head) == -1));
    if (rc == 1) {
        FUZZ_ASSERT(p.number >= 1 && p.number <= 99999);
        FUZZ_ASSERT(p.total == 0 || p.total >= p.number);
        FUZZ_ASSERT(p.total <= 99999 && *p.id && p.name && p.digest);
        FUZZ_ASSERT(p.kind == MEMBER_PIECE || !member_ours(&p));
        if (p.kind == MEMBER_PIECE)
            FUZZ_ASSERT(p.total > 0 && *p.name && p.part.head < p.part.end &&
                        p.part.end <= m->len);
        member_free(&p);
    }
    text_free(&head);
}

/* It is one message, and as large as it says; or none, and it says why. */
static void whole_check(struct whole *w, struct job *j)
{
    struct message body = {0};
    int rc;

    *error = '\0';
    rc = whole_end(w, j, error, sizeof error);
    FUZZ_ASSERT(rc == 0 || rc == 1);
    FUZZ_ASSERT(rc == w->messages.count);
    FUZZ_ASSERT(rc == 1 || *error);
    if (rc == 1) {
        const struct outgoing *o = &w->messages.list[0];
        FUZZ_ASSERT(splice_make(&o->body, &body, error, sizeof error) == 0);
        FUZZ_ASSERT(body.len == o->body.len &&
                    message_size(&body) == splice_wire(&o->body));
    }
    message_free(&body);
}

/* Other people's names, without a message around them. */
static void names_check(const char *text)
{
    struct piece_of p;
    struct fragment f;

    if (piece_read("", text, text, &p) == 1) {
        FUZZ_ASSERT(p.number >= 1 && p.number <= p.total && *p.name && *p.id);
        FUZZ_ASSERT(strncmp(text, p.name, strlen(p.name)) == 0);
        piece_free(&p);
    }
    if (fragment_read(text, &f) == 1) {
        FUZZ_ASSERT(f.number >= 1 && *f.id);
        fragment_free(&f);
    }
    piece_packed(text);
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
    struct whole w;
    int added = 0;
    struct text t = {0};
    const char *text;

    bytes_make(data, size, &t);
    text = t.s;
    size = t.len;
    if (set == NULL)
        set = settings_new("/tmp/x");
    struct job j = {.settings = set,
                    .row = &row,
                    .host = "hub.example",
                    .id = "",
                    .recipients = "",
                    .limit = ENVIRONMENT_NO_LIMIT};
    whole_begin(&w, set);
    names_check(text);
    for (size_t at = 0; at <= size;) {
        const char *end = memchr(text + at, 1, size - at);
        size_t len = end ? (size_t)(end - text) - at : size - at;
        struct message m;
        message_put(&m, text + at, len);
        member_check(&m);
        if (whole_add(&w, &m, error, sizeof error) == 1)
            added++;
        else
            message_free(&m);
        at += len + 1;
    }
    if (added > 0)
        whole_check(&w, &j);
    whole_free(&w);
    text_free(&j.report);
    text_free(&j.refusal);
    workfile_close();
    text_free(&t);
    return 0;
}
