/* test_adapting: what adapt has found out about a recipient, noted, found, and
 * swept away.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "adapting.h"

#include <stdlib.h>
#include <time.h>

#include "scratch.h"
#include "unit.h"

#define ID "1vMqTr-000000001Ab-0001"
#define ID_OTHER "1vMqTr-000000001Ab-0002"

static struct settings *set;
static char error[300];

static void check_found(const char *label, const char *id,
                        const char *recipient, int want, enum adapting what,
                        const char *words)
{
    enum adapting got = ADAPTING_REFUSED;
    struct text t = {0};

    unit_int(label, "found", adapting_find(set, id, recipient, &got, &t), want);
    if (want == 1)
        unit_int(label, "what", got, what);
    unit_str(label, "words", text_str(&t), words);
    text_free(&t);
}

static const struct {
    const char *label, *recipient;
    enum adapting what;
    const char *words;
} notes[] = {
    {"refused", "a@x.example", ADAPTING_REFUSED, "it is too large"},
    {"as it is", "b@x.example", ADAPTING_AS_IS, "the digest is wrong"},
    {"waits", "c@x.example", ADAPTING_WAITS, "join.0123 2 of 3 are there"},
    {"done", "f@x.example", ADAPTING_DONE, "KEY"},
    {"no words", "d@x.example", ADAPTING_REFUSED, ""},
    {"lines, and words that look like others", "e@x.example", ADAPTING_AS_IS,
     "one\nrefused two\nwaits"},
    {"quotes and slashes", "\"../../x y\"@x.example", ADAPTING_WAITS, "x"},
    {"UTF-8", "m\303\274ller@x.example", ADAPTING_REFUSED, "\303\274"},
};

static void check_notes(void)
{
    for (size_t i = 0; i < LENGTH(notes); i++)
        check_found("none yet", ID, notes[i].recipient, 0, ADAPTING_REFUSED,
                    "");
    for (size_t i = 0; i < LENGTH(notes); i++)
        unit_int(notes[i].label, "noted",
                 adapting_note(set, ID, notes[i].recipient, notes[i].what,
                               notes[i].words, error, sizeof error),
                 1);
    for (size_t i = 0; i < LENGTH(notes); i++)
        unit_int(notes[i].label, "noted before",
                 adapting_note(set, ID, notes[i].recipient, notes[i].what,
                               notes[i].words, error, sizeof error),
                 0);
    for (size_t i = 0; i < LENGTH(notes); i++) {
        check_found(notes[i].label, ID, notes[i].recipient, 1, notes[i].what,
                    notes[i].words);
        check_found("another message", ID_OTHER, notes[i].recipient, 0,
                    ADAPTING_REFUSED, "");
    }
    check_found("case does not matter", ID, "A@X.Example", 1, ADAPTING_REFUSED,
                "it is too large");
    unit_int("note again", "note",
             adapting_note(set, ID, "a@x.example", ADAPTING_WAITS, "longer now",
                           error, sizeof error),
             1);
    check_found("note again", ID, "a@x.example", 1, ADAPTING_WAITS,
                "longer now");
}

/* A note that says nothing is none. */
static void check_damaged(void)
{
    static const char *const damaged[] = {"", "re", "other words", "waits"};
    char *directory = scratch_path("outrider/adapt");

    for (size_t i = 0; i < LENGTH(damaged); i++) {
        DIR *dir = opendir(directory);
        for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
            if (strstr(e->d_name, ".note") != NULL) {
                char *path = text_format("%s/%s", directory, e->d_name);
                file_put_text(path, damaged[i]);
                free(path);
            }
        if (dir != NULL)
            closedir(dir);
        check_found("damaged", ID, "a@x.example", 0, ADAPTING_REFUSED, "");
    }
    free(directory);
}

