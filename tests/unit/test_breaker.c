/* test_breaker: what opens a server's breaker, who may probe, what hangs.
 *
 * Time is passed in, so a test is a list of events with their moments.
 * What several processes do at once is in test_shared.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <stdlib.h>

#include "breaker.h"
#include "scratch.h"
#include "unit.h"

#define T0 1700000000000 /* a moment in milliseconds */
#define SECOND 1000L
#define MINUTE (60 * SECOND)

static struct settings *set;
static struct breakers *breakers;
static char *path;

static void open_new(void)
{
    char error[300];

    unlink(path);
    breakers =
        breakers_open(path, true, getuid(), getgid(), error, sizeof error);
    if (breakers == NULL) {
        printf("%s\n", error);
        exit(2);
    }
}

static struct slot *slot_new(const char *key)
{
    breakers_close(&breakers);
    open_new();
    return breaker_slot(breakers, key, true);
}

static bool fail(struct slot *s, enum error_class c, const char *sender,
                 int64_t now)
{
    return breaker_failure(s, set, c, false, sender, "450 no", now);
}

/* Failures in a row that open, by class; 0: never. */
static const struct {
    enum error_class class;
    int trip;
} trips[] = {
    {CLASS_CONNECT, 1},      {CLASS_DROPPED, 3},   {CLASS_GREETING, 2},
    {CLASS_TLS, 2},          {CLASS_AUTH, 2},      {CLASS_GREYLIST, 0},
    {CLASS_RATE, 2},         {CLASS_SERVER, 2},    {CLASS_RELAY_DENIED, 3},
    {CLASS_SENDER, 0},       {CLASS_SIZE, 0},      {CLASS_RECIPIENT, 0},
    {CLASS_MAILBOX_FULL, 0}, {CLASS_CONTENT, 0},   {CLASS_PROTOCOL, 0},
    {CLASS_TEMPORARY, 3},    {CLASS_PERMANENT, 0},
};

static void check_trips(void)
{
    for (size_t i = 0; i < LENGTH(trips); i++) {
        const char *name = class_name(trips[i].class);
        struct slot *s = slot_new("a");
        int opened = 0;

        for (int n = 1; n <= 20 && opened == 0; n++)
            if (fail(s, trips[i].class, "a@example.org", T0 + n))
                opened = n;
        unit_int(name, "failures that open", opened, trips[i].trip);
        unit_int(name, "state", breaker_state(s, set, T0 + 20),
                 opened ? BREAKER_OPEN : BREAKER_CLOSED);
    }
}

static void check_trip_setting(void)
{
    struct text problems = {0};
    struct slot *s;

    settings_read(set, "trip = connect=3 : tls=0", &problems);
    s = slot_new("a");
    unit_true("trip 3, first", !fail(s, CLASS_CONNECT, "a", T0));
    unit_true("trip 3, second", !fail(s, CLASS_CONNECT, "a", T0));
    unit_true("trip 3, third", fail(s, CLASS_CONNECT, "a", T0));
    s = slot_new("a");
    for (int i = 0; i < 50; i++)
        unit_true("trip 0", !fail(s, CLASS_TLS, "a", T0));
    settings_read(set, "trip = connect=1 : tls=2", &problems);
    unit_str("trip settings", "problems", text_str(&problems), "");
    text_free(&problems);
}

static const struct {
    const char *label;
    const char *senders; /* a letter each, refused one after the other */
    int opened;          /* which of them opened it, from 1; 0 none */
} policies[] = {
    {"one sender, many times", "aaaaaaaaaaaa", 0},
    {"two senders, many times", "abababababab", 0},
    {"three senders", "abc", 3},
    {"the third after many", "aabbabababc", 11},
    {"case does not make a sender", "aAaAbBbBaB", 0},
    {"the third in capitals", "abC", 3},
};

static void check_policies(void)
{
    for (size_t i = 0; i < LENGTH(policies); i++) {
        struct slot *s = slot_new("a");
        int opened = 0, n = 0;

        for (const char *p = policies[i].senders; *p != '\0'; p++) {
            char sender[] = "?@example.org";

            n++;
            sender[0] = *p;
            if (fail(s, CLASS_POLICY, sender, T0 + n) && opened == 0)
                opened = n;
        }
        unit_int(policies[i].label, "opened by", opened, policies[i].opened);
    }
}

