/* test_adapt_archive_old: archives of the forms that are read and never
 * written, made here byte by byte: lha, cab, rar of the fourth and of the fifth
 * format. One file, hello.txt, stored as it is; then with a byte of it changed,
 * and cut short everywhere.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <zlib.h>

#include "archives.h"

#define NAME "hello.txt"
#define BYTES "hello, world\n"
#define NAME_LEN (sizeof NAME - 1)
#define BYTES_LEN (sizeof BYTES - 1)

static void le(struct text *out, unsigned long value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8) {
        char c = (char)value;
        text_addn(out, &c, 1);
    }
}

/* CRC-16 with the polynomial 0x8005, from the low bit on, as lha has it. */
static unsigned crc16(const char *s, size_t n)
{
    unsigned crc = 0;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)s[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    return crc;
}

static unsigned long crc_of(const char *s, size_t n)
{
    return crc32(0, (const unsigned char *)s, (unsigned)n);
}

/* Level 0: the length, and the sum, of what follows them; "-lh0-" is stored. */
static void lha_make(struct text *out)
{
    struct text h = {0};
    unsigned sum = 0;
    text_add(&h, "-lh0-");
    le(&h, BYTES_LEN, 4);
    le(&h, BYTES_LEN, 4);
    le(&h, 0x576e7821, 4); /* a time as DOS has it */
    le(&h, 0x20, 1);
    le(&h, 0, 1);
    le(&h, NAME_LEN, 1);
    text_add(&h, NAME);
    le(&h, crc16(BYTES, BYTES_LEN), 2);
    for (size_t i = 0; i < h.len; i++)
        sum += (unsigned char)h.s[i];
    le(out, h.len, 1);
    le(out, sum & 0xff, 1);
    text_addn(out, h.s, h.len);
    text_add(out, BYTES);
    le(out, 0, 1);
    text_free(&h);
}

/* MS-CAB: header, folder, file, data; the data's checksum is the xor of its
 * words of four bytes, the lengths among them. */
static void cab_make(struct text *out)
{
    unsigned long sum = BYTES_LEN | (unsigned long)BYTES_LEN << 16, rest = 0;
    size_t files = 36 + 8, data = files + 16 + NAME_LEN + 1, i = 0;
    for (; i + 4 <= BYTES_LEN; i += 4)
        for (size_t j = 0; j < 4; j++)
            sum ^= (unsigned long)(unsigned char)BYTES[i + j] << 8 * j;
    for (; i < BYTES_LEN; i++)
        rest = rest << 8 | (unsigned char)BYTES[i];
    text_add(out, "MSCF");
    le(out, 0, 4);
    le(out, data + 8 + BYTES_LEN, 8);
    le(out, files, 8);
    le(out, 0x0103, 2); /* the format's version */
    le(out, 1, 2);
    le(out, 1, 2);
    le(out, 0, 6);
    le(out, data, 4);
    le(out, 1, 2);
    le(out, 0, 2); /* stored */
    le(out, BYTES_LEN, 4);
    le(out, 0, 6);
    le(out, 0x576e, 2);
    le(out, 0x7821, 2);
    le(out, 0x20, 2);
    text_addn(out, NAME, NAME_LEN + 1);
    le(out, sum ^ rest, 4);
    le(out, BYTES_LEN, 2);
    le(out, BYTES_LEN, 2);
    text_add(out, BYTES);
}

/* A block of rar's fourth format, behind the low half of its CRC-32. */
static void rar4_block(struct text *out, unsigned type, unsigned flags,
                       const struct text *more)
{
    struct text h = {0};
    le(&h, type, 1);
    le(&h, flags, 2);
    le(&h, 7 + more->len, 2);
    text_addn(&h, text_str(more), more->len);
    le(out, crc_of(h.s, h.len) & 0xffff, 2);
    text_addn(out, h.s, h.len);
    text_free(&h);
}

static void rar4_make(struct text *out)
{
    struct text main_head = {0}, file = {0}, none = {0};
    le(&main_head, 0, 6);
    le(&file, BYTES_LEN, 4);
    le(&file, BYTES_LEN, 4);
    le(&file, 3, 1); /* Unix */
    le(&file, crc_of(BYTES, BYTES_LEN), 4);
    le(&file, 0x576e7821, 4);
    le(&file, 20, 1);
    le(&file, 0x30, 1); /* stored */
    le(&file, NAME_LEN, 2);
    le(&file, 0100644, 4);
    text_add(&file, NAME);
    text_addn(out, "Rar!\x1a\7\0", 7);
    rar4_block(out, 0x73, 0, &main_head);
    rar4_block(out, 0x74, 0x8000, &file);
    text_add(out, BYTES);
    rar4_block(out, 0x7b, 0x4000, &none);
    text_free(&main_head);
    text_free(&file);
}

