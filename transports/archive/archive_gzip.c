/* archive_gzip: one file as gzip (RFC 1952), which libarchive 3.6 cannot write
 * with a name. See archive_parts.h.
 *
 * The name stands in it as UTF-8, as gzip(1) writes it, and not as ISO 8859-1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "archive_parts.h"
#include "text.h"

#define LEVEL 6
#define GZIP_WINDOW                                                            \
    (15 + 16) /* zlib.h: 16 asks for gzip's header and trailer */
#define MEMORY 8
#define UNIX 3

/* Gives zlib what is in next_in; what comes out goes to the file. */
static int deflate_all(z_stream *z, int flush, int out, char *error,
                       size_t size)
{
    unsigned char buffer[ARCHIVE_BLOCK / 4];
    do {
        z->next_out = buffer;
        z->avail_out = sizeof buffer;
        if (deflate(z, flush) == Z_STREAM_ERROR)
            return text_error(error, size, "cannot compress: zlib: %s",
                              z->msg ? z->msg : "stream error");
        if (write_all(out, buffer, sizeof buffer - z->avail_out, error, size) ==
            -1)
            return -1;
    } while (z->avail_out == 0);
    return 0;
}

static int data_write(z_stream *z, const struct entry *entry, int out,
                      char *error, size_t size)
{
    unsigned char buffer[ARCHIVE_BLOCK / 4];
    for (int64_t at = 0, n; at < entry->data.len; at += n) {
        n = extent_read(&entry->data, at, buffer, sizeof buffer);
        if (n <= 0)
            return text_error(
                error, size, "cannot read \"%s\": %s", entry->name,
                n == 0 ? "the file has become shorter" : strerror(errno));
        z->next_in = buffer;
        z->avail_in = (unsigned)n;
        if (deflate_all(z, Z_NO_FLUSH, out, error, size) == -1)
            return -1;
    }
    z->next_in = NULL;
    z->avail_in = 0;
    return deflate_all(z, Z_FINISH, out, error, size);
}

int gzip_write(const struct entry *entry, int out, char *error, size_t size)
{
    z_stream z = {0};
    char *name = text_copy(entry->name);
    gz_header head = {.os = UNIX, .name = (unsigned char *)name};
    head.time = (unsigned long)archive_time(entry->time);
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(name);
        return text_error(error, size, "cannot compress: no memory");
    }
    deflateSetHeader(&z, &head);
    int rc = data_write(&z, entry, out, error, size);
    deflateEnd(&z);
    free(name);
    return rc;
}