/* What ends a row: a letter an event, `c`onnect, `t`ls, tem`p`orary,
 * `r`ecipient (shows life), `o`k, `R`eset. */
static const struct {
    const char *label, *events;
    int opened;
} rows[] = {
    {"two of a class", "tt", 2},
    {"a success between", "tott", 4},
    {"a reset between", "tRtt", 4},
    {"classes count apart", "tptp", 3},
    {"a recipient's failure does not end the row", "trt", 3},
};

static bool event(struct slot *s, char what, int64_t now)
{
    switch (what) {
    case 'o':
        breaker_success(s, now);
        return false;
    case 'R':
        breaker_reset(s, now);
        return false;
    case 'c':
        return fail(s, CLASS_CONNECT, "a", now);
    case 't':
        return fail(s, CLASS_TLS, "a", now);
    case 'p':
        return fail(s, CLASS_TEMPORARY, "a", now);
    default:
        return fail(s, CLASS_RECIPIENT, "a", now);
    }
}

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct slot *s = slot_new("a");
        int opened = 0, n = 0;

        for (const char *p = rows[i].events; *p != '\0'; p++) {
            n++;
            if (event(s, *p, T0 + n) && opened == 0)
                opened = n;
        }
        unit_int(rows[i].label, "opened by", opened, rows[i].opened);
    }
}

/* An open breaker: closed by what, and when. */
static void check_closing(void)
{
    struct slot *s = slot_new("a");
    struct breaker_view view;

    unit_true("first failure opens", fail(s, CLASS_CONNECT, "a", T0));
    unit_true("a second one does not open again",
              !fail(s, CLASS_CONNECT, "a", T0 + SECOND));
    breaker_look(s, set, T0 + SECOND, &view);
    unit_int("open", "since", view.since - T0, 0);
    unit_int("open", "until, from the last failure", view.until - T0,
             31 * SECOND);
    breaker_success(s, T0 + 2 * SECOND);
    unit_int("after a success", "state", breaker_state(s, set, T0 + 2 * SECOND),
             BREAKER_CLOSED);
    fail(s, CLASS_CONNECT, "a", T0 + 3 * SECOND);
    breaker_reset(s, T0 + 4 * SECOND);
    unit_int("after a reset", "state", breaker_state(s, set, T0 + 4 * SECOND),
             BREAKER_CLOSED);
    breaker_look(s, set, T0 + 4 * SECOND, &view);
    unit_int("after a reset", "counter of connect",
             (long)view.failed[CLASS_CONNECT], 3);
    unit_int("after a reset", "since", view.since - T0, 4 * SECOND);
    fail(s, CLASS_CONNECT, "a", T0 + 5 * SECOND);
    fail(s, CLASS_RECIPIENT, "a", T0 + 6 * SECOND);
    unit_int("a recipient's failure shows life", "state",
             breaker_state(s, set, T0 + 6 * SECOND), BREAKER_CLOSED);
}

static int ask_and_exit(void *context)
{
    bool probe;

    breaker_ask(context, set, T0 + MINUTE, true, &probe);
    return probe ? 0 : 1;
}

static void check_probe(void)
{
    struct slot *s = slot_new("a");
    bool probe = true;

    fail(s, CLASS_CONNECT, "a", T0);
    unit_int("before its time", "answer",
             breaker_ask(s, set, T0 + 30 * SECOND - 1, true, &probe),
             BREAKER_OPEN);
    unit_true("before its time", !probe);
    unit_true("before its time", !breaker_usable(s, set, T0 + 30 * SECOND - 1));
    unit_true("in its time", breaker_usable(s, set, T0 + 30 * SECOND));
    unit_int("who only looks", "answer",
             breaker_ask(s, set, T0 + 30 * SECOND, false, &probe),
             BREAKER_OPEN);
    unit_true("who only looks", !probe);
    unit_int("the first to ask", "answer",
             breaker_ask(s, set, T0 + 30 * SECOND, true, &probe),
             BREAKER_CLOSED);
    unit_true("the first to ask", probe);
    unit_true("taken", !breaker_usable(s, set, T0 + 31 * SECOND));
    unit_int("another asks", "answer",
             breaker_ask(s, set, T0 + 31 * SECOND, true, &probe), BREAKER_OPEN);
    unit_true("another asks", !probe);
    fail(s, CLASS_CONNECT, "a", T0 + MINUTE);
    unit_int("the probe failed", "answer",
             breaker_ask(s, set, T0 + MINUTE + 29 * SECOND, true, &probe),
             BREAKER_OPEN);
    unit_int("the next probe", "answer",
             breaker_ask(s, set, T0 + MINUTE + 30 * SECOND, true, &probe),
             BREAKER_CLOSED);
    breaker_success(s, T0 + 2 * MINUTE);
    unit_int("the probe went well", "answer",
             breaker_ask(s, set, T0 + 2 * MINUTE, true, &probe),
             BREAKER_CLOSED);
    unit_true("the probe went well: ours is none", !probe);
}

