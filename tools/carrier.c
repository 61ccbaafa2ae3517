/* carrier: held messages whose wait is over, sent on. See carrier.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "carrier.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "release.h"

/* ---- the process of one message ---- */

/* "QUEUE" of SPOOL/QUEUE/input; "" for the default one. */
static char *queue_of(const char *spool, const char *directory)
{
    const char *name = directory + strlen(spool) + 1;
    const char *slash = strchr(name, '/');
    return strncmp(name, "input", 5) == 0 && (!name[5] || name[5] == '/')
               ? text_copy("")
               : strndup(name, slash ? (size_t)(slash - name) : strlen(name));
}

/* Runs "exim -qGQUEUE WORD [WORD] WORD" and waits for it. */
static int exim_run(const struct admin *a, const char *queue, const char *first,
                    const char *second, const char *last)
{
    const char *argv[8] = {admin_exim(a)};
    char *named = text_format("-qG%s", queue);
    int n = 1, status = -1;
    if (a->config) {
        argv[n++] = "-C";
        argv[n++] = a->config;
    }
    if (*queue)
        argv[n++] = named;
    argv[n++] = first;
    if (second)
        argv[n++] = second;
    argv[n] = last;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execv(argv[0], (char *const *)(void *)argv);
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
    free(named);
    return status == 0 ? 0 : -1;
}

/* One attempt on the queue of this directory, or on Exim's own if it is taken
 * back there; the queue's name, to be freed. */
static char *queue_run(const struct carrier *k, const char *id,
                       const char *directory, bool back)
{
    const struct admin *a = k->tables->admin;
    char *queue = queue_of(a->settings->spool, directory);
    bool held = *queue && strcmp(queue, a->settings->held) == 0;
    if (held && back && !spool_journal(directory, id) &&
        exim_run(a, queue, "-MG", "", id) == 0)
        *queue = 0;
    exim_run(a, queue, k->forced ? "-M" : "-Mc", NULL, id);
    return queue;
}

/* An attempt, on the queue where it is. From the queue of what is held it goes
 * back to Exim's own first, where it waits like any other if it cannot be sent
 * now; but not with a journal (spool_journal()). The router may be moving it
 * at this moment: then Exim has not found it, and it is tried where it is. */
static void message_run(const struct carrier *k, const char *id, bool back)
{
    const char *spool = k->tables->admin->settings->spool;
    struct text directory = {0};
    bool again = spool_find(spool, id, &directory) == 1;
    for (int tries = 0; again && tries < 2; tries++) {
        char *tried = queue_run(k, id, directory.s, back);
        again = spool_find(spool, id, &directory) == 1;
        char *now = again ? queue_of(spool, directory.s) : NULL;
        again = again && strcmp(tried, now) != 0;
        free(tried);
        free(now);
    }
    text_free(&directory);
}

/* A delivery that was cut off: Exim is to take in what it had done. */
static void message_settle(const struct carrier *k, const char *id)
{
    struct text directory = {0};
    if (spool_find(k->tables->admin->settings->spool, id, &directory) == 1 &&
        spool_journal(directory.s, id))
        message_run(k, id, false);
    text_free(&directory);
}

static char *moved_to(const char *recipient, int64_t *time, void *context)
{
    const struct moved *m = moves_find(context, recipient);
    if (!m)
        return NULL;
    *time = m->time;
    return text_copy(m->new);
}

/* Marks of recipients that Exim is done with; all, when the message is gone. */
static void finished_forget(const struct settings *set, const char *id)
{
    struct text directory = {0};
    struct held_list marks;
    struct spool_header h;
    char error[300];
    int there =
        spool_message_read(set->spool, id, &h, &directory, error, sizeof error);
    if (there == 0)
        held_forget(set, id, NULL, error, sizeof error);
    held_load(set, id, &marks, error, sizeof error);
    for (int i = 0; there == 1 && i < marks.count; i++)
        if (spool_header_done(&h, marks.list[i].recipient))
            held_forget(set, id, marks.list[i].recipient, error, sizeof error);
    spool_header_free(&h);
    held_list_free(&marks);
    text_free(&directory);
}

