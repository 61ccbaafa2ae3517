/* fuzz_adapt_smime: encrypted messages from hostile bytes.
 *
 * The first byte chooses a message that is whole, and what follows changes it:
 * four bytes say what is done, where, and with what. Or, for other first bytes,
 * what follows is the message. Beside it OpenSSL decrypts the same in memory:
 * where both say that it is a message, it is the same one. What has a MAC is
 * the message that was sealed or none. Nothing that stands there is the
 * machine's fault. The key below is of no use elsewhere.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "smime.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "text.h"

static const char pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUYXr+hWljsaHLt6xdVvj9SRCBFg0wCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjIwMzU2NDZaGA8yMTI2MTAyOTAzNTY0\n"
    "NlowDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPPg\n"
    "1sGNALyezWlmEI4KvUxr/orixvjB5/Szwx7orQWTXWibaScAGfjd7am9NmzibgyW\n"
    "ed4IbHtdPJ04kKHINg+jUzBRMB0GA1UdDgQWBBQkU7sb5A86dZk24mTwdlNrKV6U\n"
    "VjAfBgNVHSMEGDAWgBQkU7sb5A86dZk24mTwdlNrKV6UVjAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDjwIrgU9r3x1pmoP5wX89H4178nfF69Dxn\n"
    "wuoT2PI3yQIgDwGgUHXNAa3S/L1idvZQ3oYIIIXKHuIpjhkEplN1TnI=\n"
    "-----END CERTIFICATE-----\n"
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKOOIb7hFFB0Gw6Ua\n"
    "so5+sV7yQ6l3Sv8tf7da3ZNzPBmhRANCAATz4NbBjQC8ns1pZhCOCr1Ma/6K4sb4\n"
    "wef0s8Me6K0Fk11om2knABn43e2pvTZs4m4MlnneCGx7XTydOJChyDYP\n"
    "-----END PRIVATE KEY-----\n";

static const char plain[] = "Content-Type: text/plain\r\n\r\n"
                            "What nobody else may read.\r\n";

static const struct {
    bool authenticated;
    const char *base64;
} sealed[] = {
    /* AES-GCM, indefinite lengths */
    {true,
     "MIAGCyqGSIb3DQEJEAEXoIAwgAIBADGByqGBxwIBA6BRoU8wCQYHKoZIzj0CAQNCAASGJv"
     "gZ4Yyz/hhcRiVRtUsDcx+RNtXext4l0td716gJPm/Vk0tuxRLkiv0/yCY1Yz1TjR1Ms1eO"
     "OuhcZnmlk0NwMBgGCSuBBRCGSD8AAjALBglghkgBZQMEAS0wVTBTMCcwDzENMAsGA1UEAw"
     "wEZnV6egIUYXr+hWljsaHLt6xdVvj9SRCBFg0EKCH8s+QjIMbrKCBzWZ30TeF00bK2axtS"
     "fABruCL9A7xVV/XcwzXdro8wgAYJKoZIhvcNAQcBMB4GCWCGSAFlAwQBLjARBAwgC/EUZu"
     "I+HdrYxFwCARCggAQ4pteBhTtogLUORCgFGyAYbhkN7uOFaMGO7BOpbDS2XFD7GOMjrOgg"
     "8q/ihpYil7Jfrodpgm0Bz1gAAAAABBCZQ4aLRc9tdmZ5GXXxIuOVAAAAAAAA"},
    /* AES-CBC, indefinite lengths */
    {false,
     "MIAGCSqGSIb3DQEHA6CAMIACAQIxgcqhgccCAQOgUaFPMAkGByqGSM49AgEDQgAEaDjyOC"
     "UblnDBxsWQI6MKmT/nzBrXhMFNwFa0Y8TFGaVougsfnuPJOncRtmrRPxGw+sbvdj64vxut"
     "oyG/cjTlajAYBgkrgQUQhkg/AAIwCwYJYIZIAWUDBAEtMFUwUzAnMA8xDTALBgNVBAMMBG"
     "Z1enoCFGF6/oVpY7Ghy7esXVb4/UkQgRYNBCiJVBWR2tp5sRfOcURAADPg9rMsncmTzz08"
     "QZ/zk+Fp6nXu1mfWNjq/MIAGCSqGSIb3DQEHATAdBglghkgBZQMEASoEEL13n+oYjeukeX"
     "f7TANsvOWggAQwtzcPqXvz4gHpph1iXvsNSUfr/gKWlWzWBUvrty7tmOzc9XulrWZgSRor"
     "mQqqLrTUBBAeNJ1QZSli+TCwX20hP1A1AAAAAAAAAAAAAA=="},
    /* AES-GCM, definite lengths */
    {true,
     "MIIBXgYLKoZIhvcNAQkQARegggFNMIIBSQIBADGByqGBxwIBA6BRoU8wCQYHKoZIzj0CAQ"
     "NCAASaT6zc2Fg3Rl3iur4r2c36qhi9waZXa/nCAFN7nrUL4a7Fk2xpBQxtFIjsQ2IUrv/y"
     "qrdcte5AQmRbzPfdB0WBMBgGCSuBBRCGSD8AAjALBglghkgBZQMEAS0wVTBTMCcwDzENMA"
     "sGA1UEAwwEZnV6egIUYXr+hWljsaHLt6xdVvj9SRCBFg0EKFrc5L8YoSv80KawRR+YRJRZ"
     "4lDcWuaLa0ylVfq+VVho/J5eV8McSr0wZQYJKoZIhvcNAQcBMB4GCWCGSAFlAwQBLjARBA"
     "y98Y5FcwRCu8BvRlICARCAOE90sdvQWDi9Dwvs6SIEhC36/u0eu0i9lTOxdmpU8vm8IhP+"
     "Za59UBKIaGnP557y5GiyU69NHZPOBBDj4c84yUoJTF4J8G5/JBel"},
};
#define SEALED (sizeof sealed / sizeof *sealed)

