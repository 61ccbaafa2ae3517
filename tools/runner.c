/* runner: sends what waits on the unsent queue, at its pace. See runner.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "backlog.h"
#include "file.h"
#include "probing.h"
#include "served.h"

#define SETTINGS_MS 300000L /* so often the settings are read again */
#define LOOKS 500           /* messages looked at between two other things */
#define REST_MS 1000L       /* the longest sleep */
#define AGAIN_MS 5000L      /* when no process could be made */
#define LATER_MS 60000L     /* what cannot be read; complaints */
#define ASK_MS 300000L /* one message of a group asks the router so often */
#define DAY_MS (DAY * 1000L) /* and each message for itself */
#define NEVER INT64_MAX

struct child {
    pid_t pid;
    int target;
    bool probe;
    char id[SPOOL_ID_MAX]; /* of an attempt, and how it stood before: */
    int64_t last;
    int undelivered;
};

struct runner {
    struct admin *admin;
    struct settings *set; /* the admin's */
    int64_t every;        /* milliseconds; 0: each message once */
    struct breakers *breakers;
    char *hello;
    struct backlog backlog;
    struct child *children;
    int child_count;
    int64_t refreshed, configured, complained;
    unsigned long states; /* of all breakers, as they were */
    bool wake, stop, reload;
    bool renewed; /* the settings were read again */
    bool seen;    /* every message was looked at once */
};

/* ---- processes ---- */

static void child_add(struct runner *r, const struct child *c)
{
    r->children = text_grow(r->children, r->child_count, sizeof *c);
    r->children[r->child_count++] = *c;
}

/* Nothing of ours is for what we start, but stderr. */
static void child_reset(void)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(null, 0);
    dup2(null, 1);
    close_range(3, ~0U, 0);
}

/* -Mc: what is frozen stays so, and Exim's retry times hold. With a failure in
 * the future the clock was set back, and Exim's retry times are of the old one:
 * -M, which passes them over. */
static void exim_child(const struct runner *r, const char *id,
                       const char *option)
{
    const char *path = admin_exim(r->admin);
    char *queue = text_format("-qG%s", r->set->unsent);
    child_reset();
    dup2(0, 2);
    if (r->admin->config)
        execl(path, path, "-C", r->admin->config, queue, option, id, (char *)0);
    else
        execl(path, path, queue, option, id, (char *)0);
    _exit(127);
}

static void attempt_start(struct runner *r, struct entry *e, int target,
                          const struct unsent *u)
{
    struct child c = {
        .target = target, .last = u->last, .undelivered = u->undelivered};
    snprintf(c.id, sizeof c.id, "%s", e->id);
    c.pid = fork();
    if (c.pid == 0)
        exim_child(r, e->id, u->last > clock_now() ? "-M" : "-Mc");
    e->outlook = OUTLOOK_WAIT;
    e->when = clock_now() + AGAIN_MS;
    if (c.pid == -1)
        return;
    e->asked = clock_now();
    e->under_way = e->tried = true;
    pace_begin(&r->backlog.targets[target].pace);
    child_add(r, &c);
}

/* ---- what is to be done with a message ---- */

/* A probe that was answered holds for as long as the breaker asks for one. */
static bool proven(const struct runner *r, const struct target *t, int64_t now)
{
    int64_t age = now - t->proven;
    return t->proven > 0 && age >= 0 && age < r->set->probe * 1000L;
}

/* When there is something to do for it, if nothing else happens before. */
static int64_t entry_when(const struct entry *e, const struct unsent_next *next,
                          int64_t now)
{
    int64_t when = next->when;
    if (next->outlook == OUTLOOK_DOWN || next->outlook == OUTLOOK_PROBE)
        when = e->asked + DAY_MS;
    if (next->outlook == OUTLOOK_FROZEN)
        when = now + LATER_MS; /* somebody may thaw it */
    if (when == 0 || (next->limit && next->limit < when))
        when = next->limit;
    return when == 0 ? NEVER : when > now ? when : now + AGAIN_MS;
}

/* Its servers are all left alone, as far as is known. Is it the one to ask the
 * router whether that is still so? */
static bool entry_asks(struct runner *r, const struct entry *e, int64_t now)
{
    struct group *g = &r->backlog.groups[e->group];
    bool first = now - g->asked >= ASK_MS || now < g->asked;
    if (!first && e->asked >= g->stale && now - e->asked < DAY_MS)
        return false;
    if (first) {
        g->asked = now;
        g->stale = 0;
        snprintf(g->id, sizeof g->id, "%s", e->id);
    }
    return true;
}

