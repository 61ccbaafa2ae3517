/* passing: a bounce of Exim's that came to us, passed on to the real sender.
 * See passing.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "passing.h"

#include <stdlib.h>
#include <string.h>

#include "copy.h"
#include "history.h"
#include "keep.h"

/* One run of passing_publish(). */
struct publishing {
    const struct passing *p;
    struct spool_header header; /* of the bounce to us */
};

static void passing_write(const struct passing *p, const char *id,
                          struct text *header, struct text *body)
{
    struct bounce_edit edit = p->edit;
    struct text message = {0};
    edit.id = id;
    bounce_write(p->bounce, &edit, &message);
    const char *blank = strstr(message.s, "\n\n");
    size_t n = blank ? (size_t)(blank - message.s) + 1 : message.len;
    text_addn(header, message.s, n);
    text_add(body, "");
    if (blank)
        text_addn(body, blank + 2,
                  message.len - (size_t)(blank + 2 - message.s));
    text_free(&message);
}

static bool nobody(const char *address, void *context)
{
    (void)address;
    (void)context;
    return false;
}

static void publishing_header(const char *id, void *context, struct text *out)
{
    struct publishing *m = context;
    struct text block = {0}, body = {0}, history = {0}, lines = {0}, to = {0};
    const struct history none = {0};
    passing_write(m->p, id, &block, &body);
    spool_headers_format(block.s, &lines);
    free(m->header.headers);
    m->header.headers = lines.s;
    text_addf(&to, "%s\n", m->p->edit.to);
    history_format(&none, m->p->edit.old_id, 1, &history);
    spool_header_copy(&m->header, id, nobody, NULL, to.s, history.s, out);
    text_free(&block);
    text_free(&body);
    text_free(&history);
    text_free(&to);
}

static long lines_count(const struct text *t)
{
    long n = 0;
    for (size_t i = 0; i < t->len; i++)
        n += t->s[i] == '\n';
    return n;
}

static int publish(struct publishing *m, char id[SPOOL_ID_MAX], char *error,
                   size_t size)
{
    struct text block = {0}, body = {0};
    struct copy copy = {.settings = m->p->settings,
                        .note = m->p->note,
                        .queue = "",
                        .like = m->p->edit.old_id,
                        .body = &body,
                        .header = publishing_header,
                        .context = m};
    passing_write(m->p, m->p->edit.old_id, &block, &body);
    spool_header_set_lines(&m->header, lines_count(&body));
    int rc = copy_make(&copy, id, error, size);
    text_free(&block);
    text_free(&body);
    return rc;
}

static int bounce_header_read(const struct passing *p, struct spool_header *h,
                              char *error, size_t size)
{
    struct text directory = {0};
    int rc = spool_message_read(p->settings->spool, p->edit.old_id, h,
                                &directory, error, size);
    if (rc == 0)
        text_error(error, size, "message %s is not in %s", p->edit.old_id,
                   p->settings->spool);
    text_free(&directory);
    return rc == 1 ? 0 : -1;
}

static int passing_publish(const struct passing *p, char id[SPOOL_ID_MAX],
                           char *error, size_t size)
{
    struct publishing m = {.p = p};
    int rc = bounce_header_read(p, &m.header, error, size);
    if (rc == 0)
        rc = publish(&m, id, error, size);
    spool_header_free(&m.header);
    return rc;
}

static int passing_submit(const struct passing *p, char *error, size_t size)
{
    struct text message = {0};
    bounce_write(p->bounce, &p->edit, &message);
    int rc = p->submit(p->edit.to, &message, p->submit_context);
    text_free(&message);
    if (rc == -1)
        text_error(error, size, "the bounce for <%s> could not be submitted",
                   p->edit.to);
    return rc;
}

int passing_make(const struct passing *p, char id[SPOOL_ID_MAX], char *error,
                 size_t size)
{
    id[0] = 0;
    if (!keep_usable(p->settings))
        return passing_submit(p, error, size);
    return passing_publish(p, id, error, size);
}