/* Who died with the probe keeps it for as long as a probe is apart. */
/* It has answered a probe without a message: the next message is its probe. */
static void check_invite(void)
{
    struct slot *s = slot_new("invited");
    bool probe;

    breaker_failure(s, set, CLASS_CONNECT, false, "x", "refused", T0);
    unit_int("before its time", "state",
             breaker_ask(s, set, T0 + 1, true, &probe), BREAKER_OPEN);
    breaker_invite(s, T0 + 2);
    unit_int("invited", "state", breaker_state(s, set, T0 + 2), BREAKER_OPEN);
    unit_int("invited, the first", "state",
             breaker_ask(s, set, T0 + 3, true, &probe), BREAKER_CLOSED);
    unit_true("invited, the first is the probe", probe);
    unit_int("invited, the second", "state",
             breaker_ask(s, set, T0 + 4, true, &probe), BREAKER_OPEN);
    breaker_invite(NULL, T0);
}

static void check_probe_of_the_dead(void)
{
    struct slot *s = slot_new("a");
    bool probe;

    fail(s, CLASS_CONNECT, "a", T0);
    unit_true("a child takes the probe and ends",
              child_wait(child_start(ask_and_exit, s)));
    unit_true("its probe lasts",
              !breaker_usable(s, set, T0 + MINUTE + 30 * SECOND - 1));
    unit_int("then the probe is ours", "answer",
             breaker_ask(s, set, T0 + MINUTE + 30 * SECOND, true, &probe),
             BREAKER_CLOSED);
    unit_true("then the probe is ours", probe);
}

static int ask_at_once(void *context)
{
    char error[300], *go = scratch_path("go");
    struct breakers *b =
        breakers_open(path, true, getuid(), getgid(), error, sizeof error);
    bool probe;

    (void)context;
    while (access(go, F_OK) == -1)
        usleep(100);
    breaker_ask(breaker_slot(b, "a", false), set, T0 + MINUTE, true, &probe);
    return probe ? 0 : 1;
}

static void check_probe_for_one(void)
{
    char *go = scratch_path("go");

    for (int round = 0; round < 20; round++) {
        struct slot *s = slot_new("a");
        pid_t children[8];
        int probes = 0;

        unlink(go);
        fail(s, CLASS_CONNECT, "a", T0);
        for (size_t i = 0; i < LENGTH(children); i++)
            children[i] = child_start(ask_at_once, NULL);
        file_put_text(go, "");
        for (size_t i = 0; i < LENGTH(children); i++)
            probes += child_wait(children[i]);
        unit_int("eight ask at once", "probes", probes, 1);
    }
    free(go);
}

/* Other recipients of one message do not open a breaker. */
static void check_repeated(void)
{
    struct slot *s = slot_new("a");
    struct breaker_view view;

    fail(s, CLASS_TLS, "a", T0);
    for (int i = 0; i < 10; i++)
        unit_true("the same message",
                  !breaker_failure(s, set, CLASS_TLS, true, "a", "no", T0 + i));
    breaker_look(s, set, T0 + 10, &view);
    unit_int("the same message", "counter", (long)view.failed[CLASS_TLS], 11);
    unit_true("the next message", fail(s, CLASS_TLS, "a", T0 + 11));
}

