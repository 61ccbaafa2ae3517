/* scan: what happens to a message when it arrives.
 *
 * In this order: filters; attribute addresses; old addresses. What follows at
 * delivery (holding, notices) is the router's, which finds it in the message's
 * mark (mark.h).
 *
 * Called by: host/scan.c, once for each message, as the exim user.
 * Memory: settings and filters stay for the process, which receives one
 * client's messages; everything else is freed. Fails: open. A table that cannot
 * be had is logged, and the message goes on as it came; the router looks again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exim.h"
#include "filter.h"
#include "held.h"
#include "inspect.h"
#include "mark.h"
#include "rows.h"
#include "setup.h"

/* The rule is for the log alone. */
#define RETURNED_TEXT "5.7.1 not accepted here by a rule of the site's"

/* What this process keeps. */
static struct {
    struct settings *settings;
    struct filters *filter, *confidential;
    struct rows rows;
} site;

/* What was found out about one recipient. */
struct finding {
    struct relocation relocation;
    bool dropped;     /* a filter's doing */
    const char *rule; /* the filter that returns it, or NULL */
};

struct scan {
    struct inspect inspect;
    struct finding *found; /* one for each recipient */
    int count;
    int gone;
    struct moves moves;
    struct text mark;
    struct field_span *fields;
    void **handles; /* of exim_field_set() */
    int field_count;
    char **text; /* what the client is told */
};

static void complain(const char *subject, const char *text)
{
    exim_log("outrider: %s: %s", subject, text);
}

static void site_begin(void)
{
    if (site.settings)
        return;
    site.settings = setup_settings(complain);
    site.filter = filters_new(site.settings->filter);
    site.confidential = filters_new(site.settings->confidential);
    site.rows =
        (struct rows){.settings = site.settings, .lookup = setup_lookup};
}

/* A bounce or a notice of this host's own: were it refused, Exim would freeze
 * what it is about, and nobody would be told. */
static bool own_notice(void)
{
    return !*exim_sender() && !exim_from_host();
}

static enum scan_answer refuse(struct scan *s, char *text)
{
    free(*s->text);
    *s->text = text;
    return SCAN_REJECT;
}

/* ---- filters ---- */

static bool is_dropped(int i, void *context)
{
    const struct scan *s = context;
    return s->found[i].dropped;
}

/* Recipients change their numbers: what was found goes with them. */
static void dropped_remove(struct scan *s)
{
    int kept = 0;
    exim_recipients_remove(is_dropped, s);
    for (int i = 0; i < s->count; i++)
        if (!s->found[i].dropped)
            s->found[kept++] = s->found[i];
    s->count = kept;
}

/* Some recipients only: they get their bounce from the router. */
static void returned_note(struct scan *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->found[i].rule) {
            exim_log("outrider: returned for %s: recipient matches %s",
                     exim_recipient(i), s->found[i].rule);
            mark_returned(&s->mark, exim_recipient(i), RETURNED_TEXT);
        }
}

static enum scan_answer recipients_filter(struct scan *s)
{
    const char *rule = NULL;
    int returned = 0;
    for (int i = 0; i < s->count; i++) {
        struct finding *f = &s->found[i];
        enum filter_action a = filters_match(site.filter, FILTER_RECIPIENT,
                                             exim_recipient(i), &rule);
        f->dropped = a == FILTER_DROP;
        f->rule = a == FILTER_RETURN ? rule : NULL;
        returned += a == FILTER_RETURN;
        if (a == FILTER_DROP)
            exim_log("outrider: dropped for %s: recipient matches %s",
                     exim_recipient(i), rule);
    }
    dropped_remove(s);
    returned_note(s);
    if (returned > 0 && returned == s->count)
        return refuse(s, text_copy(RETURNED_TEXT));
    return SCAN_ACCEPT;
}

static bool all(int i, void *context)
{
    (void)i;
    (void)context;
    return true;
}

static enum scan_answer contents_filter(struct scan *s)
{
    const char *rule, *where;
    enum filter_action a =
        inspect_match(&s->inspect, site.filter, &rule, &where);
    if (a == FILTER_RETURN) {
        exim_log("outrider: returned: %s matches %s", where, rule);
        return refuse(s, text_copy(RETURNED_TEXT));
    }
    if (a == FILTER_DROP) {
        exim_log("outrider: dropped: %s matches %s", where, rule);
        exim_recipients_remove(all, NULL);
        s->count = 0;
    }
    return SCAN_ACCEPT;
}

/* ---- attribute addresses ---- */

/* Recipient i becomes the first member; the others are added. */
static void members_take(struct scan *s, int i, const struct members *m)
{
    exim_log("outrider: %s is %d address%s", exim_recipient(i), m->count,
             m->count == 1 ? "" : "es");
    exim_recipient_set(i, m->list[0]);
    for (int n = 1; n < m->count; n++) {
        exim_recipient_add(i, m->list[n]);
        s->found = text_grow(s->found, s->count++, sizeof *s->found);
    }
}

/* Nobody: with other recipients the router returns it, in the same words. */
static enum scan_answer attribute_expand(struct scan *s, int i, bool alone)
{
    struct attribute_source source = rows_attributes(&site.rows);
    struct members m;
    char error[400];
    int rc =
        attribute_members(&source, exim_recipient(i), &m, error, sizeof error);
    if (rc == -1)
        complain("attributes", error);
    if (rc == 1)
        members_take(s, i, &m);
    members_free(&m);
    return rc == 0 && alone ? refuse(s, text_format("5.1.1 %s", error))
                            : SCAN_ACCEPT;
}

