/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deaf - what a test needs of a socket and Tcl cannot do
 *
 *   deaf ADDRESS [PORT]   makes a TCP port (IPv4, PORT 0 or none: a free one)
 *                         whose SYNs get no answer, prints the port, and stays
 *                         until its standard input ends
 *   deaf -r               lets the socket on its standard input send RST in
 *                         place of FIN when it is closed
 *   deaf -n               lets it send small segments at once (TCP_NODELAY)
 *
 * Called by tests/lib/harness.tcl and tests/lib/fakesmart.tcl. The kernel drops
 * a SYN when the queue of connections not yet accepted is full; with a backlog
 * of nothing that takes one or two connections of our own, never accepted.
 * Exit status: 0, 1 when the system refuses something, 64 for wrong usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILLERS_MAX = 16, ANSWER_MS = 300 };

static int fail(const char *what)
{
    fprintf(stderr, "deaf: %s: %s\n", what, strerror(errno));
    return 1;
}

static int linger_clear(void)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (setsockopt(0, SOL_SOCKET, SO_LINGER, &none, sizeof none) != 0)
        return fail("SO_LINGER");
    return 0;
}

static int delay_clear(void)
{
    const int on = 1;

    if (setsockopt(0, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        return fail("TCP_NODELAY");
    return 0;
}

static int listener_open(struct sockaddr_in *at)
{
    const int on = 1;
    socklen_t size = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)at, size) != 0 || listen(fd, 0) != 0 ||
        getsockname(fd, (struct sockaddr *)at, &size) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* 1 connected (and kept open), 0 no answer any more, -1 error */
static int filler_connect(const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int ready;

    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0)
        return 1;
    if (errno != EINPROGRESS)
        return -1;
    ready = poll(&wait, 1, ANSWER_MS);
    if (ready == 0)
        close(fd);
    return ready;
}

static int port_deafen(const char *address, const char *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    char ignored[64];
    int state = 1;

    at.sin_port = htons((in_port_t)strtoul(port, NULL, 10));
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
        return 64;
    if (listener_open(&at) < 0)
        return fail("listen");
    for (int i = 0; i < FILLERS_MAX && state == 1; i++)
        state = filler_connect(&at);
    if (state != 0)
        return fail("the port still answers");
    printf("%u\n", (unsigned)ntohs(at.sin_port));
    fflush(stdout);
    while (read(0, ignored, sizeof ignored) > 0)
        continue;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "-r") == 0)
        return linger_clear();
    if (argc == 2 && strcmp(argv[1], "-n") == 0)
        return delay_clear();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: deaf ADDRESS [PORT] | deaf -r | deaf -n\n");
        return 64;
    }
    return port_deafen(argv[1], argc == 3 ? argv[2] : "0");
}
