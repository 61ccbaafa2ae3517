/* test_history: what was tried, noted, merged, written and read back; and its
 * database.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "history.h"

#include <stdlib.h>

#include "file.h"
#include "scratch.h"
#include "store.h"
#include "unit.h"

#define HEADING "outrider history 1\n"
#define ID "1vMqTr-000000001Ab-0001"
#define ID_GONE "1vMqTr-000000001Ab-0002"
#define T0 1700000000000

static struct settings *set;

/* Recipient, server, class, state, failures of each attempt. */
static char *summary(const struct history *h)
{
    static const char states[] = {[ATTEMPT_WAITING] = 'w',
                                  [ATTEMPT_DONE] = 'd',
                                  [ATTEMPT_REFUSED] = 'r',
                                  [ATTEMPT_CANCELLED] = 'c'};
    struct text t = {0};

    text_add(&t, "");
    for (int i = 0; i < h->count; i++)
        text_addf(&t, "%s@%s:%s:%c%d ", h->attempts[i].recipient,
                  h->attempts[i].server, class_name(h->attempts[i].class),
                  states[h->attempts[i].state], h->attempts[i].failures);
    return t.s;
}

static void check_summary(const char *label, const struct history *h,
                          const char *want)
{
    char *got = summary(h);

    unit_str(label, "attempts", got, want);
    free(got);
}

static const struct {
    const char *label, *text, *want;
} parses[] = {
    {"one line", HEADING "r\ts\trate\tdone\t2\tff\t5\t450 no\n",
     "r@s:rate:d2 "},
    {"all states",
     HEADING "a\ts\trate\twaiting\t1\t1\t1\tx\nb\ts\trate\tdone\t1\t1\t1\tx\n"
             "c\ts\trate\trefused\t1\t1\t1\tx\n"
             "d\ts\trate\tcancelled\t1\t1\t1\tx\n",
     "a@s:rate:w1 b@s:rate:d1 c@s:rate:r1 d@s:rate:c1 "},
    {"nothing", "", ""},
    {"the heading alone", HEADING, ""},
    {"another version", "outrider history 2\nr\ts\trate\tdone\t2\t1\t5\tx\n",
     ""},
    {"an unknown class is skipped",
     HEADING "r\ts\tspeed\tdone\t2\t1\t5\tx\nq\ts\trate\tdone\t1\t1\t5\tx\n",
     "q@s:rate:d1 "},
    {"an unknown state is skipped", HEADING "r\ts\trate\tgone\t2\t1\t5\tx\n",
     ""},
    {"too few fields are skipped",
     HEADING "r\ts\trate\tdone\n\nq\ts\trate\tdone\t1\t1\t5\tx\n",
     "q@s:rate:d1 "},
    {"no line end", HEADING "r\ts\trate\tdone\t2\t1\t5\tx", "r@s:rate:d2 "},
    {"the origin is no attempt",
     HEADING "origin\t" ID "\nr\ts\trate\tdone\t2\t1\t5\tx\n", "r@s:rate:d2 "},
};

static void check_parses(void)
{
    for (size_t i = 0; i < LENGTH(parses); i++) {
        struct history h;

        history_parse(&h, parses[i].text);
        check_summary(parses[i].label, &h, parses[i].want);
        history_free(&h);
    }
}

static const struct {
    const char *label, *recipient, *text, *want_text;
} hostiles[] = {
    {"tabs and line ends", "a@example.org", "450 a\tb\nc\rd", "450 a b c d"},
    {"a forged line", "a@example.org",
     "x\nvictim@example.org\ts\trate\tcancelled\t1\t1\t1\tx",
     "x victim@example.org s rate cancelled 1 1 1 x"},
    {"a forged origin", "a@example.org", "x\norigin\tabc", "x origin abc"},
    {"a recipient with a tab", "\"a\tb\"@example.org", "no", "no"},
    {"bytes outside ASCII", "m\xc3\xbcller@example.org", "caf\xe9", "caf\xe9"},
    {"control characters", "a@example.org", "\x01\x1b[31mred\x7f",
     "  [31mred "},
};

