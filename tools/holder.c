/* holder: looks after what is held. See holder.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "holder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "carrier.h"
#include "file.h"
#include "notice.h"
#include "process.h"
#include "register.h"
#include "served.h"
#include "tables.h"

#define SIGN_MS 10000L    /* a sign of life so often */
#define AGAIN_MS 60000L   /* the same message is tried so often */
#define LOOK_MS 10000L    /* what is held is looked at so often in any case */
#define SWEEP_MS 3600000L /* rows that are gone for too long */
#define FIND_MS 600000L   /* messages on the queue without a mark */
#define SETTINGS_MS 300000L
#define TELL_MAX 10 /* notices to the administrator in a round */

static volatile sig_atomic_t stopped, renewed;

/* A message that was tried, and when. */
struct tried {
    char id[SPOOL_ID_MAX];
    int64_t when;
};

struct holder {
    struct admin *admin;
    struct settings *set;
    struct tables tables;
    struct carrier carrier;
    struct held_list marks;
    const struct held **asks; /* the first of each row, until it is asked for */
    int ask_count;
    struct tried *tried;
    int tried_count;
    int64_t now;
    int64_t signed_at, asked, looked, swept, found, configured; /* when last */
    struct stat marks_file;
};

static bool due(int64_t *last, int64_t now, int64_t every)
{
    if (*last && now - *last < every && now >= *last)
        return false;
    *last = now;
    return true;
}

/* ---- messages ---- */

static void tried_prune(struct holder *h)
{
    int kept = 0;
    for (int i = 0; i < h->tried_count; i++)
        if (h->now - h->tried[i].when < AGAIN_MS && h->now >= h->tried[i].when)
            h->tried[kept++] = h->tried[i];
    h->tried_count = kept;
}

static bool tried_lately(const struct holder *h, const char *id)
{
    for (int i = 0; i < h->tried_count; i++)
        if (strcmp(h->tried[i].id, id) == 0)
            return true;
    return false;
}

static void tried_note(struct holder *h, const char *id)
{
    h->tried = text_grow(h->tried, h->tried_count, sizeof *h->tried);
    struct tried *t = &h->tried[h->tried_count++];
    snprintf(t->id, sizeof t->id, "%s", id);
    t->when = h->now;
}

static void messages_take(struct holder *h)
{
    const struct held *l = h->marks.list;
    for (int i = 0, n; i < h->marks.count; i += n) {
        n = held_of_message(&h->marks, i);
        if (!tried_lately(h, l[i].id) &&
            carrier_take(&h->carrier, &l[i], n, h->now / 1000) == 1)
            tried_note(h, l[i].id);
    }
}

static int by_id(const void *id, const void *mark)
{
    return strcmp(id, ((const struct held *)mark)->id);
}

static bool marked(const struct holder *h, const char *id)
{
    const struct held_list *l = &h->marks;
    return l->count > 0 &&
           bsearch(id, l->list, (size_t)l->count, sizeof *l->list, by_id);
}

/* What stands on the queue without a mark (its file was lost, or it was
 * released and not sent): an attempt marks it again, or sends it. */
static void unmarked_find(struct holder *h)
{
    char(*ids)[SPOOL_ID_MAX];
    int n = *h->set->held ? spool_list(h->set->spool, h->set->held, &ids) : 0;
    for (int i = 0; i < n; i++)
        if (!marked(h, ids[i]) && !tried_lately(h, ids[i])) {
            carrier_run(&h->carrier, ids[i]);
            tried_note(h, ids[i]);
        }
    if (n > 0)
        free(ids);
}

/* ---- the administrator ---- */

static void administrator_tell(struct holder *h, struct notice *n)
{
    struct text message = {0};
    char error[400];
    struct exim exim = {admin_exim(h->admin), h->admin->config, h->set->spool};
    char *hub = admin_ask(h->admin, "$primary_hostname");
    n->settings = h->set;
    n->hub = hub ? hub : "localhost";
    n->to = h->set->administrator;
    n->now = h->now / 1000;
    if (!*n->to)
        ;
    else if (notice_write(n, &message, error, sizeof error) == -1)
        admin_error(0, "%s", error);
    else if (process_submit(&exim, n->to, message.s, message.len) == -1)
        admin_error(0, "a notice for %s could not be submitted", n->to);
    text_free(&message);
    free(hub);
}

