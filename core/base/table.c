/* table: rows of text that are truth. See table.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "table.h"

#include <db.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "table_copy.h"
#include "table_row.h"

struct table {
    char *path;
    struct table_copy now, next; /* next.db: what is being written */
    struct state state;          /* of `now` */
    int lock;                    /* -1: a reader */
    uid_t uid;
    gid_t gid;
    struct journal journal;
    bool walking;
    bool failed; /* not everything asked for is in `next` */
    bool fresh;  /* `next` is no old spare */
};

/* ---------------------------------------------------------- what is next -- */
static bool next_up_to_date(struct table *t)
{
    struct journal last = {0};
    struct state s;
    bool done = state_read(t->next.db, &s) == 0 && s.name == t->state.from &&
                journal_read(t->now.db, &last) == 0 &&
                journal_replay(t->next.db, &last) == 0;
    text_free(&last.rows);
    return done;
}

static int next_copy(struct table *t, char *error, size_t size)
{
    table_copy_discard(&t->next, t->path);
    t->fresh = true;
    return table_copy_make(&t->next, t->path, t->now.db ? &t->now : NULL,
                           t->uid, t->gid, error, size);
}

/* Before the first change: the spare, or a copy. */
static int next_begin(struct table *t, char *error, size_t size)
{
    int rc = 0;
    if (t->next.db)
        return 0;
    if (t->state.from != 0)
        rc = table_copy_spare(&t->next, t->path, error, size);
    if (rc == 1 && next_up_to_date(t))
        return 0;
    return rc == -1 ? -1 : next_copy(t, error, size);
}

static int table_failed(const struct table *t, int rc, char *error, size_t size)
{
    if (t->next.db && !t->fresh && table_copy_damage(rc))
        return text_error(error, size,
                          "%s.writing: damaged (%s); do it again, and it is "
                          "made anew",
                          t->path, db_strerror(rc));
    return table_copy_error(t->path, rc, error, size);
}

/* After what went wrong: 0 when it was the spare that was damaged, and the same
 * changes are in a copy now: to be done once more. */
static int next_again(struct table *t, int rc, char *error, size_t size)
{
    if (!t->next.db || t->fresh || t->walking || !table_copy_damage(rc) ||
        !journal_whole(&t->journal))
        return table_failed(t, rc, error, size);
    if (next_copy(t, error, size) == -1)
        return -1;
    rc = journal_replay(t->next.db, &t->journal);
    return rc == 0 ? 0 : table_failed(t, rc, error, size);
}

/* ------------------------------------------------------------- life time -- */
static struct table *table_new(const char *path)
{
    struct table *t = text_alloc(sizeof *t);
    *t = (struct table){.path = text_copy(path), .lock = -1};
    t->now = t->next = TABLE_COPY_NONE;
    return t;
}

static void table_free(struct table **t)
{
    if (!*t)
        return;
    table_copy_discard(&(*t)->next, (*t)->path);
    table_copy_close(&(*t)->now);
    if ((*t)->lock != -1)
        close((*t)->lock);
    text_free(&(*t)->journal.rows);
    free((*t)->path);
    free(*t);
    *t = NULL;
}

/* Who has written a table once has left a byte in its lock file. Without it an
 * empty table and one that was lost look the same. */
static bool was_there(const char *path)
{
    struct stat st;
    char *lock = text_format("%s.lock", path);
    bool written = stat(lock, &st) == 0 && st.st_size > 0;
    free(lock);
    return written;
}

static void lock_mark(int lock)
{
    struct stat st;
    if (fstat(lock, &st) == 0 && st.st_size == 0 && write(lock, "1", 1) == 1)
        fsync(lock);
}

/* 1, 0 when there has been no table, -1. */
static int table_load(struct table *t, char *error, size_t size)
{
    int rc = table_copy_read(&t->now, t->path, error, size);
    if (rc == 0 && was_there(t->path))
        return text_error(error, size,
                          "%s: it is missing, and was there: %s "
                          "(docs/operation.md: a damaged table)",
                          t->path, table_copy_way(t->path));
    if (rc != 1)
        return rc;
    rc = state_read(t->now.db, &t->state);
    if (rc == 0)
        return 1;
    table_copy_close(&t->now);
    return table_copy_error(t->path, rc, error, size);
}

