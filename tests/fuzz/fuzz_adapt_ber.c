/* fuzz_adapt_ber: BER from hostile bytes.
 *
 * Items stay within what is around them, going through an item ends where
 * passing it ends, and a string has the same octets however many are asked for
 * at a time, and the same that OpenSSL finds. With an odd first byte the others
 * say how a string is cut into pieces, and pieces of pieces: all of it comes
 * back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ber.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define LEVELS 40

static struct extent extent_make(const void *data, size_t len)
{
    static int fd = -1;

    if (fd == -1)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(fd != -1 && ftruncate(fd, 0) == 0);
    FUZZ_ASSERT(pwrite(fd, data, len, 0) == (ssize_t)len);
    return (struct extent){fd, 0, (int64_t)len};
}

/* All items in it; false where something is wrong. */
static bool walk(struct ber *b, struct ber_cursor *c, int level)
{
    struct ber_item item;
    int rc;

    while ((rc = ber_next(b, c, &item)) == 1) {
        struct ber_cursor in = ber_inside(&item), passed = *c;
        FUZZ_ASSERT(item.at == c->at && item.at < item.content);
        FUZZ_ASSERT(item.content <= item.end && item.end <= c->end);
        rc = ber_pass(b, &passed, &item);
        FUZZ_ASSERT(rc == 0 || item.open);
        if (item.tag & BER_CONSTRUCTED && level < LEVELS) {
            if (!walk(b, &in, level + 1))
                return false;
            FUZZ_ASSERT(rc == 0 && in.at == passed.at);
        }
        if (rc == -1)
            return false;
        FUZZ_ASSERT(passed.at > c->at && passed.at <= c->end);
        *c = passed;
    }
    FUZZ_ASSERT(rc == 0 || b->why[0] != '\0');
    FUZZ_ASSERT(rc == -1 || c->open || c->at == c->end);
    return rc == 0;
}

/* The string, some octets at a time: 0 or -1. */
static int octets(struct ber *b, const struct ber_item *item, size_t step,
                  struct text *out)
{
    struct ber_octets o;
    char buffer[300];
    int64_t n;

    ber_octets_begin(&o, b, item);
    while ((n = ber_octets_read(&o, buffer, step)) > 0) {
        FUZZ_ASSERT(n <= (int64_t)step);
        text_addn(out, buffer, (size_t)n);
    }
    return (int)n;
}

static bool same(const struct text *t, const void *data, size_t len)
{
    return t->len == len && memcmp(text_str(t), data, len) == 0;
}

static void check_octets(struct ber *b, const struct ber_item *item)
{
    struct text one = {0}, many = {0};
    int rc = octets(b, item, 1, &one);

    FUZZ_ASSERT(octets(b, item, 300, &many) == rc);
    FUZZ_ASSERT(same(&one, text_str(&many), many.len));
    FUZZ_ASSERT((int64_t)one.len <= b->data->len);
    text_free(&one);
    text_free(&many);
}

/* Where OpenSSL finds a string, and we do, it is the same. */
static void check_openssl(struct ber *b, const struct ber_item *item,
                          const unsigned char *data, size_t size)
{
    const unsigned char *p = data;
    ASN1_OCTET_STRING *theirs = d2i_ASN1_OCTET_STRING(NULL, &p, (long)size);
    struct ber_cursor c = ber_all(b);
    struct text t = {0};

    if (theirs != NULL && octets(b, item, 300, &t) == 0) {
        FUZZ_ASSERT(same(&t, theirs->data, (size_t)theirs->length));
        FUZZ_ASSERT(ber_pass(b, &c, item) == 0 && c.at == p - data);
    }
    ERR_clear_error();
    text_free(&t);
    ASN1_OCTET_STRING_free(theirs);
}

static void check_bytes(const uint8_t *data, size_t size)
{
    struct extent e = extent_make(data, size);
    struct ber *b = malloc(sizeof *b);
    struct ber_cursor c;
    struct ber_item item;

    FUZZ_ASSERT(b != NULL);
    ber_open(b, &e);
    c = ber_all(b);
    walk(b, &c, 0);
    c = ber_all(b);
    if (ber_next(b, &c, &item) == 1) {
        check_octets(b, &item);
        check_openssl(b, &item, data, size);
    }
    free(b);
}

/* A length in as few octets as can be, or with zeros in front. */
static void length_add(struct text *t, size_t len, unsigned zeros)
{
    char bytes[] = {0, 0, 0, 0, (char)(len >> 16), (char)(len >> 8), (char)len};
    size_t n = zeros % 5 + 3;

    if (len < 0x80 && zeros % 2 == 0) {
        text_addn(t, bytes + 6, 1);
        return;
    }
    text_addf(t, "%c", (int)(0x80 | n));
    text_addn(t, bytes + 7 - n, n);
}

/* A string, or a piece of one, as the bytes say; its octets also to *plain. */
static void piece_make(const uint8_t **p, const uint8_t *end, int tag,
                       int level, struct text *t, struct text *plain)
{
    struct text inside = {0};
    uint8_t how = *p < end ? *(*p)++ : 0;

    if (how % 4 < 2 || level == BER_DEPTH) {
        size_t n = (size_t)(end - *p) < how ? (size_t)(end - *p) : how;
        text_addf(t, "%c", tag);
        length_add(t, n, how);
        text_addn(t, (const char *)*p, n);
        text_addn(plain, (const char *)*p, n);
        *p += n;
        return;
    }
    for (int i = how / 4 % 8; i > 0; i--)
        piece_make(p, end, BER_OCTETS, level + 1, &inside, plain);
    text_addf(t, "%c", tag | BER_CONSTRUCTED);
    if (how % 4 == 2)
        length_add(t, inside.len, how);
    else
        text_addn(t, "\x80", 1);
    text_addn(t, text_str(&inside), inside.len);
    if (how % 4 == 3)
        text_addn(t, "\0\0", 2);
    text_free(&inside);
}

static void check_pieces(const uint8_t *data, size_t size)
{
    struct text t = {0}, plain = {0}, back = {0};
    struct ber *b = malloc(sizeof *b);
    const uint8_t *end = data + size;
    struct ber_cursor c;
    struct ber_item item;
    struct extent e;
    int64_t len;

    FUZZ_ASSERT(b != NULL);
    piece_make(&data, end, BER_CONTEXT, 0, &t, &plain);
    len = (int64_t)t.len;
    text_add(&t, "and more");
    e = extent_make(t.s, t.len);
    ber_open(b, &e);
    c = ber_all(b);
    FUZZ_ASSERT(ber_next(b, &c, &item) == 1);
    FUZZ_ASSERT((item.tag & ~BER_CONSTRUCTED) == BER_CONTEXT);
    FUZZ_ASSERT(octets(b, &item, 300, &back) == 0);
    FUZZ_ASSERT(same(&back, text_str(&plain), plain.len));
    FUZZ_ASSERT(ber_pass(b, &c, &item) == 0 && c.at == len);
    check_octets(b, &item);
    text_free(&t);
    text_free(&plain);
    text_free(&back);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 1)
        check_pieces(data + 1, size - 1);
    else
        check_bytes(data + 1, size - 1);
    return 0;
}