static void ask_again(struct holder *h, const struct held *m)
{
    char error[300];
    struct notice n = {.kind = NOTICE_ASK_AGAIN,
                       .old = m->gone,
                       .row = m->row,
                       .until = m->until,
                       .id = m->id};
    int ask =
        held_ask(h->set, m->row, true, h->now / 1000, error, sizeof error);
    if (ask == -1)
        admin_error(0, "%s", error);
    if (ask == 1)
        administrator_tell(h, &n);
}

/* Half of the time of the first mail for each row is over: h->asks are the
 * marks that it counts for, in the order of their rows, each looked at once. */
static void half_times(struct holder *h)
{
    int told = 0;
    if (!*h->set->administrator)
        return;
    for (int i = 0; i < h->ask_count && told < TELL_MAX; i++) {
        const struct held *m = h->asks[i];
        if (!m || h->now / 1000 < m->since + (m->until - m->since) / 2)
            continue;
        ask_again(h, m);
        h->asks[i] = NULL;
        told++;
    }
}

static int by_row(const void *a, const void *b)
{
    const struct held *x = *(const struct held *const *)a,
                      *y = *(const struct held *const *)b;
    int order = strcmp(x->row, y->row);
    return order ? order : (x->since > y->since) - (x->since < y->since);
}

/* The first mark of each row that the administrator was not asked for again. */
static void asks_find(struct holder *h)
{
    char error[300];
    struct members asked;
    int kept = 0;
    held_asked_again(h->set, &asked, error, sizeof error);
    free(h->asks);
    h->asks = text_alloc((size_t)(h->marks.count + 1) * sizeof *h->asks);
    for (int i = 0; i < h->marks.count; i++)
        h->asks[i] = &h->marks.list[i];
    if (h->marks.count > 0)
        qsort(h->asks, (size_t)h->marks.count, sizeof *h->asks, by_row);
    for (int i = 0; i < h->marks.count; i++)
        if ((kept == 0 ||
             strcmp(h->asks[kept - 1]->row, h->asks[i]->row) != 0) &&
            !members_have(&asked, h->asks[i]->row))
            h->asks[kept++] = h->asks[i];
    h->ask_count = kept;
    members_free(&asked);
}

/* ---- rows that nobody has completed ---- */

struct ended {
    struct holder *holder;
    struct text olds;
};

static bool row_over(const struct holder *h, const struct relocation_row *row)
{
    struct relocation r = {.kind = RELOCATION_GONE, .time = row->time};
    return row->new[0] == 0 && relocation_expired(&r, h->set, h->now / 1000);
}

static bool ended_gather(const struct relocation_row *row, void *context)
{
    struct ended *e = context;
    bool over = row_over(e->holder, row);
    /* What is held for it is returned first, with its words. */
    for (int i = 0; over && i < e->holder->marks.count; i++)
        over = !text_same(e->holder->marks.list[i].row, row->old);
    if (over)
        text_addf(&e->olds, "%s\n", row->old);
    return true;
}

/* As it is now: somebody may have completed it. Those that go are left in
 * *gone. */
static int row_end(struct holder *h, struct table *t, const char *old,
                   struct text *gone, char *error, size_t size)
{
    struct text line = {0};
    struct relocation_row row;
    int rc = register_get(old, &line, t, error, size);
    if (rc == 1 && relocation_row_parse(&row, old, line.s, error, size) == 0) {
        if (row_over(h, &row)) {
            rc = register_remove(t, old, error, size);
            text_addf(gone, "%lld %s\n", (long long)row.time, old);
        }
        relocation_row_free(&row);
    }
    text_free(&line);
    return rc;
}

static void ended_tell(struct holder *h, const struct text *gone)
{
    char *copy = text_copy(text_str(gone)), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char *old = strchr(line, ' ') + 1;
        struct notice n = {.kind = NOTICE_REMOVED,
                           .old = old,
                           .row = old,
                           .registered = strtoll(line, NULL, 10)};
        printf("%s was gone for too long, and is removed\n", old);
        administrator_tell(h, &n);
    }
    free(copy);
}

