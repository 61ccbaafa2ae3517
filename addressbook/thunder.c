/* thunder: the rows of Thunderbird's address book. See thunder.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "thunder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "rewrite.h"
#include "text.h"

#define BUSY_MS 1000

static const char *const names[PROPERTIES] = {
    "PrimaryEmail",
    "SecondEmail",
    "LowercasePrimaryEmail",
    "LowercaseSecondEmail",
    "LastModifiedDate",
    "DisplayName",
    "_vCard",
};

static const char select_rows[] =
    "SELECT rowid, card, name, value FROM properties WHERE name IN "
    "('PrimaryEmail', 'SecondEmail', 'LowercasePrimaryEmail', "
    "'LowercaseSecondEmail', 'LastModifiedDate', 'DisplayName', '_vCard') "
    "ORDER BY card, rowid";

static int in_use(const char *path, char *error, size_t size)
{
    text_error(error, size,
               "%s: Thunderbird has it; close Thunderbird and run this again",
               path);
    return 0;
}

static int sql_failed(const struct thunder *t, int code, char *error,
                      size_t size)
{
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return in_use(t->path, error, size);
    return text_error(error, size, "%s: %s", t->path,
                      t->db ? sqlite3_errmsg(t->db) : sqlite3_errstr(code));
}

/* A Thunderbird that runs has its profile locked, and the book in its memory
 * even while it does not write to it. */
static bool profile_locked(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *copy = text_copy(path);
    char *name = text_format("%s/.parentlock", dirname(copy));
    int fd = open(name, O_RDWR | O_CLOEXEC);
    bool locked =
        fd != -1 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd != -1)
        close(fd);
    free(name);
    free(copy);
    return locked;
}

/* A value with a NUL in it, or none, is no row of ours. */
static void row_take(struct thunder *t, sqlite3_stmt *st)
{
    const char *value[3];
    struct row row = {.id = sqlite3_column_int64(st, 0), .name = PROPERTIES};
    for (int i = 0; i < 3; i++) {
        value[i] = (const char *)sqlite3_column_text(st, i + 1);
        if (!value[i] ||
            strlen(value[i]) != (size_t)sqlite3_column_bytes(st, i + 1))
            return;
    }
    for (int i = 0; i < PROPERTIES; i++)
        if (strcmp(value[1], names[i]) == 0)
            row.name = (enum property_name)i;
    row.card = text_copy(value[0]);
    row.value = text_copy(value[2]);
    t->rows = array_room(t->rows, t->count, sizeof *t->rows);
    t->rows[t->count++] = row;
}

static int rows_load(struct thunder *t, char *error, size_t size)
{
    sqlite3_stmt *st = NULL;
    int code = sqlite3_prepare_v2(t->db, select_rows, -1, &st, NULL);
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(st)) == SQLITE_ROW)
            row_take(t, st);
    sqlite3_finalize(st);
    return code == SQLITE_DONE ? 1 : sql_failed(t, code, error, size);
}

int thunder_open(struct thunder *t, const char *path, bool write, char *error,
                 size_t size)
{
    *t = (struct thunder){.path = realpath(path, NULL)};
    if (!t->path)
        return text_error(error, size, "%s: %s", path, strerror(errno));
    if (write && profile_locked(t->path))
        return in_use(t->path, error, size);
    int flags = write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(t->path, &t->db, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(t->db, BUSY_MS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(t->db, write ? "BEGIN IMMEDIATE" : "BEGIN", NULL,
                            NULL, NULL);
    if (code != SQLITE_OK)
        return sql_failed(t, code, error, size);
    return rows_load(t, error, size);
}

void row_set(struct row *row, const char *value)
{
    char *copy = text_copy(value);
    free(row->value);
    row->value = copy;
    row->changed = true;
}

/* Through a connection of its own, since the first one is about to write. */
static int pages_copy(struct thunder *t, sqlite3 *from, sqlite3 *to,
                      char *error, size_t size)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (!b)
        return sql_failed(t, sqlite3_errcode(to), error, size);
    int code = sqlite3_backup_step(b, -1);
    sqlite3_backup_finish(b);
    return code == SQLITE_DONE ? 1 : sql_failed(t, code, error, size);
}

static int backup_fill(struct thunder *t, const char *backup, char *error,
                       size_t size)
{
    sqlite3 *from = NULL, *to = NULL;
    int code = sqlite3_open_v2(t->path, &from, SQLITE_OPEN_READONLY, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(backup, &to, SQLITE_OPEN_READWRITE, NULL);
    int rc = code == SQLITE_OK ? pages_copy(t, from, to, error, size)
                               : sql_failed(t, code, error, size);
    sqlite3_close(from);
    sqlite3_close(to);
    return rc;
}

static int backup_make(struct thunder *t, char **backup, char *error,
                       size_t size)
{
    struct stat st;
    if (stat(t->path, &st) == -1)
        return text_error(error, size, "%s: %s", t->path, strerror(errno));
    int fd = backup_create(t->path, st.st_mode, backup, error, size);
    if (fd == -1)
        return -1;
    close(fd);
    int rc = backup_fill(t, *backup, error, size);
    if (rc != 1) {
        unlink(*backup);
        free(*backup);
        *backup = NULL;
    }
    return rc;
}

static int row_write(struct thunder *t, const struct row *row)
{
    sqlite3_stmt *st = NULL;
    const char *sql = row->gone
                          ? "DELETE FROM properties WHERE rowid = ?1"
                          : "UPDATE properties SET value = ?2 WHERE rowid = ?1";
    int code = sqlite3_prepare_v2(t->db, sql, -1, &st, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(st, 1, row->id);
    if (code == SQLITE_OK && !row->gone)
        code = sqlite3_bind_text(st, 2, row->value, -1, SQLITE_TRANSIENT);
    if (code == SQLITE_OK)
        code = sqlite3_step(st);
    sqlite3_finalize(st);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int thunder_save(struct thunder *t, char **backup, char *error, size_t size)
{
    int rc = backup_make(t, backup, error, size);
    if (rc != 1)
        return rc;
    int code = SQLITE_OK;
    for (int i = 0; i < t->count && code == SQLITE_OK; i++)
        if (t->rows[i].changed || t->rows[i].gone)
            code = row_write(t, &t->rows[i]);
    if (code == SQLITE_OK)
        code = sqlite3_exec(t->db, "COMMIT", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return 1;
    rc = sql_failed(t, code, error, size);
    unlink(*backup);
    free(*backup);
    *backup = NULL;
    return rc;
}

void thunder_close(struct thunder *t)
{
    sqlite3_close(t->db);
    for (int i = 0; i < t->count; i++) {
        free(t->rows[i].card);
        free(t->rows[i].value);
    }
    free(t->rows);
    free(t->path);
    *t = (struct thunder){0};
}
