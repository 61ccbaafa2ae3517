/* test_table: rows, changes, readers and writers at work together, and what
 * stands in the way of a table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <sched.h>

#include "file.h"
#include "store.h"
#include "tables.h"

#define OTHER 4242 /* who is in the group at most */

/* ------------------------------------------------------------------ life -- */
static void check_life(void)
{
    struct table *t = table_open(path, error, sizeof error);

    unit_true("no table", t == NULL);
    unit_str("no table", "error", error, "");
    unit_int("no table", "made", files_like(scratch, "*"), 0);
    unit_int("put", "result", put("one", "1"), 0);
    check_value("put", "one", "1");
    unit_int("put again", "result", put("one", "another value"), 0);
    check_value("put again", "one", "another value");
    check_value("another key", "two", "-");
    unit_int("an empty value", "result", put("empty", ""), 0);
    check_value("an empty value", "empty", "");
    t = begin();
    unit_int("delete", "result", table_delete(t, "one", error, sizeof error),
             1);
    unit_int("delete what is not there", "result",
             table_delete(t, "one", error, sizeof error), 0);
    unit_int("commit", "result", table_commit(&t, error, sizeof error), 0);
    unit_true("commit", t == NULL);
    check_value("deleted", "one", "-");
    unit_int("files", "left", files_like(scratch, "*"), 3);
}

static void check_own_changes(void)
{
    struct table *t;

    clear_scratch();
    t = begin();
    unit_int("a new table", "version", (long)table_version(t), 0);
    check_in("a new table", t, "a", "-");
    check_each("a new table", t, "", "");
    table_put(t, "b", "2", error, sizeof error);
    table_put(t, "a", "1", error, sizeof error);
    table_put(t, "c", "stop", error, sizeof error);
    table_put(t, "d", "4", error, sizeof error);
    check_in("a writer", t, "a", "1");
    check_each("a writer, from the start", t, "", "a=1 b=2 c=stop ");
    check_each("a writer, from a key", t, "d", "d=4 ");
    check_value("not committed", "a", "-");
    unit_int("commit", "result", table_commit(&t, error, sizeof error), 0);
    t = begin();
    table_delete(t, "c", error, sizeof error);
    table_put(t, "a", "changed", error, sizeof error);
    check_each("changes", t, "", "a=changed b=2 d=4 ");
    table_abort(&t);
    table_abort(&t);
    unit_int("aborted", "being written", inode(writing) != 0, 0);
    t = table_open(path, error, sizeof error);
    check_each("aborted", t, "", "a=1 b=2 c=stop ");
    check_each("from between two keys", t, "bb", "c=stop ");
    check_each("from behind the last", t, "e", "");
    check_each("from a reserved key", t, "\001zz", "a=1 b=2 c=stop ");
    table_close(&t);
    unit_int("after an abort", "put", put("e", "5"), 0);
    check_value("after an abort", "a", "1");
    check_value("after an abort", "e", "5");
}

static void check_nothing_changed(void)
{
    struct table *t;
    ino_t was;

    clear_scratch();
    t = begin();
    unit_int("no row", "commit", table_commit(&t, error, sizeof error), 0);
    check_value("no row", "a", "-");
    put("a", "1");
    was = inode(path);
    t = begin();
    table_put(t, "a", "1", error, sizeof error);
    table_delete(t, "b", error, sizeof error);
    unit_int("as it was", "version", (long)table_version(t), 2);
    unit_int("as it was", "commit", table_commit(&t, error, sizeof error), 0);
    unit_true("as it was: nothing is written", inode(path) == was);
}

static struct text long_text(size_t len)
{
    struct text t = {0};

    while (t.len < len)
        text_addn(&t, "0123456789abcdef", len - t.len < 16 ? len - t.len : 16);
    return t;
}

static const struct {
    const char *label;
    const char *key; /* NULL: as long as that */
    size_t key_len, value_len;
    int rc;
} limits[] = {
    {"a key", "k", 0, 1, 0},
    {"no key", "", 0, 1, -1},
    {"a reserved key", "\001state", 0, 1, -1},
    {"a key like the first", "\002", 0, 1, 0},
    {"all bits", "\xff\xfe", 0, 1, 0},
    {"the longest key", NULL, TABLE_KEY, 1, 0},
    {"too long a key", NULL, TABLE_KEY + 1, 1, -1},
    {"the longest value", "k", 0, TABLE_VALUE, 0},
    {"too long a value", "k", 0, TABLE_VALUE + 1, -1},
};

