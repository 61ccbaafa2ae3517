/* small_disk: a directory with little room, for tests of full disks.
 *
 * Mounted in a mount namespace of its own, so call it in a child process;
 * it goes with that process. Needs root.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SMALL_DISK_H
#define OUTRIDER_SMALL_DISK_H

#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>

#include "scratch.h"

#define CHILD_SKIPPED 77

static inline bool small_disk_mount(const char *directory, const char *size)
{
    char *options = text_format("size=%s", size);
    bool done;

    mkdir(directory, 0755);
    done = unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", directory, "tmpfs", 0, options) == 0;
    free(options);
    return done;
}

/* Fills the disk that this directory is on, to the last byte. */
static inline void small_disk_fill(const char *directory)
{
    static const char zeros[4096];
    char *path = text_format("%s/filler", directory);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    for (size_t n = sizeof zeros; n > 0; n /= 2)
        while (write(fd, zeros, n) == (ssize_t)n)
            continue;
    close(fd);
    free(path);
}

/* Runs `body` in a child: its status, or CHILD_SKIPPED where that cannot
 * mount. Body returns 0 when all was well, and says on stdout what was not. */
static inline int small_disk_run(int (*body)(void *context), void *context)
{
    int status;
    pid_t pid = child_start(body, context);

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
