/* test_unsent: what is told of a message that waits, and what comes next; the
 * story for its sender; the sign of life of who sends it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unsent.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "scratch.h"
#include "served.h"
#include "story.h"
#include "unit.h"

#define ID "1vMqTr-0001Ab-01"
#define RECEIVED 1700000000
#define T0 (RECEIVED * 1000L)
#define MINUTE 60000L

static struct settings *set;

/* Two recipients, a@ and b@y.example; `done`: those that are finished with. */
static void message_put(const char *more, const char *sender, int warnings,
                        const char *done)
{
    char *path = text_format("%s/unsent/input/" ID "-H", scratch);
    char *body = text_format("%s/unsent/input/" ID "-D", scratch);
    char *data = text_format(ID "-H\nexim 1 1\n<%s>\n%d %d\n%s%s"
                                "2\na@y.example\nb@y.example\n"
                                "\n013  Subject: x\n",
                             sender, RECEIVED, warnings, more, done);

    file_put_text(path, data);
    file_put_text(body, ID "-D\nhello\n");
    free(path);
    free(body);
    free(data);
}

struct past {
    const char *recipient, *server;
    enum error_class class;
    enum attempt_state state;
    long minute;
    int failures;
};

static const struct past *past;

static void past_note(struct history *h, void *context)
{
    (void)context;
    history_free(h);
    history_permit(h, "a@y.example", "s1;s2");
    history_permit(h, "b@y.example", "s1;s2");
    for (const struct past *p = past; p && p->recipient; p++) {
        struct attempt *a = history_note(h, p->recipient, p->server, p->class,
                                         1, T0 + p->minute * MINUTE, "450 no");
        a->state = p->state;
        a->failures = a->total = p->failures;
    }
}

