/* test_register: the built-in table of old and new addresses, what servers
 * propose, and the sources that the settings name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "register.h"

#include <stdlib.h>

#include "rows.h"
#include "scratch.h"
#include "unit.h"

static struct settings *set;

static struct relocation_row row_of(const char *label, const char *line)
{
    struct relocation_row r;
    char error[300];

    unit_int(label, line,
             relocation_row_parse(&r, NULL, line, error, sizeof error), 0);
    return r;
}

static struct table *begin(const char *label)
{
    char error[300] = "";
    struct table *t = register_begin(set, error, sizeof error);

    unit_str(label, "error", error, "");
    if (t == NULL)
        exit(2);
    return t;
}

static void commit(const char *label, struct table *t)
{
    char error[300] = "";

    if (!unit_int(label, "commit", table_commit(&t, error, sizeof error), 0))
        printf("  %s: %s\n", label, error);
}

static int put(struct table *t, const char *line, char *error, size_t size)
{
    struct relocation_row r = row_of("put", line);
    int rc = register_put(t, set, &r, error, size);

    relocation_row_free(&r);
    return rc;
}

/* ---- reading ---- */

struct listing {
    struct text out;
    int stop; /* after so many */
};

static bool list_row(const struct relocation_row *row, void *context)
{
    struct listing *l = context;

    relocation_row_format(row, true, &l->out);
    text_add(&l->out, "\n");
    return --l->stop != 0;
}

static void check_list(const char *label, enum register_list which, int stop,
                       const char *want)
{
    char error[300] = "";
    struct listing l = {.stop = stop};
    struct table *t = register_open(set, error, sizeof error);

    text_add(&l.out, "");
    unit_int(label, "each",
             register_each(t, which, list_row, &l, error, sizeof error), 0);
    unit_str(label, "error", error, "");
    unit_str(label, "rows", l.out.s, want);
    text_free(&l.out);
    table_close(&t);
}

/* "-" for none, "!" for an error. */
static void check_get(const char *label, const char *key, const char *want)
{
    char error[300] = "";
    struct text row = {0};
    struct table *t = register_open(set, error, sizeof error);
    int rc = register_get(key, &row, t, error, sizeof error);

    unit_str(label, key, rc == 1 ? text_str(&row) : rc == 0 ? "-" : "!", want);
    text_free(&row);
    table_close(&t);
}

static void check_none(void)
{
    char error[300] = "x";
    struct table *t = register_open(set, error, sizeof error);

    unit_true("no table", t == NULL);
    unit_str("no table", "error", error, "");
    check_get("no table", "a@x", "-");
    check_list("no table", REGISTER_ROWS, 0, "");
    unit_int("no table", "nothing was made",
             files_like(scratch, "relocations*"), 0);
}

/* ---- putting ---- */

/* One after the other, into one table. */
static const struct {
    const char *label, *row;
    int rc;
} changes[] = {
    {"a row", "b@old.example b@new.example 5 jane hello", 0},
    {"another", "A@old.example a@new.example", 0},
    {"the same again", "a@OLD.example a@new.example", 0},
    {"another new address", "a@old.example a2@new.example", 0},
    {"gone", "gone@old.example gone 7", 0},
    {"a whole domain", "*@whole.example *@new.example", 0},
    {"a chain", "c@old.example b@old.example", 0},
    {"itself", "i@old.example I@Old.Example", -1},
    {"back", "b@old.example c@old.example", -1},
    {"back in other words", "b@old.example \"C\"@OLD.example", -1},
    {"back over a whole domain", "*@new.example *@whole.example", -1},
    {"a whole domain to itself", "*@i.example *@i.example", -1},
    {"a whole domain to one within", "*@i.example all@i.example", -1},
    {"a chain that ends in one gone", "d@old.example gone@old.example", 0},
    {"gone is no loop", "b2@old.example gone", 0},
};

#define ROWS                                                                   \
    "*@whole.example *@new.example - -\n"                                      \
    "a@old.example a2@new.example - -\n"                                       \
    "b2@old.example gone - -\n"                                                \
    "b@old.example b@new.example 1970-01-01T00:00:05Z jane hello\n"            \
    "c@old.example b@old.example - -\n"                                        \
    "d@old.example gone@old.example - -\n"                                     \
    "gone@old.example gone 1970-01-01T00:00:07Z -\n"

