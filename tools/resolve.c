/* resolve: the addresses of a host, within a time. See resolve.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reply.h"
#include "text.h"

/* What the child writes at once: less than PIPE_BUF, so it comes whole. */
struct answer {
    int code; /* EAI_..., 0 for addresses */
    struct addresses found;
};

_Static_assert(sizeof(struct answer) <= 4096, "must fit into PIPE_BUF");

int64_t clock_steady(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int address_ask(const char *host, int port, int flags,
                       struct addresses *out)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    int code = getaddrinfo(host, service, &hints, &list);
    out->count = 0;
    if (code != 0)
        return code;
    for (struct addrinfo *a = list; a && out->count < ADDRESS_MAX;
         a = a->ai_next) {
        out->at[out->count].len = a->ai_addrlen;
        memcpy(&out->at[out->count++].sa, a->ai_addr, a->ai_addrlen);
    }
    freeaddrinfo(list);
    return out->count ? 0 : EAI_NONAME;
}

static void resolve_child(const char *host, int port, int out)
{
    struct answer answer;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    memset(&answer, 0, sizeof answer);
    answer.code = address_ask(host, port, 0, &answer.found);
    ssize_t n = write(out, &answer, sizeof answer);
    _exit(n == (ssize_t)sizeof answer ? 0 : 1);
}

/* 1 an answer, 0 none in time, -1 an error. */
static int answer_wait(int fd, int64_t deadline, struct answer *answer)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    int rc;
    do {
        int64_t left = deadline - clock_steady();
        rc = poll(&poller, 1, left > 0 ? (int)left : 0);
    } while (rc == -1 && errno == EINTR);
    if (rc != 1)
        return rc;
    return read(fd, answer, sizeof *answer) == (ssize_t)sizeof *answer ? 1 : -1;
}

static int name_ask(const char *host, int port, int64_t deadline,
                    struct answer *answer)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        resolve_child(host, port, ends[1]);
    }
    close(ends[1]);
    int rc = pid == -1 ? -1 : answer_wait(ends[0], deadline, answer);
    close(ends[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
            ;
    }
    return rc;
}

int resolve(const char *host, int port, int64_t deadline, struct addresses *out,
            char *error, size_t size)
{
    struct answer answer;
    if (address_ask(host, port, AI_NUMERICHOST, out) == 0)
        return 0;
    int rc = name_ask(host, port, deadline, &answer);
    if (rc == 1 && answer.code == 0) {
        *out = answer.found;
        return 0;
    }
    bool unknown = rc == 1 && answer.code != EAI_AGAIN;
    text_error(error, size, "host lookup: %s",
               rc == 1   ? gai_strerror(answer.code)
               : rc == 0 ? strerror(ETIMEDOUT)
                         : strerror(errno));
    return unknown ? EXIM_UNKNOWNHOST : EXIM_DNSDEFER;
}

void address_print(const struct address *a, char *out, size_t size)
{
    if (getnameinfo((const struct sockaddr *)&a->sa, a->len, out,
                    (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        text_error(out, size, "?");
}
