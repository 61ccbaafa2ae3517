/* test_environments: keys, the table's rows, and what is said of a recipient.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environments.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

static struct settings *set;

/* ---- keys ---- */

#define LABEL63                                                                \
    "a23456789b123456789c123456789d123456789e123456789f123456789g123"

static const struct {
    const char *key, *want, *error;
} keys[] = {
    {"*", "*", ""},
    {"User@Example.ORG", "user@example.org", ""},
    {"\"user\"@example.org", "user@example.org", ""},
    {"\"two words\"@example.org", "\"two words\"@example.org", ""},
    {"two words@example.org", "\"two words\"@example.org", ""},
    {"a*b@example.org", "a*b@example.org", ""},
    {"user@[192.0.2.1]", "user@[192.0.2.1]", ""},
    {"Example.ORG", "example.org", ""},
    {"localhost", "localhost", ""},
    {"_under.example", "_under.example", ""},
    {"xn--mller-kva.example", "xn--mller-kva.example", ""},
    {"m\xc3\xbcller.example", "m\xc3\xbcller.example", ""},
    {LABEL63 ".example", LABEL63 ".example", ""},
    {"[192.0.2.1]", "[192.0.2.1]", ""},
    {"[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]", ""},
    {"server:Smart1.Example", "server:smart1.example", ""},
    {"SERVER:smart1.example:25", "server:smart1.example:25", ""},
    {"server:192.0.2.1", "server:192.0.2.1", ""},
    {"server:2001:DB8::1", "server:[2001:db8::1]", ""},
    {"server:[2001:db8::1]:25", "server:[2001:db8::1]:25", ""},
    {"server", "server", ""},
    {"", NULL, "\"\" is no key: write an address, a domain, server:HOST, or *"},
    {" ", NULL, "is no key"},
    {"user@", NULL, "is no key"},
    {"@example.org", NULL, "is no key"},
    {"*@example.org", NULL, "is no key"},
    {"\"*\"@example.org", NULL, "is no key"},
    {"a\033b.example", NULL, "a\\033b.example\" is no key"},
    {"server:a\001", NULL, "a\\001"},
    {"*.example.org", NULL, "is no key"},
    {"a@x.example,b@x.example", NULL, "is no key"},
    {"a\n@x.example", NULL, "is no key"},
    {"example.org.", NULL, "is no key"},
    {".example.org", NULL, "is no key"},
    {"a..example", NULL, "is no key"},
    {"a/b.example", NULL, "is no key"},
    {"a.example:25", NULL, "is no key"},
    {LABEL63 "4.example", NULL, "is no key"},
    {LABEL63 "." LABEL63 "." LABEL63 "." LABEL63, NULL, "is no key"},
    {"[]", NULL, "is no key"},
    {"[192.0.2.1", NULL, "is no key"},
    {"[x y]", NULL, "is no key"},
    {"server:", NULL, "\"server:\": "},
    {"server:a.example level=3", NULL, "write server:HOST"},
    {"server:a.example;b.example", NULL, "write server:HOST"},
    {"server:a.example:0", NULL, "port"},
    {"server:a@x.example", NULL, "is no key"},
};

static void check_keys(void)
{
    for (size_t i = 0; i < LENGTH(keys); i++) {
        struct text out = {0};
        char error[400] = "";
        int rc = environments_key(keys[i].key, &out, error, sizeof error);

        unit_int(keys[i].key, "result", rc, keys[i].want != NULL ? 0 : -1);
        unit_str(keys[i].key, "key", text_str(&out),
                 keys[i].want != NULL ? keys[i].want : "");
        unit_has(keys[i].key, "error", error, keys[i].error);
        if (rc == 0) {
            struct text again = {0};

            unit_int(keys[i].key, "the key's key",
                     environments_key(out.s, &again, error, sizeof error), 0);
            unit_str(keys[i].key, "the key's key", text_str(&again), out.s);
            text_free(&again);
        }
        text_free(&out);
    }
}

