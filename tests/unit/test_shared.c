/* test_shared: the servers file as several processes see it: made at once,
 * written at once, read only, damaged.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <stdlib.h>

#include "breaker.h"
#include "scratch.h"
#include "unit.h"

#define T0 1700000000000
#define WRITERS 8
#define ROUNDS 20000

static struct settings *set;
static char *path;

static struct breakers *map(bool write, char *error, size_t size)
{
    return breakers_open(path, write, getuid(), getgid(), error, size);
}

static int writer(void *context)
{
    const int *number = context;
    char error[300], text[100];
    struct breakers *b = map(true, error, sizeof error);
    struct slot *s = breaker_slot(b, "a", true);

    memset(text, 'a' + *number, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    if (s == NULL)
        return 1;
    for (int i = 0; i < ROUNDS; i++) {
        breaker_connect(s, getpid(), T0 + i, 1000);
        breaker_failure(s, set, CLASS_RECIPIENT, false, "a", text, T0 + i);
        breaker_success(s, T0 + i);
        breaker_end(s, getpid());
    }
    breakers_close(&b);
    return 0;
}

/* Every writer writes one letter all along: a mixture is a torn text. */
static bool one_letter(const char *text)
{
    return strspn(text, (const char[]){text[0], '\0'}) == strlen(text);
}

static void check_writers(void)
{
    pid_t children[WRITERS];
    struct breaker_view view;
    char error[300];
    struct breakers *b;

    unlink(path);
    for (int i = 0; i < WRITERS; i++)
        children[i] = child_start(writer, &i);
    b = map(true, error, sizeof error);
    for (int i = 0; i < 5000; i++) {
        breaker_look(breaker_slot(b, "a", true), set, T0, &view);
        if (!one_letter(view.error))
            unit_true("an error text is never torn", false);
    }
    for (int i = 0; i < WRITERS; i++)
        unit_true("a writer ends well", child_wait(children[i]));
    breaker_look(breaker_slot(b, "a", false), set, T0, &view);
    unit_int("writers at once", "ok", (long)view.ok, WRITERS * ROUNDS);
    unit_int("writers at once", "recipient", (long)view.failed[CLASS_RECIPIENT],
             WRITERS * ROUNDS);
    unit_int("writers at once", "inflight", view.inflight, 0);
    unit_int("writers at once", "error's length", (long)strlen(view.error), 99);
    unit_true("writers at once", one_letter(view.error));
    unit_true("one slot was made", breaker_slot_at(b, 1) == NULL);
    breakers_close(&b);
}

static int failing(void *context)
{
    char error[300];
    struct breakers *b = map(true, error, sizeof error);
    struct slot *s = breaker_slot(b, "a", true);

    (void)context;
    while (s != NULL)
        breaker_failure(s, set, CLASS_RECIPIENT, false, "a", "early", T0);
    return 1;
}

/* A process may be killed at any instant, in the middle of a text too. */
static void check_killed(void)
{
    char error[300];
    struct breakers *b;
    struct breaker_view view;
    int told = 0;

    unlink(path);
    b = map(true, error, sizeof error);
    for (int i = 0; i < 100; i++) {
        pid_t child = child_start(failing, NULL);

        usleep((useconds_t)(1000 + i * 10));
        kill(child, SIGKILL);
        child_wait(child);
        breaker_failure(breaker_slot(b, "a", true), set, CLASS_RECIPIENT, false,
                        "a", "late", T0);
        breaker_look(breaker_slot(b, "a", true), set, T0, &view);
        told += strcmp(view.error, "late") == 0;
    }
    unit_int("writers that were killed", "later texts", told, 100);
    unit_true("writers that were killed", breaker_slot_at(b, 1) == NULL);
    breakers_close(&b);
}

/* All wait for the file `go`, then open and take a slot each of their own. */
static int maker(void *context)
{
    const int *number = context;
    char error[300], key[20], *go = scratch_path("go");
    struct breakers *b;
    struct slot *s;

    while (access(go, F_OK) == -1)
        usleep(200);
    b = map(true, error, sizeof error);
    snprintf(key, sizeof key, "server-%d", *number);
    s = breaker_slot(b, key, true);
    breaker_success(s, T0);
    breakers_close(&b);
    free(go);
    return s == NULL;
}

