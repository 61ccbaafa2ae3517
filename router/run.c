/* run: what this Exim process knows of the message it is delivering. See
 * run.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapting.h"
#include "exim.h"
#include "file.h"
#include "mailbox.h"
#include "setup.h"

/* A helper comes as soon as Exim lets go of the message; a mark older than
 * this is of one that never came. */
#define ASKED_MS (600 * 1000L)
#define PART_AGE 60 /* seconds; no limit is that short */

static struct run delivery; /* of the message this process delivers */
static struct run trial;    /* of the address being verified or tested */
static struct run *current; /* one of the two; NULL: nothing was routed */

static bool mute;

void run_complain_never(void)
{
    mute = true;
}

void run_say(const char *format, ...)
{
    char line[2000];
    va_list ap;
    if (mute)
        return;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    exim_log("%s", line);
}

void run_complain(const char *subject, const char *text)
{
    static struct text said;
    char *line = text_format("outrider: %s: %s\n", subject, text);
    if (!strstr(text_str(&said), line)) {
        text_add(&said, line);
        run_say("outrider: %s: %s", subject, text);
    }
    free(line);
}

static void routed_free(struct routed *e)
{
    free(e->recipient);
    server_list_free(&e->servers);
    *e = (struct routed){0};
}

static void run_end(struct run *r)
{
    for (int i = 0; i < r->count; i++)
        routed_free(&r->routed[i]);
    free(r->routed);
    free(r->config);
    free(r->exim);
    free(r->queue);
    text_free(&r->counted);
    free(r->mark);
    moves_free(&r->moves);
    rows_close(&r->rows);
    history_free(&r->history);
    settings_free(&r->settings);
    breakers_close(&r->breakers);
    classifier_free(&r->classifier);
    *r = (struct run){0};
}

/* Breakers serve tests and verifications too, but only to look at. */
static void breakers_load(struct run *r)
{
    char error[300] = "";
    r->breakers = breakers_of(r->settings, r->live, error, sizeof error);
    if (!r->breakers && r->live)
        run_complain("breakers are off", error);
}

static void classifier_load(struct run *r)
{
    char error[300];
    char *copy = text_copy(r->settings->rules), *rest = copy;
    r->classifier = classifier_new();
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line &&
            classifier_add_rule(r->classifier, line, error, sizeof error) == -1)
            run_complain("rule, it is left out", error);
    free(copy);
}

/* A second chance was put on the queue by us, and not received: its line of
 * arrival, as Exim words it (R= is the message it stems from), is written at
 * its first delivery, so that exigrep and eximstats know it. */
static void arrival_log(const struct run *r, const char *carried)
{
    const char *protocol = mark_has(r->mark, MARK_ADAPTED)  ? "adapted"
                           : mark_has(r->mark, MARK_JOINED) ? "joined"
                                                            : "second-chance";
    char *origin = history_origin(carried);
    char *size = setup_variable("$message_size");
    exim_log("<= %s R=%s P=%s S=%s", *exim_sender() ? exim_sender() : "<>",
             origin, protocol, size);
    free(origin);
    free(size);
}

static void asked_forget(struct history *h, void *context)
{
    (void)context;
    history_asked(h, false, 0);
}

/* By a helper of ours, which the mark stands for; it holds for one run. */
static bool run_was_asked_for(const struct run *r, struct history *h)
{
    char error[300];
    int64_t when = history_asked(h, false, 0);
    if (when)
        history_update(r->settings, r->id, asked_forget, NULL, error,
                       sizeof error);
    return when && r->started - when < ASKED_MS;
}

/* A first delivery has no past, unless it is a second chance and carries it
 * along; so good mail opens no database. */
static void history_load_all(struct run *r)
{
    char error[300];
    char *carried = setup_variable("${if def:acl_m_outrider{$acl_m_outrider}}");
    struct history beside = {0};
    history_parse(&r->history, carried);
    if (r->first && r->live && *carried)
        arrival_log(r, carried);
    free(carried);
    if (r->first || !r->live)
        return;
    int rc = history_load(r->settings, r->id, &beside, error, sizeof error);
    if (rc == -1)
        run_complain("what was tried before is not known", error);
    r->remembered = rc == 1;
    r->asked = rc == 1 && run_was_asked_for(r, &beside);
    history_merge(&r->history, &beside, NULL);
    history_free(&beside);
}

