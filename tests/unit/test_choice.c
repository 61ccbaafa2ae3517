/* test_choice: list, level, permission, history and breakers -> one server.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "choice.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

#define T0 1700000000000
#define LIST "a : b : c"
#define LEVELS "a level=5 : b : c level=3"

static struct settings *set;

/* `tried`: words SERVER and a state letter (w d r c), in order of time, for
 * this recipient; with `*` in front for the transaction. `breakers`: words
 * SERVER and a letter: o open, p its probe is due, h hanging. */
static const struct {
    const char *label, *list, *tried, *breakers;
    const char *want; /* server, none, cancel or wrong; + ! new round,
                         ? probe */
    int level;
    bool stay; /* may not use the next server */
} rows[] = {
    {.label = "the first", LIST, "", "", "a"},
    {.label = "the second, after the first", LIST, "ad", "", "b"},
    {.label = "the third", LIST, "ad bd", "", "c"},
    {.label = "the first again: a new round", LIST, "ad bd cd", "", "a!"},
    {.label = "refused for good", LIST, "ar", "", "b"},
    {.label = "a new round without the one that refused",
     LIST,
     "ar bd cd",
     "",
     "b!"},
    {.label = "all have refused", LIST, "ar br cr", "", "cancel"},
    {.label = "cancelled by one", LIST, "ac", "", "cancel"},
    {.label = "cancelled, though others are left", LIST, "bd ac", "", "cancel"},
    {.label = "the same server is kept", LIST, "bw", "", "b"},
    {.label = "the same server is kept, from behind",
     LIST,
     "ad bd cw",
     "",
     "c"},
    {.label = "the one that asked last is kept", LIST, "aw bw", "", "b"},
    {.label = "the one to keep cannot be used", LIST, "bw", "bo", "a"},
    {.label = "the one to keep hangs", LIST, "aw", "ah", "b"},
    {.label = "the first is open", LIST, "", "ao", "b"},
    {.label = "the first hangs", LIST, "", "ah", "b"},
    {.label = "the first is to be probed", LIST, "", "ap", "a?"},
    {.label = "a probe in the second place", LIST, "ad", "bp", "b?"},
    {.label = "all open", LIST, "", "ao bo co", "none"},
    {.label = "all hang: better one of them than none",
     LIST,
     "",
     "ah bh ch",
     "a"},
    {.label = "open or done: the round is over early",
     LIST,
     "ad",
     "bo co",
     "a!"},
    {.label = "open or refused", LIST, "ar", "bo co", "none"},
    {.label = "done, and open all", LIST, "ad", "ao bo co", "none"},
    {.label = "one server", "a", "", "", "a"},
    {.label = "one server, tried", "a", "ad", "", "a!"},
    {.label = "one server, open", "a", "", "ao", "none"},
    {.label = "one server, refused", "a", "ar", "", "cancel"},
    {.label = "level 0", LEVELS, "", "", "b", .level = 0},
    {.label = "level 3", LEVELS, "bd", "", "c", .level = 3},
    {.label = "level 5", LEVELS, "", "", "a", .level = 5},
    {.label = "level 0, all of its own have refused",
     LEVELS,
     "br",
     "",
     "cancel"},
    {.label = "no server for this level",
     "a level=1 : b level=2",
     "",
     "",
     "wrong"},
    {.label = "may not use the next: the first",
     LIST,
     "",
     "",
     "a",
     .stay = true},
    {.label = "may not use the next: again",
     LIST,
     "ad",
     "",
     "a!",
     .stay = true},
    {.label = "may not use the next: refused",
     LIST,
     "ar",
     "",
     "cancel",
     .stay = true},
    {.label = "may not use the next: open",
     LIST,
     "",
     "ao",
     "none",
     .stay = true},
    {.label = "may not use the next: its first is the second",
     LEVELS,
     "",
     "",
     "b",
     .stay = true},
    {.label = "may not use the next: what others did is nothing",
     LIST,
     "bw",
     "",
     "a",
     .stay = true},
    {.label = "a server that has left the list", LIST, "zw zd", "", "a"},
    {.label = "a cancel by a server that has left the list",
     LIST,
     "zc",
     "",
     "cancel"},
};

static const char *const states[] = {"w", "d", "r", "c"};

static void history_fill(struct history *h, const char *tried)
{
    char *copy = text_copy(tried), *rest = copy;
    int64_t now = T0 - 100000;

    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        char server[] = {*word, '\0'};

        if (*word == '\0')
            continue;
        for (size_t i = 0; i < LENGTH(states); i++)
            if (word[1] == *states[i])
                history_note(h, "r@example.org", server, CLASS_RATE, 1, now++,
                             "450 no")
                    ->state = (enum attempt_state)i;
    }
    free(copy);
}

