/* test_relocation: rows as text, keys, and where an address leads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "relocation.h"

#include <stdlib.h>

#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define WHEN "2026-11-22T10:00:00Z"
#define WHEN_SECONDS 1795341600

/* ---- rows as text ---- */

static const struct {
    const char *label, *old, *line;
    const char *want; /* formatted again, whole */
} sound[] = {
    {"old and new", NULL, "a@old.example b@new.example",
     "a@old.example b@new.example - -"},
    {"gone", NULL, "a@old.example gone", "a@old.example gone - -"},
    {"gone in capitals", NULL, "a@old.example GONE", "a@old.example gone - -"},
    {"all fields", NULL, "a@x b@y " WHEN " jane moved to sales",
     "a@x b@y " WHEN " jane moved to sales"},
    {"a time in seconds", NULL, "a@x b@y 1795341600", "a@x b@y " WHEN " -"},
    {"no time, but who", NULL, "a@x b@y - jane", "a@x b@y - jane"},
    {"a note of nobody's", NULL, "a@x gone - - a note", "a@x gone - - a note"},
    {"tabs, and many spaces", NULL, "a@x\t  b@y \t-\tjane   the  note ",
     "a@x b@y - jane the  note"},
    {"white space in front", NULL, "  a@x b@y", "a@x b@y - -"},
    {"a line end", NULL, "a@x b@y\n", "a@x b@y - -"},
    {"a line end with CR, after all", NULL, "a@x b@y - jane note\r\n",
     "a@x b@y - jane note"},
    {"capitals in the old one go, in the new one stay", NULL,
     "Jane.Doe@Old.Example Jane@New.Example",
     "jane.doe@old.example Jane@New.Example - -"},
    {"a whole domain", NULL, "*@Old.example *@new.example",
     "*@old.example *@new.example - -"},
    {"white space in local parts", NULL, "\"a b\"@x \"c d\"@y - jane",
     "\"a b\"@x \"c d\"@y - jane"},
    {"quotes and a backslash in quotes", NULL, "\"a \\\" b\"@x \"\\\\ c\"@y",
     "\"a \\\" b\"@x \"\\\\ c\"@y - -"},
    {"quotes that need not be", NULL, "\"a\"@x b@y", "a@x b@y - -"},
    {"a domain literal", NULL, "a@[192.0.2.1] a@[IPv6:2001:db8::1]",
     "a@[192.0.2.1] a@[IPv6:2001:db8::1] - -"},
    {"UTF-8", NULL, "j\xc3\xb6rg@x j\xc3\xb6rg@\xc3\xb6.example",
     "j\xc3\xb6rg@x j\xc3\xb6rg@\xc3\xb6.example - -"},
    {"without the old one", "a@x", "b@y 1795341600 jane",
     "a@x b@y " WHEN " jane"},
    {"without the old one, gone", "A@x", " gone", "a@x gone - -"},
    {"a lookup's value ends with a line end", "a@x", "b@y\n", "a@x b@y - -"},
    {"control characters in a note", NULL, "a@x b@y - jane one\ttwo\x1bthree",
     "a@x b@y - jane one two three"},
    {"a control character at a note's end", NULL, "a@x b@y - jane note\x1b",
     "a@x b@y - jane note"},
};

static const struct {
    const char *label, *old, *line;
    const char *error;
} wrong[] = {
    {"nothing", NULL, "", "write OLD NEW"},
    {"white space", NULL, " \t ", "write OLD NEW"},
    {"one field", NULL, "a@x", "write OLD NEW"},
    {"an empty value", "a@x", "", "write OLD NEW"},
    {"old is no address", NULL, "a b@y", "\"a\" is no address"},
    {"the given old is no address", "a", "b@y", "\"a\" is no address"},
    {"old is gone", NULL, "gone b@y", "\"gone\" is no address"},
    {"new is no address", NULL, "a@x b", "\"b\" is no address"},
    {"new is a list", NULL, "a@x b@y,c@y", "\"b@y,c@y\" is no address"},
    {"new in brackets", NULL, "a@x <b@y>", "\"<b@y>\" is no address"},
    {"a line end in a quoted new", "a@x", "\"b\nc\"@y", "is no address"},
    {"no time", NULL, "a@x b@y yesterday", "\"yesterday\" is no time"},
    {"a time without zone", NULL, "a@x b@y 2026-11-22T10:00:00",
     "is no time: write 2026-11-22T10:00:00Z"},
    {"a time with spaces", NULL, "a@x b@y 2026-11-22 10:00:00Z",
     "\"2026-11-22\" is no time"},
    {"a monstrous number", NULL, "a@x b@y 999999999999", "is no time"},
    {"a negative number", NULL, "a@x b@y -5", "is no time"},
};

