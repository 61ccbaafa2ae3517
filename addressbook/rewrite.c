/* rewrite: a file's new contents in the place of the old ones. See rewrite.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define PERMISSIONS 07777

static int failed(const char *path, char *error, size_t size)
{
    return text_error(error, size, "%s: %s", path, strerror(errno));
}

int source_read(struct source *s, const char *path, size_t max, char *error,
                size_t size)
{
    *s = (struct source){0};
    s->path = realpath(path, NULL);
    if (!s->path)
        return errno == ENOENT ? 0 : failed(path, error, size);
    if (stat(s->path, &s->st) == -1)
        return failed(path, error, size);
    if (!S_ISREG(s->st.st_mode))
        return text_error(error, size, "%s: not a file", path);
    return file_read(s->path, max, &s->text, error, size);
}

void source_free(struct source *s)
{
    free(s->path);
    text_free(&s->text);
    *s = (struct source){0};
}

int backup_create(const char *path, mode_t mode, char **backup, char *error,
                  size_t size)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
    *backup = text_format("%s.outrider-%s~", path, stamp);
    for (int i = 2;; i++) {
        int fd = open(*backup, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd != -1 && fchmod(fd, mode & PERMISSIONS & ~(mode_t)0111) == 0)
            return fd;
        int reason = errno;
        if (fd != -1)
            close(fd);
        if (fd != -1 || reason != EEXIST || i == 100) {
            errno = reason;
            failed(*backup, error, size);
            free(*backup);
            *backup = NULL;
            return -1;
        }
        free(*backup);
        *backup = text_format("%s.outrider-%s-%d~", path, stamp, i);
    }
}

/* The copy is as old as what it holds. */
static int backup_write(const struct source *s, char **backup, char *error,
                        size_t size)
{
    int fd = backup_create(s->path, s->st.st_mode, backup, error, size);
    if (fd == -1)
        return -1;
    struct timespec times[2] = {s->st.st_atim, s->st.st_mtim};
    int rc = file_write_all(fd, text_str(&s->text), s->text.len);
    if (rc == -1)
        failed(*backup, error, size);
    else if (futimens(fd, times) == -1)
        rc = failed(*backup, error, size);
    close(fd);
    if (rc == -1) {
        unlink(*backup);
        free(*backup);
        *backup = NULL;
    }
    return rc;
}

/* A file of somebody else's, or of a group that the user is not in, cannot be
 * made again as it was, and is left alone. */
static int owner_keep(int fd, const struct source *s, char *error, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) == -1)
        return failed(s->path, error, size);
    if ((st.st_uid == s->st.st_uid && st.st_gid == s->st.st_gid) ||
        fchown(fd, s->st.st_uid, s->st.st_gid) == 0)
        return 0;
    return text_error(error, size, "%s: its owner or group could not be kept",
                      s->path);
}

static int temp_write(int fd, const struct source *s, const struct text *with,
                      char *error, size_t size)
{
    if (owner_keep(fd, s, error, size) == -1)
        return -1;
    if (fchmod(fd, s->st.st_mode & PERMISSIONS) == -1 ||
        file_write_all(fd, text_str(with), with->len) == -1)
        return failed(s->path, error, size);
    return 0;
}

static bool unchanged(const struct source *s)
{
    struct stat st;
    return stat(s->path, &st) == 0 && st.st_ino == s->st.st_ino &&
           st.st_size == s->st.st_size &&
           st.st_mtim.tv_sec == s->st.st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == s->st.st_mtim.tv_nsec;
}

/* So that the new name survives a crash, too. */
static void directory_sync(const char *path)
{
    char *copy = text_copy(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd != -1) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

static int replace(const struct source *s, const struct text *with, char *error,
                   size_t size)
{
    char *temp = text_format("%s.outrider-XXXXXX", s->path);
    int fd = mkostemp(temp, O_CLOEXEC);
    int rc = fd == -1 ? failed(temp, error, size)
                      : temp_write(fd, s, with, error, size);
    if (rc == 0 && !unchanged(s))
        text_error(error, size, "%s: changed meanwhile; run this again",
                   s->path);
    else if (rc == 0)
        rc = rename(temp, s->path) == -1 ? failed(s->path, error, size) : 1;
    if (fd != -1)
        close(fd);
    if (fd != -1 && rc != 1)
        unlink(temp);
    free(temp);
    return rc;
}

int rewrite(const struct source *s, const struct text *with, char **backup,
            char *error, size_t size)
{
    *backup = NULL;
    if (backup_write(s, backup, error, size) == -1)
        return -1;
    int rc = replace(s, with, error, size);
    if (rc == 1) {
        directory_sync(s->path);
        return 1;
    }
    unlink(*backup);
    free(*backup);
    *backup = NULL;
    return rc;
}