static void check_clock_set_back(void)
{
    struct slot *s = slot_new("a");
    bool probe;

    fail(s, CLASS_CONNECT, "a", T0);
    unit_int("the clock was set back an hour", "answer",
             breaker_ask(s, set, T0 - 60 * MINUTE, true, &probe),
             BREAKER_CLOSED);
    unit_true("the clock was set back an hour", probe);
    s = slot_new("a");
    breaker_connect(s, getpid(), T0, MINUTE);
    unit_int("a connection from the future does not hang", "state",
             breaker_state(s, set, T0 - 60 * MINUTE), BREAKER_CLOSED);
}

/* Hanging: a connection at T0 by a process that lives; then at most two signs
 * of life; asked at `at`. */
static const struct {
    const char *label;
    int64_t patience;
    enum phase phase; /* its own answer at `answered`, 0 none */
    int64_t answered, other /* a success of another one's */, at;
    enum breaker_state want;
} hangs[] = {
    {"just begun", MINUTE, 0, 0, 0, 1, BREAKER_CLOSED},
    {"as long as is allowed", MINUTE, 0, 0, 0, 3 * SECOND, BREAKER_CLOSED},
    {"longer", MINUTE, 0, 0, 0, 3 * SECOND + 1, BREAKER_HANGING},
    {"still, much later", MINUTE, 0, 0, 0, 59 * MINUTE, BREAKER_HANGING},
    {"longer than any SMTP wait", MINUTE, 0, 0, 0, 61 * MINUTE, BREAKER_CLOSED},
    {"a banner, then as long as is allowed", MINUTE, PHASE_BANNER, SECOND, 0,
     4 * SECOND, BREAKER_CLOSED},
    {"a banner, then longer", MINUTE, PHASE_BANNER, SECOND, 0, 4 * SECOND + 1,
     BREAKER_HANGING},
    {"in the dialogue its own patience holds", MINUTE, PHASE_DIALOGUE, SECOND,
     0, MINUTE + SECOND, BREAKER_CLOSED},
    {"in the dialogue, longer", MINUTE, PHASE_DIALOGUE, SECOND, 0,
     MINUTE + SECOND + 1, BREAKER_HANGING},
    {"a patient one", 10 * MINUTE, PHASE_DIALOGUE, SECOND, 0, 9 * MINUTE,
     BREAKER_CLOSED},
    {"another was answered meanwhile", MINUTE, 0, 0, 2 * SECOND, 30 * SECOND,
     BREAKER_CLOSED},
    {"another was answered long after", MINUTE, 0, 0, 20 * SECOND, 30 * SECOND,
     BREAKER_CLOSED},
};

static void check_hangs(void)
{
    for (size_t i = 0; i < LENGTH(hangs); i++) {
        struct slot *s = slot_new("a");
        pid_t us = getpid();
        bool probe;

        breaker_connect(s, us, T0, hangs[i].patience);
        if (hangs[i].answered)
            breaker_answer(s, us, hangs[i].phase, T0 + hangs[i].answered);
        if (hangs[i].other)
            breaker_success(s, T0 + hangs[i].other);
        unit_int(hangs[i].label, "state",
                 breaker_state(s, set, T0 + hangs[i].at), hangs[i].want);
        unit_true(hangs[i].label, breaker_usable(s, set, T0 + hangs[i].at) ==
                                      (hangs[i].want == BREAKER_CLOSED));
        unit_int(hangs[i].label, "answer",
                 breaker_ask(s, set, T0 + hangs[i].at, true, &probe),
                 hangs[i].want);
        unit_true(hangs[i].label, !probe);
        breaker_end(s, us);
        unit_int(hangs[i].label, "state when it has ended",
                 breaker_state(s, set, T0 + hangs[i].at), BREAKER_CLOSED);
    }
}

static void check_sign_before(void)
{
    struct slot *s = slot_new("a");

    breaker_success(s, T0 - SECOND);
    breaker_connect(s, getpid(), T0, MINUTE);
    unit_int("a sign of life from before does not help", "state",
             breaker_state(s, set, T0 + 4 * SECOND), BREAKER_HANGING);
    fail(s, CLASS_CONNECT, "a", T0 + 5 * SECOND);
    breaker_reset(s, T0 + 5 * SECOND);
    s = slot_new("a");
    breaker_connect(s, getpid(), T0, MINUTE);
    breaker_failure(s, set, CLASS_CONNECT, false, "a", "timeout", T0 + SECOND);
    unit_int("a refusal is no sign of life", "state",
             breaker_state(s, set, T0 + SECOND), BREAKER_OPEN);
}

