/* outrider probe: what smarthosts say to a session without a message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "breaker.h"
#include "classify.h"
#include "file.h"
#include "probe.h"
#include "server.h"

static const char help[] =
    "usage: outrider probe [OPTION...] [SERVER...]\n\n"
    "Connects to each smarthost that is known (or to those named, as "
    "`outrider\n"
    "status` or the server list writes them): banner, EHLO, STARTTLS, MAIL "
    "and\n"
    "RCPT if an address is set, QUIT. Tells what was answered, with its "
    "class,\n"
    "SIZE, TLS and times. No message is sent, no certificate verified, and\n"
    "breakers stay as they are.\n\n"
    "      --tls WORD      no, offered (when it is), required: probe-tls\n"
    "      --rcpt ADDRESS  RCPT TO this address; '' for none: probe-rcpt\n"
    "      --from ADDRESS  MAIL FROM this one; '' for <>: probe-from\n"
    "      --timeout TIME  for each step: probe-timeout\n"
    "      --hello NAME    for EHLO (default: Exim's $primary_hostname)\n"
    "      --reset         reset the breaker of each that is well\n" ADMIN_HELP
    "\nThe exit status is 0 when all are well, 69 when one is not.\n";

struct prober {
    struct admin admin;
    struct classifier *classifier;
    struct breakers *breakers; /* NULL when none are known */
    struct text overrides;     /* settings from the command line, a line each */
    const char *hello;
    char *asked; /* the name that Exim gave */
    bool reset;
    bool failed; /* a server did */
};

/* -- what is printed ------------------------------------------------------- */

/* A server's words, on a line that no byte of theirs can break. */
static void show_words(const struct reply *reply, bool said)
{
    struct text words = {0};
    text_printed(reply->text, &words);
    if (said && words.len > 3)
        words.s[3] = ' ';
    printf("  %s     %s\n", said ? "reply" : "error", words.s);
    text_free(&words);
}

static void show_time(const struct probe_result *r)
{
    const struct {
        const char *name;
        int64_t ms;
    } steps[] = {{"connect", r->connect_ms}, {"banner", r->banner_ms},
                 {"ehlo", r->ehlo_ms},       {"tls", r->tls_ms},
                 {"mail", r->mail_ms},       {"in all", r->total_ms}};
    const char *between = "  time      ";
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].ms >= 0) {
            printf("%s%s %" PRId64 " ms", between, steps[i].name, steps[i].ms);
            between = ", ";
        }
    printf("\n");
}

static void show(struct prober *p, const char *key,
                 const struct probe_result *r)
{
    struct reply reply;
    probe_reply(r, &reply);
    printf("%s\n", key);
    if (r->ok)
        printf("  probe     ok at %s\n", stage_name(r->stage));
    else
        printf("  probe     failed at %s, class %s\n", stage_name(r->stage),
               class_name(classify(p->classifier, &reply)));
    if (r->ip[0])
        printf("  address   %s\n", r->ip);
    show_words(&reply, r->code != 0);
    if (r->size)
        printf("  size      %" PRIu64 " bytes at most\n", r->size);
    if (r->tls[0])
        printf("  tls       %s\n", r->tls);
    show_time(r);
    fflush(stdout);
}

/* -- probing --------------------------------------------------------------- */

static void server_probe(struct prober *p, const struct server *s)
{
    const struct settings *set = p->admin.settings;
    const struct probe_request request = {.host = s->host,
                                          .port = s->port,
                                          .hello = p->hello,
                                          .tls = set->probe_tls,
                                          .from = set->probe_from,
                                          .rcpt = set->probe_rcpt,
                                          .timeout_ms =
                                              set->probe_timeout * 1000};
    struct probe_result result;
    probe_run(&request, &result);
    show(p, s->key, &result);
    if (!result.ok)
        p->failed = true;
    else if (p->reset && p->breakers)
        breaker_reset(breaker_slot(p->breakers, s->key, false), clock_now());
}

/* One server as status shows it, or a list as Exim takes it. 0, or -1. */
static int argument_parse(struct server_list *l, const char *argument,
                          char *error, size_t size)
{
    char again[300];
    if (argument[0] == '<')
        return server_list_parse(l, argument, error, size);
    char *list = text_format("<;%s", argument);
    int rc = server_list_parse(l, list, error, size);
    free(list);
    if (rc == -1 && strstr(argument, "::"))
        rc = server_list_parse(l, argument, again, sizeof again);
    return rc;
}

/* All are looked at before the first is spoken to. */
static int arguments_check(char **arguments)
{
    struct server_list list;
    char error[300];
    for (; *arguments; arguments++) {
        if (argument_parse(&list, *arguments, error, sizeof error) == -1)
            return admin_error(EX_USAGE, "%s: %s", *arguments, error);
        server_list_free(&list);
    }
    return 0;
}

