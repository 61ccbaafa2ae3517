/* send: gives a mail to a command. See send.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "send.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* We ignore SIGPIPE; the command shall not. */
static int command_start(const char *command, int input, pid_t *pid)
{
    char *words[] = {text_copy("sh"), text_copy("-c"), text_copy(command),
                     NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    errno = posix_spawn(pid, "/bin/sh", &files, &attributes, words, environ);
    int rc = errno == 0 ? 0 : -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; words[i]; i++)
        free(words[i]);
    return rc;
}

static bool all_written(int fd, const struct text *mail)
{
    size_t done = 0;
    while (done < mail->len) {
        ssize_t n = write(fd, mail->s + done, mail->len - done);
        if (n == -1 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

int send_mail(const char *command, const struct text *mail)
{
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    int rc = command_start(command, ends[0], &pid);
    close(ends[0]);
    bool whole = rc == 0 && all_written(ends[1], mail);
    close(ends[1]);
    if (rc == -1)
        return -1;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    if (!WIFEXITED(status))
        return 255;
    return whole || WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 255;
}