static void check_sound(void)
{
    for (size_t i = 0; i < LENGTH(sound); i++) {
        char error[300] = "";
        struct relocation_row r;
        struct text out = {0};

        if (unit_int(sound[i].label, "result",
                     relocation_row_parse(&r, sound[i].old, sound[i].line,
                                          error, sizeof error),
                     0)) {
            relocation_row_format(&r, true, &out);
            unit_str(sound[i].label, "formatted", text_str(&out),
                     sound[i].want);
        } else
            printf("  %s: %s\n", sound[i].label, error);
        relocation_row_free(&r);
        text_free(&out);
    }
}

static void check_wrong(void)
{
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        char error[300] = "";
        struct relocation_row r;

        unit_int(wrong[i].label, "result",
                 relocation_row_parse(&r, wrong[i].old, wrong[i].line, error,
                                      sizeof error),
                 -1);
        unit_has(wrong[i].label, "error", error, wrong[i].error);
        relocation_row_free(&r);
    }
}

/* Refused or mended, as long as it is one line, and the same row again. */
static const struct {
    const char *label, *value;
} odd[] = {
    {"a quote that does not end", "\"b@y"},
    {"a line end in who", "b@y - \"j\nk\" note"},
    {"an escape sequence in who", "b@y - j\x1b[2Jk note"},
    {"a quote in a domain literal", "b@[\"]"},
    {"a backslash at the end", "b@y - jane\\"},
    {"a comment", "b(c)@y"},
};

static void check_odd(void)
{
    for (size_t i = 0; i < LENGTH(odd); i++) {
        char error[300];
        struct relocation_row r, again;
        struct text first = {0}, second = {0};

        if (relocation_row_parse(&r, "a@x", odd[i].value, error,
                                 sizeof error) == -1)
            continue;
        relocation_row_format(&r, true, &first);
        relocation_row_free(&r);
        unit_true(odd[i].label, strpbrk(text_str(&first), "\n\x1b") == NULL);
        unit_int(odd[i].label, "parsed again",
                 relocation_row_parse(&again, NULL, text_str(&first), error,
                                      sizeof error),
                 0);
        if (again.old != NULL)
            relocation_row_format(&again, true, &second);
        unit_str(odd[i].label, "formatted again", text_str(&second),
                 text_str(&first));
        relocation_row_free(&again);
        text_free(&first);
        text_free(&second);
    }
}

static void check_fields(void)
{
    char error[300];
    struct relocation_row r;
    struct text out = {0};

    relocation_row_parse(&r, NULL, "A@x gone " WHEN " - why not", error,
                         sizeof error);
    unit_str("fields", "old", r.old, "a@x");
    unit_str("fields", "new", r.new, "");
    unit_int("fields", "time", r.time, WHEN_SECONDS);
    unit_str("fields", "by", r.by, "");
    unit_str("fields", "note", r.note, "why not");
    relocation_row_format(&r, false, &out);
    unit_str("fields", "without OLD", text_str(&out),
             "gone " WHEN " - why not");
    relocation_row_free(&r);
    unit_true("freed", r.old == NULL && r.note == NULL && r.time == 0);
    text_free(&out);
}

/* ---- times ---- */