struct table *table_open(const char *path, char *error, size_t size)
{
    struct table *t = table_new(path);
    error[0] = 0;
    if (table_load(t, error, size) != 1)
        table_free(&t);
    return t;
}

bool table_changed(const struct table *t)
{
    return !table_copy_current(&t->now, t->path);
}

void table_close(struct table **t)
{
    table_free(t);
}

uint64_t table_version(const struct table *t)
{
    return t->state.version;
}

/* --------------------------------------------------------------- reading -- */
static DB *table_db(const struct table *t)
{
    return t->next.db ? t->next.db : t->now.db;
}

int table_get(struct table *t, const char *key, struct text *value, char *error,
              size_t size)
{
    if (!table_db(t) || !row_key_good(key))
        return 0;
    int rc = row_read(table_db(t), key, value);
    if (rc != 0 && rc != DB_NOTFOUND) {
        if (next_again(t, rc, error, size) == -1)
            return -1;
        rc = row_read(table_db(t), key, value);
    }
    if (rc == DB_NOTFOUND)
        return 0;
    return rc == 0 ? 1 : table_failed(t, rc, error, size);
}

int table_each(struct table *t, const char *from,
               bool (*each)(const char *key, const char *value, void *context),
               void *context, char *error, size_t size)
{
    bool inner = t->walking;
    if (!table_db(t))
        return 0;
    t->walking = true;
    int rc = row_each(table_db(t), from, each, context);
    t->walking = inner;
    return rc == 0 ? 0 : table_failed(t, rc, error, size);
}

/* --------------------------------------------------------------- writing -- */
/* A directory that nobody can write to (a disk that was mounted again to be
 * read) is better found before anything waits for a lock. */
static int directory_ready(const char *path, uid_t uid, gid_t gid, char *error,
                           size_t size)
{
    const char *slash = strrchr(path, '/');
    char *directory = !slash ? text_copy(".")
                      : slash == path
                          ? text_copy("/")
                          : text_format("%.*s", (int)(slash - path), path);
    int rc = file_directory(directory, uid, gid, error, size);
    if (rc == 0 && access(directory, W_OK) == -1)
        rc = text_error(error, size, "%s: %s", path, strerror(errno));
    free(directory);
    return rc;
}

static struct table *writer_new(const char *path, uid_t uid, gid_t gid,
                                char *error, size_t size)
{
    struct table *t = table_new(path);
    t->uid = uid;
    t->gid = gid;
    error[0] = 0;
    if (directory_ready(path, uid, gid, error, size) == 0)
        t->lock = file_lock(path, uid, gid, error, size);
    if (t->lock == -1)
        table_free(&t);
    return t;
}

struct table *table_begin(const char *path, uid_t uid, gid_t gid, char *error,
                          size_t size)
{
    struct table *t = writer_new(path, uid, gid, error, size);
    if (t && table_load(t, error, size) == -1)
        table_free(&t);
    return t;
}

struct table *table_begin_empty(const char *path, uid_t uid, gid_t gid,
                                char *error, size_t size)
{
    struct table *t = writer_new(path, uid, gid, error, size);
    char ignored[1];
    if (!t)
        return NULL;
    bool bad = table_load(t, ignored, sizeof ignored) == -1;
    table_copy_close(&t->now);
    /* Without a name: no spare is of use to the next version. */
    t->state = (struct state){.version = bad ? 0 : t->state.version};
    journal_give_up(&t->journal);
    if (next_copy(t, error, size) == -1 ||
        (bad && table_copy_keep_bad(path, error, size) == -1))
        table_free(&t);
    return t;
}