static void check_limits(void)
{
    for (size_t i = 0; i < LENGTH(limits); i++) {
        struct text key = long_text(limits[i].key_len);
        struct text value = long_text(limits[i].value_len);

        clear_scratch();
        if (limits[i].key != NULL)
            text_add(&key, limits[i].key);
        put("before", "1");
        unit_int(limits[i].label, "put", put(text_str(&key), value.s),
                 limits[i].rc);
        check_value(limits[i].label, text_str(&key),
                    limits[i].rc == 0 ? value.s : "-");
        unit_int(limits[i].label, "put the next", put("next", "1"), 0);
        unit_int(limits[i].label, "and one more", put("more", "1"), 0);
        check_value(limits[i].label, text_str(&key),
                    limits[i].rc == 0 ? value.s : "-");
        text_free(&key);
        text_free(&value);
    }
}

static bool change_in_each(const char *key, const char *value, void *context)
{
    (void)value;
    return table_delete(context, key, error, sizeof error) != -1;
}

static void check_refused(void)
{
    struct table *t;

    clear_scratch();
    put("a", "1");
    t = table_open(path, error, sizeof error);
    unit_int("a reader", "put", table_put(t, "a", "2", error, sizeof error),
             -1);
    unit_has("a reader", "error", error, path);
    table_close(&t);
    t = begin();
    table_put(t, "b", "2", error, sizeof error);
    table_each(t, "", change_in_each, t, error, sizeof error);
    unit_int("changes while walking", "commit",
             table_commit(&t, error, sizeof error), -1);
    check_value("changes while walking", "b", "-");
    check_value("changes while walking", "a", "1");
}

/* ------------------------------------------------------ many generations -- */
/* Random changes, large and small, and the same ones in an array. */
static int model[200];

static void model_change(struct table *t, int i)
{
    char key[20], value[20];

    snprintf(key, sizeof key, "key-%d", i);
    model[i] = rand() % 4 == 0 ? 0 : rand() % 1000 + 1;
    snprintf(value, sizeof value, "%d", model[i]);
    if (model[i] == 0)
        table_delete(t, key, error, sizeof error);
    else
        table_put(t, key, value, error, sizeof error);
}

static int model_differs(void)
{
    struct table *t = table_open(path, error, sizeof error);
    char key[20], want[20];
    int wrong = 0;

    for (int i = 0; i < (int)LENGTH(model); i++) {
        char *value;

        snprintf(key, sizeof key, "key-%d", i);
        snprintf(want, sizeof want, model[i] == 0 ? "-" : "%d", model[i]);
        value = get(t, key);
        wrong += strcmp(value, want) != 0;
        free(value);
    }
    table_close(&t);
    return wrong;
}

static void check_generations(void)
{
    int wrong = 0, again = 0;
    ino_t before[2] = {0, 0};
    struct table *t;

    clear_scratch();
    srand(1);
    for (int i = 0; i < 60; i++) {
        int changes = i % 20 == 19 ? TABLE_BATCH + 500 : rand() % 30 + 1;

        t = begin();
        wrong += table_version(t) != (uint64_t)i;
        for (int k = 0; k < changes; k++)
            model_change(t, rand() % (int)LENGTH(model));
        wrong += table_commit(&t, error, sizeof error) != 0;
        wrong += model_differs();
        again += inode(path) == before[i % 2];
        before[i % 2] = inode(path);
    }
    unit_int("sixty changes", "wrong", wrong, 0);
    /* Not the first two, and two after each of those that are too large; a
     * file system may give a new file the number of an old one. */
    unit_true("sixty changes: two files in turn", again >= 60 - 2 - 3 * 2);
}

/* A journal that is too long by its bytes. */
static void check_large_rows(void)
{
    struct text value = long_text(TABLE_VALUE);
    struct table *t;
    char key[20];

    clear_scratch();
    put("a", "1");
    put("a", "2");
    t = begin();
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "%d", i);
        table_put(t, key, value.s, error, sizeof error);
    }
    unit_int("large rows", "commit", table_commit(&t, error, sizeof error), 0);
    put("b", "1");
    put("b", "2");
    for (int i = 0; i < 40; i += 13) {
        snprintf(key, sizeof key, "%d", i);
        check_value("large rows", key, value.s);
    }
    text_free(&value);
}

static void check_import(void)
{
    struct table *t;
    char key[30];

    clear_scratch();
    put("old", "1");
    put("old", "2");
    t = table_begin_empty(path, NOBODY, NOBODY, error, sizeof error);
    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "key-%06d", i);
        table_put(t, key, key, error, sizeof error);
    }
    check_in("an import", t, "old", "-");
    check_value("while importing", "old", "2");
    unit_int("an import", "commit", table_commit(&t, error, sizeof error), 0);
    check_value("an import", "old", "-");
    check_value("an import", "key-013579", "key-013579");
    put("new", "1");
    put("new", "2");
    check_value("after an import", "key-019999", "key-019999");
    t = table_open(path, error, sizeof error);
    unit_int("after an import", "version", (long)table_version(t), 5);
    table_close(&t);
}