static const struct {
    const char *recipient, *servers;
    int own;
    const char *want;
} recipients[] = {
    {"User@X.example", NULL, 2, "user@x.example|x.example|*"},
    {"user@x.example", "Smart1.example", 2,
     "user@x.example|x.example|server:smart1.example|*"},
    {"user@x.example", "<;smart1.example:25", 2,
     "user@x.example|x.example|server:smart1.example:25|server:smart1.example|"
     "*"},
    {"user@x.example", "<;[2001:db8::1]:25", 2,
     "user@x.example|x.example|server:[2001:db8::1]:25|server:[2001:db8::1]|*"},
    {"user@x.example", "<;a.example:25;b.example;a.example:26 level=3", 2,
     "user@x.example|x.example|server:a.example:25|server:a.example|"
     "server:b.example|server:a.example:26|*"},
    {"user@x.example", "no server", 2, "user@x.example|x.example|*"},
    {"user@x.example", "", 2, "user@x.example|x.example|*"},
    {"two words@x.example", NULL, 2, "\"two words\"@x.example|x.example|*"},
    {"*@x.example", NULL, 1, "x.example|*"},
    {"\"server:x\"@x.example", NULL, 2, "\"server:x\"@x.example|x.example|*"},
    {"\"a@b\"@x.example", NULL, 2, "\"a@b\"@x.example|x.example|*"},
    {"user@[IPv6:2001:DB8::1]", NULL, 2,
     "user@[ipv6:2001:db8::1]|[ipv6:2001:db8::1]|*"},
    {"user", "smart1.example", 0, "server:smart1.example|*"},
    {"", NULL, 0, "*"},
};

/* What is no list has no server. */
static void keys_of(const char *recipient, const char *servers,
                    struct environments_keys *k)
{
    char error[300] = "";
    struct server_list list = {0};

    if (servers != NULL)
        server_list_parse(&list, servers, error, sizeof error);
    environments_keys(recipient, servers != NULL ? &list : NULL, k);
    server_list_free(&list);
}

static void check_recipients(void)
{
    for (size_t i = 0; i < LENGTH(recipients); i++) {
        struct environments_keys all;
        struct text out = {0};

        keys_of(recipients[i].recipient, recipients[i].servers, &all);
        for (int k = 0; k < all.count; k++) {
            char error[300] = "";
            struct text key = {0};

            unit_int(all.keys[k], "key",
                     environments_key(all.keys[k], &key, error, sizeof error),
                     0);
            unit_str(all.keys[k], "its key", text_str(&key), all.keys[k]);
            text_free(&key);
            text_addf(&out, "%s%s", k > 0 ? "|" : "", all.keys[k]);
        }
        unit_str(recipients[i].recipient, "keys", out.s, recipients[i].want);
        unit_int(recipients[i].recipient, "own", all.own, recipients[i].own);
        environments_keys_free(&all);
        text_free(&out);
    }
}

static void check_domains(void)
{
    unit_true("a domain", environments_domain("x.example"));
    unit_true("an address", !environments_domain("a@x.example"));
    unit_true("all", !environments_domain("*"));
    unit_true("a server", !environments_domain("server:x.example"));
    unit_true("a literal", !environments_domain("[192.0.2.1]"));
}

/* ---- rows ---- */

static struct table *begin(void)
{
    char error[300] = "";
    struct table *t = environments_begin(set, error, sizeof error);

    unit_str("begin", "error", error, "");
    if (t == NULL)
        exit(2);
    return t;
}

static void commit(struct table *t)
{
    char error[300] = "";

    unit_int("commit", "result", table_commit(&t, error, sizeof error), 0);
    unit_str("commit", "error", error, "");
}

static void put(struct table *t, const char *key, const char *line,
                int64_t time, const char *by)
{
    struct environments_row row = {ENVIRONMENT_NONE, time, text_copy(by)};
    char error[300] = "";

    environment_parse(&row.environment, line, TRUST_OURS, error, sizeof error);
    unit_str(line, "error", error, "");
    unit_int(key, "put", environments_put(t, key, &row, error, sizeof error),
             0);
    environments_row_free(&row);
}

static bool list_row(const char *key, const struct environments_row *row,
                     void *context)
{
    struct text *out = context;

    text_addf(out, "%s ", key);
    environment_format(&row->environment, out);
    text_addf(out, " %ld %s\n", (long)row->time, row->by);
    return strcmp(key, "stop.example") != 0;
}

static void check_list(const char *label, const char *want)
{
    char error[300] = "";
    struct text out = {0};
    struct table *t = environments_open(set, error, sizeof error);

    unit_int(label, "each",
             environments_each(t, list_row, &out, error, sizeof error), 0);
    unit_str(label, "error", error, "");
    unit_str(label, "rows", text_str(&out), want);
    text_free(&out);
    table_close(&t);
}

static void check_none(void)
{
    char error[300] = "x";
    struct environments_row row;
    struct table *t = environments_open(set, error, sizeof error);

    unit_true("no table", t == NULL);
    unit_str("no table", "error", error, "");
    check_list("no table", "");
    unit_int("no table", "get",
             environments_get(t, "x.example", &row, error, sizeof error), 0);
    environments_row_free(&row);
    unit_int("no table", "files", files_like(scratch, "environments*"), 0);
}

