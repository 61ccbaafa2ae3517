/* scratch: a directory for the files of one test program, and what tests of
 * files have in common.
 *
 * scratch_begin() makes it, below $TMPDIR or /tmp; scratch_end() removes it
 * with all that is in it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SCRATCH_H
#define OUTRIDER_SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static char scratch[200];

static inline void scratch_begin(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(scratch, sizeof scratch, "%s/outrider-unit.XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(scratch) == NULL) {
        perror(scratch);
        exit(2);
    }
}

static inline int scratch_unlink(const char *path, const struct stat *st,
                                 int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static inline void scratch_end(void)
{
    nftw(scratch, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in the directory; free it. */
static inline char *scratch_path(const char *name)
{
    return text_format("%s/%s", scratch, name);
}

static inline void file_put(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    if (fd == -1 || write(fd, data, len) != (ssize_t)len) {
        perror(path);
        exit(2);
    }
    close(fd);
}

static inline void file_put_text(const char *path, const char *text)
{
    file_put(path, text, strlen(text));
}

/* The file's contents, nothing when there is no such file. */
static inline void file_get_bytes(const char *path, struct text *out)
{
    char buffer[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    text_add(out, "");
    while (fd != -1 && (n = read(fd, buffer, sizeof buffer)) > 0)
        text_addn(out, buffer, (size_t)n);
    if (fd != -1)
        close(fd);
}

/* The same as a string; free it. */
static inline char *file_get(const char *path)
{
    struct text t = {0};

    file_get_bytes(path, &t);
    return t.s;
}

/* How many names in the directory match the glob. */
static inline int files_like(const char *directory, const char *glob)
{
    DIR *dir = opendir(directory);
    int n = 0;

    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
             fnmatch(glob, e->d_name, 0) == 0;
    if (dir != NULL)
        closedir(dir);
    return n;
}

static inline int descriptors_open(void)
{
    return files_like("/proc/self/fd", "*");
}

/* Runs `body` in a process of its own; true when it ended with status 0. */
static inline pid_t child_start(int (*body)(void *context), void *context)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        _exit(body(context));
    return pid;
}

static inline bool child_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The number of a process that is gone. */
static inline int child_nothing(void *context)
{
    (void)context;
    return 0;
}

static inline pid_t pid_gone(void)
{
    pid_t pid = child_start(child_nothing, NULL);

    child_wait(pid);
    return pid;
}

#endif