static void make_at_once(const char *label, bool damaged)
{
    pid_t children[WRITERS];
    char error[300], *go = scratch_path("go");
    struct breaker_view view;
    struct breakers *b;
    int slots = 0;

    unlink(path);
    unlink(go);
    if (damaged)
        file_put_text(path, "not ours");
    for (int i = 0; i < WRITERS; i++)
        children[i] = child_start(maker, &i);
    file_put_text(go, "");
    for (int i = 0; i < WRITERS; i++)
        unit_true(label, child_wait(children[i]));
    b = map(false, error, sizeof error);
    unit_true(label, b != NULL);
    for (struct slot *s; (s = breaker_slot_at(b, slots)) != NULL; slots++) {
        breaker_look(s, set, T0, &view);
        unit_int(label, "ok", (long)view.ok, 1);
    }
    unit_int(label, "slots", slots, WRITERS);
    breakers_close(&b);
    free(go);
}

/* As `maker`, but all take the same slots in the same order. */
static int sharer(void *context)
{
    char error[300], key[20], *go = scratch_path("go");
    struct breakers *b = map(true, error, sizeof error);

    (void)context;
    while (access(go, F_OK) == -1)
        ;
    for (int i = 0; i < BREAKER_SLOTS; i++) {
        snprintf(key, sizeof key, "server-%d", i);
        breaker_success(breaker_slot(b, key, true), T0);
    }
    breakers_close(&b);
    free(go);
    return 0;
}

static void check_sharers(void)
{
    pid_t children[WRITERS];
    char error[300], *go = scratch_path("go");
    struct breakers *b;

    for (int round = 0; round < 10; round++) {
        int whole = 0;

        unlink(path);
        unlink(go);
        for (int i = 0; i < WRITERS; i++)
            children[i] = child_start(sharer, NULL);
        usleep(20000);
        file_put_text(go, "");
        for (int i = 0; i < WRITERS; i++)
            unit_true("the same slots", child_wait(children[i]));
        b = map(false, error, sizeof error);
        for (int i = 0; i < BREAKER_SLOTS; i++) {
            struct breaker_view view = {0};
            struct slot *s = breaker_slot_at(b, i);

            if (s != NULL)
                breaker_look(s, set, T0, &view);
            whole += view.ok == WRITERS;
        }
        unit_int("the same slots", "counted by all", whole, BREAKER_SLOTS);
        breakers_close(&b);
    }
    free(go);
}

static void check_makers(void)
{
    for (int i = 0; i < 10; i++) {
        make_at_once("made by several at once", false);
        make_at_once("mended by several at once", true);
    }
}

/* A write into the mapping for reading would end the process. */
static int only_look(void *context)
{
    char error[300];
    struct breakers *b = map(false, error, sizeof error);
    struct slot *s = breaker_slot(b, "a", false);
    struct breaker_view view;

    (void)context;
    if (s == NULL || breaker_slot(b, "none", false) != NULL)
        return 1;
    breaker_look(s, set, T0 + 60000, &view);
    breaker_state(s, set, T0 + 60000);
    breaker_usable(s, set, T0 + 60000);
    breakers_degraded(b, T0);
    if (view.inflight != 0 || view.state != BREAKER_OPEN)
        return 2;
    breakers_close(&b);
    return 0;
}

static void check_reading(void)
{
    char error[300] = "x";
    struct text before = {0}, after = {0};
    struct breakers *b;
    struct slot *s;

    unlink(path);
    unit_true("no file to read", map(false, error, sizeof error) == NULL);
    unit_str("no file to read", "error", error, "");
    unit_int("no file to read", "made", access(path, F_OK), -1);
    b = map(true, error, sizeof error);
    s = breaker_slot(b, "a", true);
    breaker_connect(s, pid_gone(), T0, 1000);
    breaker_failure(s, set, CLASS_CONNECT, false, "a", "refused", T0);
    breakers_close(&b);
    unit_true("closed", b == NULL);
    breakers_close(&b);
    file_get_bytes(path, &before);
    unit_true("looked at, for reading alone",
              child_wait(child_start(only_look, NULL)));
    file_get_bytes(path, &after);
    unit_true("looked at, and nothing written",
              before.len > 1000 && before.len == after.len &&
                  memcmp(before.s, after.s, before.len) == 0);
    text_free(&before);
    text_free(&after);
}

