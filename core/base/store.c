/* store: Berkeley DB, for processes that live short. See store.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "store.h"

#include <db.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "pages.h"

struct store {
    DB *db;
    int fd; /* of the database */
    char *path;
    int lock;
    bool damaged;
};

static void store_quiet(const DB_ENV *env, const char *prefix, const char *msg)
{
    (void)env;
    (void)prefix;
    (void)msg; /* the return code says it; stderr may be an SMTP channel */
}

static int db_open(DB **db, const char *path, bool make)
{
    int rc = db_create(db, NULL, 0);
    if (rc != 0)
        return rc;
    (*db)->set_errcall(*db, store_quiet);
    if (make)
        (*db)->set_flags(*db, DB_CHKSUM);
    rc = (*db)->open(*db, NULL, path, NULL, make ? DB_BTREE : DB_UNKNOWN,
                     make ? DB_CREATE : 0, FILE_MODE);
    if (rc != 0) {
        (*db)->close(*db, DB_NOSYNC);
        *db = NULL;
    }
    return rc;
}

/* A disk or a permission is no reason to throw a database away. */
static bool means_damage(int rc)
{
    return file_unusable(rc) || rc == EINVAL || rc == DB_VERIFY_BAD ||
           rc == DB_RUNRECOVERY || rc == DB_OLD_VERSION ||
           rc == DB_PAGE_NOTFOUND;
}

/* An interrupted first write can leave a file of zero length behind. */
static bool file_empty(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size == 0;
}

/* Berkeley DB opens by name and follows links; so when we are root the file is
 * made here, and is a file. An empty one is what it takes for a new one. */
static int file_ready(const char *path, uid_t uid, gid_t gid)
{
    char error[300];
    struct stat st;
    if (geteuid() != 0)
        return 0;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        file_move_aside(path);
    if (lstat(path, &st) == 0)
        return 0;
    int fd = file_create(path, uid, gid, error, sizeof error);
    if (fd != -1)
        close(fd);
    return fd == -1 ? -1 : 0;
}

static int store_start(struct store *s, bool make, uid_t uid, gid_t gid)
{
    if (file_empty(s->path))
        unlink(s->path);
    if (!make && access(s->path, F_OK) == -1)
        return ENOENT;
    if (make && file_ready(s->path, uid, gid) == -1)
        return errno;
    int rc = db_open(&s->db, s->path, make);
    if (means_damage(rc)) {
        file_move_aside(s->path);
        rc = make ? db_open(&s->db, s->path, make) : ENOENT;
    }
    if (rc == 0 && s->db->fd(s->db, &s->fd) != 0)
        s->fd = -1;
    return rc;
}

struct store *store_open(const char *path, bool make, uid_t uid, gid_t gid,
                         char *error, size_t size)
{
    error[0] = 0;
    if (!make && access(path, F_OK) == -1 && errno == ENOENT)
        return NULL;
    int lock = file_lock(path, uid, gid, error, size);
    if (lock == -1)
        return NULL;
    struct store *s = text_alloc(sizeof *s);
    pages_guard();
    s->lock = lock;
    s->path = text_copy(path);
    int rc = store_start(s, make, uid, gid);
    if (rc == 0)
        return s;
    char ignored[1];
    store_close(&s, ignored, sizeof ignored);
    if (rc != ENOENT || make)
        text_error(error, size, "%s: %s", path, db_strerror(rc));
    return NULL;
}

int store_close(struct store **s, char *error, size_t size)
{
    int rc = 0;
    if (!*s)
        return 0;
    if ((*s)->db)
        rc = (*s)->db->close((*s)->db, (*s)->damaged ? DB_NOSYNC : 0);
    /* A handle that has met a damaged page closes without its descriptor. */
    if (rc == DB_RUNRECOVERY && (*s)->fd != -1)
        close((*s)->fd);
    if ((*s)->damaged)
        file_move_aside((*s)->path);
    else if (rc != 0)
        text_error(error, size, "%s: %s", (*s)->path, db_strerror(rc));
    pages_unguard();
    close((*s)->lock);
    free((*s)->path);
    free(*s);
    *s = NULL;
    return rc == 0 ? 0 : -1;
}

static int store_failed(struct store *s, int rc, char *error, size_t size)
{
    if (means_damage(rc))
        s->damaged = true;
    return text_error(error, size, "%s: %s", s->path, db_strerror(rc));
}

static DBT dbt_string(const char *s)
{
    DBT t = {0};
    t.data = strdup(s);
    t.size = (u_int32_t)strlen(s);
    return t;
}

int store_get(struct store *s, const char *key, struct text *value, char *error,
              size_t size)
{
    DBT k = dbt_string(key), v = {.flags = DB_DBT_MALLOC};
    int rc = s->db->get(s->db, NULL, &k, &v, 0);
    free(k.data);
    if (rc == DB_NOTFOUND)
        return 0;
    if (rc != 0)
        return store_failed(s, rc, error, size);
    text_addn(value, v.data, v.size);
    free(v.data);
    return 1;
}

int store_put(struct store *s, const char *key, const char *value, char *error,
              size_t size)
{
    DBT k = dbt_string(key), v = dbt_string(value);
    int rc = s->db->put(s->db, NULL, &k, &v, 0);
    free(k.data);
    free(v.data);
    return rc == 0 ? 0 : store_failed(s, rc, error, size);
}

int store_delete(struct store *s, const char *key, char *error, size_t size)
{
    DBT k = dbt_string(key);
    int rc = s->db->del(s->db, NULL, &k, 0);
    free(k.data);
    if (rc == DB_NOTFOUND)
        return 0;
    return rc == 0 ? 1 : store_failed(s, rc, error, size);
}

static bool record_asked(const DBT *k, const DBT *v,
                         bool (*each)(const char *, const char *, void *),
                         void *context)
{
    struct text key = {0}, value = {0};
    text_addn(&key, k->data, k->size);
    text_addn(&value, v->data, v->size);
    bool answer = each(key.s, value.s, context);
    text_free(&key);
    text_free(&value);
    return answer;
}

int store_sweep(struct store *s,
                bool (*each)(const char *key, const char *value, void *context),
                void *context, char *error, size_t size)
{
    DBC *cursor;
    DBT k = {0}, v = {0};
    int rc = s->db->cursor(s->db, NULL, &cursor, 0);
    if (rc != 0)
        return store_failed(s, rc, error, size);
    while ((rc = cursor->get(cursor, &k, &v, DB_NEXT)) == 0)
        if (record_asked(&k, &v, each, context))
            cursor->del(cursor, 0);
    cursor->close(cursor);
    return rc == DB_NOTFOUND ? 0 : store_failed(s, rc, error, size);
}
