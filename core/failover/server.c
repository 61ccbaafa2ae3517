/* server: the ordered list of smarthosts. See server.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define LEVEL_MAX 1000000

/* A decimal number from min to max and nothing else: 1 found, 0 not. */
static int number_parse(const char *s, long min, long max, int *value)
{
    char *end;
    if (!isdigit((unsigned char)*s))
        return 0;
    long n = strtol(s, &end, 10);
    if (*end || n < min || n > max)
        return 0;
    *value = (int)n;
    return 1;
}

static bool is_ipv6(const char *s)
{
    struct in6_addr a;
    return inet_pton(AF_INET6, s, &a) == 1;
}

static bool is_ipv4_or_name(const char *s)
{
    struct in_addr a;
    if (inet_pton(AF_INET, s, &a) == 1)
        return true;
    size_t n = strlen(s);
    if (n == 0 || n > 100 || s[0] == '.' || s[0] == '-')
        return false;
    if (strspn(s, "0123456789.") == n)
        return false; /* neither an address nor a name: 127.0.0, 2525 */
    return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == n;
}

static const char *server_split(char *item, char **port)
{
    *port = NULL;
    if (item[0] == '[') {
        char *end = strchr(item, ']');
        if (!end)
            return "the bracket [ is not closed";
        *end = 0;
        if (end[1] == ':')
            *port = end + 2;
        else if (end[1])
            return "after ] comes :PORT or nothing";
        memmove(item, item + 1, strlen(item));
        return NULL;
    }
    if (is_ipv6(item))
        return NULL;
    char *colon = strrchr(item, ':');
    if (!colon)
        return NULL;
    *colon = 0;
    *port = colon + 1;
    return NULL;
}

static const char *server_address(struct server *s, char *item)
{
    char *port;
    for (char *p = item; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    const char *why = server_split(item, &port);
    if (why)
        return why;
    if (port && !number_parse(port, 1, 65535, &s->port))
        return "the port is a number from 1 to 65535";
    bool v6 = is_ipv6(item);
    if (!v6 && number_parse(item, 0, 65535, &(int){0}))
        return "this is a number, not a host: in a list that is separated by "
               "colons a port is written HOST::PORT, or start the list with "
               "<; and separate by semicolons";
    if (!v6 && !is_ipv4_or_name(item))
        return "this is neither a host name nor an IP address (IPv6 with a "
               "port is [ADDRESS]:PORT, in a list that starts with <;)";
    s->host = text_copy(item);
    struct text key = {0};
    text_addf(&key, v6 ? "[%s]" : "%s", item);
    if (s->port)
        text_addf(&key, ":%d", s->port);
    s->key = key.s;
    return strlen(s->key) < SERVER_KEY_MAX ? NULL : "the name is too long";
}

static const char *server_options(struct server *s, char *options)
{
    char *save = NULL;
    for (char *word = strtok_r(options, " \t", &save); word;
         word = strtok_r(NULL, " \t", &save)) {
        if (strncmp(word, "level=", 6) != 0)
            return "after the server only level=N may stand";
        if (!number_parse(word + 6, 0, LEVEL_MAX, &s->level))
            return "level is a number from 0 to 1000000";
    }
    return NULL;
}

static const char *server_parse(struct server *s, char *item)
{
    char *space = item + strcspn(item, " \t");
    char *options = space;
    if (*space) {
        *space = 0;
        options = space + 1;
    }
    const char *why = server_address(s, item);
    return why ? why : server_options(s, options);
}

int server_list_parse(struct server_list *l, const char *list, char *error,
                      size_t size)
{
    struct text item = {0};
    const char *why = NULL;
    char sep = 0;
    *l = (struct server_list){0};
    l->servers = text_alloc(SERVER_LIST_MAX * sizeof *l->servers);
    while (!why && list_next(&list, &sep, &item)) {
        if (item.len == 0)
            continue;
        char *copy = text_copy(item.s);
        if (l->count == SERVER_LIST_MAX)
            why = "this is one server too many: a list holds 64";
        else
            why = server_parse(&l->servers[l->count++], copy);
        if (!why && server_list_find(l, l->servers[l->count - 1].key) !=
                        &l->servers[l->count - 1])
            why = "this server is in the list twice";
        free(copy);
    }
    if (why)
        text_error(error, size, "server list, item \"%s\": %s", item.s, why);
    else if (l->count == 0)
        text_error(error, size, "the server list is empty");
    text_free(&item);
    if (!why && l->count > 0)
        return 0;
    server_list_free(l);
    return -1;
}

void server_list_free(struct server_list *l)
{
    for (int i = 0; i < l->count; i++) {
        free(l->servers[i].key);
        free(l->servers[i].host);
    }
    free(l->servers);
    *l = (struct server_list){0};
}

const struct server *server_list_find(const struct server_list *l,
                                      const char *key)
{
    for (int i = 0; i < l->count; i++)
        if (strcmp(l->servers[i].key, key) == 0)
            return &l->servers[i];
    return NULL;
}

/* "<;" keeps the colons of a port and of IPv6 out of Exim's list syntax; no
 * white space, so that it is one word of route_data. */
char *server_route(const struct server *s)
{
    return text_format("<;%s", s->key);
}
