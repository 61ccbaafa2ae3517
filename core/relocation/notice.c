/* notice: what people are told of a change of address. See notice.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "notice.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "template.h"
#include "words.h"

static const char *const names[] = {"changed", "held", "ask", "ask-again",
                                    "removed"};

const char *notice_name(enum notice_kind kind)
{
    return names[kind];
}

/* RFC 5322 3.3, in UTC. */
static const char *date_of(int64_t when, char *out, size_t size)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
                                       "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
                                         "May", "Jun", "Jul", "Aug",
                                         "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)when;
    struct tm tm;
    gmtime_r(&t, &tm);
    snprintf(out, size, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday],
             tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
             tm.tm_min, tm.tm_sec);
    return out;
}

/* ---- the words ---- */

static const char *word_of(const char *s)
{
    return s ? s : "";
}

#define FACT_MAX 200 /* characters; no line may be longer than 998 bytes */

void notice_words(const char *raw, struct text *out)
{
    struct text words = {0};
    words_decode(raw, &words);
    const char *s = text_str(&words);
    for (int i = 0; *s && i < FACT_MAX; i++) {
        size_t length = text_utf8(s);
        text_addn(out, length ? s : "\xef\xbf\xbd", length ? length : 3);
        s += length ? length : 1;
    }
    if (*s)
        text_add(out, "...");
    text_free(&words);
}

static void field_fact(const struct notice *n, const char *name,
                       struct text *out)
{
    struct text raw = {0};
    if (fields_get(n->fields, n->field_count, name, &raw))
        notice_words(text_str(&raw), out);
    text_free(&raw);
}

/* What {name} stands for: true, and it is added. */
static bool fact_add(const char *name, void *context, struct text *out)
{
    const struct notice *n = context;
    char date[64];
    int64_t days = (n->until - n->now + 43200) / 86400;
    if (strcmp(name, "old") == 0)
        text_add(out, word_of(n->old));
    else if (strcmp(name, "new") == 0)
        text_add(out, word_of(n->new));
    else if (strcmp(name, "row") == 0)
        text_add(out, word_of(n->row));
    else if (strcmp(name, "hub") == 0)
        text_add(out, word_of(n->hub));
    else if (strcmp(name, "from") == 0)
        text_add(out, word_of(n->sender));
    else if (strcmp(name, "id") == 0)
        text_add(out, word_of(n->id));
    else if (strcmp(name, "days") == 0)
        text_addf(out, "%" PRId64, days < 1 ? 1 : days);
    else if (strcmp(name, "until") == 0)
        text_add(out, n->until ? date_of(n->until, date, sizeof date) : "-");
    else if (strcmp(name, "registered") == 0)
        text_add(out, n->registered ? date_of(n->registered, date, sizeof date)
                                    : "-");
    else if (strcmp(name, "subject") == 0)
        field_fact(n, "Subject", out);
    else if (strcmp(name, "date") == 0)
        field_fact(n, "Date", out);
    else
        return false;
    return true;
}

/* ---- the parts ---- */

static const char *address_type(const char *address)
{
    for (; *address; address++)
        if ((unsigned char)*address >= 0x80)
            return "utf-8"; /* RFC 6533 */
    return "rfc822";
}

static void address_field(const char *name, const char *address,
                          struct text *out)
{
    if (address && *address)
        text_addf(out, "%s: %s; %s\n", name, address_type(address), address);
}

static void date_field(const char *name, int64_t when, struct text *out)
{
    char date[64];
    if (when)
        text_addf(out, "%s: %s\n", name, date_of(when, date, sizeof date));
}

static void status_part(const struct notice *n, struct text *out)
{
    bool changed = n->kind == NOTICE_CHANGED;
    text_addf(out, "Reporting-MTA: dns; %s\n", n->hub);
    date_field("Arrival-Date", n->arrived, out);
    text_add(out, "\n");
    if (n->orcpt && *n->orcpt)
        text_addf(out, "Original-Recipient: %s\n", n->orcpt);
    else
        address_field("Original-Recipient", n->old, out);
    address_field("Final-Recipient", changed ? n->new : n->old, out);
    text_addf(out, "Action: %s\nStatus: %s\n", changed ? "relayed" : "delayed",
              changed ? "2.1.5" : "4.1.0");
    if (!changed)
        date_field("Will-Retry-Until", n->until, out);
    text_addf(out, "Outrider-Notice: %s\n", notice_name(n->kind));
    address_field("Outrider-Old-Address", n->old, out);
    address_field("Outrider-New-Address", n->new, out);
    date_field("Outrider-Registered", n->registered, out);
}

