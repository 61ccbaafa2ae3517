/* lines: line ends of a file, LF here and CRLF on the wire. See lines.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lines.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "text.h"

#define BLOCK 32768

/* The next block of what is to be turned; an extent ends where it says. */
static int64_t lines_read(const struct extent *e, int64_t at, char *block,
                          char *error, size_t size)
{
    int64_t n = extent_read(e, at, block, BLOCK);
    if (n == -1 || (n == 0 && at < e->len))
        return text_error(error, size, "cannot read: %s",
                          n == -1 ? strerror(errno)
                                  : "the file has become shorter");
    return n;
}

int lines_to_wire(const struct extent *e, int out, char *error, size_t size)
{
    char in[BLOCK], turned[2 * BLOCK];
    int64_t at = 0, n;
    while ((n = lines_read(e, at, in, error, size)) > 0) {
        size_t len = 0;
        for (int64_t i = 0; i < n; i++) {
            if (in[i] == '\n')
                turned[len++] = '\r';
            turned[len++] = in[i];
        }
        if (write_all(out, turned, len, error, size) == -1)
            return -1;
        at += n;
    }
    return (int)n;
}

/* A CR waits for what comes after it. */
int lines_from_wire(const struct extent *e, int out, char *error, size_t size)
{
    char in[BLOCK], turned[BLOCK + 1];
    int64_t at = 0, n;
    bool waits = false;
    while ((n = lines_read(e, at, in, error, size)) > 0) {
        size_t len = 0;
        for (int64_t i = 0; i < n; i++) {
            if (waits && in[i] != '\n')
                turned[len++] = '\r';
            waits = in[i] == '\r';
            if (!waits)
                turned[len++] = in[i];
        }
        if (write_all(out, turned, len, error, size) == -1)
            return -1;
        at += n;
    }
    if (n == 0 && waits)
        return write_all(out, "\r", 1, error, size);
    return (int)n;
}