static void base64_add(struct text *t, const char *base64)
{
    size_t n = strlen(base64);
    unsigned char *bytes = malloc(n);

    FUZZ_ASSERT(bytes != NULL);
    EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)n);
    while (base64[n - 1] == '=')
        n--;
    text_addn(t, (const char *)bytes, n * 3 / 4);
    free(bytes);
}

/* One change: a byte becomes another, comes, goes, or is where it ends. */
static void change(struct text *t, const uint8_t *how)
{
    size_t at = (size_t)(how[1] << 8 | how[2]) % (t->len + 1);
    struct text tail = {0};

    text_addn(&tail, t->s + at, t->len - at);
    text_cut(t, at);
    if (how[0] % 4 == 1)
        text_addn(t, (const char *)how + 3, 1);
    if (how[0] % 4 == 0 && tail.len > 0)
        tail.s[0] = (char)how[3];
    if (how[0] % 4 < 2)
        text_addn(t, text_str(&tail), tail.len);
    else if (how[0] % 4 == 2 && tail.len > 0)
        text_addn(t, tail.s + 1, tail.len - 1);
    text_free(&tail);
}

static void bytes_make(struct text *t, const uint8_t *data, size_t size)
{
    text_add(t, "");
    if (data[0] >= SEALED) {
        text_addn(t, (const char *)data + 1, size - 1);
        return;
    }
    base64_add(t, sealed[data[0]].base64);
    for (size_t at = 1; at + 4 <= size; at += 4)
        change(t, data + at);
}

/* OpenSSL's own way; true when it says that this is a message. */
static bool reference(const struct text *t, struct text *out)
{
    const unsigned char *p = (const unsigned char *)t->s;
    BIO *file = BIO_new_mem_buf(pem, sizeof pem - 1), *mem;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)t->len);
    char *bytes;
    long n;
    bool done;

    mem = BIO_new(BIO_s_mem());
    done = cms != NULL && CMS_decrypt(cms, key, NULL, NULL, mem,
                                      CMS_DEBUG_DECRYPT | CMS_BINARY) == 1;
    n = BIO_get_mem_data(mem, &bytes);
    text_addn(out, bytes, (size_t)n);
    ERR_clear_error();
    CMS_ContentInfo_free(cms);
    EVP_PKEY_free(key);
    BIO_free(mem);
    BIO_free(file);
    return done;
}

static int memory(const void *data, size_t len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_ASSERT(fd != -1 && write(fd, data, len) == (ssize_t)len);
    return fd;
}

static int ours(const struct text *t, struct text *out)
{
    static char key_file[40];
    char error[300] = "", buffer[1024];
    struct extent in, result;
    int64_t at = 0, n;
    int rc;

    if (key_file[0] == '\0')
        snprintf(key_file, sizeof key_file, "/proc/self/fd/%d",
                 memory(pem, sizeof pem - 1));
    in = (struct extent){memory(t->s, t->len), 0, (int64_t)t->len};
    result.fd = memory("", 0);
    rc = smime_decrypt(&in, key_file, result.fd, error, sizeof error);
    /* -1 is the machine's fault, and nobody's who writes to us. */
    FUZZ_ASSERT(rc == 1 || rc == 0);
    FUZZ_ASSERT(rc == 0 || error[0] == '\0');
    FUZZ_ASSERT(ERR_peek_error() == 0);
    result = temp_extent(result.fd);
    for (; (n = extent_read(&result, at, buffer, sizeof buffer)) > 0; at += n)
        text_addn(out, buffer, (size_t)n);
    close(in.fd);
    close(result.fd);
    return rc;
}

static bool same(const struct text *t, const void *data, size_t len)
{
    return t->len == len && memcmp(text_str(t), data, len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = {0}, out = {0}, other = {0};
    int rc;

    if (size == 0)
        return 0;
    bytes_make(&bytes, data, size);
    rc = ours(&bytes, &out);
    if (reference(&bytes, &other) && rc == 1)
        FUZZ_ASSERT(same(&out, text_str(&other), other.len));
    if (data[0] < SEALED && size < 5)
        FUZZ_ASSERT(rc == 1);
    if (data[0] < SEALED && sealed[data[0]].authenticated && rc == 1)
        FUZZ_ASSERT(same(&out, plain, sizeof plain - 1));
    text_free(&bytes);
    text_free(&out);
    text_free(&other);
    return 0;
}
