/* test_attribute: addresses by what their holders are: from a source, and in
 * the built-in table, whose index always says the same as its rows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "attribute.h"

#include <stdlib.h>

#include "rows.h"
#include "scratch.h"
#include "unit.h"

static struct settings *set;

/* ---- addresses ---- */

static const struct {
    const char *address;
    bool is;
} addresses[] = {
    {"department=sales@staff.example", true},
    {"Department=Sales@Staff.Example", true},
    {"anything@staff.example", true},
    {"a=b@other.example", false},
    {"a=b@sub.staff.example", false},
    {"a=b@staff.example.", false},
    {"a=b", false},
    {"", false},
};

static void check_addresses(void)
{
    struct text problems = {0};

    unit_true("no domain is set", !attribute_address(set, "a=b@"));
    settings_read(set, "attribute-domain = staff.example", &problems);
    for (size_t i = 0; i < LENGTH(addresses); i++)
        unit_int(addresses[i].address, "is one",
                 attribute_address(set, addresses[i].address), addresses[i].is);
    unit_str("domain", "problems", text_str(&problems), "");
    text_free(&problems);
}

/* ---- members ---- */

/* What a lookup of an administrator's yields. */
static int source_get(const char *pair, struct text *value, void *context,
                      char *error, size_t size)
{
    static const struct {
        const char *pair, *value;
    } rows[] = {
        {"department=sales", "b@x.example, A@X.example\nc@x.example"},
        {"site=osaka", "c@x.example\r\nd@x.example\tA@x.example"},
        {"floor=2", "d@x.example,,nobody , a@x.example\n\n"},
        {"dup=1", "a@x.example A@X.EXAMPLE \"a\"@x.example"},
        {"caf\xc3\xa9=caf\xc3\xa9", "never@x.example"},
        {"place=caf\xc3\xa9", "k@x.example"},
        {"words=1", "\"two words\"@x.example k@x.example"},
        {"empty=1", " \n"},
    };

    (void)context;
    if (strcmp(pair, "fail=1") == 0)
        return text_error(error, size, "no server today");
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (strcmp(rows[i].pair, pair) == 0) {
            text_add(value, rows[i].value);
            return 1;
        }
    return 0;
}

static const struct {
    const char *label, *address;
    int rc;
    const char *want; /* members, or what the error says */
} members[] = {
    {"one attribute", "department=sales@staff.example", 1,
     "a@x.example b@x.example c@x.example "},
    {"in capitals", "Department=SALES@Staff.Example", 1,
     "a@x.example b@x.example c@x.example "},
    {"two", "department=sales+site=osaka@staff.example", 1,
     "a@x.example c@x.example "},
    {"two, the other way round", "site=osaka+department=sales@staff.example", 1,
     "a@x.example c@x.example "},
    {"three", "department=sales+site=osaka+floor=2@staff.example", 1,
     "a@x.example "},
    {"the same twice", "floor=2+floor=2@staff.example", 1,
     "a@x.example d@x.example "},
    {"each once", "dup=1@staff.example", 1, "a@x.example "},
    {"UTF-8 in a value", "place=caf\xc3\xa9@staff.example", 1, "k@x.example "},
    {"white space in an address", "words=1@staff.example", 1,
     "\"two words\"@x.example k@x.example "},
    {"nobody", "department=none@staff.example", 0,
     "nobody has the attributes of department=none@staff.example"},
    {"an empty list", "empty=1@staff.example", 0, "nobody has"},
    {"nobody has the second", "floor=2+floor=3@staff.example", 0, "nobody has"},
    {"nobody has the first", "floor=3+floor=2@staff.example", 0, "nobody has"},
    {"nobody has both", "dup=1+place=caf\xc3\xa9@staff.example", 0,
     "nobody has"},
    {"UTF-8 in a name", "caf\xc3\xa9=caf\xc3\xa9@staff.example", 0,
     "write NAME=VALUE@staff.example"},
    {"no pair", "sales@staff.example", 0, "\"sales\" is no attribute"},
    {"no name", "=sales@staff.example", 0, "is no attribute"},
    {"no value", "department=@staff.example", 0, "is no attribute"},
    {"two values", "a=b=c@staff.example", 0, "is no attribute"},
    {"a space", "\"a=b c\"@staff.example", 0, "is no attribute"},
    {"a plus last", "floor=2+@staff.example", 0, "\"\" is no attribute"},
    {"no local part", "@staff.example", 0, "is no attribute"},
    {"no domain", "floor=2", 0, "is no attribute"},
    {"the table cannot be had", "fail=1@staff.example", -1, "no server today"},
    {"the table fails at the second", "floor=2+fail=1@staff.example", -1,
     "no server today"},
};

