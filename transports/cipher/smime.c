/* smime: CMS (RFC 5652) as S/MIME uses it (RFC 8551), with OpenSSL. See
 * smime.h.
 *
 * Bytes come from and go to BIOs of our own: those of OpenSSL know of no piece
 * of a file, and of no disk that is full in the middle of a write.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "smime.h"

#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <string.h>

#include "envelope.h"
#include "smime_key.h"
#include "text.h"

#define BLOCK 65536

/* OpenSSL's last words. */
static int smime_error(const char *what, char *error, size_t size)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return text_error(error, size, "%s: %s", what,
                      reason ? reason : "OpenSSL does not say why");
}

static long smime_bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO *smime_bio(BIO_METHOD *method, void *data)
{
    BIO_meth_set_ctrl(method, smime_bio_ctrl);
    BIO *bio = BIO_new(method);
    if (bio) {
        BIO_set_data(bio, data);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* Frees what was put in front of the last one. */
static void smime_bio_free(BIO *bio, const BIO *last)
{
    while (bio && bio != last) {
        BIO *next = BIO_pop(bio);
        BIO_free(bio);
        bio = next;
    }
}

/* ---- encrypt ---- */

struct sink {
    int out;
    bool failed;
    char why[200];
};

static int sink_write(BIO *bio, const char *data, int len)
{
    struct sink *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!s->failed && len > 0)
        s->failed =
            write_all(s->out, data, (size_t)len, s->why, sizeof s->why) == -1;
    return s->failed ? -1 : len;
}

/* All of it through the BIO. */
static int smime_pump(BIO *bio, const struct extent *in, char *error,
                      size_t size)
{
    char buffer[BLOCK];
    int64_t at = 0, n;
    while ((n = extent_read(in, at, buffer, sizeof buffer)) > 0) {
        if (BIO_write(bio, buffer, (int)n) != n)
            return smime_error("cannot encrypt", error, size);
        at += n;
    }
    if (n == -1 || at < in->len)
        return text_error(error, size, "cannot read: %s",
                          n == -1 ? strerror(errno)
                                  : "the file has become shorter");
    if (BIO_flush(bio) != 1)
        return smime_error("cannot encrypt", error, size);
    return 0;
}

static int smime_write(CMS_ContentInfo *cms, const struct extent *in, int out,
                       char *error, size_t size)
{
    struct sink s = {.out = out};
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sink");
    BIO_meth_set_write(method, sink_write);
    BIO *last = smime_bio(method, &s);
    BIO *bio = last ? BIO_new_CMS(last, cms) : NULL;
    int rc = bio ? smime_pump(bio, in, error, size)
                 : smime_error("cannot encrypt", error, size);
    if (s.failed)
        rc = text_error(error, size, "%s", s.why);
    smime_bio_free(bio, last);
    BIO_free(last);
    BIO_meth_free(method);
    return rc;
}

int smime_ready(const char *certificates, char *error, size_t size)
{
    STACK_OF(X509) * list;
    int ready = smime_key_recipients(certificates, &list, error, size);
    sk_X509_pop_free(list, X509_free);
    return ready;
}

int smime_encrypt(const struct extent *in, const char *certificates, int out,
                  char *error, size_t size)
{
    STACK_OF(X509) * list;
    if (smime_key_recipients(certificates, &list, error, size) != 1)
        return -1;
    CMS_ContentInfo *cms =
        CMS_encrypt(list, NULL, EVP_aes_256_cbc(), CMS_STREAM | CMS_BINARY);
    int rc = cms ? smime_write(cms, in, out, error, size)
                 : smime_error("cannot encrypt", error, size);
    CMS_ContentInfo_free(cms);
    sk_X509_pop_free(list, X509_free);
    return rc;
}

/* ---- decrypt ---- */

struct source {
    struct ber_octets octets;
    bool failed; /* which looks like an end to the BIO that decrypts */
};

static int source_read(BIO *bio, char *buffer, int len)
{
    struct source *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (s->failed || len <= 0)
        return -1;
    int64_t n = ber_octets_read(&s->octets, buffer, (size_t)len);
    s->failed = n == -1;
    return (int)n;
}

/* The one text of all that goes wrong from here on (smime.h). Gives 0. */
static int smime_damaged(char *error, size_t size)
{
    ERR_clear_error();
    text_error(error, size,
               "it cannot be decrypted: it is damaged, or was not encrypted "
               "for this key");
    return 0;
}

/* A stream cipher without a MAC would make an oracle of us for what others
 * encrypt with one: only its MAC tells AES-GCM from AES-CTR. */
static bool smime_mode_fits(BIO *bio, bool authenticated)
{
    EVP_CIPHER_CTX *cipher = NULL;
    BIO_get_cipher_ctx(bio, &cipher);
    return cipher &&
           EVP_CIPHER_CTX_get_mode(cipher) ==
               (authenticated ? EVP_CIPH_GCM_MODE : EVP_CIPH_CBC_MODE);
}

/* The end is the place where padding and MAC are looked at. */
static int smime_drain(BIO *bio, const struct source *s, int out, char *error,
                       size_t size)
{
    char buffer[BLOCK];
    int n;
    while ((n = BIO_read(bio, buffer, sizeof buffer)) > 0)
        if (write_all(out, buffer, (size_t)n, error, size) == -1)
            return -1;
    if (n < 0 || s->failed || BIO_get_cipher_status(bio) != 1)
        return smime_damaged(error, size);
    return 1;
}

static int smime_read(CMS_ContentInfo *cms, const struct envelope *e,
                      struct ber *b, int out, char *error, size_t size)
{
    struct source s = {.failed = false};
    int rc;
    ber_octets_begin(&s.octets, b, &e->content);
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "source");
    BIO_meth_set_read(method, source_read);
    BIO *last = smime_bio(method, &s);
    BIO *bio = last ? CMS_dataInit(cms, last) : NULL;
    if (!bio)
        rc = (smime_error("it cannot be decrypted", error, size), 0);
    else if (!smime_mode_fits(bio, e->authenticated))
        rc = (text_error(error, size, "its cipher is not fit for mail"), 0);
    else
        rc = smime_drain(bio, &s, out, error, size);
    smime_bio_free(bio, last);
    BIO_free(last);
    BIO_meth_free(method);
    return rc;
}

