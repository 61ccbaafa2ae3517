/* history: what was tried for a message, recipient by recipient. See
 * history.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "history.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "keep.h"
#include "spool.h"
#include "store.h"

#define HEADING "outrider history 1\n"
#define ORIGIN "origin\t" /* a line with fewer fields than an attempt */
#define PERMIT "permit\t" /* the same: recipient, servers */
#define TEXT_MAX 400      /* bytes of a server's words that are kept */
#define FIELDS 8
#define PERMIT_MAX 8000 /* bytes: 64 servers of 120 */
#define SWEPT "swept"   /* no message id: when old records were last removed */
#define SWEEP_MS (3600 * 1000L)

static const char *const state_names[] = {
    [ATTEMPT_WAITING] = "waiting",
    [ATTEMPT_DONE] = "done",
    [ATTEMPT_REFUSED] = "refused",
    [ATTEMPT_CANCELLED] = "cancelled",
};

static int state_from_name(const char *name, enum attempt_state *state)
{
    for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (strcmp(state_names[i], name) == 0) {
            *state = (enum attempt_state)i;
            return 1;
        }
    return 0;
}

/* One line and no tab, as the format needs it. */
static char *flat_copy(const char *s, size_t max)
{
    struct text t = {0};
    text_add(&t, "");
    for (; *s && t.len < max; s++)
        text_addn(&t, iscntrl((unsigned char)*s) ? " " : s, 1);
    return t.s;
}

