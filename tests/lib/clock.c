/* clock: a clock that tests can set, for every process of a suite.
 *
 * Loaded by /etc/ld.so.preload (in a suite's own /etc), because Exim clears its
 * environment and has the setuid bit. The offset is one 64-bit number of
 * nanoseconds in the file CLOCK_FILE, mapped when the process begins, so that
 * a change holds everywhere at once. Only what tells the time of day is
 * changed; what measures intervals (CLOCK_MONOTONIC, sleeping) is not, nor are
 * the times that the kernel gives to files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_FILE "/etc/outrider-test-clock"
#define BILLION 1000000000L

static const volatile int64_t *offset;

__attribute__((constructor)) static void clock_map(void)
{
    int fd = open(CLOCK_FILE, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return;
    void *p = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p != MAP_FAILED)
        offset = p;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ts);
    if (rc == 0 && offset &&
        (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        int64_t ns = ts->tv_sec * BILLION + ts->tv_nsec + *offset;
        ts->tv_sec = ns / BILLION;
        ts->tv_nsec = ns % BILLION;
    }
    return rc;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *t)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (t)
        *t = ts.tv_sec;
    return ts.tv_sec;
}