static void members_join(const struct members *m, struct text *out)
{
    text_add(out, "");
    for (int i = 0; i < m->count; i++)
        text_addf(out, "%s ", m->list[i]);
}

static void check_members(void)
{
    struct attribute_source source = {source_get, NULL};

    for (size_t i = 0; i < LENGTH(members); i++) {
        struct members m;
        struct text got = {0};
        char error[300] = "";
        int rc = attribute_members(&source, members[i].address, &m, error,
                                   sizeof error);

        unit_int(members[i].label, "result", rc, members[i].rc);
        members_join(&m, &got);
        if (members[i].rc == 1)
            unit_str(members[i].label, "members", got.s, members[i].want);
        else
            unit_has(members[i].label, "error", error, members[i].want);
        unit_true(members[i].label, rc == 1 || m.count == 0);
        members_free(&m);
        text_free(&got);
    }
}

/* ---- the built-in ---- */

static struct table *begin(void)
{
    char error[300] = "";
    struct table *t = attribute_begin(set, error, sizeof error);

    unit_str("begin", "error", error, "");
    if (t == NULL)
        exit(2);
    return t;
}

static void commit(struct table *t)
{
    char error[300];

    unit_int("commit", "result", table_commit(&t, error, sizeof error), 0);
}

/* The rows, and what the index says of each of them and of nothing else. */
static bool all_row(const char *key, const char *value, void *context)
{
    struct text *out = context;

    text_addf(out, "%s:%s\n", key, value);
    return true;
}

static bool index_row(const char *address, const char *pairs, void *context)
{
    struct text *out = context;
    char *copy = text_copy(pairs), *rest = copy;

    for (char *pair; (pair = strsep(&rest, " ")) != NULL;)
        text_addf(out, "p%s\t%s:\n", pair, address);
    free(copy);
    return true;
}

static int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *lines_sorted(char *text)
{
    char *lines[200] = {NULL}, *rest = text;
    struct text out = {0};
    int n = 0;

    for (char *line; n < 200 && (line = strsep(&rest, "\n")) != NULL;)
        lines[n++] = line;
    qsort(lines, (size_t)n, sizeof *lines, by_line);
    text_add(&out, "");
    for (int i = 0; i < n; i++)
        text_addf(&out, "%s%s", lines[i], *lines[i] ? "\n" : "");
    return out.s;
}

static void check_index(const char *label, struct table *t)
{
    char error[300] = "", *want, *got;
    struct text rows = {0}, index = {0};

    text_add(&rows, "");
    text_add(&index, "");
    table_each(t, "p", all_row, &index, error, sizeof error);
    attribute_each(t, index_row, &rows, error, sizeof error);
    got = lines_sorted(index.s);
    want = lines_sorted(rows.s);
    unit_str(label, "index", got, want);
    free(got);
    free(want);
    text_free(&rows);
    text_free(&index);
}

static const struct {
    const char *label, *address, *pairs;
    int rc;
    const char *of; /* what it has then */
} changes[] = {
    {"new", "A@x.example", "Site=Osaka department=sales", 1,
     "department=sales site=osaka"},
    {"as it was", "a@x.example", "department=sales\tSITE=osaka\n", 0,
     "department=sales site=osaka"},
    {"each once", "a@x.example", "site=osaka department=sales site=Osaka", 0,
     "department=sales site=osaka"},
    {"another", "b@x.example", "site=osaka", 1, "site=osaka"},
    {"more", "b@x.example", "site=osaka site=tokyo", 1,
     "site=osaka site=tokyo"},
    {"fewer", "b@x.example", "site=tokyo", 1, "site=tokyo"},
    {"others", "b@x.example", "department=sales2", 1, "department=sales2"},
    {"wrong: nothing is changed", "b@x.example", "site=osaka nonsense", -1,
     "department=sales2"},
    {"wrong: no value", "b@x.example", "site=", -1, "department=sales2"},
    {"white space in an address", "\"two words\"@x.example", "department=sales",
     1, "department=sales"},
    {"a comma in an address", "\"a,b\"@x.example", "department=sales", 1,
     "department=sales"},
    {"a prefix of another name", "c@x.example", "dep=sales site=osa", 1,
     "dep=sales site=osa"},
    {"removed", "c@x.example", "", 1, ""},
    {"removed again", "c@x.example", " ", 0, ""},
    {"of nobody", "d@x.example", "", 0, ""},
    {"no address", "d", "site=osaka", -1, NULL},
};

