/* held: mail for addresses that are gone. See held.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "held.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "store.h"

/* Keys: "m" ID "\t" RECIPIENT -> a mark; "a" or "b" ADDRESS -> when the
 * administrator was asked for it, and asked again. */
#define MARK "m"
#define ASKED "a"
#define ASKED_AGAIN "b"

static struct store *held_open(const struct settings *set, bool make,
                               char *error, size_t size)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    file_owner(set->spool, &uid, &gid);
    error[0] = 0;
    if (make && file_directory(set->state, uid, gid, error, size) == -1)
        return NULL;
    char *path = text_format("%s/held.db", set->state);
    struct store *s = store_open(path, make, uid, gid, error, size);
    free(path);
    return s;
}

static char *mark_key(const char *id, const char *recipient)
{
    char *key = text_format(MARK "%s\t%s", id, recipient);
    for (char *p = key + strlen(id) + 1; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p | 0x20);
    return key;
}

static void mark_format(const struct held *h, struct text *out)
{
    text_addf(out, "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%d\t%s\t%s\t%s\t%s",
              h->since, h->until, h->known, (int)h->order, h->gone, h->row,
              h->recipient, h->to ? h->to : "");
}

static char *word(char **rest)
{
    char *w = strsep(rest, "\t");
    return text_copy(w ? w : "");
}

static void mark_parse(struct held *h, const char *key, const char *value)
{
    char *copy = text_copy(value), *rest = copy;
    char *since = strsep(&rest, "\t"), *until = strsep(&rest, "\t"),
         *known = strsep(&rest, "\t"), *order = strsep(&rest, "\t");
    h->id = strndup(key + 1, strcspn(key + 1, "\t"));
    h->since = strtoll(since, NULL, 10);
    h->until = until ? strtoll(until, NULL, 10) : 0;
    h->known = known ? strtoll(known, NULL, 10) : 0;
    h->order = (enum held_order)(order ? strtol(order, NULL, 10) : 0);
    h->gone = word(&rest);
    h->row = word(&rest);
    h->recipient = word(&rest);
    h->to = word(&rest);
    free(copy);
}

void held_free(struct held *h)
{
    free(h->id);
    free(h->recipient);
    free(h->gone);
    free(h->row);
    free(h->to);
    *h = (struct held){0};
}

void held_list_free(struct held_list *l)
{
    for (int i = 0; i < l->count; i++)
        held_free(&l->list[i]);
    free(l->list);
    *l = (struct held_list){0};
}

int held_of_message(const struct held_list *l, int i)
{
    int n = 1;
    while (i + n < l->count && strcmp(l->list[i].id, l->list[i + n].id) == 0)
        n++;
    return n;
}

struct sweep {
    const char *id; /* "": any */
    struct held_list *list;
    bool forget;
};

/* A key of this message's: "m" ID "\t"... */
static bool of_message(const char *key, const char *id)
{
    size_t n = strlen(id);
    return key[0] == *MARK &&
           (n == 0 || (strncmp(key + 1, id, n) == 0 && key[n + 1] == '\t'));
}

static bool sweep_each(const char *key, const char *value, void *context)
{
    const struct sweep *s = context;
    if (!of_message(key, s->id))
        return false;
    if (s->list) {
        struct held_list *l = s->list;
        l->list = text_grow(l->list, l->count, sizeof *l->list);
        mark_parse(&l->list[l->count++], key, value);
    }
    return s->forget;
}

static int marks_sweep(const struct settings *set, struct sweep *sweep,
                       char *error, size_t size)
{
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    int rc = store_sweep(s, sweep_each, sweep, error, size);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    return rc;
}

int held_load(const struct settings *set, const char *id, struct held_list *l,
              char *error, size_t size)
{
    *l = (struct held_list){0};
    struct sweep sweep = {id ? id : "", l, false};
    return marks_sweep(set, &sweep, error, size);
}

static int mark_put(struct store *s, const struct held *h, char *error,
                    size_t size)
{
    struct text value = {0};
    char *key = mark_key(h->id, h->recipient);
    mark_format(h, &value);
    int rc = store_put(s, key, value.s, error, size);
    text_free(&value);
    free(key);
    return rc;
}

static int mark_get(struct store *s, const char *id, const char *recipient,
                    struct held *h, char *error, size_t size)
{
    struct text value = {0};
    char *key = mark_key(id, recipient);
    *h = (struct held){0};
    int rc = store_get(s, key, &value, error, size);
    if (rc == 1)
        mark_parse(h, key, value.s);
    text_free(&value);
    free(key);
    return rc;
}