/* --------------------------------------------------------------- readers -- */
/* It has not read a row before others write. */
static void check_long_reader(void)
{
    struct table *t;
    long start;

    clear_scratch();
    batch_put(1);
    batch_put(2);
    t = table_open(path, error, sizeof error);
    unit_true("just opened", !table_changed(t));
    start = milliseconds();
    for (int i = 3; i < 9; i++) {
        unit_int("while one reads", "put", batch_put(i), 0);
        unit_int("others have the new", "batch", batch_now(), i);
        unit_true("changed", table_changed(t));
    }
    unit_int("a reader keeps what it has", "batch", batch_seen(t), 2);
    unit_true("writers wait for a reader once",
              milliseconds() - start < 5 * 100);
    table_close(&t);
    t = table_open(path, error, sizeof error);
    unit_int("opened again", "batch", batch_seen(t), 8);
    unit_true("opened again", !table_changed(t));
    unlink(path);
    unit_true("gone", table_changed(t));
    table_close(&t);
}

/* Until the last batch is there: none that is torn, none that is older than
 * the one before, and what is open stays as it is. */
static int read_on(void *context)
{
    const int *last = context;
    int before = 0;

    slow = true;
    while (before < *last) {
        struct table *t = table_open(path, error, sizeof error);
        int number = t != NULL ? batch_seen(t) : -1;

        if (number < before || batch_seen(t) != number)
            return 1;
        before = number;
        table_close(&t);
    }
    return 0;
}

static void check_readers(void)
{
    int last = 60, failed = 0;
    pid_t children[3];

    clear_scratch();
    batch_put(1);
    for (size_t i = 0; i < LENGTH(children); i++)
        children[i] = child_start(read_on, &last);
    for (int i = 2; i <= last; i++)
        failed += batch_put(i) != 0;
    unit_int("readers at work", "writes failed", failed, 0);
    for (size_t i = 0; i < LENGTH(children); i++)
        unit_true("a reader sees whole batches", child_wait(children[i]));
}

static int count_up(void *context)
{
    const int *times = context;

    for (int i = 0; i < *times; i++) {
        struct table *t = begin();
        char *value = get(t, "count"), next[20];

        snprintf(next, sizeof next, "%d", atoi(value) + 1);
        free(value);
        table_put(t, "count", next, error, sizeof error);
        if (table_commit(&t, error, sizeof error) != 0)
            return 1;
    }
    return 0;
}

static void check_writers(void)
{
    pid_t children[4];
    int times = 25;

    clear_scratch();
    put("count", "0");
    for (size_t i = 0; i < LENGTH(children); i++)
        children[i] = child_start(count_up, &times);
    for (size_t i = 0; i < LENGTH(children); i++)
        unit_true("a writer ends well", child_wait(children[i]));
    check_value("writers one after the other", "count", "100");
}

static void check_two_in_one(void)
{
    struct table *one, *two;

    clear_scratch();
    put("a", "1");
    one = begin();
    table_put(one, "a", "one", error, sizeof error);
    two = begin();
    table_put(two, "a", "two", error, sizeof error);
    unit_int("two writers in a process", "the first",
             table_commit(&one, error, sizeof error), -1);
    unit_has("two writers in a process", "error", error, "another writer");
    unit_int("two writers in a process", "the second",
             table_commit(&two, error, sizeof error), 0);
    check_value("two writers in a process", "a", "two");
}

/* ------------------------------------------------------------ in the way -- */
static void way_text(void)
{
    file_put_text(path, "This is no table, and is somebody's.\n");
}

static void way_empty(void)
{
    file_put_text(path, "");
}

static void way_directory(void)
{
    mkdir(path, 0755);
}

static void way_link(void)
{
    if (symlink("table.db.spare", path) == -1)
        exit(2);
}

static void way_fifo(void)
{
    mkfifo(path, 0600);
}

static void way_store(void)
{
    struct store *s =
        store_open(path, true, getuid(), getgid(), error, sizeof error);

    store_put(s, "a", "1", error, sizeof error);
    store_close(&s, error, sizeof error);
}

static const struct {
    const char *label;
    void (*make)(void);
} ways[] = {
    {"a text in the way", way_text},
    {"nothing in the way", way_empty},
    {"a directory in the way", way_directory},
    {"a link in the way", way_link},
    {"a pipe in the way", way_fifo},
    {"another database in the way", way_store},
};

static int use_way(void *context)
{
    const char *label = context;
    ino_t was = inode(path);

    check_value(label, "a", "!");
    unit_has(label, "error", error, path);
    unit_true(label, begin() == NULL);
    unit_has(label, "error", error, path);
    unit_int(label, "recover",
             table_recover(path, NOBODY, NOBODY, error, sizeof error), -1);
    unit_true(label, inode(path) == was);
    return child_result();
}