static int smime_open(const struct envelope *e, struct ber *b,
                      const char *key_file, int out, char *error, size_t size)
{
    const unsigned char *p = (const unsigned char *)e->head.s;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)e->head.len);
    if (!cms)
        return smime_error("it is damaged", error, size), 0;
    struct smime_key k;
    int rc = smime_key_find(cms, key_file, &k, error, size);
    if (rc == 1 && CMS_decrypt_set1_pkey(cms, k.key, k.certificate) != 1)
        rc = smime_damaged(error, size);
    if (rc == 1)
        rc = smime_read(cms, e, b, out, error, size);
    smime_key_free(&k);
    CMS_ContentInfo_free(cms);
    return rc;
}

bool smime_enveloped(const struct extent *in)
{
    struct ber b;
    struct envelope e = {0};
    ber_open(&b, in);
    bool is = envelope_read(&b, &e) == 1;
    envelope_free(&e);
    return is;
}

int smime_decrypt(const struct extent *in, const char *key_file, int out,
                  char *error, size_t size)
{
    struct ber b;
    struct envelope e = {0};
    ber_open(&b, in);
    int rc = envelope_read(&b, &e);
    if (rc == 1)
        rc = smime_open(&e, &b, key_file, out, error, size);
    else if (rc == -1)
        rc = (text_error(error, size, "it is damaged: %s", b.why), 0);
    envelope_free(&e);
    return rc;
}