static const struct row {
    const char *label, *settings;
    struct past past[4];
    const char *open; /* servers whose breaker opened, at minute 0 */
    const char *more, *done;
    long minute; /* now */
    int warnings;
    enum outlook outlook;
    const char *server;
    long when, limit; /* minutes; 0 none */
} rows[] = {
    {.label = "not tried yet",
     .minute = 1,
     .outlook = OUTLOOK_DUE,
     .server = "s1",
     .limit = 0},
    {.label = "not yet",
     .minute = 3,
     .outlook = OUTLOOK_WAIT,
     .when = 5,
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 1}},
     .done = "NN b@y.example\n"},
    {.label = "its time has come",
     .minute = 5,
     .outlook = OUTLOOK_DUE,
     .server = "s1",
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 1}},
     .done = "NN b@y.example\n"},
    {.label = "later with each failure",
     .minute = 6,
     .outlook = OUTLOOK_WAIT,
     .when = 15,
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 4}},
     .settings = "unsent-growth = 1\nunsent-first = 15m",
     .done = "NN b@y.example\n"},
    {.label = "one of two is due",
     .minute = 6,
     .outlook = OUTLOOK_DUE,
     .server = "s2",
     .past = {{"a@y.example", "s1", CLASS_CONNECT, ATTEMPT_DONE, 0, 1},
              {"b@y.example", "s2", CLASS_GREYLIST, ATTEMPT_WAITING, 1, 1}}},
    {.label = "all are left alone",
     .minute = 1,
     .open = "s1 s2",
     .outlook = OUTLOOK_DOWN,
     .when = 60,
     .server = "s1",
     .past = {{"a@y.example", "s1", CLASS_CONNECT, ATTEMPT_DONE, 0, 1}}},
    {.label = "who was asked to wait waits, whatever the server does",
     .minute = 1,
     .open = "s1 s2",
     .outlook = OUTLOOK_WAIT,
     .when = 5,
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 1}},
     .done = "NN b@y.example\n"},
    {.label = "one is to be probed",
     .minute = 61,
     .open = "s1 s2",
     .outlook = OUTLOOK_PROBE,
     .server = "s1",

     .past = {{"a@y.example", "s1", CLASS_CONNECT, ATTEMPT_DONE, 0, 1}},
     .done = "NN b@y.example\n"},
    {.label = "the first is left alone: the second",
     .minute = 1,
     .open = "s1",
     .outlook = OUTLOOK_DUE,
     .server = "s2"},
    {.label = "frozen",
     .when = 60,
     .minute = 60,
     .outlook = OUTLOOK_FROZEN,
     .more = "-frozen 1700000001\n"},
    {.label = "a warning to come",
     .minute = 1,
     .outlook = OUTLOOK_WAIT,
     .when = 5,
     .limit = 30,
     .settings = "warn-after = any=30m",
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 1}},
     .done = "NN b@y.example\n"},
    {.label = "a warning's time",
     .minute = 30,
     .outlook = OUTLOOK_END,
     .limit = 30,
     .settings = "warn-after = any=30m"},
    {.label = "warned before",
     .minute = 40,
     .warnings = 1,
     .outlook = OUTLOOK_DUE,
     .server = "s1",
     .settings = "warn-after = any=30m"},
    {.label = "the return's time",
     .minute = 90,
     .warnings = 1,
     .outlook = OUTLOOK_END,
     .limit = 90,
     .settings = "warn-after = any=30m\nreturn-after = any=90m"},
    {.label = "by class, one recipient's",
     .minute = 10,
     .outlook = OUTLOOK_END,
     .limit = 10,
     .settings = "return-after = recipient=10m : any=4d",
     .past = {{"a@y.example", "s1", CLASS_RECIPIENT, ATTEMPT_WAITING, 9, 1}}},
    {.label = "by attempts",
     .minute = 1,
     .outlook = OUTLOOK_END,
     .settings = "return-after = any=3",
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 2},
              {"a@y.example", "s2", CLASS_CONNECT, ATTEMPT_DONE, 0, 1}}},
    {.label = "one attempt less",
     .minute = 1,
     .outlook = OUTLOOK_WAIT,
     .when = 7,
     .settings = "return-after = any=3\nunsent-growth = 1.4",
     .past = {{"a@y.example", "s1", CLASS_GREYLIST, ATTEMPT_WAITING, 0, 2}},
     .done = "NN b@y.example\n"},
    {.label = "cancelled by hand",
     .minute = 1,
     .outlook = OUTLOOK_END,
     .past = {{"a@y.example", "-", CLASS_NONE, ATTEMPT_CANCELLED, 0, 0}},
     .done = "NN b@y.example\n"},
};

static void breakers_put(const char *open)
{
    char error[300], *copy = text_copy(open), *rest = copy;
    char *path = text_format("%s/servers", set->state);
    struct breakers *b;

    unlink(path);
    b = breakers_open(path, true, getuid(), getgid(), error, sizeof error);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word != '\0')
            breaker_failure(breaker_slot(b, word, true), set, CLASS_CONNECT,
                            false, "x", "refused", T0);
    breakers_close(&b);
    free(path);
    free(copy);
}

static void check_row(const struct row *r)
{
    char error[300] = "", *path;
    struct text problems = {0};
    struct unsent u;
    struct unsent_next next;
    struct breakers *b;

    settings_free(&set);
    set = settings_new(scratch);
    unit_int(r->label, "problems",
             settings_read(set, "probe = 1h\nunsent = unsent", &problems) +
                 settings_read(set, r->settings ? r->settings : "", &problems),
             0);
    message_put(r->more ? r->more : "", "s@x.example", r->warnings,
                r->done ? r->done : "XX\n");
    past = r->past;
    history_update(set, ID, past_note, NULL, error, sizeof error);
    breakers_put(r->open ? r->open : "");
    path = text_format("%s/servers", set->state);
    b = breakers_open(path, false, 0, 0, error, sizeof error);
    if (unit_int(r->label, "read",
                 unsent_read(set, "unsent", ID, &u, error, sizeof error), 1)) {
        unsent_next(&u, set, b, 0, T0 + r->minute * MINUTE, &next);
        unit_str(r->label, "outlook", outlook_name(next.outlook),
                 outlook_name(r->outlook));
        unit_str(r->label, "server", next.server, r->server ? r->server : "");
        unit_int(r->label, "when", (long)((next.when - T0) / MINUTE),
                 r->when ? r->when : -T0 / MINUTE);
        if (r->limit)
            unit_int(r->label, "limit", (long)((next.limit - T0) / MINUTE),
                     r->limit);
    }
    unsent_free(&u);
    breakers_close(&b);
    free(path);
}