/* One name for a set of recipients, whatever their order and case. */
static void check_names(void)
{
    static const char *const one[] = {"a@x", "b@y", NULL},
                             *const turned[] = {"B@y", "A@X", NULL},
                             *const less[] = {"a@x", NULL},
                             *const none[] = {NULL};
    struct text a = {0}, b = {0}, c = {0}, d = {0}, e = {0};

    adapting_name(ID, one, &a);
    adapting_name(ID, turned, &b);
    adapting_name(ID, less, &c);
    adapting_name(ID_OTHER, one, &d);
    adapting_name(ID, none, &e);
    unit_str("a set", "name", b.s, a.s);
    unit_true("less", strcmp(a.s, c.s) != 0 && strcmp(c.s, e.s) != 0);
    unit_true("another message", strcmp(a.s, d.s) != 0);
    unit_true("its id", strncmp(a.s, ID ".", strlen(ID) + 1) == 0);
    unit_true("a file name", strchr(a.s, '/') == NULL);
    text_free(&a);
    text_free(&b);
    text_free(&c);
    text_free(&d);
    text_free(&e);
}

static void check_done(void)
{
    char *directory = scratch_path("outrider/adapt/join.KEY");
    char *ready = scratch_path("outrider/adapt/join.KEY/ready");

    unit_true("not begun", !adapting_done(set, "join.KEY"));
    mkdir(directory, 0755);
    unit_true("not done", !adapting_done(set, "join.KEY"));
    file_put_text(ready, "");
    unit_true("done", adapting_done(set, "join.KEY"));
    unlink(ready);
    rmdir(directory);
    free(directory);
    free(ready);
}

/* Who tells the sender: the first one, for ever. */
static void check_told(void)
{
    char *directory = scratch_path("outrider/adapt/KEY"), *told;
    struct text by = {0};

    unit_int("no work", "tell",
             adapting_tell(set, "KEY", "a@x", ID, error, sizeof error), -1);
    mkdir(directory, 0755);
    unit_int("nobody", "told", adapting_told(set, "KEY", "a@x", &by), 0);
    unit_int("the first", "tell",
             adapting_tell(set, "KEY", "a@x", ID, error, sizeof error), 0);
    unit_int("the second", "tell",
             adapting_tell(set, "KEY", "a@x", ID_OTHER, error, sizeof error),
             0);
    text_cut(&by, 0);
    unit_int("the first", "told", adapting_told(set, "KEY", "A@x", &by), 1);
    unit_str("the first", "by", text_str(&by), ID);
    text_cut(&by, 0);
    unit_int("of another", "told", adapting_told(set, "KEY", "b@x", &by), 0);
    told = text_format("rm -r '%s'", directory);
    unit_int("told", "removed", system(told), 0);
    text_free(&by);
    free(told);
    free(directory);
}

/* As long as there is a note of the part itself. */
static void check_waits(void)
{
    char *directory = scratch_path("outrider/adapt/parts.0123");
    char *part = scratch_path("outrider/adapt/parts.0123/00002");

    unit_true("no parts", !adapting_waits(set, "join.0123 part 2 of 3"));
    mkdir(directory, 0755);
    file_put_text(part, "");
    unit_true("a part", adapting_waits(set, "join.0123 part 2 of 3"));
    unit_true("another", !adapting_waits(set, "join.0123 part 3 of 3"));
    unit_true("other words", !adapting_waits(set, "it waits"));
    unit_true("none", !adapting_waits(set, ""));
    unlink(part);
    rmdir(directory);
    free(part);
    free(directory);
}

static void check_since(void)
{
    int64_t now = time(NULL);

    unit_int("since", "no note", adapting_as_is_since(set, "x", "a@x"), 0);
    adapting_note(set, ID, "s@x", ADAPTING_WAITS, "x", error, sizeof error);
    unit_int("since", "it waits", adapting_as_is_since(set, ID, "s@x"), 0);
    adapting_note(set, ID, "s@x", ADAPTING_AS_IS, "x", error, sizeof error);
    unit_true("since", adapting_as_is_since(set, ID, "s@x") >= now - 1);
}

/* The note was written so many seconds ago. */
static void notes_age(long seconds)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds},
                                {.tv_sec = time(NULL) - seconds}};
    char *directory = scratch_path("outrider/adapt");
    DIR *dir = opendir(directory);

    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        if (strstr(e->d_name, ".note") != NULL)
            utimensat(dirfd(dir), e->d_name, times, 0);
    if (dir != NULL)
        closedir(dir);
    free(directory);
}

