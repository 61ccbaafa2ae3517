/* probing: a probe whose result all Exim processes learn. See probing.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "probing.h"

#include <stdlib.h>

#include "file.h"
#include "probe.h"
#include "server.h"
#include "translog.h"

static void probing_log(const struct settings *set, const char *key, int port,
                        const struct probe_result *r, enum error_class c)
{
    struct record record = {.kind = RECORD_CONNECTION,
                            .now = clock_now(),
                            .message_id = "-",
                            .server = key,
                            .ip = r->ip,
                            .port = port ? port : 25,
                            .result = r->ok ? "ok" : "fail",
                            .class = r->ok ? CLASS_NONE : c,
                            .stage = r->stage,
                            .code = r->code,
                            .action = "",
                            .duration = r->total_ms,
                            .text = r->ok ? "" : r->text};
    char error[300];
    translog_write(set, &record, error, sizeof error);
}

static enum probing probing_conclude(const struct settings *set,
                                     struct breakers *b, const struct server *s,
                                     struct classifier *classifier,
                                     const struct probe_result *r)
{
    struct slot *slot = breaker_slot(b, s->key, true);
    struct reply reply;
    probe_reply(r, &reply);
    enum error_class c = r->ok ? CLASS_NONE : classify(classifier, &reply);
    bool well = r->ok || (r->code != 0 && !class_speaks_of_server(c));
    if (well)
        breaker_invite(slot, clock_now());
    else
        breaker_failure(slot, set,
                        class_speaks_of_server(c) ? c : CLASS_CONNECT, false,
                        "", r->text, clock_now());
    if (r->size)
        breaker_announce(slot, r->size);
    probing_log(set, s->key, s->port, r, c);
    bool spoken = r->code != 0 && r->stage > STAGE_EHLO;
    return well ? PROBING_WELL : spoken ? PROBING_ANSWERED : PROBING_FAILED;
}

enum probing probing_run(const struct settings *set,
                         struct classifier *classifier, struct breakers *b,
                         const char *key, const char *hello)
{
    struct server_list list;
    struct probe_result result = {0};
    enum probing answer = PROBING_FAILED;
    char error[300], *text = text_format("<;%s", key);
    if (server_list_parse(&list, text, error, sizeof error) == 0) {
        struct probe_request q = {.host = list.servers[0].host,
                                  .port = list.servers[0].port,
                                  .hello = hello ? hello : "localhost",
                                  .tls = set->probe_tls,
                                  .from = set->probe_from,
                                  .rcpt = set->probe_rcpt,
                                  .timeout_ms = set->probe_timeout * 1000};
        probe_run(&q, &result);
        if (probe_in_clear(&q, &result)) {
            q.tls = PROBE_TLS_NO;
            probe_run(&q, &result);
        }
        answer =
            probing_conclude(set, b, &list.servers[0], classifier, &result);
        server_list_free(&list);
    }
    free(text);
    return answer;
}
