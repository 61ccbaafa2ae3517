/* outgoing: the messages that take the place of one. See outgoing.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "outgoing.h"

#include <stdlib.h>

struct outgoing *outgoing_add(struct outgoings *o)
{
    o->list = text_grow(o->list, o->count, sizeof *o->list);
    struct outgoing *new = &o->list[o->count++];
    *new = (struct outgoing){0};
    return new;
}

static int64_t lines(const struct text *t)
{
    int64_t n = 0;
    for (size_t i = 0; i < t->len; i++)
        n += t->s[i] == '\n';
    return n;
}

int64_t outgoing_size(const struct outgoing *o)
{
    return (int64_t)o->head.len + lines(&o->head) + 2 + splice_wire(&o->body);
}

int outgoing_message(const struct outgoing *o, struct message *m, char *error,
                     size_t size)
{
    struct splice whole = {0};
    splice_text(&whole, text_str(&o->head));
    splice_text(&whole, "\n");
    *m = (struct message){0};
    int fd = temp_file(error, size);
    int rc = fd == -1 || splice_write(&whole, fd, error, size) == -1 ||
                     splice_write(&o->body, fd, error, size) == -1 ||
                     message_take(m, fd, error, size) == -1
                 ? -1
                 : 0;
    splice_free(&whole);
    return rc;
}

void outgoings_free(struct outgoings *o)
{
    for (int i = 0; i < o->count; i++) {
        text_free(&o->list[i].head);
        splice_free(&o->list[i].body);
    }
    free(o->list);
    *o = (struct outgoings){0};
}