static void check_puts(void)
{
    struct table *t = begin("puts");

    for (size_t i = 0; i < LENGTH(changes); i++) {
        char error[300] = "";

        unit_int(changes[i].label, "result",
                 put(t, changes[i].row, error, sizeof error), changes[i].rc);
        unit_has(changes[i].label, "error", error,
                 changes[i].rc == -1 ? "would be a loop" : "");
    }
    commit("puts", t);
    check_list("puts", REGISTER_ROWS, 0, ROWS);
    check_list("puts, the first two", REGISTER_ROWS, 2,
               "*@whole.example *@new.example - -\n"
               "a@old.example a2@new.example - -\n");
    check_list("puts", REGISTER_PROPOSALS, 0, "");
    check_get("a row", "b@old.example",
              "b@new.example 1970-01-01T00:00:05Z jane hello");
    check_get("no row", "b@new.example", "-");
}

static void check_abort(void)
{
    char error[300];
    struct table *t = begin("abort");

    put(t, "z@old.example z@new.example", error, sizeof error);
    register_remove(t, "a@old.example", error, sizeof error);
    table_abort(&t);
    check_list("abort", REGISTER_ROWS, 0, ROWS);
}

static void check_remove(void)
{
    char error[300] = "";
    struct table *t = begin("remove");

    unit_int("remove", "result",
             register_remove(t, "D@old.example", error, sizeof error), 1);
    unit_int("remove again", "result",
             register_remove(t, "d@old.example", error, sizeof error), 0);
    unit_int("remove what is no address", "result",
             register_remove(t, "d", error, sizeof error), -1);
    unit_str("remove what is no address", "error", error,
             "\"d\" is no address");
    unit_int("remove a whole domain", "result",
             register_remove(t, "*@Whole.example", error, sizeof error), 1);
    commit("remove", t);
    check_get("removed", "d@old.example", "-");
    check_get("removed", "*@whole.example", "-");
    check_get("there", "a@old.example", "a2@new.example - -");
}

/* As an import of everything. */
static void check_empty(void)
{
    char error[300] = "";
    struct table *t = register_begin_empty(set, error, sizeof error);

    unit_str("empty", "error", error, "");
    if (!unit_true("empty", t != NULL))
        return;
    put(t, "new@old.example new@new.example", error, sizeof error);
    put(t, "a@old.example a2@new.example", error, sizeof error);
    table_abort(&t);
    check_get("empty, given up", "b@old.example",
              "b@new.example 1970-01-01T00:00:05Z jane hello");
    check_get("empty, given up", "new@old.example", "-");
    t = register_begin_empty(set, error, sizeof error);
    put(t, "new@old.example new@new.example", error, sizeof error);
    put(t, "a@old.example a2@new.example", error, sizeof error);
    commit("empty", t);
    check_list("empty", REGISTER_ROWS, 0,
               "a@old.example a2@new.example - -\n"
               "new@old.example new@new.example - -\n");
}

/* ---- proposals ---- */

static void check_proposed(struct table *t, const char *old, const char *want)
{
    struct relocation_row r = {0};
    struct text out = {0};
    char error[300] = "";
    int rc = register_proposed(t, old, &r, error, sizeof error);

    text_add(&out, rc == 0 ? "-" : "");
    if (rc == 1)
        relocation_row_format(&r, true, &out);
    unit_str(old, "proposed", out.s, want);
    relocation_row_free(&r);
    text_free(&out);
}