/* RFC 6350 3.4: what separates must be escaped. */
static void vcard_text(const char *s, struct text *out)
{
    for (; *s; s++)
        text_addf(out, "%s%c", strchr("\\,;", *s) ? "\\" : "", *s);
}

static void vcard_part(const struct notice *n, struct text *out)
{
    const char *at = strrchr(n->new, '@');
    char stamp[40];
    time_t when = (time_t)(n->registered ? n->registered : n->now);
    struct tm tm;
    gmtime_r(&when, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    char *local = strndup(n->new, at ? (size_t)(at - n->new) : 0);
    text_add(out, "BEGIN:VCARD\nVERSION:4.0\nFN:");
    vcard_text(local, out);
    text_add(out, "\nEMAIL;PREF=1:");
    vcard_text(n->new, out);
    text_addf(out, "\nREV:%s\nEND:VCARD\n", stamp);
    free(local);
}

/* No line of ours begins so. */
static void boundary_make(const struct notice *n, char *out, size_t size)
{
    static unsigned count;
    snprintf(out, size, "outrider-%" PRIx64 "-%x-%x", n->now,
             (unsigned)getpid(), count++);
}

static void part_begin(const char *boundary, const char *type, bool eight,
                       struct text *out)
{
    text_addf(out, "--%s\nContent-Type: %s\n%s\n", boundary, type,
              eight ? "Content-Transfer-Encoding: 8bit\n" : "");
}

static void report_write(const struct notice *n, const char *body,
                         struct text *out)
{
    char boundary[64];
    boundary_make(n, boundary, sizeof boundary);
    text_addf(out,
              "Content-Type: multipart/report; "
              "report-type=delivery-status;\n\tboundary=\"%s\"\n\n",
              boundary);
    part_begin(boundary, "text/plain; charset=utf-8", true, out);
    text_addf(out, "%s\n", body);
    bool utf8 = strcmp(address_type(word_of(n->old)), "utf-8") == 0 ||
                strcmp(address_type(word_of(n->new)), "utf-8") == 0;
    part_begin(boundary,
               utf8 ? "message/global-delivery-status"
                    : "message/delivery-status",
               utf8, out);
    status_part(n, out);
    text_add(out, "\n");
    if (n->new != NULL && n->new[0] != 0) {
        part_begin(boundary, "text/vcard; charset=utf-8", true, out);
        vcard_part(n, out);
        text_add(out, "\n");
    }
    text_addf(out, "--%s--\n", boundary);
}

/* ---- the whole ---- */

static void reference_fields(const struct notice *n, struct text *out)
{
    struct text id = {0}, earlier = {0};
    if (fields_get(n->fields, n->field_count, "Message-ID", &id) &&
        id.len > 0 && id.len < 900) {
        text_addf(out, "In-Reply-To: %s\n", id.s);
        fields_get(n->fields, n->field_count, "References", &earlier);
        bool fits = earlier.len > 0 && earlier.len + id.len < 900;
        text_addf(out, "References: %s%s%s\n", fits ? earlier.s : "",
                  fits ? "\n " : "", id.s);
    }
    text_free(&id);
    text_free(&earlier);
}

void notice_from(const struct settings *set, const char *hub, struct text *out)
{
    if (*set->notice_from)
        text_addf(out, "From: Mail Delivery System <%s>\n", set->notice_from);
    else
        text_addf(out, "From: Mail Delivery System <mailer-daemon@%s>\n", hub);
}

int notice_write(const struct notice *n, struct text *out, char *error,
                 size_t size)
{
    struct text head = {0}, body = {0};
    union {
        const struct notice *in;
        void *out;
    } context = {.in = n};
    char date[64];
    bool answer = n->kind == NOTICE_CHANGED || n->kind == NOTICE_HELD;
    if (template_fill(n->settings->templates, notice_name(n->kind), fact_add,
                      context.out, &head, &body, error, size) == -1)
        return -1;
    notice_from(n->settings, n->hub, out);
    text_addf(out, "To: %s\nDate: %s\n%s", n->to,
              date_of(n->now, date, sizeof date), head.s);
    text_addf(out, "Auto-Submitted: auto-%s\nMIME-Version: 1.0\n",
              answer ? "replied" : "generated");
    if (answer)
        reference_fields(n, out);
    if (answer)
        report_write(n, body.s, out);
    else
        text_addf(out,
                  "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: 8bit\n\n%s",
                  body.s);
    text_free(&head);
    text_free(&body);
    return 0;
}
