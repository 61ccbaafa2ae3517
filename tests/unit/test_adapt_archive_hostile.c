/* test_adapt_archive_hostile: archives that are cut short, changed, or made to
 * do harm; and a full disk.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <zlib.h>

#include "archives.h"

#define EVERY 50 /* where archives are cut, and changed */
#define KERNEL MIB
#define LAYERS 200

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ------------------------------------------------------------- damaged -- */

/* What was cut off a tar's end may have been padding alone. */
static void check_cut(int packing, const struct extent *whole)
{
    const char *label = forms[packing].suffix;
    struct extent cut = *whole;
    struct entries got = {0};
    for (cut.len = whole->len - 1; cut.len >= 0;
         cut.len -= cut.len > EVERY || cut.len == 0 ? EVERY : cut.len) {
        int rc = read_all(&cut, &got);
        bool well = packing == PACKING_TAR && rc == 1
                        ? all_same(&got, 3)
                        : rc == 0 && got.count == 0;
        if (!unit_true(label, well))
            printf("  %s: cut to %ld: %d\n", label, (long)cut.len, rc);
        entries_free(&got);
    }
}

/* One byte is another: what has a checksum is refused, or as it was, unless it
 * is no longer a file (the type has none). */
static void check_changed(int packing, const struct extent *whole)
{
    const char *label = forms[packing].suffix;
    struct entries got = {0};
    int count = count_of(packing);
    for (int64_t at = 0; at < whole->len; at += EVERY / 7) {
        char was, is;
        bool well;
        if (pread(whole->fd, &was, 1, whole->from + at) != 1)
            break;
        is = (char)(was ^ 0x55);
        well = pwrite(whole->fd, &is, 1, whole->from + at) == 1;
        int rc = read_all(whole, &got);
        well = well && (rc == 0 || rc == 1);
        for (int i = 0; forms[packing].sums && rc == 1 && i < count; i++)
            if (forms[packing].one || entry_named(&got, ours[i].name))
                well = well && data_same(&got, i, count);
        well = well && pwrite(whole->fd, &was, 1, whole->from + at) == 1;
        if (forms[packing].sums)
            well = well && (rc == 0 || got.count + left_out == count);
        if (!unit_true(label, well))
            printf("  %s: changed at %ld: %d\n", label, (long)at, rc);
        entries_free(&got);
    }
}

static void check_damage(void)
{
    for (int p = 0; p < PACKING_COUNT; p++) {
        struct extent a = archive_make(p, ours, count_of(p));
        check_cut(p, &a);
        check_changed(p, &a);
        close(a.fd);
    }
}

/* -------------------------------------------------------------- too large --
 */

static void check_refused(const char *label, const struct extent *a,
                          struct archive_limits limits, const char *why)
{
    struct entries got = {0};
    int left = 7, before = descriptors_open();
    double start = cpu_seconds();
    unit_int(label, "read",
             archive_read(a, &limits, "x", &got, &left, error, sizeof error),
             0);
    unit_has(label, "error", error, why);
    unit_true(label, cpu_seconds() - start < 5);
    unit_int(label, "entries", got.count + left, 0);
    unit_int(label, "descriptor", got.fd, -1);
    unit_int(label, "descriptors", descriptors_open(), before);
}

static void check_bombs(void)
{
    static char name[] = "zeros";
    struct entry bomb = {name, zeros_make(GIB), TIME};
    static const int packings[] = {PACKING_ZIP, PACKING_GZIP};
    for (size_t i = 0; i < LENGTH(packings); i++) {
        const char *label = forms[packings[i]].suffix;
        struct extent a = archive_make(packings[i], &bomb, 1);
        check_refused(label, &a, (struct archive_limits){GIB, 100, 10, 0},
                      "too large for its own size");
        check_refused(label, &a, (struct archive_limits){MIB, 100000, 10, 0},
                      "what is in it is too large");
        close(a.fd);
    }
    close(bomb.data.fd);
}

