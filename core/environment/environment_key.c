/* environment_key: whose row is whose. See environments.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "environments.h"
#include "relocation.h"
#include "server.h"

#define SERVER "server:"
#define ALL "*"

/* An address, "*"@example.org, that looks like all of a domain's: no row can
 * have it as its key. */
static bool wild(const char *address)
{
    return strncmp(address, ALL "@", 2) == 0;
}

/* Two addresses with a comma between are none; as RFC 5322 has it, what is
 * special stands in quotes. For all addresses of a domain, its name is the key.
 */
static int address_key(const char *key, struct text *out)
{
    const char *at = strrchr(key, '@');
    size_t from = out->len;
    bool right =
        *key == '"' || strcspn(key, ",;:<>()[]\\\"@") == (size_t)(at - key);
    if (!right || relocation_key(key, out) == -1)
        return -1;
    if (!wild(out->s + from))
        return 0;
    text_cut(out, from);
    return -1;
}

/* RFC 5321 4.1.2, with the underscore that some have and with UTF-8 (RFC 6531),
 * or the literal of an address. */
static bool domain_right(const char *s)
{
    size_t n = strlen(s), label = 0;
    if (n > 253 || *s == '.')
        return false;
    if (*s == '[')
        return n > 2 && s[n - 1] == ']' &&
               strspn(s + 1, "0123456789abcdefABCDEFiIpPvV.:") == n - 2;
    for (size_t step; *s; s += step) {
        unsigned char ch = (unsigned char)*s;
        step = text_utf8(s);
        bool dot = ch == '.';
        bool right = isalnum(ch) || strchr("-_", ch) || step > 1;
        label = dot ? 0 : label + step;
        if (dot ? s[1] == '.' || s[1] == 0 : !right || label > 63)
            return false;
    }
    return label > 0;
}

bool environments_domain(const char *key)
{
    return !strpbrk(key, "@*:[");
}

static void lower_add(const char *s, struct text *out)
{
    size_t from = out->len;
    text_add(out, s);
    for (; from < out->len; from++)
        out->s[from] = (char)tolower((unsigned char)out->s[from]);
}

static void server_add(const struct server *server, bool port, struct text *out)
{
    const char *key = server->key, *colon = strrchr(key, ':');
    size_t n = server->port && !port ? (size_t)(colon - key) : strlen(key);
    text_add(out, SERVER);
    text_addn(out, key, n);
}

/* As a list of servers has it: "smart1.example:25", "[2001:db8::1]". */
static int server_key(const char *server, struct text *out, char *error,
                      size_t size)
{
    struct server_list list;
    char *item = text_format("<;%s", server);
    int rc = server_list_parse(&list, item, error, size);
    if (rc == 0 && (list.count != 1 || list.servers[0].level != 0))
        rc = text_error(error, size,
                        "write " SERVER "HOST or " SERVER "HOST:PORT");
    if (rc == 0)
        server_add(&list.servers[0], true, out);
    server_list_free(&list);
    free(item);
    return rc;
}

static int key_error(const char *key, const char *why, char *error, size_t size)
{
    struct text shown = {0};
    char *whole = text_format("\"%.200s\"%s", key, why);
    text_printed(whole, &shown);
    text_error(error, size, "%s", shown.s);
    text_free(&shown);
    free(whole);
    return -1;
}

int environments_key(const char *key, struct text *out, char *error,
                     size_t size)
{
    char why[300] = ": ";
    bool address = strchr(key, '@');
    if (strcmp(key, ALL) == 0) {
        text_add(out, ALL);
        return 0;
    }
    if (address && address_key(key, out) == 0)
        return 0;
    if (!address && strncasecmp(key, SERVER, strlen(SERVER)) == 0)
        return server_key(key + strlen(SERVER), out, why + 2, sizeof why - 2) ==
                       0
                   ? 0
                   : key_error(key, why, error, size);
    if (!address && domain_right(key)) {
        lower_add(key, out);
        return 0;
    }
    return key_error(key,
                     " is no key: write an address, a domain, server:HOST, or "
                     "* for all",
                     error, size);
}

/* One that is there already is not added again. */
static void keys_add(struct environments_keys *k, const char *key)
{
    for (int i = 0; i < k->count; i++)
        if (strcmp(k->keys[i], key) == 0)
            return;
    k->keys[k->count++] = text_copy(key);
}

static void recipient_add(struct environments_keys *k, const char *recipient)
{
    struct text key = {0};
    if (relocation_key(recipient, &key) == 0) {
        const char *domain = strrchr(key.s, '@') + 1;
        if (!wild(key.s))
            keys_add(k, key.s);
        if (domain_right(domain))
            keys_add(k, domain);
    }
    text_free(&key);
}

void environments_keys(const char *recipient, const struct server_list *servers,
                       struct environments_keys *k)
{
    struct text key = {0};
    int count = servers ? servers->count : 0;
    *k = (struct environments_keys){
        .keys = text_alloc((2 * (size_t)count + 3) * sizeof *k->keys)};
    recipient_add(k, recipient);
    k->own = k->count;
    for (int i = 0; i < 2 * count; i++) {
        text_cut(&key, 0);
        server_add(&servers->servers[i / 2], i % 2 == 0, &key);
        keys_add(k, key.s);
    }
    keys_add(k, ALL);
    text_free(&key);
}

void environments_keys_free(struct environments_keys *k)
{
    for (int i = 0; i < k->count; i++)
        free(k->keys[i]);
    free(k->keys);
    *k = (struct environments_keys){0};
}
