/* test_file: state files made, locked, moved aside, read and written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "file.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

static char *path;

static void check_owner(void)
{
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;

    unit_int("a directory", "result", file_owner(scratch, &uid, &gid), 0);
    unit_int("a directory", "uid", (long)uid, (long)getuid());
    unit_int("no directory", "result", file_owner("/nowhere", &uid, &gid), -1);
}

static void check_directory(void)
{
    char error[300] = "", *below = scratch_path("a/b");
    char *directory = scratch_path("a");
    struct stat st;

    unit_int("two levels", "result",
             file_directory(below, 0, 0, error, sizeof error), -1);
    unit_has("two levels", "error", error, below);
    unit_int("one level", "result",
             file_directory(directory, getuid(), getgid(), error, sizeof error),
             0);
    stat(directory, &st);
    unit_int("one level", "mode", st.st_mode & 0777, DIRECTORY_MODE);
    unit_int("again", "result",
             file_directory(directory, 1, 1, error, sizeof error), 0);
    free(below);
    free(directory);
}

/* What root makes belongs to whom it was made for. */
static void check_given_away(void)
{
    char error[300];
    struct stat st;
    int fd;

    if (getuid() != 0) {
        printf("skipped: giving files away needs root\n");
        return;
    }
    fd = file_create(path, 12, 34, error, sizeof error);
    unit_true("made by root", fstat(fd, &st) == 0);
    unit_int("made by root", "uid", (long)st.st_uid, 12);
    unit_int("made by root", "gid", (long)st.st_gid, 34);
    unit_int("made by root", "mode", st.st_mode & 0777, FILE_MODE);
    close(fd);
}

static void check_create(void)
{
    char error[300] = "", *contents, *target = scratch_path("target");
    int fd;

    file_put_text(path, "old");
    fd = file_create(path, getuid(), getgid(), error, sizeof error);
    unit_true("replaces an old one", fd != -1);
    unit_int("replaces an old one", "written",
             file_write_all(fd, "new contents", 3), 0);
    close(fd);
    contents = file_get(path);
    unit_str("replaces an old one", "contents", contents, "new");
    free(contents);
    file_put_text(target, "precious");
    unlink(path);
    if (symlink(target, path) == -1)
        exit(2);
    fd = file_create(path, getuid(), getgid(), error, sizeof error);
    unit_true("a link in its place", fd != -1);
    file_write_all(fd, "x", 1);
    close(fd);
    contents = file_get(target);
    unit_str("a link in its place", "its target", contents, "precious");
    free(contents);
    free(target);
    unlink(path);
}

static void check_read(void)
{
    struct text t = {0};
    char error[300] = "";

    unit_int("no file", "result", file_read(path, 100, &t, error, sizeof error),
             0);
    file_put(path, "a\0b", 3);
    unit_int("a zero byte", "result",
             file_read(path, 100, &t, error, sizeof error), 1);
    unit_true("a zero byte", t.len == 3 && memcmp(t.s, "a\0b", 4) == 0);
    text_cut(&t, 0);
    unit_int("too large", "result", file_read(path, 2, &t, error, sizeof error),
             -1);
    unit_has("too large", "error", error, "too large");
    unit_has("too large", "error", error, path);
    text_cut(&t, 0);
    file_put_text(path, "");
    unit_int("an empty file", "result",
             file_read(path, 100, &t, error, sizeof error), 1);
    unit_str("an empty file", "contents", t.s, "");
    unit_int("a directory", "result",
             file_read(scratch, 100, &t, error, sizeof error), -1);
    unit_has("a directory", "error", error, strerror(EISDIR));
    text_free(&t);
}

static void check_aside(void)
{
    char *old;

    file_put_text(path, "damaged");
    file_move_aside(path);
    unit_int("moved aside", "there", access(path, F_OK), -1);
    unit_int("moved aside", "kept", files_like(scratch, "file.bad-*"), 1);
    file_move_aside(path);
    unit_int("nothing to move", "kept", files_like(scratch, "file.bad-*"), 1);
    old = scratch_path("file");
    unit_str("the path", "name", old, path);
    free(old);
}

/* Gets the lock, shows it, and holds it until its input ends. */
static int lock_holder(void *context)
{
    int *ends = context;
    char error[300], byte;
    int fd = file_lock(path, getuid(), getgid(), error, sizeof error);

    close(ends[1]);
    if (fd == -1)
        return 1;
    file_put_text(path, "held");
    return read(ends[0], &byte, 1) != 0;
}

static int lock_waiter(void *context)
{
    int *ends = context;
    char error[300], *said;
    int rc, fd;

    close(ends[1]);
    fd = file_lock(path, getuid(), getgid(), error, sizeof error);
    said = file_get(path);
    rc = fd == -1 || strcmp(said, "given up") != 0;
    free(said);
    return rc;
}

static void check_lock(void)
{
    int ends[2];
    pid_t holder, waiter;

    if (pipe(ends) == -1)
        exit(2);
    unlink(path);
    holder = child_start(lock_holder, ends);
    close(ends[0]);
    while (access(path, F_OK) == -1)
        usleep(1000);
    waiter = child_start(lock_waiter, ends);
    unit_int("the waiter waits", "ended", waitpid(waiter, NULL, WNOHANG), 0);
    file_put_text(path, "given up");
    close(ends[1]);
    unit_true("the holder ends", child_wait(holder));
    unit_true("the waiter gets it after that", child_wait(waiter));
}

static void check_lock_fails(void)
{
    char error[300] = "";
    int fds = descriptors_open();

    unit_int("no place for the lock", "result",
             file_lock("/nowhere/file", 0, 0, error, sizeof error), -1);
    unit_has("no place for the lock", "error", error, "/nowhere/file.lock");
    unit_int("no place for the lock", "descriptors", descriptors_open(), fds);
}

int main(void)
{
    scratch_begin();
    path = scratch_path("file");
    check_owner();
    check_directory();
    check_given_away();
    unlink(path);
    check_create();
    check_read();
    check_aside();
    check_lock();
    check_lock_fails();
    free(path);
    scratch_end();
    return unit_end();
}
