/* fuzz_adapt_archive: archives from hostile bytes.
 *
 * As they are: whatever comes out is within the limits, and its names and
 * extents are sound. And as two files: what is written from them in each form
 * is read again, and is the same; the first byte says which form, and where one
 * byte of it is changed before a second reading.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "archive.h"
#include "text.h"

#define SIZE_MOST (1 << 20)
#define COUNT_MOST 20

static char error[300];

static struct extent extent_make(const void *bytes, size_t len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd == -1 || write(fd, bytes, len) != (ssize_t)len)
        abort();
    return (struct extent){fd, 0, (int64_t)len};
}

static void check_entries(const struct entries *e)
{
    int64_t sum = 0;

    FUZZ_ASSERT(e->count <= COUNT_MOST);
    for (int i = 0; i < e->count; i++) {
        struct text name = {0};

        archive_name(e->list[i].name, &name);
        FUZZ_ASSERT(strcmp(name.s, e->list[i].name) == 0);
        FUZZ_ASSERT(e->list[i].data.fd == e->fd && e->list[i].time >= 0);
        FUZZ_ASSERT(e->list[i].data.from == sum);
        sum += e->list[i].data.len;
        text_free(&name);
    }
    FUZZ_ASSERT(sum <= SIZE_MOST && sum == temp_extent(e->fd).len);
}

static int read_some(const struct extent *data, struct entries *out)
{
    struct archive_limits limits = {SIZE_MOST, 1000, COUNT_MOST, 0};
    int left = -1, kind = -1;
    int known = archive_kind(data, &kind);
    int rc;

    error[0] = '\0';
    rc = archive_read(data, &limits, "a.gz", out, &left, error, sizeof error);
    FUZZ_ASSERT(rc == 0 || rc == 1);
    FUZZ_ASSERT((rc == 0) == (error[0] != '\0'));
    FUZZ_ASSERT(left >= 0 && (rc == 1 || (left == 0 && out->count == 0)));
    FUZZ_ASSERT(known == 0 || (kind >= 0 && kind <= ARCHIVE_OTHER));
    if (rc == 1)
        check_entries(out);
    return rc;
}

static bool found(const struct entries *e, const struct entry *wanted)
{
    for (int i = 0; i < e->count; i++)
        if (extent_same(&e->list[i].data, &wanted->data))
            return true;
    return false;
}

static void check_written(enum packing packing, const uint8_t *data,
                          size_t size)
{
    static char one[] = "one", two[] = "two";
    struct extent whole = extent_make(data, size), half = whole;
    struct extent archive = extent_make("", 0);
    struct entry list[2] = {{one, whole, 1}, {two, half, 2}};
    int count = packing == PACKING_GZIP || packing == PACKING_ZSTD ? 1 : 2;
    struct entries got = {0};
    char changed = (char)~data[0];

    list[1].data.len /= 2;
    FUZZ_ASSERT(archive_write(packing, list, count, archive.fd, error,
                              sizeof error) == 0);
    archive.len = temp_extent(archive.fd).len;
    if (packing != PACKING_ZSTD || size > 0) {
        FUZZ_ASSERT(read_some(&archive, &got) == 1 && got.count == count);
        FUZZ_ASSERT(found(&got, &list[0]) && found(&got, &list[count - 1]));
        entries_free(&got);
    }
    if (pwrite(archive.fd, &changed, 1, (data[0] * 7919) % archive.len) != 1)
        abort();
    read_some(&archive, &got);
    entries_free(&got);
    close(archive.fd);
    close(whole.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extent bytes;
    struct entries got = {0};

    temp_directory("/dev/shm");
    bytes = extent_make(data, size);
    read_some(&bytes, &got);
    entries_free(&got);
    close(bytes.fd);
    if (size > 0)
        check_written((enum packing)(data[0] % PACKING_COUNT), data, size);
    return 0;
}
