/* archive_read: files out of an archive. See archive.h.
 *
 * Each block is counted before it is written, that of an entry which is left
 * out too. A zip is read by its directory alone: without one it is cut short.
 * What is compressed as a whole is read to its end, for the checksum there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive_lib.h"
#include "archive_source.h"
#include "text.h"

#define TAR_BLOCK 512
#define ZIP_HEADERS 65536 /* beyond the limit, for zips within a zip */

static int data_store(struct reading *r, const void *bytes, int64_t n)
{
    if (write_all(r->out->fd, bytes, (size_t)n, r->error, r->size) == -1)
        return -1;
    r->stored += n;
    return 1;
}

/* What was written since `from` becomes an entry. */
static void entry_add(struct reading *r, const char *name, int64_t from,
                      int64_t time)
{
    struct entries *out = r->out;
    struct text fit = {0};
    archive_name_free(out, name, &fit);
    out->list = text_grow(out->list, out->count, sizeof *out->list);
    out->list[out->count++] = (struct entry){
        .name = fit.s,
        .data = {out->fd, from, r->stored - from},
        .time = archive_time(time),
    };
}

/* The data of one entry, which is counted even when it is left out. */
static int data_take(struct reading *r, bool keep)
{
    char *buffer = text_alloc(ARCHIVE_BLOCK);
    int rc = 1;
    la_ssize_t n = 1;
    while (rc == 1 && n > 0) {
        n = archive_read_data(r->a, buffer, ARCHIVE_BLOCK);
        if (n < 0 && (keep || n == ARCHIVE_FATAL))
            rc = source_failed(r);
        else if (n > 0)
            rc = source_count(r, n);
        if (rc == 1 && n > 0 && keep)
            rc = data_store(r, buffer, n);
    }
    free(buffer);
    return rc;
}

static int entry_take(struct reading *r, struct archive_entry *e)
{
    const char *name = archive_entry_pathname(e);
    unsigned type = archive_entry_filetype(e); /* 0: it does not say */
    bool keep = (type == AE_IFREG || type == 0) && !archive_entry_hardlink(e) &&
                !archive_entry_symlink(e);
    int64_t from = r->stored;
    if (archive_entry_is_encrypted(e))
        return source_refuse(r, "it is encrypted");
    if (++r->met > r->limits->count)
        return source_refuse(r, "there is too much in it");
    if (type == AE_IFDIR)
        return 1;
    int rc = data_take(r, keep);
    if (rc == 1 && keep)
        entry_add(r, name ? name : "", from, archive_entry_mtime(e));
    else
        r->left++;
    return rc;
}

/* Whoever cuts a tar short at the end of a file cuts off its end mark. */
static int tar_end(struct reading *r)
{
    char block[TAR_BLOCK], zeros[TAR_BLOCK] = {0};
    if (extent_read(r->data, r->data->len - TAR_BLOCK, block, TAR_BLOCK) !=
            TAR_BLOCK ||
        memcmp(block, zeros, TAR_BLOCK) != 0)
        return source_damaged(r, "its end is missing");
    return 1;
}

/* What is behind a tar's end is read for the checksum of what is around it. */
static int wrapping_end(struct reading *r)
{
    const void *bytes;
    char why[200];
    int64_t n;
    while ((n = stream_take(r->stream, &bytes, why, sizeof why)) > 0)
        if (!source_within(r, n))
            return source_refuse(r, "what is in it is too large");
    return n == 0 ? 1 : source_damaged(r, why);
}

static int entries_take(struct reading *r)
{
    struct archive_entry *e;
    int rc = source_open(r), got = ARCHIVE_OK;
    while (rc == 1 && got != ARCHIVE_EOF) {
        got = archive_read_next_header(r->a, &e);
        if (got == ARCHIVE_OK || got == ARCHIVE_WARN)
            rc = entry_take(r, e);
        else if (got != ARCHIVE_EOF)
            rc = source_failed(r);
    }
    if (rc == 1 && r->form.tar)
        rc = r->form.wrapping == WRAPPING_NONE ? tar_end(r) : wrapping_end(r);
    return rc;
}

/* "report.pdf" of report.pdf.gz; else what gzip has kept. */
static char *single_name(const struct reading *r)
{
    static const char *const suffixes[] = {".gz", ".bz2", ".xz", ".zst"};
    const char *kept = stream_name(r->stream);
    size_t len = strlen(r->name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t n = strlen(suffixes[i]);
        if (len > n && text_same(r->name + len - n, suffixes[i]))
            return text_format("%.*s", (int)(len - n), r->name);
    }
    return text_copy(kept ? kept : r->name);
}

static int single_take(struct reading *r)
{
    const void *bytes;
    char why[200];
    int64_t n;
    int rc = 1;
    while (rc == 1 && (n = stream_take(r->stream, &bytes, why, sizeof why))) {
        rc = n == -1 ? source_damaged(r, why) : source_count(r, n);
        if (rc == 1)
            rc = data_store(r, bytes, n);
    }
    if (rc == 1) {
        char *name = single_name(r);
        entry_add(r, name, 0, stream_time(r->stream));
        free(name);
    }
    return rc;
}

/* libarchive keeps every header of a zip's directory: there are no more of them
 * than there are signatures in the file. */
static int zip_headers(struct reading *r)
{
    unsigned char *block = text_alloc(ARCHIVE_BLOCK);
    int64_t at = 0, n, most = (int64_t)r->limits->count + ZIP_HEADERS;
    while (most >= 0 &&
           (n = extent_read(r->data, at, block, ARCHIVE_BLOCK)) > 3) {
        const unsigned char *p = block, *end = block + n;
        for (; (p = memmem(p, (size_t)(end - p), "PK\1\2", 4)); p += 4)
            most--;
        at += n - 3;
    }
    free(block);
    return most >= 0 ? 1 : source_refuse(r, "there is too much in it");
}

static int all_take(struct reading *r)
{
    int rc = 1;
    if (r->form.kind == PACKING_ZIP)
        rc = zip_headers(r);
    if (rc != 1)
        return rc;
    r->out->fd = temp_file(r->error, r->size);
    if (r->out->fd == -1)
        return -1;
    if (r->form.wrapping != WRAPPING_NONE && !r->form.tar)
        return single_take(r);
    rc = entries_take(r);
    archive_read_free(r->a);
    if (rc == 1 && r->out->count == 0)
        return source_refuse(r, "there is no file in it");
    return rc;
}

int archive_read(const struct extent *data, const struct archive_limits *limits,
                 const char *name, struct entries *out, int *left, char *error,
                 size_t size)
{
    struct reading r = {.data = data,
                        .limits = limits,
                        .name = name,
                        .out = out,
                        .error = error,
                        .size = size};
    bool document;
    *out = (struct entries){.fd = -1};
    *left = 0;
    int known = archive_form(data, &r.form, &document);
    if (known == -1)
        return text_error(error, size, "cannot read the archive: %s",
                          strerror(errno));
    if (known == 0)
        return source_refuse(&r, "it is no archive that we know");
    locale_t before = uselocale(archive_locale());
    r.stream = stream_open(data, r.form.wrapping);
    int rc = all_take(&r);
    stream_close(&r.stream);
    uselocale(before);
    if (rc != 1)
        entries_free(out);
    *left = rc == 1 ? r.left : 0;
    return rc;
}