/* What is just within the limits, and just beyond them. */
static void check_limits(void)
{
    static char name[] = "zeros";
    struct entry zeros = {name, zeros_make(12 * MIB), TIME};
    struct extent a = archive_make(PACKING_ZIP, &zeros, 1);
    struct extent three = archive_make(PACKING_TAR, ours, 3);
    struct entries got = {0};
    int left;
    /* 10 MiB are free. */
    int ratio = (int)(2 * MIB / a.len) + 1;
    struct archive_limits limits = {12 * MIB, ratio, 1, 0};
    unit_int("within", "read",
             archive_read(&a, &limits, "x", &got, &left, error, sizeof error),
             1);
    entries_free(&got);
    check_refused("a byte more", &a,
                  (struct archive_limits){12 * MIB - 1, ratio, 1, 0},
                  "too large");
    check_refused("a lower ratio", &a,
                  (struct archive_limits){12 * MIB, ratio - 1, 1, 0},
                  "too large");
    check_refused("three of two", &three,
                  (struct archive_limits){GIB, 100, 2, 0}, "too much in it");
    limits.count = 3;
    unit_int(
        "three of three", "read",
        archive_read(&three, &limits, "x", &got, &left, error, sizeof error),
        1);
    entries_free(&got);
    close(a.fd);
    close(three.fd);
    close(zeros.data.fd);
}

static void check_many_entries(void)
{
    static char name[] = "a";
    struct extent nothing = extent_make("", 0);
    struct entry *list = text_alloc(3000 * sizeof *list);
    for (int i = 0; i < 3000; i++)
        list[i] = (struct entry){name, nothing, TIME};
    for (int p = 0; p < PACKING_COUNT; p++) {
        if (forms[p].one)
            continue;
        struct extent a = archive_make(p, list, 3000);
        check_refused(forms[p].suffix, &a,
                      (struct archive_limits){GIB, 100000, 1000, 0},
                      "there is too much in it");
        close(a.fd);
    }
    free(list);
    close(nothing.fd);
}

/* A tar whose rest is zeros, and a zip whose directory is all there is. */
static void check_empty_bulk(void)
{
    struct extent tar = archive_make(PACKING_TAR, ours, 3);
    struct text t = {0};
    static char name[] = "x";
    extent_text(&tar, &t);
    struct extent long_tar = extent_make(t.s, t.len);
    if (ftruncate(long_tar.fd, 200LL * MIB) == -1)
        exit(2);
    long_tar.len = 200LL * MIB;
    struct entry entry = {name, long_tar, TIME};
    struct extent gz = archive_make(PACKING_GZIP, &entry, 1);
    check_refused("zeros behind a tar", &gz,
                  (struct archive_limits){100LL * MIB, 100000, 10, 0},
                  "what is in it is too large");
    text_cut(&t, 0);
    text_addn(&t, "PK\3\4", 4);
    while (t.len < 70000 * 46) {
        text_addn(&t, "PK\1\2", 4);
        text_addf(&t, "%042d", 0);
    }
    struct extent zip = extent_make(t.s, t.len);
    check_refused("a zip of headers", &zip,
                  (struct archive_limits){GIB, 9, 9, 0},
                  "there is too much in it");
    close(tar.fd);
    close(long_tar.fd);
    close(gz.fd);
    close(zip.fd);
    text_free(&t);
}

/* ---- entries of a zip that overlap: each is the next one's header, in a
 * stored block, and then the next one's data; the last is a megabyte of zeros.
 */

static void le(struct text *out, unsigned long value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8) {
        char c = (char)value;
        text_addn(out, &c, 1);
    }
}

struct layer {
    unsigned long crc, packed, size, at;
    struct text header;
};

static void layer_fields(const struct layer *l, struct text *out)
{
    le(out, 0, 2); /* flags */
    le(out, 8, 2); /* deflate */
    le(out, 0x21 << 16, 4);
    le(out, l->crc, 4);
    le(out, l->packed, 4);
    le(out, l->size, 4);
    le(out, 4, 2); /* the name */
}

static void kernel_make(struct layer *l, struct text *out)
{
    unsigned char *zeros = text_alloc(KERNEL), *packed = text_alloc(KERNEL);
    z_stream z = {.next_in = zeros, .avail_in = KERNEL};
    z.next_out = packed;
    z.avail_out = KERNEL;
    deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    text_addn(out, (char *)packed, z.total_out);
    *l = (struct layer){crc32(0, zeros, KERNEL), z.total_out, KERNEL, 0, {0}};
    deflateEnd(&z);
    free(zeros);
    free(packed);
}

