/* bounce: the delivery failure notice that Exim wrote, read back. See
 * bounce.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bounce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FAILED "X-Failed-Recipients:"
#define PER_HEADER                                                             \
    50 /* recipients in one X-Failed-Recipients, as Exim does                  \
        */

/* A cursor over the lines of the notice. A line's text is without its end. */
struct lines {
    const char *p, *end;
    const char *line;
    size_t len;
};

static bool lines_next(struct lines *l)
{
    if (l->p >= l->end)
        return false;
    const char *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
    l->line = l->p;
    l->len = (size_t)((nl ? nl : l->end) - l->p);
    l->p = nl ? nl + 1 : l->end;
    if (l->len > 0 && l->line[l->len - 1] == '\r')
        l->len--;
    return true;
}

static bool starts(const struct lines *l, const char *with)
{
    size_t n = strlen(with);
    return l->len >= n && strncasecmp(l->line, with, n) == 0;
}

static struct bounce_recipient *recipient_find(const struct bounce *b,
                                               const char *address, size_t n)
{
    for (int i = 0; i < b->count; i++)
        if (strlen(b->recipients[i].address) == n &&
            strncasecmp(b->recipients[i].address, address, n) == 0)
            return &b->recipients[i];
    return NULL;
}

static void recipient_add(struct bounce *b, const char *address, size_t n)
{
    if (n == 0 || recipient_find(b, address, n))
        return;
    b->recipients = text_grow(b->recipients, b->count, sizeof *b->recipients);
    b->recipients[b->count].address = strndup(address, n);
    b->recipients[b->count++].text = text_copy("");
}

/* Addresses separated by ",", but not where they are quoted. */
static void failed_parse(struct bounce *b, const char *s, size_t n)
{
    bool quoted = false;
    size_t start = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i + 1 < n && s[i] == '\\')
            i++;
        else if (i < n && s[i] == '"')
            quoted = !quoted;
        else if (i == n || (s[i] == ',' && !quoted)) {
            size_t from = start, to = i < n ? i : n;
            while (from < to && (s[from] == ' ' || s[from] == '\t'))
                from++;
            while (to > from && (s[to - 1] == ' ' || s[to - 1] == '\t'))
                to--;
            recipient_add(b, s + from, to - from);
            start = i + 1;
        }
    }
}

static void headers_parse(struct bounce *b, struct lines *l)
{
    bool failed = false;
    while (lines_next(l) && l->len > 0) {
        bool folded = l->line[0] == ' ' || l->line[0] == '\t';
        if (!folded)
            failed = starts(l, FAILED);
        size_t skip = folded ? 0 : strlen(FAILED);
        if (failed)
            failed_parse(b, l->line + skip, l->len - skip);
    }
}

/* The line names a recipient: two spaces, then an address that the headers
 * have named. */
static struct bounce_recipient *entry_at(const struct bounce *b,
                                         const struct lines *l)
{
    if (l->len < 3 || strncmp(l->line, "  ", 2) != 0 || l->line[2] == ' ')
        return NULL;
    return recipient_find(b, l->line + 2, l->len - 2);
}

static bool entry_more(const struct lines *l)
{
    return l->len > 4 && strncmp(l->line, "    ", 4) == 0;
}

static void entry_add(struct bounce_recipient *r, const struct lines *l)
{
    char *joined = text_format("%s%s%.*s", r->text, *r->text ? " " : "",
                               (int)(l->len - 4), l->line + 4);
    free(r->text);
    r->text = joined;
}

void bounce_parse(struct bounce *b, const char *data, size_t len)
{
    struct lines l = {.p = data, .end = data + len};
    struct bounce_recipient *at = NULL;
    *b = (struct bounce){.data = data, .len = len};
    headers_parse(b, &l);
    while (lines_next(&l) &&
           !starts(&l, "Content-type: message/delivery-status") &&
           !starts(&l, "Content-type: message/global-delivery-status")) {
        struct bounce_recipient *entry = entry_at(b, &l);
        if (entry && !*entry->text)
            at = entry;
        else if (at && entry_more(&l))
            entry_add(at, &l);
        else
            at = NULL;
    }
    int groups = 0;
    while (lines_next(&l) && !starts(&l, "Return-path:"))
        groups += starts(&l, "Final-Recipient:");
    b->hidden = groups > b->count;
}

