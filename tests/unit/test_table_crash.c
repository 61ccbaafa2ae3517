/* test_table_crash: whoever is killed while it writes, and whatever it leaves,
 * or a disk makes of it: there is the old state or the new one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>

#include "tables.h"

#define KILLS 300
#define VERIFIED 600 /* rows of a table that takes many pages */

/* ----------------------------------------------------------------- kills -- */
static int write_on(void *context)
{
    int number = *(int *)context;

    while (batch_put(++number) == 0)
        continue;
    return 1;
}

static void wait_nanoseconds(long ns)
{
    struct timespec t = {.tv_sec = 0, .tv_nsec = ns};

    nanosleep(&t, NULL);
}

/* What a killed writer has left: were the moments spread? */
struct left {
    int writing, linked, no_spare, changed;
};

static void left_count(struct left *l)
{
    struct stat st;

    l->writing += inode(writing) != 0;
    l->no_spare += inode(spare) == 0;
    l->linked += lstat(spare, &st) == 0 && st.st_nlink == 2;
}

static void check_kills(void)
{
    struct left l = {0};
    int number = 1, torn = 0, failed = 0;
    long start = milliseconds();

    clear_scratch();
    batch_put(1);
    for (int i = 0; i < KILLS && milliseconds() - start < 2500; i++) {
        pid_t pid = child_start(write_on, &number);
        int now;

        wait_nanoseconds(rand() % 6000 * 1000L + rand() % 1000);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        left_count(&l);
        now = batch_now();
        torn += now < number;
        l.changed += now != number;
        number = now;
        if (i % 4 == 0)
            failed += batch_put(++number) != 0 || batch_now() != number;
    }
    unit_int("killed", "torn", torn, 0);
    unit_int("killed", "next writer failed", failed, 0);
    printf("killed writers left: %d half written, %d without a spare, %d "
           "linked twice, %d a change\n",
           l.writing, l.no_spare, l.linked, l.changed);
    unit_true("killed while writing", l.writing > 0);
    unit_true("killed after a change", l.changed > 0);
}

/* ---------------------------------------------------------- crash states -- */
static char *kept[4]; /* files of versions */

static void file_copy(const char *from, const char *to)
{
    struct text t = {0};

    file_get_bytes(from, &t);
    unlink(to);
    file_put(to, t.s, t.len);
    text_free(&t);
}

static void junk_at(const char *name, off_t at, int bytes)
{
    char junk[4096];
    int fd = open(name, O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < sizeof junk; i++)
        junk[i] = (char)(i * 37 + 11);
    for (; bytes > 0; bytes -= (int)sizeof junk, at += (off_t)sizeof junk)
        if (pwrite(fd, junk,
                   bytes < (int)sizeof junk ? (size_t)bytes : sizeof junk,
                   at) == -1)
            exit(2);
    close(fd);
}

static void nothing(void)
{
}

static void no_spare(void)
{
    unlink(spare);
}

static void died_before_writing(void)
{
    rename(spare, writing);
}

static void died_in_the_middle(void)
{
    rename(spare, writing);
    junk_at(writing, 1000, 20000);
}

static void died_before_the_link(void)
{
    file_copy(kept[3], writing);
    unlink(spare);
}

static void died_after_the_link(void)
{
    file_copy(kept[3], writing);
    unlink(spare);
    if (link(path, spare) == -1)
        exit(2);
}

static void died_making_a_copy(void)
{
    unlink(spare);
    file_copy(path, writing);
    if (truncate(writing, 7000) == -1)
        exit(2);
}

static void died_at_once(void)
{
    unlink(spare);
    file_put_text(writing, "");
}

static void spare_too_old(void)
{
    file_copy(kept[0], spare);
}

static void spare_the_same(void)
{
    file_copy(path, spare);
}

static void spare_of_another_past(void)
{
    file_copy(kept[3], spare);
}

static void spare_empty(void)
{
    file_put_text(spare, "");
}

static void spare_text(void)
{
    file_put_text(spare, "This is no table.\n");
}

static void spare_short(void)
{
    if (truncate(spare, 4096) == -1)
        exit(2);
}

static void spare_damaged(void)
{
    junk_at(spare, 2048 + 30, 100000);
}

static void spare_damaged_end(void)
{
    struct stat st;

    stat(spare, &st);
    junk_at(spare, st.st_size / 2, (int)(st.st_size / 2));
}

