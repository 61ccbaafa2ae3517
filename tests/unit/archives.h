/* archives: what the tests of archives have in common: bytes in files, three
 * entries, and an archive of each form that holds them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARCHIVES_H
#define OUTRIDER_ARCHIVES_H

#include "archive.h"

#include <sys/mman.h>

#include "small_disk.h"
#include "unit.h"

#define TIME 1700000001
#define MIB (1 << 20)
#define GIB (1 << 30)

static const struct archive_limits wide = {
    .size = 2LL * GIB, .ratio = 100000, .count = 10000};
static char error[300];
static int left_out;

/* By enum packing. */
static const struct {
    const char *suffix;
    bool one;     /* holds one file */
    bool sums;    /* the data has a checksum */
    bool no_time; /* nor name */
} forms[PACKING_COUNT] = {
    [PACKING_ZIP] = {"zip", .sums = true},
    [PACKING_GZIP] = {"gz", .one = true, .sums = true},
    [PACKING_7Z] = {"7z", .sums = true},
    [PACKING_ZSTD] = {"zst", .one = true, .no_time = true},
    [PACKING_TAR] = {.suffix = "tar"},
    [PACKING_TAR_GZ] = {"tar.gz", .sums = true},
    [PACKING_TAR_BZ2] = {"tar.bz2", .sums = true},
    [PACKING_TAR_XZ] = {"tar.xz", .sums = true},
    [PACKING_TAR_ZST] = {.suffix = "tar.zst"},
};

/* ------------------------------------------------------------- the bytes -- */

static inline struct extent extent_make(const void *bytes, size_t len)
{
    int fd = memfd_create("bytes", MFD_CLOEXEC);
    if (fd == -1 || write(fd, bytes, len) != (ssize_t)len) {
        perror("memfd");
        exit(2);
    }
    return (struct extent){fd, 0, (int64_t)len};
}

/* Zeros that take no room. */
static inline struct extent zeros_make(int64_t len)
{
    int fd = memfd_create("zeros", MFD_CLOEXEC);
    if (fd == -1 || ftruncate(fd, len) == -1) {
        perror("memfd");
        exit(2);
    }
    return (struct extent){fd, 0, len};
}

static inline void extent_text(const struct extent *e, struct text *out)
{
    text_cut(out, 0);
    text_add(out, "");
    char buffer[4096];
    int64_t n;
    for (int64_t at = 0; (n = extent_read(e, at, buffer, sizeof buffer)) > 0;
         at += n)
        text_addn(out, buffer, (size_t)n);
}

static inline struct extent lines_make(int lines)
{
    struct text t = {0};
    for (int i = 0; i < lines; i++)
        text_addf(&t, "%d;%d;quarterly\n", i, i * 7919 % 1000);
    struct extent e = extent_make(t.s, t.len);
    text_free(&t);
    return e;
}

static inline struct extent noise_make(size_t len)
{
    struct text t = {0};
    unsigned state = 2463534242;
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        text_addn(&t, (char *)&state, 1);
    }
    struct extent e = extent_make(t.s, t.len);
    text_free(&t);
    return e;
}

static inline struct extent file_open(const char *name)
{
    char *path = scratch_path(name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    return (struct extent){fd, 0, fd == -1 ? 0 : lseek(fd, 0, SEEK_END)};
}

/* ---------------------------------------------------------- the archives -- */

static char utf8_name[] = "Übersicht \346\227\245\346\234\254.csv";
static char empty_name[] = "empty", noise_name[] = "noise.bin";
static struct entry ours[3];

static inline void ours_make(void)
{
    ours[0] = (struct entry){utf8_name, lines_make(300), TIME};
    ours[1] = (struct entry){empty_name, extent_make("", 0), TIME + 3600};
    ours[2] = (struct entry){noise_name, noise_make(1500), TIME};
}

static inline int count_of(int packing)
{
    return forms[packing].one ? 1 : 3;
}

/* Into a file that has something before it. */
static inline struct extent archive_make(int packing, const struct entry *list,
                                         int count)
{
    struct extent e = extent_make("before", 6);
    unit_int(forms[packing].suffix, "write",
             archive_write((enum packing)packing, list, count, e.fd, error,
                           sizeof error),
             0);
    return (struct extent){e.fd, 6, lseek(e.fd, 0, SEEK_END) - 6};
}

static inline int read_all(const struct extent *data, struct entries *out)
{
    return archive_read(data, &wide, "dir/the report.gz", out, &left_out, error,
                        sizeof error);
}

/* The entry of that name; 7z has empty ones last. */
static inline const struct entry *entry_named(const struct entries *e,
                                              const char *name)
{
    for (int i = 0; i < e->count; i++)
        if (strcmp(e->list[i].name, name) == 0)
            return &e->list[i];
    return NULL;
}

/* The bytes of ours[i], as they were read. */
static inline bool data_same(const struct entries *e, int i, int count)
{
    const struct entry *got =
        count == 1 && e->count == 1 ? e->list : entry_named(e, ours[i].name);
    return got && extent_same(&got->data, &ours[i].data);
}

static inline bool all_same(const struct entries *e, int count)
{
    bool same = e->count == count;
    for (int i = 0; same && i < count; i++)
        same = data_same(e, i, count);
    return same;
}

#endif