/* Its order stays, and its beginning, whatever else has changed. */
static int mark_renew(struct store *s, struct held *was, const struct held *h,
                      char *error, size_t size)
{
    struct held renewed = *was;
    if (was->until == h->until && strcmp(was->row, h->row) == 0)
        return 0;
    renewed.until = h->until;
    renewed.row = h->row;
    renewed.gone = h->gone;
    return mark_put(s, &renewed, error, size);
}

int held_find(const struct settings *set, const char *id, const char *recipient,
              struct held *h, char *error, size_t size)
{
    *h = (struct held){0};
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    int rc = mark_get(s, id, recipient, h, error, size);
    if (store_close(&s, error, size) == -1 && rc == 1) {
        held_free(h);
        rc = -1;
    }
    return rc;
}

int held_note(const struct settings *set, const struct held *h, char *error,
              size_t size)
{
    struct held was;
    struct store *s = held_open(set, true, error, size);
    if (!s)
        return -1;
    int known = mark_get(s, h->id, h->recipient, &was, error, size);
    int rc = known == 0   ? mark_put(s, h, error, size)
             : known == 1 ? mark_renew(s, &was, h, error, size)
                          : -1;
    held_free(&was);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    return rc == -1 ? -1 : !known;
}

int held_order(const struct settings *set, const char *id,
               const char *recipient, enum held_order order, const char *to,
               char *error, size_t size)
{
    struct held h;
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    int rc = mark_get(s, id, recipient, &h, error, size);
    if (rc == 1) {
        h.order = order;
        free(h.to);
        h.to = text_copy(to);
        rc = mark_put(s, &h, error, size) == -1 ? -1 : 1;
    }
    held_free(&h);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    return rc;
}

int held_known(const struct settings *set, const char *id,
               const char *recipient, int64_t now, char *error, size_t size)
{
    struct held h;
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    int rc = mark_get(s, id, recipient, &h, error, size);
    if (rc == 1 && !h.known) {
        h.known = now;
        rc = mark_put(s, &h, error, size);
    }
    held_free(&h);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    return rc == -1 ? -1 : 0;
}

int held_forget(const struct settings *set, const char *id,
                const char *recipient, char *error, size_t size)
{
    struct sweep sweep = {id, NULL, true};
    if (!recipient)
        return marks_sweep(set, &sweep, error, size);
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    char *key = mark_key(id, recipient);
    int rc = store_delete(s, key, error, size);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    free(key);
    return rc;
}

int64_t held_until(const struct settings *set, const struct relocation *r,
                   int64_t received)
{
    int64_t until = received + set->hold;
    if (r->time > 0 && r->time + set->gone < until)
        until = r->time + set->gone;
    return until;
}

/* ---- the administrator ---- */

int held_ask(const struct settings *set, const char *row, bool again,
             int64_t now, char *error, size_t size)
{
    struct text value = {0};
    struct store *s = held_open(set, true, error, size);
    if (!s)
        return -1;
    char *key = text_format("%s%s", again ? ASKED_AGAIN : ASKED, row);
    char *stamp = text_format("%" PRId64, now);
    int known = store_get(s, key, &value, error, size);
    int rc = known == 0 ? store_put(s, key, stamp, error, size) : known;
    if (store_close(&s, error, size) == -1)
        rc = -1;
    text_free(&value);
    free(stamp);
    free(key);
    return rc == -1 || known == -1 ? -1 : !known;
}

static bool again_gather(const char *key, const char *value, void *context)
{
    struct members *rows = context;
    (void)value;
    if (*key == *ASKED_AGAIN)
        members_add(rows, key + 1);
    return false;
}

/* The store gives its keys in their order. */
int held_asked_again(const struct settings *set, struct members *rows,
                     char *error, size_t size)
{
    *rows = (struct members){0};
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    int rc = store_sweep(s, again_gather, rows, error, size);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    return rc;
}

static bool idle(const char *key, const char *value, void *context)
{
    const struct members *rows = context;
    (void)value;
    return (*key == *ASKED || *key == *ASKED_AGAIN) &&
           !members_have(rows, key + 1);
}

int held_asked_prune(const struct settings *set, const struct held_list *marks,
                     char *error, size_t size)
{
    struct members rows = {0};
    struct store *s = held_open(set, false, error, size);
    if (!s)
        return *error ? -1 : 0;
    for (int i = 0; i < marks->count; i++)
        members_add(&rows, marks->list[i].row);
    members_sort(&rows);
    int rc = store_sweep(s, idle, &rows, error, size);
    if (store_close(&s, error, size) == -1)
        rc = -1;
    members_free(&rows);
    return rc;
}
