/* cipher: a MIME entity encrypted, and one decrypted. See cipher.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cipher.h"

#include <errno.h>
#include <fcntl.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lines.h"
#include "pgp.h"
#include "smime.h"
#include "splice.h"
#include "structure.h"

/* One step: from an extent to a new temporary file. */
struct step {
    enum cipher how;
    const char *key, *home;
    char *error;
    size_t size;
};

/* A temporary file with what `make` writes of `in`; its result (-1 when there
 * is no file). Nothing is left open where that is not `good`. */
static int step_make(const struct step *s, int good,
                     int (*make)(const struct step *s, const struct extent *in,
                                 int out),
                     const struct extent *in, struct extent *out)
{
    int fd = temp_file(s->error, s->size);
    if (fd == -1)
        return -1;
    int rc = make(s, in, fd);
    if (rc == good)
        *out = temp_extent(fd);
    else
        close(fd);
    return rc;
}

static int step_to_wire(const struct step *s, const struct extent *in, int out)
{
    return lines_to_wire(in, out, s->error, s->size);
}

static int step_from_wire(const struct step *s, const struct extent *in,
                          int out)
{
    return lines_from_wire(in, out, s->error, s->size);
}

/* ---- wrap ---- */

static int step_encrypt(const struct step *s, const struct extent *in, int out)
{
    if (s->how == CIPHER_SMIME)
        return smime_encrypt(in, s->key, out, s->error, s->size);
    return pgp_encrypt(in, s->home, s->key, out, s->error, s->size);
}

static int smime_entity(struct splice *entity, const struct extent *sealed)
{
    splice_text(entity, "Content-Type: application/pkcs7-mime; "
                        "smime-type=enveloped-data;\n\tname=\"smime.p7m\"\n"
                        "Content-Transfer-Encoding: base64\n"
                        "Content-Disposition: attachment; "
                        "filename=\"smime.p7m\"\n"
                        "Content-Description: S/MIME encrypted message\n\n");
    splice_base64(entity, sealed);
    return 0;
}

/* In armour, no line begins like a boundary but those of the armour, which go
 * on with dashes (RFC 4880 6.2). */
static int pgp_entity(struct splice *entity, const struct extent *sealed)
{
    unsigned long number[2] = {0};
    if (getrandom(number, sizeof number, 0) != sizeof number)
        return -1;
    char *boundary = text_format("=_%016lx%016lx", number[0], number[1]);
    char *text = text_format(
        "Content-Type: multipart/encrypted; "
        "protocol=\"application/pgp-encrypted\";\n\tboundary=\"%s\"\n\n"
        "--%s\nContent-Type: application/pgp-encrypted\n"
        "Content-Description: PGP/MIME version\n\nVersion: 1\n\n"
        "--%s\nContent-Type: application/octet-stream; "
        "name=\"encrypted.asc\"\n"
        "Content-Description: OpenPGP encrypted message\n"
        "Content-Disposition: inline; filename=\"encrypted.asc\"\n\n",
        boundary, boundary, boundary);
    splice_text(entity, text);
    int rc = splice_extent(entity, sealed);
    free(text);
    text = text_format("\n--%s--\n", boundary);
    splice_text(entity, text);
    free(text);
    free(boundary);
    return rc;
}

static int step_entity(const struct step *s, const struct extent *in, int out)
{
    struct splice entity = {0};
    int rc = s->how == CIPHER_SMIME ? smime_entity(&entity, in)
                                    : pgp_entity(&entity, in);
    if (rc == -1)
        text_error(s->error, s->size, "cannot read: %s", strerror(errno));
    else
        rc = splice_write(&entity, out, s->error, s->size);
    splice_free(&entity);
    return rc;
}

int cipher_ready(enum cipher how, const char *key, const char *pgp_home,
                 char *error, size_t size)
{
    switch (how) {
    case CIPHER_SMIME:
        return smime_ready(key, error, size);
    case CIPHER_PGP:
        return pgp_ready(pgp_home, key, error, size);
    default:
        return text_error(error, size, "there is no way to encrypt it"), 0;
    }
}

int cipher_wrap(enum cipher how, const char *key, const char *pgp_home,
                const struct extent *entity, struct extent *out, char *error,
                size_t size)
{
    const struct step s = {how, key, pgp_home, error, size};
    struct extent plain = {0}, sealed = {0};
    if (how == CIPHER_NONE)
        return text_error(error, size, "there is no way to encrypt it");
    if (step_make(&s, 0, step_to_wire, entity, &plain) == -1)
        return -1;
    int rc = step_make(&s, 0, step_encrypt, &plain, &sealed);
    close(plain.fd);
    if (rc == -1)
        return -1;
    rc = step_make(&s, 0, step_entity, &sealed, out);
    close(sealed.fd);
    return rc;
}

/* ---- unwrap ---- */

