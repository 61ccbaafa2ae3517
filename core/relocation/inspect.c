/* inspect: what the rules of a site say of a message. See inspect.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "inspect.h"

#include "content.h"
#include "words.h"

void inspect_begin(struct inspect *c, const struct settings *set,
                   const struct field_span *fields, int field_count, int fd,
                   off_t from)
{
    *c = (struct inspect){.settings = set,
                          .fields = fields,
                          .field_count = field_count,
                          .fd = fd,
                          .from = from};
}

void inspect_end(struct inspect *c)
{
    text_free(&c->subject);
    text_free(&c->body);
}

static const char *subject_of(struct inspect *c)
{
    struct text raw = {0};
    if (!c->has_subject &&
        fields_get(c->fields, c->field_count, "Subject", &raw))
        words_decode(text_str(&raw), &c->subject);
    c->has_subject = true;
    text_free(&raw);
    return text_str(&c->subject);
}

static const char *body_of(struct inspect *c)
{
    struct text type = {0}, encoding = {0};
    if (!c->has_body) {
        fields_get(c->fields, c->field_count, "Content-Type", &type);
        fields_get(c->fields, c->field_count, "Content-Transfer-Encoding",
                   &encoding);
        content_text(text_str(&type), text_str(&encoding), c->fd, c->from,
                     (size_t)c->settings->scan_body * 1024, &c->body);
    }
    c->has_body = true;
    text_free(&type);
    text_free(&encoding);
    return text_str(&c->body);
}

enum filter_action inspect_match(struct inspect *c, const struct filters *f,
                                 const char **rule, const char **where)
{
    enum filter_action a = FILTER_NONE;
    if (filters_look_at(f, FILTER_SUBJECT)) {
        *where = "subject";
        a = filters_match(f, FILTER_SUBJECT, subject_of(c), rule);
    }
    if (a == FILTER_NONE && filters_look_at(f, FILTER_BODY)) {
        *where = "body";
        a = filters_match(f, FILTER_BODY, body_of(c), rule);
    }
    return a;
}
