/* archive_write: files into an archive. See archive.h.
 *
 * Levels are what 40 MiB of memory allow: LZMA's presets take 32 MiB at 3 and
 * 48 at 4. The gzip around a tar says no time, and nothing says who or where.
 * zip's own times are local ones, so the same bytes come out in the same time
 * zone only; it has UTC beside them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive_lib.h"
#include "archive_parts.h"
#include "text.h"

static const struct {
    int (*format)(struct archive *a), (*filter)(struct archive *a);
    const char *options;
} forms[PACKING_COUNT] = {
    [PACKING_ZIP] = {archive_write_set_format_zip,
                     archive_write_add_filter_none,
                     "zip:compression=deflate,zip:compression-level=6,"
                     "zip:hdrcharset=UTF-8"},
    [PACKING_7Z] = {archive_write_set_format_7zip,
                    archive_write_add_filter_none,
                    "7zip:compression=lzma1,7zip:compression-level=3"},
    [PACKING_ZSTD] = {archive_write_set_format_raw,
                      archive_write_add_filter_zstd,
                      "zstd:compression-level=7"},
    [PACKING_TAR] = {archive_write_set_format_pax_restricted,
                     archive_write_add_filter_none, NULL},
    [PACKING_TAR_GZ] = {archive_write_set_format_pax_restricted,
                        archive_write_add_filter_gzip,
                        "gzip:compression-level=6,gzip:!timestamp"},
    [PACKING_TAR_BZ2] = {archive_write_set_format_pax_restricted,
                         archive_write_add_filter_bzip2,
                         "bzip2:compression-level=9"},
    [PACKING_TAR_XZ] = {archive_write_set_format_pax_restricted,
                        archive_write_add_filter_xz, "xz:compression-level=3"},
    [PACKING_TAR_ZST] = {archive_write_set_format_pax_restricted,
                         archive_write_add_filter_zstd,
                         "zstd:compression-level=7"},
};

/* After an error it takes what comes and writes nothing: libarchive (3.6) frees
 * all of its memory only when it has come to the end of its archive. */
struct target {
    int fd;
    bool failed;
    char *error;
    size_t size;
};

static la_ssize_t target_write(struct archive *a, void *context,
                               const void *data, size_t len)
{
    struct target *t = context;
    (void)a;
    if (!t->failed && write_all(t->fd, data, len, t->error, t->size) == -1)
        t->failed = true;
    return (la_ssize_t)len;
}

/* -1; the first error counts. */
static int failed(struct archive *a, struct target *t)
{
    if (t->failed)
        return -1;
    t->failed = true;
    const char *why = archive_error_string(a);
    char *copy = text_copy(why ? why : "libarchive does not say why");
    text_error(t->error, t->size, "cannot write the archive: %s", copy);
    free(copy);
    return -1;
}

/* The form set, and the target open. */
static int target_open(struct archive *a, enum packing packing,
                       struct target *t)
{
    if (forms[packing].format(a) != ARCHIVE_OK ||
        forms[packing].filter(a) != ARCHIVE_OK ||
        archive_write_set_options(a, forms[packing].options) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
        archive_write_open2(a, t, NULL, target_write, NULL, NULL) != ARCHIVE_OK)
        return failed(a, t);
    return 0;
}

static int header_write(struct archive *a, const struct entry *entry)
{
    struct archive_entry *e = archive_entry_new();
    if (!e)
        return ARCHIVE_FATAL;
    archive_entry_set_pathname(e, entry->name);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_uid(e, 0);
    archive_entry_set_gid(e, 0);
    archive_entry_set_size(e, entry->data.len);
    archive_entry_set_mtime(e, archive_time(entry->time), 0);
    int rc = archive_write_header(a, e);
    archive_entry_free(e);
    return rc;
}

static int block_write(struct archive *a, const struct entry *entry, int64_t at,
                       struct target *t)
{
    char buffer[ARCHIVE_BLOCK / 4];
    int64_t n = extent_read(&entry->data, at, buffer, sizeof buffer);
    if (n <= 0) {
        t->failed = true;
        return text_error(
            t->error, t->size, "cannot read \"%s\": %s", entry->name,
            n == 0 ? "the file has become shorter" : strerror(errno));
    }
    if (archive_write_data(a, buffer, (size_t)n) != n || t->failed)
        return failed(a, t);
    return (int)n;
}

static int entry_write(struct archive *a, const struct entry *entry,
                       struct target *t)
{
    if (header_write(a, entry) < ARCHIVE_WARN || t->failed)
        return failed(a, t);
    for (int64_t at = 0; at < entry->data.len;) {
        int n = block_write(a, entry, at, t);
        if (n == -1)
            return -1;
        at += n;
    }
    return 0;
}

static int entries_write(struct archive *a, enum packing packing,
                         const struct entry *list, int count, struct target *t)
{
    if (target_open(a, packing, t) == -1)
        return -1;
    for (int i = 0; i < count; i++)
        if (entry_write(a, &list[i], t) == -1)
            return -1;
    if (archive_write_close(a) != ARCHIVE_OK || t->failed)
        return failed(a, t);
    return 0;
}

int archive_write(enum packing packing, const struct entry *list, int count,
                  int out, char *error, size_t size)
{
    struct target t = {out, false, error, size};
    if ((packing == PACKING_GZIP || packing == PACKING_ZSTD) && count != 1)
        return text_error(error, size, "gzip and zstd hold one file, not %d",
                          count);
    if (packing == PACKING_GZIP)
        return gzip_write(list, out, error, size);
    struct archive *a = archive_write_new();
    if (!a)
        return text_error(error, size, "cannot write an archive: no memory");
    locale_t before = uselocale(archive_locale());
    int rc = entries_write(a, packing, list, count, &t);
    archive_write_free(a);
    uselocale(before);
    return rc;
}
