/* archive_kind: what an archive is, by its bytes. See archive.h.
 *
 * It reads the begin, a block that it decompresses to look for a tar, and of a
 * zip as much of the directory at its end as one block holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "archive_parts.h"
#include "text.h"

#define TAR_BLOCK 512
#define TAR_SUM 148 /* where a tar's header has its checksum, eight bytes */
#define ZIP_LOCAL 30
#define ZIP_CENTRAL 46
#define ZIP_END 22

static const struct {
    const char *magic;
    size_t len;
    enum wrapping wrapping;
    int kind, tar_kind;
} magics[] = {
    {"PK\3\4", 4, WRAPPING_NONE, PACKING_ZIP, 0},
    {"7z\xbc\xaf\x27\x1c", 6, WRAPPING_NONE, PACKING_7Z, 0},
    {"Rar!\x1a\x07", 6, WRAPPING_NONE, ARCHIVE_OTHER, 0},
    {"MSCF\0\0\0\0", 8, WRAPPING_NONE, ARCHIVE_OTHER, 0},
    {"\x1f\x8b\x08", 3, WRAPPING_GZIP, PACKING_GZIP, PACKING_TAR_GZ},
    {"BZh", 3, WRAPPING_BZIP2, ARCHIVE_OTHER, PACKING_TAR_BZ2},
    {"\xfd\x37zXZ\0", 6, WRAPPING_XZ, ARCHIVE_OTHER, PACKING_TAR_XZ},
    {"\x28\xb5\x2f\xfd", 4, WRAPPING_ZSTD, PACKING_ZSTD, PACKING_TAR_ZST},
};

/* Entries that only a document has: it is a zip for its program alone. */
static const struct {
    const char *name;
    bool begins; /* the name begins so */
    bool first;  /* it is the first of the file */
} documents[] = {
    {"[Content_Types].xml", false, false}, /* OOXML (ECMA-376 part 2) */
    {"mimetype", false, true},             /* OpenDocument, epub */
    {"META-INF/", true, false},            /* jar, apk */
    {"AndroidManifest.xml", false, false},
    {"doc.kml", false, true},
    {"Index/Document.iwa", false, false},
};

static unsigned le16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static int64_t le32(const unsigned char *p)
{
    return le16(p) | (int64_t)le16(p + 2) << 16;
}

static bool document_entry(const unsigned char *name, size_t len, bool first)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        size_t want = strlen(documents[i].name);
        if ((first || !documents[i].first) &&
            (documents[i].begins ? len >= want : len == want) &&
            memcmp(name, documents[i].name, want) == 0)
            return true;
    }
    return false;
}

/* The central directory, of which a block is looked at. */
static bool document_directory(const struct extent *data, int64_t at)
{
    unsigned char *block = text_alloc(ARCHIVE_BLOCK);
    int64_t n = at > 0 ? extent_read(data, at, block, ARCHIVE_BLOCK) : 0;
    bool found = false;
    for (int64_t i = 0; !found && i + ZIP_CENTRAL <= n;) {
        const unsigned char *p = block + i;
        size_t len = le16(p + 28);
        if (memcmp(p, "PK\1\2", 4) != 0 || i + ZIP_CENTRAL + (int64_t)len > n)
            break;
        found = document_entry(p + ZIP_CENTRAL, len, false);
        i += ZIP_CENTRAL + (int64_t)len + le16(p + 30) + le16(p + 32);
    }
    free(block);
    return found;
}

/* Where the end says that the directory is; -1 when there is no end. A comment
 * of up to 64 KiB may follow it, of which we believe a block. */
static int64_t directory_find(const struct extent *data)
{
    unsigned char *block = text_alloc(ARCHIVE_BLOCK);
    int64_t from = data->len > ARCHIVE_BLOCK ? data->len - ARCHIVE_BLOCK : 0;
    int64_t n = extent_read(data, from, block, ARCHIVE_BLOCK), at = -1;
    for (int64_t i = n - ZIP_END; i >= 0 && at == -1; i--)
        if (memcmp(block + i, "PK\5\6", 4) == 0)
            at = le32(block + i + 16);
    free(block);
    return at;
}

