/* process: Exim started by us. See process.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "spool.h"
#include "text.h"

#define WAIT_MAX 7200 /* seconds that a delivery may take before we give up */

/* Exim's handlers and masks are not for what we start. */
static void signals_default(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
}

static struct rlimit memory_before; /* 0: it was not limited here */

void process_limit_memory(size_t bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) == -1 || limit.rlim_cur <= bytes)
        return;
    memory_before = limit;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_DATA, &limit);
}

/* What is ours alone: an Exim that we start has its own limits. */
static void memory_reset(void)
{
    if (memory_before.rlim_cur > 0)
        setrlimit(RLIMIT_DATA, &memory_before);
}

/* And what is ours of descriptors and memory. */
static void descriptors_reset(int input)
{
    memory_reset();
    int null = open("/dev/null", O_RDWR);
    dup2(input == -1 ? null : input, 0);
    dup2(null, 1);
    dup2(null, 2);
    close_range(3, ~0U, 0);
}

static pid_t wait_for(pid_t pid, int *status)
{
    pid_t rc;
    do
        rc = waitpid(pid, status, 0);
    while (rc == -1 && errno == EINTR);
    return rc;
}

/* What `exim -bP configure_file` says: the file that Exim takes by itself. */
static bool config_is_default(const struct exim *e)
{
    char answer[1024];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        execl(e->path, e->path, "-bP", "configure_file", (char *)0);
        _exit(127);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], answer, sizeof answer - 1);
    close(ends[0]);
    if (pid > 0)
        wait_for(pid, &(int){0});
    answer[n > 0 ? n : 0] = 0;
    answer[strcspn(answer, "\n")] = 0;
    return strcmp(answer, e->config) == 0;
}

/* With -C the exim user loses Exim's root privilege, unless the file is in
 * trusted_configs; so the file is named only where it must be. */
void process_become(const struct exim *e, const char *const *words)
{
    const char *arguments[12] = {e->path};
    int n = 1;
    if (!config_is_default(e)) {
        arguments[n++] = "-C";
        arguments[n++] = e->config;
    }
    for (; *words && n < 11; words++)
        arguments[n++] = *words;
    union {
        const char **in;
        char *const *out;
    } argv = {.in = arguments};
    execv(e->path, argv.out);
    _exit(127);
}

static void rerun_helper(const struct exim *e, const char *queue,
                         const char *id)
{
    struct text directory = {0};
    char *run = text_format("-qG%s", queue);
    if (spool_find(e->spool, id, &directory) != 1)
        _exit(0);
    int there = spool_wait(directory.s, id, -1);
    alarm(0);
    if (there != 1)
        _exit(0);
    /* -Mc, not -M: what is frozen or held stays so. */
    const char *const named[] = {run, "-Mc", id, NULL};
    process_become(e, *queue ? named : named + 1);
}

void process_move(const struct exim *e, const char *directory, const char *from,
                  const char *to, const char *id)
{
    char *on = text_format("-qG%s", from);
    const char *const move[] = {on, "-MG", to, id, NULL};
    const char *const attempt[] = {on, "-Mc", id, NULL};
    const char *const *words = spool_journal(directory, id) ? attempt : move;
    process_become(e, *from ? words : words + 1);
}

static volatile pid_t worker;

static void terminated(int signal)
{
    if (worker > 0)
        kill(worker, signal);
    _exit(EX_TEMPFAIL);
}

static void worker_wait(void (*died)(void))
{
    int status;
    if (worker == -1 || wait_for(worker, &status) == -1)
        _exit(EX_TEMPFAIL);
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    if (died)
        died();
    printf("ended by signal %d, %s\n", WTERMSIG(status),
           strsignal(WTERMSIG(status)));
    fflush(stdout);
    _exit(EX_TEMPFAIL);
}

void process_in_child(void (*died)(void))
{
    sigset_t ends, was;
    pid_t parent = getpid();
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, &was);
    worker = fork();
    if (worker == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(EX_TEMPFAIL);
        sigprocmask(SIG_SETMASK, &was, NULL);
        return;
    }
    signal(SIGTERM, terminated);
    signal(SIGINT, terminated);
    signal(SIGHUP, terminated);
    sigprocmask(SIG_SETMASK, &was, NULL);
    worker_wait(died);
}

int process_detach(void)
{
    int status;
    pid_t pid = fork();
    if (pid == -1)
        return -1;
    if (pid > 0)
        return wait_for(pid, &status) == pid && status == 0 ? 0 : -1;
    pid = fork();
    if (pid != 0)
        _exit(pid == -1);
    setsid();
    descriptors_reset(-1);
    signals_default();
    if (chdir("/") == -1)
        _exit(1);
    alarm(WAIT_MAX);
    return 1;
}

/* The helper works in another directory (process_detach()), where another name
 * would be another file, or none. */
static bool config_found(const struct exim *e)
{
    return *e->config == '/';
}

int process_rerun_all(const struct exim *e, const char *queue, const char *ids)
{
    int rc = config_found(e) ? process_detach() : -1;
    if (rc != 1)
        return rc;
    for (char id[SPOOL_ID_MAX]; *ids;
         ids += strcspn(ids, "\n"), ids += !!*ids) {
        snprintf(id, sizeof id, "%.*s", (int)strcspn(ids, "\n"), ids);
        pid_t pid = fork();
        if (pid == 0)
            rerun_helper(e, queue, id);
        if (pid > 0)
            wait_for(pid, &(int){0});
    }
    _exit(0);
}

int process_rerun(const struct exim *e, const char *queue, const char *id)
{
    int rc = config_found(e) ? process_detach() : -1;
    if (rc == 1)
        rerun_helper(e, queue, id);
    return rc;
}

static void submit_child(const struct exim *e, const char *address, int input)
{
    descriptors_reset(input);
    signals_default();
    const char *const words[] = {"-f", "<>",    "-oi", "-oee",
                                 "--", address, NULL};
    process_become(e, words);
}

static bool write_whole(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

int process_submit(const struct exim *e, const char *address,
                   const char *message, size_t len)
{
    int ends[2], status;
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        submit_child(e, address, ends[0]);
    close(ends[0]);
    /* An Exim that ends early must not take us with it. */
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    sigaction(SIGPIPE, &ignore, &old);
    bool written = pid != -1 && write_whole(ends[1], message, len);
    close(ends[1]);
    sigaction(SIGPIPE, &old, NULL);
    if (pid == -1 || wait_for(pid, &status) != pid)
        return -1;
    return written && status == 0 ? 0 : -1;
}