/* Into the line of a server, or to be looked at again later. */
static void entry_place(struct runner *r, struct entry *e,
                        const struct unsent_next *next, int64_t now)
{
    bool down = next->outlook == OUTLOOK_PROBE || next->outlook == OUTLOOK_DOWN;
    int target = backlog_target(&r->backlog, next->server);
    bool due = next->outlook == OUTLOOK_DUE || next->outlook == OUTLOOK_END;
    if (next->outlook == OUTLOOK_PROBE)
        due = proven(r, &r->backlog.targets[target], now);
    if (next->outlook == OUTLOOK_FROZEN && next->when <= now)
        due = now - e->asked >= r->set->unsent_max * 1000L;
    if (down && !due && entry_asks(r, e, now)) {
        due = true;
        target = 0;
    }
    e->outlook = (unsigned char)next->outlook;
    e->target = (unsigned short)target;
    e->hopes = e->hopes || down;
    e->when = entry_when(e, next, now);
    if (due && !r->every && e->tried) {
        e->outlook = OUTLOOK_WAIT;
        e->when = NEVER;
    } else if (due) {
        e->outlook = OUTLOOK_DUE;
        backlog_queue(&r->backlog, e);
    }
}

/* Of the first whom it is still to be sent to. */
static const char *servers_of(const struct unsent *u)
{
    return u->party_count > 0
               ? history_permitted(&u->history, u->parties[0].address)
               : "";
}

/* Exim can read its own files. */
static void entry_unread(struct runner *r, struct entry *e, const char *error,
                         int64_t now)
{
    struct unsent none = {0};
    if (now - e->asked >= r->set->unsent_max * 1000L) {
        admin_error(0, "message %s: %s", e->id, error);
        attempt_start(r, e, 0, &none);
    }
    e->outlook = OUTLOOK_WAIT;
    e->when = now + LATER_MS;
}

/* What is known of it now: 1, or 0 when there is nothing to be done. */
static int entry_read(struct runner *r, struct entry *e, struct unsent *u,
                      struct unsent_next *next, int64_t now)
{
    char error[400];
    int rc = unsent_read(r->set, r->set->unsent, e->id, u, error, sizeof error);
    if (rc == -1) {
        entry_unread(r, e, error, now);
        return 0;
    }
    if (rc == 0) {
        e->outlook = OUTLOOK_WAIT;
        e->when = NEVER;
        return 0;
    }
    e->order = u->last ? u->last : u->received;
    e->hopes = unsent_hopes(u);
    e->group = (unsigned short)backlog_group(&r->backlog, servers_of(u),
                                             r->every ? now : 0);
    if (e->asked == 0)
        e->asked = now;
    if (e->warned)
        u->warn = 0;
    unsent_next(u, r->set, r->breakers, r->backlog.count, now, next);
    return 1;
}

static void entry_look(struct runner *r, struct entry *e)
{
    struct unsent u;
    struct unsent_next next;
    int64_t now = clock_now();
    if (!e->under_way && entry_read(r, e, &u, &next, now) == 1) {
        entry_place(r, e, &next, now);
        unsent_free(&u);
    }
}

/* Its turn: it is looked at once more, for it may have changed since. In line 0
 * are those that any server, or none, may get. */
static void entry_try(struct runner *r, struct entry *e)
{
    struct unsent u;
    struct unsent_next next;
    int64_t now = clock_now();
    int target = e->target;
    if (e->under_way || entry_read(r, e, &u, &next, now) == 0)
        return;
    const struct target *t = &r->backlog.targets[target];
    bool turn = next.outlook == OUTLOOK_DUE ||
                (next.outlook == OUTLOOK_PROBE && proven(r, t, now));
    e->warned =
        e->warned || (next.outlook == OUTLOOK_END && u.warn && u.warn <= now);
    if (next.outlook == OUTLOOK_END || (target == 0 && !turn) ||
        (turn && strcmp(next.server, t->key) == 0))
        attempt_start(r, e, target, &u);
    else
        entry_place(r, e, &next, now);
    unsent_free(&u);
}

static bool lines_try(struct runner *r)
{
    bool any = false;
    for (int i = 0; i < r->backlog.target_count; i++) {
        struct entry *e = NULL;
        int limit = i == 0 ? r->set->unsent_flights : 0;
        for (int n = 0; n < LOOKS; n++) {
            struct target *t = &r->backlog.targets[i];
            bool open = limit ? t->pace.under_way < limit : pace_open(&t->pace);
            if (!open || !(e = backlog_take(&r->backlog, t)))
                break;
            entry_try(r, e);
            any = true;
        }
    }
    return any;
}

static void probe_start(struct runner *r, int target)
{
    struct target *t = &r->backlog.targets[target];
    struct child c = {.target = target, .probe = true};
    c.pid = fork();
    if (c.pid == 0) {
        child_reset();
        _exit((int)probing_run(r->set, admin_classifier(r->admin), r->breakers,
                               t->key, r->hello));
    }
    t->probing = c.pid != -1;
    if (t->probing)
        child_add(r, &c);
}