/* A connection of a process that is gone does not hang, nor fill. */
static void check_dead_connections(void)
{
    struct slot *s = slot_new("a");
    struct breaker_view view;
    pid_t gone = pid_gone();

    breaker_connect(s, gone, T0, MINUTE);
    unit_int("a dead process does not hang", "state",
             breaker_state(s, set, T0 + MINUTE), BREAKER_CLOSED);
    breaker_look(s, set, T0, &view);
    unit_int("a dead process", "inflight", view.inflight, 0);
    for (int i = 0; i < 3 * BREAKER_INFLIGHT; i++)
        breaker_connect(s, pid_gone(), T0, MINUTE);
    breaker_connect(s, getpid(), T0, MINUTE);
    breaker_look(s, set, T0, &view);
    unit_int("after many dead ones", "inflight", view.inflight, 1);
    unit_int("after many dead ones", "state",
             breaker_state(s, set, T0 + MINUTE), BREAKER_HANGING);
}

static int pause_for_ever(void *context)
{
    (void)context;
    while (pause() == -1)
        continue;
    return 0;
}

static void check_inflight_full(void)
{
    struct slot *s = slot_new("a");
    pid_t children[BREAKER_INFLIGHT + 1];
    struct breaker_view view;

    for (size_t i = 0; i < LENGTH(children); i++) {
        children[i] = child_start(pause_for_ever, NULL);
        breaker_connect(s, children[i], T0, MINUTE);
    }
    breaker_look(s, set, T0, &view);
    unit_int("more connections than can be watched", "inflight", view.inflight,
             BREAKER_INFLIGHT);
    breaker_answer(s, children[BREAKER_INFLIGHT], PHASE_BANNER, T0 + 1);
    breaker_end(s, children[BREAKER_INFLIGHT]);
    breaker_end(s, children[0]);
    breaker_look(s, set, T0, &view);
    unit_int("one has ended", "inflight", view.inflight, BREAKER_INFLIGHT - 1);
    breaker_connect(s, children[BREAKER_INFLIGHT], T0, MINUTE);
    breaker_connect(s, children[1], T0 + 1, MINUTE);
    breaker_look(s, set, T0, &view);
    unit_int("its place was taken, and one began anew", "inflight",
             view.inflight, BREAKER_INFLIGHT);
    breaker_reset(s, T0);
    breaker_look(s, set, T0, &view);
    unit_int("a reset forgets them", "inflight", view.inflight, 0);
    for (size_t i = 0; i < LENGTH(children); i++) {
        kill(children[i], SIGKILL);
        child_wait(children[i]);
    }
}

static void check_probe_that_hangs(void)
{
    struct slot *s = slot_new("a");
    pid_t us = getpid();
    bool probe;

    fail(s, CLASS_CONNECT, "a", T0);
    breaker_ask(s, set, T0 + MINUTE, true, &probe);
    breaker_connect(s, us, T0 + MINUTE, MINUTE);
    unit_true("a probe that hangs lets no other through",
              !breaker_usable(s, set, T0 + 2 * MINUTE));
    unit_int("a probe that hangs", "answer",
             breaker_ask(s, set, T0 + 2 * MINUTE, true, &probe), BREAKER_OPEN);
    unit_true("a probe that hangs", !probe);
}