static void breakers_fill(struct breakers *b, const char *words)
{
    char *copy = text_copy(words), *rest = copy;

    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        char server[] = {*word, '\0'};
        struct slot *s = *word ? breaker_slot(b, server, true) : NULL;

        if (s == NULL)
            continue;
        if (word[1] == 'h')
            breaker_connect(s, getpid(), T0 - 10000, 1000);
        else
            breaker_failure(s, set, CLASS_CONNECT, false, "x", "refused",
                            word[1] == 'p' ? T0 - 60000 : T0 - 1000);
    }
    free(copy);
}

static char *answer_text(const struct choice *answer)
{
    static const char *const kinds[] = {[CHOICE_NONE] = "none",
                                        [CHOICE_CANCEL] = "cancel",
                                        [CHOICE_WRONG] = "wrong"};

    return text_format("%s%s%s",
                       answer->kind == CHOICE_SERVER ? answer->server->key
                                                     : kinds[answer->kind],
                       answer->new_round ? "!" : "", answer->probe ? "?" : "");
}

static void check_reason(const char *label, const struct choice *answer,
                         const struct history *h)
{
    if (answer->kind == CHOICE_NONE)
        unit_has(label, "reason", answer->reason,
                 "no smarthost can be tried now; ");
    if (answer->kind == CHOICE_WRONG)
        unit_has(label, "reason", answer->reason, "level above this sender's");
    if (answer->kind == CHOICE_CANCEL)
        unit_true(label, answer->last == history_last(h, "r@example.org") &&
                             answer->last != NULL);
}

static void check_row(size_t i, char *path)
{
    struct server_list list;
    struct history h = {0};
    struct choice answer;
    char error[300], *got;
    struct breakers *b;

    unlink(path);
    b = breakers_open(path, true, getuid(), getgid(), error, sizeof error);
    history_fill(&h, rows[i].tried);
    breakers_fill(b, rows[i].breakers);
    server_list_parse(&list, rows[i].list, error, sizeof error);
    struct question q = {.servers = &list,
                         .level = rows[i].level,
                         .may_next = !rows[i].stay,
                         .recipient = "R@example.org",
                         .history = &h,
                         .breakers = b,
                         .settings = set,
                         .now = T0,
                         .may_probe = true};
    choice_make(&q, &answer);
    got = answer_text(&answer);
    unit_str(rows[i].label, "answer", got, rows[i].want);
    free(got);
    check_reason(rows[i].label, &answer, &h);
    if (*rows[i].breakers == '\0') {
        q.breakers = NULL;
        choice_make(&q, &answer);
        got = answer_text(&answer);
        unit_str(rows[i].label, "answer without breakers", got, rows[i].want);
        free(got);
    }
    history_free(&h);
    server_list_free(&list);
    breakers_close(&b);
}

/* Is another server left, and one that can be tried at once? */
static const struct {
    const char *label, *list, *tried, *breakers;
    bool other, now, stay;
    int level;
} others[] = {
    {.label = "two more", LIST, "", "", .other = true, .now = true},
    {.label = "none in the list", "a", "", ""},
    {.label = "one has refused", LIST, "br", "", .other = true, .now = true},
    {.label = "all others have refused", LIST, "br cr", ""},
    {.label = "all others were tried", LIST, "bd cd", "", .other = true},
    {.label = "all others are open", LIST, "", "bo co", .other = true},
    {.label = "one of the others is to be probed",
     LIST,
     "",
     "bo cp",
     .other = true,
     .now = true},
    {.label = "all others hang", LIST, "", "bh ch", .other = true},
    {.label = "may not use the next", LIST, "", "", .stay = true},
    {.label = "no level for the others", "a : b level=2", "", ""},
    {.label = "the level for the others",
     "a : b level=2",
     "",
     "",
     .other = true,
     .now = true,
     .level = 2},
};

static void check_other(size_t i, char *path)
{
    struct server_list list;
    struct history h = {0};
    char error[300];
    struct breakers *b;

    unlink(path);
    b = breakers_open(path, true, getuid(), getgid(), error, sizeof error);
    history_fill(&h, others[i].tried);
    breakers_fill(b, others[i].breakers);
    server_list_parse(&list, others[i].list, error, sizeof error);
    struct question q = {.servers = &list,
                         .level = others[i].level,
                         .may_next = !others[i].stay,
                         .recipient = "r@example.org",
                         .history = &h,
                         .breakers = b,
                         .settings = set,
                         .now = T0};
    unit_int(others[i].label, "other", choice_other(&q, "a"), others[i].other);
    unit_int(others[i].label, "other now", choice_other_now(&q, "a"),
             others[i].now);
    history_free(&h);
    server_list_free(&list);
    breakers_close(&b);
}

int main(void)
{
    char *path;

    scratch_begin();
    path = scratch_path("servers");
    set = settings_new(scratch);
    for (size_t i = 0; i < LENGTH(rows); i++)
        check_row(i, path);
    for (size_t i = 0; i < LENGTH(others); i++)
        check_other(i, path);
    settings_free(&set);
    free(path);
    scratch_end();
    return unit_end();
}
