/* asker: many expansions by one Exim. See asker.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 30000
#define PROMPT "> "
#define FAILED "Failed: "

struct asker {
    pid_t pid;
    int fd; /* a socket: both directions */
    unsigned asked;
    bool broken; /* what comes next may answer an earlier question */
    struct text got;
};

static void asker_child(const struct admin *a, int fd)
{
    const char *path = admin_exim(a);
    int null = open("/dev/null", O_RDWR);
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(null, 2);
    close_range(3, ~0U, 0);
    if (a->config)
        execl(path, path, "-C", a->config, "-be", (char *)0);
    else
        execl(path, path, "-be", (char *)0);
    _exit(127);
}

struct asker *asker_open(const struct admin *a)
{
    int ends[2];
    if (!admin_exim(a) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return NULL;
    struct asker *k = text_alloc(sizeof *k);
    k->pid = fork();
    if (k->pid == 0)
        asker_child(a, ends[1]);
    close(ends[1]);
    k->fd = ends[0];
    if (k->pid == -1)
        asker_close(&k);
    return k;
}

void asker_close(struct asker **k)
{
    if (!*k)
        return;
    close((*k)->fd);
    if ((*k)->pid > 0) {
        kill((*k)->pid, SIGKILL);
        waitpid((*k)->pid, NULL, 0);
    }
    text_free(&(*k)->got);
    free(*k);
    *k = NULL;
}

static int more_read(struct asker *k)
{
    struct pollfd p = {.fd = k->fd, .events = POLLIN};
    char buffer[4096];
    int ready;
    do
        ready = poll(&p, 1, WAIT_MS);
    while (ready == -1 && errno == EINTR);
    ssize_t n = ready == 1 ? read(k->fd, buffer, sizeof buffer) : -1;
    if (n <= 0)
        return -1;
    text_addn(&k->got, buffer, (size_t)n);
    return 0;
}

/* One line: an answer, after its prompt. */
static int line_read(struct asker *k, struct text *line)
{
    const char *end;
    while (!(end = strchr(text_str(&k->got), '\n')))
        if (more_read(k) == -1)
            return -1;
    size_t n = (size_t)(end - k->got.s);
    const char *from = k->got.s;
    while (n >= 2 && strncmp(from, PROMPT, 2) == 0) {
        from += 2;
        n -= 2;
    }
    text_addn(line, from, n);
    struct text rest = {0};
    text_add(&rest, end + 1);
    text_free(&k->got);
    k->got = rest;
    return 0;
}

/* Numbered, as its answer then is. */
static void question_write(unsigned number, const char *acl,
                           const char *argument, struct text *out)
{
    text_addf(out, "%u:${sg{${acl{%s}{", number, acl);
    for (; *argument; argument++)
        text_addf(out, "\\x%02x", (unsigned char)*argument);
    text_add(out, "}}}{\\n}{ }}\n");
}

static int answer_take(unsigned number, const struct text *line,
                       struct text *answer, char *error, size_t size)
{
    char *end;
    const char *s = text_str(line);
    if (strncmp(s, FAILED, strlen(FAILED)) == 0)
        return text_error(error, size, "%s", s + strlen(FAILED));
    if (strtoul(s, &end, 10) != number || *end != ':')
        return text_error(error, size, "Exim answers something else");
    text_add(answer, end + 1);
    return end[1] != 0;
}

bool asker_broken(const struct asker *k)
{
    return k->broken;
}

int asker_acl(struct asker *k, const char *acl, const char *argument,
              struct text *answer, char *error, size_t size)
{
    struct text question = {0}, line = {0};
    question_write(++k->asked, acl, argument, &question);
    ssize_t n = send(k->fd, question.s, question.len, MSG_NOSIGNAL);
    int rc = n == (ssize_t)question.len ? line_read(k, &line) : -1;
    rc = rc == 0 ? answer_take(k->asked, &line, answer, error, size)
                 : text_error(error, size, "Exim does not answer");
    k->broken = k->broken || rc == -1;
    text_free(&question);
    text_free(&line);
    return rc;
}