static const struct {
    const char *label, *contents;
    bool cut; /* a sound file, a byte short */
} wrongs[] = {
    {.label = "empty", .contents = ""},
    {.label = "foreign", .contents = "something else altogether\n"},
    {.label = "short", .cut = true},
};

static void make_wrong(const char *contents, bool cut)
{
    char error[300];
    struct breakers *b;
    struct stat st;

    unlink(path);
    if (contents != NULL)
        file_put_text(path, contents);
    if (!cut)
        return;
    b = map(true, error, sizeof error);
    breakers_close(&b);
    if (stat(path, &st) == -1 || truncate(path, st.st_size - 1) == -1)
        exit(2);
}

static void check_wrongs(void)
{
    for (size_t i = 0; i < LENGTH(wrongs); i++) {
        char error[300];
        struct breakers *b;
        int aside, fds;

        make_wrong(wrongs[i].contents, wrongs[i].cut);
        b = map(false, error, sizeof error);
        unit_true(wrongs[i].label, b == NULL);
        unit_has(wrongs[i].label, "error", error,
                 "not a state file of this version");
        unit_has(wrongs[i].label, "error", error, path);
        fds = descriptors_open();
        aside = files_like(scratch, "servers.bad-*");
        b = map(true, error, sizeof error);
        unit_true(wrongs[i].label, b != NULL);
        unit_true(wrongs[i].label, breaker_slot(b, "a", true) != NULL);
        breakers_close(&b);
        unit_true("moved aside",
                  files_like(scratch, "servers.bad-*") >= (aside ? aside : 1));
        unit_int(wrongs[i].label, "descriptors", descriptors_open(), fds);
    }
}

/* Another version's layout: the right size, another magic. */
static void check_other_version(void)
{
    char error[300];
    struct breakers *b;
    int fd;

    make_wrong(NULL, false);
    b = map(true, error, sizeof error);
    breaker_slot(b, "old", true);
    breakers_close(&b);
    fd = open(path, O_WRONLY);
    unit_int("another version", "written", pwrite(fd, "?", 1, 0), 1);
    close(fd);
    b = map(true, error, sizeof error);
    unit_true("another version is made anew",
              b != NULL && breaker_slot_at(b, 0) == NULL);
    breakers_close(&b);
}

static void check_no_place(void)
{
    char error[300] = "", *directory = scratch_path("none/servers");
    int fds = descriptors_open();

    unit_true("no such directory",
              breakers_open(directory, true, getuid(), getgid(), error,
                            sizeof error) == NULL);
    unit_has("no such directory", "error", error, directory);
    unit_has("no such directory", "error", error, strerror(ENOENT));
    unit_int("no such directory", "descriptors", descriptors_open(), fds);
    free(directory);
}

static void check_symbolic_link(void)
{
    char error[300] = "", *target = scratch_path("target"), *contents;
    struct breakers *b;

    unlink(path);
    file_put_text(target, "precious");
    if (symlink(target, path) == -1)
        exit(2);
    b = map(true, error, sizeof error);
    breakers_close(&b);
    contents = file_get(target);
    unit_str("a link in its place", "the target", contents, "precious");
    free(contents);
    free(target);
}

int main(void)
{
    scratch_begin();
    path = scratch_path("servers");
    set = settings_new(scratch);
    check_writers();
    check_killed();
    check_makers();
    check_sharers();
    check_reading();
    check_wrongs();
    check_other_version();
    check_no_place();
    check_symbolic_link();
    settings_free(&set);
    free(path);
    scratch_end();
    return unit_end();
}
