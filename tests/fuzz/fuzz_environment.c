/* fuzz_environment: rows of what a destination can receive, keys, and the mail
 * form, from hostile bytes.
 *
 * What is printed reads as the same again; what is published yields no key, no
 * file and no leave of ours; no size is below the smallest. A key is its own
 * key, and the most specific one of a recipient who is one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "environment_form.h"
#include "environment_zone.h"
#include "environments.h"

static void error_check(const char *error, int rc)
{
    FUZZ_ASSERT((rc == -1) == (error[0] != '\0'));
    for (; *error != '\0'; error++)
        FUZZ_ASSERT((unsigned char)*error >= ' ' &&
                    (unsigned char)*error < 127);
}

static int parse(struct environment *e, const char *row, enum trust trust)
{
    char error[300] = "";
    int rc = environment_parse(e, row, trust, error, sizeof error);

    error_check(error, rc);
    return rc;
}

static void row_check(const struct environment *e)
{
    FUZZ_ASSERT(e->size == ENVIRONMENT_NO_LIMIT ||
                e->size >= ENVIRONMENT_SIZE_MIN);
    FUZZ_ASSERT(e->gain >= 0 && e->gain <= 99);
    FUZZ_ASSERT(e->packing_count >= 0 && e->packing_count <= PACKING_COUNT);
    FUZZ_ASSERT(e->joining_count >= 0 && e->joining_count <= JOINING_COUNT);
    FUZZ_ASSERT((e->encrypt == CIPHER_NONE) == (e->encrypt_key == NULL));
    FUZZ_ASSERT((e->decrypt == CIPHER_SMIME) == (e->decrypt_key != NULL));
    FUZZ_ASSERT(e->encrypt != CIPHER_SMIME || e->encrypt_key[0] == '/');
    FUZZ_ASSERT(e->said != 0 || (e->size == 0 && e->gain == 10));
}

/* The same fields, said twice over. */
static void check_again(const struct environment *e)
{
    struct environment again = ENVIRONMENT_NONE;
    struct text one = {0}, two = {0};

    environment_format(e, &one);
    FUZZ_ASSERT(strpbrk(one.s, "\t\r\n") == NULL);
    FUZZ_ASSERT(parse(&again, one.s, TRUST_OURS) == 0);
    environment_format(&again, &two);
    FUZZ_ASSERT(strcmp(one.s, two.s) == 0 && again.said == e->said);
    FUZZ_ASSERT(parse(&again, one.s, TRUST_OURS) == 0);
    environment_drop(&again, SAID_ALL & ~SAID_PUBLISHED);
    text_cut(&two, 0);
    environment_format(&again, &two);
    environment_free(&again);
    FUZZ_ASSERT(parse(&again, two.s, TRUST_PUBLISHED) == 0);
    environment_free(&again);
    text_free(&one);
    text_free(&two);
}

static void check_published(const char *row, int ours)
{
    struct environment e = ENVIRONMENT_NONE;
    int rc = parse(&e, row, TRUST_PUBLISHED);

    FUZZ_ASSERT(rc == -1 || ours == 0);
    FUZZ_ASSERT(e.encrypt == CIPHER_NONE && e.decrypt == CIPHER_NONE);
    FUZZ_ASSERT(e.encrypt_key == NULL && e.decrypt_key == NULL);
    FUZZ_ASSERT(!e.clear && !e.send_anyhow);
    FUZZ_ASSERT((e.said & ~(unsigned)SAID_PUBLISHED) == 0);
    environment_free(&e);
}

/* `more` keeps what it says, and has all that one of the two says. */
static void check_filled(const struct environment *more, const char *row)
{
    struct environment filled = ENVIRONMENT_NONE, less = ENVIRONMENT_NONE;
    struct text had = {0}, has = {0};

    environment_format(more, &had);
    environment_fill(&filled, more);
    parse(&less, row, TRUST_OURS);
    environment_fill(&filled, &less);
    FUZZ_ASSERT(filled.said == (more->said | less.said));
    environment_drop(&filled, less.said & ~more->said);
    environment_format(&filled, &has);
    FUZZ_ASSERT(strcmp(had.s, has.s) == 0);
    environment_free(&filled);
    environment_free(&less);
    text_free(&had);
    text_free(&has);
}

static void check_key(const char *key)
{
    struct text one = {0}, two = {0};
    char error[400] = "";
    struct server_list servers = {0};
    struct environments_keys k;

    int rc = environments_key(key, &one, error, sizeof error);
    error_check(error, rc);
    if (rc == 0) {
        FUZZ_ASSERT((unsigned char)*one.s > ' ' && strlen(one.s) <= TABLE_KEY);
        FUZZ_ASSERT(environments_key(one.s, &two, error, sizeof error) == 0);
        FUZZ_ASSERT(strcmp(one.s, two.s) == 0);
    }
    server_list_parse(&servers, key, error, sizeof error);
    environments_keys(key, &servers, &k);
    FUZZ_ASSERT(k.own <= 2 && k.own < k.count);
    FUZZ_ASSERT(k.count <= k.own + 2 * servers.count + 1);
    FUZZ_ASSERT(strcmp(k.keys[k.count - 1], "*") == 0);
    if (one.s != NULL && strchr(one.s, '@') != NULL)
        FUZZ_ASSERT(strcmp(k.keys[0], one.s) == 0);
    for (int i = 0; i < k.count; i++) {
        text_cut(&two, 0);
        FUZZ_ASSERT(environments_key(k.keys[i], &two, error, sizeof error) ==
                    0);
        FUZZ_ASSERT(strcmp(k.keys[i], two.s) == 0);
        FUZZ_ASSERT(i == 0 || strcmp(k.keys[i], k.keys[i - 1]) != 0);
    }
    environments_keys_free(&k);
    server_list_free(&servers);
    text_free(&one);
    text_free(&two);
}

static void check_form(const char *text)
{
    struct environment_form f;

    environment_form_read(text, &f);
    FUZZ_ASSERT((f.environment.said & ~(unsigned)SAID_PUBLISHED) == 0);
    FUZZ_ASSERT((f.kind == FORM_SET) == (f.environment.said != 0));
    FUZZ_ASSERT((f.kind == FORM_WRONG) == (f.line != NULL));
    if (f.kind == FORM_WRONG) {
        error_check(f.line, -1);
        error_check(f.error, -1);
    }
    row_check(&f.environment);
    environment_form_free(&f);
}

/* The strings of a record put together are the row. */
static void check_zone(const struct environment *e, const char *text)
{
    struct text zone = {0};

    if (environment_zone("x.example", e, &zone) == 0)
        FUZZ_ASSERT(strchr(zone.s, '\n') == zone.s + zone.len - 1);
    text_cut(&zone, 0);
    environment_zone_strings(text, &zone);
    for (const char *p = zone.s; *p != '\0'; p++)
        FUZZ_ASSERT((unsigned char)*p >= ' ' && (unsigned char)*p < 127);
    FUZZ_ASSERT(zone.len >= strlen(text) + 2);
    text_free(&zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *row = fuzz_text(data, size);
    char *other = row + strlen(row) + (strlen(row) < size);
    struct environment e = ENVIRONMENT_NONE;
    int rc = parse(&e, row, TRUST_OURS);

    row_check(&e);
    FUZZ_ASSERT(rc == 0 || e.said == 0);
    check_again(&e);
    check_published(row, rc);
    check_filled(&e, other);
    check_key(other);
    check_form(row);
    check_zone(&e, other);
    environment_free(&e);
    free(row);
    return 0;
}