static const struct {
    const char *word;
    int rc;
    int64_t when;
    const char *again;
} times[] = {
    {"-", 0, 0, "-"},
    {"0", 0, 0, "-"},
    {"1", 0, 1, "1970-01-01T00:00:01Z"},
    {"1970-01-01T00:00:01Z", 0, 1, "1970-01-01T00:00:01Z"},
    {WHEN, 0, WHEN_SECONDS, WHEN},
    {"2024-02-29T23:59:59Z", 0, 1709251199, "2024-02-29T23:59:59Z"},
    {"2100-01-01T00:00:00Z", 0, 4102444800, "2100-01-01T00:00:00Z"},
    {"99999999999", 0, 99999999999, "5138-11-16T09:46:39Z"},
    {"2026-11-22", -1, 0, NULL},
    {"2026-11-22T10:00:00", -1, 0, NULL},
    {"2026-11-22T10:00:00ZZ", -1, 0, NULL},
    {"2026-11-22T10:00:00+09:00", -1, 0, NULL},
    {"2026-13-22T10:00:00Z", -1, 0, NULL},
    {"2026-02-30T10:00:00Z", -1, 0, NULL}, /* February has no 30th */
    {"2026-11-22T24:00:00Z", -1, 0, NULL},
    {"--", -1, 0, NULL},
    {"12x", -1, 0, NULL},
};

static void check_times(void)
{
    for (size_t i = 0; i < LENGTH(times); i++) {
        int64_t when = -1;
        char stamp[40];
        int rc = relocation_time_parse(times[i].word, &when);

        if (!unit_int(times[i].word, "result", rc, times[i].rc) || rc != 0)
            continue;
        unit_int(times[i].word, "time", when, times[i].when);
        unit_str(times[i].word, "printed",
                 relocation_time(when, stamp, sizeof stamp), times[i].again);
    }
}

/* ---- keys ---- */

static const struct {
    const char *label, *address, *key; /* NULL: it is no address */
} keys[] = {
    {"an address", "a@x", "a@x"},
    {"case", "Jane.DOE@Example.ORG", "jane.doe@example.org"},
    {"quotes that need not be", "\"Jane\"@x", "jane@x"},
    {"as Exim keeps it", "two words@x", "\"two words\"@x"},
    {"quotes that must be", "\"two words\"@x", "\"two words\"@x"},
    {"a quoted at-sign", "\"a@b\"@x", "\"a@b\"@x"},
    {"a quoted bracket", "\"a[ b\"@x", "\"a[ b\"@x"},
    {"a domain literal", "A@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]"},
    {"a domain literal with a quote", "a@[\"]", NULL},
    {"a wildcard", "*@X", "*@x"},
    {"letters outside ASCII keep their case", "\xc3\x84@x", "\xc3\x84@x"},
    {"no domain", "a", NULL},
    {"no local part", "@x", NULL},
    {"nothing", "", NULL},
    {"a line end", "a\n@x", NULL},
    {"a tab", "\"a\tb\"@x", NULL},
};

static void check_keys(void)
{
    char *monster = text_format("%0400d@x", 0);
    struct text none = {0};

    for (size_t i = 0; i < LENGTH(keys); i++) {
        struct text key = {0};
        int rc = relocation_key(keys[i].address, &key);

        unit_int(keys[i].label, "result", rc, keys[i].key != NULL ? 0 : -1);
        if (keys[i].key != NULL)
            unit_str(keys[i].label, "key", text_str(&key), keys[i].key);
        text_free(&key);
    }
    unit_int("longer than any address", "result",
             relocation_key(monster, &none), -1);
    text_add(&none, "R");
    relocation_key("A@X", &none);
    unit_str("after something else", "key", none.s, "Ra@x");
    text_free(&none);
    free(monster);
}

/* ---- leading ---- */

/* Rows as a source has them: "KEY VALUE", a line each; "!" is an error. */
static int rows_get(const char *key, struct text *row, void *context,
                    char *error, size_t size)
{
    const char *const *rows = context;
    size_t n = strlen(key);
    const char *p = *rows;

    while (p != NULL && *p != '\0') {
        const char *end = p + strcspn(p, "\n");

        if (strncmp(p, key, n) == 0 && p[n] == ' ') {
            if (p[n + 1] == '!')
                return text_error(error, size, "no table today");
            text_addn(row, p + n + 1, (size_t)(end - p) - n - 1);
            return 1;
        }
        p = *end != '\0' ? end + 1 : end;
    }
    return 0;
}

