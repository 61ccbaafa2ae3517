/* ber: the Basic Encoding Rules (X.690) of a structure too large for memory.
 * See ber.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ber.h"

#include <errno.h>
#include <string.h>

void ber_open(struct ber *b, const struct extent *data)
{
    b->data = data;
    b->why = "";
    b->at = 0;
    b->len = 0;
}

static int ber_wrong(struct ber *b, const char *why)
{
    b->why = why;
    return -1;
}

/* How many octets from `at` on are in memory, where *p points; 0 at the end. */
static int64_t ber_block(struct ber *b, int64_t at, const unsigned char **p)
{
    if (at < b->at || at >= b->at + (int64_t)b->len) {
        int64_t n = extent_read(b->data, at, b->block, sizeof b->block);
        if (n == -1)
            return ber_wrong(b, strerror(errno));
        b->at = at;
        b->len = (size_t)n;
    }
    *p = b->block + (at - b->at);
    return b->at + (int64_t)b->len - at;
}

/* The octet at *at, which moves on. */
static int ber_octet(struct ber *b, int64_t *at, int64_t end)
{
    const unsigned char *p;
    if (*at >= end)
        return ber_wrong(b, "an item is cut off");
    int64_t n = ber_block(b, *at, &p);
    if (n <= 0)
        return n == 0 ? ber_wrong(b, "the file has become shorter") : -1;
    (*at)++;
    return *p;
}

struct ber_cursor ber_all(const struct ber *b)
{
    return (struct ber_cursor){0, b->data->len, false};
}

struct ber_cursor ber_inside(const struct ber_item *item)
{
    return (struct ber_cursor){item->content, item->end, item->open};
}

/* A length of more than one octet; zeros in front are legal (8.1.3.5). */
static int ber_long(struct ber *b, int count, int64_t *at, int64_t end,
                    int64_t *len)
{
    *len = 0;
    while (count-- > 0) {
        int octet = ber_octet(b, at, end);
        if (octet == -1)
            return -1;
        if (*len > INT64_MAX >> 8)
            return ber_wrong(b, "a length without measure");
        *len = *len << 8 | octet;
    }
    return 0;
}

/* What follows the identifier octet at item->at. */
static int ber_length(struct ber *b, int64_t end, struct ber_item *item)
{
    int64_t at = item->at + 1, len;
    int first = ber_octet(b, &at, end);
    if (first == -1)
        return -1;
    item->open = first == 0x80;
    item->end = end;
    if (first == 0xff || (item->open && !(item->tag & BER_CONSTRUCTED)))
        return ber_wrong(b, "a length that cannot be");
    if (first < 0x80)
        len = first;
    else if (ber_long(b, first & 0x7f, &at, end, &len) == -1)
        return -1;
    item->content = at;
    if (item->open)
        return 0;
    if (len > end - at)
        return ber_wrong(b, "an item is cut off");
    item->end = at + len;
    return 0;
}

/* An identifier octet of 0 is the end-of-contents, which has no content. */
static int ber_close(struct ber *b, struct ber_cursor *c)
{
    int64_t at = c->at + 1;
    int octet = ber_octet(b, &at, c->end);
    if (octet == -1)
        return -1;
    if (octet != 0 || !c->open)
        return ber_wrong(b, "an end-of-contents out of place");
    c->at = at;
    return 0;
}

int ber_next(struct ber *b, struct ber_cursor *c, struct ber_item *item)
{
    int64_t at = c->at;
    if (!c->open && at >= c->end)
        return 0;
    item->at = at;
    item->tag = ber_octet(b, &at, c->end);
    if (item->tag == -1)
        return -1;
    if (item->tag == 0)
        return ber_close(b, c);
    if ((item->tag & 0x1f) == 0x1f)
        return ber_wrong(b, "a tag of more than one octet");
    return ber_length(b, c->end, item) == -1 ? -1 : 1;
}

/* In what is open, an item is either passed as a whole or open itself: to count
 * those is enough, however deep they are. */
int ber_pass(struct ber *b, struct ber_cursor *c, const struct ber_item *item)
{
    struct ber_cursor in = ber_inside(item);
    int64_t depth = 1;
    c->at = item->end;
    if (!item->open)
        return 0;
    while (depth > 0) {
        struct ber_item next;
        int rc = ber_next(b, &in, &next);
        if (rc == -1)
            return -1;
        if (rc == 1)
            in.at = next.open ? next.content : next.end;
        depth += rc == 0 ? -1 : next.open;
    }
    c->at = in.at;
    return 0;
}

int ber_copy(struct ber *b, int64_t from, int64_t to, size_t max,
             struct text *out)
{
    if (out->len > max || to - from > (int64_t)(max - out->len))
        return ber_wrong(b, "the part before the content is too large");
    while (from < to) {
        const unsigned char *p;
        int64_t n = ber_block(b, from, &p);
        if (n <= 0)
            return n == 0 ? ber_wrong(b, "the file has become shorter") : -1;
        if (n > to - from)
            n = to - from;
        text_addn(out, (const char *)p, (size_t)n);
        from += n;
    }
    return 0;
}

void ber_octets_begin(struct ber_octets *o, struct ber *b,
                      const struct ber_item *item)
{
    bool pieces = item->tag & BER_CONSTRUCTED;
    o->ber = b;
    o->depth = pieces;
    o->stack[0] = ber_inside(item);
    o->from = item->content;
    o->left = pieces ? 0 : item->end - item->content;
}

/* One step towards the next piece: 1, or 0 where there is none. */
static int ber_octets_step(struct ber_octets *o)
{
    struct ber_item item;
    if (o->depth == 0)
        return 0;
    struct ber_cursor *c = &o->stack[o->depth - 1];
    int rc = ber_next(o->ber, c, &item);
    if (rc == 0 && --o->depth > 0)
        c[-1].at = c->at;
    if (rc <= 0)
        return rc == 0 ? o->depth > 0 : -1;
    if ((item.tag & ~BER_CONSTRUCTED) != BER_OCTETS)
        return ber_wrong(o->ber, "a piece of a string that is none");
    if (item.tag & BER_CONSTRUCTED) {
        if (o->depth == BER_DEPTH)
            return ber_wrong(o->ber, "a string in pieces of pieces");
        o->stack[o->depth++] = ber_inside(&item);
        return 1;
    }
    c->at = item.end;
    o->from = item.content;
    o->left = item.end - item.content;
    return 1;
}

int64_t ber_octets_read(struct ber_octets *o, void *buffer, size_t len)
{
    const unsigned char *p;
    while (o->left == 0) {
        int rc = ber_octets_step(o);
        if (rc <= 0)
            return rc;
    }
    int64_t n = ber_block(o->ber, o->from, &p);
    if (n <= 0)
        return n == 0 ? ber_wrong(o->ber, "the file has become shorter") : -1;
    if (n > o->left)
        n = o->left;
    if (n > (int64_t)len)
        n = (int64_t)len;
    memcpy(buffer, p, (size_t)n);
    o->from += n;
    o->left -= n;
    return n;
}

void ber_write(struct text *out, int tag, const struct text *content)
{
    char head[2 + sizeof(size_t)];
    size_t n = 0, len = content->len, octets = 0;
    while (octets < sizeof len && len >> 8 * octets)
        octets++;
    head[n++] = (char)tag;
    if (len >= 0x80)
        head[n++] = (char)(0x80 | octets);
    else
        octets = 1;
    while (octets-- > 0)
        head[n++] = (char)(len >> 8 * octets);
    text_addn(out, head, n);
    text_addn(out, text_str(content), content->len);
}
