/* bench/table: what a table of ROWS rows costs those who read and write it.
 *
 *   bench/table.sh ?ROWS=1000000? ?DIRECTORY=/tmp?
 *
 * Prints medians, and the slowest of each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "table.h"

#define MAX_RUNS 20000

static char path[400], spare[420], error[600];
static int rows;
static struct table *held; /* stays open while others write */

static void die(void)
{
    fprintf(stderr, "%s\n", error);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void key_of(int i, char key[64])
{
    snprintf(key, 64, "recipient%07d@example.org", i);
}

static void import(bool sorted)
{
    struct table *t = table_begin_empty(path, 0, 0, error, sizeof error);
    double start = seconds();
    struct stat st;
    char key[64];

    for (int i = 0; t != NULL && i < rows; i++) {
        key_of(sorted ? i : (int)((long)i * 700001 % rows), key);
        if (table_put(t, key, "someone@elsewhere.example.net since 2026", error,
                      sizeof error) == -1)
            die();
    }
    if (t == NULL || table_commit(&t, error, sizeof error) == -1)
        die();
    stat(path, &st);
    printf("%-46s %9.2f s   %.0f MB\n",
           sorted ? "import, in the order of keys" : "import, in no order",
           seconds() - start, (double)st.st_size / 1e6);
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void measure(const char *what, void (*once)(void), int runs, double unit,
                    const char *name)
{
    static double took[MAX_RUNS];

    for (int i = 0; i < runs; i++) {
        double start = seconds();

        once();
        took[i] = (seconds() - start) * unit;
    }
    qsort(took, (size_t)runs, sizeof *took, smaller);
    printf("%-46s %9.2f %-3s (slowest %.1f, of %d)\n", what, took[runs / 2],
           name, took[runs - 1], runs);
}

static void change(void)
{
    struct table *t = table_begin(path, 0, 0, error, sizeof error);
    char key[64], value[40];

    key_of(rand() % rows, key);
    snprintf(value, sizeof value, "changed to %d", rand());
    if (t == NULL || table_put(t, key, value, error, sizeof error) == -1 ||
        table_commit(&t, error, sizeof error) == -1)
        die();
}

static void change_no_spare(void)
{
    unlink(spare);
    change();
}

static void look(const char *key)
{
    struct table *t = table_open(path, error, sizeof error);
    struct text value = {0};

    if (t == NULL || table_get(t, key, &value, error, sizeof error) == -1)
        die();
    text_free(&value);
    table_close(&t);
}

static void look_found(void)
{
    char key[64];

    key_of(rand() % rows, key);
    look(key);
}

static void look_missed(void)
{
    char key[64];

    key_of(rand() % rows, key);
    key[10] = 'x';
    look(key);
}

static void get_held(void)
{
    struct text value = {0};
    char key[64];

    key_of(rand() % rows, key);
    if (table_get(held, key, &value, error, sizeof error) != 1)
        die();
    text_free(&value);
}

static void get_near(void)
{
    struct text value = {0};
    char key[64];

    key_of(rand() % 100, key);
    if (table_get(held, key, &value, error, sizeof error) != 1)
        die();
    text_free(&value);
}

static void ask_changed(void)
{
    if (table_changed(held))
        die();
}

static void recover(void)
{
    if (table_recover(path, 0, 0, error, sizeof error) != 0)
        die();
}

int main(int argc, char **argv)
{
    rows = argc > 1 ? atoi(argv[1]) : 1000000;
    snprintf(path, sizeof path, "%s/table.db", argc > 2 ? argv[2] : ".");
    snprintf(spare, sizeof spare, "%s.spare", path);
    printf("%d rows\n", rows);
    import(false);
    import(true);
    change();
    measure("one change", change, 100, 1e3, "ms");
    measure("one change, the spare made anew", change_no_spare, 9, 1e3, "ms");
    measure("open, get, close: found", look_found, MAX_RUNS, 1e6, "us");
    measure("open, get, close: not found", look_missed, MAX_RUNS, 1e6, "us");
    held = table_open(path, error, sizeof error);
    if (held == NULL)
        die();
    measure("get in an open table, anywhere", get_held, MAX_RUNS, 1e6, "us");
    measure("get in an open table, near the last", get_near, MAX_RUNS, 1e6,
            "us");
    measure("has it changed?", ask_changed, MAX_RUNS, 1e6, "us");
    change();
    measure("one change, while one keeps it open", change, 1, 1e3, "ms");
    measure("the next changes", change, 20, 1e3, "ms");
    table_close(&held);
    measure("every page looked at (recover)", recover, 3, 1e3, "ms");
    return 0;
}