/* A block of its fifth: CRC-32, length, and what it says. Numbers have
 * seven bits a byte, the high bit in all but the last. */
static void rar5_block(struct text *out, const struct text *said)
{
    struct text h = {0};
    le(&h, said->len, 1);
    text_addn(&h, said->s, said->len);
    le(out, crc_of(h.s, h.len), 4);
    text_addn(out, h.s, h.len);
    text_free(&h);
}

static void rar5_make(struct text *out)
{
    struct text main_head = {0}, file = {0}, end = {0};
    text_addn(&main_head, "\1\0\0", 3);
    text_addn(&file, "\2\2", 2); /* a file, with data behind */
    le(&file, BYTES_LEN, 1);
    le(&file, 2 | 4, 1); /* its time and its checksum are here */
    le(&file, BYTES_LEN, 1);
    text_add(&file, "\xa4\x83\2"); /* 0100644, seven bits a byte */
    le(&file, TIME, 4);
    le(&file, crc_of(BYTES, BYTES_LEN), 4);
    le(&file, 0, 1); /* stored */
    le(&file, 1, 1); /* Unix */
    le(&file, NAME_LEN, 1);
    text_add(&file, NAME);
    text_addn(&end, "\5\0\0", 3);
    text_addn(out, "Rar!\x1a\7\1\0", 8);
    rar5_block(out, &main_head);
    rar5_block(out, &file);
    text_add(out, BYTES);
    rar5_block(out, &end);
    text_free(&main_head);
    text_free(&file);
    text_free(&end);
}

static const struct {
    const char *label;
    void (*make)(struct text *out);
    bool no_sums; /* libarchive 3.6 does not look at them here */
} olds[] = {
    {"lha", lha_make, false},
    {"cab", cab_make, false},
    {"rar, fourth format", rar4_make, true},
    {"rar, fifth format", rar5_make, true},
};

static int read_text(const char *bytes, size_t len, struct entries *got)
{
    struct extent a = extent_make(bytes, len);
    int rc = read_all(&a, got);
    close(a.fd);
    return rc;
}

static void check_whole(const char *label, const struct text *t)
{
    struct extent want = extent_make(BYTES, BYTES_LEN),
                  a = extent_make(t->s, t->len);
    struct entries got = {0};
    int kind = -1;
    unit_int(label, "kind found", archive_kind(&a, &kind), 1);
    unit_int(label, "kind", kind, ARCHIVE_OTHER);
    *error = 0;
    unit_int(label, "read", read_all(&a, &got), 1);
    unit_str(label, "error", error, "");
    if (unit_int(label, "entries", got.count, 1)) {
        unit_str(label, "name", got.list[0].name, NAME);
        unit_true(label, extent_same(&got.list[0].data, &want));
    }
    entries_free(&got);
    close(a.fd);
    close(want.fd);
}

/* Never the file with other bytes. */
static void check_damaged(const char *label, struct text *t, bool sums)
{
    char *data = memmem(t->s, t->len, BYTES, BYTES_LEN);
    struct entries got = {0};
    for (size_t len = 0; len < (size_t)(data - t->s) + BYTES_LEN; len++) {
        int rc = read_text(t->s, len, &got);
        if (!unit_true(label, rc == 0))
            printf("  %s: cut to %zu: %d\n", label, len, rc);
        entries_free(&got);
    }
    if (!sums)
        return;
    data[3] ^= 1;
    unit_int(label, "changed", read_text(t->s, t->len, &got), 0);
    unit_has(label, "error", error, "it is damaged: ");
    entries_free(&got);
}

int main(void)
{
    scratch_begin();
    temp_directory(scratch);
    for (size_t i = 0; i < LENGTH(olds); i++) {
        struct text t = {0};
        olds[i].make(&t);
        check_whole(olds[i].label, &t);
        check_damaged(olds[i].label, &t, !olds[i].no_sums);
        text_free(&t);
    }
    scratch_end();
    return unit_end();
}
