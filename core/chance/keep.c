/* keep: messages held on to until their bounce was looked at. See keep.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "spool.h"

#define MESSAGE_KEEP 86400    /* seconds; a bounce is looked at at once */
#define NOTE_KEEP (8 * 86400) /* longer than Exim keeps a bounce */

char *keep_path(const struct settings *set, const char *id, const char *tag,
                const char *suffix)
{
    return text_format("%s/keep/%s.%s%s", set->state, id, tag, suffix);
}

char *keep_directory(const struct settings *set)
{
    return text_format("%s/keep", set->state);
}

bool keep_is_tag(const char *tag)
{
    size_t n = strlen(tag);
    return n >= 1 && n <= 32 && strspn(tag, "0123456789abcdef") == n;
}

int keep_make(const struct settings *set, char *error, size_t size)
{
    uid_t uid;
    gid_t gid;
    if (file_owner(set->spool, &uid, &gid) == -1)
        return text_error(error, size, "%s: no such directory", set->spool);
    char *keep = keep_directory(set);
    int rc = file_directory(set->state, uid, gid, error, size);
    if (rc == 0)
        rc = file_directory(keep, uid, gid, error, size);
    free(keep);
    return rc;
}

static int keep_link(const struct settings *set, const char *directory,
                     const char *id, const char *tag, const char *suffix,
                     char *error, size_t size)
{
    char *from = text_format("%s/%s%s", directory, id, suffix);
    char *to = keep_path(set, id, tag, suffix);
    int rc = link(from, to) == 0 || errno == EEXIST
                 ? 0
                 : text_error(error, size, "link %s to %s: %s", from, to,
                              strerror(errno));
    free(from);
    free(to);
    return rc;
}

int keep_message(const struct settings *set, const char *id, const char *tag,
                 char *error, size_t size)
{
    struct text directory = {0};
    int rc = keep_make(set, error, size);
    if (rc == 0 && spool_find(set->spool, id, &directory) != 1)
        rc = text_error(error, size, "message %s is not in %s", id, set->spool);
    if (rc == 0)
        rc = keep_link(set, directory.s, id, tag, "-D", error, size);
    if (rc == 0)
        rc = keep_link(set, directory.s, id, tag, "-H", error, size);
    text_free(&directory);
    return rc;
}

void keep_drop(const struct settings *set, const char *id, const char *tag)
{
    static const char *const suffixes[] = {"-H", "-D"};
    for (int i = 0; i < 2; i++) {
        char *path = keep_path(set, id, tag, suffixes[i]);
        unlink(path);
        free(path);
    }
}

bool keep_usable(const struct settings *set)
{
    char error[300];
    char *keep = keep_directory(set);
    bool usable =
        keep_make(set, error, sizeof error) == 0 &&
        faccessat(AT_FDCWD, keep, R_OK | W_OK | X_OK, AT_EACCESS) == 0;
    struct stat st;
    usable = usable && stat(keep, &st) == 0 && S_ISDIR(st.st_mode);
    free(keep);
    return usable;
}

/* STATE/keep, when it is a directory of Exim's own: this may be root, in a
 * place where the exim user can put a link to anywhere. */
static DIR *keep_opendir(const struct settings *set)
{
    uid_t uid;
    gid_t gid;
    struct stat st;
    char *path = keep_directory(set);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ours = fd != -1 && file_owner(set->spool, &uid, &gid) == 0 &&
                fstat(fd, &st) == 0 && st.st_uid == uid;
    DIR *dir = ours ? fdopendir(fd) : NULL;
    if (fd != -1 && !dir)
        close(fd);
    free(path);
    return dir;
}

static bool kept_for(const char *name, const char *id)
{
    size_t n = strlen(id);
    return strncmp(name, id, n) == 0 && name[n] == '.';
}

void keep_drop_all(const struct settings *set, const char *id)
{
    DIR *dir = keep_opendir(set);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (kept_for(e->d_name, id))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

bool keep_any(const struct settings *set, const char *id)
{
    DIR *dir = keep_opendir(set);
    bool found = false;
    for (struct dirent *e; dir && !found && (e = readdir(dir));)
        found = kept_for(e->d_name, id);
    if (dir)
        closedir(dir);
    return found;
}

/* Every name of ours begins with a message id. */
static bool keep_ours(const char *name)
{
    char id[SPOOL_ID_MAX];
    size_t n = strcspn(name, ".");
    if (!name[n] || n >= sizeof id)
        return false;
    memcpy(id, name, n);
    id[n] = 0;
    return spool_is_id(id);
}

static bool keep_old(const char *name, const struct stat *st,
                     const struct settings *set)
{
    size_t n = strlen(name);
    if (!keep_ours(name))
        return false;
    bool message = n > 2 && name[n - 2] == '-';
    time_t age = time(NULL) - st->st_ctime;
    return S_ISREG(st->st_mode) && age > (message                 ? MESSAGE_KEEP
                                          : set->keep > NOTE_KEEP ? set->keep
                                                                  : NOTE_KEEP);
}

void keep_sweep(const struct settings *set)
{
    DIR *dir = keep_opendir(set);
    struct stat st;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            keep_old(e->d_name, &st, set))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}
