/* message: the message that is adapted. See message.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t count(const char *s, size_t n)
{
    int64_t lines = 0;
    for (const char *end = s + n; (s = memchr(s, '\n', (size_t)(end - s))); s++)
        lines++;
    return lines;
}

int64_t extent_lines(const struct extent *e)
{
    char buffer[MESSAGE_BLOCK];
    int64_t lines = 0, n;
    for (int64_t at = 0; at < e->len; at += n) {
        n = extent_read(e, at, buffer, sizeof buffer);
        if (n <= 0)
            return -1;
        lines += count(buffer, (size_t)n);
    }
    return lines;
}

/* ---- the index of lines, and where the body begins ---- */

/* The blank line: at the very begin, or after a line end. */
static void body_find(struct message *m)
{
    char buffer[MESSAGE_BLOCK + 1];
    struct extent all = message_extent(m, 0, m->len);
    m->head_len = m->body = m->len;
    buffer[0] = '\n';
    for (int64_t at = 0, n; at < m->len; at += n) {
        n = extent_read(&all, at, buffer + 1, MESSAGE_BLOCK);
        if (n <= 0)
            break;
        const char *blank = memmem(buffer, (size_t)n + 1, "\n\n", 2);
        if (blank) {
            m->head_len = at + (blank - buffer);
            m->body = m->head_len + 1;
            break;
        }
        buffer[0] = buffer[n];
    }
}

static int lines_index(struct message *m, char *error, size_t size)
{
    char buffer[MESSAGE_BLOCK];
    struct extent all = message_extent(m, 0, m->len);
    size_t blocks = (size_t)(m->len / MESSAGE_BLOCK) + 2, i = 0;
    m->lines = text_alloc(blocks * sizeof *m->lines);
    m->lines[0] = 0;
    for (int64_t at = 0; at < m->len; at += MESSAGE_BLOCK, i++) {
        int64_t n = extent_read(&all, at, buffer, sizeof buffer);
        if (n <= 0)
            return text_error(error, size, "cannot read the message: %s",
                              strerror(errno));
        m->lines[i + 1] = m->lines[i] + count(buffer, (size_t)n);
    }
    return 0;
}

int message_take(struct message *m, int fd, char *error, size_t size)
{
    struct extent all = temp_extent(fd);
    *m = (struct message){.fd = fd, .len = all.len, .crlf = m->crlf};
    body_find(m);
    return lines_index(m, error, size);
}

/* ---- making it ---- */

/* CR LF -> LF as it is poured; a CR at the end of a block waits for the next.
 */
struct pour {
    int out;
    bool wire, cr;
};

static int pour(struct pour *p, char *s, size_t n, char *error, size_t size)
{
    size_t to = 0;
    if (!p->wire)
        return write_all(p->out, s, n, error, size);
    if (p->cr && s[0] != '\n' && write_all(p->out, "\r", 1, error, size) == -1)
        return -1;
    p->cr = s[n - 1] == '\r';
    n -= p->cr;
    for (size_t i = 0; i < n; i++)
        if (s[i] != '\r' || i + 1 == n || s[i + 1] != '\n')
            s[to++] = s[i];
    return write_all(p->out, s, to, error, size);
}

static int pour_end(struct pour *p, char *error, size_t size)
{
    return p->cr ? write_all(p->out, "\r", 1, error, size) : 0;
}

static bool first_line_crlf(const char *s, size_t n)
{
    const char *end = memchr(s, '\n', n);
    return end && end > s && end[-1] == '\r';
}

/* As much as there is, also when it comes in drops. */
static ssize_t block_read(int in, char *buffer, size_t len)
{
    size_t have = 0;
    while (have < len) {
        ssize_t n = read(in, buffer + have, len - have);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

int message_read(struct message *m, int in, char *error, size_t size)
{
    char buffer[MESSAGE_BLOCK];
    struct pour p = {temp_file(error, size), false, false};
    ssize_t n;
    bool first = true;
    *m = (struct message){.fd = p.out};
    if (p.out == -1)
        return -1;
    while ((n = block_read(in, buffer, sizeof buffer)) != 0) {
        if (n == -1)
            return text_error(error, size, "cannot read the message: %s",
                              strerror(errno));
        if (first)
            m->crlf = p.wire = first_line_crlf(buffer, (size_t)n);
        first = false;
        if (pour(&p, buffer, (size_t)n, error, size) == -1)
            return -1;
    }
    return pour_end(&p, error, size) == -1
               ? -1
               : message_take(m, p.out, error, size);
}

int message_make(struct message *m, const struct text *head,
                 const struct extent *body, bool wire, char *error, size_t size)
{
    char buffer[MESSAGE_BLOCK];
    struct pour p = {temp_file(error, size), wire, false};
    *m = (struct message){.fd = p.out};
    if (p.out == -1 ||
        write_all(p.out, text_str(head), head->len, error, size) == -1 ||
        write_all(p.out, "\n", 1, error, size) == -1)
        return -1;
    for (int64_t at = 0, n; at < body->len; at += n) {
        n = extent_read(body, at, buffer, sizeof buffer);
        if (n <= 0)
            return text_error(error, size, "cannot read the message: %s",
                              strerror(errno));
        if (pour(&p, buffer, (size_t)n, error, size) == -1)
            return -1;
    }
    return pour_end(&p, error, size) == -1
               ? -1
               : message_take(m, p.out, error, size);
}

void message_free(struct message *m)
{
    if (m->fd > 0)
        close(m->fd);
    free(m->lines);
    *m = (struct message){0};
}

/* ---- asking it ---- */

struct extent message_extent(const struct message *m, int64_t from, int64_t to)
{
    return (struct extent){m->fd, from, to - from};
}

static int64_t lines_before(const struct message *m, int64_t at)
{
    int64_t block = at / MESSAGE_BLOCK;
    struct extent rest = message_extent(m, block * MESSAGE_BLOCK, at);
    int64_t n = extent_lines(&rest);
    return m->lines[block] + (n > 0 ? n : 0);
}

int64_t message_lines(const struct message *m, int64_t from, int64_t to)
{
    return lines_before(m, to) - lines_before(m, from);
}

int64_t message_wire(const struct message *m, int64_t from, int64_t to)
{
    return to - from + message_lines(m, from, to);
}

int64_t message_size(const struct message *m)
{
    return message_wire(m, 0, m->len);
}

int message_head(const struct message *m, struct text *out)
{
    if (m->head_len > MESSAGE_HEAD_MAX)
        return -1;
    char *s = text_alloc((size_t)m->head_len + 1);
    struct extent head = message_extent(m, 0, m->head_len);
    int64_t n = extent_read(&head, 0, s, (size_t)head.len);
    bool good = n == head.len && !memchr(s, 0, (size_t)n);
    if (good)
        text_addn(out, s, (size_t)n);
    free(s);
    return good ? 0 : -1;
}
