/* recode: transfer encodings undone and done. See recode.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "recode.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "field.h"

#define BLOCK 65536

enum coding coding_parse(const char *value)
{
    static const struct {
        const char *name;
        enum coding coding;
    } known[] = {{"7bit", CODING_AS_IS},
                 {"8bit", CODING_AS_IS},
                 {"binary", CODING_AS_IS},
                 {"base64", CODING_BASE64},
                 {"quoted-printable", CODING_QUOTED}};
    static const char blank[] = " \t\r\n";
    value += strspn(value, blank);
    if (!*value)
        return CODING_AS_IS;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].name);
        if (strncasecmp(value, known[i].name, n) == 0 &&
            !value[n + strspn(value + n, blank)])
            return known[i].coding;
    }
    return CODING_OTHER;
}

/* ---- decoding, by GMime ---- */

static int decode(GMimeEncoding *state, const struct extent *in, int out,
                  char *error, size_t size)
{
    char from[BLOCK];
    char *to = text_alloc(g_mime_encoding_outlen(state, BLOCK) + 8);
    int rc = 0;
    for (int64_t at = 0, n; at < in->len && rc == 0; at += n) {
        n = extent_read(in, at, from, sizeof from);
        if (n <= 0) {
            rc = text_error(error, size, "cannot read: %s", strerror(errno));
            break;
        }
        size_t len = g_mime_encoding_step(state, from, (size_t)n, to);
        rc = write_all(out, to, len, error, size);
    }
    if (rc == 0) {
        size_t len = g_mime_encoding_flush(state, from, 0, to);
        rc = write_all(out, to, len, error, size);
    }
    free(to);
    return rc;
}

static int decode_all(GMimeContentEncoding encoding, const struct extent *in,
                      struct extent *out, char *error, size_t size)
{
    GMimeEncoding state;
    int fd = workfile_begin(error, size);
    if (fd == -1)
        return -1;
    g_mime_encoding_init_decode(&state, encoding);
    if (decode(&state, in, fd, error, size) == -1)
        return -1;
    *out = workfile_end();
    return 0;
}

/* ---- quoted-printable ---- */

/* GMime's encoder makes a line end of CR LF, and of LF too; here the one is
 * content (RFC 2045 6.7 (4)), and comes back. */
struct quoting {
    char out[4 * BLOCK];
    size_t len;
    int column;
    int blank; /* white space that may be the last of its line, or 0 */
};

#define COLUMNS 76

/* Rule 5: a line is 76 characters at most, the soft break's = among them. */
static void quoted_put(struct quoting *q, const char *s, int n)
{
    if (q->column + n > COLUMNS - 1) {
        memcpy(q->out + q->len, "=\n", 2);
        q->len += 2;
        q->column = 0;
    }
    memcpy(q->out + q->len, s, (size_t)n);
    q->len += (size_t)n;
    q->column += n;
}

static void quoted_hex(struct quoting *q, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char hex[] = {'=', digits[c >> 4], digits[c & 15]};
    quoted_put(q, hex, 3);
}

/* Rule 3: white space at the end of a line would be lost. */
static void quoted_blank(struct quoting *q, bool line_ends)
{
    char blank = (char)q->blank;
    if (blank && line_ends)
        quoted_hex(q, (unsigned char)blank);
    else if (blank)
        quoted_put(q, &blank, 1);
    q->blank = 0;
}

static void quoted_add(struct quoting *q, unsigned char c)
{
    char plain = (char)c;
    quoted_blank(q, c == '\n');
    if (c == '\n') {
        q->out[q->len++] = '\n';
        q->column = 0;
    } else if (c == ' ' || c == '\t')
        q->blank = c;
    else if (c > 32 && c < 127 && c != '=')
        quoted_put(q, &plain, 1);
    else
        quoted_hex(q, c);
}

int recode_quoted(const struct extent *in, struct extent *out, char *error,
                  size_t size)
{
    unsigned char from[BLOCK / 2];
    struct quoting *q = text_alloc(sizeof *q);
    int fd = workfile_begin(error, size), rc = fd == -1 ? -1 : 0;
    q->len = 0;
    q->column = q->blank = 0;
    for (int64_t at = 0, n; at < in->len && rc == 0; at += n) {
        n = extent_read(in, at, from, sizeof from);
        if (n <= 0)
            rc = text_error(error, size, "cannot read: %s", strerror(errno));
        for (int64_t i = 0; rc == 0 && i < n; i++)
            quoted_add(q, from[i]);
        if (at + n >= in->len)
            quoted_blank(q, true);
        if (rc == 0)
            rc = write_all(fd, q->out, q->len, error, size);
        q->len = 0;
        if (n <= 0)
            break;
    }
    if (rc == 0)
        *out = workfile_end();
    free(q);
    return rc;
}

/* ---- base64 ---- */

