/* archive_stream: the bytes of an extent, out of the compression around them.
 * See archive_parts.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "archive_lib.h"
#include "archive_parts.h"
#include "text.h"

#define GZIP_WINDOW (15 + 16)
#define NAME_MAX_BYTES 1024

struct stream {
    struct extent data;
    enum wrapping wrapping;
    int64_t at;     /* in data */
    int error;      /* errno of a read that failed, 0 for none */
    z_stream z;     /* gzip */
    gz_header head; /* of its first member */
    bool between;   /* members */
    bool padding;   /* what is left is zeros */
    struct archive *a;
    unsigned char name[NAME_MAX_BYTES];
    unsigned char in[ARCHIVE_BLOCK], out[ARCHIVE_BLOCK];
};

static int64_t raw_take(struct stream *s)
{
    int64_t n = extent_read(&s->data, s->at, s->in, sizeof s->in);
    if (n == -1)
        s->error = errno;
    else
        s->at += n;
    return n;
}

static la_ssize_t raw_read(struct archive *a, void *context, const void **bytes)
{
    struct stream *s = context;
    int64_t n = raw_take(s);
    if (n == -1)
        archive_set_error(a, s->error, "%s", strerror(s->error));
    *bytes = s->in;
    return (la_ssize_t)n;
}

static void gzip_open(struct stream *s)
{
    s->head.name = s->name;
    s->head.name_max = sizeof s->name - 1;
    if (inflateInit2(&s->z, GZIP_WINDOW) != Z_OK)
        s->error = ENOMEM;
    else
        inflateGetHeader(&s->z, &s->head);
}

/* archive_read_append_filter() sets one filter and asks for no more. An error
 * comes out when the first bytes are taken. */
static void filter_open(struct stream *s)
{
    static const int filters[] = {[WRAPPING_BZIP2] = ARCHIVE_FILTER_BZIP2,
                                  [WRAPPING_XZ] = ARCHIVE_FILTER_XZ,
                                  [WRAPPING_ZSTD] = ARCHIVE_FILTER_ZSTD};
    struct archive_entry *entry;
    s->a = archive_read_new();
    if (!s->a) {
        s->error = ENOMEM;
        return;
    }
    if (archive_read_append_filter(s->a, filters[s->wrapping]) == ARCHIVE_OK &&
        archive_read_support_format_raw(s->a) == ARCHIVE_OK &&
        archive_read_open(s->a, s, NULL, raw_read, NULL) == ARCHIVE_OK)
        archive_read_next_header(s->a, &entry);
}

struct stream *stream_open(const struct extent *data, enum wrapping wrapping)
{
    struct stream *s = text_alloc(sizeof *s);
    s->data = *data;
    s->wrapping = wrapping;
    if (wrapping == WRAPPING_GZIP)
        gzip_open(s);
    else if (wrapping != WRAPPING_NONE)
        filter_open(s);
    return s;
}

void stream_close(struct stream **s)
{
    if (*s && (*s)->wrapping == WRAPPING_GZIP)
        inflateEnd(&(*s)->z);
    if (*s)
        archive_read_free((*s)->a);
    free(*s);
    *s = NULL;
}

/* More input for zlib: 1, 0 at the end, -1. */
static int gzip_fill(struct stream *s)
{
    if (s->z.avail_in > 0)
        return 1;
    int64_t n = raw_take(s);
    s->z.next_in = s->in;
    s->z.avail_in = n > 0 ? (unsigned)n : 0;
    return n > 0 ? 1 : (int)n;
}

/* After a member there is another, or zeros, as tapes have them. */
static bool gzip_next(struct stream *s)
{
    s->padding = s->padding || s->z.next_in[0] == 0;
    if (!s->padding)
        return inflateReset(&s->z) == Z_OK;
    for (; s->z.avail_in > 0; s->z.avail_in--)
        if (*s->z.next_in++ != 0)
            return false;
    return true;
}

static int64_t gzip_take(struct stream *s, char *error, size_t size)
{
    s->z.next_out = s->out;
    s->z.avail_out = sizeof s->out;
    while (s->error == 0 && s->z.avail_out == sizeof s->out) {
        int rc = gzip_fill(s);
        if (rc == 0 && s->between)
            return 0;
        if (rc == 0)
            return text_error(error, size, "it is cut short");
        if (rc == -1)
            break;
        if (s->between && !gzip_next(s))
            return text_error(error, size, "it has something after its end");
        s->between = s->padding;
        if (s->padding)
            continue;
        rc = inflate(&s->z, Z_NO_FLUSH);
        s->between = rc == Z_STREAM_END;
        if (rc != Z_OK && rc != Z_STREAM_END)
            return text_error(error, size, "%s",
                              s->z.msg ? s->z.msg : "no gzip");
    }
    if (s->error != 0)
        return text_error(error, size, "cannot read: %s", strerror(s->error));
    return (int64_t)sizeof s->out - s->z.avail_out;
}

static int64_t filter_take(struct stream *s, char *error, size_t size)
{
    la_ssize_t n =
        s->a ? archive_read_data(s->a, s->out, sizeof s->out) : ARCHIVE_FATAL;
    const char *why = s->a ? archive_error_string(s->a) : "no memory";
    if (n < 0)
        return text_error(error, size, "%s", why ? why : "it is damaged");
    return n;
}

int64_t stream_take(struct stream *s, const void **bytes, char *error,
                    size_t size)
{
    int64_t n;
    *bytes = s->wrapping == WRAPPING_NONE ? s->in : s->out;
    if (s->wrapping == WRAPPING_GZIP)
        return gzip_take(s, error, size);
    if (s->wrapping != WRAPPING_NONE)
        return filter_take(s, error, size);
    n = raw_take(s);
    if (n == -1)
        text_error(error, size, "cannot read: %s", strerror(s->error));
    return n;
}

int64_t stream_at(const struct stream *s)
{
    return s->at;
}

void stream_seek(struct stream *s, int64_t at)
{
    s->at = at;
}

bool stream_trouble(const struct stream *s)
{
    return s->error != 0;
}

const char *stream_name(const struct stream *s)
{
    return s->name[0] ? (const char *)s->name : NULL;
}

int64_t stream_time(const struct stream *s)
{
    return (int64_t)s->head.time;
}
