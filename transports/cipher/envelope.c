/* envelope: the outer structure of what CMS has encrypted. See envelope.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "envelope.h"

#include <string.h>

enum { IN_CONTEXT_0 = BER_CONTEXT | BER_CONSTRUCTED };

/* Of id-envelopedData and id-ct-authEnvelopedData. */
static const char oid_enveloped[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
static const char oid_authenticated[] =
    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";

static int envelope_wrong(struct ber *b, const char *why)
{
    b->why = why;
    return -1;
}

/* The next item, which must be there and have this tag. */
static int envelope_expect(struct ber *b, struct ber_cursor *c, int tag,
                           struct ber_item *item)
{
    int rc = ber_next(b, c, item);
    if (rc == -1)
        return -1;
    if (rc == 0 || item->tag != tag)
        return envelope_wrong(b, "something else than CMS has in this place");
    return 0;
}

/* Is the item an object identifier with these octets? */
static bool envelope_is(struct ber *b, const struct ber_item *item,
                        const char *oid, size_t len)
{
    struct text t = {0};
    bool same = ber_copy(b, item->content, item->end, len, &t) == 0 &&
                t.len == len && memcmp(text_str(&t), oid, len) == 0;
    text_free(&t);
    return same;
}

/* The item here, if it has this tag: 1 or 0. */
static int envelope_maybe(struct ber *b, struct ber_cursor *c, int tag,
                          struct ber_item *item)
{
    int rc = ber_next(b, c, item);
    return rc == 1 ? item->tag == tag : rc;
}

/* ContentInfo, up to its content; *type has the identifier as it stands there.
 * What does not begin like that is no CMS and nobody's mistake: 0. */
static int envelope_begin(struct ber *b, struct envelope *e,
                          struct ber_cursor *c, struct text *type)
{
    struct ber_item item;
    *c = ber_all(b);
    int rc = envelope_maybe(b, c, BER_SEQUENCE, &item);
    if (rc <= 0)
        return rc;
    *c = ber_inside(&item);
    rc = envelope_maybe(b, c, BER_OID, &item);
    if (rc <= 0)
        return rc;
    e->authenticated =
        envelope_is(b, &item, oid_authenticated, sizeof oid_authenticated - 1);
    if (!e->authenticated &&
        !envelope_is(b, &item, oid_enveloped, sizeof oid_enveloped - 1))
        return 0;
    c->at = item.end;
    if (ber_copy(b, item.at, item.end, ENVELOPE_MAX, type) == -1)
        return -1;
    return 1;
}

/* EncryptedContentInfo: its first two fields into *out. */
static int envelope_content(struct ber *b, struct envelope *e,
                            struct ber_cursor *c, struct text *out)
{
    struct ber_item type, algorithm;
    if (envelope_expect(b, c, BER_OID, &type) == -1)
        return -1;
    c->at = type.end;
    if (envelope_expect(b, c, BER_SEQUENCE, &algorithm) == -1 ||
        ber_pass(b, c, &algorithm) == -1 ||
        ber_copy(b, type.at, c->at, ENVELOPE_MAX, out) == -1)
        return -1;
    int rc = ber_next(b, c, &e->content);
    if (rc == -1)
        return -1;
    if (rc == 0 || (e->content.tag & ~BER_CONSTRUCTED) != BER_CONTEXT)
        return envelope_wrong(b, "its content is not in it");
    if (ber_pass(b, c, &e->content) == -1)
        return -1;
    struct ber_item more;
    rc = ber_next(b, c, &more);
    return rc == 1 ? envelope_wrong(b, "there is more than content") : rc;
}

/* What stands behind the content. Of that only the MAC goes on; OpenSSL leaves
 * out attributes that the MAC is over as well, and would call it wrong. */
static int envelope_end(struct ber *b, const struct envelope *e,
                        struct ber_cursor *c, struct text *out)
{
    struct ber_item item;
    int rc, macs = 0;
    while ((rc = ber_next(b, c, &item)) == 1) {
        bool mac = e->authenticated && item.tag == BER_OCTETS;
        if (e->authenticated && item.tag == IN_CONTEXT_0 + 1)
            return envelope_wrong(b, "it has authenticated attributes");
        /* RFC 5084 3.2. OpenSSL would take one octet for a MAC. */
        if (mac &&
            (item.end - item.content < 12 || item.end - item.content > 16))
            return envelope_wrong(b, "a MAC of a length that cannot be");
        if (mac && ber_copy(b, item.at, item.end, ENVELOPE_MAX, out) == -1)
            return -1;
        if (ber_pass(b, c, &item) == -1)
            return -1;
        macs += mac;
    }
    if (rc == 0 && macs != e->authenticated)
        return envelope_wrong(b, "there is not one MAC");
    return rc;
}

/* EnvelopedData and AuthEnvelopedData are alike: what comes first is the
 * version, who has sent it and the recipients; the one SEQUENCE among its
 * fields is about the content. */
static int envelope_data(struct ber *b, struct envelope *e,
                         struct ber_cursor *c, struct text *out)
{
    struct text info = {0};
    struct ber_item item;
    int64_t from = c->at;
    int rc;
    while ((rc = ber_next(b, c, &item)) == 1 && item.tag != BER_SEQUENCE)
        if (ber_pass(b, c, &item) == -1)
            return -1;
    if (rc != 1)
        return rc == 0 ? envelope_wrong(b, "there is no content") : -1;
    if (ber_copy(b, from, item.at, ENVELOPE_MAX, out) == -1)
        return -1;
    struct ber_cursor in = ber_inside(&item);
    rc = envelope_content(b, e, &in, &info);
    ber_write(out, BER_SEQUENCE, &info);
    text_free(&info);
    if (rc == -1)
        return -1;
    c->at = in.at;
    return envelope_end(b, e, c, out);
}

/* What *content has becomes one item, and the only thing that *content has. */
static void envelope_wrap(struct text *content, int tag)
{
    struct text item = {0};
    ber_write(&item, tag, content);
    text_free(content);
    *content = item;
}

/* The one item in *c, with the tag, around which *c then is; what is around
 * that, in *outer. */
static int envelope_enter(struct ber *b, struct ber_cursor *c, int tag,
                          struct ber_cursor *outer)
{
    struct ber_item item;
    if (envelope_expect(b, c, tag, &item) == -1)
        return -1;
    *outer = *c;
    *c = ber_inside(&item);
    return 0;
}

/* The end of what envelope_enter() has entered, which must be there. */
static int envelope_leave(struct ber *b, struct ber_cursor *c,
                          struct ber_cursor *outer)
{
    struct ber_item item;
    outer->at = c->at;
    *c = *outer;
    int rc = ber_next(b, c, &item);
    return rc == 1 ? envelope_wrong(b, "there is more than one thing in it")
                   : rc;
}

static int envelope_body(struct ber *b, struct envelope *e,
                         struct ber_cursor *c, struct text *data)
{
    struct ber_cursor info, explicit;
    if (envelope_enter(b, c, IN_CONTEXT_0, &info) == -1 ||
        envelope_enter(b, c, BER_SEQUENCE, &explicit) == -1 ||
        envelope_data(b, e, c, data) == -1 ||
        envelope_leave(b, c, &explicit) == -1)
        return -1;
    return envelope_leave(b, c, &info);
}

int envelope_read(struct ber *b, struct envelope *e)
{
    struct text data = {0};
    struct ber_cursor c;
    int rc = envelope_begin(b, e, &c, &e->head);
    if (rc <= 0)
        return rc;
    rc = envelope_body(b, e, &c, &data);
    envelope_wrap(&data, BER_SEQUENCE);
    envelope_wrap(&data, IN_CONTEXT_0);
    text_addn(&e->head, data.s, data.len);
    envelope_wrap(&e->head, BER_SEQUENCE);
    text_free(&data);
    return rc == -1 ? -1 : 1;
}

void envelope_free(struct envelope *e)
{
    text_free(&e->head);
}