/* The entity, whose bodies stay in the file. */
static GMimeObject *entity_parse(const struct extent *e)
{
    int fd = structure_fits(e) ? fcntl(e->fd, F_DUPFD_CLOEXEC, 3) : -1;
    if (fd == -1)
        return NULL;
    GMimeStream *stream =
        g_mime_stream_fs_new_with_bounds(fd, e->from, e->from + e->len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    GMimeObject *object = g_mime_parser_construct_part(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    return object;
}

static bool entity_is(GMimeObject *object, const char *type,
                      const char *subtype)
{
    return g_mime_content_type_is_type(g_mime_object_get_content_type(object),
                                       type, subtype);
}

static bool entity_says(GMimeObject *object, const char *parameter,
                        const char *value)
{
    const char *found =
        g_mime_object_get_content_type_parameter(object, parameter);
    return found && text_same(found, value);
}

/* By its type, or, where a gateway has made that a general one, by its name
 * (RFC 8551 3.9). */
static GMimePart *smime_part(GMimeObject *object)
{
    if (!GMIME_IS_PART(object))
        return NULL;
    GMimePart *part = GMIME_PART(object);
    if (entity_is(object, "application", "octet-stream")) {
        const char *name = g_mime_part_get_filename(part);
        size_t n = name ? strlen(name) : 0;
        return n > 4 && text_same(name + n - 4, ".p7m") ? part : NULL;
    }
    if (!entity_is(object, "application", "pkcs7-mime") &&
        !entity_is(object, "application", "x-pkcs7-mime"))
        return NULL;
    if (!g_mime_object_get_content_type_parameter(object, "smime-type") ||
        entity_says(object, "smime-type", "enveloped-data") ||
        entity_says(object, "smime-type", "authEnveloped-data"))
        return part;
    return NULL;
}

static GMimePart *pgp_part(GMimeObject *object)
{
    if (!GMIME_IS_MULTIPART(object) ||
        !entity_is(object, "multipart", "encrypted") ||
        !entity_says(object, "protocol", "application/pgp-encrypted") ||
        g_mime_multipart_get_count(GMIME_MULTIPART(object)) != 2)
        return NULL;
    GMimeObject *version =
        g_mime_multipart_get_part(GMIME_MULTIPART(object), 0);
    GMimeObject *data = g_mime_multipart_get_part(GMIME_MULTIPART(object), 1);
    if (!entity_is(version, "application", "pgp-encrypted") ||
        !GMIME_IS_PART(data))
        return NULL;
    return GMIME_PART(data);
}

/* What the part has, without its transfer encoding. 1, 0, -1. */
static int part_decode(GMimePart *part, int out, char *error, size_t size)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    if (!content)
        return 0;
    int fd = fcntl(out, F_DUPFD_CLOEXEC, 3);
    if (fd == -1)
        return text_error(error, size, "cannot decode: %s", strerror(errno));
    GMimeStream *stream = g_mime_stream_fs_new(fd);
    bool done = g_mime_data_wrapper_write_to_stream(content, stream) != -1 &&
                g_mime_stream_flush(stream) == 0;
    if (!done)
        text_error(error, size, "cannot decode: %s", strerror(errno));
    g_object_unref(stream);
    return done ? 1 : -1;
}

static int step_decode(const struct step *s, const struct extent *in, int out)
{
    GMimeObject *object = entity_parse(in);
    if (!object)
        return 0;
    GMimePart *part =
        s->how == CIPHER_SMIME ? smime_part(object) : pgp_part(object);
    int rc = part ? part_decode(part, out, s->error, s->size) : 0;
    g_object_unref(object);
    return rc;
}

static int step_decrypt(const struct step *s, const struct extent *in, int out)
{
    if (s->how == CIPHER_SMIME)
        return smime_decrypt(in, s->key, out, s->error, s->size);
    return pgp_decrypt(in, s->home, out, s->error, s->size);
}

/* Does it begin with a header field (RFC 5322 2.2), or with the blank line of
 * one that has none? A wrong key that was not noticed makes noise. */
static bool entity_begins(const struct extent *e)
{
    char head[200] = "";
    size_t n = 0;
    if (extent_read(e, 0, head, sizeof head - 1) <= 0)
        return false;
    while (head[n] > ' ' && head[n] < 127 && head[n] != ':')
        n++;
    return (n > 0 && head[n] == ':') ||
           (n == 0 && (strncmp(head, "\r\n", 2) == 0 || head[0] == '\n'));
}

int cipher_enveloped(const struct extent *entity, char *error, size_t size)
{
    struct step s = {.how = CIPHER_SMIME, .size = size};
    struct extent content = {0};
    s.error = error;
    int rc = step_make(&s, 1, step_decode, entity, &content);
    if (rc != 1)
        return rc;
    rc = smime_enveloped(&content);
    close(content.fd);
    return rc;
}

int cipher_unwrap(enum cipher how, const char *key, const char *pgp_home,
                  const struct extent *entity, struct extent *out, char *error,
                  size_t size)
{
    const struct step s = {how, key, pgp_home, error, size};
    struct extent sealed = {0}, plain = {0};
    if (how == CIPHER_NONE)
        return 0;
    int rc = step_make(&s, 1, step_decode, entity, &sealed);
    if (rc != 1)
        return rc;
    rc = step_make(&s, 1, step_decrypt, &sealed, &plain);
    close(sealed.fd);
    if (rc != 1)
        return rc;
    if (!entity_begins(&plain))
        rc = (text_error(error, size, "what was encrypted is no MIME entity"),
              0);
    else if (step_make(&s, 0, step_from_wire, &plain, out) == -1)
        rc = -1;
    close(plain.fd);
    return rc;
}
