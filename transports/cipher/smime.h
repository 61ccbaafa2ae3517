/* smime: CMS (RFC 5652) as S/MIME uses it (RFC 8551), with OpenSSL.
 *
 * Memory use does not grow with the message, in either direction. OpenSSL's own
 * reader takes a whole message into memory, so smime_decrypt() reads the
 * outer structure itself (BER, definite and indefinite lengths), gives OpenSSL
 * the part with the recipients, and streams the rest.
 *
 * What the encryption is worth: it hides, it does not vouch. AES-CBC, which is
 * what other mail programs can read, tells nobody who has written a message,
 * and whoever can change it on its way can change what it decrypts to, block by
 * block (the gadgets of EFAIL, 2018); an AuthEnvelopedData can be rewritten as
 * an EnvelopedData. So what is decrypted
 *   - is handed on as one whole MIME entity, in place of the one that was
 *     encrypted, and never beside clear text of the same multipart;
 *   - is not called authentic, whatever the header says.
 * Whether a message could be decrypted tells somebody who sends thousands of
 * altered ones what is in it (a padding oracle). Therefore everything that goes
 * wrong after a recipient was found has one text, and a wrong content key one
 * that is made up; the caller must not tell senders more than that, and no
 * sooner than other messages are answered. In one case of 256 a message that is
 * damaged or has a wrong content key decrypts to noise: that it is a MIME
 * entity is for the caller to see.
 *
 * Called by: cipher.
 * Memory: that of the recipients (envelope.h).
 * Fails: -1 with error[]: a fault of the machine's, or a key file that cannot
 * be used; what is tried again later may go well then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SMIME_H
#define OUTRIDER_SMIME_H

#include <stdbool.h>

#include "temp.h"

/* The MIME entity `in` (its line ends as CRLF, made so by the caller) encrypted
 * with AES-256-CBC for every certificate in the file (PEM): BER to `out`. A
 * certificate that is not valid now, or not made for encryption (RFC 8550
 * 4.4.2), is refused. */
int smime_encrypt(const struct extent *in, const char *certificates, int out,
                  char *error, size_t size);
/* Can the certificates be used? 1, 0 they must not be, SMIME_KEY_ABSENT, -1 the
 * machine does not say. */
int smime_ready(const char *certificates, char *error, size_t size);
/* Is this EnvelopedData or AuthEnvelopedData, for anybody? */
bool smime_enveloped(const struct extent *in);
/* The reverse: `in` is the CMS structure (decoded from base64); the PEM file
 * has the private key, without a passphrase, and its certificate, or several of
 * both. EnvelopedData in a CBC mode, and AuthEnvelopedData
 * (RFC 5083) whose tag is checked before 1 is returned: what stands in `out`
 * after anything else is not to be used. 0: it is not for this key, or no
 * enveloped data at all; or it is damaged, or made so that it must not be
 * decrypted, and error[] says why. */
int smime_decrypt(const struct extent *in, const char *key_file, int out,
                  char *error, size_t size);

#endif
