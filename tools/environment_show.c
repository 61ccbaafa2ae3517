/* environment_show: the words of `outrider environment` that look: show, list,
 * export.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "announced.h"
#include "breaker.h"
#include "environment_act.h"
#include "environment_zone.h"
#include "file.h"
#include "relocation.h"
#include "server.h"

struct table *environment_read(struct environment_act *a, int *rc)
{
    struct table *t = environments_open(a->set, ERROR(a));
    *rc = 0;
    if (!t && *a->error)
        *rc = admin_error(EX_IOERR, "%s", a->error);
    return t;
}

/* ---- show ---- */

/* What mail for an address finds. */
struct finding {
    struct server_list servers; /* that the mail may go to */
    struct environments_keys keys;
    struct environments_row *rows; /* one a key */
    struct environment all;
    const char *server; /* which announces the size in `all` */
};

static void finding_free(struct finding *f)
{
    for (int k = 0; k < f->keys.count; k++)
        environments_row_free(&f->rows[k]);
    free(f->rows);
    environments_keys_free(&f->keys);
    environment_free(&f->all);
    server_list_free(&f->servers);
}

/* Each field, and the first of the keys whose row has it. */
static void origins_print(const struct finding *f)
{
    const char *name, *legal;
    unsigned field;
    for (int i = 0; (name = environment_field_name(i, &field, &legal)); i++) {
        int k = 0;
        while (k < f->keys.count && !(f->rows[k].environment.said & field))
            k++;
        if (k < f->keys.count)
            printf("  %-9s of %s\n", name, f->keys.keys[k]);
        else if (field == SAID_SIZE && f->server)
            printf("  %-9s announced by %s\n", name, f->server);
    }
}

static int rows_get(struct environment_act *a, struct table *t,
                    struct finding *f)
{
    for (int k = 0; k < f->keys.count; k++) {
        if (environments_get(t, f->keys.keys[k], &f->rows[k], ERROR(a)) == -1)
            return admin_error(EX_IOERR, "%s", a->error);
        environment_fill(&f->all, &f->rows[k].environment);
    }
    return 0;
}

static void server_fill(struct environment_act *a, struct finding *f)
{
    const struct server *server = announced_by(a->set, &f->servers, &f->all);
    if (!server)
        return;
    *a->error = 0;
    struct breakers *b = breakers_of(a->set, false, ERROR(a));
    if (*a->error)
        admin_error(0, "%s", a->error);
    if (announced_fill(b, a->set, server, clock_now(), &f->all))
        f->server = server->key;
    breakers_close(&b);
}

static void finding_print(const struct finding *f)
{
    struct text line = {0};
    environment_format(&f->all, &line);
    puts(line.len > 0 ? line.s : "nothing is said of it");
    origins_print(f);
    text_free(&line);
}

static int address_show(struct environment_act *a, const char *address,
                        struct finding *f)
{
    int rc;
    environments_keys(address, &f->servers, &f->keys);
    f->rows = text_alloc((size_t)f->keys.count * sizeof *f->rows);
    struct table *t = environment_read(a, &rc);
    if (rc == 0)
        rc = rows_get(a, t, f);
    table_close(&t);
    if (rc == 0) {
        server_fill(a, f);
        finding_print(f);
    }
    return rc;
}

/* As `servers` of outrider_route has them; of one, no list need be made of
 * HOST:PORT. */
static int servers_read(struct environment_act *a, struct server_list *servers)
{
    if (!a->server)
        return 0;
    char *list = text_format("%s%s", *a->server == '<' ? "" : "<;", a->server);
    int rc = server_list_parse(servers, list, ERROR(a)) == 0
                 ? 0
                 : admin_error(EX_USAGE, "--server: %s", a->error);
    free(list);
    return rc;
}

int environment_show(void *act)
{
    struct environment_act *a = act;
    struct finding f = {.all = ENVIRONMENT_NONE};
    struct text key = {0};
    if (!a->words[0] || a->words[1])
        return admin_error(EX_USAGE,
                           "environment show ADDRESS [--server LIST]");
    int rc = strchr(a->words[0], '@') &&
                     environments_key(a->words[0], &key, ERROR(a)) == 0
                 ? servers_read(a, &f.servers)
                 : admin_error(EX_DATAERR,
                               "\"%s\" is no address; the rows themselves: "
                               "outrider environment list",
                               a->words[0]);
    text_free(&key);
    if (rc == 0)
        rc = address_show(a, a->words[0], &f);
    finding_free(&f);
    return rc;
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