static const char table[] = "a@old.example b@new.example 1795341600\n"
                            "case@old.example New.Case@New.Example\n"
                            "user@old.example user2@new.example\n"
                            "user+own@old.example own@new.example\n"
                            "stay@old.example *@new.example\n"
                            "space@old.example \"two words\"@new.example\n"
                            "\"two words\"@old.example space@new.example\n"
                            "*@whole.example *@new.example 7\n"
                            "named@whole.example n@new.example 8\n"
                            "*@one.example all@new.example\n"
                            "*@lost.example gone 9\n"
                            "g@old.example gone 10\n"
                            "c1@old.example c2@old.example 1\n"
                            "c2@old.example c3@old.example 2\n"
                            "c3@old.example c4@new.example 3\n"
                            "cg@old.example g@old.example 1\n"
                            "cw@old.example x+t@whole.example 1\n"
                            "me@old.example me@old.example\n"
                            "l1@old.example l2@old.example\n"
                            "l2@old.example L1@Old.Example\n"
                            "into@old.example l1@old.example\n"
                            "tag@old.example tag+x@old.example\n"
                            "bad@old.example nonsense\n"
                            "fail@old.example !\n"
                            "cfail@old.example fail@old.example\n";

static const struct {
    const char *label, *address;
    int rc;
    enum relocation_kind kind;
    const char *to, *row;
    int64_t time;
    bool loop;
    const char *extension; /* NULL: the default, "+" */
} leads[] = {
    {"no row", "x@old.example", 0, 0, NULL, NULL, 0, false, NULL},
    {"no address", "x", 0, 0, NULL, NULL, 0, false, NULL},
    {"nothing", "", 0, 0, NULL, NULL, 0, false, NULL},
    {"exact", "a@old.example", 1, RELOCATION_MOVED, "b@new.example",
     "a@old.example", WHEN_SECONDS, false, NULL},
    {"exact, in capitals", "A@OLD.example", 1, RELOCATION_MOVED,
     "b@new.example", "a@old.example", WHEN_SECONDS, false, NULL},
    {"exact, in quotes", "\"a\"@old.example", 1, RELOCATION_MOVED,
     "b@new.example", "a@old.example", WHEN_SECONDS, false, NULL},
    {"the new one's case", "case@old.example", 1, RELOCATION_MOVED,
     "New.Case@New.Example", "case@old.example", 0, false, NULL},
    {"an extension is kept", "user+tag@old.example", 1, RELOCATION_MOVED,
     "user2+tag@new.example", "user@old.example", 0, false, NULL},
    {"an extension in capitals", "User+TAG@old.example", 1, RELOCATION_MOVED,
     "user2+TAG@new.example", "user@old.example", 0, false, NULL},
    {"two extensions", "user+a+b@old.example", 1, RELOCATION_MOVED,
     "user2+a+b@new.example", "user@old.example", 0, false, NULL},
    {"an empty extension", "user+@old.example", 1, RELOCATION_MOVED,
     "user2+@new.example", "user@old.example", 0, false, NULL},
    {"a row of its own comes first", "user+own@old.example", 1,
     RELOCATION_MOVED, "own@new.example", "user+own@old.example", 0, false,
     NULL},
    {"another character", "user-tag@old.example", 0, 0, NULL, NULL, 0, false,
     NULL},
    {"another character, which is set", "user-tag@old.example", 1,
     RELOCATION_MOVED, "user2-tag@new.example", "user@old.example", 0, false,
     "-+"},
    {"extensions that are not set", "user+tag@old.example", 0, 0, NULL, NULL, 0,
     false, ""},
    {"a plus first begins none", "+user@old.example", 0, 0, NULL, NULL, 0,
     false, NULL},
    {"an extension in quotes that need not be", "\"user+tag\"@old.example", 1,
     RELOCATION_MOVED, "user2+tag@new.example", "user@old.example", 0, false,
     NULL},
    {"an extension of a quoted new one", "space+tag@old.example", 1,
     RELOCATION_MOVED, "\"two words+tag\"@new.example", "space@old.example", 0,
     false, NULL},
    {"quoted", "\"two words\"@old.example", 1, RELOCATION_MOVED,
     "space@new.example", "\"two words\"@old.example", 0, false, NULL},
    {"quoted, as Exim keeps it", "two words@old.example", 1, RELOCATION_MOVED,
     "space@new.example", "\"two words\"@old.example", 0, false, NULL},
    {"the local part is kept", "Stay@old.example", 1, RELOCATION_MOVED,
     "Stay@new.example", "stay@old.example", 0, false, NULL},
    {"the local part is kept with its extension", "stay+t@old.example", 1,
     RELOCATION_MOVED, "stay+t@new.example", "stay@old.example", 0, false,
     NULL},
    {"a whole domain", "Any.One@Whole.example", 1, RELOCATION_MOVED,
     "Any.One@new.example", "*@whole.example", 7, false, NULL},
    {"a whole domain, an extension", "any+t@whole.example", 1, RELOCATION_MOVED,
     "any+t@new.example", "*@whole.example", 7, false, NULL},
    {"a whole domain, quoted", "\"a b\"@whole.example", 1, RELOCATION_MOVED,
     "\"a b\"@new.example", "*@whole.example", 7, false, NULL},
    {"a whole domain, but for this one", "named@whole.example", 1,
     RELOCATION_MOVED, "n@new.example", "named@whole.example", 8, false, NULL},
    {"the extension comes before the wildcard", "named+t@whole.example", 1,
     RELOCATION_MOVED, "n+t@new.example", "named@whole.example", 8, false,
     NULL},
    {"a whole domain to one", "any@one.example", 1, RELOCATION_MOVED,
     "all@new.example", "*@one.example", 0, false, NULL},
    {"a domain below is another", "any@sub.whole.example", 0, 0, NULL, NULL, 0,
     false, NULL},
    {"gone", "G@old.example", 1, RELOCATION_GONE, "G@old.example",
     "g@old.example", 10, false, NULL},
    {"gone, an extension", "g+t@old.example", 1, RELOCATION_GONE,
     "g+t@old.example", "g@old.example", 10, false, NULL},
    {"gone, a whole domain", "any@lost.example", 1, RELOCATION_GONE,
     "any@lost.example", "*@lost.example", 9, false, NULL},
    {"a chain", "c1@old.example", 1, RELOCATION_MOVED, "c4@new.example",
     "c3@old.example", 3, false, NULL},
    {"a chain with an extension", "c1+t@old.example", 1, RELOCATION_MOVED,
     "c4+t@new.example", "c3@old.example", 3, false, NULL},
    {"a chain that ends in one gone", "cg@old.example", 1, RELOCATION_GONE,
     "g@old.example", "g@old.example", 10, false, NULL},
    {"a chain into a whole domain", "cw@old.example", 1, RELOCATION_MOVED,
     "x+t@new.example", "*@whole.example", 7, false, NULL},
    {"to itself", "me@old.example", 0, 0, NULL, NULL, 0, true, NULL},
    {"a loop", "l1@old.example", 0, 0, NULL, NULL, 0, true, NULL},
    {"into a loop", "into@old.example", 0, 0, NULL, NULL, 0, true, NULL},
    {"an extension that grows", "tag@old.example", 0, 0, NULL, NULL, 0, true,
     NULL},
    {"a row that is none", "bad@old.example", -1, 0, NULL, NULL, 0, false,
     NULL},
    {"a source that fails", "fail@old.example", -1, 0, NULL, NULL, 0, false,
     NULL},
    {"a source that fails on the way", "cfail@old.example", -1, 0, NULL, NULL,
     0, false, NULL},
};