static void layer_header(struct layer *l, int i)
{
    text_addn(&l->header, "PK\3\4\24\0", 6);
    layer_fields(l, &l->header);
    le(&l->header, 0, 2);
    text_addf(&l->header, "%04d", i);
}

/* The layer before `next` in the file. */
static void layer_make(struct layer *l, const struct layer *next)
{
    const struct text *h = &next->header;
    unsigned long crc = crc32(0, (unsigned char *)h->s, (unsigned)h->len);
    *l = (struct layer){crc32_combine(crc, next->crc, (long)next->size),
                        next->packed + h->len + 5,
                        next->size + h->len,
                        0,
                        {0}};
}

static void directory_add(struct layer *layers, struct text *out)
{
    size_t from = out->len;
    for (int i = 0; i < LAYERS; i++) {
        text_addn(out, "PK\1\2\24\0\24\0", 8);
        layer_fields(&layers[i], out);
        le(out, 0, 12);
        le(out, layers[i].at, 4);
        text_addf(out, "%04d", i);
    }
    size_t len = out->len - from;
    text_addn(out, "PK\5\6\0\0\0\0", 8);
    le(out, LAYERS, 2);
    le(out, LAYERS, 2);
    le(out, len, 4);
    le(out, from, 4);
    le(out, 0, 2);
}

static struct extent overlapping_make(void)
{
    struct layer *layers = text_alloc(LAYERS * sizeof *layers);
    struct text kernel = {0}, out = {0};
    kernel_make(&layers[LAYERS - 1], &kernel);
    layer_header(&layers[LAYERS - 1], LAYERS - 1);
    for (int i = LAYERS - 2; i >= 0; i--) {
        layer_make(&layers[i], &layers[i + 1]);
        layer_header(&layers[i], i);
    }
    for (int i = 0; i < LAYERS; i++) {
        layers[i].at = out.len;
        text_addn(&out, layers[i].header.s, layers[i].header.len);
        if (i + 1 < LAYERS) {
            unsigned long len = layers[i + 1].header.len;
            le(&out, 0, 1);
            le(&out, len, 2);
            le(&out, ~len, 2);
        }
    }
    text_addn(&out, kernel.s, kernel.len);
    directory_add(layers, &out);
    struct extent e = extent_make(out.s, out.len);
    for (int i = 0; i < LAYERS; i++)
        text_free(&layers[i].header);
    free(layers);
    text_free(&kernel);
    text_free(&out);
    return e;
}

/* It is a zip: whoever has no limits gets 200 MiB out of 40 KiB. */
static void check_overlapping(void)
{
    struct extent a = overlapping_make();
    struct entries got = {0};
    unit_int("overlapping", "read", read_all(&a, &got), 1);
    unit_int("overlapping", "entries", got.count, LAYERS);
    entries_free(&got);
    check_refused("overlapping", &a, (struct archive_limits){GIB, 100, 1000, 0},
                  "too large for its own size");
    close(a.fd);
}

/* What is in an archive is data, though it be an archive. */
static void check_nested(void)
{
    struct entries got = {0};
    struct entry list[3];
    memcpy(list, ours, sizeof list);
    struct extent inner = ours[0].data;
    for (int i = 0; i < 4; i++) {
        list[0].data = inner;
        inner = archive_make(i % 2 ? PACKING_GZIP : PACKING_ZIP, list, 1);
    }
    int left, kind = -1;
    unit_int(
        "nested", "read",
        archive_read(&inner, &wide, "x.gz", &got, &left, error, sizeof error),
        1);
    unit_int("nested", "entries", got.count, 1);
    unit_true("nested", extent_same(&got.list[0].data, &list[0].data));
    unit_int("nested", "kind found", archive_kind(&got.list[0].data, &kind), 1);
    unit_int("nested", "kind", kind, PACKING_ZIP);
    entries_free(&got);
}

/* -------------------------------------------------------------- full disk --
 */

static struct entry large;

