/* unsent: a message that waits on the unsent queue. See unsent.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unsent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "held.h"
#include "mark.h"
#include "pace.h"

static const char *const outlook_names[] = {
    [OUTLOOK_DUE] = "due",    [OUTLOOK_PROBE] = "probe",
    [OUTLOOK_WAIT] = "waits", [OUTLOOK_DOWN] = "down",
    [OUTLOOK_END] = "limit",  [OUTLOOK_FROZEN] = "frozen",
};

const char *outlook_name(enum outlook o)
{
    return outlook_names[o];
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* 0: never. What has had its attempts has reached it long ago. */
static int64_t limit_time(const struct limit *l, int64_t received, int attempts)
{
    if (l->attempts && attempts >= l->attempts)
        return received + 1;
    return l->age ? received + l->age * 1000L : 0;
}

/* As Exim decides it (RFC 3461 4.1). */
static bool may_be_warned(int dsn_flags)
{
    return !(dsn_flags & SPOOL_NOTIFY) || dsn_flags & SPOOL_NOTIFY_DELAY;
}

static void party_add(struct unsent *u, const char *address, int dsn_flags)
{
    for (int i = 0; i < u->party_count; i++)
        if (text_same_address(u->parties[i].address, address))
            return;
    u->parties = text_grow(u->parties, u->party_count, sizeof *u->parties);
    u->parties[u->party_count++] = (struct party){address, dsn_flags};
}

static bool noted(const struct unsent *u, const char *address)
{
    return history_last(&u->history, address) ||
           *history_permitted(&u->history, address);
}

/* An address of the history that is no recipient of the message, and that Exim
 * is not done with. */
static void child_add(struct unsent *u, const char *address)
{
    if (strchr(address, '@') && !spool_header_recipient(&u->header, address) &&
        !spool_header_done(&u->header, address))
        party_add(u, address, 0);
}

/* Its address is gone: it waits for something else. */
static bool is_held(const struct unsent *u, const struct settings *set,
                    const char *address)
{
    struct held h;
    char error[300];
    bool held =
        held_find(set, u->header.id, address, &h, error, sizeof error) == 1;
    if (held)
        held_free(&h);
    return held;
}

/* A recipient of which nothing is noted is one of its own only where nothing
 * is noted of any child. */
static void parties_find(struct unsent *u, const struct settings *set)
{
    for (int i = 0; i < u->history.count; i++)
        child_add(u, u->history.attempts[i].recipient);
    for (int i = 0; i < u->history.permit_count; i++)
        child_add(u, u->history.permits[i].recipient);
    bool children = u->party_count > 0;
    for (int i = 0; i < u->header.count; i++) {
        const struct spool_recipient *r = &u->header.recipients[i];
        if (spool_header_done(&u->header, r->address))
            continue;
        u->undelivered++;
        if (!noted(u, r->address) && is_held(u, set, r->address))
            continue;
        if (!children || noted(u, r->address))
            party_add(u, r->address, r->dsn_flags);
    }
}

/* Since when it waits to be sent: what was held has not waited for a server. */
static int64_t began(const struct unsent *u, const char *address)
{
    int64_t released = moves_released(&u->moves, address) * 1000;
    return released > u->received ? released : u->received;
}

static void party_take(struct unsent *u, const struct settings *set,
                       const struct party *p)
{
    const struct attempt *last = history_last(&u->history, p->address);
    enum error_class c = last ? last->class : CLASS_NONE;
    int attempts = history_failures(&u->history, p->address);
    if (attempts > u->attempts)
        u->attempts = attempts;
    bool bounce = !*u->header.sender;
    u->giveup =
        sooner(u->giveup, limit_time(limit_of(&set->return_after, c, bounce),
                                     began(u, p->address), attempts));
    if (may_be_warned(p->dsn_flags))
        u->warn =
            sooner(u->warn, limit_time(limit_of(&set->warn_after, c, bounce),
                                       began(u, p->address), attempts));
    if (last && last->time > u->last) {
        u->last = last->time;
        u->class = c;
        u->server = last->server;
    }
}

static void facts_take(struct unsent *u, const struct settings *set)
{
    u->received = u->header.received * 1000;
    mark_moves(u->header.mark, &u->moves);
    u->server = "";
    parties_find(u, set);
    for (int i = 0; i < u->party_count; i++)
        party_take(u, set, &u->parties[i]);
    /* Exim warns once; without a sender there is nobody to warn. */
    if (u->header.warnings > 0 || !*u->header.sender)
        u->warn = 0;
}

static int64_t file_size(const char *directory, const char *id,
                         const char *suffix)
{
    struct stat st;
    char *path = text_format("%s/%s%s", directory, id, suffix);
    int64_t size = stat(path, &st) == 0 ? st.st_size : 0;
    free(path);
    return size;
}

int unsent_read(const struct settings *set, const char *queue, const char *id,
                struct unsent *u, char *error, size_t size)
{
    struct text directory = {0};
    struct history carried;
    char ignored[300];
    *u = (struct unsent){0};
    if (spool_find_on(set->spool, queue, id, &directory) != 1) {
        text_free(&directory);
        return 0;
    }
    char *path = text_format("%s/%s-H", directory.s, id);
    int rc = spool_header_read(path, &u->header, error, size);
    if (rc == 1) {
        u->size =
            file_size(directory.s, id, "-H") + file_size(directory.s, id, "-D");
        history_load(set, id, &u->history, ignored, sizeof ignored);
        history_parse(&carried, u->header.history);
        history_merge(&carried, &u->history, NULL);
        history_free(&u->history);
        u->history = carried;
        facts_take(u, set);
    }
    free(path);
    text_free(&directory);
    return rc;
}

