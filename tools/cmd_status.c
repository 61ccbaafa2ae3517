/* outrider status, outrider reset: the smarthosts' breakers, seen and reset.
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
#include "file.h"

static const char status_help[] =
    "usage: outrider status [OPTION...] [SERVER...]\n\n"
    "What all Exim processes know of each smarthost (or of those named, as\n"
    "the server list writes them): closed (mail goes there), open (it is left\n"
    "alone, then probed) or hanging; since when; what was delivered and what\n"
    "failed, by class; the last error; the SIZE it announced.\n\n" ADMIN_HELP;

static const char reset_help[] =
    "usage: outrider reset [OPTION...] SERVER...\n"
    "       outrider reset [OPTION...] --all\n\n"
    "Closes the breaker of a smarthost, so that mail goes there again at "
    "once,\n"
    "and forgets its failures in a row. The counters stay.\n\n"
    "      --all           every smarthost\n" ADMIN_HELP;

static const char *const state_names[] = {
    [BREAKER_CLOSED] = "closed",
    [BREAKER_OPEN] = "open",
    [BREAKER_HANGING] = "hanging",
};

static void show_failures(const struct breaker_view *v)
{
    const char *between = " ";
    char when[32];
    if (!v->last_failure)
        return;
    printf("  failed   ");
    for (int c = 0; c < CLASS_COUNT; c++)
        if (v->failed[c]) {
            printf("%s%s %" PRIu64, between, class_name((enum error_class)c),
                   v->failed[c]);
            between = ", ";
        }
    printf("; last %s: %s\n", clock_stamp(v->last_failure, when, sizeof when),
           v->error);
}

static void show(const struct breaker_view *v)
{
    char when[32];
    printf("%s\n  state     %s", v->key, state_names[v->state]);
    if (v->since)
        printf(" since %s", clock_stamp(v->since, when, sizeof when));
    if (v->state == BREAKER_OPEN)
        printf(", next probe %s", clock_stamp(v->until, when, sizeof when));
    printf("\n  delivered %" PRIu64, v->ok);
    if (v->last_ok)
        printf(", last %s", clock_stamp(v->last_ok, when, sizeof when));
    printf("\n");
    show_failures(v);
    if (v->inflight)
        printf("  open connections %d\n", v->inflight);
    if (v->size)
        printf("  size      %" PRIu64 " bytes at most\n", v->size);
}

static struct breakers *state_open(const struct admin *a, bool write, int *code)
{
    char error[300] = "";
    char *path = text_format("%s/servers", a->settings->state);
    struct breakers *b = NULL;
    if (write && access(path, F_OK) == -1)
        text_error(error, sizeof error, "%s: nothing is known yet", path);
    else
        b = breakers_of(a->settings, write, error, sizeof error);
    *code = b || !error[0] ? 0 : admin_error(EX_NOINPUT, "%s", error);
    free(path);
    return b;
}

static int show_all(const struct admin *a, struct breakers *b)
{
    struct breaker_view view;
    struct slot *s;
    for (int i = 0; (s = breaker_slot_at(b, i)); i++) {
        breaker_look(s, a->settings, clock_now(), &view);
        show(&view);
    }
    if (!breaker_slot_at(b, 0))
        puts("no smarthost was tried yet");
    return 0;
}

static struct slot *named(struct breakers *b, const char *key)
{
    struct slot *s = breaker_slot(b, key, false);
    if (!s)
        admin_error(0,
                    "%s: no such smarthost is known; `outrider status` shows "
                    "those that are, written as in the server list",
                    key);
    return s;
}

static int show_named(const struct admin *a, struct breakers *b, char **keys)
{
    struct breaker_view view;
    int rc = 0;
    for (; *keys; keys++) {
        struct slot *s = named(b, *keys);
        if (s) {
            breaker_look(s, a->settings, clock_now(), &view);
            show(&view);
        } else
            rc = EX_DATAERR;
    }
    return rc;
}

int cmd_status(int argc, char *argv[])
{
    static const struct option options[] = {ADMIN_OPTIONS, {0}};
    struct admin admin = {0};
    int c;
    while ((c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c == 'h')
            return fputs(status_help, stdout) == EOF;
        if (admin_option(&admin, c, optarg) != 1)
            return EX_USAGE;
    }
    int rc = admin_open(&admin);
    struct breakers *b = rc ? NULL : state_open(&admin, false, &rc);
    if (rc == 0)
        rc = optind < argc ? show_named(&admin, b, argv + optind)
                           : show_all(&admin, b);
    breakers_close(&b);
    admin_close(&admin);
    return rc;
}

static int reset_all(struct breakers *b)
{
    struct slot *s;
    for (int i = 0; (s = breaker_slot_at(b, i)); i++)
        breaker_reset(s, clock_now());
    return 0;
}

static int reset_named(struct breakers *b, char **keys)
{
    int rc = 0;
    for (; *keys; keys++) {
        struct slot *s = named(b, *keys);
        if (s)
            breaker_reset(s, clock_now());
        else
            rc = EX_DATAERR;
    }
    return rc;
}

int cmd_reset(int argc, char *argv[])
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'}, ADMIN_OPTIONS, {0}};
    struct admin admin = {0};
    bool all = false;
    int c;
    while ((c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c == 'h')
            return fputs(reset_help, stdout) == EOF;
        if (c == 'a')
            all = true;
        else if (admin_option(&admin, c, optarg) != 1)
            return EX_USAGE;
    }
    if (all == (optind < argc))
        return admin_error(EX_USAGE, "name the smarthosts to reset, or --all");
    int rc = admin_open(&admin);
    struct breakers *b = rc ? NULL : state_open(&admin, true, &rc);
    if (rc == 0)
        rc = all ? reset_all(b) : reset_named(b, argv + optind);
    breakers_close(&b);
    admin_close(&admin);
    return rc;
}