void bounce_free(struct bounce *b)
{
    for (int i = 0; i < b->count; i++) {
        free(b->recipients[i].address);
        free(b->recipients[i].text);
    }
    free(b->recipients);
    *b = (struct bounce){0};
}

/* ---- writing it again ---- */

struct rewrite {
    const struct bounce *b;
    char boundary[80]; /* with its two dashes; "" when there is none */
    const struct bounce_edit *edit;
    struct text *out;
};

static bool kept(const struct rewrite *w, const char *address)
{
    return w->edit->keep(address, w->edit->context);
}

static void write_failed(const struct rewrite *w)
{
    int n = 0;
    for (int i = 0; i < w->b->count; i++) {
        const char *address = w->b->recipients[i].address;
        if (!kept(w, address))
            continue;
        if (n % PER_HEADER == 0)
            text_addf(w->out, "%s" FAILED " ", n ? "\n" : "");
        else
            text_add(w->out, ",\n  ");
        text_add(w->out, address);
        n++;
    }
    if (n > 0)
        text_add(w->out, "\n");
}

static void write_line(const struct rewrite *w, const struct lines *l)
{
    text_addn(w->out, l->line, (size_t)(l->p - l->line));
}

static void write_replaced(const struct rewrite *w, const char *s, size_t n,
                           const char *from, const char *to)
{
    const char *at;
    while (*from && (at = memmem(s, n, from, strlen(from)))) {
        text_addn(w->out, s, (size_t)(at - s));
        text_add(w->out, to);
        at += strlen(from);
        n -= (size_t)(at - s);
        s = at;
    }
    text_addn(w->out, s, n);
}

/* A line of Received:, with the new id and recipient. */
static void write_received(const struct rewrite *w, const struct lines *l)
{
    struct text t = {0};
    struct rewrite first = {.out = &t};
    write_replaced(&first, l->line, (size_t)(l->p - l->line), w->edit->old_id,
                   w->edit->id);
    write_replaced(w, t.s, t.len, w->edit->old_to, w->edit->to);
    text_free(&t);
}

/* Our envelope address gives way to the sender's; Exim's subject for a sender
 * is the one with "returning message to sender". true: the lines folded below
 * go too. */
static bool write_header(const struct rewrite *w, const struct lines *l,
                         bool *failed_written)
{
    if (starts(l, FAILED)) {
        if (!*failed_written)
            write_failed(w);
        *failed_written = true;
        return true;
    }
    if (starts(l, "To:")) {
        text_addf(w->out, "To: %s\n", w->edit->to);
        return true;
    }
    if (starts(l, "Subject: Mail delivery failed") && l->len == 29)
        text_add(w->out, "Subject: Mail delivery failed: returning message "
                         "to sender\n");
    else
        write_line(w, l);
    return false;
}

static void write_headers(const struct rewrite *w, struct lines *l)
{
    bool dropping = false, failed_written = false, received = false;
    while (lines_next(l) && l->len > 0) {
        bool folded = l->line[0] == ' ' || l->line[0] == '\t';
        received = folded ? received : starts(l, "Received:");
        if (received && w->edit->id)
            write_received(w, l);
        else if (!folded && !received)
            dropping = write_header(w, l, &failed_written);
        else if (!dropping && !received)
            write_line(w, l);
    }
    text_add(w->out, "\n");
}

