/* table_copy: the files of a table. See table_copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "table_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "pages.h"

/* Checksums are counted byte by byte, so what a look costs is bytes: 2048 are
 * better than 1024 or 4096 for a million rows. */
#define PAGE_SIZE 2048
#define WRITER_CACHE (32u << 20)
#define SPARE_WAIT_MS 100 /* about what a copy of 50 MB costs */
#define READ_TRIES 1000

/* ----------------------------------------------------------- Berkeley DB -- */
static void copy_quiet(const DB_ENV *env, const char *prefix, const char *msg)
{
    (void)env;
    (void)prefix;
    (void)msg; /* the return code says it; stderr may be an SMTP channel */
}

bool table_copy_damage(int rc)
{
    return rc == EINVAL || rc == EIO || rc == DB_VERIFY_BAD ||
           rc == DB_RUNRECOVERY || rc == DB_OLD_VERSION ||
           rc == DB_PAGE_NOTFOUND || rc == DB_NOTFOUND;
}

/* The commands of one table do nothing for another. */
static const struct {
    const char *name, *way;
} ways[] = {
    {"relocations.db", "outrider relocation recover, or outrider relocation "
                       "import --replace"},
    {"environments.db", "outrider environment recover, or outrider "
                        "environment import --replace"},
    {"attributes.db", "outrider attribute import --replace"},
};

const char *table_copy_way(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strncmp(name, ways[i].name, strlen(ways[i].name)) == 0)
            return ways[i].way;
    return "import an export with --replace";
}

int table_copy_error(const char *path, int rc, char *error, size_t size)
{
    if (!table_copy_damage(rc))
        return text_error(error, size, "%s: %s", path, db_strerror(rc));
    return text_error(error, size,
                      "%s: damaged, or no table (%s): %s (docs/operation.md: "
                      "a damaged table)",
                      path, db_strerror(rc), table_copy_way(path));
}

/* Does the name lead to this very file, and not by way of a link? */
static bool file_named(int fd, const char *name)
{
    struct stat file, named;
    return fstat(fd, &file) == 0 && lstat(name, &named) == 0 &&
           file.st_dev == named.st_dev && file.st_ino == named.st_ino;
}

static bool file_same(int a, int b)
{
    struct stat one, other;
    return fstat(a, &one) == 0 && fstat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* A handle that has met a damaged page closes without its descriptor. */
static int copy_close_db(struct table_copy *c)
{
    int rc = c->db ? c->db->close(c->db, DB_NOSYNC) : 0;
    if (rc == DB_RUNRECOVERY && c->db_fd != -1)
        close(c->db_fd);
    c->db = NULL;
    c->db_fd = -1;
    return rc;
}

/* Berkeley DB opens by name and follows links; EAGAIN when it was led to
 * another file than ours. */
static int copy_open_db(struct table_copy *c, const char *name, u_int32_t flags)
{
    int rc = db_create(&c->db, NULL, 0);
    if (rc != 0)
        return rc;
    c->db->set_errcall(c->db, copy_quiet);
    if (flags & DB_CREATE) {
        c->db->set_flags(c->db, DB_CHKSUM);
        c->db->set_pagesize(c->db, PAGE_SIZE);
    }
    if (!(flags & DB_RDONLY))
        c->db->set_cachesize(c->db, 0, WRITER_CACHE, 1);
    pages_guard();
    rc = c->db->open(c->db, NULL, name, NULL, DB_BTREE, flags, FILE_MODE);
    pages_unguard();
    if (rc == 0)
        rc = c->db->fd(c->db, &c->db_fd);
    if (rc == 0 && !file_same(c->fd, c->db_fd))
        rc = EAGAIN;
    if (rc != 0)
        copy_close_db(c);
    return rc;
}

void table_copy_close(struct table_copy *c)
{
    copy_close_db(c);
    if (c->fd != -1)
        close(c->fd);
    c->fd = -1;
}

int table_copy_verify(const char *path)
{
    DB *db;
    int rc = db_create(&db, NULL, 0);
    if (rc != 0)
        return rc;
    db->set_errcall(db, copy_quiet);
    return db->verify(db, path, NULL, NULL, 0);
}

/* ----------------------------------------------------------------- files -- */
static int copy_failed(const char *path, const char *suffix, char *error,
                       size_t size)
{
    return text_error(error, size, "%s%s: %s", path, suffix, strerror(errno));
}

static bool copy_lock(int fd, short type)
{
    struct flock all = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &all) == 0;
}