static enum scan_answer attributes_expand(struct scan *s)
{
    enum scan_answer answer = SCAN_ACCEPT;
    int n = s->count;
    for (int i = 0; i < n && answer == SCAN_ACCEPT; i++)
        if (!s->found[i].rule &&
            attribute_address(site.settings, exim_recipient(i)))
            answer = attribute_expand(s, i, n == 1 && !own_notice());
    return answer;
}

/* ---- old addresses ---- */

static bool recipient_resolve(struct scan *s, int i)
{
    struct relocation_source source = rows_relocations(&site.rows);
    struct finding *f = &s->found[i];
    char error[400];
    int rc = relocation_resolve(&source, site.settings, exim_recipient(i),
                                &f->relocation, error, sizeof error);
    if (rc == -1)
        complain("old addresses are left as they are", error);
    if (f->relocation.loop)
        complain("its relocations are a loop, it is left as it is",
                 exim_recipient(i));
    if (relocation_expired(&f->relocation, site.settings, time(NULL)))
        f->relocation.kind = RELOCATION_NONE;
    s->gone += f->relocation.kind == RELOCATION_GONE;
    return rc != -1;
}

static void recipients_resolve(struct scan *s)
{
    for (int i = 0; i < s->count; i++)
        if (!s->found[i].rule && !recipient_resolve(s, i))
            return;
}

/* With gone recipients only, what is not to be held is refused at once. */
static enum scan_answer confidential_check(struct scan *s)
{
    const char *rule, *where;
    if (s->gone == 0 || s->gone < s->count)
        return SCAN_ACCEPT;
    const char *gone = s->found[0].relocation.address;
    switch (inspect_match(&s->inspect, site.confidential, &rule, &where)) {
    case FILTER_NONE:
        break;
    case FILTER_RETURN:
        exim_log("outrider: not held: %s matches %s", where, rule);
        return refuse(s,
                      text_format(HELD_GONE_WORDS "; confidential mail is not "
                                                  "held",
                                  gone));
    case FILTER_DROP:
        exim_log("outrider: dropped: %s matches %s, and %s is gone", where,
                 rule, gone);
        exim_recipients_remove(all, NULL);
        s->count = 0;
    }
    return SCAN_ACCEPT;
}

static void recipients_move(struct scan *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct relocation *r = &s->found[i].relocation;
        if (r->kind != RELOCATION_MOVED)
            continue;
        mark_moved(&s->mark, moves_add(&s->moves, exim_recipient(i), r->address,
                                       r->time, r->row));
        exim_recipient_set(i, r->address);
    }
}

static char *field_new(const char *address, void *context)
{
    struct scan *s = context;
    const struct moved *m = moves_find(&s->moves, address);
    return m ? text_copy(m->new) : NULL;
}

static void field_put(int i, const char *text, size_t len, void *context)
{
    const struct scan *s = context;
    exim_field_set(s->handles[i], text, len);
}

static void fields_move(struct scan *s)
{
    struct fields_job job = {
        s->fields, s->field_count, site.settings->rewrite_headers,
        field_new, field_put,      s};
    int spared, replaced = fields_rewrite(&job, &spared);
    for (int i = 0; i < s->moves.count; i++)
        exim_log("outrider: %s has moved to %s%s", s->moves.list[i].old,
                 s->moves.list[i].new,
                 replaced > 0 ? ""
                 : spared > 0 ? " (in the envelope; the header is signed)"
                              : " (in the envelope)");
}

/* Through an ACL of the administrator's, for nothing else can set a variable
 * from here. */
static void mark_set(const struct scan *s)
{
    const char *reason;
    if (s->mark.len == 0)
        return;
    char *argument = exim_argument(s->mark.s);
    char *item = text_format("${acl{outrider_mark}{%s}}", argument);
    char *done = exim_expand(item, &reason);
    if (!done)
        complain("senders are not told, ACL outrider_mark", reason);
    free(done);
    free(item);
    free(argument);
}

/* ---- the whole ---- */

static void scan_begin(struct scan *s, int fd, off_t body, char **text)
{
    *s = (struct scan){.text = text, .count = exim_recipient_count()};
    s->found = text_alloc((size_t)(s->count + 1) * sizeof *s->found);
    s->field_count = exim_fields(&s->fields, &s->handles);
    inspect_begin(&s->inspect, site.settings, s->fields, s->field_count, fd,
                  body);
}

static void scan_end(struct scan *s)
{
    for (int i = 0; i < s->count; i++)
        relocation_free(&s->found[i].relocation);
    free(s->found);
    free(s->fields);
    free(s->handles);
    moves_free(&s->moves);
    text_free(&s->mark);
    inspect_end(&s->inspect);
    /* A client may stay for hours, and an open table keeps its file. */
    rows_close(&site.rows);
}

static enum scan_answer rules_apply(struct scan *s)
{
    enum scan_answer answer = recipients_filter(s);
    return answer == SCAN_ACCEPT ? contents_filter(s) : answer;
}

enum scan_answer scan_message(int fd, off_t body, char **text)
{
    struct scan s;
    site_begin();
    scan_begin(&s, fd, body, text);
    enum scan_answer answer = own_notice() ? SCAN_ACCEPT : rules_apply(&s);
    if (answer == SCAN_ACCEPT)
        answer = attributes_expand(&s);
    if (answer == SCAN_ACCEPT) {
        recipients_resolve(&s);
        answer = own_notice() ? SCAN_ACCEPT : confidential_check(&s);
    }
    if (answer == SCAN_ACCEPT) {
        recipients_move(&s);
        fields_move(&s);
        mark_set(&s);
    }
    scan_end(&s);
    return answer;
}