/* Servers that messages wait for, when their probe is due. It is the one probe
 * that the breaker gives away: no message is sent there meanwhile. */
static void probes_start(struct runner *r, int64_t now)
{
    for (int i = 1; i < r->backlog.target_count; i++) {
        struct target *t = &r->backlog.targets[i];
        struct slot *slot = breaker_slot(r->breakers, t->key, false);
        bool ours = false;
        if (!t->wanted || t->probing || proven(r, t, now))
            continue;
        if (t->yields && breaker_usable(slot, r->set, now)) {
            t->yields = false;
            t->proven = now;
            r->wake = true;
        } else if (!t->yields)
            breaker_ask(slot, r->set, now, true, &ours);
        if (ours)
            probe_start(r, i);
    }
}

/* ---- what has ended ---- */

/* A server that has answered, but not as a probe wants it, may still take a
 * message: the next probe is one. */
static void probe_ended(struct runner *r, const struct child *c, int status)
{
    struct target *t = &r->backlog.targets[c->target];
    t->probing = false;
    t->proven = status == PROBING_WELL ? clock_now() : 0;
    t->yields = status == PROBING_ANSWERED;
    /* One shot has no later look: who is down may still ask the router. */
    r->wake = r->wake || status == PROBING_WELL || !r->every;
}

/* What was asked for all of its group: the others are to be tried too when it
 * is gone, or may go elsewhere now. */
static void group_answered(struct runner *r, const struct entry *e,
                           const struct unsent *u, bool gone)
{
    struct group *g = &r->backlog.groups[e->group];
    if (strcmp(g->id, e->id) != 0)
        return;
    g->id[0] = 0;
    if (!gone && strcmp(servers_of(u), g->servers) == 0)
        return;
    g->stale = clock_now();
    r->wake = true;
}

/* Exim itself could not, or would not, try it. */
static void attempt_complain(struct runner *r, const struct child *c,
                             int status)
{
    int64_t now = clock_now();
    if (status == 0 || now - r->complained < LATER_MS)
        return;
    r->complained = now;
    admin_error(0,
                "message %s: exim ended with status %d; exim -qG%s -v -M %s "
                "shows why",
                c->id, WIFEXITED(status) ? WEXITSTATUS(status) : 128,
                r->set->unsent, c->id);
}

static void attempt_ended(struct runner *r, const struct child *c, int status)
{
    struct entry *e = backlog_find(&r->backlog, c->id);
    struct unsent u = {0};
    char error[400];
    int rc =
        unsent_read(r->set, r->set->unsent, c->id, &u, error, sizeof error);
    bool failed = rc == 1 && u.last != c->last;
    bool well = rc == 0 || (rc == 1 && u.undelivered < c->undelivered);
    int result = well ? 1 : failed && class_speaks_of_server(u.class) ? -1 : 0;
    pace_end(&r->backlog.targets[c->target].pace, status ? -1 : result,
             r->set->unsent_flights);
    attempt_complain(r, c, status);
    if (e) {
        e->under_way = false;
        e->vain =
            well || failed ? 0 : (unsigned char)(e->vain + (e->vain < 99));
        e->when = rc == 0 ? NEVER
                  : well || failed
                      ? 0
                      : clock_now() +
                            pace_interval(r->set, e->vain, r->backlog.count);
        e->order = u.last ? u.last : e->order;
        group_answered(r, e, &u, rc == 0);
    }
    unsent_free(&u);
}

static bool children_reap(struct runner *r)
{
    bool any = false;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; any = true)
        for (int i = 0; i < r->child_count; i++)
            if (r->children[i].pid == pid) {
                struct child c = r->children[i];
                r->children[i] = r->children[--r->child_count];
                if (c.probe)
                    probe_ended(r, &c,
                                WIFEXITED(status) ? WEXITSTATUS(status)
                                                  : PROBING_FAILED);
                else
                    attempt_ended(r, &c, status);
                break;
            }
    return any;
}

/* ---- the loop ---- */

/* Changes when some server's breaker opens or closes. */
static unsigned long states_now(const struct runner *r)
{
    struct breaker_view view;
    struct slot *s;
    unsigned long sum = 5381;
    for (int i = 0; (s = breaker_slot_at(r->breakers, i)); i++) {
        breaker_look(s, r->set, clock_now(), &view);
        sum = sum * 33 + (view.state == BREAKER_OPEN);
        sum = sum * 33 + (unsigned long)view.since;
    }
    return sum;
}

