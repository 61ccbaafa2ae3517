/* pgp: OpenPGP as PGP/MIME uses it, with GPGME. See pgp.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pgp.h"

#include <errno.h>
#include <gpgme.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pgp_key.h"
#include "text.h"

#define RATIO_FROM (1 << 20)

/* Where gpg's input comes from and its output goes to. */
struct stream {
    const struct extent *in;
    int64_t at;
    int out;
    int64_t written, max; /* -1: no limit */
    bool too_large;       /* that was why */
    char why[200];        /* "", or what failed here */
};

static ssize_t stream_read(void *handle, void *buffer, size_t len)
{
    struct stream *s = handle;
    int64_t n = extent_read(s->in, s->at, buffer, len);
    if (n == -1 || (n == 0 && s->at < s->in->len)) {
        text_error(s->why, sizeof s->why, "cannot read: %s",
                   n == -1 ? strerror(errno) : "the file has become shorter");
        errno = EIO;
        return -1;
    }
    s->at += n;
    return (ssize_t)n;
}

static ssize_t stream_write(void *handle, const void *data, size_t len)
{
    struct stream *s = handle;
    s->written += (int64_t)len;
    s->too_large = s->max != -1 && s->written > s->max;
    if (s->too_large)
        text_error(s->why, sizeof s->why,
                   "it grows to more than %d times "
                   "its size",
                   PGP_RATIO);
    else if (write_all(s->out, data, len, s->why, sizeof s->why) == 0)
        return (ssize_t)len;
    errno = EIO;
    return -1;
}

/* One use of gpg. */
struct pgp {
    gpgme_ctx_t context;
    gpgme_data_t in, out;
    struct sigaction pipe; /* as it was */
};

static void pgp_close(struct pgp *p)
{
    gpgme_data_release(p->in);
    gpgme_data_release(p->out);
    if (p->context)
        gpgme_release(p->context);
    sigaction(SIGPIPE, &p->pipe, NULL);
}

/* A gpg that ends early must not end us (GPGME's manual, "Signal Handling"). */
static gpgme_error_t pgp_open(struct pgp *p, const char *home, struct stream *s)
{
    static struct gpgme_data_cbs reads = {.read = stream_read};
    static struct gpgme_data_cbs writes = {.write = stream_write};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    *p = (struct pgp){0};
    sigaction(SIGPIPE, &ignore, &p->pipe);
    gpgme_check_version(NULL);
    /* Without its directory, gpg would say that there is no such key. */
    if (access(home, R_OK | X_OK) == -1)
        return gpgme_error_from_errno(errno);
    gpgme_error_t rc = gpgme_new(&p->context);
    if (!rc)
        rc = gpgme_ctx_set_engine_info(p->context, GPGME_PROTOCOL_OpenPGP, NULL,
                                       home);
    /* A loopback without anybody at its end ends gpg in the middle of a word.
     */
    if (!rc)
        rc = gpgme_set_pinentry_mode(p->context, GPGME_PINENTRY_MODE_ERROR);
    if (!rc)
        rc = gpgme_data_new_from_cbs(&p->in, &reads, s);
    if (!rc)
        rc = gpgme_data_new_from_cbs(&p->out, &writes, s);
    if (rc)
        return rc;
    gpgme_set_armor(p->context, 1);
    gpgme_set_offline(p->context, 1);
    return 0;
}

static gpgme_error_t pgp_encrypt_for(struct pgp *p, const struct pgp_keys *keys)
{
    gpgme_error_t rc = gpgme_op_encrypt(
        p->context, keys->list, GPGME_ENCRYPT_ALWAYS_TRUST, p->in, p->out);
    gpgme_encrypt_result_t result = gpgme_op_encrypt_result(p->context);
    if (!rc && result && result->invalid_recipients)
        rc = gpgme_error(GPG_ERR_UNUSABLE_PUBKEY);
    return rc;
}

int pgp_ready(const char *home, const char *key, char *error, size_t size)
{
    struct stream none = {.max = -1};
    struct pgp_keys keys = {0};
    struct pgp p;
    gpgme_error_t rc = pgp_open(&p, home, &none);
    int found = rc ? text_error(error, size, "key ring %s: %s", home,
                                gpgme_strerror(rc))
                   : pgp_keys_find(p.context, key, &keys, error, size);
    pgp_keys_free(&keys);
    pgp_close(&p);
    return found > 0 ? 1 : found;
}