/* Its alphabet, padding at the end alone, and all of the last four. */
static bool base64_clean(const struct extent *e)
{
    char buffer[BLOCK];
    int64_t symbols = 0, pads = 0;
    for (int64_t at = 0, n; at < e->len; at += n) {
        n = extent_read(e, at, buffer, sizeof buffer);
        for (int64_t i = 0; i < n; i++) {
            char c = buffer[i];
            if (c == '=')
                pads++;
            else if (g_ascii_isalnum(c) || c == '+' || c == '/')
                symbols++;
            else if (!strchr("\n\r\t ", c) || !c)
                return false;
            if (pads > 2 || (pads > 0 && c != '=' && !strchr("\n\r\t ", c)))
                return false;
        }
        if (n <= 0)
            return false;
    }
    return (symbols + pads) % 4 == 0;
}

int part_content(const struct message *m, const struct part *p,
                 struct extent *out, char *error, size_t size)
{
    struct extent body = message_extent(m, p->body, p->end);
    GMimeContentEncoding encoding = GMIME_CONTENT_ENCODING_BASE64;
    if (p->coding == CODING_OTHER ||
        (p->coding == CODING_BASE64 && !base64_clean(&body)))
        return 0;
    *out = body;
    if (p->coding == CODING_AS_IS)
        return 1;
    if (p->coding == CODING_QUOTED)
        encoding = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    return decode_all(encoding, &body, out, error, size) == -1 ? -1 : 1;
}

/* ---- looking ---- */

int bytes_look(const struct extent *e, struct bytes *b)
{
    unsigned char buffer[BLOCK];
    int64_t line = 0;
    *b = (struct bytes){0};
    for (int64_t at = 0, n; at < e->len; at += n) {
        n = extent_read(e, at, buffer, sizeof buffer);
        if (n <= 0)
            return -1;
        for (int64_t i = 0; i < n; i++) {
            unsigned char c = buffer[i];
            line = c == '\n' ? 0 : line + 1;
            b->eight_bit += c > 127;
            b->zeros += c == 0;
            b->returns += c == '\r';
            b->longest = line > b->longest ? line : b->longest;
            b->binary |= c == 0 || c == '\r' || line > 998;
        }
    }
    return 0;
}

/* How long the header is, blank line and all; 0: it has no end, or a NUL. */
static size_t header_len(const struct extent *e, char *buffer, size_t size)
{
    int64_t n = extent_read(e, 0, buffer, size);
    const char *end = n > 0 ? memmem(buffer, (size_t)n, "\n\n", 2) : NULL;
    size_t len = n <= 0            ? 0
                 : *buffer == '\n' ? 1
                 : end             ? (size_t)(end - buffer) + 1
                 : n == e->len     ? (size_t)n
                                   : 0;
    return memchr(buffer, 0, len) ? 0 : len;
}

bool bytes_message(const struct extent *e)
{
    struct bytes b;
    struct text head = {0};
    char *buffer = text_alloc(MESSAGE_HEAD_MAX);
    size_t len = header_len(e, buffer, MESSAGE_HEAD_MAX);
    bool good = len > 0 && bytes_look(e, &b) == 0 && b.returns == 0;
    text_addn(&head, buffer, len);
    const char *block = text_str(&head);
    for (struct field f; good && field_next(&block, &f);)
        good = f.name_len > 0 || *f.s == '\n';
    text_free(&head);
    free(buffer);
    return good;
}

bool bytes_mail(const struct extent *e)
{
    struct bytes b;
    return bytes_look(e, &b) == 0 && b.zeros == 0 && b.returns == 0;
}

int bytes_digest(const struct extent *e, struct text *out)
{
    unsigned char buffer[BLOCK], digest[32];
    gsize len = sizeof digest;
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    int64_t at = 0, n = 1;
    for (; at < e->len && n > 0; at += n) {
        n = extent_read(e, at, buffer, sizeof buffer);
        if (n > 0)
            g_checksum_update(sum, buffer, (gssize)n);
    }
    g_checksum_get_digest(sum, digest, &len);
    g_checksum_free(sum);
    char *text = g_base64_encode(digest, len);
    text_add(out, text);
    g_free(text);
    return n > 0 ? 0 : -1;
}

/* ---- a part ---- */

int recode_part(const char *block, const struct extent *content,
                struct text *head, struct extent *data, bool *base64,
                char *error, size_t size)
{
    struct text value = {0};
    field_value(block, "Content-Transfer-Encoding", &value);
    enum coding how = coding_parse(text_str(&value));
    text_free(&value);
    *data = *content;
    *base64 = how == CODING_BASE64;
    if (how == CODING_BASE64 || how == CODING_QUOTED || bytes_mail(content)) {
        text_add(head, block);
    } else {
        fields_without(block, "Content-Transfer-Encoding", head);
        text_add(head, "Content-Transfer-Encoding: base64\n");
        *base64 = true;
    }
    text_add(head, "\n");
    return how == CODING_QUOTED ? recode_quoted(content, data, error, size) : 0;
}
