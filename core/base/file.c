/* file: state files: made, locked, moved aside, written whole. See file.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *clock_stamp(int64_t ms, char *out, size_t size)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

int64_t clock_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int file_owner(const char *spool, uid_t *uid, gid_t *gid)
{
    struct stat st;
    if (stat(spool, &st) == -1)
        return -1;
    *uid = st.st_uid;
    *gid = st.st_gid;
    return 0;
}

static int file_error(const char *path, char *error, size_t size)
{
    return text_error(error, size, "%s: %s", path, strerror(errno));
}

int file_directory(const char *path, uid_t uid, gid_t gid, char *error,
                   size_t size)
{
    if (mkdir(path, DIRECTORY_MODE) == -1)
        return errno == EEXIST ? 0 : file_error(path, error, size);
    if (geteuid() == 0 && lchown(path, uid, gid) == -1)
        return file_error(path, error, size);
    return 0;
}

bool file_unusable(int error)
{
    return error == EACCES || error == EISDIR || error == ELOOP ||
           error == ENXIO;
}

static int file_open(const char *path, int flags, uid_t uid, gid_t gid,
                     char *error, size_t size)
{
    int old = open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (old != -1 && !(flags & O_EXCL))
        return old;
    int why = errno;
    if (old != -1)
        close(old);
    else if (file_unusable(why))
        file_move_aside(path);
    /* Only what was made here is given away: the directory is the exim user's,
     * and root must not hand it whatever a link there points to. */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  FILE_MODE);
    /* Somebody has made it in between. */
    if (fd == -1 && errno == EEXIST && why == ENOENT && !(flags & O_EXCL))
        return file_open(path, flags, uid, gid, error, size);
    if (fd == -1 && errno == EEXIST && !(flags & O_EXCL))
        errno = why;
    if (fd == -1)
        return file_error(path, error, size);
    if (geteuid() == 0 && fchown(fd, uid, gid) == -1) {
        file_error(path, error, size);
        close(fd);
        return -1;
    }
    return fd;
}

void file_directory_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd != -1) {
        fsync(fd);
        close(fd);
    }
}

int file_create(const char *path, uid_t uid, gid_t gid, char *error,
                size_t size)
{
    if (unlink(path) == -1 && errno != ENOENT)
        file_move_aside(path);
    return file_open(path, O_EXCL, uid, gid, error, size);
}

/* `how`: F_SETLKW waits; F_SETLK does not, and leaves error[] empty when
 * another process has it. */
static int lock_take(const char *path, int how, uid_t uid, gid_t gid,
                     char *error, size_t size)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *name = text_format("%s.lock", path);
    int fd = file_open(name, 0, uid, gid, error, size);
    while (fd != -1 && fcntl(fd, how, &all) == -1)
        if (errno != EINTR) {
            if (how == F_SETLK && (errno == EAGAIN || errno == EACCES))
                error[0] = 0;
            else
                file_error(name, error, size);
            close(fd);
            fd = -1;
        }
    free(name);
    return fd;
}

int file_lock(const char *path, uid_t uid, gid_t gid, char *error, size_t size)
{
    return lock_take(path, F_SETLKW, uid, gid, error, size);
}

int file_lock_now(const char *path, uid_t uid, gid_t gid, char *error,
                  size_t size)
{
    return lock_take(path, F_SETLK, uid, gid, error, size);
}

void file_move_aside(const char *path)
{
    char *aside = text_format("%s.bad-%lld", path, (long long)time(NULL));
    if (rename(path, aside) == -1)
        unlink(path);
    free(aside);
}

int file_read(const char *path, size_t max, struct text *out, char *error,
              size_t size)
{
    char buffer[16384];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return errno == ENOENT ? 0 : file_error(path, error, size);
    text_add(out, "");
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0 && out->len < max)
        text_addn(out, buffer, (size_t)n);
    int rc = 1;
    if (n == -1)
        rc = file_error(path, error, size);
    else if (out->len >= max)
        rc = text_error(error, size, "%s: too large", path);
    close(fd);
    return rc;
}

int file_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return fsync(fd);
}
