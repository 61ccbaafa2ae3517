/* test_server: lists of smarthosts, legal and not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "server.h"
#include "text.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define NAME_100                                                               \
    "a123456789a123456789a123456789a123456789a123456789"                       \
    "a123456789a123456789a123456789a123456789a123456789"

static const struct {
    const char *label, *list;
    const char *want; /* each as KEY|HOST|PORT|LEVEL and a space */
} legal[] = {
    {.label = "a name",
     .list = "smart1.example",
     .want = "smart1.example|smart1.example|0|0 "},
    {.label = "names in order",
     .list = "b.example : a.example",
     .want = "b.example|b.example|0|0 a.example|a.example|0|0 "},
    {.label = "a name with a port, doubled colon",
     .list = "smart1.example::587 : smart2.example",
     .want = "smart1.example:587|smart1.example|587|0 "
             "smart2.example|smart2.example|0|0 "},
    {.label = "a name with a port, semicolons",
     .list = "<; smart1.example:587; smart2.example:25",
     .want = "smart1.example:587|smart1.example|587|0 "
             "smart2.example:25|smart2.example|25|0 "},
    {.label = "capitals",
     .list = "Smart1.EXAMPLE",
     .want = "smart1.example|smart1.example|0|0 "},
    {.label = "one label",
     .list = "localhost",
     .want = "localhost|localhost"
             "|0|0 "},
    {.label = "a name of digits and letters",
     .list = "1and1.example",
     .want = "1and1.example|1and1.example|0|0 "},
    {.label = "underscore and hyphen",
     .list = "a_b-c.example",
     .want = "a_b-c.example|a_b-c.example|0|0 "},
    {.label = "IPv4", .list = "192.0.2.1", .want = "192.0.2.1|192.0.2.1|0|0 "},
    {.label = "IPv4 with a port",
     .list = "<; 192.0.2.1:2525",
     .want = "192.0.2.1:2525|192.0.2.1|2525|0 "},
    {.label = "IPv6 bare",
     .list = "<; 2001:db8::1",
     .want = "[2001:db8::1]|2001:db8::1|0|0 "},
    {.label = "IPv6 in brackets",
     .list = "<; [2001:DB8::1]",
     .want = "[2001:db8::1]|2001:db8::1|0|0 "},
    {.label = "IPv6 with a port",
     .list = "<; [2001:db8::1]:25",
     .want = "[2001:db8::1]:25|2001:db8::1|25|0 "},
    {.label = "IPv6, colons doubled",
     .list = "[2001::db8::::1]::25 : a.example",
     .want = "[2001:db8::1]:25|2001:db8::1|25|0 a.example|a.example|0|0 "},
    {.label = "IPv4 in IPv6",
     .list = "<; ::ffff:192.0.2.1",
     .want = "[::ffff:192.0.2.1]|::ffff:192.0.2.1|0|0 "},
    {.label = "least and greatest port",
     .list = "<; a:1; b:65535",
     .want = "a:1|a|1|0 b:65535|b|65535|0 "},
    {.label = "a level",
     .list = "a.example level=5 : b.example\tlevel=1000000",
     .want = "a.example|a.example|0|5 b.example|b.example|0|1000000 "},
    {.label = "a level and a port",
     .list = "<; a.example:25   level=0",
     .want = "a.example:25|a.example|25|0 "},
    {.label = "the same host, other ports",
     .list = "<; a; a:25; a:26",
     .want = "a|a|0|0 a:25|a|25|0 a:26|a|26|0 "},
    {.label = "empty items",
     .list = ": a.example : : b.example :",
     .want = "a.example|a.example|0|0 b.example|b.example|0|0 "},
    {.label = "line ends, one empty line",
     .list = "<\n a.example\n\nb.example level=2\n",
     .want = "a.example|a.example|0|0 b.example|b.example|0|2 "},
    {.label = "a name of 100 characters",
     .list = NAME_100,
     .want = NAME_100 "|" NAME_100 "|0|0 "},
};

