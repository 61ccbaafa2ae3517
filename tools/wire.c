/* wire: a TCP connection with deadlines, in clear and then with TLS. See
 * wire.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

struct wire {
    int fd;
    bool reset;     /* while it was being opened: nothing can be read */
    SSL *ssl;       /* NULL in clear; owns the two */
    BIO *from, *to; /* what TLS is to read, and what it has written */
};

/* 0 ready; -1 with errno. */
static int wire_wait(const struct wire *w, short events, int64_t deadline)
{
    struct pollfd poller = {.fd = w->fd, .events = events};
    for (;;) {
        int64_t left = deadline - clock_steady();
        int rc = poll(&poller, 1, left > 0 ? (int)left : 0);
        if (rc > 0)
            return 0;
        if (rc == 0)
            errno = ETIMEDOUT;
        if (rc == 0 || errno != EINTR)
            return -1;
    }
}

static bool must_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* A server that never stops sending must not outrun the deadline either. */
static ssize_t raw_read(const struct wire *w, char *out, size_t size,
                        int64_t deadline)
{
    ssize_t n;
    if (w->reset || clock_steady() >= deadline) {
        errno = w->reset ? ECONNRESET : ETIMEDOUT;
        return -1;
    }
    while ((n = recv(w->fd, out, size, MSG_DONTWAIT)) == -1 && must_wait())
        if (wire_wait(w, POLLIN, deadline) == -1)
            return -1;
    return n;
}

