/* test_store: Berkeley DB files that may be damaged, empty, or on a full
 * disk, and that several processes use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "store.h"

#include <stdlib.h>

#include "small_disk.h"
#include "unit.h"

#define WRITERS 6
#define ROUNDS 40

static char *path;

static struct store *make(char *error, size_t size)
{
    return store_open(path, true, getuid(), getgid(), error, size);
}

/* A value in a store opened for it alone; "-" for none, "!" for an error. */
static char *value_of(const char *key)
{
    struct text value = {0};
    char error[300];
    struct store *s =
        store_open(path, false, getuid(), getgid(), error, sizeof error);
    int rc = s != NULL ? store_get(s, key, &value, error, sizeof error)
             : *error  ? -1
                       : 0;

    store_close(&s, error, sizeof error);
    if (rc != 1) {
        text_free(&value);
        return text_copy(rc == 0 ? "-" : "!");
    }
    return value.s;
}

static int put(const char *key, const char *value)
{
    char error[300];
    struct store *s = make(error, sizeof error);
    int rc = s != NULL ? store_put(s, key, value, error, sizeof error) : -1;

    return store_close(&s, error, sizeof error) == -1 ? -1 : rc;
}

static void check_value(const char *label, const char *key, const char *want)
{
    char *value = value_of(key);

    unit_str(label, key, value, want);
    free(value);
}

static void check_life(void)
{
    char error[300] = "x";
    struct store *s =
        store_open(path, false, getuid(), getgid(), error, sizeof error);

    unit_true("no file", s == NULL);
    unit_str("no file", "error", error, "");
    unit_int("no file", "made", files_like(scratch, "*"), 0);
    unit_int("put", "result", put("one", "1"), 0);
    check_value("put", "one", "1");
    unit_int("put again", "result", put("one", "another value"), 0);
    check_value("put again", "one", "another value");
    check_value("another key", "two", "-");
    unit_int("an empty value", "result", put("empty", ""), 0);
    check_value("an empty value", "empty", "");
    s = make(error, sizeof error);
    unit_int("delete", "result", store_delete(s, "one", error, sizeof error),
             1);
    unit_int("delete what is not there", "result",
             store_delete(s, "one", error, sizeof error), 0);
    unit_int("close", "result", store_close(&s, error, sizeof error), 0);
    unit_true("close", s == NULL);
    unit_int("close twice", "result", store_close(&s, error, sizeof error), 0);
    check_value("deleted", "one", "-");
}

static void check_long_value(void)
{
    struct text value = {0};

    for (int i = 0; i < 20000; i++)
        text_addf(&value, "line %d\n", i);
    unit_int("a long value", "result", put("long", value.s), 0);
    check_value("a long value", "long", value.s);
    text_free(&value);
}

static void check_descriptors(void)
{
    int fds = descriptors_open();

    for (int i = 0; i < 50; i++) {
        put("one", "1");
        free(value_of("one"));
    }
    unit_int("fifty uses", "descriptors", descriptors_open(), fds);
}

/* The keys seen, joined; those that begin with "d" are deleted. */
static bool see(const char *key, const char *value, void *context)
{
    text_addf(context, "%s=%s ", key, value);
    return *key == 'd';
}

static void check_sweep(void)
{
    static const char *const keys[] = {"c", "d1", "a", "d2", "b"};
    struct text seen = {0};
    char error[300];
    struct store *s;

    unlink(path);
    for (size_t i = 0; i < LENGTH(keys); i++)
        put(keys[i], "v");
    s = make(error, sizeof error);
    unit_int("sweep", "result", store_sweep(s, see, &seen, error, sizeof error),
             0);
    unit_str("sweep", "seen", seen.s, "a=v b=v c=v d1=v d2=v ");
    text_cut(&seen, 0);
    store_sweep(s, see, &seen, error, sizeof error);
    unit_str("after the sweep", "seen", seen.s, "a=v b=v c=v ");
    store_close(&s, error, sizeof error);
    check_value("after the sweep", "d1", "-");
    text_free(&seen);
}

