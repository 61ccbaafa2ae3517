/* server: the ordered list of smarthosts.
 *
 * Called by: choice, router, tools.
 * Memory: server_list_free() frees what server_list_parse() filled in.
 * Fails: server_list_parse() with a text that names the item to mend.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SERVER_H
#define OUTRIDER_SERVER_H

#include <stddef.h>

#define SERVER_KEY_MAX 128 /* bytes of a key, its end included */
#define SERVER_LIST_MAX 64 /* servers in one list */

struct server {
    char *key;  /* as it stands in logs and state: "smart1.example:25",
                   "192.0.2.1:2525", "[2001:db8::1]:25"; lower case; without
                   ":port" where the list names none */
    char *host; /* name or address, without brackets */
    int port;   /* 1 to 65535, 0 where the list names none */
    int level;  /* least authority level of a sender, 0 to 1000000 */
};

struct server_list {
    struct server *servers;
    int count;
};

/* An Exim list; each item is HOST, HOST:PORT, [IPv6]:PORT or IPv6, and may be
 * followed by white space and level=N. 0, or -1 with error[] (then the list
 * is empty); a list with no item is an error too. */
int server_list_parse(struct server_list *l, const char *text, char *error,
                      size_t size);
void server_list_free(struct server_list *l);
/* NULL when the list has no such server. */
const struct server *server_list_find(const struct server_list *l,
                                      const char *key);

/* The one server as a host list for manualroute's route_data. */
char *server_route(const struct server *s);

#endif