static void check_round_trips(void)
{
    for (size_t i = 0; i < LENGTH(hostiles); i++) {
        struct history first = {0}, second;
        struct text out = {0}, again = {0};
        char *origin;

        history_note(&first, hostiles[i].recipient, "smart1:25", CLASS_RATE,
                     0xfedcba9876543210, T0, hostiles[i].text);
        history_format(&first, ID, 7, &out);
        history_parse(&second, out.s);
        unit_int(hostiles[i].label, "attempts", second.count, 1);
        unit_str(hostiles[i].label, "text", second.attempts[0].text,
                 hostiles[i].want_text);
        unit_true(hostiles[i].label,
                  second.attempts[0].run == 0xfedcba9876543210 &&
                      second.attempts[0].time == T0);
        origin = history_origin(out.s);
        unit_str(hostiles[i].label, "origin", origin, ID);
        unit_int(hostiles[i].label, "generation", history_generation(out.s), 7);
        free(origin);
        history_format(&second, ID, 7, &again);
        unit_str(hostiles[i].label, "written again", again.s, out.s);
        history_free(&first);
        history_free(&second);
        text_free(&out);
        text_free(&again);
    }
}

static void check_origin(void)
{
    char *none = history_origin(HEADING "r\ts\trate\tdone\t2\t1\t5\tx\n");
    struct history h = {0};
    struct text out = {0};

    unit_str("no origin", "origin", none, "");
    unit_int("no origin", "generation", history_generation(HEADING), 0);
    unit_int("an origin without a generation", "generation",
             history_generation(HEADING "origin\t" ID "\n"), 0);
    history_format(&h, "", 0, &out);
    unit_str("nothing tried", "text", out.s, HEADING);
    text_free(&out);
    free(none);
}

static void check_notes(void)
{
    struct history h = {0};
    struct attempt *a;
    char longest[1000];

    history_note(&h, "A@Example.ORG", "s1", CLASS_RATE, 1, T0, "one");
    history_note(&h, "a@example.org", "s1", CLASS_RATE, 1, T0 + 1, "two");
    check_summary("one run counts once", &h, "a@example.org@s1:rate:w1 ");
    a = history_note(&h, "a@example.org", "s1", CLASS_TLS, 2, T0 + 2, "tls");
    a->state = ATTEMPT_DONE;
    check_summary("the next run", &h, "a@example.org@s1:tls:d2 ");
    history_note(&h, "a@example.org", "s2", CLASS_RATE, 2, T0 + 3, "other");
    history_note(&h, "b@example.org", "s1", CLASS_CONNECT, 3, T0 + 4,
                 "refused");
    check_summary("other servers, other recipients", &h,
                  "a@example.org@s1:tls:d2 a@example.org@s2:rate:w1 "
                  "b@example.org@s1:connect:w1 ");
    unit_int("failures", "of one", history_failures(&h, "a@example.org"), 3);
    unit_int("failures", "of another", history_failures(&h, "b@example.org"),
             1);
    unit_str("last", "text", history_last(&h, "A@example.org")->text, "other");
    unit_true("at: its own",
              history_at(&h, "a@example.org", "s1")->state == ATTEMPT_DONE);
    unit_true("at: the other's",
              history_at(&h, "b@example.org", "s1")->class == CLASS_CONNECT);
    unit_true("at: none", history_at(&h, "b@example.org", "s2") == NULL);
    unit_true("none cancelled", history_cancelled(&h, "a@example.org") == NULL);
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    a = history_note(&h, "a@example.org", "s2", CLASS_RECIPIENT, 4, T0 + 5,
                     longest);
    a->state = ATTEMPT_CANCELLED;
    unit_int("a long text", "length", (long)strlen(a->text), 400);
    unit_true("cancelled", history_cancelled(&h, "a@example.org") == a);
    unit_true("another is not", history_cancelled(&h, "b@example.org") == NULL);
    history_free(&h);
    unit_true("nothing", history_last(&h, "a@example.org") == NULL);
}