int pgp_encrypt(const struct extent *in, const char *home, const char *key,
                int out, char *error, size_t size)
{
    struct stream s = {.in = in, .out = out, .max = -1};
    struct pgp_keys keys = {0};
    struct pgp p;
    int done = 0;
    gpgme_error_t rc = pgp_open(&p, home, &s);
    if (!rc)
        done = pgp_keys_find(p.context, key, &keys, error, size);
    if (!rc && done > 0)
        rc = pgp_encrypt_for(&p, &keys);
    if (rc || *s.why)
        done = text_error(error, size, "cannot encrypt: %s",
                          *s.why ? s.why : gpgme_strerror(rc));
    pgp_keys_free(&keys);
    pgp_close(&p);
    return done > 0 ? 0 : -1;
}

/* gpg refuses it by itself, unless its configuration says otherwise. */
static bool pgp_unprotected(gpgme_decrypt_result_t result)
{
    return result &&
           (result->legacy_cipher_nomdc ||
            (result->symkey_algo && strstr(result->symkey_algo, "PGPCFB")));
}

/* Was one of our keys the right one? What goes wrong after that has one text,
 * for the reason that smime.h gives. */
static bool pgp_begun(gpgme_decrypt_result_t result)
{
    for (gpgme_recipient_t r = result ? result->recipients : NULL; r;
         r = r->next)
        if (!r->status)
            return true;
    return false;
}

/* gpg, its agent or the system, and not the message. */
static bool pgp_machine(gpgme_err_code_t code)
{
    static const gpgme_err_code_t codes[] = {
        GPG_ERR_INV_ENGINE,     GPG_ERR_UNSUPPORTED_PROTOCOL,
        GPG_ERR_NO_AGENT,       GPG_ERR_AGENT,
        GPG_ERR_NO_SCDAEMON,    GPG_ERR_CONFIGURATION,
        GPG_ERR_KEYRING_OPEN,   GPG_ERR_RESOURCE_LIMIT,
        GPG_ERR_NO_ENGINE,      GPG_ERR_SERVER_FAILED,
        GPG_ERR_ASS_GENERAL,    GPG_ERR_ASS_CONNECT_FAILED,
        GPG_ERR_SELFTEST_FAILED};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (code == codes[i])
            return true;
    return code & GPG_ERR_SYSTEM_ERROR;
}

#define PATIENCE 60 /* seconds, and one more for each MiB */

/* gpg tries all of its keys for each recipient that is hidden, and a message
 * may have thousands of them. false: it took too long. */
static bool pgp_decrypt_soon(struct pgp *p, int64_t len, gpgme_error_t *rc)
{
    time_t end = time(NULL) + PATIENCE + (time_t)(len >> 20);
    *rc = gpgme_op_decrypt_start(p->context, p->in, p->out);
    while (!*rc && !gpgme_wait(p->context, rc, 0))
        if (time(NULL) > end) {
            gpgme_cancel(p->context);
            gpgme_wait(p->context, rc, 1);
            return false;
        }
    return true;
}

static int pgp_refused(gpgme_error_t rc, gpgme_decrypt_result_t result,
                       char *error, size_t size)
{
    gpgme_err_code_t code = gpgme_err_code(rc);
    if (code == GPG_ERR_NO_SECKEY)
        return 0;
    /* For a passphrase, which nobody was asked for. */
    if (code == GPG_ERR_CANCELED && !(result && result->recipients))
        return 0;
    if (code == GPG_ERR_NO_PIN_ENTRY)
        return text_error(error, size, "the secret key has a passphrase"), 0;
    if (pgp_machine(code))
        return text_error(error, size, "gpg: %s", gpgme_strerror(rc));
    if (pgp_begun(result))
        text_error(error, size, "it cannot be decrypted: it is damaged");
    else
        text_error(error, size, "it cannot be decrypted: %s",
                   gpgme_strerror(rc));
    return 0;
}

int pgp_decrypt(const struct extent *in, const char *home, int out, char *error,
                size_t size)
{
    struct stream s = {.in = in, .out = out};
    struct pgp p;
    s.max = RATIO_FROM + in->len * PGP_RATIO;
    gpgme_error_t rc = pgp_open(&p, home, &s), opened = rc;
    bool soon = rc || pgp_decrypt_soon(&p, in->len, &rc);
    gpgme_decrypt_result_t result =
        p.context ? gpgme_op_decrypt_result(p.context) : NULL;
    int done = 1;
    if (*s.why) {
        text_error(error, size, "%s", s.why);
        done = s.too_large ? 0 : -1;
    } else if (!soon)
        done = (text_error(error, size, "it takes too long"), 0);
    else if (opened)
        done = text_error(error, size, "key ring %s: %s", home,
                          gpgme_strerror(rc));
    else if (pgp_unprotected(result))
        done = (text_error(error, size,
                           "it is not protected against change (no MDC)"),
                0);
    else if (rc)
        done = pgp_refused(rc, result, error, size);
    pgp_close(&p);
    return done;
}
