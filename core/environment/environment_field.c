/* environment_field: each field of a row. See environment_field.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environment_field.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NONE "none"
#define KEY_MAX 1000 /* bytes of a FILE or KEY */

static const char *const packings[PACKING_COUNT] = {
    [PACKING_ZIP] = "zip",         [PACKING_GZIP] = "gzip",
    [PACKING_7Z] = "7z",           [PACKING_ZSTD] = "zstd",
    [PACKING_TAR] = "tar",         [PACKING_TAR_GZ] = "tar.gz",
    [PACKING_TAR_BZ2] = "tar.bz2", [PACKING_TAR_XZ] = "tar.xz",
    [PACKING_TAR_ZST] = "tar.zst"};

static const char *const joinings[JOINING_COUNT] = {
    [JOINING_PARTIAL] = "partial", [JOINING_FILES] = "files"};

const char *packing_name(enum packing p)
{
    return packings[p];
}

/* ---- size ---- */

static int size_read(struct environment *e, const char *value)
{
    int64_t bytes = ENVIRONMENT_NO_LIMIT;
    if (!text_same(value, NONE) && (!environment_size_parse(value, &bytes) ||
                                    bytes < ENVIRONMENT_SIZE_MIN))
        return -1;
    e->size = bytes;
    return 0;
}

static void size_print(const struct environment *e, struct text *out)
{
    environment_size_print(e->size, out);
}

static void size_copy(struct environment *to, const struct environment *from)
{
    to->size = from->size;
}

/* ---- compress, join ---- */

/* The numbers of the names in a list with commas, each once; how many, or -1.
 */
static int names_read(const char *value, const char *const *names, int count,
                      int *list)
{
    char *copy = text_copy(value), *rest = copy;
    int n = 0;
    for (char *word; n != -1 && (word = strsep(&rest, ","));) {
        int i = 0;
        while (i < count && !text_same(names[i], word))
            i++;
        for (int k = 0; k < n; k++)
            if (list[k] == i)
                i = count;
        if (i < count)
            list[n++] = i;
        else
            n = -1;
    }
    free(copy);
    return n;
}

static int compress_read(struct environment *e, const char *value)
{
    int list[PACKING_COUNT];
    int n = text_same(value, NONE)
                ? 0
                : names_read(value, packings, PACKING_COUNT, list);
    if (n == -1)
        return -1;
    for (int i = 0; i < n; i++)
        e->packings[i] = (enum packing)list[i];
    e->packing_count = n;
    return 0;
}

static void compress_print(const struct environment *e, struct text *out)
{
    for (int i = 0; i < e->packing_count; i++)
        text_addf(out, "%s%s", i ? "," : "", packings[e->packings[i]]);
    if (e->packing_count == 0)
        text_add(out, NONE);
}

static void compress_copy(struct environment *to,
                          const struct environment *from)
{
    memcpy(to->packings, from->packings, sizeof to->packings);
    to->packing_count = from->packing_count;
}

static int join_read(struct environment *e, const char *value)
{
    int list[JOINING_COUNT];
    int n = text_same(value, NONE)
                ? 0
                : names_read(value, joinings, JOINING_COUNT, list);
    if (n == -1)
        return -1;
    for (int i = 0; i < n; i++)
        e->joinings[i] = (enum joining)list[i];
    e->joining_count = n;
    return 0;
}

static void join_print(const struct environment *e, struct text *out)
{
    for (int i = 0; i < e->joining_count; i++)
        text_addf(out, "%s%s", i ? "," : "", joinings[e->joinings[i]]);
    if (e->joining_count == 0)
        text_add(out, NONE);
}

static void join_copy(struct environment *to, const struct environment *from)
{
    memcpy(to->joinings, from->joinings, sizeof to->joinings);
    to->joining_count = from->joining_count;
}

/* ---- encrypt, decrypt ---- */

/* Both reach other programs and logs: nothing there that means something to
 * them. */
static bool key_right(const char *key)
{
    for (const char *p = key; *p; p++)
        if (iscntrl((unsigned char)*p) || isspace((unsigned char)*p))
            return false;
    return *key && *key != '-' && strlen(key) <= KEY_MAX;
}

/* What follows PREFIX in any case, or NULL. */
static const char *after(const char *value, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncasecmp(value, prefix, n) == 0 ? value + n : NULL;
}

static void cipher_set(enum cipher *cipher, char **key, enum cipher now,
                       const char *with)
{
    char *copy = with ? text_copy(with) : NULL;
    free(*key);
    *cipher = now;
    *key = copy;
}

