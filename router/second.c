/* second: the router's share of the second chance after a 5xx. See second.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "second.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapt.h"
#include "chance_key.h"
#include "exim.h"
#include "keep.h"
#include "process.h"
#include "spool.h"

#define SECOND_TAG_MAX 33

bool second_possible(const struct run *r, const struct routed *e)
{
    struct question q = run_question(r, e);
    return e->server &&
           (choice_other(&q, e->server->key) || adapt_possible(r));
}

static char *address_tagged(const struct run *r, const char *server,
                            const char *tag, const char *sender)
{
    struct chance_key key = {text_copy(r->id), text_copy(tag),
                             text_copy(server), text_copy(sender)};
    char *address = chance_key_address(r->settings, &key);
    chance_key_free(&key);
    return address;
}

static bool keep(struct run *r, const char *tag)
{
    char error[500];
    if (keep_message(r->settings, r->id, tag, error, sizeof error) == 0)
        return true;
    run_complain("no second chance, the message cannot be kept", error);
    return false;
}

/* Exim refuses longer addresses (EXIM_EMAILADDR_MAX), and with them its own
 * bounce. */
#define ADDRESS_MAX 250

/* Such an address would not be read back (chance_key_parse()). */
static bool has_control(const char *s)
{
    for (; *s; s++)
        if (iscntrl((unsigned char)*s))
            return true;
    return false;
}

/* One attempt at one server makes one bounce, and what it needs is kept under
 * a tag of its own. */
static void tag_make(const struct run *r, const struct routed *e,
                     char tag[SECOND_TAG_MAX])
{
    unsigned hash = 5381;
    for (const char *p = e->server ? e->server->key : ""; *p; p++)
        hash = hash * 33 + (unsigned char)*p;
    snprintf(tag, SECOND_TAG_MAX, "%s%04x", r->tag, hash & 0xffff);
}

char *second_address(struct run *r, const struct routed *e, bool all)
{
    char tag[SECOND_TAG_MAX];
    bool possible = second_possible(r, e);
    if (!r->live || (!possible && !all) || run_has_parent() ||
        has_control(exim_sender()))
        return NULL;
    tag_make(r, e, tag);
    char *address = address_tagged(r, possible ? e->server->key : CHANCE_NONE,
                                   tag, exim_sender());
    if (strlen(address) > ADDRESS_MAX) {
        free(address);
        return NULL;
    }
    if (possible && exim_any_recipient(spool_no_event))
        r->kept = keep(r, tag) || r->kept;
    return address;
}

void second_keep(struct run *r, const struct routed *e)
{
    char tag[SECOND_TAG_MAX];
    tag_make(r, e, tag);
    r->kept = keep(r, tag) || r->kept;
}

/* As much of Exim's own bounce as core/chance/bounce.c reads. */
static void notice_write(const struct routed *e, const char *address,
                         const char *text, struct text *out)
{
    text_addf(out, "X-Failed-Recipients: %s\n", e->recipient);
    text_addf(out, "Auto-Submitted: auto-replied\nTo: %s\n", address);
    text_add(out, "Subject: Mail delivery failed\n\n"
                  "Exim writes no bounce for this recipient.\n\n");
    text_addf(out, "  %s\n    %s\n", e->recipient, text);
}

/* The sender goes with the kept message; in the address it serves a bounce, and
 * is left out where Exim would not take the address. */
static char *notice_address(const struct run *r, const struct routed *e,
                            const char *tag)
{
    char *address = address_tagged(r, e->server->key, tag, exim_sender());
    if (strlen(address) <= ADDRESS_MAX)
        return address;
    free(address);
    return address_tagged(r, e->server->key, tag, "");
}

bool second_without_bounce(struct run *r, const struct routed *e,
                           const char *text)
{
    static int number;
    char tag[SECOND_TAG_MAX];
    struct exim exim = {r->exim, r->config, r->settings->spool};
    struct text notice = {0};
    /* Exim raises the event again for the same recipient at times; a second
     * notice finds its copy made only under its own tag, so there is one. */
    snprintf(tag, sizeof tag, "%sf%x", r->tag, number++ & 0xff);
    if (!keep(r, tag))
        return false;
    char *address = notice_address(r, e, tag);
    notice_write(e, address, text, &notice);
    bool taken = process_submit(&exim, address, notice.s, notice.len) == 0;
    if (!taken) {
        run_complain("no second chance, Exim did not take the notice",
                     e->recipient);
        keep_drop(r->settings, r->id, tag);
    }
    r->noticed = r->noticed || taken;
    text_free(&notice);
    free(address);
    return taken;
}

void second_release(struct run *r)
{
    char tag[SECOND_TAG_MAX];
    for (int i = 0; r->kept && i < r->count; i++)
        if (r->routed[i].server) {
            tag_make(r, &r->routed[i], tag);
            keep_drop(r->settings, r->id, tag);
        }
    r->kept = false;
}

static bool nothing_given_up(const struct run *r)
{
    struct spool_header now;
    if (run_spooled(r, &now) != 1)
        return false;
    bool none = now.done.len == 0;
    spool_header_free(&now);
    return none;
}

void second_tidy(struct run *r)
{
    if (r->tidied || r->first || !r->live)
        return;
    r->tidied = true;
    if (exim_any_recipient(spool_no_event) && keep_any(r->settings, r->id) &&
        nothing_given_up(r))
        keep_drop_all(r->settings, r->id);
}