static int raw_write(const struct wire *w, const char *bytes, size_t n,
                     int64_t deadline)
{
    while (n > 0) {
        ssize_t some = send(w->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (some == -1 &&
            (!must_wait() || wire_wait(w, POLLOUT, deadline) == -1))
            return -1;
        bytes += some > 0 ? some : 0;
        n -= some > 0 ? (size_t)some : 0;
    }
    return 0;
}

/* -- connecting ------------------------------------------------------------ */

static int wire_connect(struct wire *w, const struct address *a,
                        int64_t deadline)
{
    int error = 0, one = 1;
    socklen_t len = sizeof error;
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(w->fd, (const struct sockaddr *)&a->sa, a->len) == 0)
        return 0;
    if (errno != EINPROGRESS && errno != EINTR)
        return -1;
    if (wire_wait(w, POLLOUT, deadline) == -1 ||
        getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
        return -1;
    errno = error;
    /* Only what was open can be reset; else it is refused. */
    w->reset = error == ECONNRESET;
    return error && !w->reset ? -1 : 0;
}

struct wire *wire_open(const struct address *a, int64_t deadline)
{
    struct wire *w = text_alloc(sizeof *w);
    w->fd =
        socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (w->fd == -1 || wire_connect(w, a, deadline) == -1) {
        int error = errno;
        wire_close(&w);
        errno = error;
    }
    return w;
}

/* -- TLS ------------------------------------------------------------------- */

static int tls_flush(struct wire *w, int64_t deadline)
{
    char buffer[4096];
    int n;
    while ((n = BIO_read(w->to, buffer, sizeof buffer)) > 0)
        if (raw_write(w, buffer, (size_t)n, deadline) == -1)
            return -1;
    return 0;
}

static ssize_t tls_fill(struct wire *w, int64_t deadline)
{
    char buffer[4096];
    ssize_t n = raw_read(w, buffer, sizeof buffer, deadline);
    if (n > 0)
        BIO_write(w->from, buffer, (int)n);
    return n;
}

/* An operation of OpenSSL's gave rc, which is no success: 1 it can be tried
 * again, 0 the peer has closed, -1 it has failed (EPROTO: OpenSSL knows why).
 */
static ssize_t tls_again(struct wire *w, int rc, int64_t deadline)
{
    int why = SSL_get_error(w->ssl, rc);
    if (tls_flush(w, deadline) == -1)
        return -1;
    if (why == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (why != SSL_ERROR_WANT_READ) {
        errno = EPROTO;
        return -1;
    }
    ssize_t n = tls_fill(w, deadline);
    return n > 0 ? 1 : n;
}

static ssize_t tls_read(struct wire *w, char *out, size_t size,
                        int64_t deadline)
{
    for (;;) {
        ERR_clear_error();
        int n = SSL_read(w->ssl, out, size < INT_MAX ? (int)size : INT_MAX);
        if (n > 0)
            return n;
        ssize_t again = tls_again(w, n, deadline);
        if (again != 1)
            return again;
    }
}

static int tls_write(struct wire *w, const char *bytes, size_t n,
                     int64_t deadline)
{
    size_t written;
    ERR_clear_error();
    while (SSL_write_ex(w->ssl, bytes, n, &written) != 1) {
        ssize_t again = tls_again(w, 0, deadline);
        if (again == 0)
            errno = EPIPE;
        if (again != 1)
            return -1;
        ERR_clear_error();
    }
    return tls_flush(w, deadline);
}

static SSL_CTX *tls_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_options(context,
                        SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET);
    return context;
}

/* OpenSSL's macro takes no const, and copies. */
static void tls_name(struct wire *w, const char *name)
{
    char *copy = text_copy(name);
    SSL_set_tlsext_host_name(w->ssl, copy);
    free(copy);
}

/* The session keeps the context for as long as it needs it. */
static bool tls_begin(struct wire *w, const char *name)
{
    SSL_CTX *context = tls_context();
    w->ssl = context ? SSL_new(context) : NULL;
    SSL_CTX_free(context);
    w->from = w->ssl ? BIO_new(BIO_s_mem()) : NULL;
    w->to = w->from ? BIO_new(BIO_s_mem()) : NULL;
    if (!w->to) {
        BIO_free(w->from);
        SSL_free(w->ssl);
        w->ssl = NULL;
        return false;
    }
    SSL_set_bio(w->ssl, w->from, w->to);
    if (name)
        tls_name(w, name);
    return true;
}

static int tls_error(ssize_t again, char *error, size_t size)
{
    const char *reason = NULL;
    if (again == -1 && errno == EPROTO)
        reason = ERR_reason_error_string(ERR_peek_last_error());
    else if (again == -1)
        reason = strerror(errno);
    else
        reason = "the server closed the connection";
    return text_error(error, size, "TLS handshake: %s",
                      reason ? reason : "failed");
}

int wire_secure(struct wire *w, const char *name, int64_t deadline, char *error,
                size_t size)
{
    ssize_t again = 1;
    if (!tls_begin(w, name))
        return text_error(error, size, "TLS cannot be set up: %s",
                          ERR_reason_error_string(ERR_peek_last_error()));
    while (again == 1) {
        ERR_clear_error();
        int rc = SSL_connect(w->ssl);
        if (rc == 1 && tls_flush(w, deadline) == 0)
            return 0;
        again = rc == 1 ? -1 : tls_again(w, rc, deadline);
    }
    return tls_error(again, error, size);
}

void wire_cipher(const struct wire *w, char *out, size_t size)
{
    if (w->ssl)
        text_error(out, size, "%s %s", SSL_get_version(w->ssl),
                   SSL_get_cipher_name(w->ssl));
    else
        out[0] = 0;
}

/* -- either way ------------------------------------------------------------ */

ssize_t wire_read(struct wire *w, char *out, size_t size, int64_t deadline)
{
    return w->ssl ? tls_read(w, out, size, deadline)
                  : raw_read(w, out, size, deadline);
}

int wire_write(struct wire *w, const char *bytes, size_t n, int64_t deadline)
{
    return w->ssl ? tls_write(w, bytes, n, deadline)
                  : raw_write(w, bytes, n, deadline);
}

void wire_close(struct wire **w)
{
    if (!*w)
        return;
    if ((*w)->ssl) {
        if (SSL_is_init_finished((*w)->ssl) && SSL_shutdown((*w)->ssl) >= 0)
            tls_flush(*w, 0);
        SSL_free((*w)->ssl);
    }
    if ((*w)->fd != -1)
        close((*w)->fd);
    free(*w);
    *w = NULL;
}
