/* story: what was tried for a recipient, in words. See story.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RETURNED "it could not be sent within %a, and no more attempts are made"
#define TRIED "%t: %s: %r"
#define BETWEEN "\\n"

struct facts {
    char age[64], time[64], number[16];
    const char *server, *said;
};

static const char *fact(const struct facts *f, char letter)
{
    switch (letter) {
    case 'a':
        return f->age;
    case 'n':
        return f->number;
    case 't':
        return f->time;
    case 's':
        return f->server;
    case 'r':
        return f->said;
    case '%':
        return "%";
    default:
        return NULL;
    }
}

static void words_add(const char *words, const struct facts *f,
                      struct text *out)
{
    for (; *words; words++) {
        const char *value = *words == '%' ? fact(f, words[1]) : NULL;
        if (value) {
            text_add(out, value);
            words++;
        } else
            text_addn(out, words, 1);
    }
}

static void facts_of(const struct attempt *a, struct facts *f)
{
    time_t t = (time_t)(a->time / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(f->time, sizeof f->time, "%Y-%m-%d %H:%M:%S %z", &tm);
    snprintf(f->number, sizeof f->number, "%d", a->total);
    f->server = a->server;
    f->said = a->text;
}

static int by_time(const void *a, const void *b)
{
    const struct attempt *const *x = a, *const *y = b;
    return ((*x)->time > (*y)->time) - ((*x)->time < (*y)->time);
}

static void tried_tell(const struct history *h, const char *recipient,
                       const char *words, struct text *out)
{
    const struct attempt **sorted =
        text_alloc((size_t)(h->count + 1) * sizeof *sorted);
    struct facts f = {.age = ""};
    int n = 0;
    for (int i = 0; i < h->count; i++)
        if (text_same_address(h->attempts[i].recipient, recipient) &&
            h->attempts[i].total > 0)
            sorted[n++] = &h->attempts[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_time);
    for (int i = 0; i < n; i++) {
        facts_of(sorted[i], &f);
        text_add(out, BETWEEN);
        words_add(words, &f, out);
    }
    free(sorted);
}

void story_tell(const struct history *h, const char *recipient, int64_t age,
                const struct story_words *words, struct text *out)
{
    struct facts f = {.server = "", .said = ""};
    struct text shown = {0};
    /* Days and hours are enough for who has waited for days. */
    int64_t unit = age >= DAY ? 3600 : age >= 3600 ? 60 : 1;
    duration_print((int)(age / unit * unit), &shown);
    snprintf(f.age, sizeof f.age, "%s", shown.s);
    snprintf(f.number, sizeof f.number, "%d", history_failures(h, recipient));
    text_free(&shown);
    words_add(words->returned ? words->returned : RETURNED, &f, out);
    tried_tell(h, recipient, words->tried ? words->tried : TRIED, out);
}