static void message_carry(const struct carrier *k, const char *id,
                          struct moves *moves)
{
    const struct settings *set = k->tables->admin->settings;
    struct release release = {set, time(NULL), moved_to, moves};
    struct released done = {0};
    char error[400];
    message_settle(k, id);
    int rc = moves->count == 0
                 ? 0
                 : release_message(&release, id, &done, error, sizeof error);
    if (rc == -1)
        admin_error(0, "%s is not sent on yet: %s", id, error);
    /* Where it could not be changed the router redirects it, after a while. */
    message_run(k, id, true);
    for (int i = 0; rc == 1 && i < done.moves.count; i++)
        held_forget(set, id, done.moves.list[i].old, error, sizeof error);
    finished_forget(set, id);
    released_free(&done);
}

static pid_t *slot_free(struct carrier *k)
{
    for (;; usleep(10000)) {
        for (int i = 0; i < CARRIER_MAX; i++)
            if (!k->pids[i])
                return &k->pids[i];
        carrier_reap(k, false);
    }
}

static void carry_start(struct carrier *k, const char *id, struct moves *moves)
{
    pid_t *slot = slot_free(k);
    *slot = fork();
    if (*slot == 0) {
        /* A delivery may take long, and an open table keeps its file. */
        rows_close(&k->tables->rows);
        message_carry(k, id, moves);
        _exit(0);
    }
    k->started += *slot > 0;
    if (*slot == -1)
        *slot = 0;
}

void carrier_reap(struct carrier *k, bool wait)
{
    for (int i = 0; i < CARRIER_MAX; i++)
        if (k->pids[i] && waitpid(k->pids[i], NULL, wait ? 0 : WNOHANG) != 0)
            k->pids[i] = 0;
}

void carrier_run(struct carrier *k, const char *id)
{
    struct moves none = {0};
    carry_start(k, id, &none);
}

/* ---- which messages ---- */

/* 1 the recipient's wait is over; its new address, if it has one, is added. */
static int mark_look(struct carrier *k, const struct held *h, int64_t now,
                     struct moves *moves)
{
    const struct settings *set = k->tables->admin->settings;
    struct relocation_source source = rows_relocations(&k->tables->rows);
    struct relocation r;
    char error[400];
    if (h->order == HELD_RELEASE)
        moves_add(moves, h->recipient, *h->to ? h->to : h->recipient,
                  MOVED_BY_HAND, h->row);
    if (h->order != HELD_WAIT)
        return 1;
    int rc =
        relocation_resolve(&source, set, h->recipient, &r, error, sizeof error);
    if (rc == -1)
        admin_error(0, "%s: %s", h->recipient, error);
    bool moved = rc == 1 && r.kind == RELOCATION_MOVED;
    if (moved)
        moves_add(moves, h->recipient, r.address, r.time, r.row);
    /* It was redirected, and waits for a server: Exim's to try again. */
    bool given = moved && h->known && now - h->known > GIVEN_SECONDS;
    bool sent = moved ? !given : rc == 0;
    k->sent += sent;
    relocation_free(&r);
    return rc == -1 ? -1 : sent || (!moved && h->until <= now);
}

/* A message that is gone has no marks. */
static bool message_there(const struct settings *set, const char *id)
{
    struct text directory = {0};
    char error[300];
    int there = spool_find(set->spool, id, &directory);
    if (there == 0)
        held_forget(set, id, NULL, error, sizeof error);
    text_free(&directory);
    return there == 1;
}

int carrier_take(struct carrier *k, const struct held *marks, int count,
                 int64_t now)
{
    struct moves moves = {0};
    int over = 0, unknown = 0;
    if (!message_there(k->tables->admin->settings, marks[0].id))
        return 0;
    for (int i = 0; i < count; i++) {
        int rc = mark_look(k, &marks[i], now, &moves);
        over += rc == 1;
        unknown += rc == -1;
    }
    if (over > 0)
        carry_start(k, marks[0].id, &moves);
    moves_free(&moves);
    return over > 0 ? 1 : unknown > 0 ? -1 : 0;
}

static void questions_forget(const struct settings *set)
{
    struct held_list left;
    char error[300];
    if (held_load(set, NULL, &left, error, sizeof error) != -1)
        held_asked_prune(set, &left, error, sizeof error);
    held_list_free(&left);
}

int carrier_take_all(struct carrier *k, int64_t now)
{
    struct held_list l;
    char error[400];
    if (held_load(k->tables->admin->settings, NULL, &l, error, sizeof error) ==
        -1)
        return admin_error(-1, "%s", error);
    for (int i = 0, n; i < l.count; i += n) {
        n = held_of_message(&l, i);
        carrier_take(k, &l.list[i], n, now);
    }
    held_list_free(&l);
    carrier_reap(k, true);
    questions_forget(k->tables->admin->settings);
    return k->started;
}