static void spare_directory(void)
{
    unlink(spare);
    mkdir(spare, 0755);
}

static void spare_link(void)
{
    char *other = scratch_path("other");

    unlink(spare);
    if (symlink(other, spare) == -1)
        exit(2);
    free(other);
}

static void writing_link(void)
{
    char *other = scratch_path("other");

    if (symlink(other, writing) == -1)
        exit(2);
    free(other);
}

static void writing_link_no_spare(void)
{
    unlink(spare);
    writing_link();
}

static void writing_directory(void)
{
    mkdir(writing, 0755);
}

static void spare_held(void)
{
    char *other = scratch_path("backup");

    if (link(spare, other) == -1)
        exit(2);
    free(other);
}

static const struct {
    const char *label;
    void (*make)(void);
} states[] = {
    {"as it should be", nothing},
    {"no spare", no_spare},
    {"died before it wrote", died_before_writing},
    {"died while it wrote", died_in_the_middle},
    {"died before the link", died_before_the_link},
    {"died after the link", died_after_the_link},
    {"died making a copy", died_making_a_copy},
    {"died making the file", died_at_once},
    {"a spare that is too old", spare_too_old},
    {"a spare like the table", spare_the_same},
    {"a spare of another past", spare_of_another_past},
    {"a spare of length nought", spare_empty},
    {"a spare that is text", spare_text},
    {"a spare that is short", spare_short},
    {"a damaged spare", spare_damaged},
    {"a spare whose end is damaged", spare_damaged_end},
    {"a directory for a spare", spare_directory},
    {"a link for a spare", spare_link},
    {"a link in the way", writing_link},
    {"a link in the way, no spare", writing_link_no_spare},
    {"a directory in the way", writing_directory},
    {"a spare that has another name", spare_held},
};

/* 300 rows of version 1, of which 2 and 3 change some. */
static int version_put(int version)
{
    struct table *t = begin();
    char key[40], value[200];

    if (t == NULL)
        return -1;
    for (int i = 0; i < (version == 1 ? 300 : 300 / version); i++) {
        snprintf(key, sizeof key, "row-%d", i * version % 300);
        snprintf(value, sizeof value, "%d %0150d", version, i);
        table_put(t, key, value, error, sizeof error);
    }
    return table_commit(&t, error, sizeof error);
}

/* The table is version 3, its spare version 2. The fourth that is kept is a
 * version 2 too, with other rows. */
static void versions_make(void)
{
    clear_scratch();
    for (int i = 0; i < (int)LENGTH(kept); i++) {
        free(kept[i]);
        kept[i] = text_format("%s/version-%d", scratch, i + 1);
        if (i < 3) {
            version_put(i + 1);
            file_copy(path, kept[i]);
        }
    }
    file_copy(kept[0], path);
    unlink(spare);
    put("only", "there");
    rename(path, kept[3]);
    file_copy(kept[2], path);
    file_copy(kept[1], spare);
}

/* In a process of its own, for a handle that has met damage leaks. */
static int use_state(void *context)
{
    const char *label = context;
    char *before = rows_now(), *after, row[200];
    int fds = descriptors_open();

    for (int i = 7; i < 10; i++) {
        unit_int(label, "write", version_put(i), 0);
        after = rows_now();
        unit_true(label, strcmp(before, after) != 0);
        free(before);
        before = after;
    }
    check_value(label, "only", "-");
    snprintf(row, sizeof row, "1 %0150d", 1);
    check_value(label, "row-1", row);
    unit_int(label, "descriptors", descriptors_open(), fds);
    unit_int(label, "half written", inode(writing) != 0, 0);
    free(before);
    return child_result();
}

/* The rows of the last version after the same writes with nothing amiss. */
static char *rows_wanted(void)
{
    versions_make();
    for (int i = 7; i < 10; i++)
        version_put(i);
    return rows_now();
}

/* Also true when there is no second. */
static bool file_same_bytes(const char *one, const char *two)
{
    struct text a = {0}, b = {0};
    bool same;

    file_get_bytes(one, &a);
    file_get_bytes(two, &b);
    same = inode(two) == 0 || (a.len == b.len && !memcmp(a.s, b.s, a.len));
    text_free(&a);
    text_free(&b);
    return same;
}

