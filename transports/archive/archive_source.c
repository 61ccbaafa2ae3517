/* archive_source: what libarchive gets of an archive. See archive_source.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <string.h>

#include "archive_lib.h"
#include "archive_source.h"
#include "text.h"

#define FREE_BYTES (10 << 20) /* that no ratio is asked of, by default */
#define TAR_HEADERS 4096      /* a file's headers and padding in a tar */

int source_refuse(struct reading *r, const char *why)
{
    text_error(r->error, r->size, "%s", why);
    return 0;
}

int source_damaged(struct reading *r, const char *why)
{
    if (stream_trouble(r->stream))
        return text_error(r->error, r->size, "cannot read the archive: %s",
                          why);
    text_error(r->error, r->size, "it is damaged: %s", why);
    return 0;
}

/* Before a format was found libarchive must not be asked for encrypted entries:
 * it calls through what is behind its table of formats then (3.6.2). Of most
 * memory that it does not get only its words tell. */
int source_failed(struct reading *r)
{
    const char *why = archive_error_string(r->a);
    if (r->opened && archive_read_has_encrypted_entries(r->a) == 1)
        return source_refuse(r, "it is encrypted");
    if (archive_errno(r->a) == EFBIG)
        return source_refuse(r, why);
    if (archive_errno(r->a) == ENOMEM || (why && strstr(why, "memory")))
        return source_refuse(r, "it wants more memory than is allowed");
    return source_damaged(r, why ? why : "nobody says where");
}

int source_count(struct reading *r, int64_t n)
{
    int64_t spare = r->limits->spare > 0 ? r->limits->spare : FREE_BYTES;
    int64_t beyond = (r->bytes += n) - spare;
    if (r->bytes > r->limits->size)
        return source_refuse(r, "what is in it is too large");
    if (beyond > 0 && r->limits->ratio > 0 &&
        beyond / r->limits->ratio >= r->data->len)
        return source_refuse(r, "what is in it is too large for its own size");
    return 1;
}

bool source_within(struct reading *r, int64_t n)
{
    int64_t headers = (int64_t)r->limits->count * TAR_HEADERS + FREE_BYTES;
    return (r->came += n) - headers <= r->limits->size;
}

static la_ssize_t source_read(struct archive *a, void *context,
                              const void **bytes)
{
    struct reading *r = context;
    char why[200];
    int64_t n = stream_take(r->stream, bytes, why, sizeof why);
    if (n == -1)
        archive_set_error(a, EIO, "%s", why);
    if (r->form.wrapping == WRAPPING_NONE || n <= 0 || source_within(r, n))
        return (la_ssize_t)n;
    archive_set_error(a, EFBIG, "what is in it is too large");
    return -1;
}

static la_int64_t source_seek(struct archive *a, void *context,
                              la_int64_t offset, int whence)
{
    struct reading *r = context;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? stream_at(r->stream)
                                        : r->data->len;
    (void)a;
    if (offset > r->data->len - base || offset < -base)
        return ARCHIVE_FATAL;
    stream_seek(r->stream, base + offset);
    return base + offset;
}

static la_int64_t source_skip(struct archive *a, void *context,
                              la_int64_t request)
{
    struct reading *r = context;
    int64_t at = stream_at(r->stream), rest = r->data->len - at;
    (void)a;
    if (request > rest)
        request = rest;
    stream_seek(r->stream, at + request);
    return request;
}

static void formats_set(struct reading *r)
{
    if (r->form.tar) {
        archive_read_support_format_tar(r->a);
    } else if (r->form.kind == PACKING_ZIP) {
        archive_read_support_format_zip_seekable(r->a);
    } else if (r->form.kind == PACKING_7Z) {
        archive_read_support_format_7zip(r->a);
    } else {
        archive_read_support_format_rar(r->a);
        archive_read_support_format_rar5(r->a);
        archive_read_support_format_cab(r->a);
        archive_read_support_format_lha(r->a);
    }
}

int source_open(struct reading *r)
{
    r->a = archive_read_new();
    if (!r->a)
        return text_error(r->error, r->size, "no memory to read an archive");
    formats_set(r);
    archive_read_set_callback_data(r->a, r);
    archive_read_set_read_callback(r->a, source_read);
    if (r->form.wrapping == WRAPPING_NONE) {
        archive_read_set_seek_callback(r->a, source_seek);
        archive_read_set_skip_callback(r->a, source_skip);
    }
    r->opened = archive_read_open1(r->a) == ARCHIVE_OK;
    return r->opened ? 1 : source_failed(r);
}
