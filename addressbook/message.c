/* message: one announcement of a change of address. See message.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "stamp.h"

static bool ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s > 126)
            return false;
    return true;
}

static void address_field(struct text *out, const char *name,
                          const char *address)
{
    text_addf(out, "%s: %s; %s\n", name, ascii(address) ? "rfc822" : "utf-8",
              address);
}

static void date_field(struct text *out, const char *name, int64_t seconds)
{
    GDateTime *date = g_date_time_new_from_unix_utc(seconds);
    char *value = g_mime_utils_header_format_date(date);
    text_addf(out, "%s: %s\n", name, value);
    g_free(value);
    g_date_time_unref(date);
}

/* Without what could end a header or a line of the text. */
static char *name_clean(const char *name)
{
    char *clean = g_utf8_make_valid(name ? name : "", -1);
    for (char *p = clean; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = ' ';
    char *copy = text_copy(text_trim(clean));
    g_free(clean);
    return copy;
}

static void from_field(struct text *out, const struct message *m,
                       const char *name)
{
    char *phrase = g_mime_utils_header_encode_phrase(NULL, name, "utf-8");
    if (*name && phrase)
        text_addf(out, "From: %s <%s>\n", phrase, m->new);
    else
        text_addf(out, "From: %s\n", m->new);
    g_free(phrase);
}

static void head_write(struct text *out, const struct message *m,
                       const char *name, const char *boundary)
{
    bool utf8 = !ascii(m->old) || !ascii(m->new);
    from_field(out, m, name);
    text_addf(out, "To: %s\n", m->to);
    text_addf(out, "Subject: Change of address: %s\n",
              utf8 ? "a new one" : m->new);
    date_field(out, "Date", m->now);
    text_addf(out, "Message-ID: <%s@%s>\n", boundary, address_domain(m->new));
    text_addf(out,
              "Auto-Submitted: auto-generated\n"
              "MIME-Version: 1.0\n"
              "Content-Type: multipart/report; "
              "report-type=delivery-status;\n\tboundary=\"%s\"\n\n",
              boundary);
}

static void text_part(struct text *out, const struct message *m,
                      const char *name, const char *boundary)
{
    text_addf(out,
              "--%s\nContent-Type: text/plain; charset=utf-8\n"
              "Content-Transfer-Encoding: 8bit\n\n"
              "My mail address has changed.\n\n"
              "  old: %s\n  new: %s\n\n"
              "Please use the new one from now on. outrider-addressbook can "
              "make the\nchange in your address book.\n",
              boundary, m->old, m->new);
    if (*name)
        text_addf(out, "\n%s\n", name);
}

/* There is no MTA that reports: the field is one RFC 3464 wants. */
static void status_part(struct text *out, const struct message *m,
                        const char *boundary)
{
    bool utf8 = !ascii(m->old) || !ascii(m->new);
    text_addf(out, "--%s\nContent-Type: message/%s\n", boundary,
              utf8 ? "global-delivery-status" : "delivery-status");
    if (utf8)
        text_add(out, "Content-Transfer-Encoding: 8bit\n");
    text_addf(out, "\nReporting-MTA: dns; %s\n\n", address_domain(m->new));
    address_field(out, "Original-Recipient", m->old);
    address_field(out, "Final-Recipient", m->new);
    text_add(out, "Action: relayed\nStatus: 2.1.5\n"
                  "Outrider-Notice: announced\n");
    address_field(out, "Outrider-Old-Address", m->old);
    address_field(out, "Outrider-New-Address", m->new);
    date_field(out, "Outrider-Registered", m->now);
    text_add(out, "\n");
}

static void vcard_part(struct text *out, const struct message *m,
                       const char *name, const char *boundary)
{
    char stamp[32];
    stamp_write(m->now, false, stamp, sizeof stamp);
    text_addf(out,
              "--%s\nContent-Type: text/vcard; charset=utf-8\n"
              "Content-Transfer-Encoding: 8bit\n\n"
              "BEGIN:VCARD\nVERSION:4.0\nFN:",
              boundary);
    for (const char *s = *name ? name : m->new; *s; s++)
        text_addf(out, "%s%c", strchr("\\,;", *s) ? "\\" : "", *s);
    text_addf(out, "\nEMAIL;PREF=1:%s\nREV:%s\nEND:VCARD\n\n--%s--\n", m->new,
              stamp, boundary);
}

void message_write(const struct message *m, struct text *out)
{
    char *boundary = text_format("outrider-%lld-%d-%d", (long long)m->now,
                                 (int)getpid(), m->number);
    char *name = name_clean(m->name);
    head_write(out, m, name, boundary);
    text_part(out, m, name, boundary);
    status_part(out, m, boundary);
    vcard_part(out, m, name, boundary);
    free(name);
    free(boundary);
}