static void run_new(struct run *r, const char *id, bool live)
{
    run_end(r);
    snprintf(r->id, sizeof r->id, "%s", id);
    r->started = clock_now();
    r->run = (uint64_t)r->started << 16 | ((uint64_t)getpid() & 0xffff);
    snprintf(r->tag, sizeof r->tag, "%" PRIx64, r->run);
    char *first = setup_variable("${if first_delivery{1}{0}}");
    r->first = *first == '1';
    r->live = live;
    free(first);
    char *age = setup_variable("$message_age");
    r->age = strtoll(age, NULL, 10);
    free(age);
    /* The file may have been named from another directory than ours. */
    r->config = setup_variable("$config_dir/${sg{$config_file}{.*/}{}}");
    r->exim = setup_variable("$exim_path");
    r->queue = setup_variable("${if def:queue_name{$queue_name}}");
    r->settings = setup_settings(run_complain);
    r->mark = setup_variable(MARK_READ);
    mark_moves(r->mark, &r->moves);
    r->rows = (struct rows){.settings = r->settings, .lookup = setup_lookup};
    breakers_load(r);
    history_load_all(r);
}

struct run *run_begin(void)
{
    const char *id = exim_message_id();
    char *verifying = setup_variable("$verify_mode");
    bool live = *id && !*verifying;
    free(verifying);
    current = live ? &delivery : &trial;
    /* A trial has no end, so each address is one. */
    if (!live || strcmp(id, delivery.id) != 0)
        run_new(current, id, live);
    return current;
}

struct run *run_current(void)
{
    return current;
}

struct run *run_delivery(void)
{
    return delivery.live ? &delivery : NULL;
}

enum error_class run_classify(struct run *r, const struct reply *reply)
{
    if (!r->classifier)
        classifier_load(r);
    return classify(r->classifier, reply);
}

char *run_recipient(void)
{
    struct text t = {0};
    /* Exim quotes what is not ASCII, which RFC 6531 does not. */
    char *quoted = setup_variable("${quote_local_part:$local_part}@$domain");
    if (!mailbox_canonical(quoted, &t))
        text_add(&t, quoted);
    free(quoted);
    return t.s;
}

bool run_has_parent(void)
{
    char *parent = setup_variable("${if def:parent_domain{1}}");
    bool answer = *parent;
    free(parent);
    return answer;
}

struct routed *run_find(struct run *r, const char *recipient)
{
    for (int i = 0; i < r->count; i++)
        if (text_same_address(r->routed[i].recipient, recipient))
            return &r->routed[i];
    return NULL;
}

struct routed *run_route(struct run *r, const char *recipient)
{
    struct routed *e = run_find(r, recipient);
    /* One router has said it, the next one acts on it. */
    bool over = e && e->over;
    if (e) {
        routed_free(e);
    } else {
        r->routed = text_grow(r->routed, r->count, sizeof *r->routed);
        e = &r->routed[r->count++];
    }
    e->recipient = text_copy(recipient);
    e->over = over;
    return e;
}

static bool server_is(const struct server *s, const char *host,
                      const char *address, int port)
{
    return (text_same(s->host, host) || text_same(s->host, address)) &&
           (s->port == 0 || s->port == port);
}

const struct server *run_server(struct run *r, const char *host,
                                const char *address, int port)
{
    for (int i = 0; i < r->count; i++)
        if (r->routed[i].server &&
            server_is(r->routed[i].server, host, address, port))
            return r->routed[i].server;
    return NULL;
}

bool run_counted(struct run *r, const char *server, enum error_class c)
{
    char *line = text_format("%s %s\n", server, class_name(c));
    bool known = strstr(text_str(&r->counted), line) != NULL;
    if (!known)
        text_add(&r->counted, line);
    free(line);
    return known;
}

int run_spooled(const struct run *r, struct spool_header *now)
{
    struct text directory = {0};
    char error[300];
    int rc = spool_message_read(r->settings->spool, r->id, now, &directory,
                                error, sizeof error);
    text_free(&directory);
    return rc == 1;
}

/* A part of a message that waited for the others did not wait for a server. */
static int64_t released_part(const struct run *r, const char *recipient)
{
    return r->settings->adapt && r->age >= PART_AGE
               ? adapting_as_is_since(r->settings, r->id, recipient)
               : 0;
}

int64_t run_age(const struct run *r, const char *recipient)
{
    int64_t released = moves_released(&r->moves, recipient);
    if (!released)
        released = released_part(r, recipient);
    int64_t age = released ? r->started / 1000 - released : r->age;
    return age < 0 ? 0 : age < r->age ? age : r->age;
}

struct question run_question(const struct run *r, const struct routed *e)
{
    return (struct question){.servers = &e->servers,
                             .level = e->level,
                             .may_next = e->may_next,
                             .recipient = e->recipient,
                             .history = &r->history,
                             .breakers = r->breakers,
                             .settings = r->settings,
                             .now = clock_now(),
                             .age = run_age(r, e->recipient),
                             .bounce = !*exim_sender(),
                             .may_probe = r->live,
                             .rerun = r->asked,
                             .probing = r->probing};
}
