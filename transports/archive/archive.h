/* archive: files into an archive, and out of one, with limits (libarchive).
 *
 * What is read is a stranger's: names are made harmless, and sizes, ratio,
 * number and depth are limited before anything is believed.
 *
 * Called by: compress, pack, expand.
 * Memory: nothing is read whole; what is taken out lands in temporary files
 * (temp.h). A struct entries starts as {0} and is freed with entries_free(),
 * which closes the files that archive_read() has opened.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARCHIVE_H
#define OUTRIDER_ARCHIVE_H

#include <stdbool.h>

#include "environment.h"
#include "temp.h"

struct entry {
    char *name; /* UTF-8, a file name without a path */
    struct extent data;
    int64_t time; /* seconds since the epoch */
};

struct entries {
    struct entry *list;
    int count;
    int fd; /* of a temporary file that holds what was taken out, or -1 */
};
void entries_free(struct entries *e);

/* A file name from a name that anybody may have written: without directories,
 * drive letters and control characters, valid UTF-8 (what is none becomes _),
 * neither empty nor . nor .. nor with a leading dot or dash, none that Windows
 * cannot have (its reserved characters and device names; RFC 2183 2.3 warns of
 * names), at most 200 bytes, the extension kept. */
void archive_name(const char *name, struct text *out);
/* The same, unlike (as Windows compares: without case) the names that these
 * entries have: "report.pdf", "report-2.pdf". */
void archive_name_free(const struct entries *e, const char *name,
                       struct text *out);

/* Writes an archive to `out` at its position. Deterministic: the same entries
 * give the same bytes. For gzip and zstd, which hold one file, there must be
 * one entry. */
int archive_write(enum packing packing, const struct entry *list, int count,
                  int out, char *error, size_t size);

/* What this archive is, by its bytes and not by its name: 1 and *kind; 0 none
 * that we know. Also those that we read and do not write (lha, rar, and so on:
 * ARCHIVE_OTHER); a document that is a zip inside (OOXML, ODF, jar, epub) is
 * none: nobody wants it expanded. */
enum archive_kind { ARCHIVE_OTHER = PACKING_COUNT };
int archive_kind(const struct extent *data, int *kind);

struct archive_limits {
    int64_t size;  /* bytes of all entries together */
    int ratio;     /* size of all entries to that of the archive */
    int count;     /* entries, directories too */
    int64_t spare; /* bytes that no ratio is asked of; 0: 10 MiB */
};
/* 1: all files, in their order, each with a harmless name of its own (what is
 * no regular file is left out: *left counts links and the like, and not
 * directories); 0: it is damaged, encrypted, even one entry of it, beyond a
 * limit, or without a file, and error[] says which: nothing was taken out; -1:
 * the machine's trouble (the disk is full). `name` is the archive's own: a
 * compressed file that is no archive gets its name from it. */
int archive_read(const struct extent *data, const struct archive_limits *limits,
                 const char *name, struct entries *out, int *left, char *error,
                 size_t size);

#endif
