/* backlog: the messages of the unsent queue in memory. See backlog.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "backlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int backlog_target(struct backlog *b, const char *key)
{
    if (b->target_count == 0 && *key)
        backlog_target(b, "");
    for (int i = 0; i < b->target_count; i++)
        if (strcmp(b->targets[i].key, key) == 0)
            return i;
    b->targets = text_grow(b->targets, b->target_count, sizeof *b->targets);
    struct target *t = &b->targets[b->target_count];
    t->first = t->last = -1;
    snprintf(t->key, sizeof t->key, "%s", key);
    return b->target_count++;
}

int backlog_group(struct backlog *b, const char *servers, int64_t now)
{
    if (b->group_count == 0 && *servers)
        backlog_group(b, "", now);
    for (int i = 0; i < b->group_count; i++)
        if (strcmp(b->groups[i].servers, servers) == 0)
            return i;
    b->groups = text_grow(b->groups, b->group_count, sizeof *b->groups);
    b->groups[b->group_count].servers = text_copy(servers);
    b->groups[b->group_count].asked = now;
    return b->group_count++;
}

static void group_want(struct backlog *b, const struct group *g)
{
    char *copy = text_copy(g->servers), *rest = copy;
    for (char *key; (key = strsep(&rest, ";"));)
        if (*key) {
            int i = backlog_target(b, key);
            b->targets[i].wanted = true;
        }
    free(copy);
}

static bool left_alone(const struct entry *e)
{
    return !e->under_way &&
           (e->outlook == OUTLOOK_DOWN || e->outlook == OUTLOOK_PROBE);
}

void backlog_want(struct backlog *b)
{
    bool *waits = text_alloc((size_t)(b->group_count + 1) * sizeof *waits);
    for (int i = 0; i < b->count; i++)
        if (left_alone(&b->entries[i]))
            waits[b->entries[i].group] = true;
    for (int i = 0; i < b->target_count; i++)
        b->targets[i].wanted = false;
    for (int i = 0; i < b->group_count; i++)
        if (waits[i])
            group_want(b, &b->groups[i]);
    free(waits);
}

void backlog_ask(struct backlog *b, int64_t every, int64_t now)
{
    struct entry **longest =
        text_alloc((size_t)(b->group_count + 1) * sizeof *longest);
    for (int i = 0; i < b->count; i++) {
        struct entry *e = &b->entries[i];
        if (left_alone(e) &&
            (!longest[e->group] || e->asked < longest[e->group]->asked))
            longest[e->group] = e;
    }
    for (int i = 0; i < b->group_count; i++)
        if (longest[i] && now - b->groups[i].asked >= every)
            longest[i]->when = 0;
    free(longest);
}

static int by_id(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return strcmp(x->id, y->id);
}

struct entry *backlog_find(struct backlog *b, const char *id)
{
    struct entry key = {.outlook = 0};
    if (b->count == 0)
        return NULL;
    snprintf(key.id, sizeof key.id, "%s", id);
    return bsearch(&key, b->entries, (size_t)b->count, sizeof key, by_id);
}

/* What is new takes its arrival for its place; its id begins with it. */
static void entry_make(struct backlog *b, struct entry *e, const char *id,
                       int64_t now)
{
    const struct entry *old = backlog_find(b, id);
    if (old) {
        *e = *old;
        return;
    }
    *e = (struct entry){.outlook = OUTLOOK_WAIT, .order = now, .next = -1};
    snprintf(e->id, sizeof e->id, "%s", id);
}

static const struct entry *sorted; /* for by_order() */

static int by_order(const void *a, const void *b)
{
    const struct entry *x = &sorted[*(const int *)a],
                       *y = &sorted[*(const int *)b];
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* Who is due stands in line; who may have become so is to be looked at. */
static void lines_make(struct backlog *b, int64_t now)
{
    int *order = text_alloc((size_t)(b->count + 1) * sizeof *order);
    free(b->look);
    b->look = text_alloc((size_t)(b->count + 1) * sizeof *b->look);
    b->look_count = b->looked = 0;
    for (int i = 0; i < b->target_count; i++)
        b->targets[i].first = b->targets[i].last = -1;
    for (int i = 0; i < b->count; i++)
        order[i] = i;
    sorted = b->entries;
    qsort(order, (size_t)b->count, sizeof *order, by_order);
    for (int i = 0; i < b->count; i++) {
        struct entry *e = &b->entries[order[i]];
        if (e->under_way)
            continue;
        if (e->outlook == OUTLOOK_DUE)
            backlog_queue(b, e);
        else if (e->when <= now)
            b->look[b->look_count++] = order[i];
    }
    free(order);
}

int backlog_refresh(struct backlog *b, const struct settings *set, int64_t now,
                    char *error, size_t size)
{
    char(*ids)[SPOOL_ID_MAX];
    int n = spool_list(set->spool, set->unsent, &ids);
    if (n == -1)
        return text_error(error, size, "%s/%s/input cannot be read", set->spool,
                          set->unsent);
    struct entry *entries = text_alloc((size_t)(n + 1) * sizeof *entries);
    for (int i = 0; i < n; i++)
        entry_make(b, &entries[i], ids[i], now);
    free(b->entries);
    free(ids);
    b->entries = entries;
    b->count = n;
    lines_make(b, now);
    return 0;
}

void backlog_free(struct backlog *b)
{
    free(b->entries);
    free(b->targets);
    free(b->look);
    for (int i = 0; i < b->group_count; i++)
        free(b->groups[i].servers);
    free(b->groups);
    *b = (struct backlog){0};
}

struct entry *backlog_look(struct backlog *b)
{
    return b->looked < b->look_count ? &b->entries[b->look[b->looked++]] : NULL;
}

void backlog_queue(struct backlog *b, struct entry *e)
{
    struct target *t = &b->targets[e->target];
    int i = (int)(e - b->entries);
    e->next = -1;
    if (t->last == -1)
        t->first = i;
    else
        b->entries[t->last].next = i;
    t->last = i;
}

struct entry *backlog_take(struct backlog *b, struct target *t)
{
    if (t->first == -1)
        return NULL;
    struct entry *e = &b->entries[t->first];
    t->first = e->next;
    if (t->first == -1)
        t->last = -1;
    return e;
}

void backlog_wake(struct backlog *b)
{
    for (int i = 0; i < b->count; i++)
        if (b->entries[i].hopes && b->entries[i].outlook != OUTLOOK_DUE)
            b->entries[i].when = 0;
}

void backlog_wake_all(struct backlog *b)
{
    for (int i = 0; i < b->count; i++)
        b->entries[i].when = 0;
}