static bool zip_document(const struct extent *data, const unsigned char *head,
                         size_t n)
{
    if (n >= ZIP_LOCAL && n >= ZIP_LOCAL + le16(head + 26) &&
        document_entry(head + ZIP_LOCAL, le16(head + 26), true))
        return true;
    return document_directory(data, directory_find(data));
}

/* A tar's header: its checksum, which takes itself for blanks, is right. Some
 * have summed signed bytes (POSIX.1-1988 had not said). */
static bool tar_header(const unsigned char *h, size_t n)
{
    long sum = 8 * ' ', same = sum, want = 0;
    size_t i = TAR_SUM;
    if (n < TAR_BLOCK || h[0] == 0)
        return false;
    for (size_t j = 0; j < TAR_BLOCK; j++)
        if (j < TAR_SUM || j >= TAR_SUM + 8) {
            sum += h[j];
            same += (signed char)h[j];
        }
    while (i < TAR_SUM + 8 && h[i] == ' ')
        i++;
    for (; i < TAR_SUM + 8 && h[i] >= '0' && h[i] <= '7'; i++)
        want = want * 8 + (h[i] - '0');
    return want > 0 && (want == sum || want == same);
}

static bool tar_inside(const struct extent *data, enum wrapping wrapping)
{
    struct stream *s = stream_open(data, wrapping);
    unsigned char head[TAR_BLOCK];
    const void *bytes;
    char ignored[80];
    size_t n = 0;
    int64_t some;
    while (n < sizeof head &&
           (some = stream_take(s, &bytes, ignored, sizeof ignored)) > 0) {
        size_t part = sizeof head - n;
        part = (size_t)some < part ? (size_t)some : part;
        memcpy(head + n, bytes, part);
        n += part;
    }
    stream_close(&s);
    return tar_header(head, n);
}

/* "-lh5-" after the length and the checksum of a header of level 0 to 3. */
static bool lha_header(const unsigned char *h, size_t n)
{
    return n > 20 && h[2] == '-' && h[3] == 'l' &&
           (h[4] == 'h' || h[4] == 'z') && h[6] == '-' && h[20] <= 3 &&
           ((h[5] >= '0' && h[5] <= '9') || h[5] == 's' || h[5] == 'd');
}

static bool magic_is(size_t i, const unsigned char *h, size_t n)
{
    if (n < magics[i].len || memcmp(h, magics[i].magic, magics[i].len) != 0)
        return false;
    if (magics[i].wrapping != WRAPPING_BZIP2)
        return true;
    return n > 9 && h[3] >= '1' && h[3] <= '9' &&
           (memcmp(h + 4, "1AY&SY", 6) == 0 ||
            memcmp(h + 4, "\x17rE8P\x90", 6) == 0);
}

int archive_form(const struct extent *data, struct archive_form *form,
                 bool *document)
{
    unsigned char head[TAR_BLOCK];
    int64_t got = extent_read(data, 0, head, sizeof head);
    size_t n = got > 0 ? (size_t)got : 0;
    *document = false;
    if (got == -1)
        return -1;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (!magic_is(i, head, n))
            continue;
        enum wrapping wrapping = magics[i].wrapping;
        bool tar = wrapping != WRAPPING_NONE && tar_inside(data, wrapping);
        *form = (struct archive_form){
            wrapping, tar, tar ? magics[i].tar_kind : magics[i].kind};
        *document = form->kind == PACKING_ZIP && zip_document(data, head, n);
        return 1;
    }
    *form = (struct archive_form){WRAPPING_NONE, tar_header(head, n),
                                  ARCHIVE_OTHER};
    if (form->tar)
        form->kind = PACKING_TAR;
    return form->tar || lha_header(head, n);
}

int archive_kind(const struct extent *data, int *kind)
{
    struct archive_form form;
    bool document;
    if (archive_form(data, &form, &document) != 1 || document)
        return 0;
    *kind = form.kind;
    return 1;
}
