/* pack: a whole message as one archive, and back. See pack.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pack.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "edit.h"
#include "field.h"
#include "original.h"
#include "recode.h"
#include "subject.h"

#define DETACHED "X-Detached"

/* ---- making ---- */

static void entry_add(struct entries *files, const char *name,
                      const struct extent *data, int64_t time)
{
    struct text free_name = {0};
    archive_name_free(files, name, &free_name);
    files->list = text_grow(files->list, files->count, sizeof *files->list);
    files->list[files->count++] =
        (struct entry){text_copy(free_name.s), *data, time};
    text_free(&free_name);
}

static char *percent_encoded(const char *name)
{
    char *encoded = g_uri_escape_string(name, NULL, FALSE);
    char *copy = text_copy(encoded);
    g_free(encoded);
    return copy;
}

/* What stands where the file was, for who opens message.eml. */
static int stand_in(const char *block, const char *name,
                    const struct extent *content, struct text *out)
{
    struct text digest = {0};
    char *encoded = percent_encoded(name);
    int rc = bytes_digest(content, &digest);
    original_wrap(ORIGINAL_DETACHED, block,
                  "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Disposition: inline\n"
                  "Content-Transfer-Encoding: 8bit\n",
                  text_str(&digest), out);
    text_addf(out, DETACHED ": %s\n\n", encoded);
    text_addf(out,
              "[%s: a file of its own, in the same archive as this "
              "message]\n",
              name);
    free(encoded);
    text_free(&digest);
    return rc;
}

/* The part becomes a file, and a line of text in its place: 1, 0, -1. */
static int part_detach(const struct message *m, const struct part *p,
                       int64_t time, struct entries *files, struct edits *edits,
                       char *error, size_t size)
{
    struct extent content;
    struct text head = {0}, new = {0};
    int rc = part_content(m, p, &content, error, size);
    if (rc == 1)
        rc = part_whole(m, p) && part_head(m, p, &head) == 0;
    if (rc == 1) {
        entry_add(files, p->name ? p->name : "attachment", &content, time);
        rc = stand_in(text_str(&head), files->list[files->count - 1].name,
                      &content, &new) == 0
                 ? 1
                 : -1;
        edits_add(edits, p->head, p->end, text_copy(text_str(&new)), NULL,
                  false);
    }
    text_free(&head);
    text_free(&new);
    return rc;
}

/* Then nothing may be detached: the fields would be taken for ours. */
static bool has_detached(const struct message *m, const struct structure *s)
{
    bool has = false;
    for (int i = 0; i < s->count && !has; i++) {
        struct text head = {0}, name = {0};
        has = s->list[i].leaf && part_head(m, &s->list[i], &head) == 0 &&
              field_value(text_str(&head), DETACHED, &name) == 1;
        text_free(&head);
        text_free(&name);
    }
    return has;
}

/* The attachments, and what is left of the message, as files. */
static int files_make(const struct message *m, const struct structure *s,
                      int64_t time, bool one, struct entries *files,
                      char *error, size_t size)
{
    struct edits edits = {0};
    struct splice skeleton = {0};
    struct extent all = message_extent(m, 0, m->len);
    int rc = 0;
    one = one || has_detached(m, s);
    entry_add(files, PACK_MESSAGE, &all, time);
    for (int i = 0; i < s->count && !one && rc != -1; i++)
        if (compress_candidate(s, &s->list[i]))
            rc = part_detach(m, &s->list[i], time, files, &edits, error, size);
    int fd = rc == -1 ? -1 : workfile_begin(error, size);
    if (fd == -1 || edits_splice(&edits, m, &skeleton) == -1 ||
        splice_write(&skeleton, fd, error, size) == -1)
        rc = -1;
    else
        files->list[0].data = workfile_end(), rc = 0;
    edits_free(&edits);
    splice_free(&skeleton);
    return rc;
}

/* zip for everybody who has said nothing else. */
static int packing_of(const struct job *j, enum packing *p, bool *one)
{
    *p = PACKING_ZIP;
    *one = false;
    if (!(j->row->said & SAID_COMPRESS) || packing_choose(j->row, 2, p) == 1)
        return 1;
    *one = true;
    return packing_choose(j->row, 1, p);
}

static int archive_make(const struct message *m, const struct structure *s,
                        int64_t time, enum packing packing, bool one,
                        struct extent *file, char *error, size_t size)
{
    struct entries files = {.fd = -1};
    int rc = files_make(m, s, time, one, &files, error, size);
    int fd = rc == -1 ? -1 : workfile_begin(error, size);
    if (fd == -1 ||
        archive_write(packing, files.list, files.count, fd, error, size) == -1)
        rc = -1;
    else
        *file = workfile_end();
    int count = files.count;
    entries_free(&files);
    return rc == -1 ? -1 : count;
}

