/* resolve: the addresses of a host, within a time.
 *
 * The system's resolver waits as long as its own configuration says, so a
 * child asks it and is killed when the time is over.
 *
 * Called by: probe. Memory: values only.
 * Fails: with one of Exim's errors (core/failover/reply.h) and words for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RESOLVE_H
#define OUTRIDER_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_MAX 16 /* more of one host are left out */

struct address {
    socklen_t len;
    struct sockaddr_storage sa;
};

struct addresses {
    int count;
    struct address at[ADDRESS_MAX];
};

/* Milliseconds of the monotonic clock: what deadlines are counted in. */
int64_t clock_steady(void);

/* A name or an IP address, and the port. 0; or EXIM_UNKNOWNHOST or
 * EXIM_DNSDEFER with error[]. */
int resolve(const char *host, int port, int64_t deadline, struct addresses *out,
            char *error, size_t size);

/* As it is written: "192.0.2.1", "2001:db8::1". */
void address_print(const struct address *a, char *out, size_t size);

#endif
