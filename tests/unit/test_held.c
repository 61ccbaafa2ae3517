/* test_held: marks of what is held, orders, and questions to the
 * administrator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "held.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

#define A "1vMqTr-0001Ab-01"
#define B "1vMqTr-0001Ac-01"
#define LONG "1vMqTr-000000001Ab-0001"

static struct settings *set;

/* "ID RECIPIENT GONE ROW SINCE UNTIL ORDER TO", a line for each. */
static char *listed(const char *id)
{
    struct held_list l;
    struct text out = {0};
    char error[300] = "";

    unit_true("load", held_load(set, id, &l, error, sizeof error) != -1);
    unit_str("load", "error", error, "");
    text_add(&out, "");
    for (int i = 0; i < l.count; i++)
        text_addf(&out, "%s %s %s %s %ld %ld %d %s\n", l.list[i].id,
                  l.list[i].recipient, l.list[i].gone, l.list[i].row,
                  (long)l.list[i].since, (long)l.list[i].until,
                  (int)l.list[i].order, l.list[i].to);
    held_list_free(&l);
    unit_true("freed", l.list == NULL && l.count == 0);
    return out.s;
}

static void check_listed(const char *label, const char *id, const char *want)
{
    char *got = listed(id);

    unit_str(label, "marks", got, want);
    free(got);
}

static int note(const char *id, const char *recipient, const char *gone,
                const char *row, int64_t until)
{
    char error[300], *copies[] = {text_copy(id), text_copy(recipient),
                                  text_copy(gone), text_copy(row)};
    struct held h = {.id = copies[0],
                     .recipient = copies[1],
                     .gone = copies[2],
                     .row = copies[3],
                     .since = 100,
                     .until = until};
    int rc = held_note(set, &h, error, sizeof error);

    for (size_t i = 0; i < LENGTH(copies); i++)
        free(copies[i]);
    return rc;
}

static int order(const char *id, const char *recipient, enum held_order what,
                 const char *to)
{
    char error[300] = "";

    return held_order(set, id, recipient, what, to, error, sizeof error);
}

static int forget(const char *id, const char *recipient)
{
    char error[300] = "";

    return held_forget(set, id, recipient, error, sizeof error);
}

/* ---- marks ---- */

/* A reader makes no file. */
static void check_none(void)
{
    struct held h;
    struct held_list none = {0};
    char error[300] = "x";

    check_listed("none", NULL, "");
    unit_int("none", "find", held_find(set, A, "u@x", &h, error, sizeof error),
             0);
    unit_int("none", "order", order(A, "u@x", HELD_RETURN, ""), 0);
    unit_int("none", "forget", forget(A, "u@x"), 0);
    unit_int("none", "forget all", forget(A, NULL), 0);
    unit_int("none", "prune", held_asked_prune(set, &none, error, sizeof error),
             0);
    unit_int("none", "files", files_like(set->state, "held.db"), 0);
}

static void check_notes(void)
{
    unit_int("new", "note", note(B, "U@x.old", "u@x.old", "*@x.old", 900), 1);
    unit_int("again", "note", note(B, "U@x.old", "u@x.old", "*@x.old", 900), 0);
    unit_int("in capitals", "note",
             note(B, "u@X.OLD", "U@x.old", "*@x.old", 900), 0);
    unit_int("another recipient", "note",
             note(B, "v@x.old", "g@y.old", "g@y.old", 800), 1);
    unit_int("another message", "note",
             note(A, "u@x.old", "u@x.old", "*@x.old", 700), 1);
    unit_int("a long id", "note",
             note(LONG, "u@x.old", "u@x.old", "*@x.old", 600), 1);
    check_listed("all", NULL,
                 LONG " u@x.old u@x.old *@x.old 100 600 0 \n" A
                      " u@x.old u@x.old *@x.old 100 700 0 \n" B
                      " U@x.old u@x.old *@x.old 100 900 0 \n" B
                      " v@x.old g@y.old g@y.old 100 800 0 \n");
    check_listed("one", A, A " u@x.old u@x.old *@x.old 100 700 0 \n");
    check_listed("part of an id", "1vMqTr", "");
}