static void argument_probe(struct prober *p, const char *argument)
{
    struct server_list list;
    char error[300];
    if (argument_parse(&list, argument, error, sizeof error) == -1) {
        admin_error(0, "%s: %s", argument, error);
        p->failed = true;
        return;
    }
    for (int i = 0; i < list.count; i++)
        server_probe(p, &list.servers[i]);
    server_list_free(&list);
}

static void known_probe(struct prober *p)
{
    struct breaker_view view;
    struct slot *s;
    for (int i = 0; p->breakers && (s = breaker_slot_at(p->breakers, i)); i++) {
        breaker_look(s, p->admin.settings, clock_now(), &view);
        argument_probe(p, view.key);
    }
    if (!p->breakers || !breaker_slot_at(p->breakers, 0))
        puts("no smarthost was tried yet");
}

/* -- the command line ------------------------------------------------------ */

static int override_add(struct prober *p, const char *name, const char *value)
{
    if (strpbrk(value, "\r\n"))
        return admin_error(EX_USAGE, "option %s: this is one line", name);
    text_addf(&p->overrides, "%s = %s\n", name, value);
    return 0;
}

static int option_take(struct prober *p, int option, const char *value)
{
    switch (option) {
    case 'f':
        return override_add(p, "probe-from", value);
    case 'r':
        return override_add(p, "probe-rcpt", value);
    case 't':
        return override_add(p, "probe-tls", value);
    case 'w':
        return override_add(p, "probe-timeout", value);
    case 'n':
        p->hello = value;
        return 0;
    case 'R':
        p->reset = true;
        return 0;
    default:
        return admin_option(&p->admin, option, value) == 1 ? 0 : EX_USAGE;
    }
}

static int overrides_apply(struct prober *p)
{
    struct text problems = {0};
    int wrong =
        settings_read(p->admin.settings, text_str(&p->overrides), &problems);
    if (wrong)
        admin_error(0, "%.*s", (int)problems.len - 1, problems.s);
    text_free(&problems);
    return wrong ? EX_USAGE : 0;
}

/* RFC 5321 4.1.1.1: a domain, or an address in brackets. */
static int hello_find(struct prober *p)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    if (!p->hello)
        p->hello = p->asked = admin_ask(&p->admin, "$primary_hostname");
    if (!p->hello)
        p->hello = "localhost";
    if (*p->hello && strlen(p->hello) <= 255 &&
        strspn(p->hello, legal) == strlen(p->hello))
        return 0;
    return admin_error(EX_USAGE, "--hello \"%s\": a host name is wanted",
                       p->hello);
}

/* For writing only when something is to be written. No file: nothing known. */
static int state_open(struct prober *p)
{
    const struct settings *set = p->admin.settings;
    char error[300] = "", *path = text_format("%s/servers", set->state);
    if (access(path, F_OK) == 0)
        p->breakers = breakers_of(set, p->reset, error, sizeof error);
    free(path);
    return p->breakers || !error[0] ? 0 : admin_error(EX_NOINPUT, "%s", error);
}

static int probe_all(struct prober *p, char **arguments)
{
    int rc = arguments_check(arguments);
    if (rc == 0)
        rc = admin_open(&p->admin);
    if (rc == 0)
        rc = overrides_apply(p);
    if (rc == 0)
        rc = hello_find(p);
    if (rc == 0 && (p->reset || !*arguments))
        rc = state_open(p);
    if (rc != 0)
        return rc;
    p->classifier = admin_classifier(&p->admin);
    if (!*arguments)
        known_probe(p);
    for (; *arguments; arguments++)
        argument_probe(p, *arguments);
    return p->failed ? EX_UNAVAILABLE : p->admin.problems ? EX_CONFIG : 0;
}

int cmd_probe(int argc, char *argv[])
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},
        {"rcpt", required_argument, NULL, 'r'},
        {"tls", required_argument, NULL, 't'},
        {"timeout", required_argument, NULL, 'w'},
        {"hello", required_argument, NULL, 'n'},
        {"reset", no_argument, NULL, 'R'},
        ADMIN_OPTIONS,
        {0}};
    struct prober p = {0};
    int rc = 0, c;
    while (rc == 0 &&
           (c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c == 'h')
            return fputs(help, stdout) == EOF;
        rc = option_take(&p, c, optarg);
    }
    if (rc == 0)
        rc = probe_all(&p, argv + optind);
    classifier_free(&p.classifier);
    breakers_close(&p.breakers);
    text_free(&p.overrides);
    free(p.asked);
    admin_close(&p.admin);
    return rc;
}