static const struct {
    const char *label, *list;
    const char *item, *mend; /* both in the error text */
} illegal[] = {
    {.label = "nothing", .list = "", .mend = "the server list is empty"},
    {.label = "spaces", .list = "  ", .mend = "the server list is empty"},
    {.label = "empty items alone",
     .list = ": :",
     .mend = "the server list is empty"},
    {.label = "port 0",
     .list = "<; a.example; b.example:0",
     .item = "\"b.example:0\"",
     .mend = "the port is a number from 1 to 65535"},
    {.label = "port too great",
     .list = "<; a.example:65536",
     .item = "\"a.example:65536\"",
     .mend = "the port is a number from 1 to 65535"},
    {.label = "port beyond any number",
     .list = "<; a.example:99999999999999999999",
     .item = "\"a.example:99999999999999999999\"",
     .mend = "1 to 65535"},
    {.label = "negative port",
     .list = "<; a.example:-25",
     .item = "\"a.example:-25\"",
     .mend = "1 to 65535"},
    {.label = "a port's name",
     .list = "<; a.example:smtp",
     .item = "\"a.example:smtp\"",
     .mend = "1 to 65535"},
    {.label = "port missing",
     .list = "<; a.example:",
     .item = "\"a.example:\"",
     .mend = "1 to 65535"},
    {.label = "port and more",
     .list = "<; a.example:25x",
     .item = "\"a.example:25x\"",
     .mend = "1 to 65535"},
    {.label = "Exim's two colons forgotten",
     .list = "a.example:587",
     .item = "\"587\"",
     .mend = "a port is written HOST::PORT, or start the list with <;"},
    {.label = "IPv6, colons not doubled",
     .list = "a.example : 2001:db8::1",
     .item = "\"2001\"",
     .mend = "HOST::PORT"},
    {.label = "bracket not closed",
     .list = "<; [2001:db8::1",
     .item = "\"[2001:db8::1\"",
     .mend = "the bracket [ is not closed"},
    {.label = "more after the bracket",
     .list = "<; [2001:db8::1]25",
     .item = "\"[2001:db8::1]25\"",
     .mend = "after ] comes :PORT or nothing"},
    {.label = "no port after the bracket",
     .list = "<; [2001:db8::1]:",
     .item = "\"[2001:db8::1]:\"",
     .mend = "1 to 65535"},
    {.label = "empty brackets",
     .list = "<; []:25",
     .item = "\"[]:25\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "half an IPv4 address",
     .list = "127.0.0",
     .item = "\"127.0.0\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "no IPv4 address",
     .list = "192.0.2.256",
     .item = "\"192.0.2.256\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "a slash",
     .list = "a.example/25",
     .item = "\"a.example/25\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "a hyphen first",
     .list = "-oMr",
     .item = "\"-oMr\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "a dot first",
     .list = ".example",
     .item = "\".example\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "outside ASCII",
     .list = "m\xc3\xbcller.example",
     .item = "m\xc3\xbcller.example",
     .mend = "neither a host name nor an IP address"},
    {.label = "an expansion that failed",
     .list = "${lookup{x}",
     .item = "\"${lookup{x}\"",
     .mend = "neither a host name nor an IP address"},
    {.label = "a name of 101 characters",
     .list = "x" NAME_100,
     .item = "x" NAME_100,
     .mend = "neither a host name nor an IP address"},
    {.label = "an unknown word",
     .list = "a.example byname",
     .item = "\"a.example byname\"",
     .mend = "after the server only level=N may stand"},
    {.label = "level without a number",
     .list = "a.example level=",
     .item = "\"a.example level=\"",
     .mend = "level is a number from 0 to 1000000"},
    {.label = "level negative",
     .list = "a.example level=-1",
     .item = "\"a.example level=-1\"",
     .mend = "level is a number from 0 to 1000000"},
    {.label = "level too great",
     .list = "a.example level=1000001",
     .item = "\"a.example level=1000001\"",
     .mend = "level is a number from 0 to 1000000"},
    {.label = "level apart",
     .list = "a.example level = 5",
     .item = "\"a.example level = 5\"",
     .mend = "level=N"},
    {.label = "twice",
     .list = "a.example : b.example : A.example",
     .item = "\"A.example\"",
     .mend = "this server is in the list twice"},
    {.label = "twice, IPv6",
     .list = "<; 2001:db8::1; [2001:db8::1]",
     .item = "\"[2001:db8::1]\"",
     .mend = "twice"},
    {.label = "good ones before it do not help",
     .list = "a.example : b.example : ?",
     .item = "\"?\"",
     .mend = "neither a host name"},
};