/* One look: EAGAIN when the file was on its way out. */
static int copy_try(struct table_copy *c, const char *path)
{
    struct stat st;
    c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (c->fd == -1)
        return errno == ELOOP ? EINVAL : errno;
    if (fstat(c->fd, &st) == -1 || !S_ISREG(st.st_mode))
        return EINVAL;
    if (!copy_lock(c->fd, F_RDLCK))
        return errno == EACCES ? EAGAIN : errno;
    int rc = copy_open_db(c, path, DB_RDONLY);
    return rc != 0 && !file_named(c->fd, path) ? EAGAIN : rc;
}

int table_copy_read(struct table_copy *c, const char *path, char *error,
                    size_t size)
{
    int rc = EAGAIN;
    for (int i = 0; rc == EAGAIN && i < READ_TRIES; i++) {
        *c = TABLE_COPY_NONE;
        rc = copy_try(c, path);
        if (rc != 0)
            table_copy_close(c);
    }
    if (rc == ENOENT)
        return 0;
    return rc == 0 ? 1 : table_copy_error(path, rc, error, size);
}

bool table_copy_current(const struct table_copy *c, const char *path)
{
    return file_named(c->fd, path);
}

/* The names of the directory onto the disk, as they are now. */
static int directory_sync(const char *path, char *error, size_t size)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? text_format("%.*s/", (int)(slash - path), path)
                            : text_copy(".");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd == -1 || fsync(fd) == -1
                 ? copy_failed(directory, "", error, size)
                 : 0;
    if (fd != -1)
        close(fd);
    free(directory);
    return rc;
}

static char *path_spare(const char *path)
{
    return text_format("%s.spare", path);
}

static char *path_writing(const char *path)
{
    return text_format("%s.writing", path);
}

/* --------------------------------------------------------------- writing -- */
/* Those who still read it have opened it when it was PATH. */
static bool spare_free(int fd)
{
    static const struct timespec ms = {.tv_nsec = 1000000};
    for (int i = 0; i < SPARE_WAIT_MS; i++) {
        if (copy_lock(fd, F_WRLCK))
            return true;
        nanosleep(&ms, NULL);
    }
    return false;
}

/* A writer that died between link() and rename() leaves the spare as another
 * name of PATH. */
static bool spare_usable(int fd, const char *path)
{
    struct stat st;
    return fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           st.st_nlink == 1 && !file_named(fd, path) && spare_free(fd);
}

