/* 40-late: a connect() that does not return before the connection has ended,
 * for LD_PRELOAD in 40-probe.test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#define MOST 10000 /* milliseconds */

typedef int (*connector)(int, const struct sockaddr *, socklen_t);

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
    int rc = ((connector)dlsym(RTLD_NEXT, "connect"))(fd, to, len);
    int error = errno;
    struct pollfd ended = {.fd = fd}; /* POLLERR and POLLHUP need no asking */
    poll(&ended, 1, MOST);
    errno = error;
    return rc;
}
