/* fuzz_fields: header blocks and marks from hostile bytes.
 *
 * A block that is split holds every byte once, in its order. With nothing
 * moved nothing is put; with everything moved, what is put and what is spared
 * for a signature are together what is put when signatures do not count, and
 * no field is put twice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "fields.h"
#include "mark.h"

struct puts {
    const struct field_span *fields;
    int count, put;
    bool *done;
};

static char *new_none(const char *address, void *context)
{
    FUZZ_ASSERT(address != NULL && context != NULL);
    return NULL;
}

static char *new_all(const char *address, void *context)
{
    FUZZ_ASSERT(address != NULL && context != NULL);
    return text_copy("new@new.example");
}

static void put(int i, const char *text, size_t len, void *context)
{
    struct puts *p = context;
    struct field_span made = {text, len};
    size_t body, made_body;

    FUZZ_ASSERT(i >= 0 && i < p->count && !p->done[i]);
    FUZZ_ASSERT(strlen(text) == len ||
                memchr(p->fields[i].text, 0, p->fields[i].len) != NULL);
    FUZZ_ASSERT(fields_named(&p->fields[i], "To", &body) ==
                fields_named(&made, "To", &made_body));
    FUZZ_ASSERT(text[len - 1] == p->fields[i].text[p->fields[i].len - 1] ||
                p->fields[i].text[p->fields[i].len - 1] != '\n');
    p->done[i] = true;
    p->put++;
}

static void check_split(const char *block, size_t len,
                        const struct field_span *fields, int count)
{
    const char *at = block;

    for (int i = 0; i < count; i++) {
        FUZZ_ASSERT(fields[i].text == at && fields[i].len > 0);
        at += fields[i].len;
        FUZZ_ASSERT(at[-1] == '\n' || i == count - 1);
    }
    FUZZ_ASSERT(at == block + len);
}

/* How many fields were put. */
static int rewrite(const struct field_span *fields, int count,
                   enum rewrite_headers policy, mailbox_new *new_of,
                   int *spared)
{
    struct puts p = {fields, count, 0, calloc((size_t)count + 1, 1)};
    struct fields_job job = {fields, count, policy, new_of, put, &p};
    int replaced = fields_rewrite(&job, spared);

    FUZZ_ASSERT(replaced >= p.put && (replaced == 0) == (p.put == 0));
    FUZZ_ASSERT(*spared >= 0 && *spared + p.put <= count);
    free(p.done);
    return p.put;
}

static void check_rewrite(const struct field_span *fields, int count)
{
    int spared, all, some;

    FUZZ_ASSERT(rewrite(fields, count, REWRITE_ALWAYS, new_none, &spared) == 0);
    FUZZ_ASSERT(spared == 0);
    FUZZ_ASSERT(rewrite(fields, count, REWRITE_UNSIGNED, new_none, &spared) ==
                0);
    FUZZ_ASSERT(spared == 0);
    FUZZ_ASSERT(rewrite(fields, count, REWRITE_NEVER, new_all, &spared) == 0);
    FUZZ_ASSERT(spared == 0);
    all = rewrite(fields, count, REWRITE_ALWAYS, new_all, &spared);
    FUZZ_ASSERT(spared == 0);
    some = rewrite(fields, count, REWRITE_UNSIGNED, new_all, &spared);
    FUZZ_ASSERT(some + spared == all);
}

static void check_get(const struct field_span *fields, int count,
                      const char *name)
{
    struct text out = {0};
    bool found = fields_get(fields, count, name, &out);

    FUZZ_ASSERT(found || out.len == 0);
    for (size_t i = 0; i < out.len; i++)
        FUZZ_ASSERT((unsigned char)out.s[i] >= ' ' && out.s[i] != 127);
    FUZZ_ASSERT(out.len == 0 || (out.s[0] != ' ' && out.s[out.len - 1] != ' '));
    text_free(&out);
}

/* What is read of a mark can be found, and is the same when it is written. */
static void check_mark(const char *mark)
{
    struct moves moves = {0}, again = {0};
    struct text out = {0}, reason = {0};

    mark_moves(mark, &moves);
    for (int i = 0; i < moves.count; i++)
        mark_moved(&out, &moves.list[i]);
    mark_moves(text_str(&out), &again);
    FUZZ_ASSERT(again.count == moves.count);
    for (int i = 0; i < moves.count; i++) {
        FUZZ_ASSERT(strcmp(again.list[i].old, moves.list[i].old) == 0);
        FUZZ_ASSERT(strcmp(again.list[i].new, moves.list[i].new) == 0);
        FUZZ_ASSERT(again.list[i].time == moves.list[i].time);
    }
    FUZZ_ASSERT(mark_reason(mark, "a@x", &reason) == 1 || reason.len == 0);
    moves_free(&moves);
    moves_free(&again);
    text_free(&out);
    text_free(&reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *block = fuzz_text(data, size);
    struct field_span *fields;
    int count = fields_split(block, size, &fields);

    check_split(block, size, fields, count);
    check_rewrite(fields, count);
    check_get(fields, count, "To");
    check_get(fields, count, "Subject");
    check_mark(block);
    free(fields);
    free(block);
    return 0;
}
