/* archive_parts: what the files of archive share; nobody else includes it.
 *
 * A stream is the bytes of an extent in their order, without the compression
 * that is around all of them. gzip is undone here and not by libarchive, which
 * does not look at its checksum (3.6); one layer is undone, never a second.
 *
 * Called by: archive_*.c.
 * Memory: a stream is freed with stream_close(). What stream_take() gives is
 * the stream's, until the next call. Fails: -1 with error[]; stream_trouble()
 * says whether it is the machine's trouble or the data's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARCHIVE_PARTS_H
#define OUTRIDER_ARCHIVE_PARTS_H

#include <locale.h>

#include "archive.h"

#define ARCHIVE_BLOCK 65536

enum wrapping {
    WRAPPING_NONE,
    WRAPPING_GZIP,
    WRAPPING_BZIP2,
    WRAPPING_XZ,
    WRAPPING_ZSTD
};

/* What an archive's bytes say. `tar` is true for a tar, wrapped or not. */
struct archive_form {
    enum wrapping wrapping;
    bool tar;
    int kind;
};
/* 1; also for a document that is a zip inside, which `document` says. 0; -1
 * with errno when it cannot be read. */
int archive_form(const struct extent *data, struct archive_form *form,
                 bool *document);

struct stream;
struct stream *stream_open(const struct extent *data, enum wrapping wrapping);
/* How many bytes, 0 at the end (checksums were right), -1. */
int64_t stream_take(struct stream *s, const void **bytes, char *error,
                    size_t size);
/* The place in an extent that is not wrapped. */
int64_t stream_at(const struct stream *s);
void stream_seek(struct stream *s, int64_t at);
/* The last error was the machine's. */
bool stream_trouble(const struct stream *s);
/* The file name that gzip has kept, NULL for none. */
const char *stream_name(const struct stream *s);
int64_t stream_time(const struct stream *s); /* and its time; 0 for none */
void stream_close(struct stream **s);

/* One file as gzip, with its name. */
int gzip_write(const struct entry *entry, int out, char *error, size_t size);

/* UTF-8 whatever the environment says: libarchive and towupper() ask it. */
locale_t archive_locale(void);
/* What zip, gzip and 7z can all say. */
int64_t archive_time(int64_t time);

#endif
