/* splice: a new message made of pieces. See splice.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "splice.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 76
#define LINE_BYTES 57 /* of which COLUMNS characters become */

static struct piece *add(struct splice *s, enum piece_kind kind, int64_t len,
                         int64_t lines)
{
    s->list = text_grow(s->list, s->count, sizeof *s->list);
    struct piece *p = &s->list[s->count++];
    p->kind = kind;
    p->len = len;
    p->lines = lines;
    s->len += len;
    s->lines += lines;
    return p;
}

void splice_text(struct splice *s, const char *text)
{
    int64_t lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    add(s, PIECE_TEXT, (int64_t)strlen(text), lines)->text = text_copy(text);
}

void splice_message(struct splice *s, const struct message *m, int64_t from,
                    int64_t to)
{
    add(s, PIECE_EXTENT, to - from, message_lines(m, from, to))->extent =
        message_extent(m, from, to);
}

int splice_extent(struct splice *s, const struct extent *e)
{
    int64_t lines = extent_lines(e);
    if (lines == -1)
        return -1;
    add(s, PIECE_EXTENT, e->len, lines)->extent = *e;
    return 0;
}

int64_t base64_lines(int64_t n)
{
    return (n + LINE_BYTES - 1) / LINE_BYTES;
}

int64_t base64_len(int64_t n)
{
    return (n + 2) / 3 * 4 + base64_lines(n);
}

int64_t base64_fits(int64_t wire)
{
    int64_t lines = wire / (COLUMNS + 2), rest = wire % (COLUMNS + 2);
    int64_t n = lines * LINE_BYTES;
    return rest > 2 ? n + (rest - 2) / 4 * 3 : n;
}

void splice_base64(struct splice *s, const struct extent *e)
{
    add(s, PIECE_BASE64, base64_len(e->len), base64_lines(e->len))->extent = *e;
}

void splice_base64_open(struct splice *s, const struct extent *e)
{
    bool any = e->len > 0;
    add(s, PIECE_BASE64_OPEN, base64_len(e->len) - any,
        base64_lines(e->len) - any)
        ->extent = *e;
}

void splice_free(struct splice *s)
{
    for (int i = 0; i < s->count; i++)
        free(s->list[i].text);
    free(s->list);
    *s = (struct splice){0};
}

int64_t splice_wire(const struct splice *s)
{
    return s->len + s->lines;
}

/* ---- writing ---- */

static int base64_write(const struct extent *e, bool open, int out, char *error,
                        size_t size)
{
    unsigned char in[LINE_BYTES * 800];
    char lines[(COLUMNS + 1) * 800 + 8];
    for (int64_t at = 0, n; at < e->len; at += n) {
        n = extent_read(e, at, in, sizeof in);
        /* Only the last line may be shorter. */
        if (n <= 0 || (n % LINE_BYTES && at + n < e->len))
            return text_error(error, size, "cannot read: %s", strerror(errno));
        size_t len = 0;
        for (int64_t i = 0; i < n; i += LINE_BYTES) {
            gint state = 0, save = 0;
            gsize line = (gsize)(n - i < LINE_BYTES ? n - i : LINE_BYTES);
            len += g_base64_encode_step(in + i, line, FALSE, lines + len,
                                        &state, &save);
            len += g_base64_encode_close(FALSE, lines + len, &state, &save);
            lines[len++] = '\n';
        }
        len -= open && at + n == e->len;
        if (write_all(out, lines, len, error, size) == -1)
            return -1;
    }
    return 0;
}

static int piece_write(const struct piece *p, int out, char *error, size_t size)
{
    switch (p->kind) {
    case PIECE_EXTENT:
        return extent_copy(&p->extent, out, error, size);
    case PIECE_BASE64:
        return base64_write(&p->extent, false, out, error, size);
    case PIECE_BASE64_OPEN:
        return base64_write(&p->extent, true, out, error, size);
    default:
        return write_all(out, p->text, (size_t)p->len, error, size);
    }
}

int splice_write(const struct splice *s, int out, char *error, size_t size)
{
    for (int i = 0; i < s->count; i++)
        if (piece_write(&s->list[i], out, error, size) == -1)
            return -1;
    return 0;
}

int splice_make(const struct splice *s, struct message *m, char *error,
                size_t size)
{
    int fd = temp_file(error, size);
    *m = (struct message){.fd = fd};
    if (fd == -1 || splice_write(s, fd, error, size) == -1)
        return -1;
    return message_take(m, fd, error, size);
}
