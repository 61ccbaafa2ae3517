/* temp: bytes in files, and temporary files that have no name. See temp.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define BLOCK 65536

static const char *directory = "/var/tmp";

void temp_directory(const char *path)
{
    directory = path;
    setenv("TMPDIR", path, 1); /* libarchive's 7z writer has some of its own */
}

/* O_TMPFILE where the file system has it; elsewhere the name goes at once. */
int temp_file(char *error, size_t size)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd == -1) {
        char *name = text_format("%s/adapt-XXXXXX", directory);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd != -1)
            unlink(name);
        free(name);
    }
    if (fd == -1)
        return text_error(error, size, "no temporary file in %s: %s", directory,
                          strerror(errno));
    return fd;
}

struct extent temp_extent(int fd)
{
    off_t len = lseek(fd, 0, SEEK_END);
    return (struct extent){fd, 0, len == -1 ? 0 : len};
}

static struct {
    int fd;
    int64_t from;
} work = {-1, 0};

int workfile_begin(char *error, size_t size)
{
    if (work.fd == -1)
        work.fd = temp_file(error, size);
    if (work.fd != -1)
        work.from = lseek(work.fd, 0, SEEK_END);
    return work.fd;
}

struct extent workfile_end(void)
{
    int64_t end = lseek(work.fd, 0, SEEK_END);
    return (struct extent){work.fd, work.from, end - work.from};
}

void workfile_close(void)
{
    if (work.fd != -1)
        close(work.fd);
    work.fd = -1;
}

int64_t extent_read(const struct extent *e, int64_t at, void *buffer,
                    size_t len)
{
    if (at >= e->len)
        return 0;
    if ((int64_t)len > e->len - at)
        len = (size_t)(e->len - at);
    ssize_t n;
    do
        n = pread(e->fd, buffer, len, e->from + at);
    while (n == -1 && errno == EINTR);
    return n;
}

bool extent_same(const struct extent *a, const struct extent *b)
{
    char x[BLOCK], y[BLOCK];
    if (a->len != b->len)
        return false;
    for (int64_t at = 0, n; at < a->len; at += n) {
        n = extent_read(a, at, x, sizeof x);
        if (n <= 0 || extent_read(b, at, y, (size_t)n) != n ||
            memcmp(x, y, (size_t)n) != 0)
            return false;
    }
    return true;
}

int write_all(int fd, const void *data, size_t len, char *error, size_t size)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return text_error(error, size, "cannot write: %s", strerror(errno));
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

int extent_copy(const struct extent *e, int out, char *error, size_t size)
{
    char buffer[BLOCK];
    int64_t at = 0;
    while (at < e->len) {
        int64_t n = extent_read(e, at, buffer, sizeof buffer);
        if (n <= 0)
            return text_error(error, size, "cannot read: %s",
                              n == 0 ? "the file has become shorter"
                                     : strerror(errno));
        if (write_all(out, buffer, (size_t)n, error, size) == -1)
            return -1;
        at += n;
    }
    return 0;
}
