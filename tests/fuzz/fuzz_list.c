/* fuzz_list: Exim lists, and server lists made of them.
 *
 * A list that is taken names each server once, keeps its limits, and is read
 * again from the routes that it gave.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "server.h"
#include "text.h"

static void check_server(const struct server_list *l, const struct server *s)
{
    struct server_list again;
    char error[300], *route = server_route(s);

    FUZZ_ASSERT(server_list_find(l, s->key) == s);
    FUZZ_ASSERT(s->level >= 0 && s->port >= 0 && s->port <= 65535);
    FUZZ_ASSERT(strlen(s->key) < SERVER_KEY_MAX);
    FUZZ_ASSERT(server_list_parse(&again, route, error, sizeof error) == 0);
    FUZZ_ASSERT(again.count == 1 && strcmp(again.servers[0].key, s->key) == 0);
    server_list_free(&again);
    free(route);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), error[300], sep = 0;
    const char *list = text;
    struct text item = {0};
    struct server_list servers;

    for (size_t items = 0; list_next(&list, &sep, &item); items++)
        FUZZ_ASSERT(items <= size && strlen(item.s) == item.len);
    text_free(&item);
    if (server_list_parse(&servers, text, error, sizeof error) == 0)
        FUZZ_ASSERT(servers.count > 0 && servers.count <= SERVER_LIST_MAX);
    else
        FUZZ_ASSERT(servers.count == 0 && error[0] != '\0');
    for (int i = 0; i < servers.count; i++)
        check_server(&servers, &servers.servers[i]);
    server_list_free(&servers);
    free(text);
    return 0;
}