/* One damaged page, wherever a writer meets it; every third. */
static void check_spare_pages(const char *want)
{
    struct stat st = {.st_size = 2048};

    for (off_t at = 0; at < st.st_size; at += 3 * 2048) {
        char *got;

        versions_make();
        stat(spare, &st);
        junk_at(spare, at + 600, 10);
        unit_int("a damaged page in the spare", "use",
                 child_use(use_state, "a damaged page in the spare"), 0);
        got = rows_now();
        unit_true("a damaged page in the spare", strcmp(got, want) == 0);
        free(got);
    }
    unit_true("a damaged page in the spare: many", st.st_size > 20 * 2048);
}

static void check_states(void)
{
    char *want = rows_wanted(), *other = scratch_path("other");
    char *kept_too = scratch_path("backup");

    for (size_t i = 0; i < LENGTH(states); i++) {
        const char *label = states[i].label;
        char *got;

        versions_make();
        file_put_text(other, "untouched");
        got = rows_now();
        states[i].make();
        free(got);
        unit_int(label, "use", child_use(use_state, label), 0);
        got = rows_now();
        unit_true(label, strcmp(got, want) == 0);
        free(got);
        got = file_get(other);
        unit_str(label, "what the link leads to", got, "untouched");
        free(got);
        unit_true(label, file_same_bytes(kept[1], kept_too));
    }
    check_spare_pages(want);
    free(other);
    free(kept_too);
    free(want);
}

/* ---------------------------------------------------------------- damage -- */
static const struct {
    const char *label;
    off_t at;  /* where; below nought: from the end */
    int bytes; /* how many are overwritten; -1: cut off, -2: zeros */
} damages[] = {
    {"another magic", 12, 4},
    {"the first page", 0, 512},
    {"zeros in the first page", 0, -2},
    {"the root", 2048 + 100, 100},
    {"zeros for the root", 2048, -2},
    {"a page", 20 * 2048 + 100, 10},
    {"zeros for a page", 20 * 2048, -2},
    {"many pages", 10 * 2048, 50 * 2048},
    {"one byte", 33 * 2048 + 77, 1},
    {"the last page", -2048, 20},
    {"zeros for the last page", -2048, -2},
    {"cut behind the first page", 2048, -1},
    {"cut behind the root", 4096, -1},
    {"cut between two pages", 30 * 2048, -1},
    {"cut within a page", 30 * 2048 + 100, -1},
    {"the last page gone", -2048, -1},
    {"one byte left", 1, -1},
    {"nothing left", 0, -1},
};

static void damage(const char *name, size_t i)
{
    static const char zeros[2048];
    struct stat st;
    off_t at = damages[i].at;
    int fd = open(name, O_RDWR | O_CLOEXEC);

    if (fd == -1 || fstat(fd, &st) == -1)
        exit(2);
    at += at < 0 ? st.st_size : 0;
    if (damages[i].bytes == -1 && ftruncate(fd, at) == -1)
        exit(2);
    if (damages[i].bytes == -2 &&
        pwrite(fd, zeros, sizeof zeros, at) != (ssize_t)sizeof zeros)
        exit(2);
    if (damages[i].bytes > 0)
        junk_at(name, at, damages[i].bytes);
    close(fd);
}

static void verified_key(char key[100], int i)
{
    snprintf(key, 100, "row-%d@%060d", i, i);
}

static void damaged_make(void)
{
    struct table *t;
    char key[100];

    clear_scratch();
    /* So it has no journal, whose pages are free later. */
    t = table_begin_empty(path, NOBODY, NOBODY, error, sizeof error);
    for (int i = 0; i < VERIFIED; i++) {
        verified_key(key, i);
        table_put(t, key, key, error, sizeof error);
    }
    table_commit(&t, error, sizeof error);
    put("last", "before");
    put("last", "now");
}

/* How many rows are wrong, or not there and no error says so; and how many are
 * errors. One of these spoils the handle. */
static int rows_wrong(int *errors)
{
    struct table *t = NULL;
    char key[100];
    int wrong = 0;

    for (int i = 0; i < VERIFIED; i++) {
        char *value;

        verified_key(key, i);
        t = t != NULL ? t : table_open(path, error, sizeof error);
        value = t != NULL ? get(t, key) : text_copy(*error ? "!" : "-");
        wrong += strcmp(value, "!") == 0 ? strstr(error, path) == NULL
                                         : strcmp(value, key) != 0;
        if (strcmp(value, "!") == 0) {
            ++*errors;
            table_close(&t);
        }
        free(value);
    }
    table_close(&t);
    return wrong;
}