/* Reads and writes with no room for it; `archives` were made before. */
static int full_disk(const struct extent *archives, const char *directory)
{
    char *path = text_format("%s/out", directory);
    temp_directory(directory);
    setenv("TMPDIR", directory, 1); /* libarchive's, for 7z */
    for (int p = 0; p < PACKING_COUNT; p++) {
        struct entries got = {0};
        int left, before = descriptors_open();
        unit_int(forms[p].suffix, "read on a full disk",
                 archive_read(&archives[p], &wide, "x", &got, &left, error,
                              sizeof error),
                 -1);
        unit_has(forms[p].suffix, "error", error, "cannot write: ");
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        unit_int(
            forms[p].suffix, "write on a full disk",
            archive_write((enum packing)p, &large, 1, fd, error, sizeof error),
            -1);
        unit_has(forms[p].suffix, "error", error, "cannot write");
        close(fd);
        unlink(path);
        unit_int(forms[p].suffix, "descriptors", descriptors_open(), before);
    }
    free(path);
    fflush(stdout);
    return unit_failed == 0 ? 0 : 1;
}

static void archives_make(struct extent *archives)
{
    for (int p = 0; p < PACKING_COUNT; p++)
        archives[p] = archive_make(p, &large, 1);
}

static int small_disk(void *context)
{
    struct extent archives[PACKING_COUNT];
    archives_make(archives);
    if (!small_disk_mount(context, "256k"))
        return CHILD_SKIPPED;
    return full_disk(archives, context);
}

/* A limit on the size of files does as much. */
static int small_files(void *context)
{
    struct rlimit limit = {65536, 65536};
    struct extent archives[PACKING_COUNT];
    archives_make(archives);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    return full_disk(archives, context);
}

static void check_full(void)
{
    static char name[] = "noise";
    char *directory = scratch_path("small");
    unsigned failed = unit_failed;
    large = (struct entry){name, noise_make(MIB), TIME};
    mkdir(directory, 0700);
    unit_failed = 0;
    int disk = small_disk_run(small_disk, directory);
    int files = small_disk_run(small_files, directory);
    unit_failed = failed;
    unit_true("a full disk", disk == 0 || disk == CHILD_SKIPPED);
    unit_int("small files", "child", files, 0);
    close(large.data.fd);
    free(directory);
}

/* The first bytes of a form, and nothing that it has. */
static void check_begins(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } begins[] = {
        {"PK\3\4", 4},           {"7z\xbc\xaf\x27\x1c", 6},
        {"Rar!\x1a\7\0", 7},     {"Rar!\x1a\7\1\0", 8},
        {"MSCF\0\0\0\0", 8},     {"\x1f\x8b\x08", 3},
        {"BZh91AY&SY", 10},      {"\xfd\x37zXZ\0", 6},
        {"\x28\xb5\x2f\xfd", 4},
    };
    struct extent rest = noise_make(300);
    struct entries got = {0};
    struct text t = {0};
    for (size_t i = 0; i < LENGTH(begins); i++)
        for (int more = 0; more < 2; more++) {
            extent_text(&rest, &t);
            struct text whole = {0};
            text_addn(&whole, begins[i].bytes, begins[i].len);
            text_addn(&whole, t.s, more ? t.len : 0);
            struct extent a = extent_make(whole.s, whole.len);
            unit_int(begins[i].bytes, "read", read_all(&a, &got), 0);
            entries_free(&got);
            close(a.fd);
            text_free(&whole);
        }
    text_free(&t);
    close(rest.fd);
}

/* A file that cannot be read is no archive's fault, and one that has become
 * shorter is a damaged archive. */
static void check_reading(void)
{
    struct entries got = {0};
    struct extent a = archive_make(PACKING_ZIP, ours, 3), none = {-1, 0, 100};
    unit_int("no file", "read", read_all(&none, &got), -1);
    unit_has("no file", "error", error, "Bad file descriptor");
    a.len += 100;
    unit_int("a shorter file", "read", read_all(&a, &got), 0);
    close(a.fd);
}

int main(void)
{
    scratch_begin();
    temp_directory(scratch);
    ours_make();
    check_damage();
    check_bombs();
    check_limits();
    check_many_entries();
    check_empty_bulk();
    check_overlapping();
    check_nested();
    check_full();
    check_begins();
    check_reading();
    scratch_end();
    return unit_end();
}
