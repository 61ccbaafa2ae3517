/* fuzz_attribute: attribute addresses and lists of members from hostile bytes.
 *
 * What is before the first NUL is a local part, the rest a lookup's value.
 * Only NAME=VALUE in lower case is asked for; members are keys, in order, each
 * once; one attribute more makes them no more; and addresses that were listed
 * are the members.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "attribute.h"
#include "relocation.h"

struct values {
    const char *all, *odd; /* every value; that of each second question */
    int asked;
};

static int get(const char *pair, struct text *addresses, void *context,
               char *error, size_t size)
{
    struct values *v = context;
    const char *equals = strchr(pair, '=');

    (void)error;
    (void)size;
    FUZZ_ASSERT(equals != NULL && equals > pair && equals[1] != '\0');
    FUZZ_ASSERT(strpbrk(pair, "+@\t\n ") == NULL);
    for (const char *p = pair; *p != '\0'; p++)
        FUZZ_ASSERT(*p < 'A' || *p > 'Z');
    text_add(addresses, v->asked++ % 2 == 1 ? v->odd : v->all);
    return 1;
}

static int members_of(const char *address, struct values *v, struct members *m)
{
    struct attribute_source source = {get, v};
    char error[300] = "";
    int rc;

    v->asked = 0;
    rc = attribute_members(&source, address, m, error, sizeof error);
    FUZZ_ASSERT(rc == (m->count > 0));
    FUZZ_ASSERT((rc == 0) == (error[0] != '\0'));
    return rc;
}

static bool member_is(const struct members *m, const char *address)
{
    for (int i = 0; i < m->count; i++)
        if (strcmp(m->list[i], address) == 0)
            return true;
    return false;
}

static void members_check(const struct members *m)
{
    for (int i = 0; i < m->count; i++) {
        struct text key = {0};

        FUZZ_ASSERT(relocation_key(m->list[i], &key) == 0);
        FUZZ_ASSERT(strcmp(key.s, m->list[i]) == 0);
        FUZZ_ASSERT(i == 0 || strcmp(m->list[i - 1], m->list[i]) < 0);
        text_free(&key);
    }
}

static void check_narrower(const char *value)
{
    struct values v = {value, value + strlen(value) / 2, 0};
    struct members one, both;

    members_of("a=b@x.example", &v, &one);
    members_of("a=b+c=d@x.example", &v, &both);
    members_check(&one);
    members_check(&both);
    for (int i = 0; i < both.count; i++)
        FUZZ_ASSERT(member_is(&one, both.list[i]));
    members_free(&one);
    members_free(&both);
}

/* Any address may stand in a list, and nothing else comes out. */
static void check_listed(const char *value)
{
    struct text list = {0}, key = {0};
    char *at = text_format("%s@x.example", value);
    struct values v;
    struct members m;

    if (relocation_key(at, &key) == 0) {
        text_addf(&list, "z@y.example, %s\n%s a@y.example", key.s, key.s);
        v = (struct values){list.s, list.s, 0};
        members_of("a=b@x.example", &v, &m);
        FUZZ_ASSERT(member_is(&m, key.s) && member_is(&m, "z@y.example"));
        FUZZ_ASSERT(member_is(&m, "a@y.example"));
        FUZZ_ASSERT(m.count == 2 + (strcmp(key.s, "z@y.example") != 0 &&
                                    strcmp(key.s, "a@y.example") != 0));
        members_free(&m);
    }
    text_free(&list);
    text_free(&key);
    free(at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *local = fuzz_text(data, size);
    char *value = local + strlen(local) + (strlen(local) < size);
    char *address = text_format("%s@attributes.example", local);
    struct values v = {value, value, 0};
    struct members m;

    members_of(address, &v, &m);
    members_check(&m);
    members_free(&m);
    members_of(local, &v, &m);
    members_free(&m);
    check_narrower(value);
    check_listed(value);
    free(address);
    free(local);
    return 0;
}