static void breakers_follow(struct runner *r)
{
    char error[300];
    breakers_close(&r->breakers);
    r->breakers = breakers_of(r->set, true, error, sizeof error);
    unsigned long states = states_now(r);
    r->wake = r->wake || states != r->states;
    r->states = states;
}

static bool names_queue(const struct settings *s)
{
    return *s->unsent;
}

/* New settings that name no queue, or that cannot be had: what waits is still
 * sent by the old ones. */
static bool settings_renew(struct runner *r)
{
    bool usable = admin_renew(r->admin, names_queue, &r->renewed);
    r->set = r->admin->settings;
    return usable;
}

static void settings_follow(struct runner *r, int64_t now)
{
    if (!r->reload && now - r->configured < SETTINGS_MS && now >= r->configured)
        return;
    if (!settings_renew(r))
        admin_error(0, "no settings that name a queue `unsent`: the old ones "
                       "hold on");
    free(r->hello);
    r->hello = admin_ask(r->admin, "$primary_hostname");
    r->configured = now;
    r->renewed = r->renewed || r->reload;
    r->reload = false;
}

static int refresh(struct runner *r, int64_t now)
{
    char error[400];
    settings_follow(r, now);
    breakers_follow(r);
    if (now < r->refreshed || r->renewed) {
        backlog_wake_all(&r->backlog);
        for (int i = 0; i < r->backlog.group_count; i++)
            r->backlog.groups[i].asked = 0;
    }
    if (r->wake)
        backlog_wake(&r->backlog);
    r->renewed = false;
    backlog_ask(&r->backlog, ASK_MS, now);
    r->wake = false;
    r->refreshed = now;
    if (backlog_refresh(&r->backlog, r->set, now, error, sizeof error) == -1)
        return admin_error(EX_NOINPUT, "%s", error);
    if (served_sign(r->set, SERVICE_UNSENT, now, error, sizeof error) == -1)
        admin_error(0, "%s", error);
    backlog_want(&r->backlog);
    return 0;
}

static bool refresh_due(const struct runner *r, int64_t now)
{
    int64_t every = r->every ? r->every : REST_MS;
    return r->wake || now - r->refreshed >= every || now < r->refreshed;
}

static sigset_t signals_taken(void)
{
    static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&set, signals[i]);
    return set;
}

static void rest(struct runner *r, int64_t ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};
    sigset_t set = signals_taken();
    int got = sigtimedwait(&set, NULL, &ts);
    if (got == SIGTERM || got == SIGINT)
        r->stop = true;
    if (got == SIGHUP)
        r->reload = r->wake = true;
}

/* Each message once: is there one that has not had its turn? */
static bool finished(struct runner *r)
{
    if (r->every || r->child_count > 0 || r->wake)
        return false;
    for (int i = 0; i < r->backlog.target_count; i++)
        if (r->backlog.targets[i].first != -1)
            return false;
    return r->backlog.looked >= r->backlog.look_count;
}

/* Looks at some; the first attempt comes when every message was looked at once,
 * and the lines are in order. */
static void messages_look(struct runner *r)
{
    struct entry *e;
    for (int i = 0; i < LOOKS && (e = backlog_look(&r->backlog)); i++)
        entry_look(r, e);
    if (!r->seen && r->backlog.looked >= r->backlog.look_count) {
        r->seen = true;
        r->refreshed = 0;
    }
}

static int run(struct runner *r)
{
    int rc = 0;
    while (rc == 0 && !r->stop) {
        bool busy = children_reap(r);
        if (refresh_due(r, clock_now()))
            rc = refresh(r, clock_now());
        messages_look(r);
        probes_start(r, clock_now());
        busy = (r->seen && r->refreshed && lines_try(r)) || busy;
        if (rc == 0 && r->refreshed && finished(r))
            break;
        busy =
            busy || !r->refreshed || r->backlog.looked < r->backlog.look_count;
        rest(r, busy ? 0 : 200);
    }
    return rc;
}

int runner_run(struct admin *a, int every)
{
    struct runner r = {.admin = a, .set = a->settings, .every = every * 1000L};
    char error[300];
    int fd;
    if (!admin_exim(a))
        return admin_error(EX_UNAVAILABLE, "no Exim found (--exim PATH)");
    int rc = admin_lock(a->settings, SERVICE_UNSENT, &fd);
    if (rc)
        return rc;
    sigset_t taken = signals_taken();
    sigprocmask(SIG_BLOCK, &taken, NULL);
    r.configured = clock_now();
    r.hello = admin_ask(a, "$primary_hostname");
    if (history_prune(r.set, error, sizeof error) == -1)
        admin_error(0, "%s", error);
    rc = run(&r);
    backlog_free(&r.backlog);
    breakers_close(&r.breakers);
    free(r.children);
    free(r.hello);
    close(fd);
    return rc;
}
