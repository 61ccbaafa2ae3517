/* peak: runs a command and says how long it took and how much memory it, and
 * what it started and waited for, had at its peak: "SECONDS KIB COMMAND" on
 * standard error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct timeval from, to;
    struct rusage usage;
    int status;
    gettimeofday(&from, NULL);
    pid_t child = argc > 1 ? fork() : -1;
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child == -1 || waitpid(child, &status, 0) == -1)
        return 1;
    gettimeofday(&to, NULL);
    getrusage(RUSAGE_CHILDREN, &usage);
    fprintf(stderr, "%.2f %ld\n",
            (double)(to.tv_sec - from.tv_sec) +
                (double)(to.tv_usec - from.tv_usec) / 1e6,
            usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
