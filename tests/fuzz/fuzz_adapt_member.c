/* fuzz_adapt_member: messages that say that they are parts of one.
 *
 * The bytes are messages, with a byte 1 between them. Each of them is read as a
 * part, and all that are parts are put together, whatever they say.
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

static char error[400];

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
            FUZZ_ASSERT(p.total > 0 && *p.name && p.head < p.end &&
                        p.end <= m->len);
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
    struct whole w = {0};
    int added = 0;
    char *text = fuzz_text(data, size);

    if (set == NULL)
        set = settings_new("/tmp/x");
    struct job j = {.settings = set,
                    .row = &row,
                    .host = "hub.example",
                    .id = "",
                    .recipients = "",
                    .limit = ENVIRONMENT_NO_LIMIT};
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
    free(text);
    return 0;
}