static void check_of(const char *label, struct table *t, const char *address,
                     const char *want)
{
    struct text pairs = {0};
    char error[300] = "";

    unit_true(label,
              attribute_of(t, address, &pairs, error, sizeof error) != -1);
    unit_str(label, "attributes", text_str(&pairs), want);
    text_free(&pairs);
}

static void check_puts(void)
{
    struct table *t = begin();

    for (size_t i = 0; i < LENGTH(changes); i++) {
        char error[300] = "";

        unit_int(changes[i].label, "result",
                 attribute_put(t, changes[i].address, changes[i].pairs, error,
                               sizeof error),
                 changes[i].rc);
        unit_true(changes[i].label, (changes[i].rc == -1) == (*error != 0));
        if (changes[i].of != NULL)
            check_of(changes[i].label, t, changes[i].address, changes[i].of);
        check_index(changes[i].label, t);
    }
    commit(t);
}

static const struct {
    const char *label, *address;
    int rc;
    const char *want;
} built_in[] = {
    {"of two", "site=osaka@staff.example", 1, "a@x.example "},
    {"not those with a longer value", "department=sales@staff.example", 1,
     "\"a,b\"@x.example \"two words\"@x.example a@x.example "},
    {"a longer value", "department=sales2@staff.example", 1, "b@x.example "},
    {"no more", "site=tokyo@staff.example", 0, ""},
    {"both", "site=osaka+department=sales@staff.example", 1, "a@x.example "},
};

static void check_built_in(void)
{
    struct rows rows = {.settings = set};
    struct attribute_source source = rows_attributes(&rows);

    for (size_t i = 0; i < LENGTH(built_in); i++) {
        struct members m;
        struct text got = {0};
        char error[300];

        unit_int(built_in[i].label, "result",
                 attribute_members(&source, built_in[i].address, &m, error,
                                   sizeof error),
                 built_in[i].rc);
        members_join(&m, &got);
        unit_str(built_in[i].label, "members", got.s, built_in[i].want);
        members_free(&m);
        text_free(&got);
    }
    rows_close(&rows);
}

static bool first_row(const char *address, const char *pairs, void *context)
{
    text_addf(context, "%s %s\n", address, pairs);
    return false;
}

static void check_each(void)
{
    char error[300] = "";
    struct table *t = attribute_open(set, error, sizeof error);
    struct text out = {0};

    unit_int("each", "result",
             attribute_each(t, first_row, &out, error, sizeof error), 0);
    unit_str("each, stopped", "rows", text_str(&out),
             "\"a,b\"@x.example department=sales\n");
    table_close(&t);
    text_free(&out);
}

static void check_none(void)
{
    char error[300] = "x";
    struct table *t = attribute_open(set, error, sizeof error);
    struct text out = {0};

    unit_true("no table", t == NULL && *error == 0);
    unit_int("no table", "get",
             attribute_get("a=b", &out, t, error, sizeof error), 0);
    unit_int("no table", "of",
             attribute_of(t, "a@x", &out, error, sizeof error), 0);
    unit_int("no table", "each",
             attribute_each(t, first_row, &out, error, sizeof error), 0);
    unit_str("no table", "out", text_str(&out), "");
    text_free(&out);
}

/* As an import does: many, again and again, each time other ones. */
static void check_many(void)
{
    char error[300];

    for (int round = 0; round < 3; round++) {
        struct table *t = begin();

        for (int i = 0; i < 30; i++) {
            char *address = text_format("m%d@x.example", i);
            char *pairs = text_format("site=s%d team=t%d floor=%d",
                                      (i + round) % 3, i % 4, i * round % 5);

            attribute_put(t, address, i % 7 == round ? "" : pairs, error,
                          sizeof error);
            free(address);
            free(pairs);
        }
        check_index("many", t);
        commit(t);
    }
}

/* As an import of everything: nothing of the old index stays. */
static void check_empty(void)
{
    char error[300] = "";
    struct table *t = attribute_begin_empty(set, error, sizeof error);

    unit_str("empty", "error", error, "");
    if (!unit_true("empty", t != NULL))
        return;
    attribute_put(t, "z@x.example", "site=s1", error, sizeof error);
    check_index("empty", t);
    commit(t);
    t = attribute_open(set, error, sizeof error);
    check_index("empty", t);
    check_of("empty", t, "z@x.example", "site=s1");
    check_of("empty", t, "m1@x.example", "");
    table_close(&t);
}

int main(void)
{
    int fds;

    scratch_begin();
    fds = descriptors_open();
    set = settings_new(scratch);
    free(set->state);
    set->state = text_copy(scratch);
    check_addresses();
    check_members();
    check_none();
    check_puts();
    check_built_in();
    check_each();
    check_many();
    check_empty();
    unit_int("all closed", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