/* What Exim writes to somebody other than the sender, and to the sender. */
static const struct {
    const char *third[6]; /* NULL: the line names the sender */
    int count;
    const char *sender;
} wordings[] = {
    {{"A message sent by", "", NULL, "",
      "could not be delivered to one or more of its recipients. The following",
      "address(es) failed:"},
     6,
     "A message that you sent could not be delivered to one or more of its\n"
     "recipients. This is a permanent error. The following address(es) "
     "failed:\n"},
    {{"A message sent by", "", NULL, "",
      "has not yet been delivered to one or more of its recipients after more "
      "than ",
      NULL},
     5,
     "A message that you sent has not yet been delivered to one or more of "
     "its\nrecipients after more than "},
};

static bool wording_line(const char *wanted, const struct lines *l)
{
    if (!wanted)
        return l->len > 4 && strncmp(l->line, "  <", 3) == 0;
    return l->len == strlen(wanted) && memcmp(l->line, wanted, l->len) == 0;
}

/* Does one of the wordings start at this line? Then it is written as for the
 * sender and *l stands on its last line. */
static bool write_wording(const struct rewrite *w, struct lines *l)
{
    for (size_t k = 0; k < sizeof wordings / sizeof *wordings; k++) {
        struct lines ahead = *l;
        int i = 0;
        while (wording_line(wordings[k].third[i], &ahead) &&
               ++i < wordings[k].count && lines_next(&ahead))
            ;
        if (i == wordings[k].count) {
            text_add(w->out, wordings[k].sender);
            *l = ahead;
            return true;
        }
    }
    return false;
}

static bool is_boundary(const struct rewrite *w, const struct lines *l)
{
    return w->boundary[0] && starts(l, w->boundary);
}

/* The length of the UTF-8 character (RFC 3629) at s, 1 for ASCII, 0 for what is
 * none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    size_t length = *s < 0x80   ? 1
                    : *s < 0xc2 ? 0
                    : *s < 0xe0 ? 2
                    : *s < 0xf0 ? 3
                    : *s < 0xf5 ? 4
                                : 0;
    if (length == 0 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* What the text up to the next boundary is in: Exim's templates
 * (bounce_message_file, warn_message_file) may be in any language, and servers
 * say what they like. */
static const char *charset_of(const struct rewrite *w, struct lines ahead)
{
    const char *charset = "us-ascii";
    while (lines_next(&ahead) && !is_boundary(w, &ahead))
        for (size_t i = 0, n; i < ahead.len; i += n) {
            n = utf8_length((const unsigned char *)ahead.line + i,
                            ahead.len - i);
            if (n == 0)
                return "unknown-8bit"; /* RFC 1428 */
            if (n > 1)
                charset = "utf-8";
        }
    return charset;
}

static bool write_charset(const struct rewrite *w, const struct lines *l)
{
    static const char label[] = "Content-type: text/plain; charset=us-ascii";
    const char *charset = starts(l, label) ? charset_of(w, *l) : "us-ascii";
    if (strcmp(charset, "us-ascii") == 0)
        return false;
    text_addf(w->out,
              "Content-Type: text/plain; charset=%s\n"
              "Content-Transfer-Encoding: 8bit\n",
              charset);
    return true;
}

/* The part for people: after the first boundary, with the second. */
static void write_text_part(const struct rewrite *w, struct lines *l)
{
    bool dropping = false;
    int boundaries = 0;
    while (boundaries < 2 && lines_next(l)) {
        if (boundaries == 1 && write_charset(w, l))
            continue;
        struct bounce_recipient *entry = entry_at(w->b, l);
        if (entry)
            dropping = !kept(w, entry->address);
        else if (!entry_more(l))
            dropping = false;
        boundaries += is_boundary(w, l);
        if (!dropping && !write_wording(w, l))
            write_line(w, l);
    }
}

/* The recipient that "Final-Recipient: rfc822;ADDRESS" of a group names, as it
 * stands in the text part; NULL when that has another name (an alias of the
 * hub's, where the group has the name that was aliased). *named: the group is
 * a recipient's at all. */
