/* table_row: what stands in a table's file. See table_row.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "table_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "pages.h"
#include "table.h"
#include "table_copy.h"

#define ROW_STATE "\001state"
#define ROW_JOURNAL "\001journal"
#define KEY_FIRST "\002" /* ours come before it */
#define JOURNAL_BYTES (1u << 20)

static DBT dbt_bytes(const char *s, size_t len)
{
    union {
        const char *in;
        void *out;
    } bytes = {.in = s}; /* Berkeley DB only reads it */
    return (DBT){.data = bytes.out, .size = (u_int32_t)len};
}

/* ------------------------------------------------------------------ rows -- */
bool row_key_good(const char *key)
{
    return *key && *key != '\001' && strnlen(key, TABLE_KEY + 1) <= TABLE_KEY;
}

int row_read(DB *db, const char *key, struct text *value)
{
    DBT k = dbt_bytes(key, strlen(key)), v = {0};
    pages_guard();
    int rc = db->get(db, NULL, &k, &v, 0);
    pages_unguard();
    if (rc == 0)
        text_addn(value, v.data, v.size);
    return rc;
}

static int row_put(DB *db, const char *key, const char *value, size_t len)
{
    DBT k = dbt_bytes(key, strlen(key)), v = dbt_bytes(value, len);
    pages_guard();
    int rc = db->put(db, NULL, &k, &v, 0);
    pages_unguard();
    return rc;
}

static int row_delete(DB *db, const char *key)
{
    DBT k = dbt_bytes(key, strlen(key));
    pages_guard();
    int rc = db->del(db, NULL, &k, 0);
    pages_unguard();
    return rc == DB_NOTFOUND ? 0 : rc;
}

int row_write(DB *db, const char *key, const char *value)
{
    return value ? row_put(db, key, value, strlen(value)) : row_delete(db, key);
}

static bool row_shown(const DBT *k, const DBT *v,
                      bool (*each)(const char *, const char *, void *),
                      void *context)
{
    struct text key = {0}, value = {0};
    text_addn(&key, k->data, k->size);
    text_addn(&value, v->data, v->size);
    bool more = each(text_str(&key), text_str(&value), context);
    text_free(&key);
    text_free(&value);
    return more;
}

static int rows_walk(DB *db, DBT *from,
                     bool (*each)(const char *, const char *, void *),
                     void *context)
{
    DBC *cursor;
    DBT v = {0};
    int rc = db->cursor(db, NULL, &cursor, 0);
    if (rc != 0)
        return rc;
    rc = cursor->get(cursor, from, &v, DB_SET_RANGE);
    while (rc == 0 && row_shown(from, &v, each, context))
        rc = cursor->get(cursor, from, &v, DB_NEXT);
    cursor->close(cursor);
    return rc == DB_NOTFOUND ? 0 : rc;
}

int row_each(DB *db, const char *from,
             bool (*each)(const char *key, const char *value, void *context),
             void *context)
{
    const char *first = strcmp(from, KEY_FIRST) < 0 ? KEY_FIRST : from;
    DBT k = dbt_bytes(first, strlen(first));
    pages_guard();
    int rc = rows_walk(db, &k, each, context);
    pages_unguard();
    return rc;
}

/* ----------------------------------------------------------------- state -- */
int state_read(DB *db, struct state *s)
{
    struct text row = {0};
    int rc = row_read(db, ROW_STATE, &row);
    if (rc == 0 && sscanf(text_str(&row), "1 %" SCNu64 " %" SCNx64 " %" SCNx64,
                          &s->version, &s->name, &s->from) != 3)
        rc = EINVAL;
    text_free(&row);
    return rc;
}

int state_write(DB *db, const struct state *s, const struct journal *j)
{
    uint64_t name = 0;
    struct text row = {0};
    while (name == 0)
        if (getrandom(&name, sizeof name, 0) == -1 && errno != EINTR)
            return errno;
    text_addf(&row, "1 %" PRIu64 " %016" PRIx64 " %016" PRIx64, s->version + 1,
              name, s->name);
    int rc = row_put(db, ROW_STATE, row.s, row.len);
    text_free(&row);
    if (rc != 0)
        return rc;
    return journal_whole(j)
               ? row_put(db, ROW_JOURNAL, text_str(&j->rows), j->rows.len)
               : row_delete(db, ROW_JOURNAL);
}

/* --------------------------------------------------------------- journal -- */
bool journal_whole(const struct journal *j)
{
    return j->changes <= TABLE_BATCH;
}

void journal_give_up(struct journal *j)
{
    text_free(&j->rows);
    j->changes = TABLE_BATCH + 1;
}

void journal_add(struct journal *j, const char *key, const char *value)
{
    if (!journal_whole(j))
        return;
    text_add(&j->rows, value ? "+" : "-");
    text_addn(&j->rows, key, strlen(key) + 1);
    if (value)
        text_addn(&j->rows, value, strlen(value) + 1);
    j->changes++;
    if (j->rows.len > JOURNAL_BYTES || j->changes > TABLE_BATCH)
        journal_give_up(j);
}

int journal_replay(DB *db, const struct journal *j)
{
    const struct text *rows = &j->rows;
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && at < rows->len) {
        const char *key = rows->s + at + 1, *value = NULL;
        bool put = rows->s[at] == '+';
        at += strlen(key) + 2;
        if (put && at >= rows->len)
            return EINVAL;
        if (put) {
            value = rows->s + at;
            at += strlen(value) + 1;
        }
        rc = row_write(db, key, value);
    }
    return rc;
}

int journal_read(DB *db, struct journal *j)
{
    return row_read(db, ROW_JOURNAL, &j->rows);
}