static void check_ways(void)
{
    for (size_t i = 0; i < LENGTH(ways); i++) {
        const char *label = ways[i].label;

        clear_scratch();
        ways[i].make();
        unit_int(label, "use", child_use(use_way, label), 0);
    }
    unit_true("no such place", table_begin("/nowhere/at/all/t", 0, 0, error,
                                           sizeof error) == NULL);
    unit_has("no such place", "error", error, "/nowhere/at/all");
}

/* ----------------------------------------------------------------- disks -- */
static int fill_up(void *context)
{
    char *directory = scratch_path("small"), *filler;
    char key[300], *before;
    struct table *t;
    int rc = 0, fds;

    (void)context;
    if (!small_disk_mount(directory, "512k"))
        return CHILD_SKIPPED;
    names_set(directory);
    filler = text_format("%s/filler", directory);
    if (put("one", "1") != 0 || put("one", "2") != 0)
        return 2;
    before = rows_now();
    small_disk_fill(directory);
    fds = descriptors_open();
    t = begin();
    for (int i = 0; i < 500 && rc == 0; i++) {
        snprintf(key, sizeof key, "%d-%0250d", i, i);
        rc = table_put(t, key, key, error, sizeof error);
    }
    unit_int("a full disk", "commit", table_commit(&t, error, sizeof error),
             -1);
    unit_has("a full disk", "error", error, path);
    unit_int("a full disk", "descriptors", descriptors_open(), fds);
    char *after = rows_now();
    unit_str("a full disk", "rows", after, before);
    unlink(filler);
    unit_int("room again", "put", put("two", "2"), 0);
    check_value("room again", "two", "2");
    check_value("room again", "one", "2");
    if (mount("none", directory, NULL, MS_REMOUNT | MS_RDONLY, NULL) == -1)
        return 3;
    check_value("only to read", "two", "2");
    unit_true("only to read", begin() == NULL);
    unit_has("only to read", "error", error, path);
    return child_result();
}

static void check_full_disk(void)
{
    int rc;

    clear_scratch();
    rc = child_use(fill_up, "");
    if (rc == CHILD_SKIPPED)
        printf("skipped: a full disk needs root\n");
    else
        unit_int("a full disk", "result", rc, 0);
}

/* ---------------------------------------------------------------- owners -- */
static int become(uid_t uid)
{
    return setgid(NOBODY) == -1 || setuid(uid) == -1 ? -1 : 0;
}

static int write_as_owner(void *context)
{
    (void)context;
    if (become(NOBODY) == -1)
        return 1;
    return put("owner", "1") == 0 && put("owner", "2") == 0 ? 0 : 2;
}

static int read_as_other(void *context)
{
    (void)context;
    if (become(OTHER) == -1)
        return 1;
    check_value("who may only read", "owner", "2");
    unit_int("who may only read", "put", put("other", "1"), -1);
    unit_has("who may only read", "error", error, path);
    return child_result();
}

static void check_owner(const char *name)
{
    struct stat st;

    if (!unit_true(name, lstat(name, &st) == 0))
        return;
    unit_int(name, "owner", st.st_uid, NOBODY);
    unit_int(name, "group", st.st_gid, NOBODY);
    unit_int(name, "rights", st.st_mode & 07777, FILE_MODE);
}

static void check_owners(void)
{
    char *directory = scratch_path("state");
    mode_t mask = umask(077);

    if (geteuid() != 0) {
        printf("skipped: owners need root\n");
        free(directory);
        return;
    }
    clear_scratch();
    chmod(scratch, 0755);
    names_set(directory);
    unit_int("a directory is made", "put", put("root", "1"), 0);
    check_owner(path);
    chmod(directory, DIRECTORY_MODE);
    unit_int("the owner writes", "result", child_use(write_as_owner, ""), 0);
    unit_int("others read", "result", child_use(read_as_other, ""), 0);
    unit_int("root again", "put", put("root", "2"), 0);
    check_value("root again", "owner", "2");
    check_owner(path);
    check_owner(spare);
    umask(mask);
    names_set(scratch);
    free(directory);
}

static void check_descriptors(void)
{
    int fds = descriptors_open();

    clear_scratch();
    for (int i = 0; i < 30; i++) {
        put("one", i % 2 ? "1" : "2");
        free(get_now("one"));
        struct table *t = begin();
        table_put(t, "two", "2", error, sizeof error);
        table_abort(&t);
    }
    unit_int("thirty uses", "descriptors", descriptors_open(), fds);
}

int main(void)
{
    tables_begin();
    check_life();
    check_own_changes();
    check_nothing_changed();
    check_limits();
    check_refused();
    check_generations();
    check_large_rows();
    check_import();
    check_long_reader();
    check_readers();
    check_writers();
    check_two_in_one();
    check_ways();
    check_full_disk();
    check_owners();
    check_descriptors();
    tables_end();
    return unit_end();
}