static struct bounce_recipient *group_recipient(const struct rewrite *w,
                                                const char *group, size_t len,
                                                bool *named)
{
    struct lines l = {.p = group, .end = group + len};
    struct text raw = {0}, printed = {0};
    struct bounce_recipient *r = NULL;
    *named = false;
    while (!*named && lines_next(&l)) {
        const char *at = memchr(l.line, ';', l.len);
        if (!starts(&l, "Final-Recipient:") || !at)
            continue;
        *named = true;
        for (at++; at < l.line + l.len && *at == ' ';)
            at++;
        text_addn(&raw, at, (size_t)(l.line + l.len - at));
        text_printed(raw.s, &printed);
        r = recipient_find(w->b, printed.s, printed.len);
    }
    text_free(&raw);
    text_free(&printed);
    return r;
}

/* Exim writes the groups in the reverse order of the text part: that tells
 * whose a group is when its name does not. `number` counts from 0. */
static const struct bounce_recipient *
group_owner(const struct rewrite *w, const char *group, size_t len, int *number)
{
    bool named;
    struct bounce_recipient *r = group_recipient(w, group, len, &named);
    int place = w->b->count - 1 - *number;
    *number += named;
    if (named && !r && place >= 0)
        r = &w->b->recipients[place];
    return r;
}

/* The enhanced status (RFC 3463) that the words begin with, or 0 long: those of
 * a router of ours do. */
static size_t status_length(const char *words)
{
    int n = 0;
    if (sscanf(words, "5.%*3[0-9].%*3[0-9]%n", &n) != 0 || words[n] != ' ')
        return 0;
    return (size_t)n;
}

/* Exim says "Status: 5.0.0" for every failure. */
static void group_write(const struct rewrite *w, const char *group, size_t len,
                        const struct bounce_recipient *owner)
{
    static const char general[] = "Status: 5.0.0";
    struct lines l = {.p = group, .end = group + len};
    size_t status = owner ? status_length(owner->text) : 0;
    while (lines_next(&l))
        if (status > 0 && starts(&l, general) && l.len == sizeof general - 1)
            text_addf(w->out, "Status: %.*s\n", (int)status, owner->text);
        else
            write_line(w, &l);
}

/* The part for machines: groups of fields, each ended by a blank line. */
static void write_status_part(const struct rewrite *w, struct lines *l)
{
    const char *group = l->p;
    int number = 0;
    while (lines_next(l)) {
        bool boundary = is_boundary(w, l);
        if (l->len > 0 && !boundary)
            continue;
        const char *end = boundary ? l->line : l->p;
        const struct bounce_recipient *owner =
            group_owner(w, group, (size_t)(end - group), &number);
        if (!owner || kept(w, owner->address))
            group_write(w, group, (size_t)(end - group), owner);
        group = end;
        if (boundary) {
            write_line(w, l);
            return;
        }
    }
    text_addn(w->out, group, (size_t)(l->end - group));
}

/* Exim writes it unquoted, on a line of the Content-Type field. */
static void boundary_find(struct rewrite *w)
{
    static const char name[] = "boundary=";
    struct lines l = {.p = w->b->data, .end = w->b->data + w->b->len};
    while (lines_next(&l) && l.len > 0) {
        const char *at = memmem(l.line, l.len, name, sizeof name - 1);
        if (!at)
            continue;
        at += sizeof name - 1;
        size_t n = (size_t)(l.line + l.len - at);
        if (n > 0 && n < sizeof w->boundary - 2) {
            memcpy(w->boundary, "--", 2);
            memcpy(w->boundary + 2, at, n);
        }
        return;
    }
}

void bounce_write(const struct bounce *b, const struct bounce_edit *edit,
                  struct text *out)
{
    struct lines l = {.p = b->data, .end = b->data + b->len};
    struct rewrite w = {.b = b, .edit = edit, .out = out};
    boundary_find(&w);
    write_headers(&w, &l);
    write_text_part(&w, &l);
    write_status_part(&w, &l);
    text_addn(out, l.p, (size_t)(l.end - l.p));
}