void unsent_free(struct unsent *u)
{
    spool_header_free(&u->header);
    history_free(&u->history);
    moves_free(&u->moves);
    free(u->parties);
    *u = (struct unsent){0};
}

/* ---- what comes next ---- */

/* What Outrider's router would say of this recipient now. */
static enum choice_kind choice_now(const struct unsent *u,
                                   const struct settings *set,
                                   struct breakers *b, const char *recipient,
                                   int64_t now, char key[SERVER_KEY_MAX])
{
    struct server_list list;
    struct choice choice = {.kind = CHOICE_NONE};
    char error[200];
    char *servers =
        text_format("<;%s", history_permitted(&u->history, recipient));
    if (server_list_parse(&list, servers, error, sizeof error) == 0) {
        struct question q = {.servers = &list,
                             .may_next = true,
                             .recipient = recipient,
                             .history = &u->history,
                             .breakers = b,
                             .settings = set,
                             .now = now,
                             .age = (now - began(u, recipient)) / 1000,
                             .bounce = !*u->header.sender};
        choice_make(&q, &choice);
        if (choice.kind == CHOICE_SERVER)
            snprintf(key, SERVER_KEY_MAX, "%s", choice.server->key);
        server_list_free(&list);
    }
    free(servers);
    return choice.kind;
}

/* The first of the recipient's servers whose probe is due; else the one whose
 * probe comes first is left in `key`, and its time in *until. */
static bool probe_now(const struct unsent *u, const struct settings *set,
                      struct breakers *b, const char *recipient, int64_t now,
                      char key[SERVER_KEY_MAX], int64_t *until)
{
    char *copy = text_copy(history_permitted(&u->history, recipient));
    char *rest = copy;
    bool found = false;
    for (char *word; !found && (word = strsep(&rest, ";"));) {
        struct breaker_view view;
        struct slot *slot = *word ? breaker_slot(b, word, false) : NULL;
        if (!slot)
            continue;
        breaker_look(slot, set, now, &view);
        found = view.state == BREAKER_OPEN && breaker_usable(slot, set, now);
        if (!found && (view.state != BREAKER_OPEN ||
                       (*until != 0 && *until <= view.until)))
            continue;
        *until = view.until;
        snprintf(key, SERVER_KEY_MAX, "%s", word);
    }
    free(copy);
    return found;
}

bool unsent_hopes(const struct unsent *u)
{
    return u->last == 0 ||
           (class_speaks_of_server(u->class) && u->class != CLASS_RATE &&
            u->class != CLASS_TEMPORARY);
}

/* Its server has come back since it failed there: the interval was for a
 * server that is down. */
static bool come_back(const struct unsent *u, const struct settings *set,
                      struct breakers *b, const char *server, int64_t now)
{
    struct breaker_view view;
    struct slot *slot = breaker_slot(b, server, false);
    if (u->last == 0)
        return true;
    if (!slot || !unsent_hopes(u))
        return false;
    breaker_look(slot, set, now, &view);
    return view.state == BREAKER_CLOSED && view.since > u->last;
}

static void next_of_recipient(const struct unsent *u,
                              const struct settings *set, struct breakers *b,
                              const char *recipient, int64_t due, int64_t now,
                              struct unsent_next *next)
{
    char key[SERVER_KEY_MAX] = "";
    int64_t until = 0;
    bool known = *history_permitted(&u->history, recipient);
    enum choice_kind kind = choice_now(u, set, b, recipient, now, key);
    if (kind == CHOICE_CANCEL || history_cancelled(&u->history, recipient)) {
        next->outlook = OUTLOOK_END;
    } else if (now < due && !unsent_hopes(u)) {
        next->when = sooner(next->when, due);
        return;
    } else if (kind == CHOICE_SERVER || !known) {
        if (now < due && !(known && come_back(u, set, b, key, now))) {
            next->when = sooner(next->when, due);
            return;
        }
        next->outlook = OUTLOOK_DUE;
    } else if (probe_now(u, set, b, recipient, now, key, &until)) {
        next->outlook = OUTLOOK_PROBE;
    } else {
        next->outlook = OUTLOOK_DOWN;
        next->when = sooner(next->when, until);
    }
    snprintf(next->server, sizeof next->server, "%s", key);
}

static bool reached(int64_t time, int64_t now)
{
    return time != 0 && time <= now;
}

void unsent_next(const struct unsent *u, const struct settings *set,
                 struct breakers *b, int waiting, int64_t now,
                 struct unsent_next *next)
{
    *next = (struct unsent_next){.outlook = OUTLOOK_WAIT,
                                 .limit = sooner(u->giveup, u->warn)};
    if (u->header.frozen) {
        next->outlook = OUTLOOK_FROZEN;
        next->when = (u->header.frozen + set->unsent_max) * 1000;
        return;
    }
    /* An attempt after the warning's time has asked Exim for it already. */
    if (reached(u->giveup, now) ||
        (reached(u->warn, now) && u->last < u->warn)) {
        next->outlook = OUTLOOK_END;
        return;
    }
    int64_t due =
        u->last ? pace_due(set, u->attempts, waiting, u->last, now) : now;
    for (int i = 0; i < u->party_count; i++) {
        if (next->outlook == OUTLOOK_DUE || next->outlook == OUTLOOK_PROBE ||
            next->outlook == OUTLOOK_END)
            break;
        next_of_recipient(u, set, b, u->parties[i].address, due, now, next);
    }
}
