/* smime_key: certificates and private keys in PEM files.
 *
 * Called by: smime.
 * Memory: what is given is the caller's to free, with OpenSSL's functions.
 * Fails: with error[], which names the file and, where there is one, the
 * certificate's subject.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SMIME_KEY_H
#define OUTRIDER_SMIME_KEY_H

#include <openssl/cms.h>
#include <stddef.h>

/* All certificates of the file, each fit to encrypt for now: 1; 0 they are not;
 * SMIME_KEY_ABSENT there is no file, or no certificate in it; -1 the machine
 * cannot read the file now. */
#define SMIME_KEY_ABSENT 2
int smime_key_recipients(const char *path, STACK_OF(X509) * *list, char *error,
                         size_t size);

struct smime_key {
    EVP_PKEY *key;
    X509 *certificate;
};
/* A key of the file that this was encrypted for: 1; 0 when there is none; -1
 * the file cannot be used. A key belongs to a certificate in the same file. */
int smime_key_find(CMS_ContentInfo *cms, const char *path, struct smime_key *k,
                   char *error, size_t size);
void smime_key_free(struct smime_key *k);

#endif