/* Young ones stay, and those whose message is on a queue. */
static void check_sweep(void)
{
    char *input = scratch_path("input"),
         *header = scratch_path("input/" ID "-H");
    char *other = scratch_path("outrider/adapt/other");

    mkdir(input, 0755);
    file_put_text(header, "");
    file_put_text(other, "");
    adapting_note(set, ID, "a@x", ADAPTING_REFUSED, "x", error, sizeof error);
    adapting_note(set, ID_OTHER, "a@x", ADAPTING_REFUSED, "x", error,
                  sizeof error);
    adapting_sweep(set);
    check_found("young", ID_OTHER, "a@x", 1, ADAPTING_REFUSED, "x");
    notes_age(3600);
    adapting_sweep(set);
    check_found("on a queue", ID, "a@x", 1, ADAPTING_REFUSED, "x");
    check_found("gone", ID_OTHER, "a@x", 0, ADAPTING_REFUSED, "");
    unit_int("no note", "there", access(other, F_OK), 0);
    unlink(header);
    notes_age(3600);
    adapting_sweep(set);
    check_found("gone by now", ID, "a@x", 0, ADAPTING_REFUSED, "");
    free(input);
    free(header);
    free(other);
}

static void check_faults(void)
{
    struct settings *nowhere = settings_new("/nowhere");
    enum adapting what;
    struct text t = {0};
    int fds = descriptors_open();

    *error = '\0';
    unit_int("no spool", "note",
             adapting_note(nowhere, ID, "a@x", ADAPTING_REFUSED, "x", error,
                           sizeof error),
             -1);
    unit_has("no spool", "error", error, "/nowhere");
    unit_int("no spool", "find", adapting_find(nowhere, ID, "a@x", &what, &t),
             0);
    adapting_sweep(nowhere);
    unit_true("no spool", !adapting_done(nowhere, "x"));
    unit_int("no spool", "descriptors", descriptors_open(), fds);
    text_free(&t);
    settings_free(&nowhere);
}

static void check_deaths(void)
{
    unit_int("none", "deaths", adapting_deaths(set, ID), 0);
    adapting_died(set, ID);
    adapting_died(set, ID);
    unit_int("two", "deaths", adapting_deaths(set, ID), 2);
    unit_int("another", "deaths", adapting_deaths(set, ID_OTHER), 0);
}

/* Work that is to be finished, whatever a row says by now. */
static void check_committed(void)
{
    char *work = scratch_path("outrider/adapt/" ID ".00000000000000ab"),
         *ready = text_format("%s/ready", work),
         *lock = scratch_path("outrider/adapt/" ID ".lock");

    mkdir(work, 0755);
    file_put_text(ready, "a@x.example\nlonger.b@x.example\n");
    unit_true("no lock", !adapting_committed(set, ID, "a@x.example"));
    file_put_text(lock, "");
    unit_true("committed", adapting_committed(set, ID, "a@x.example"));
    unit_true("the last", adapting_committed(set, ID, "longer.b@x.example"));
    unit_true("capitals", adapting_committed(set, ID, "A@X.Example"));
    unit_true("quotes", adapting_committed(set, ID, "\"a\"@x.example"));
    unit_true("the end of one", !adapting_committed(set, ID, "b@x.example"));
    unit_true("the begin of one", !adapting_committed(set, ID, "a@x"));
    unit_true("another", !adapting_committed(set, ID_OTHER, "a@x.example"));
    unlink(ready);
    unit_true("not ready", !adapting_committed(set, ID, "a@x.example"));
    rmdir(work);
    unlink(lock);
    free(work);
    free(ready);
    free(lock);
}

int main(void)
{
    char *state, *adapt;

    scratch_begin();
    set = settings_new(scratch);
    state = scratch_path("outrider");
    adapt = scratch_path("outrider/adapt");
    mkdir(state, 0755);
    mkdir(adapt, 0755);
    unit_str("state", "directory", set->state, state);
    check_notes();
    check_damaged();
    check_names();
    check_done();
    check_told();
    check_waits();
    check_since();
    check_committed();
    check_deaths();
    check_sweep();
    check_faults();
    free(state);
    free(adapt);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
