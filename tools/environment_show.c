/* environment_show: the words of `outrider environment` that look: show, list,
 * export.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "environment_act.h"
#include "environment_zone.h"
#include "relocation.h"

struct table *environment_read(struct environment_act *a, int *rc)
{
    struct table *t = environments_open(a->set, ERROR(a));
    *rc = 0;
    if (!t && *a->error)
        *rc = admin_error(EX_IOERR,
                          "%s (outrider environment recover goes back to the "
                          "state before the last change)",
                          a->error);
    return t;
}

/* ---- show ---- */

/* Each field, and the first of the keys whose row has it. */
static void origins_print(const struct environments_row *rows,
                          char *const *keys, int count)
{
    const char *name, *legal;
    unsigned field;
    for (int i = 0; (name = environment_field_name(i, &field, &legal)); i++) {
        int k = 0;
        while (k < count && !(rows[k].environment.said & field))
            k++;
        if (k < count)
            printf("  %-9s of %s\n", name, keys[k]);
    }
}

/* Fills *e, too. */
static int rows_get(struct environment_act *a, struct table *t,
                    char *const *keys, int count, struct environments_row *rows,
                    struct environment *e)
{
    for (int k = 0; k < count; k++) {
        if (environments_get(t, keys[k], &rows[k], ERROR(a)) == -1)
            return admin_error(EX_IOERR, "%s", a->error);
        environment_fill(e, &rows[k].environment);
    }
    return 0;
}

static int address_show(struct environment_act *a, const char *address)
{
    struct environments_row rows[ENVIRONMENTS_KEYS] = {0};
    struct environment e = ENVIRONMENT_NONE;
    struct text line = {0};
    char *keys[ENVIRONMENTS_KEYS];
    int rc, count = environments_keys(address, a->server, keys);
    struct table *t = environment_read(a, &rc);
    if (rc == 0)
        rc = rows_get(a, t, keys, count, rows, &e);
    table_close(&t);
    environment_format(&e, &line);
    if (rc == 0) {
        puts(line.len > 0 ? line.s : "nothing is said of it");
        origins_print(rows, keys, count);
    }
    for (int k = 0; k < count; k++) {
        environments_row_free(&rows[k]);
        free(keys[k]);
    }
    text_free(&line);
    environment_free(&e);
    return rc;
}

/* A name that is none would be passed over, and nobody told. */
static int server_check(struct environment_act *a)
{
    struct text key = {0};
    if (!a->server)
        return 0;
    char *name = text_format("server:%s", a->server);
    int rc = environments_key(name, &key, ERROR(a)) == 0
                 ? 0
                 : admin_error(EX_USAGE, "--server: %s", a->error);
    text_free(&key);
    free(name);
    return rc;
}

int environment_show(void *act)
{
    struct environment_act *a = act;
    struct text key = {0};
    if (!a->words[0] || a->words[1])
        return admin_error(EX_USAGE,
                           "environment show ADDRESS [--server NAME]");
    int rc = strchr(a->words[0], '@') &&
                     environments_key(a->words[0], &key, ERROR(a)) == 0
                 ? server_check(a)
                 : admin_error(EX_DATAERR,
                               "\"%s\" is no address; the rows themselves: "
                               "outrider environment list",
                               a->words[0]);
    text_free(&key);
    return rc ? rc : address_show(a, a->words[0]);
}

/* ---- list, export ---- */

static bool row_list(const char *key, const struct environments_row *row,
                     void *context)
{
    struct text line = {0};
    char time[40];
    (void)context;
    environment_format(&row->environment, &line);
    printf("%s %s (%s, %s)\n", key, line.s,
           relocation_time(row->time, time, sizeof time),
           *row->by ? row->by : "-");
    text_free(&line);
    return true;
}

static bool row_export(const char *key, const struct environments_row *row,
                       void *context)
{
    struct text line = {0};
    char time[40];
    (void)context;
    environment_format(&row->environment, &line);
    printf("# %s %s\n%s %s\n", relocation_time(row->time, time, sizeof time),
           *row->by ? row->by : "-", key, line.s);
    text_free(&line);
    return true;
}

static bool ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 127)
            return false;
    return true;
}

static bool row_publish(const char *key, const struct environments_row *row,
                        void *context)
{
    struct text line = {0};
    (void)context;
    if (environments_domain(key) && !ascii(key))
        printf("; %s: write its name in ASCII (xn--..., RFC 5890)\n", key);
    else if (environments_domain(key) &&
             environment_zone(key, &row->environment, &line) == 0)
        fputs(line.s, stdout);
    text_free(&line);
    return true;
}

static int rows_print(struct environment_act *a,
                      bool (*each)(const char *key,
                                   const struct environments_row *row,
                                   void *context))
{
    int rc;
    if (a->words[0])
        return admin_error(EX_USAGE, "no argument is taken");
    struct table *t = environment_read(a, &rc);
    if (t && environments_each(t, each, NULL, ERROR(a)) == -1)
        rc = admin_error(EX_IOERR, "%s", a->error);
    table_close(&t);
    return rc;
}

int environment_list(void *act)
{
    return rows_print(act, row_list);
}

int environment_export(void *act)
{
    struct environment_act *a = act;
    return rows_print(a, a->dns ? row_publish : row_export);
}
