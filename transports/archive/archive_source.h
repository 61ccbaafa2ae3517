/* archive_source: an archive that is being read: what libarchive gets of it,
 * what may come out, and why not. Only archive_read.c includes it.
 *
 * What counts is what comes out, not what a header claims.
 *
 * Called by: archive_read.
 * Memory: `a` and `stream` are the caller's to free.
 * Fails: 0 for the archive's fault, -1 for the machine's, both with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARCHIVE_SOURCE_H
#define OUTRIDER_ARCHIVE_SOURCE_H

#include "archive_parts.h"

struct reading {
    bool opened; /* a format was found */
    const struct extent *data;
    const struct archive_limits *limits;
    const char *name;
    struct archive_form form;
    struct stream *stream;
    struct archive *a;
    int64_t came;   /* bytes out of the stream */
    int64_t bytes;  /* of entries */
    int64_t stored; /* of them, those in the file */
    int met;        /* entries */
    struct entries *out;
    int left; /* entries that were left out */
    char *error;
    size_t size;
};

/* Always 0: why it is not read on. */
int source_refuse(struct reading *r, const char *why);
/* The same for what is damaged; -1 when it could not be read. */
int source_damaged(struct reading *r, const char *why);
int source_failed(struct reading *r);

/* 1 or 0: so many more bytes of entries have come. */
int source_count(struct reading *r, int64_t n);
/* The same for bytes out of the stream: a tar that is nothing but headers and
 * zeros ends too. */
bool source_within(struct reading *r, int64_t n);

/* libarchive, open: 1, 0 or -1. */
int source_open(struct reading *r);

#endif