static void check_legal(void)
{
    for (size_t i = 0; i < LENGTH(legal); i++) {
        struct server_list l;
        struct text got = {0};
        char error[400] = "";

        unit_int(legal[i].label, "result",
                 server_list_parse(&l, legal[i].list, error, sizeof error), 0);
        unit_str(legal[i].label, "error", error, "");
        for (int k = 0; k < l.count; k++)
            text_addf(&got, "%s|%s|%d|%d ", l.servers[k].key, l.servers[k].host,
                      l.servers[k].port, l.servers[k].level);
        unit_str(legal[i].label, "servers", text_str(&got), legal[i].want);
        text_free(&got);
        server_list_free(&l);
    }
}

static void check_illegal(void)
{
    for (size_t i = 0; i < LENGTH(illegal); i++) {
        struct server_list l;
        char error[400] = "";

        unit_int(illegal[i].label, "result",
                 server_list_parse(&l, illegal[i].list, error, sizeof error),
                 -1);
        unit_int(illegal[i].label, "servers", l.count, 0);
        if (illegal[i].item != NULL)
            unit_has(illegal[i].label, "error", error, illegal[i].item);
        unit_has(illegal[i].label, "error", error, illegal[i].mend);
        server_list_free(&l);
    }
}

/* `count` servers, s0 : s1 : ...; 0 or -1. */
static int parse_many(int count, char *error, size_t size)
{
    struct text list = {0};
    struct server_list l;
    int rc;

    for (int i = 0; i < count; i++)
        text_addf(&list, "s%d.example : ", i);
    rc = server_list_parse(&l, list.s, error, size);
    unit_int("many servers", "count", l.count, rc == 0 ? count : 0);
    text_free(&list);
    server_list_free(&l);
    return rc;
}

static void check_many(void)
{
    char error[400] = "";

    unit_int("64 servers", "result",
             parse_many(SERVER_LIST_MAX, error, sizeof error), 0);
    unit_int("65 servers", "result",
             parse_many(SERVER_LIST_MAX + 1, error, sizeof error), -1);
    unit_has("65 servers", "error", error, "\"s64.example\"");
    unit_has("65 servers", "error", error, "a list holds 64");
}

static const struct {
    const char *label, *item, *want;
} routes[] = {
    {.label = "route of a name", .item = "<; a:25", .want = "<;a:25"},
    {.label = "route without a port", .item = "<; a", .want = "<;a"},
    {.label = "route of IPv6",
     .item = "<; 2001:db8::1",
     .want = "<;[2001:db8::1]"},
    {.label = "route of IPv6 with a port",
     .item = "<; [2001:db8::1]:25 level=3",
     .want = "<;[2001:db8::1]:25"},
};

static void check_routes(void)
{
    for (size_t i = 0; i < LENGTH(routes); i++) {
        struct server_list l;
        char error[400], *route;

        server_list_parse(&l, routes[i].item, error, sizeof error);
        route = server_route(&l.servers[0]);
        unit_str(routes[i].label, "route", route, routes[i].want);
        free(route);
        server_list_free(&l);
    }
}

static void check_find(void)
{
    struct server_list l;
    char error[400];

    server_list_parse(&l, "<; a:25; b", error, sizeof error);
    unit_true("found", server_list_find(&l, "b") == &l.servers[1]);
    unit_true("not without its port", server_list_find(&l, "a") == NULL);
    unit_true("not with another", server_list_find(&l, "b:25") == NULL);
    server_list_free(&l);
    unit_true("not in an empty list", server_list_find(&l, "b") == NULL);
}

int main(void)
{
    check_legal();
    check_illegal();
    check_many();
    check_routes();
    check_find();
    return unit_end();
}
