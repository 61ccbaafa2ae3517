/* holding: a recipient whose address is gone waits. See holding.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "holding.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exim.h"
#include "file.h"
#include "inspect.h"
#include "process.h"
#include "served.h"
#include "telling.h"

bool holding_verifies(void)
{
    char *mode = exim_expand("$verify_mode", NULL);
    bool verifies = mode && *mode;
    free(mode);
    return verifies;
}

bool holding_find(struct run *r, const char *recipient, struct held *h)
{
    char error[300];
    if (!r->live || r->first)
        return false;
    int rc = held_find(r->settings, r->id, recipient, h, error, sizeof error);
    if (rc == -1)
        run_complain("what is held is not known", error);
    return rc == 1;
}

/* ---- to the queue ---- */

static bool all_held(const struct run *r, const struct spool_header *h)
{
    struct held_list marks = {0};
    char error[300];
    bool all = held_load(r->settings, r->id, &marks, error, sizeof error) != -1;
    for (int i = 0; all && i < h->count; i++) {
        bool marked = spool_header_done(h, h->recipients[i].address);
        for (int m = 0; m < marks.count && !marked; m++)
            marked = text_same_address(marks.list[m].recipient,
                                       h->recipients[i].address);
        all = marked;
    }
    held_list_free(&marks);
    return all;
}

/* In the process of its own. */
static void message_park(struct run *r)
{
    struct exim exim = {r->exim, r->config, r->settings->spool};
    struct text directory = {0};
    struct spool_header now;
    if (spool_find(exim.spool, r->id, &directory) != 1 ||
        spool_wait(directory.s, r->id, -1) != 1 || run_spooled(r, &now) != 1 ||
        !all_held(r, &now))
        return;
    process_move(&exim, directory.s, r->queue, r->settings->held, r->id);
}

/* From the default queue and from that of what could not be sent; another is an
 * administrator's. */
static void park(struct run *r)
{
    bool ours = !*r->queue || strcmp(r->queue, r->settings->unsent) == 0;
    if (r->parking || !ours || !*r->settings->held ||
        !served(r->settings, SERVICE_HELD, clock_now()))
        return;
    r->parking = true;
    if (process_detach() != 1)
        return;
    run_complain_never();
    message_park(r);
    _exit(0);
}

/* ---- beginning and end ---- */

static void held_tell(struct run *r, const struct held *h,
                      const struct relocation *gone)
{
    char until[40];
    run_say(
        "outrider: held for %s until %s: %s is gone, and its new address is "
        "not known",
        h->recipient, clock_stamp(h->until * 1000, until, sizeof until),
        h->gone);
    telling_held(r, h, gone);
    telling_ask(r, h, gone);
}

void holding_begin(struct run *r, const char *recipient,
                   const struct relocation *gone, int64_t until)
{
    char error[300];
    struct held h = {.id = r->id,
                     .gone = gone->address,
                     .row = gone->row,
                     .since = r->started / 1000,
                     .until = until};
    h.recipient = text_copy(recipient);
    int rc = held_note(r->settings, &h, error, sizeof error);
    if (rc == -1)
        run_complain("what is held cannot be noted", error);
    if (rc == 1)
        held_tell(r, &h, gone);
    free(h.recipient);
    park(r);
}

void holding_end(struct run *r, const char *recipient)
{
    char error[300];
    if (r->live && !r->first &&
        held_forget(r->settings, r->id, recipient, error, sizeof error) == -1)
        run_complain("what is held cannot be noted", error);
}

/* ---- confidential mail ---- */

static enum filter_action
body_match(const struct run *r, const struct filters *f, const char *directory)
{
    struct field_span *fields;
    struct inspect inspect;
    enum filter_action a;
    const char *rule = "", *where = "";
    char *block = exim_expand("$message_headers_raw", NULL);
    char *path = text_format("%s/%s-D", directory, r->id);
    int fd = spool_descriptor(path);
    int n =
        fields_split(block ? block : "", block ? strlen(block) : 0, &fields);
    inspect_begin(&inspect, r->settings, fields, n, fd,
                  (off_t)strlen(r->id) + 3);
    a = inspect_match(&inspect, f, &rule, &where);
    if (a != FILTER_NONE)
        run_say("outrider: not held: %s matches %s", where, rule);
    inspect_end(&inspect);
    free(fields);
    free(block);
    free(path);
    return a;
}

enum filter_action holding_confidential(struct run *r)
{
    struct text directory = {0};
    struct filters *f = filters_new(r->settings->confidential);
    bool looks =
        filters_look_at(f, FILTER_SUBJECT) || filters_look_at(f, FILTER_BODY);
    enum filter_action a = FILTER_NONE;
    if (r->live && looks &&
        spool_find(r->settings->spool, r->id, &directory) == 1)
        a = body_match(r, f, directory.s);
    text_free(&directory);
    filters_free(&f);
    return a;
}