static struct settings *set;

static void extension_set(const char *characters)
{
    struct text problems = {0};
    char *line = text_format("extension = %s", characters);

    unit_int(line, "problems", settings_read(set, line, &problems), 0);
    text_free(&problems);
    free(line);
}

static int lead(const char *rows, const char *address, struct relocation *r,
                char *error, size_t size)
{
    struct relocation_source source = {rows_get, &rows};

    return relocation_resolve(&source, set, address, r, error, size);
}

static void check_lead(size_t i, const struct relocation *r)
{
    unit_int(leads[i].label, "kind", r->kind, leads[i].kind);
    unit_int(leads[i].label, "loop", r->loop, leads[i].loop);
    if (leads[i].to == NULL || r->address == NULL) {
        unit_true(leads[i].label, r->address == NULL && leads[i].to == NULL);
        return;
    }
    unit_str(leads[i].label, "address", r->address, leads[i].to);
    unit_str(leads[i].label, "row", r->row, leads[i].row);
    unit_int(leads[i].label, "time", r->time, leads[i].time);
}

static void check_leads(void)
{
    for (size_t i = 0; i < LENGTH(leads); i++) {
        struct relocation r;
        char error[300] = "";
        int rc;

        if (leads[i].extension != NULL)
            extension_set(leads[i].extension);
        rc = lead(table, leads[i].address, &r, error, sizeof error);
        unit_int(leads[i].label, "result", rc, leads[i].rc);
        check_lead(i, &r);
        relocation_free(&r);
        if (leads[i].extension != NULL)
            extension_set("+");
    }
}