static int count_rows(int *seen)
{
    struct table *t = table_open(path, error, sizeof error);
    struct text rows = {0};
    int rc =
        t != NULL ? table_each(t, "", see, &rows, error, sizeof error) : -1;

    for (size_t i = 0; i < rows.len; i++)
        *seen += rows.s[i] == ' ';
    text_free(&rows);
    table_close(&t);
    return rc;
}

static int use_damaged(void *context)
{
    const char *label = context;
    int errors = 0, seen = 0, fds = descriptors_open();
    ino_t was = inode(path);

    alarm(60); /* damage has made the library go round for ever */
    unit_int(label, "rows wrong", rows_wrong(&errors), 0);
    unit_true(label, count_rows(&seen) == -1 || seen == VERIFIED + 1);
    unit_true(label, errors > 0 || seen != VERIFIED + 1);
    unit_true(label, inode(path) == was && inode(spare) != 0);
    unit_int(label, "recover",
             table_recover(path, NOBODY, NOBODY, error, sizeof error), 1);
    unit_int(label, "kept", files_like(scratch, "table.db.bad-*"), 1);
    seen = 0;
    unit_int(label, "each again", count_rows(&seen), 0);
    unit_int(label, "rows again", seen, VERIFIED + 1);
    check_value(label, "last", "before");
    unit_int(label, "write again", put("last", "again"), 0);
    check_value(label, "last", "again");
    unit_int(label, "recover again",
             table_recover(path, NOBODY, NOBODY, error, sizeof error), 0);
    unit_int(label, "descriptors", descriptors_open(), fds);
    return child_result();
}

static void check_damages(void)
{
    for (size_t i = 0; i < LENGTH(damages); i++) {
        const char *label = damages[i].label;

        damaged_make();
        damage(path, i);
        unit_int(label, "use", child_use(use_damaged, label), 0);
    }
}

static int use_both_damaged(void *context)
{
    struct table *t;
    ino_t was = inode(path), was_spare = inode(spare);

    (void)context;
    unit_int("both damaged", "recover",
             table_recover(path, NOBODY, NOBODY, error, sizeof error), -1);
    unit_has("both damaged", "error", error, "nothing to go back to");
    unit_true("both damaged: left as they are",
              inode(path) == was && inode(spare) == was_spare);
    t = table_begin_empty(path, NOBODY, NOBODY, error, sizeof error);
    if (!unit_true("an import over damage", t != NULL))
        return 1;
    table_put(t, "new", "1", error, sizeof error);
    unit_int("an import over damage", "commit",
             table_commit(&t, error, sizeof error), 0);
    check_value("an import over damage", "new", "1");
    check_value("an import over damage", "last", "-");
    unit_int("an import over damage", "kept",
             files_like(scratch, "table.db.bad-*"), 1);
    return child_result();
}

static void check_no_way_back(void)
{
    damaged_make();
    damage(path, 1);
    damage(spare, 7);
    unit_int("both damaged", "use", child_use(use_both_damaged, ""), 0);
}

/* Whoever writes finds the damage: the old state stays. */
static int write_damaged(void *context)
{
    struct table *t = begin();
    int rc = 0, keys = 0;
    char key[100];

    (void)context;
    for (; rc == 0 && keys < VERIFIED; keys++) {
        verified_key(key, keys);
        rc = table_put(t, key, "other", error, sizeof error);
    }
    unit_int("a writer that finds damage", "put", rc, -1);
    unit_has("a writer that finds damage", "error", error, "import");
    unit_int("a writer that finds damage", "put more",
             table_put(t, "more", "1", error, sizeof error), -1);
    unit_int("a writer that finds damage", "commit",
             table_commit(&t, error, sizeof error), -1);
    check_value("a writer that finds damage", "more", "-");
    return child_result();
}

static void check_write_damaged(void)
{
    damaged_make();
    junk_at(path, 20 * 2048 + 100, 10);
    unlink(spare);
    unit_int("a writer that finds damage", "use", child_use(write_damaged, ""),
             0);
}

int main(void)
{
    tables_begin();
    check_kills();
    check_states();
    check_damages();
    check_no_way_back();
    check_write_damaged();
    for (size_t i = 0; i < LENGTH(kept); i++)
        free(kept[i]);
    tables_end();
    return unit_end();
}