static void check_puts(void)
{
    struct environments_row row;
    struct table *t = begin();
    char error[300] = "";

    put(t, "X.example", "size=1M", 5, "jane");
    put(t, "a@X.example", "size=2M compress=zip", 6, "a b\tc\nd");
    put(t, "*", "", 0, "");
    put(t, "server:s.example:25", "gain=3", 7, "x");
    put(t, "x.example", "size=3M", 8, "joe");
    commit(t);
    check_list("rows", "*  0 \n"
                       "a@x.example size=2M compress=zip 6 a b?c?d\n"
                       "server:s.example:25 gain=3 7 x\n"
                       "x.example size=3M 8 joe\n");
    t = begin();
    unit_int("remove", "result",
             environments_remove(t, "A@x.example", error, sizeof error), 1);
    unit_int("remove again", "result",
             environments_remove(t, "A@x.example", error, sizeof error), 0);
    unit_int("remove what is no key", "result",
             environments_remove(t, "a b", error, sizeof error), -1);
    unit_has("remove what is no key", "error", error, "is no key");
    put(t, "stop.example", "", 1, "-");
    commit(t);
    check_list("until it is stopped", "*  0 \nserver:s.example:25 gain=3 7 x\n"
                                      "stop.example  1 -\n");
    t = environments_open(set, error, sizeof error);
    unit_int("get", "result",
             environments_get(t, "X.EXAMPLE", &row, error, sizeof error), 1);
    unit_true("get", row.environment.size == 3 << 20 && row.time == 8);
    unit_str("get", "by", row.by, "joe");
    environments_row_free(&row);
    unit_int("get what is no key", "result",
             environments_get(t, "a b", &row, error, sizeof error), -1);
    environments_row_free(&row);
    table_close(&t);
}

/* ---- what is said of a recipient ---- */

static const char *const said[][2] = {
    {"*", "size=100M gain=1"},
    {"server:smart1.example", "size=50M join=files"},
    {"server:smart2.example:25", "size=40M"},
    {"server:smart2.example", "size=45M nothing=send"},
    {"x.example", "compress=zip order=split"},
    {"a@x.example", "compress=none size=5M"},
    {"\"two words\"@x.example", "archive=one"},
    {"a*b@x.example", "archive=one"},
};

static const struct {
    const char *recipient, *servers, *first, *want;
} fills[] = {
    {"z@y.example", NULL, "", "size=100M gain=1"},
    {"z@x.example", NULL, "", "size=100M compress=zip order=split gain=1"},
    {"A@X.Example", NULL, "", "size=5M compress=none order=split gain=1"},
    {"a@x.example", "smart1.example", "",
     "size=5M compress=none join=files order=split gain=1"},
    {"z@y.example", "<;smart1.example:25", "", "size=50M join=files gain=1"},
    {"z@y.example", "<;smart2.example:25", "", "size=40M gain=1 nothing=send"},
    {"z@y.example", "<;smart2.example:26", "", "size=45M gain=1 nothing=send"},
    {"z@y.example", "smart1.example:smart2.example", "",
     "size=50M join=files gain=1 nothing=send"},
    {"z@y.example", "smart3.example:smart2.example", "",
     "size=45M gain=1 nothing=send"},
    {"a@sub.x.example", NULL, "", "size=100M gain=1"},
    {"two words@x.example", NULL, "size=none",
     "size=none compress=zip archive=one order=split gain=1"},
    {"a*b@x.example", NULL, "size=none",
     "size=none compress=zip archive=one order=split gain=1"},
    {"no address", "smart1.example", "", "size=50M join=files gain=1"},
    {"a@x.example", NULL, "size=1M encrypt=pgp:k",
     "size=1M compress=none encrypt=pgp:k order=split gain=1"},
};

static int fill(struct table *t, const char *recipient, const char *servers,
                struct environment *e, char *error, size_t size)
{
    struct environments_keys k;

    keys_of(recipient, servers, &k);
    int rc = environments_fill(t, &k, 0, k.count, e, error, size);
    environments_keys_free(&k);
    return rc;
}