/* 0 or -1; what follows a change that failed would not be what was asked. */
static int table_change(struct table *t, const char *key, const char *value,
                        char *error, size_t size)
{
    t->failed = true;
    if (next_begin(t, error, size) == -1)
        return -1;
    int rc = row_write(t->next.db, key, value);
    if (rc != 0) {
        if (next_again(t, rc, error, size) == -1)
            return -1;
        rc = row_write(t->next.db, key, value);
    }
    if (rc != 0)
        return table_failed(t, rc, error, size);
    journal_add(&t->journal, key, value);
    t->failed = false;
    return 0;
}

static int change_refused(struct table *t, const char *what, char *error,
                          size_t size)
{
    t->failed = true;
    return text_error(error, size, "%s: %s", t->path, what);
}

int table_put(struct table *t, const char *key, const char *value, char *error,
              size_t size)
{
    struct text old = {0};
    if (t->lock == -1 || t->failed || t->walking)
        return change_refused(t, "not open for changes", error, size);
    if (!row_key_good(key) || strnlen(value, TABLE_VALUE + 1) > TABLE_VALUE)
        return change_refused(t, "a key or a value that no table can have",
                              error, size);
    int rc = table_get(t, key, &old, error, size);
    if (rc == -1)
        t->failed = true;
    else if (rc == 1 && strcmp(text_str(&old), value) == 0)
        rc = 0;
    else
        rc = table_change(t, key, value, error, size);
    text_free(&old);
    return rc;
}

int table_delete(struct table *t, const char *key, char *error, size_t size)
{
    struct text old = {0};
    if (t->lock == -1 || t->failed || t->walking)
        return change_refused(t, "not open for changes", error, size);
    int rc = table_get(t, key, &old, error, size);
    text_free(&old);
    if (rc == -1)
        t->failed = true;
    if (rc == 1 && table_change(t, key, NULL, error, size) == -1)
        return -1;
    return rc;
}

/* ------------------------------------------------------------ the change -- */
static int change_publish(struct table *t, char *error, size_t size)
{
    if (t->failed)
        return text_error(error, size, "%s: a change before has failed",
                          t->path);
    if (t->journal.changes == 0 && t->now.db)
        return 0;
    if (next_begin(t, error, size) == -1)
        return -1;
    int rc = state_write(t->next.db, &t->state, &t->journal);
    if (rc != 0) {
        if (next_again(t, rc, error, size) == -1)
            return -1;
        rc = state_write(t->next.db, &t->state, &t->journal);
    }
    if (rc != 0)
        return table_failed(t, rc, error, size);
    rc = table_copy_publish(&t->next, t->path, error, size);
    if (rc == 0)
        lock_mark(t->lock);
    return rc;
}

int table_commit(struct table **t, char *error, size_t size)
{
    int rc = change_publish(*t, error, size);
    table_free(t);
    return rc;
}

void table_abort(struct table **t)
{
    table_free(t);
}

/* Whole, and a table: 0; or what is wrong. */
static int table_check(const char *path)
{
    char error[500];
    struct table *t = table_open(path, error, sizeof error);
    if (!t)
        return *error ? EINVAL : ENOENT;
    table_free(&t);
    return table_copy_verify(path);
}

static int table_go_back(const char *path, char *error, size_t size)
{
    char *spare = text_format("%s.spare", path);
    int rc = table_check(spare);
    if (rc != 0)
        rc = text_error(error, size, "%s: nothing to go back to (%s)", spare,
                        db_strerror(rc));
    else
        rc = table_copy_go_back(path, error, size);
    free(spare);
    return rc;
}

int table_recover(const char *path, uid_t uid, gid_t gid, char *error,
                  size_t size)
{
    struct table *t = writer_new(path, uid, gid, error, size);
    if (!t)
        return -1;
    int rc = table_check(path);
    if (rc == ENOENT || table_copy_damage(rc))
        rc = table_go_back(path, error, size) == -1 ? -1 : 1;
    else if (rc != 0)
        rc = table_copy_error(path, rc, error, size);
    table_free(&t);
    return rc;
}
