/* wire: a TCP connection with deadlines, in clear and then with TLS.
 *
 * TLS is OpenSSL's over buffers in memory; only we touch the socket. So one
 * deadline holds for everything, and no write can raise SIGPIPE.
 *
 * No certificate is verified, and the oldest protocols and weakest ciphers are
 * taken: who uses this sends nothing secret, and asks whether TLS can be had.
 *
 * Called by: session.
 * Memory: wire_open() gives an object that wire_close() closes and frees.
 * Fails: with errno (ETIMEDOUT at the deadline) or, for TLS, words.
 * Deadlines are times of clock_steady().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_WIRE_H
#define OUTRIDER_WIRE_H

#include "resolve.h"

#include <stdint.h>
#include <sys/types.h>

struct wire;

/* NULL with errno. */
struct wire *wire_open(const struct address *a, int64_t deadline);
/* Ends TLS as far as that needs no waiting. Takes NULL. */
void wire_close(struct wire **w);

/* Some bytes; 0 closed by the peer; -1 with errno. */
ssize_t wire_read(struct wire *w, char *out, size_t size, int64_t deadline);
/* All of them: 0, or -1 with errno. */
int wire_write(struct wire *w, const char *bytes, size_t n, int64_t deadline);

/* The handshake, with `name` as SNI (NULL for none). 0, or -1 with error[]. */
int wire_secure(struct wire *w, const char *name, int64_t deadline, char *error,
                size_t size);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" in clear. */
void wire_cipher(const struct wire *w, char *out, size_t size);

#endif