static void check_fill(struct table *t, size_t i)
{
    struct environment e = ENVIRONMENT_NONE;
    struct text out = {0};
    char error[300] = "";

    environment_parse(&e, fills[i].first, TRUST_OURS, error, sizeof error);
    unit_int(
        fills[i].recipient, "fill",
        fill(t, fills[i].recipient, fills[i].servers, &e, error, sizeof error),
        0);
    unit_str(fills[i].recipient, "error", error, "");
    environment_format(&e, &out);
    unit_str(fills[i].recipient, "row", out.s,
             t != NULL ? fills[i].want : fills[i].first);
    text_free(&out);
    environment_free(&e);
}

static void check_fills(void)
{
    char error[300] = "";
    struct table *t = environments_begin_empty(set, error, sizeof error);

    for (size_t i = 0; i < LENGTH(said); i++)
        put(t, said[i][0], said[i][1], 0, "");
    commit(t);
    t = environments_open(set, error, sizeof error);
    for (size_t i = 0; i < LENGTH(fills); i++)
        check_fill(t, i);
    table_close(&t);
    for (size_t i = 0; i < LENGTH(fills); i++)
        check_fill(NULL, i);
}

/* ---- what is damaged ---- */

/* A row that nobody of ours has written. */
static void check_bad_row(void)
{
    char error[300] = "";
    struct environment e = ENVIRONMENT_NONE;
    struct text out = {0};
    struct table *t = begin();

    table_put(t, "x.example", "size=none\n speed=fast", error, sizeof error);
    table_put(t, "bare.example", "size=1M", error, sizeof error);
    table_put(t, "odd.example", "size=1M\tmonday", error, sizeof error);
    unit_int("a bad row", "fill",
             fill(t, "q@x.example", NULL, &e, error, sizeof error), -1);
    unit_has("a bad row", "error", error,
             "the row of x.example: \"speed\" is no field");
    unit_int("rows without a time", "fill",
             fill(t, "q@bare.example", NULL, &e, error, sizeof error) |
                 fill(t, "q@odd.example", NULL, &e, error, sizeof error),
             0);
    error[0] = '\0';
    unit_int("a bad row", "each",
             environments_each(t, list_row, &out, error, sizeof error), -1);
    unit_has("a bad row", "error", error, "the row of x.example");
    unit_has("rows without a time", "rows", text_str(&out),
             "bare.example size=1M 0 \n");
    unit_has("rows without a time", "rows", text_str(&out),
             "odd.example size=1M 0 monday\n");
    text_free(&out);
    environment_free(&e);
    table_abort(&t);
}

static void check_damage(void)
{
    char *path = scratch_path("environments.db"), error[300] = "";
    struct table *t = begin();

    put(t, "last.example", "size=1M", 0, "");
    commit(t);
    file_put_text(path, "this is no database");
    t = environments_open(set, error, sizeof error);
    unit_true("damaged", t == NULL);
    unit_has("damaged", "error", error, path);
    unit_has("damaged", "error", error, "outrider environment recover");
    unit_true("damaged: another table", !strstr(error, "relocation"));
    unit_int("damaged", "recover",
             environments_recover(set, error, sizeof error), 1);
    unit_int("sound", "recover", environments_recover(set, error, sizeof error),
             0);
    t = environments_open(set, error, sizeof error);
    unit_true("sound", t != NULL);
    table_close(&t);
    free(path);
}

/* Each table names the commands that mend it, damaged or missing. */
static void check_ways(void)
{
    static const struct {
        const char *name, *way;
    } rows[] = {
        {"relocations.db", "): outrider relocation recover, or outrider "
                           "relocation import --replace ("},
        {"environments.db", "): outrider environment recover, or outrider "
                            "environment import --replace ("},
        {"attributes.db", "): outrider attribute import --replace ("},
        {"other.db", "): import an export with --replace ("},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *name = rows[i].name;
        char *path = scratch_path(name), *lock = text_format("%s.lock", path);
        char error[300] = "";

        file_put_text(path, "this is no database");
        unit_true(name, table_open(path, error, sizeof error) == NULL);
        unit_has(name, "damaged", error, rows[i].way);
        unlink(path);
        file_put_text(lock, "1");
        unit_true(name, table_open(path, error, sizeof error) == NULL);
        unit_has(name, "missing", error, rows[i].way + 1);
        unlink(lock);
        free(lock);
        free(path);
    }
}

int main(void)
{
    int fds;

    scratch_begin();
    set = settings_new(scratch);
    free(set->state);
    set->state = text_copy(scratch);
    check_keys();
    check_recipients();
    check_domains();
    check_none();
    fds = descriptors_open();
    check_puts();
    check_fills();
    check_bad_row();
    check_damage();
    check_ways();
    unit_int("all closed", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