static void name_make(const struct job *j, const struct message *m,
                      struct text *name)
{
    struct text head = {0};
    message_head(m, &head);
    subject_file(text_str(&head), j->id, name);
    text_free(&head);
}

int pack_make(struct job *j, const struct message *m, const struct structure *s,
              bool plain, struct packed *out, char *error, size_t size)
{
    enum packing packing;
    bool one;
    name_make(j, m, &out->name);
    if (plain || packing_of(j, &packing, &one) == 0) {
        out->file = message_extent(m, 0, m->len);
        out->type = "application/octet-stream";
        out->kind = PACKED_NOT;
        text_add(&out->name, ".eml");
        return 0;
    }
    out->type = packing_type(packing);
    text_addf(&out->name, "%s%s", one ? ".eml" : "", packing_suffix(packing));
    int files =
        archive_make(m, s, j->date, packing, one, &out->file, error, size);
    out->kind = files > 1 ? PACKED_FILES : PACKED_WHOLE;
    return files == -1 ? -1 : 0;
}

void packed_free(struct packed *p)
{
    text_free(&p->name);
}

/* ---- and back ---- */

static int file_named(const struct entries *files, const char *name)
{
    for (int i = 0; i < files->count; i++)
        if (strcmp(files->list[i].name, name) == 0)
            return i;
    return -1;
}

/* Each file stands in one place: somebody else's message.eml that wants it in a
 * thousand would be as large as he likes. */
static const struct entry *file_take(const struct entries *files, bool *used,
                                     const char *encoded)
{
    char *name = g_uri_unescape_string(encoded, NULL);
    int i =
        name && strcmp(name, PACK_MESSAGE) != 0 ? file_named(files, name) : -1;
    g_free(name);
    if (i == -1 || used[i])
        return NULL;
    used[i] = true;
    return &files->list[i];
}

/* How it stood in the message, by its own fields. */
static int part_attach(const struct part *p, const char *block,
                       const struct entry *file, struct edits *edits,
                       char *error, size_t size)
{
    struct text rest = {0}, own = {0}, head = {0};
    struct extent data;
    bool base64;
    fields_without(block, DETACHED, &rest);
    original_unwrap(ORIGINAL_DETACHED, text_str(&rest), &own);
    text_free(&rest);
    int rc = recode_part(text_str(&own), &file->data, &head, &data, &base64,
                         error, size);
    if (rc == 0)
        edits_add(edits, p->head, p->end, text_copy(text_str(&head)), &data,
                  base64);
    text_free(&own);
    text_free(&head);
    return rc;
}

/* 1: it is whole again; 0: a file is missing. */
static int part_restore(const struct message *m, const struct part *p,
                        const struct entries *files, bool *used,
                        struct edits *edits, char *error, size_t size)
{
    struct text block = {0}, name = {0};
    int rc = 1;
    if (part_head(m, p, &block) == 0 &&
        field_value(text_str(&block), DETACHED, &name) == 1) {
        const struct entry *file = file_take(files, used, name.s);
        if (!file)
            rc = 0;
        else if (part_attach(p, block.s, file, edits, error, size) == -1)
            rc = -1;
    }
    text_free(&block);
    text_free(&name);
    return rc;
}

static int message_restore(struct message *skeleton,
                           const struct entries *files, struct message *m,
                           char *error, size_t size)
{
    struct structure s = {0};
    struct edits edits = {0};
    struct splice splice = {0};
    bool *used = text_alloc(((size_t)files->count + 1) * sizeof *used);
    int rc = structure_read(&s, skeleton, error, size) == -1 ? -1 : 1;
    memset(used, 0, ((size_t)files->count + 1) * sizeof *used);
    /* Alone in the archive it was packed whole, and its fields are its own. */
    for (int i = 0; files->count > 1 && rc == 1 && i < s.count; i++)
        if (s.list[i].leaf && !s.list[i].sealed && !s.sealed)
            rc = part_restore(skeleton, &s.list[i], files, used, &edits, error,
                              size);
    if (rc == 1 && (edits_splice(&edits, skeleton, &splice) == -1 ||
                    splice_make(&splice, m, error, size) == -1))
        rc = -1;
    free(used);
    edits_free(&edits);
    splice_free(&splice);
    structure_free(&s);
    return rc;
}

int pack_undo(const struct entries *files, struct message *m, char *error,
              size_t size)
{
    struct message skeleton = {0};
    /* gzip and zstd have one file, and its name is not sure. */
    int at = files->count == 1 ? 0 : file_named(files, PACK_MESSAGE);
    if (at == -1)
        return 0;
    const struct entry *eml = &files->list[at];
    if (!bytes_message(&eml->data))
        return 0;
    int fd = temp_file(error, size);
    int rc = fd == -1 || extent_copy(&eml->data, fd, error, size) == -1 ||
                     message_take(&skeleton, fd, error, size) == -1
                 ? -1
                 : message_restore(&skeleton, files, m, error, size);
    message_free(&skeleton);
    return rc;
}