static struct attempt *attempt_add(struct history *h, const char *recipient,
                                   const char *server)
{
    h->attempts = text_grow(h->attempts, h->count, sizeof *h->attempts);
    struct attempt *a = &h->attempts[h->count++];
    a->recipient = flat_copy(recipient, 1000);
    for (char *p = a->recipient; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    a->server = flat_copy(server, 200);
    a->text = text_copy("");
    return a;
}

static struct permit *permit_find(const struct history *h,
                                  const char *recipient)
{
    for (int i = 0; i < h->permit_count; i++)
        if (text_same_address(h->permits[i].recipient, recipient))
            return &h->permits[i];
    return NULL;
}

void history_permit(struct history *h, const char *recipient,
                    const char *servers)
{
    char *flat = flat_copy(recipient, 1000);
    struct permit *p = permit_find(h, flat);
    if (!p) {
        h->permits = text_grow(h->permits, h->permit_count, sizeof *p);
        p = &h->permits[h->permit_count++];
        *p = (struct permit){.recipient = text_copy(flat)};
    }
    free(flat);
    free(p->servers);
    p->servers = flat_copy(servers, PERMIT_MAX);
}

const char *history_permitted(const struct history *h, const char *recipient)
{
    const struct permit *p = permit_find(h, recipient);
    return p ? p->servers : "";
}

static void permit_parse(struct history *h, char *line)
{
    const char *recipient = strsep(&line, "\t");
    if (line)
        history_permit(h, recipient, line);
}

static void line_parse(struct history *h, char *line)
{
    char *field[FIELDS];
    enum error_class c;
    enum attempt_state state;
    if (strncmp(line, PERMIT, strlen(PERMIT)) == 0) {
        permit_parse(h, line + strlen(PERMIT));
        return;
    }
    for (int i = 0; i < FIELDS; i++)
        if (!(field[i] = strsep(&line, "\t")))
            return;
    if (class_from_name(field[2], &c) != 1 ||
        state_from_name(field[3], &state) != 1)
        return;
    struct attempt *a = attempt_add(h, field[0], field[1]);
    a->class = c;
    a->state = state;
    char *total;
    a->failures = (int)strtol(field[4], &total, 10);
    a->total = *total == '/' ? atoi(total + 1) : a->failures;
    a->run = strtoull(field[5], NULL, 16);
    a->time = strtoll(field[6], NULL, 10);
    free(a->text);
    a->text = flat_copy(field[7], TEXT_MAX);
}

void history_parse(struct history *h, const char *text)
{
    *h = (struct history){0};
    if (strncmp(text, HEADING, strlen(HEADING)) != 0)
        return;
    char *copy = text_copy(text + strlen(HEADING));
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        line_parse(h, line);
    free(copy);
}

static const char *origin_line(const char *text)
{
    const char *at = strstr(text, "\n" ORIGIN);
    return at ? at + 1 + strlen(ORIGIN) : "";
}

char *history_origin(const char *text)
{
    const char *at = origin_line(text);
    return strndup(at, strcspn(at, "\t\n"));
}

int history_generation(const char *text)
{
    const char *at = origin_line(text);
    at += strcspn(at, "\t\n");
    return *at == '\t' ? atoi(at + 1) : 0;
}

void history_format(const struct history *h, const char *origin, int generation,
                    struct text *out)
{
    text_add(out, HEADING);
    if (*origin)
        text_addf(out, ORIGIN "%s\t%d\n", origin, generation);
    for (int i = 0; i < h->count; i++) {
        const struct attempt *a = &h->attempts[i];
        text_addf(out, "%s\t%s\t%s\t%s\t%d", a->recipient, a->server,
                  class_name(a->class), state_names[a->state], a->failures);
        if (a->total != a->failures)
            text_addf(out, "/%d", a->total);
        text_addf(out, "\t%" PRIx64 "\t%" PRId64 "\t%s\n", a->run, a->time,
                  a->text);
    }
    for (int i = 0; i < h->permit_count; i++)
        text_addf(out, PERMIT "%s\t%s\n", h->permits[i].recipient,
                  h->permits[i].servers);
}

void history_free(struct history *h)
{
    for (int i = 0; i < h->count; i++) {
        free(h->attempts[i].recipient);
        free(h->attempts[i].server);
        free(h->attempts[i].text);
    }
    for (int i = 0; i < h->permit_count; i++) {
        free(h->permits[i].recipient);
        free(h->permits[i].servers);
    }
    free(h->attempts);
    free(h->permits);
    *h = (struct history){0};
}

static bool concerns(const struct attempt *a, const char *recipient)
{
    return text_same_address(a->recipient, recipient);
}

const struct attempt *history_cancelled(const struct history *h,
                                        const char *recipient)
{
    for (int i = 0; i < h->count; i++)
        if (concerns(&h->attempts[i], recipient) &&
            h->attempts[i].state == ATTEMPT_CANCELLED)
            return &h->attempts[i];
    return NULL;
}

const struct attempt *history_final(const struct history *h,
                                    const char *recipient)
{
    const struct attempt *last = NULL;
    for (int i = 0; i < h->count; i++)
        if (concerns(&h->attempts[i], recipient) &&
            (h->attempts[i].state == ATTEMPT_REFUSED ||
             h->attempts[i].state == ATTEMPT_CANCELLED) &&
            (!last || h->attempts[i].time >= last->time))
            last = &h->attempts[i];
    return last;
}

const struct attempt *history_last(const struct history *h,
                                   const char *recipient)
{
    const struct attempt *last = NULL;
    for (int i = 0; i < h->count; i++)
        if (concerns(&h->attempts[i], recipient) &&
            (!last || h->attempts[i].time >= last->time))
            last = &h->attempts[i];
    return last;
}

int history_failures(const struct history *h, const char *recipient)
{
    int n = 0;
    for (int i = 0; i < h->count; i++)
        if (concerns(&h->attempts[i], recipient))
            n += h->attempts[i].total;
    return n;
}

static struct attempt *attempt_find(const struct history *h,
                                    const char *recipient, const char *server)
{
    for (int i = 0; i < h->count; i++)
        if (concerns(&h->attempts[i], recipient) &&
            strcmp(h->attempts[i].server, server) == 0)
            return &h->attempts[i];
    return NULL;
}

const struct attempt *history_at(const struct history *h, const char *recipient,
                                 const char *server)
{
    return attempt_find(h, recipient, server);
}

enum attempt_state attempt_state_after(enum verb v, bool final)
{
    switch (v) {
    case VERB_NEXT:
        return final ? ATTEMPT_REFUSED : ATTEMPT_DONE;
    case VERB_SAME:
        return ATTEMPT_WAITING;
    case VERB_CANCEL:
    case VERB_ADAPT:
        break;
    }
    return ATTEMPT_CANCELLED;
}

struct attempt *history_note(struct history *h, const char *recipient,
                             const char *server, enum error_class c,
                             uint64_t run, int64_t now, const char *text)
{
    struct attempt *a = attempt_find(h, recipient, server);
    if (!a)
        a = attempt_add(h, recipient, server);
    if (a->failures == 0 || a->run != run) {
        a->failures++;
        a->total++;
    }
    a->class = c;
    a->run = run;
    a->time = now;
    free(a->text);
    a->text = flat_copy(text, TEXT_MAX);
    return a;
}

static void attempt_merge(struct history *h, const struct attempt *from)
{
    struct attempt *a = attempt_find(h, from->recipient, from->server);
    if (!a)
        a = attempt_add(h, from->recipient, from->server);
    a->class = from->class;
    a->state = from->state;
    a->failures = from->failures;
    a->total = from->total;
    a->run = from->run;
    a->time = from->time;
    free(a->text);
    a->text = text_copy(from->text);
}

void history_merge(struct history *h, const struct history *from,
                   const char *recipient)
{
    for (int i = 0; i < from->count; i++)
        if (!recipient || concerns(&from->attempts[i], recipient))
            attempt_merge(h, &from->attempts[i]);
    for (int i = 0; i < from->permit_count; i++)
        if (!recipient ||
            text_same_address(from->permits[i].recipient, recipient))
            history_permit(h, from->permits[i].recipient,
                           from->permits[i].servers);
}

void history_new_round(struct history *h, const char *recipient)
{
    for (int i = 0; i < h->count; i++)
        if (concerns(&h->attempts[i], recipient) &&
            h->attempts[i].state == ATTEMPT_DONE) {
            h->attempts[i].state = ATTEMPT_WAITING;
            h->attempts[i].failures = 0;
        }
}

/* Order does not count. */
static void attempt_drop(struct history *h, struct attempt *a)
{
    free(a->recipient);
    free(a->server);
    free(a->text);
    *a = h->attempts[--h->count];
}

void history_forget(struct history *h, enum error_class c)
{
    for (int i = h->count - 1; i >= 0; i--)
        if (h->attempts[i].class == c)
            attempt_drop(h, &h->attempts[i]);
}

/* It is kept as an attempt of nobody's. */
#define ASKED "!"

int64_t history_asked(struct history *h, bool set, int64_t now)
{
    struct attempt *a = attempt_find(h, ASKED, ASKED);
    if (set) {
        history_note(h, ASKED, ASKED, CLASS_TEMPORARY, 0, now, "asked");
        return now;
    }
    if (!a)
        return 0;
    int64_t when = a->time;
    attempt_drop(h, a);
    return when;
}

static struct store *attempts_open(const struct settings *set, bool make,
                                   char *error, size_t size)
{
    uid_t uid;
    gid_t gid;
    if (file_owner(set->spool, &uid, &gid) == -1) {
        text_error(error, size, "%s: no such directory", set->spool);
        return NULL;
    }
    if (make && file_directory(set->state, uid, gid, error, size) == -1)
        return NULL;
    char *path = text_format("%s/attempts.db", set->state);
    struct store *s = store_open(path, make, uid, gid, error, size);
    free(path);
    return s;
}

int history_load(const struct settings *set, const char *id, struct history *h,
                 char *error, size_t size)
{
    struct text value = {0};
    char ignored[1];
    *h = (struct history){0};
    struct store *s = attempts_open(set, false, error, size);
    if (!s)
        return error[0] ? -1 : 0;
    int rc = store_get(s, id, &value, error, size);
    if (rc == 1)
        history_parse(h, text_str(&value));
    store_close(&s, ignored, sizeof ignored);
    text_free(&value);
    return rc;
}

struct sweep {
    const struct settings *settings;
    int64_t before;
};

static bool on_no_queue(const struct settings *set, const char *id)
{
    struct text directory = {0};
    int found = spool_find(set->spool, id, &directory);
    text_free(&directory);
    return found == 0 && !keep_any(set, id);
}

static bool record_old(const char *key, const char *value, void *context)
{
    const struct sweep *sweep = context;
    struct history h;
    int64_t newest = 0;
    if (strcmp(key, SWEPT) == 0)
        return false;
    history_parse(&h, value);
    for (int i = 0; i < h.count; i++)
        if (h.attempts[i].time > newest)
            newest = h.attempts[i].time;
    bool old = h.count > 0 && newest < sweep->before;
    history_free(&h);
    return old && on_no_queue(sweep->settings, key);
}

/* Records of messages that were removed by hand are forgotten by age; looked
 * for once an hour, by whoever comes to write then. */
static void attempts_sweep(const struct settings *set, struct store *s)
{
    struct text swept = {0};
    char error[200], stamp[32];
    int64_t now = clock_now();
    struct sweep sweep = {set, now - set->keep * 1000L};
    store_get(s, SWEPT, &swept, error, sizeof error);
    int64_t last = strtoll(text_str(&swept), NULL, 10);
    text_free(&swept);
    if (now >= last && now - last < SWEEP_MS)
        return;
    snprintf(stamp, sizeof stamp, "%" PRId64, now);
    if (store_put(s, SWEPT, stamp, error, sizeof error) == 0)
        store_sweep(s, record_old, &sweep, error, sizeof error);
    keep_sweep(set);
}

int history_update(const struct settings *set, const char *id,
                   void (*change)(struct history *h, void *context),
                   void *context, char *error, size_t size)
{
    struct text value = {0};
    struct history h = {0};
    struct store *s = attempts_open(set, true, error, size);
    if (!s)
        return -1;
    attempts_sweep(set, s);
    int rc = store_get(s, id, &value, error, size);
    if (rc == 1)
        history_parse(&h, text_str(&value));
    change(&h, context);
    text_cut(&value, 0);
    history_format(&h, "", 0, &value);
    if (rc != -1)
        rc = h.count + h.permit_count > 0
                 ? store_put(s, id, value.s, error, size)
                 : store_delete(s, id, error, size);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    history_free(&h);
    text_free(&value);
    return rc == -1 ? -1 : 0;
}

int history_delete(const struct settings *set, const char *id, char *error,
                   size_t size)
{
    struct store *s = attempts_open(set, false, error, size);
    if (!s)
        return error[0] ? -1 : 0;
    int rc = store_delete(s, id, error, size);
    return store_close(&s, error, size) == -1 ? -1 : rc;
}

struct prune {
    char (*ids)[SPOOL_ID_MAX];
    int count;
};

static bool id_collect(const char *key, const char *value, void *context)
{
    struct prune *p = context;
    (void)value;
    if (!spool_is_id(key))
        return false;
    p->ids = text_grow(p->ids, p->count, sizeof *p->ids);
    snprintf(p->ids[p->count++], sizeof *p->ids, "%s", key);
    return false;
}

/* The database is not locked while the spool is looked at: routers wait for
 * it. */
int history_prune(const struct settings *set, char *error, size_t size)
{
    struct prune prune = {0};
    int gone = 0;
    struct store *s = attempts_open(set, false, error, size);
    if (!s)
        return error[0] ? -1 : 0;
    int rc = store_sweep(s, id_collect, &prune, error, size);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    for (int i = 0; rc != -1 && i < prune.count; i++)
        if (on_no_queue(set, prune.ids[i]) &&
            history_delete(set, prune.ids[i], error, size) == 1)
            gone++;
    free(prune.ids);
    return rc == -1 ? -1 : gone;
}