static int encrypt_read(struct environment *e, const char *value)
{
    const char *file = after(value, "smime:"), *key = after(value, "pgp:");
    if (file && *file == '/' && key_right(file))
        cipher_set(&e->encrypt, &e->encrypt_key, CIPHER_SMIME, file);
    else if (key && key_right(key))
        cipher_set(&e->encrypt, &e->encrypt_key, CIPHER_PGP, key);
    else if (text_same(value, NONE))
        cipher_set(&e->encrypt, &e->encrypt_key, CIPHER_NONE, NULL);
    else
        return -1;
    return 0;
}

static int decrypt_read(struct environment *e, const char *value)
{
    const char *file = after(value, "smime:");
    if (file && *file == '/' && key_right(file))
        cipher_set(&e->decrypt, &e->decrypt_key, CIPHER_SMIME, file);
    else if (text_same(value, "pgp"))
        cipher_set(&e->decrypt, &e->decrypt_key, CIPHER_PGP, NULL);
    else if (text_same(value, NONE))
        cipher_set(&e->decrypt, &e->decrypt_key, CIPHER_NONE, NULL);
    else
        return -1;
    return 0;
}

static void cipher_print(enum cipher cipher, const char *key, struct text *out)
{
    text_add(out, cipher == CIPHER_SMIME ? "smime"
                  : cipher == CIPHER_PGP ? "pgp"
                                         : NONE);
    if (key)
        text_addf(out, ":%s", key);
}

static void encrypt_print(const struct environment *e, struct text *out)
{
    cipher_print(e->encrypt, e->encrypt_key, out);
}

static void decrypt_print(const struct environment *e, struct text *out)
{
    cipher_print(e->decrypt, e->decrypt_key, out);
}

static void encrypt_copy(struct environment *to, const struct environment *from)
{
    cipher_set(&to->encrypt, &to->encrypt_key, from->encrypt,
               from->encrypt_key);
}

static void decrypt_copy(struct environment *to, const struct environment *from)
{
    cipher_set(&to->decrypt, &to->decrypt_key, from->decrypt,
               from->decrypt_key);
}

/* ---- one of two words ---- */

static int choice_read(bool *choice, const char *value, const char *no,
                       const char *yes)
{
    if (!text_same(value, no) && !text_same(value, yes))
        return -1;
    *choice = text_same(value, yes);
    return 0;
}

/* A field FIELD of *e that is NO or YES. */
#define CHOICE(name, field, no, yes)                                           \
    static int name##_read(struct environment *e, const char *value)           \
    {                                                                          \
        return choice_read(&e->field, value, no, yes);                         \
    }                                                                          \
    static void name##_print(const struct environment *e, struct text *out)    \
    {                                                                          \
        text_add(out, e->field ? (yes) : (no));                                \
    }                                                                          \
    static void name##_copy(struct environment *to,                            \
                            const struct environment *from)                    \
    {                                                                          \
        to->field = from->field;                                               \
    }

CHOICE(clear, clear, "no", "yes")
CHOICE(archive, one, "each", "one")
CHOICE(order, split_first, "compress", "split")
CHOICE(nothing, send_anyhow, "refuse", "send")

/* ---- gain ---- */

static int gain_read(struct environment *e, const char *value)
{
    size_t n = strspn(value, "0123456789");
    bool number = n > 0 && n <= 2 && (!value[n] || strcmp(value + n, "%") == 0);
    if (number)
        e->gain = atoi(value);
    return number ? 0 : -1;
}

static void gain_print(const struct environment *e, struct text *out)
{
    text_addf(out, "%d", e->gain);
}

static void gain_copy(struct environment *to, const struct environment *from)
{
    to->gain = from->gain;
}

/* ---- the table ---- */

#define FIELD(n, bit, what)                                                    \
    {                                                                          \
#n, bit, what, n##_read, n##_print, n##_copy                           \
    }

const struct environment_field environment_fields[ENVIRONMENT_FIELDS] = {
    FIELD(size, SAID_SIZE, "bytes such as 10M, 64K or more, or none"),
    FIELD(compress, SAID_COMPRESS,
          "a list with commas of zip, gzip, 7z, zstd, tar, tar.gz, tar.bz2, "
          "tar.xz and tar.zst, each once, or none"),
    FIELD(join, SAID_JOIN,
          "partial, files, both with a comma between, or none"),
    FIELD(encrypt, SAID_ENCRYPT,
          "smime:FILE (an absolute path), pgp:KEY, or none"),
    FIELD(decrypt, SAID_DECRYPT, "smime:FILE (an absolute path), pgp, or none"),
    FIELD(clear, SAID_CLEAR, "no or yes"),
    FIELD(archive, SAID_ARCHIVE, "each or one"),
    FIELD(order, SAID_ORDER, "compress or split"),
    FIELD(gain, SAID_GAIN, "percent, 0 to 99"),
    FIELD(nothing, SAID_NOTHING, "refuse or send"),
};