#define LINE(recipient, server, state, failures, time)                         \
    recipient "\t" server "\trate\t" state "\t" failures "\t1\t" time "\tx\n"

static const struct {
    const char *label, *ours, *from, *recipient, *want;
} merges[] = {
    {"into nothing", "", LINE("a", "s", "done", "2", "5"), NULL,
     "a@s:rate:d2 "},
    {"from nothing", LINE("a", "s", "done", "2", "5"), "", NULL,
     "a@s:rate:d2 "},
    {"what comes in is right", LINE("a", "s", "waiting", "3", "4"),
     LINE("a", "s", "done", "2", "5"), NULL, "a@s:rate:d2 "},
    {"a clock that was set back", LINE("a", "s", "waiting", "1", "6"),
     LINE("a", "s", "done", "2", "5"), NULL, "a@s:rate:d2 "},
    {"of one recipient alone", "",
     LINE("a", "s", "done", "2", "5") LINE("b", "s", "done", "1", "5"), "b",
     "b@s:rate:d1 "},
    {"other servers are added", LINE("a", "s", "done", "2", "5"),
     LINE("a", "t", "refused", "1", "5"), NULL, "a@s:rate:d2 a@t:rate:r1 "},
};

static void check_merges(void)
{
    for (size_t i = 0; i < LENGTH(merges); i++) {
        struct history ours, from;
        char *text = text_format(HEADING "%s", merges[i].ours);
        char *text_from = text_format(HEADING "%s", merges[i].from);

        history_parse(&ours, text);
        history_parse(&from, text_from);
        history_merge(&ours, &from, merges[i].recipient);
        check_summary(merges[i].label, &ours, merges[i].want);
        history_free(&ours);
        history_free(&from);
        free(text);
        free(text_from);
    }
}

static void check_permits(void)
{
    struct history h = {0}, back, other = {0};
    struct text out = {0};

    history_permit(&h, "A@y.example", "s1;s2");
    history_permit(&h, "a@y.example", "s2");
    history_permit(&h, "b@y.example", "s1;s2");
    history_permit(&h, "b@y.example\r", "s1");
    history_permit(&h, "b@y.example ", "s1");
    unit_int("permits", "count", h.permit_count, 3);
    history_format(&h, "", 0, &out);
    history_parse(&back, out.s);
    unit_str("permits", "of one", history_permitted(&back, "a@y.example"),
             "s2");
    unit_str("permits", "of another", history_permitted(&back, "B@y.example"),
             "s1;s2");
    unit_str("permits", "of none", history_permitted(&back, "c@y.example"), "");
    history_permit(&other, "b@y.example", "s3");
    history_merge(&back, &other, "a@y.example");
    unit_str("permits, merged for another", "kept",
             history_permitted(&back, "b@y.example"), "s1;s2");
    history_merge(&back, &other, NULL);
    unit_str("permits, merged", "replaced",
             history_permitted(&back, "b@y.example"), "s3");
    history_free(&h);
    history_free(&back);
    history_free(&other);
    text_free(&out);
}

/* Failures in all, over rounds. */
static void check_totals(void)
{
    struct history h = {0}, back;
    struct text out = {0};

    for (uint64_t run = 1; run <= 3; run++)
        history_note(&h, "a", "s", CLASS_RATE, run, T0, "450 no")->state =
            ATTEMPT_DONE;
    history_new_round(&h, "a");
    history_note(&h, "a", "s", CLASS_RATE, 4, T0, "450 no");
    check_summary("a second round", &h, "a@s:rate:w1 ");
    unit_int("a second round", "in all", history_failures(&h, "a"), 4);
    history_format(&h, "", 0, &out);
    history_parse(&back, out.s);
    check_summary("read back", &back, "a@s:rate:w1 ");
    unit_int("read back", "in all", history_failures(&back, "a"), 4);
    history_free(&h);
    history_free(&back);
    text_free(&out);
}