static int rows_remove(struct holder *h, char *olds, char *error, size_t size)
{
    struct text gone = {0};
    struct table *t = register_begin(h->set, error, size);
    int rc = t ? 0 : -1;
    for (char *old; rc != -1 && (old = strsep(&olds, "\n"));)
        if (*old)
            rc = row_end(h, t, old, &gone, error, size);
    if (rc == -1)
        table_abort(&t);
    else if ((rc = table_commit(&t, error, size)) == 0)
        ended_tell(h, &gone);
    text_free(&gone);
    return rc;
}

static void rows_end(struct holder *h)
{
    struct ended e = {.holder = h};
    char error[500] = "";
    struct table *t = register_open(h->set, error, sizeof error);
    int rc = t        ? register_each(t, REGISTER_ROWS, ended_gather, &e, error,
                                      sizeof error)
             : *error ? -1
                      : 0;
    table_close(&t);
    if (rc == 0 && e.olds.len > 0)
        rc = rows_remove(h, e.olds.s, error, sizeof error);
    if (rc == -1)
        admin_error(0, "%s", error);
    text_free(&e.olds);
}

/* ---- a round ---- */

/* true: they are others than before. */
static bool marks_read(struct holder *h)
{
    struct stat st = {0};
    char error[300];
    char *path = text_format("%s/held.db", h->set->state);
    bool there = stat(path, &st) == 0;
    free(path);
    if (there && st.st_ino == h->marks_file.st_ino &&
        st.st_mtim.tv_sec == h->marks_file.st_mtim.tv_sec &&
        st.st_mtim.tv_nsec == h->marks_file.st_mtim.tv_nsec)
        return false;
    h->marks_file = st;
    held_list_free(&h->marks);
    if (held_load(h->set, NULL, &h->marks, error, sizeof error) == -1 ||
        held_asked_prune(h->set, &h->marks, error, sizeof error) == -1)
        admin_error(0, "%s", error);
    asks_find(h);
    return true;
}

/* Is there something to look at? Rows of a lookup can only be asked. */
static bool look_now(struct holder *h, bool changed)
{
    if (h->set->relocation == TABLE_LOOKUP)
        return due(&h->asked, h->now, HOLDER_ASK_MS);
    const struct table *t = h->tables.rows.relocations;
    return changed || !t || table_changed(t) ||
           due(&h->looked, h->now, LOOK_MS);
}

static void sign(struct holder *h)
{
    char error[300];
    if (due(&h->signed_at, h->now, SIGN_MS) &&
        served_sign(h->set, SERVICE_HELD, h->now, error, sizeof error) == -1)
        admin_error(0, "%s", error);
}

static void round_make(struct holder *h)
{
    bool lookup = h->set->relocation == TABLE_LOOKUP;
    h->now = clock_now();
    sign(h);
    carrier_reap(&h->carrier, false);
    tried_prune(h);
    if (look_now(h, marks_read(h))) {
        tables_renew(&h->tables);
        messages_take(h);
    }
    half_times(h);
    if (due(&h->found, h->now, FIND_MS))
        unmarked_find(h);
    if (!lookup && due(&h->swept, h->now, SWEEP_MS))
        rows_end(h);
}

static void on_signal(int number)
{
    if (number == SIGHUP)
        renewed = 1;
    else
        stopped = 1;
}

static void signals_take(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGTERM, &a, NULL);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGHUP, &a, NULL);
}

static void settings_renew(struct holder *h)
{
    bool changed;
    renewed = 0;
    tables_end(&h->tables);
    if (!admin_renew(h->admin, NULL, &changed))
        admin_error(0, "no settings can be had: the old ones hold on");
    h->set = h->admin->settings;
    tables_begin(&h->tables, h->admin);
}

int holder_run(struct admin *a, int every)
{
    struct holder h = {.admin = a, .set = a->settings};
    int lock, rc = admin_lock(h.set, SERVICE_HELD, &lock);
    if (rc)
        return rc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signals_take();
    tables_begin(&h.tables, a);
    h.carrier.tables = &h.tables;
    due(&h.configured, clock_now(), SETTINGS_MS);
    while (!stopped) {
        if (renewed || due(&h.configured, clock_now(), SETTINGS_MS))
            settings_renew(&h);
        round_make(&h);
        if (!every)
            break;
        sleep((unsigned)every);
    }
    carrier_reap(&h.carrier, true);
    held_list_free(&h.marks);
    free(h.tried);
    free(h.asks);
    tables_end(&h.tables);
    close(lock);
    return 0;
}