static void check_find(void)
{
    struct held h;
    char error[300] = "";

    unit_int("found", "result",
             held_find(set, B, "V@X.old", &h, error, sizeof error), 1);
    unit_str("found", "id", h.id, B);
    unit_str("found", "recipient", h.recipient, "v@x.old");
    unit_str("found", "gone", h.gone, "g@y.old");
    unit_int("found", "until", h.until, 800);
    held_free(&h);
    unit_true("freed", h.id == NULL && h.to == NULL);
    unit_int("another", "result",
             held_find(set, B, "w@x.old", &h, error, sizeof error), 0);
    held_free(&h);
}

static const struct {
    const char *label, *recipient, *gone, *row;
} odd[] = {
    {"white space", "\"two words\"@x.old", "\"two words\"@x.old", "*@x.old"},
    {"UTF-8", "\xc3\xb6@x.old", "\xc3\xb6@x.old", "\xc3\xb6@x.old"},
};

static void check_odd(void)
{
    for (size_t i = 0; i < LENGTH(odd); i++) {
        struct held h;
        char error[300] = "";

        note(A, odd[i].recipient, odd[i].gone, odd[i].row, 500);
        if (unit_int(
                odd[i].label, "found",
                held_find(set, A, odd[i].recipient, &h, error, sizeof error),
                1)) {
            unit_str(odd[i].label, "recipient", h.recipient, odd[i].recipient);
            unit_str(odd[i].label, "gone", h.gone, odd[i].gone);
            unit_str(odd[i].label, "row", h.row, odd[i].row);
            unit_str(odd[i].label, "to", h.to, "");
        }
        held_free(&h);
        forget(A, odd[i].recipient);
    }
    check_listed("the odd are forgotten", A,
                 A " u@x.old u@x.old *@x.old 100 700 0 \n");
}

/* ---- orders ---- */

static void check_orders(void)
{
    unit_int("an order", "result", order(A, "U@x.old", HELD_RELEASE, "n@new"),
             1);
    check_listed("release", A, A " u@x.old u@x.old *@x.old 100 700 2 n@new\n");
    unit_int("noted again", "note",
             note(A, "u@x.old", "u@x.old", "*@x.old", 700), 0);
    check_listed("its order stays", A,
                 A " u@x.old u@x.old *@x.old 100 700 2 n@new\n");
    unit_int("another order", "result", order(A, "u@x.old", HELD_RETURN, ""),
             1);
    check_listed("return", A, A " u@x.old u@x.old *@x.old 100 700 1 \n");
    unit_int("of another", "result", order(A, "z@x.old", HELD_RETURN, ""), 0);
    check_listed("no more marks", A, A " u@x.old u@x.old *@x.old 100 700 1 \n");
}

/* The setting `hold` was changed meanwhile: what the administrator has said of
 * it still holds. */
static void check_order_stays(void)
{
    struct held h;
    char error[300] = "";

    note(A, "u@x.old", "u@x.old", "*@x.old", 750);
    if (unit_int("another end", "found",
                 held_find(set, A, "u@x.old", &h, error, sizeof error), 1))
        unit_int("another end: its order stays", "order", h.order, HELD_RETURN);
    held_free(&h);
}

static struct held found(const char *label, const char *recipient)
{
    struct held h;
    char error[300] = "";

    unit_int(label, "found",
             held_find(set, A, recipient, &h, error, sizeof error), 1);
    return h;
}

/* The first time stays, and an order; what is forgotten stays forgotten. */
static void check_known(void)
{
    char error[300] = "";
    struct held h;

    note(A, "k@x.old", "k@x.old", "*@x.old", 700);
    order(A, "k@x.old", HELD_RELEASE, "n@new");
    h = found("not known", "k@x.old");
    unit_int("not known", "known", h.known, 0);
    held_free(&h);
    for (int64_t now = 300; now < 500; now += 100) {
        unit_true("known", held_known(set, A, "K@x.old", now, error,
                                      sizeof error) != -1);
        h = found("known", "k@x.old");
        unit_int("known", "known", h.known, 300);
        unit_int("known", "order", h.order, HELD_RELEASE);
        held_free(&h);
    }
    forget(A, "k@x.old");
    unit_true("forgotten",
              held_known(set, A, "k@x.old", 500, error, sizeof error) != -1);
    unit_int("forgotten", "found",
             held_find(set, A, "k@x.old", &h, error, sizeof error), 0);
    held_free(&h);
}

