/* missing: what the recipient of parts is told when others of them have not
 * come in time. See missing.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "missing.h"

#include <string.h>

#include "duration.h"
#include "field.h"
#include "notice.h"
#include "whole.h"

/* RFC 5322 2.2.3. */
static void unfold(struct text *value)
{
    size_t len = 0;
    for (size_t i = 0; i < value->len; i++)
        if (!strchr("\r\n", value->s[i]))
            value->s[len++] = value->s[i];
    text_cut(value, len);
}

/* Without the number of the part. */
static void subject_write(const struct missing *m, struct text *out)
{
    struct text value = {0};
    field_value(m->head, "Subject", &value);
    text_add(&value, "");
    unfold(&value);
    const char *subject = whole_subject(value.s);
    if (*subject) {
        text_add(out, "Its subject:\n\n    ");
        notice_words(subject, out);
        text_add(out, "\n\n");
    }
    text_free(&value);
}

static void count_write(const struct missing *m, struct text *out)
{
    bool one = m->total - m->there == 1;
    text_addf(out, "%d of them %s come so far, and the %s waited for ",
              m->there, m->there == 1 ? "has" : "have",
              one ? "other one was" : "others were");
    duration_print(m->settings->join_time, out);
    text_add(out, ".\n");
}

void missing_write(const struct missing *m, struct text *out)
{
    notice_from(m->settings, m->host, out);
    text_addf(out, "To: %s\nSubject: Parts of a message have not come\n",
              m->recipient);
    text_add(out, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
                  "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: 8bit\n\n");
    text_add(out, "A message");
    if (*m->sender)
        text_addf(out, " from <%s>", m->sender);
    text_add(out, " was sent to you in ");
    if (m->total > 0)
        text_addf(out, "%d ", m->total);
    text_add(out, "parts.\n");
    subject_write(m, out);
    count_write(m, out);
    text_add(out, "What has come is delivered to you as it came. Ask the "
                  "sender to send the\nmessage again.\n");
}
