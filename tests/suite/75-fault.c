/* 75-fault.c - a system call goes wrong, once: for LD_PRELOAD.
 *
 * FAULT="CALL NUMBER HOW": the NUMBERth call of CALL (write, open, rename,
 * fsync, mkdir, unlink, fork) in a child of the program ends that child (HOW:
 * kill), or is done and ends it (after), or fails with an errno (HOW: its
 * number). The file FAULT_HIT is made then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int countdown = -1, failure, child;
static char call_name[16], how[16];

static void hit(void)
{
    const char *path = getenv("FAULT_HIT");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY,
                                 0666)
                  : -1;
    if (fd != -1)
        close(fd);
}

/* Now? 1: ahead of the call; the process may be gone. */
static int now(const char *name)
{
    const char *fault = getenv("FAULT");
    if (countdown == -1) {
        countdown = 0;
        if (fault &&
            sscanf(fault, "%15s %d %15s", call_name, &countdown, how) != 3)
            countdown = 0;
        failure = atoi(how);
    }
    if (!child || countdown == 0 || strcmp(name, call_name) != 0 ||
        --countdown > 0)
        return 0;
    hit();
    if (strcmp(how, "kill") == 0)
        kill(getpid(), SIGKILL);
    return 1;
}

static int after(int due)
{
    if (due && failure == 0)
        kill(getpid(), SIGKILL);
    return due && failure != 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP(type, name, word, parameters, arguments)                          \
    type name parameters                                                       \
    {                                                                          \
        int due = now(word);                                                   \
        if (due && failure != 0) {                                             \
            errno = failure;                                                   \
            return -1;                                                         \
        }                                                                      \
        type rc = REAL(name) arguments;                                        \
        after(due);                                                            \
        return rc;                                                             \
    }

WRAP(ssize_t, write, "write", (int fd, const void *p, size_t n), (fd, p, n))
WRAP(int, rename, "rename", (const char *a, const char *b), (a, b))
WRAP(int, fsync, "fsync", (int fd), (fd))
WRAP(int, mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
WRAP(int, unlinkat, "unlink", (int d, const char *path, int flags),
     (d, path, flags))
WRAP(ssize_t, pwrite, "write", (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at))

pid_t fork(void)
{
    int due = now("fork");
    if (due && failure != 0) {
        errno = failure;
        return -1;
    }
    pid_t rc = REAL(fork)();
    after(due);
    child = child || rc == 0;
    return rc;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    int due = now("open");
    if (due && failure != 0) {
        errno = failure;
        return -1;
    }
    int rc = REAL(open)(path, flags, mode);
    after(due);
    return rc;
}
