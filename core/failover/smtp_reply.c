/* smtp_reply: the replies of an SMTP server. See smtp_reply.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "smtp_reply.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define SHOWN_MAX 80 /* bytes of garbage that an error or a log can bear */

struct smtp_reply {
    struct text line;  /* what came since the last line end */
    struct text lines; /* the texts of the lines before it */
    size_t bytes;
    int count; /* of lines */
    int code;
    bool whole;
    char shown[SHOWN_MAX + 4];
    char error[SHOWN_MAX + 120];
};

struct smtp_reply *smtp_reply_new(void)
{
    struct smtp_reply *r = text_alloc(sizeof *r);
    smtp_reply_clear(r);
    return r;
}

void smtp_reply_free(struct smtp_reply **r)
{
    if (!*r)
        return;
    text_free(&(*r)->line);
    text_free(&(*r)->lines);
    free(*r);
    *r = NULL;
}

/* The memory stays for the next reply: text_cut() does not give it back. */
static void text_empty(struct text *t)
{
    text_add(t, "");
    text_cut(t, 0);
}

void smtp_reply_clear(struct smtp_reply *r)
{
    text_empty(&r->line);
    text_empty(&r->lines);
    r->bytes = 0;
    r->count = 0;
    r->code = 0;
    r->whole = false;
    r->error[0] = 0;
}

/* The start of the line, for an error: printable ASCII. */
static const char *line_shown(struct smtp_reply *r)
{
    size_t n = r->line.len < SHOWN_MAX ? r->line.len : SHOWN_MAX;
    for (size_t i = 0; i < n; i++) {
        char c = r->line.s[i];
        r->shown[i] = c >= ' ' && c < 127 ? c : '?';
    }
    text_error(r->shown + n, sizeof r->shown - n, "%s",
               r->line.len > n ? "..." : "");
    return r->shown;
}

static int reply_refuse(struct smtp_reply *r, const char *why)
{
    return text_error(r->error, sizeof r->error, "%s: \"%s\"", why,
                      line_shown(r));
}

/* RFC 5321 4.2: the first digit is 2 to 5 (no command asks for a 1yz), and a
 * space, a hyphen or nothing follows the three. */
static int line_code(const char *s)
{
    if (s[0] < '2' || s[0] > '5' || !isdigit((unsigned char)s[1]) ||
        !isdigit((unsigned char)s[2]))
        return 0;
    if (s[3] && s[3] != ' ' && s[3] != '-')
        return 0;
    return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

/* No byte of a stranger's ends a string early or moves a terminal's cursor. */
static void line_clean(struct text *line)
{
    while (line->len > 0 && strchr("\r\n \t", line->s[line->len - 1]) &&
           line->s[line->len - 1])
        text_cut(line, line->len - 1);
    for (size_t i = 0; i < line->len; i++)
        if (((unsigned char)line->s[i] < ' ' && line->s[i] != '\t') ||
            line->s[i] == 127)
            line->s[i] = '?';
}

/* A whole line is in r->line. As smtp_reply_take(). */
static int line_take(struct smtp_reply *r)
{
    line_clean(&r->line);
    const char *s = r->line.s;
    int code = line_code(s);
    if (code == 0)
        return reply_refuse(r, "this is no SMTP reply");
    if (r->count > 0 && code != r->code)
        return reply_refuse(r, "a reply with two codes");
    if (++r->count > SMTP_REPLY_LINES)
        return text_error(r->error, sizeof r->error,
                          "a reply of more than %d lines", SMTP_REPLY_LINES);
    r->code = code;
    if (r->count > 1)
        text_add(&r->lines, "\n");
    text_add(&r->lines, s[3] ? s + 4 : "");
    r->whole = s[3] != '-';
    text_cut(&r->line, 0);
    return r->whole;
}

/* Up to the line end, or all there is; -1 when it is too much. */
static int bytes_take(struct smtp_reply *r, const char *bytes, size_t n)
{
    r->bytes += n;
    if (r->bytes > SMTP_REPLY_BYTES)
        return text_error(r->error, sizeof r->error,
                          "a reply of more than %d bytes", SMTP_REPLY_BYTES);
    text_addn(&r->line, bytes, n);
    return 0;
}

int smtp_reply_take(struct smtp_reply *r, const char *bytes, size_t n,
                    size_t *used)
{
    int rc = r->error[0] ? -1 : 0;
    *used = 0;
    if (r->whole)
        smtp_reply_clear(r);
    while (rc == 0 && *used < n) {
        const char *from = bytes + *used;
        const char *end = memchr(from, '\n', n - *used);
        size_t some = end ? (size_t)(end - from) + 1 : n - *used;
        rc = bytes_take(r, from, some);
        *used += some;
        if (rc == 0 && end)
            rc = line_take(r);
    }
    return rc;
}

int smtp_reply_code(const struct smtp_reply *r)
{
    return r->code;
}

const char *smtp_reply_text(const struct smtp_reply *r)
{
    return text_str(&r->lines);
}

const char *smtp_reply_error(const struct smtp_reply *r)
{
    return r->error;
}

const char *smtp_reply_partial(struct smtp_reply *r)
{
    return line_shown(r);
}

/* The arguments of the extension, "" for none; NULL when it is not there. */
static const char *extension_find(const struct smtp_reply *r,
                                  const char *keyword)
{
    size_t n = strlen(keyword);
    const char *line = strchr(smtp_reply_text(r), '\n');
    for (; line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, keyword, n) == 0 &&
            (line[n] == ' ' || line[n] == '\n' || !line[n]))
            return line + n;
    }
    return NULL;
}

bool smtp_reply_announces(const struct smtp_reply *r, const char *keyword)
{
    return extension_find(r, keyword) != NULL;
}

uint64_t smtp_reply_size(const struct smtp_reply *r)
{
    const char *s = extension_find(r, "SIZE");
    uint64_t size = 0;
    if (!s || *s != ' ')
        return 0;
    for (s++; isdigit((unsigned char)*s); s++) {
        uint64_t digit = (uint64_t)(*s - '0');
        if (size > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        size = size * 10 + digit;
    }
    return *s == '\n' || !*s ? size : 0;
}