static void check_gone(void)
{
    char error[300] = "";
    struct unsent u;

    unit_int(
        "not on the queue", "read",
        unsent_read(set, "unsent", "1vMqTr-0001Ab-99", &u, error, sizeof error),
        0);
    unsent_free(&u);
    unit_int("no id", "read",
             unsent_read(set, "unsent", "../../x", &u, error, sizeof error), 0);
    unsent_free(&u);
}

static void check_story(void)
{
    struct history h = {0};
    struct text out = {0};
    struct story_words words = {"%n in %a, 100%%, %q%", "%s %n %r"};

    setenv("TZ", "UTC", 1);
    history_note(&h, "a@y.example", "s2", CLASS_CONNECT, 1, T0 + 1000, "late");
    history_note(&h, "A@y.example", "s1", CLASS_RATE, 1, T0, "early");
    history_note(&h, "a@y.example", "s1", CLASS_RATE, 2, T0 + 500, "again");
    history_note(&h, "b@y.example", "s1", CLASS_RATE, 2, T0, "other");
    story_tell(&h, "a@y.example", 90061, &words, &out);
    unit_str("in words of one's own", "text", out.s,
             "3 in 1d1h, 100%, %q%\\ns1 2 again\\ns2 1 late");
    text_free(&out);
    story_tell(&h, "b@y.example", 61, &(struct story_words){NULL, NULL}, &out);
    unit_str("in English", "text", out.s,
             "it could not be sent within 1m1s, and no more attempts are "
             "made\\n2023-11-14 22:13:20 +0000: s1: other");
    text_free(&out);
    story_tell(&h, "none@y.example", 0, &words, &out);
    unit_str("nothing was tried", "text", out.s, "0 in 0s, 100%, %q%");
    text_free(&out);
    history_free(&h);
}

static void check_served(void)
{
    char error[300] = "", *path = text_format("%s/unsent.alive", set->state);

    unlink(path);
    unit_true("nobody ever", !served(set, SERVICE_UNSENT, T0) &&
                                 served_last(set, SERVICE_UNSENT) == 0);
    unit_int("a sign", "result",
             served_sign(set, SERVICE_UNSENT, T0, error, sizeof error), 0);
    unit_true("just now", served(set, SERVICE_UNSENT, T0));
    unit_true("almost an hour ago",
              served(set, SERVICE_UNSENT, T0 + SERVED_MS - 1));
    unit_true("an hour ago", !served(set, SERVICE_UNSENT, T0 + SERVED_MS));
    unit_true("a clock that was set back",
              served(set, SERVICE_UNSENT, T0 - SERVED_MS + 1));
    unit_true("set back further", !served(set, SERVICE_UNSENT, T0 - SERVED_MS));
    served_sign(set, SERVICE_UNSENT, 5, error, sizeof error);
    unit_int("an earlier sign", "last", (long)served_last(set, SERVICE_UNSENT),
             5);
    file_put_text(path, "rubbish");
    unit_true("rubbish", !served(set, SERVICE_UNSENT, T0));
    unit_int("mended", "result",
             served_sign(set, SERVICE_UNSENT, T0, error, sizeof error), 0);
    unit_true("mended", served(set, SERVICE_UNSENT, T0));
    free(path);
}

int main(void)
{
    char *queue, *input;

    scratch_begin();
    queue = scratch_path("unsent");
    input = scratch_path("unsent/input");
    mkdir(queue, 0755);
    mkdir(input, 0755);
    set = settings_new(scratch);
    for (size_t i = 0; i < LENGTH(rows); i++)
        check_row(&rows[i]);
    check_gone();
    check_story();
    check_served();
    settings_free(&set);
    scratch_end();
    free(queue);
    free(input);
    return unit_end();
}