/* After damage mail-like callers go on: a note may be lost, but the next one
 * is kept. In a process of its own, for the library might end it. */
static int use_damaged(void *context)
{
    int fds = descriptors_open();

    (void)context;
    free(value_of("one"));
    put("two", "2");
    if (put("three", "3") == -1)
        return 1;
    char *value = value_of("three");
    int rc = strcmp(value, "3") != 0 ? 2 : descriptors_open() != fds ? 3 : 0;
    free(value);
    return rc;
}

static const struct {
    const char *label;
    off_t at;  /* where */
    int bytes; /* how many are overwritten; -1: cut off there */
    bool kept; /* is the file moved aside? */
} damages[] = {
    {"another magic", 12, 4, true},
    {"the first page", 0, 512, true},
    {"zeros and ones in a leaf", 4096 + 100, 600, true},
    {"the end of a leaf", 2 * 4096 - 200, 200, true},
    {"cut within a page", 4096 + 1000, -1, true},
    {"cut behind the first page", 4096, -1, false},
    {"cut within the first page", 300, -1, true},
    {"one byte left", 1, -1, true},
    {"nothing left", 0, -1, false},
};

static void damage(off_t at, int bytes)
{
    char junk[1024];
    int fd = open(path, O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < sizeof junk; i++)
        junk[i] = (char)(i * 37 + 11);
    if (bytes >= 0 && pwrite(fd, junk, (size_t)bytes, at) != bytes)
        exit(2);
    if (bytes < 0 && ftruncate(fd, at) == -1)
        exit(2);
    close(fd);
}

static void clear_scratch(void)
{
    scratch_end();
    if (mkdir(scratch, 0755) == -1)
        exit(2);
}

static void check_damages(void)
{
    for (size_t i = 0; i < LENGTH(damages); i++) {
        clear_scratch();
        for (int k = 0; k < 300; k++) {
            char key[20];

            snprintf(key, sizeof key, "key-%d", k);
            if (k % 50 == 0)
                put(key, "a value that takes some room in a page of the file");
        }
        put("one", "1");
        damage(damages[i].at, damages[i].bytes);
        unit_int(damages[i].label, "use", small_disk_run(use_damaged, NULL), 0);
        if (damages[i].kept)
            unit_int(damages[i].label, "moved aside",
                     files_like(scratch, "store.bad-*"), 1);
    }
}

static void check_foreign(void)
{
    clear_scratch();
    file_put_text(path, "This is no database.\n");
    check_value("a foreign file", "one", "-");
    unit_int("a foreign file", "put", put("one", "1"), 0);
    check_value("a foreign file", "one", "1");
    unit_int("a foreign file", "moved aside",
             files_like(scratch, "store.bad-*"), 1);
    clear_scratch();
    file_put_text(path, "");
    check_value("a file of length nought", "one", "-");
    unit_int("a file of length nought", "put", put("one", "1"), 0);
    check_value("a file of length nought", "one", "1");
    unit_int("a file of length nought", "moved aside",
             files_like(scratch, "store.bad-*"), 0);
}

static void check_no_place(void)
{
    char error[300] = "";

    clear_scratch();
    if (mkdir(path, 0755) == -1)
        exit(2);
    unit_int("a directory in its place", "put", put("one", "1"), 0);
    check_value("a directory in its place", "one", "1");
    unit_int("a directory in its place", "moved aside",
             files_like(scratch, "store.bad-*"), 1);
    unit_true("no such place", store_open("/nowhere/store", true, 0, 0, error,
                                          sizeof error) == NULL);
    unit_has("no such place", "error", error, "/nowhere/store");
}

