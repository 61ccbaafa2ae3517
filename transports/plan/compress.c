/* compress: attachments become archives, each in its place. See compress.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive.h"
#include "edit.h"
#include "field.h"
#include "original.h"
#include "recode.h"
#include "worth.h"

#define SMALLEST 2048 /* bytes of a part, below which nothing is gained */

static const char *const types[PACKING_COUNT] = {
    [PACKING_ZIP] = "application/zip",
    [PACKING_GZIP] = "application/gzip",
    [PACKING_7Z] = "application/x-7z-compressed",
    [PACKING_ZSTD] = "application/zstd",
    [PACKING_TAR] = "application/x-tar",
    [PACKING_TAR_GZ] = "application/gzip",
    [PACKING_TAR_BZ2] = "application/x-bzip2",
    [PACKING_TAR_XZ] = "application/x-xz",
    [PACKING_TAR_ZST] = "application/zstd"};

static const char *const suffixes[PACKING_COUNT] = {
    [PACKING_ZIP] = ".zip",         [PACKING_GZIP] = ".gz",
    [PACKING_7Z] = ".7z",           [PACKING_ZSTD] = ".zst",
    [PACKING_TAR] = ".tar",         [PACKING_TAR_GZ] = ".tar.gz",
    [PACKING_TAR_BZ2] = ".tar.bz2", [PACKING_TAR_XZ] = ".tar.xz",
    [PACKING_TAR_ZST] = ".tar.zst"};

const char *packing_type(enum packing p)
{
    return types[p];
}

const char *packing_suffix(enum packing p)
{
    return suffixes[p];
}

int packing_choose(const struct environment *row, int files, enum packing *p)
{
    for (int i = 0; i < row->packing_count; i++) {
        *p = row->packings[i];
        if (files == 1 || (*p != PACKING_GZIP && *p != PACKING_ZSTD))
            return 1;
    }
    return 0;
}

void attachment_fields(const char *type, const char *name,
                       const char *parameters, struct text *out)
{
    text_addf(out, "Content-Type: %s", type);
    field_parameter("name", name, out);
    text_addf(out, "%s\nContent-Transfer-Encoding: base64\n", parameters);
    text_add(out, "Content-Disposition: attachment");
    field_parameter("filename", name, out);
    text_add(out, "\n");
}

/* ---- which parts ---- */

/* An image of a page, an alternative, a part of a report: they belong to what
 * stands beside them. */
static bool stands_alone(const struct structure *s, const struct part *p)
{
    const char *type = p->parent == -1 ? "" : s->list[p->parent].type;
    return strncmp(type, "multipart/", 10) != 0 ||
           strcmp(type, "multipart/mixed") == 0;
}

/* RFC 2045 4: without MIME-Version it is no MIME, and shall not become it. */
bool compress_candidate(const struct structure *s, const struct part *p)
{
    return s->mime && p->leaf && p->attachment && !p->sealed && !s->sealed &&
           p->coding != CODING_OTHER && stands_alone(s, p);
}

static int size_compare(const void *a, const void *b)
{
    const struct part *const *x = a, *const *y = b;
    int64_t p = (*x)->end - (*x)->body, q = (*y)->end - (*y)->body;
    return (p < q) - (p > q);
}

/* The candidates, largest first; NULL at the end. */
static const struct part **candidates(const struct structure *s)
{
    const struct part **list =
        text_alloc(((size_t)s->count + 1) * sizeof *list);
    int n = 0;
    for (int i = 0; i < s->count; i++)
        if (s->list[i].end - s->list[i].body >= SMALLEST &&
            compress_candidate(s, &s->list[i]))
            list[n++] = &s->list[i];
    if (n > 1)
        qsort(list, (size_t)n, sizeof *list, size_compare);
    list[n] = NULL;
    return list;
}

/* ---- one part ---- */

static bool already_packed(const struct extent *content)
{
    int kind;
    return archive_kind(content, &kind) == 1;
}

static void part_name(const struct part *p, struct text *out)
{
    archive_name(p->name ? p->name : "attachment", out);
}

/* 1: *packed is the part's content in an archive. */
static int pack_one(const struct job *j, const struct part *p,
                    const struct extent *content, enum packing packing,
                    struct extent *packed, char *error, size_t size)
{
    struct text name = {0};
    int fd = workfile_begin(error, size);
    if (fd == -1)
        return -1;
    part_name(p, &name);
    struct entry e = {name.s, *content, j->date};
    int rc = archive_write(packing, &e, 1, fd, error, size);
    text_free(&name);
    if (rc == -1)
        return -1;
    *packed = workfile_end();
    return base64_len(packed->len) <=
           (p->end - p->body) / 100 * (100 - j->row->gain);
}

/* The header and the body that the part gets. */
static int part_replace(const struct message *m, const struct part *p,
                        const struct extent *content, enum packing packing,
                        const struct extent *packed, struct edits *edits)
{
    struct text head = {0}, name = {0}, fresh = {0}, digest = {0}, new = {0};
    int rc = part_head(m, p, &head);
    if (rc == 0)
        rc = bytes_digest(content, &digest);
    if (rc == 0) {
        part_name(p, &name);
        text_add(&name, suffixes[packing]);
        attachment_fields(types[packing], name.s, "", &fresh);
        original_wrap(ORIGINAL_COMPRESSED, text_str(&head), fresh.s, digest.s,
                      &new);
        text_add(&new, "\n");
        edits_add(edits, p->head, p->end, text_copy(new.s), packed, true);
    }
    text_free(&head);
    text_free(&name);
    text_free(&fresh);
    text_free(&digest);
    text_free(&new);
    return rc;
}

/* 1 it shrinks, 0 it does not. */
static int part_compress(struct job *j, const struct message *m,
                         const struct part *p, struct edits *edits, char *error,
                         size_t size)
{
    struct extent content, packed;
    enum packing packing;
    int rc = packing_choose(j->row, 1, &packing);
    if (rc == 1)
        rc = part_content(m, p, &content, error, size);
    if (rc == 1)
        rc = !already_packed(&content) &&
             worth_compressing(&content, j->row->gain);
    if (rc == 1)
        rc = pack_one(j, p, &content, packing, &packed, error, size);
    if (rc == 1 && part_replace(m, p, &content, packing, &packed, edits) == -1)
        rc = 0;
    return rc;
}

int compress_each(struct job *j, const struct message *m,
                  const struct structure *s, struct message *out, char *error,
                  size_t size)
{
    const struct part **list = candidates(s);
    struct edits edits = {0};
    struct splice splice = {0};
    int64_t wire = message_size(m), before = wire;
    int rc = 0;
    for (int i = 0; list[i] && rc != -1 && !job_fits(j, wire); i++) {
        rc = part_compress(j, m, list[i], &edits, error, size);
        if (rc == 1) {
            struct edits last = {&edits.list[edits.count - 1], 1};
            wire += edits_wire(&last, m);
        }
    }
    if (rc != -1)
        rc = edits.count > 0;
    if (rc == 1 && (edits_splice(&edits, m, &splice) == -1 ||
                    splice_make(&splice, out, error, size) == -1))
        rc = -1;
    if (rc == 1)
        job_report(j, "%d of its parts compressed, %lld -> %lld", edits.count,
                   (long long)before, (long long)wire);
    edits_free(&edits);
    splice_free(&splice);
    free(list);
    return rc;
}