static const struct {
    enum verb verb;
    bool final;
    enum attempt_state state;
} after[] = {
    {VERB_NEXT, false, ATTEMPT_DONE},
    {VERB_NEXT, true, ATTEMPT_REFUSED},
    {VERB_SAME, false, ATTEMPT_WAITING},
    {VERB_SAME, true, ATTEMPT_WAITING},
    {VERB_CANCEL, true, ATTEMPT_CANCELLED},
    {VERB_ADAPT, false, ATTEMPT_CANCELLED},
};

static void check_after(void)
{
    for (size_t i = 0; i < LENGTH(after); i++)
        unit_int(verb_name(after[i].verb), "state",
                 attempt_state_after(after[i].verb, after[i].final),
                 after[i].state);
}

static void check_new_round(void)
{
    struct history h;

    history_parse(&h, HEADING LINE("a", "s", "done", "2", "5")
                          LINE("a", "t", "refused", "1", "5")
                              LINE("a", "u", "done", "1", "5")
                                  LINE("b", "s", "done", "3", "5"));
    history_new_round(&h, "a");
    check_summary("a new round", &h,
                  "a@s:rate:w0 a@t:rate:r1 a@u:rate:w0 b@s:rate:d3 ");
    history_free(&h);
}

static const struct {
    const char *label, *text;
    enum error_class class;
    const char *want;
} forgets[] = {
    {"nothing", "", CLASS_RATE, ""},
    {"one of two",
     LINE("a", "s", "done", "2", "5") "b\ts\ttls\tdone\t1\t1\t5\tx\n",
     CLASS_RATE, "b@s:tls:d1 "},
    {"another class", LINE("a", "s", "done", "2", "5"), CLASS_TLS,
     "a@s:rate:d2 "},
    {"all, of every recipient and state",
     LINE("a", "s", "done", "2", "5") LINE("a", "t", "refused", "1", "5") LINE(
         "b", "s", "cancelled", "1", "5") LINE("c", "s", "waiting", "1", "5"),
     CLASS_RATE, ""},
    {"the first and the last",
     LINE("a", "s", "done", "2", "5") "b\ts\ttls\tdone\t1\t1\t5\tx\n" LINE(
         "c", "s", "waiting", "1", "5"),
     CLASS_RATE, "b@s:tls:d1 "},
};

static void check_forgets(void)
{
    for (size_t i = 0; i < LENGTH(forgets); i++) {
        char *text = text_format(HEADING "%s", forgets[i].text);
        struct history h;

        history_parse(&h, text);
        history_permit(&h, "a", "s;t");
        history_forget(&h, forgets[i].class);
        check_summary(forgets[i].label, &h, forgets[i].want);
        unit_str(forgets[i].label, "permits stay", history_permitted(&h, "a"),
                 "s;t");
        history_free(&h);
        free(text);
    }
}

static void note_one(struct history *h, void *context)
{
    const int64_t *now = context;

    history_note(h, "a@example.org", "s1", CLASS_RATE, 1, *now, "450 no")
        ->state = ATTEMPT_DONE;
}

static void forget(struct history *h, void *context)
{
    (void)context;
    history_free(h);
}