static void check_errors(void)
{
    struct relocation r;
    char error[300] = "";

    lead(table, "bad@old.example", &r, error, sizeof error);
    unit_has("a row that is none", "error", error, "the row of bad@old.exampl");
    unit_has("a row that is none", "error", error, "\"nonsense\"");
    relocation_free(&r);
    lead(table, "fail@old.example", &r, error, sizeof error);
    unit_str("a source that fails", "error", error, "no table today");
    relocation_free(&r);
}

/* A chain of so many rows: s1 -> s2 -> ... */
static int chain_lead(int count, struct relocation *r)
{
    struct text rows = {0};
    char error[300];
    int rc;

    for (int i = 1; i <= count; i++)
        text_addf(&rows, "s%d@x s%d@x\n", i, i + 1);
    rc = lead(text_str(&rows), "s1@x", r, error, sizeof error);
    text_free(&rows);
    return rc;
}

static void check_hops(void)
{
    struct relocation r;

    unit_int("a step less than the limit", "result",
             chain_lead(RELOCATION_HOPS - 1, &r), 1);
    unit_str("a step less than the limit", "address", r.address, "s20@x");
    relocation_free(&r);
    if (unit_int("as many steps as the limit", "result",
                 chain_lead(RELOCATION_HOPS, &r), 1))
        unit_str("as many steps as the limit", "address", r.address, "s21@x");
    relocation_free(&r);
    unit_int("far more steps", "result", chain_lead(RELOCATION_HOPS + 5, &r),
             0);
    unit_int("far more steps", "kind", r.kind, RELOCATION_NONE);
    unit_true("far more steps", r.loop);
    relocation_free(&r);
}

static const struct {
    const char *label;
    enum relocation_kind kind;
    int64_t time, when;
    bool expired;
} ages[] = {
    {"gone, young", RELOCATION_GONE, 1000, 1000 + 90 * 86400 - 1, false},
    {"gone, old", RELOCATION_GONE, 1000, 1000 + 90 * 86400 + 1, true},
    {"gone, no time", RELOCATION_GONE, 0, 1795341600, false},
    {"gone, ahead of the clock", RELOCATION_GONE, 2000, 1000, false},
    {"moved, old", RELOCATION_MOVED, 1000, 1795341600, false},
    {"none", RELOCATION_NONE, 1000, 1795341600, false},
};

static void check_ages(void)
{
    for (size_t i = 0; i < LENGTH(ages); i++) {
        struct relocation r = {.kind = ages[i].kind, .time = ages[i].time};

        unit_int(ages[i].label, "expired",
                 relocation_expired(&r, set, ages[i].when), ages[i].expired);
    }
}

int main(void)
{
    set = settings_new("/nowhere");
    check_sound();
    check_wrong();
    check_odd();
    check_fields();
    check_times();
    check_keys();
    check_leads();
    check_errors();
    check_hops();
    check_ages();
    settings_free(&set);
    return unit_end();
}