static void check_slots(void)
{
    struct slot *s = slot_new("server-0");
    char key[32];
    bool probe = true;

    unit_true("found again", breaker_slot(breakers, "server-0", true) == s);
    unit_true("found without making",
              breaker_slot(breakers, "server-0", false) == s);
    unit_true("not made", breaker_slot(breakers, "server-1", false) == NULL);
    for (int i = 1; i < BREAKER_SLOTS; i++) {
        snprintf(key, sizeof key, "server-%d", i);
        unit_true(key, breaker_slot(breakers, key, true) != NULL);
    }
    unit_true("one too many", breaker_slot(breakers, "one", true) == NULL);
    unit_true("the last is found", breaker_slot(breakers, "server-255", true) ==
                                       breaker_slot_at(breakers, 255));
    unit_true("before the first", breaker_slot_at(breakers, -1) == NULL);
    unit_true("beyond the last", breaker_slot_at(breakers, 256) == NULL);
    unit_int("no slot", "answer", breaker_ask(NULL, set, T0, true, &probe),
             BREAKER_CLOSED);
    unit_true("no slot", !probe);
    unit_true("no slot: usable", breaker_usable(NULL, set, T0));
    unit_true("no slot: nothing opens", !fail(NULL, CLASS_CONNECT, "a", T0));
    breaker_success(NULL, T0);
    breaker_connect(NULL, 1, T0, 1);
    breaker_answer(NULL, 1, PHASE_BANNER, T0);
    breaker_end(NULL, 1);
    breaker_reset(NULL, T0);
    breaker_announce(NULL, 1);
    unit_true("no mapping, no slot", breaker_slot(NULL, "a", true) == NULL);
    unit_true("no mapping, no slot", breaker_slot_at(NULL, 0) == NULL);
}

static void check_long_keys(void)
{
    char key[200], other[200];
    struct breaker_view view;
    struct slot *s;

    memset(key, 'k', sizeof key);
    key[127] = '\0'; /* the longest that a server list gives */
    memcpy(other, key, sizeof other);
    other[126] = 'x';
    s = slot_new(key);
    unit_true("the longest key is found again",
              breaker_slot(breakers, key, true) == s);
    unit_true("another of that length is another",
              breaker_slot(breakers, other, true) != s);
    breaker_look(s, set, T0, &view);
    unit_str("the longest key", "key", view.key, key);
}

static void check_view(void)
{
    struct slot *s = slot_new("a");
    struct breaker_view view;
    char longest[1000];

    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    breaker_failure(s, set, CLASS_RATE, false, "a", longest, T0 + 1);
    breaker_look(s, set, T0, &view);
    unit_int("a long error", "length", (long)strlen(view.error),
             BREAKER_ERROR_MAX - 1);
    breaker_failure(s, set, CLASS_RATE, false, "a", "421 short", T0 + 2);
    breaker_success(s, T0 + 3);
    breaker_success(s, T0 + 4);
    breaker_announce(s, 1000);
    breaker_announce(s, 2000);
    breaker_look(s, set, T0 + 5, &view);
    unit_str("view", "error", view.error, "421 short");
    unit_int("view", "ok", (long)view.ok, 2);
    unit_int("view", "rate", (long)view.failed[CLASS_RATE], 2);
    unit_int("view", "connect", (long)view.failed[CLASS_CONNECT], 0);
    unit_int("view", "last_ok", view.last_ok - T0, 4);
    unit_int("view", "last_failure", view.last_failure - T0, 2);
    unit_int("view", "size", (long)view.size, 2000);
    unit_int("view", "state", view.state, BREAKER_CLOSED);
    breaker_announce(s, 0);
    breaker_look(s, set, T0 + 5, &view);
    unit_int("SIZE no longer announced", "size", (long)view.size, 0);
}

static void check_degraded(void)
{
    slot_new("a");
    unit_true("no state file is degraded", breakers_degraded(NULL, T0));
    breakers_degraded_set(NULL, T0);
    unit_true("a new one is not", !breakers_degraded(breakers, T0));
    breakers_degraded_set(breakers, T0);
    unit_true("for a minute", breakers_degraded(breakers, T0 + MINUTE - 1));
    unit_true("not longer", !breakers_degraded(breakers, T0 + MINUTE));
    unit_true("not before, when the clock was set back",
              !breakers_degraded(breakers, T0 - 1));
}

int main(void)
{
    scratch_begin();
    path = scratch_path("servers");
    set = settings_new(scratch);
    check_trips();
    check_trip_setting();
    check_policies();
    check_rows();
    check_closing();
    check_probe();
    check_invite();
    check_probe_of_the_dead();
    check_probe_for_one();
    check_repeated();
    check_clock_set_back();
    check_hangs();
    check_sign_before();
    check_dead_connections();
    check_inflight_full();
    check_probe_that_hangs();
    check_slots();
    check_long_keys();
    check_view();
    check_degraded();
    breakers_close(&breakers);
    settings_free(&set);
    free(path);
    scratch_end();
    return unit_end();
}