static void check_database(void)
{
    char error[300] = "";
    int64_t now = clock_now();
    struct history h;
    int fds = descriptors_open();

    unit_int("no database", "load",
             history_load(set, ID, &h, error, sizeof error), 0);
    unit_int("no database", "delete",
             history_delete(set, ID, error, sizeof error), 0);
    unit_int("update", "result",
             history_update(set, ID, note_one, &now, error, sizeof error), 0);
    unit_int("load", "result", history_load(set, ID, &h, error, sizeof error),
             1);
    check_summary("load", &h, "a@example.org@s1:rate:d1 ");
    history_free(&h);
    unit_int("another message", "load",
             history_load(set, "another", &h, error, sizeof error), 0);
    unit_int("delete", "result", history_delete(set, ID, error, sizeof error),
             1);
    unit_int("deleted", "load", history_load(set, ID, &h, error, sizeof error),
             0);
    history_update(set, ID, note_one, &now, error, sizeof error);
    unit_int("changed to nothing", "result",
             history_update(set, ID, forget, NULL, error, sizeof error), 0);
    unit_int("changed to nothing", "load",
             history_load(set, ID, &h, error, sizeof error), 0);
    unit_int("database", "descriptors", descriptors_open(), fds);
    unit_str("database", "error", error, "");
}

/* The stamp of the last sweep is set back, as if an hour had gone by. */
static void sweep_is_due(void)
{
    char error[300], *path = text_format("%s/attempts.db", set->state);
    struct store *s =
        store_open(path, true, getuid(), getgid(), error, sizeof error);

    store_put(s, "swept", "1", error, sizeof error);
    store_close(&s, error, sizeof error);
    free(path);
}

static void check_sweep(void)
{
    char error[300] = "";
    int64_t now = clock_now(), keep = set->keep * 1000L;
    int64_t old = now - keep - 60000, young = now - keep + 60000;
    struct history h;

    history_update(set, "old", note_one, &old, error, sizeof error);
    history_update(set, "young", note_one, &young, error, sizeof error);
    unit_int("not yet swept", "load",
             history_load(set, "old", &h, error, sizeof error), 1);
    history_free(&h);
    sweep_is_due();
    history_update(set, ID, note_one, &now, error, sizeof error);
    unit_int("swept: the old", "load",
             history_load(set, "old", &h, error, sizeof error), 0);
    unit_int("swept: the young", "load",
             history_load(set, "young", &h, error, sizeof error), 1);
    history_free(&h);
}

/* Only notes of messages that are on no queue go. */
static void check_prune(void)
{
    char error[300] = "", *queue = scratch_path("unsent");
    char *input = scratch_path("unsent/input");
    char *header = scratch_path("unsent/input/" ID "-H");
    int64_t now = clock_now();
    struct history h;

    history_update(set, ID, note_one, &now, error, sizeof error);
    history_update(set, ID_GONE, note_one, &now, error, sizeof error);
    mkdir(queue, 0755);
    mkdir(input, 0755);
    file_put_text(header, "");
    unit_int("pruned", "how many", history_prune(set, error, sizeof error), 1);
    unit_int("pruned", "there", history_load(set, ID, &h, error, sizeof error),
             1);
    history_free(&h);
    unit_int("pruned", "gone",
             history_load(set, ID_GONE, &h, error, sizeof error), 0);
    unit_int("pruned again", "how many",
             history_prune(set, error, sizeof error), 0);
    unlink(header);
    free(header);
    free(input);
    free(queue);
}

static void check_no_spool(void)
{
    struct settings *nowhere = settings_new("/nowhere");
    char error[300] = "";
    struct history h;
    int64_t now = T0;

    unit_int("no spool", "load",
             history_load(nowhere, ID, &h, error, sizeof error), -1);
    unit_has("no spool", "error", error, "/nowhere");
    unit_int("no spool", "update",
             history_update(nowhere, ID, note_one, &now, error, sizeof error),
             -1);
    settings_free(&nowhere);
}

int main(void)
{
    scratch_begin();
    set = settings_new(scratch);
    check_parses();
    check_round_trips();
    check_origin();
    check_notes();
    check_merges();
    check_permits();
    check_totals();
    check_after();
    check_new_round();
    check_forgets();
    check_database();
    check_prune();
    check_sweep();
    check_no_spool();
    settings_free(&set);
    scratch_end();
    return unit_end();
}
