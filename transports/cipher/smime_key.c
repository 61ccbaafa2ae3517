/* smime_key: certificates and private keys in PEM files. See smime_key.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "smime_key.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static BIO *key_file(const char *path, char *error, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        text_error(error, size, "cannot read %s: %s", path, strerror(errno));
    return file ? BIO_new_fp(file, BIO_CLOSE) : NULL;
}

static void certificates_free(STACK_OF(X509) * *list)
{
    sk_X509_pop_free(*list, X509_free);
    *list = NULL;
}

/* Will it be there later, without anybody's doing? */
static bool key_file_busy(void)
{
    return errno != ENOENT && errno != ENOTDIR && errno != EACCES &&
           errno != EISDIR && errno != ELOOP && errno != ENAMETOOLONG;
}

/* All that the file has, and there must be one: 1, SMIME_KEY_ABSENT, -1. */
static int key_certificates(const char *path, STACK_OF(X509) * *list,
                            char *error, size_t size)
{
    BIO *file = key_file(path, error, size);
    *list = NULL;
    if (!file)
        return key_file_busy() ? -1 : SMIME_KEY_ABSENT;
    *list = sk_X509_new_null();
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)))
        sk_X509_push(*list, certificate);
    /* So OpenSSL calls the end of a file. */
    bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(file);
    if (end && sk_X509_num(*list) > 0)
        return 1;
    text_error(error, size, "%s %s", path,
               end ? "has no certificate" : "has a damaged certificate");
    certificates_free(list);
    return SMIME_KEY_ABSENT;
}

/* NULL, or why nothing can be encrypted for it. */
static const char *key_unfit(X509 *certificate)
{
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0)
        return "is not valid yet";
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
        return "has expired";
    /* All bits are set where the certificate says nothing. */
    if (!(X509_get_key_usage(certificate) &
          (KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)))
        return "is not made for encryption";
    return NULL;
}

/* The sender reads this, so it names no file. */
static void key_refuse(X509 *certificate, const char *why, char *error,
                       size_t size)
{
    char *subject = NULL;
    BIO *name = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(name, X509_get_subject_name(certificate), 0,
                       XN_FLAG_RFC2253);
    long len = BIO_get_mem_data(name, &subject);
    text_error(error, size, "the certificate of %.*s %s", (int)len, subject,
               why);
    BIO_free(name);
}

int smime_key_recipients(const char *path, STACK_OF(X509) * *list, char *error,
                         size_t size)
{
    int rc = key_certificates(path, list, error, size);
    for (int i = 0; rc == 1 && i < sk_X509_num(*list); i++) {
        const char *why = key_unfit(sk_X509_value(*list, i));
        if (why) {
            key_refuse(sk_X509_value(*list, i), why, error, size);
            certificates_free(list);
            rc = 0;
        }
    }
    return rc;
}

/* Is this recipient the one of the certificate? */
static bool key_matches(CMS_RecipientInfo *recipient, X509 *certificate)
{
    if (CMS_RecipientInfo_type(recipient) == CMS_RECIPINFO_TRANS)
        return CMS_RecipientInfo_ktri_cert_cmp(recipient, certificate) == 0;
    if (CMS_RecipientInfo_type(recipient) != CMS_RECIPINFO_AGREE)
        return false;
    STACK_OF(CMS_RecipientEncryptedKey) *keys =
        CMS_RecipientInfo_kari_get0_reks(recipient);
    for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++)
        if (CMS_RecipientEncryptedKey_cert_cmp(
                sk_CMS_RecipientEncryptedKey_value(keys, i), certificate) == 0)
            return true;
    return false;
}

static bool key_is_recipient(CMS_ContentInfo *cms, X509 *certificate)
{
    STACK_OF(CMS_RecipientInfo) *list = CMS_get0_RecipientInfos(cms);
    for (int i = 0; i < sk_CMS_RecipientInfo_num(list); i++)
        if (key_matches(sk_CMS_RecipientInfo_value(list, i), certificate))
            return true;
    return false;
}

/* 1: a certificate of this key is a recipient. *pairs counts what belongs
 * together, whoever the message is for. */
static int key_try(CMS_ContentInfo *cms, STACK_OF(X509) * list,
                   struct smime_key *k, int *pairs)
{
    for (int i = 0; i < sk_X509_num(list); i++) {
        X509 *certificate = sk_X509_value(list, i);
        if (X509_check_private_key(certificate, k->key) != 1)
            continue;
        (*pairs)++;
        if (key_is_recipient(cms, certificate)) {
            X509_up_ref(certificate);
            k->certificate = certificate;
            return 1;
        }
    }
    return 0;
}

/* Without this, OpenSSL would ask on the terminal. */
static int key_passphrase(char *buffer, int size, int writing, void *asked)
{
    (void)writing;
    if (size > 0)
        *buffer = 0;
    *(bool *)asked = true;
    return -1;
}

int smime_key_find(CMS_ContentInfo *cms, const char *path, struct smime_key *k,
                   char *error, size_t size)
{
    bool asked = false;
    int pairs = 0, rc = 0;
    *k = (struct smime_key){0};
    STACK_OF(X509) * list;
    BIO *file = key_certificates(path, &list, error, size) == 1
                    ? key_file(path, error, size)
                    : NULL;
    while (file && rc == 0 &&
           (k->key =
                PEM_read_bio_PrivateKey(file, NULL, key_passphrase, &asked))) {
        rc = key_try(cms, list, k, &pairs);
        if (rc == 0)
            EVP_PKEY_free(k->key);
    }
    if (!file)
        rc = -1;
    else if (pairs == 0)
        rc = text_error(error, size, "%s has no private key %s", path,
                        asked ? "without a passphrase"
                              : "that belongs to its certificate");
    ERR_clear_error();
    BIO_free(file);
    sk_X509_pop_free(list, X509_free);
    return rc;
}

void smime_key_free(struct smime_key *k)
{
    EVP_PKEY_free(k->key);
    X509_free(k->certificate);
    *k = (struct smime_key){0};
}