int table_copy_spare(struct table_copy *c, const char *path, char *error,
                     size_t size)
{
    char *spare = path_spare(path), *writing = path_writing(path);
    int rc = 0;
    *c = TABLE_COPY_NONE;
    c->fd = open(spare, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (!spare_usable(c->fd, path) || rename(spare, writing) == -1)
        unlink(spare);
    else if (directory_sync(path, error, size) == -1)
        rc = -1;
    else if (copy_open_db(c, writing, 0) == 0)
        rc = 1;
    if (rc != 1)
        table_copy_close(c);
    free(spare);
    free(writing);
    return rc;
}

/* By hand where the kernel does not do it. */
static int bytes_copy(int from, int to)
{
    char buffer[65536];
    off_t at = 0;
    ssize_t n;
    while ((n = copy_file_range(from, &at, to, NULL, 1 << 30, 0)) > 0 ||
           (n == -1 && errno == EINTR))
        continue;
    if (n == 0 && at > 0)
        return 0;
    if (at > 0 || errno == ENOSPC || errno == EIO)
        return -1;
    while ((n = pread(from, buffer, sizeof buffer, at)) > 0) {
        at += n;
        for (ssize_t done = 0, k; done < n; done += k)
            if ((k = write(to, buffer + done, (size_t)(n - done))) == -1)
                return -1;
    }
    return n == -1 ? -1 : 0;
}

static int copy_fill(struct table_copy *c, const struct table_copy *from)
{
    /* The rights are no matter of whose umask it was. */
    if (fchmod(c->fd, FILE_MODE) == -1)
        return -1;
    return from ? bytes_copy(from->fd, c->fd) : 0;
}

int table_copy_make(struct table_copy *c, const char *path,
                    const struct table_copy *from, uid_t uid, gid_t gid,
                    char *error, size_t size)
{
    char *writing = path_writing(path);
    int rc = -1, opened;
    *c = TABLE_COPY_NONE;
    c->fd = file_create(writing, uid, gid, error, size);
    if (c->fd != -1 && copy_fill(c, from) == -1) {
        copy_failed(path, ".writing", error, size);
    } else if (c->fd != -1) {
        opened = copy_open_db(c, writing, from ? 0 : DB_CREATE);
        rc = opened == 0 ? 0 : table_copy_error(writing, opened, error, size);
    }
    if (rc == -1)
        table_copy_discard(c, path);
    free(writing);
    return rc;
}

void table_copy_discard(struct table_copy *c, const char *path)
{
    char *writing = path_writing(path);
    copy_close_db(c);
    if (c->fd != -1 && file_named(c->fd, writing))
        unlink(writing);
    table_copy_close(c);
    free(writing);
}

/* All of it on the disk, and still the file that is to be renamed. */
static int copy_finish(struct table_copy *c, const char *writing, char *error,
                       size_t size)
{
    int rc = c->db->sync(c->db, 0), closed = copy_close_db(c);
    if (rc == 0)
        rc = closed;
    if (rc == 0 && fsync(c->fd) == -1)
        rc = errno;
    if (rc != 0)
        return text_error(error, size, "%s: %s", writing, db_strerror(rc));
    if (!file_named(c->fd, writing))
        return text_error(error, size, "%s: another writer has begun", writing);
    return 0;
}

int table_copy_publish(struct table_copy *c, const char *path, char *error,
                       size_t size)
{
    char *spare = path_spare(path), *writing = path_writing(path);
    int rc = copy_finish(c, writing, error, size);
    if (rc == 0) {
        /* Readers must not find our lock on it. */
        copy_lock(c->fd, F_UNLCK);
        unlink(spare);
        if (link(path, spare) == -1 && errno != ENOENT)
            unlink(spare); /* then the next writer makes a copy */
        rc = rename(writing, path) == -1 ? copy_failed(path, "", error, size)
                                         : directory_sync(path, error, size);
    }
    table_copy_discard(c, path);
    free(spare);
    free(writing);
    return rc;
}

/* ---------------------------------------------------------------- damage -- */
int table_copy_keep_bad(const char *path, char *error, size_t size)
{
    char *bad = text_format("%s.bad-%lld", path, (long long)time(NULL));
    int rc = 0;
    /* PATH itself stays: a table that is missing is an empty one. */
    if (link(path, bad) == -1 && errno != ENOENT && errno != EEXIST)
        rc = copy_failed(bad, "", error, size);
    free(bad);
    return rc;
}

int table_copy_go_back(const char *path, char *error, size_t size)
{
    char *spare = path_spare(path);
    int rc = table_copy_keep_bad(path, error, size);
    if (rc == 0 && rename(spare, path) == -1)
        rc = copy_failed(path, "", error, size);
    free(spare);
    return rc == 0 ? directory_sync(path, error, size) : -1;
}