static int writer(void *context)
{
    const int *number = context;
    char key[30];

    for (int i = 0; i < ROUNDS; i++) {
        snprintf(key, sizeof key, "%d-%d", *number, i);
        if (put(key, key) == -1)
            return 1;
    }
    return 0;
}

static void check_writers(void)
{
    pid_t children[WRITERS];
    char key[30];
    int lost = 0;

    clear_scratch();
    for (int i = 0; i < WRITERS; i++)
        children[i] = child_start(writer, &i);
    for (int i = 0; i < WRITERS; i++)
        unit_true("a writer ends well", child_wait(children[i]));
    for (int i = 0; i < WRITERS * ROUNDS; i++) {
        char *value;

        snprintf(key, sizeof key, "%d-%d", i / ROUNDS, i % ROUNDS);
        value = value_of(key);
        lost += strcmp(value, key) != 0;
        free(value);
    }
    unit_int("writers at once", "lost", lost, 0);
}

/* Fills up, is told so, and works again when there is room. */
static int fill_up(void *context)
{
    char *directory = scratch_path("small"), *filler;
    int rc = 0, fds;

    (void)context;
    if (!small_disk_mount(directory, "256k"))
        return CHILD_SKIPPED;
    free(path);
    path = text_format("%s/store", directory);
    filler = text_format("%s/filler", directory);
    if (put("one", "1") == -1)
        return 2;
    small_disk_fill(directory);
    fds = descriptors_open();
    for (int i = 0; i < 100 && rc == 0; i++) {
        char key[300];

        snprintf(key, sizeof key, "%d-%0250d", i, i);
        rc = put(key, key);
    }
    if (rc != -1)
        return 3;
    if (descriptors_open() != fds)
        return 4;
    free(value_of("one"));
    unlink(filler);
    if (put("two", "2") == -1 && put("two", "2") == -1)
        return 5;
    char *two = value_of("two");
    return strcmp(two, "2") == 0 ? 0 : 6;
}

static void check_full_disk(void)
{
    int rc;

    clear_scratch();
    rc = small_disk_run(fill_up, NULL);
    if (rc == CHILD_SKIPPED)
        printf("skipped: a full disk needs root\n");
    else
        unit_int("a full disk", "result", rc, 0);
}

/* How many rows cannot be read; each is asked of the store anew. */
static int rows_bad(int rows)
{
    int bad = 0;

    for (int i = 0; i < rows; i++) {
        struct text value = {0};
        char key[300], error[300];
        struct store *s = store_open(path, false, geteuid(), getegid(), error,
                                     sizeof error);

        snprintf(key, sizeof key, "%d-%0250d", i, i);
        if (!s)
            break; /* it was moved aside */
        bad += store_get(s, key, &value, error, sizeof error) == -1;
        store_close(&s, error, sizeof error);
        text_free(&value);
    }
    return bad;
}

/* Berkeley DB walks in such pages for ever, so the alarm is the failure. In a
 * child, for it does not free what it had of a database that it gives up. */
static void check_zero_pages(void)
{
    static const char zeros[4 * 4096];
    int status = -1;

    clear_scratch();
    for (int i = 0; i < 300; i++) {
        char key[300];

        snprintf(key, sizeof key, "%d-%0250d", i, i);
        put(key, key);
    }
    int fd = open(path, O_WRONLY);
    unit_true("zero pages written",
              pwrite(fd, zeros, sizeof zeros, 2 * 4096) == sizeof zeros);
    close(fd);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        _exit(rows_bad(300) > 0 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    unit_int("zero pages are damage", "status", status, 0);
    unit_int("and made anew", "put", put("one", "1"), 0);
}

int main(void)
{
    scratch_begin();
    path = scratch_path("store");
    check_life();
    check_long_value();
    check_descriptors();
    check_sweep();
    check_damages();
    check_foreign();
    check_no_place();
    check_writers();
    check_full_disk();
    check_zero_pages();
    free(path);
    scratch_end();
    return unit_end();
}