static void check_forgotten(void)
{
    unit_true("one", forget(B, "V@X.OLD") != -1);
    check_listed("one is forgotten", B,
                 B " U@x.old u@x.old *@x.old 100 900 0 \n");
    unit_int("one again", "result", forget(B, "v@x.old"), 0);
    note(B, "w@x.old", "w@x.old", "*@x.old", 900);
    unit_true("all of one", forget(B, NULL) != -1);
    check_listed("all of one are forgotten", B, "");
    unit_true("the others stay", forget("1vMqTr", NULL) != -1);
    check_listed("another message", LONG,
                 LONG " u@x.old u@x.old *@x.old 100 600 0 \n");
}

static void check_times(void)
{
    struct relocation r = {.time = 0};

    set->hold = 14 * 86400;
    set->gone = 90 * 86400;
    unit_int("no time", "until", held_until(set, &r, 1000), 1000 + 14 * 86400);
    r.time = 1000;
    unit_int("young", "until", held_until(set, &r, 2000), 2000 + 14 * 86400);
    r.time = 1000;
    unit_int("the row ends first", "until",
             held_until(set, &r, 1000 + 80 * 86400), 1000 + 90 * 86400);
    unit_int("the row has ended", "until",
             held_until(set, &r, 1000 + 100 * 86400), 1000 + 90 * 86400);
}

/* ---- questions ---- */

static int ask(const char *row, bool again, int64_t now)
{
    char error[300] = "";

    return held_ask(set, row, again, now, error, sizeof error);
}

static void check_asking(void)
{
    char error[300] = "";
    struct held_list l;

    unit_int("the first", "ask", ask("*@x.old", false, 100), 1);
    unit_int("once", "ask", ask("*@x.old", false, 200), 0);
    unit_int("another row", "ask", ask("g@y.old", false, 200), 1);
    unit_int("at half time", "ask", ask("*@x.old", true, 300), 1);
    unit_int("at half time, once", "ask", ask("*@x.old", true, 400), 0);
    unit_int("half time asks no other", "ask", ask("g@y.old", true, 400), 1);
    held_load(set, NULL, &l, error, sizeof error);
    unit_true("prune", held_asked_prune(set, &l, error, sizeof error) != -1);
    unit_int("what is held was asked for", "ask", ask("*@x.old", false, 500),
             0);
    unit_int("and again", "ask", ask("*@x.old", true, 500), 0);
    unit_int("what is not is forgotten", "ask", ask("g@y.old", false, 500), 1);
    unit_int("at half time too", "ask", ask("g@y.old", true, 500), 1);
    unit_true("there were marks", l.count > 0);
    held_list_free(&l);
}

/* ---- damage ---- */

/* Marks are hints: a damaged file is made anew. */
static void check_damage(void)
{
    char *path = text_format("%s/held.db", set->state);
    struct held h;
    char error[300] = "", junk[8192];

    memset(junk, 'x', sizeof junk);
    file_put(path, junk, sizeof junk);
    unit_true("damaged",
              held_find(set, A, "u@x.old", &h, error, sizeof error) != 1);
    held_free(&h);
    unit_int("made anew", "note", note(A, "u@x.old", "u@x.old", "*@x.old", 700),
             1);
    unit_int("kept aside", "files", files_like(set->state, "held.db.bad-*"), 1);
    free(path);
}

static void check_nowhere(void)
{
    char error[300] = "", *state = set->state;

    set->state = text_format("%s/none/below", scratch);
    unit_int("no directory", "note",
             note(A, "u@x.old", "u@x.old", "*@x.old", 700), -1);
    unit_int("no directory", "ask",
             held_ask(set, "*@x.old", false, 1, error, sizeof error), -1);
    unit_has("no directory", "error", error, set->state);
    free(set->state);
    set->state = state;
}

int main(void)
{
    int fds;

    scratch_begin();
    fds = descriptors_open();
    set = settings_new(scratch);
    check_none();
    check_notes();
    check_find();
    check_odd();
    check_orders();
    check_order_stays();
    check_known();
    check_forgotten();
    check_times();
    check_asking();
    check_damage();
    check_nowhere();
    unit_int("all closed", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
