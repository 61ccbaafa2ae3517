/* tables: what tests of tables have in common: one table in the scratch
 * directory, rows of it, and batches, whose rows all have one number.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TABLES_H
#define OUTRIDER_TABLES_H

#include <stdlib.h>
#include <time.h>

#include "small_disk.h"
#include "table.h"
#include "unit.h"

#define NOBODY 65534    /* who the table is given to */
#define ROWS 40         /* of a batch */
#define BATCH_VALUE 600 /* so that they are on many pages */

static char *path, *spare, *writing;
static char error[600];

static inline void names_set(const char *directory)
{
    free(path);
    free(spare);
    free(writing);
    path = text_format("%s/table.db", directory);
    spare = text_format("%s.spare", path);
    writing = text_format("%s.writing", path);
}

static inline void clear_scratch(void)
{
    scratch_end();
    if (mkdir(scratch, 0755) == -1)
        exit(2);
}

static inline struct table *begin(void)
{
    return table_begin(path, NOBODY, NOBODY, error, sizeof error);
}

static inline int put(const char *key, const char *value)
{
    struct table *t = begin();

    if (t == NULL)
        return -1;
    table_put(t, key, value, error, sizeof error);
    return table_commit(&t, error, sizeof error);
}

/* "-" for none, "!" for an error. */
static inline char *get(struct table *t, const char *key)
{
    struct text value = {0};
    int rc = table_get(t, key, &value, error, sizeof error);

    if (rc == 1) {
        text_add(&value, "");
        return value.s;
    }
    text_free(&value);
    return text_copy(rc == 0 ? "-" : "!");
}

static inline char *get_now(const char *key)
{
    struct table *t = table_open(path, error, sizeof error);
    char *value = t != NULL ? get(t, key) : text_copy(*error ? "!" : "-");

    table_close(&t);
    return value;
}

static inline void check_value(const char *label, const char *key,
                               const char *want)
{
    char *value = get_now(key);

    unit_str(label, key, value, want);
    free(value);
}

static inline void check_in(const char *label, struct table *t, const char *key,
                            const char *want)
{
    char *value = get(t, key);

    unit_str(label, key, value, want);
    free(value);
}

static inline bool see(const char *key, const char *value, void *context)
{
    text_addf(context, "%s=%s ", key, value);
    return *value != 's';
}

static inline void check_each(const char *label, struct table *t,
                              const char *from, const char *want)
{
    struct text seen = {0};

    unit_int(label, "each",
             table_each(t, from, see, &seen, error, sizeof error), 0);
    unit_str(label, from, text_str(&seen), want);
    text_free(&seen);
}

/* What the checks in a child have found; they begin with none. */
static inline int child_result(void)
{
    fflush(stdout);
    return unit_failed == 0 ? 0 : 1;
}

static inline int child_use(int (*body)(void *context), const char *label)
{
    unsigned failed = unit_failed;
    char *context = text_copy(label);
    int rc;

    unit_failed = 0;
    rc = small_disk_run(body, context);
    unit_failed = failed;
    free(context);
    return rc;
}

static inline ino_t inode(const char *name)
{
    struct stat st;

    return lstat(name, &st) == 0 ? st.st_ino : 0;
}

static inline long milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* All rows, in their order; free it. */
static inline char *rows_now(void)
{
    struct table *t = table_open(path, error, sizeof error);
    struct text seen = {0};

    text_add(&seen, "");
    if (t == NULL || table_each(t, "", see, &seen, error, sizeof error) != 0)
        text_add(&seen, "!");
    table_close(&t);
    return seen.s;
}

static bool slow; /* others may write while this reads */

/* The number of the batch, -1 when it is not whole. */
static inline int batch_seen(struct table *t)
{
    char *first = get(t, "row-0"), key[20];
    int number = atoi(first);

    for (int i = 1; i < ROWS && number != -1; i++) {
        char *value;

        snprintf(key, sizeof key, "row-%d", i);
        value = get(t, key);
        if (strcmp(value, first) != 0 || *value == '!')
            number = -1;
        free(value);
        if (slow)
            sched_yield();
    }
    free(first);
    return number;
}

static inline int batch_now(void)
{
    struct table *t = table_open(path, error, sizeof error);
    int number = t != NULL ? batch_seen(t) : *error ? -1 : 0;

    table_close(&t);
    return number;
}

static inline int batch_put(int number)
{
    struct table *t = begin();
    char key[20], value[BATCH_VALUE + 20];

    if (t == NULL)
        return -1;
    snprintf(value, sizeof value, "%d %0*d", number, BATCH_VALUE, number);
    for (int i = 0; i < ROWS; i++) {
        snprintf(key, sizeof key, "row-%d", i);
        table_put(t, key, value, error, sizeof error);
    }
    return table_commit(&t, error, sizeof error);
}

static inline void tables_begin(void)
{
    /* Whom a kill meets is no matter of the disk, and most of the time would
     * be its. */
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    scratch_begin();
    names_set(scratch);
}

static inline void tables_end(void)
{
    scratch_end();
    free(path);
    free(spare);
    free(writing);
}

#endif