static void check_proposals(void)
{
    char error[300] = "";
    struct table *t = begin("proposals");
    struct relocation_row p =
        row_of("proposals", "a@old.example p@new.example 3 smart1 551");
    struct relocation_row loop =
        row_of("proposals", "l@old.example l@old.example");

    unit_true("propose", register_propose(t, &p, error, sizeof error) != -1);
    unit_true("propose a loop",
              register_propose(t, &loop, error, sizeof error) != -1);
    check_proposed(t, "A@old.example",
                   "a@old.example p@new.example 1970-01-01T00:00:03Z smart1 "
                   "551");
    check_proposed(t, "b@old.example", "-");
    check_proposed(t, "b", "-");
    commit("proposals", t);
    check_list("proposals", REGISTER_PROPOSALS, 1,
               "a@old.example p@new.example 1970-01-01T00:00:03Z smart1 551\n");
    check_get("a proposal counts for nothing", "a@old.example",
              "a2@new.example - -");
    t = begin("proposals");
    unit_int("unpropose", "result",
             register_unpropose(t, "A@Old.example", error, sizeof error), 1);
    unit_int("unpropose again", "result",
             register_unpropose(t, "a@old.example", error, sizeof error), 0);
    commit("proposals", t);
    check_list("one is left", REGISTER_PROPOSALS, 0,
               "l@old.example l@old.example - -\n");
    relocation_row_free(&p);
    relocation_row_free(&loop);
}

/* ---- what is damaged ---- */

/* A row that nobody of ours has written. */
static void check_bad_row(void)
{
    char error[300] = "";
    struct listing l = {0};
    struct table *t = begin("a bad row");

    table_put(t, "rc@old.example", "nonsense", error, sizeof error);
    unit_int("a bad row", "each",
             register_each(t, REGISTER_ROWS, list_row, &l, error, sizeof error),
             -1);
    unit_has("a bad row", "error", error, "the row of c@old.example");
    text_free(&l.out);
    table_abort(&t);
}

static void check_damage(void)
{
    char *path = scratch_path("relocations.db"), error[300] = "";
    struct table *t = begin("last change");

    put(t, "last@old.example last@new.example", error, sizeof error);
    commit("last change", t);
    file_put_text(path, "this is no database");
    t = register_open(set, error, sizeof error);
    unit_true("damaged", t == NULL);
    unit_has("damaged", "error", error, path);
    t = register_begin(set, error, sizeof error);
    unit_true("damaged, to change", t == NULL);
    unit_int("damaged", "recover", register_recover(set, error, sizeof error),
             1);
    check_get("recovered", "a@old.example", "a2@new.example - -");
    check_get("recovered", "last@old.example", "-");
    unit_int("kept", "files", files_like(scratch, "relocations.db.bad-*"), 1);
    unit_int("sound", "recover", register_recover(set, error, sizeof error), 0);
    free(path);
}

/* ---- sources ---- */

static int lookup(const char *acl, const char *key, struct text *value,
                  void *context, char *error, size_t size)
{
    (void)context;
    if (strcmp(key, "fail@x") == 0)
        return text_error(error, size, "no server");
    text_addf(value, "%s:%s@new.example", acl, key);
    return strcmp(key, "none@x") != 0;
}

static void check_resolved(struct rows *rows, const char *label, int rc,
                           const char *want)
{
    struct relocation_source s = rows_relocations(rows);
    char error[300] = "";
    struct text value = {0};

    unit_int(label, "result",
             s.get("e@old.example", &value, s.context, error, sizeof error),
             rc);
    unit_str(label, "value", text_str(&value), want);
    text_free(&value);
}

static void check_sources(void)
{
    struct rows rows = {.settings = set, .lookup = lookup};
    char error[300];
    struct table *t;

    check_resolved(&rows, "built in, no such row", 0, "");
    t = begin("built in");
    put(t, "e@old.example e@new.example", error, sizeof error);
    commit("built in", t);
    check_resolved(&rows, "built in, changed meanwhile", 1,
                   "e@new.example - -");
    set->relocation = TABLE_NONE;
    check_resolved(&rows, "nowhere", 0, "");
    set->relocation = TABLE_LOOKUP;
    check_resolved(&rows, "a lookup", 1,
                   "outrider_relocated:e@old.example@new.example");
    set->relocation = TABLE_BUILT_IN;
    rows_close(&rows);
    unit_true("closed", rows.relocations == NULL && rows.attributes == NULL);
}

int main(void)
{
    int fds;

    scratch_begin();
    set = settings_new(scratch);
    free(set->state);
    set->state = text_copy(scratch);
    check_none();
    fds = descriptors_open();
    check_puts();
    check_abort();
    check_remove();
    check_empty();
    check_proposals();
    check_bad_row();
    check_damage();
    check_sources();
    unit_int("all closed", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
