/* scatter: a message as several messages with some of its attachments each. See
 * scatter.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scatter.h"

#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "field.h"
#include "subject.h"

#define BOUNDARY_MAX                                                           \
    200                 /* "--", 70 characters (RFC 2046 5.1.1), white space   \
                         */
#define NUMBER_ROOM 400 /* what subject, message id and references grow by */
#define NOTE_ROOM 600   /* of the note, without its lines */
#define NOTE_LINE 40
#define NAME_SHOWN 60 /* characters of a file's name in a refusal */

/* One attachment, with its boundary line before it. */
struct load {
    const struct part *part;
    int64_t from, to;
    int64_t wire;
    int message; /* in which one it goes, from 1 on */
};

struct scattering {
    struct job *j;
    const struct message *m;
    struct text head, id;
    struct load *loads;
    int count, total;
    bool sealed;
};

/* ---- what can go into one message or another ---- */

/* The boundary line ahead of a part begins after the line end before it. */
static int64_t boundary_before(const struct message *m, int64_t head)
{
    char line[BOUNDARY_MAX + 1];
    int64_t from = head > BOUNDARY_MAX ? head - BOUNDARY_MAX : 0;
    struct extent e = message_extent(m, from, head);
    int64_t n = extent_read(&e, 0, line, (size_t)e.len);
    if (n < 2 || line[n - 1] != '\n')
        return -1;
    line[n - 1] = 0;
    const char *end = memrchr(line, '\n', (size_t)n - 1);
    return end && strncmp(end + 1, "--", 2) == 0 ? from + (end + 1 - line) : -1;
}

static bool line_end_at(const struct message *m, int64_t at)
{
    char c = 0;
    struct extent rest = message_extent(m, at, m->len);
    return extent_read(&rest, 0, &c, 1) == 1 && c == '\n';
}

static void loads_find(struct scattering *x, const struct structure *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct part *p = &s->list[i];
        int64_t from = p->parent != -1 && compress_candidate(s, p)
                           ? boundary_before(x->m, p->head)
                           : -1;
        if (from == -1 || !line_end_at(x->m, p->end))
            continue;
        x->loads = text_grow(x->loads, x->count, sizeof *x->loads);
        struct load *l = &x->loads[x->count++];
        *l = (struct load){p, from, p->end + 1, 0, 0};
        l->wire = message_wire(x->m, l->from, l->to);
    }
}

static const char *load_name(const struct load *l)
{
    return l->part->name ? l->part->name : "attachment";
}

/* The note's size, at the most. */
static int64_t note_room(const struct scattering *x)
{
    int64_t room = NOTE_ROOM;
    for (int i = 0; i < x->count; i++)
        room += (int64_t)strlen(load_name(&x->loads[i])) + NOTE_LINE;
    return room;
}

/* ---- why not ---- */

/* For the sender, who may be able to do something about it. Gives 0. */
static int refuse(const struct scattering *x, const char *why)
{
    text_addf(&x->j->refusal, "parts of it could not be joined there, and %s",
              why);
    return 0;
}

static int refuse_whole(const struct scattering *x)
{
    if (x->sealed)
        return refuse(x, "it is signed or encrypted, so its files cannot be "
                         "sent one by one");
    return refuse(x, x->count == 0 ? "it has no files to be sent one by one"
                                   : "its files cannot be sent one by one");
}

static int refuse_load(const struct scattering *x, const struct load *l)
{
    const char *name = load_name(l);
    bool plain = strlen(name) <= NAME_SHOWN;
    struct text why = {0};
    for (const char *p = name; *p; p++)
        plain = plain && *p >= ' ' && *p <= '~' && *p != '"';
    if (plain)
        text_addf(&why, "its file \"%s\" alone has ", name);
    else
        text_add(&why, "a file of it alone has ");
    job_size(l->wire, &why);
    refuse(x, why.s);
    text_free(&why);
    return 0;
}

/* In their order, as many in a message as fit. 0: they do not, as refused. */
static int loads_assign(struct scattering *x)
{
    int64_t rest = message_size(x->m) + NUMBER_ROOM + note_room(x), left = 0;
    for (int i = 0; i < x->count; i++)
        rest -= x->loads[i].wire;
    if (rest > x->j->limit)
        return refuse_whole(x);
    for (int i = 0; i < x->count; i++) {
        struct load *l = &x->loads[i];
        if (rest + l->wire > x->j->limit)
            return refuse_load(x, l);
        if (x->total == 0 || l->wire > left) {
            x->total++;
            left = x->j->limit - rest;
        }
        left -= l->wire;
        l->message = x->total;
    }
    return x->total > 1 ? !job_too_many(x->j, x->total) : refuse_whole(x);
}

/* ---- the messages ---- */

/* A file name may hold anything but a line end (RFC 2047 decoded). */
static void name_add(const char *name, struct text *out)
{
    for (; *name; name++)
        text_addn(out, (unsigned char)*name < 32 ? " " : name, 1);
}

/* A text of ours ahead of the attachments, with the boundary that they have. */
static void note_add(const struct scattering *x, int number, struct splice *s)
{
    struct text t = {0};
    splice_message(s, x->m, x->loads[0].from, x->loads[0].part->head);
    text_addf(&t,
              "Content-Type: text/plain; charset=utf-8\n"
              "Content-Transfer-Encoding: 8bit\n"
              "Content-Disposition: inline\n\n"
              "This message is too large to be received in one. Its attached "
              "files come in\n%d messages with the same text; this is number "
              "%d:\n\n",
              x->total, number);
    for (int i = 0; i < x->count; i++) {
        text_addf(&t, "  (%d/%d)  ", x->loads[i].message, x->total);
        name_add(load_name(&x->loads[i]), &t);
        text_add(&t, x->loads[i].message == number ? "  (here)\n" : "\n");
    }
    splice_text(s, t.s);
    text_free(&t);
}

static bool keep_other(const struct field *f, void *context)
{
    (void)context;
    return !field_is(f, "Subject") && !field_is(f, "Message-ID") &&
           !field_is(f, "References");
}

static bool keep_references(const struct field *f, void *context)
{
    (void)context;
    return field_is(f, "References");
}

static bool keep_id(const struct field *f, void *context)
{
    (void)context;
    return field_is(f, "Message-ID");
}

static void message_add(struct scattering *x, int number, struct outgoings *out)
{
    struct outgoing *o = outgoing_add(out);
    int64_t at = x->m->body;
    const char *head = text_str(&x->head);
    fields_copy(head, keep_other, NULL, &o->head);
    subject_numbered(head, number, x->total, &o->head);
    if (number == 1) {
        fields_copy(head, keep_id, NULL, &o->head);
        fields_copy(head, keep_references, NULL, &o->head);
    } else {
        struct text first = {0};
        text_addf(&o->head, "Message-ID: <%s.%d@%s>\n", x->id.s, number,
                  x->j->host);
        field_value(head, "Message-ID", &first);
        subject_references(head, text_str(&first), &o->head);
        text_free(&first);
    }
    splice_message(&o->body, x->m, at, x->loads[0].from);
    at = x->loads[0].from;
    note_add(x, number, &o->body);
    for (int i = 0; i < x->count; i++) {
        if (x->loads[i].message == number)
            continue;
        splice_message(&o->body, x->m, at, x->loads[i].from);
        at = x->loads[i].to;
    }
    splice_message(&o->body, x->m, at, x->m->len);
}

int scatter_split(struct job *j, const struct message *m,
                  const struct structure *s, struct outgoings *out, char *error,
                  size_t size)
{
    struct scattering x = {.j = j,
                           .m = m,
                           .sealed = s->sealed ||
                                     (s->count > 0 && s->list[0].sealed)};
    if (message_head(m, &x.head) == -1)
        return text_error(error, size, "its header is too large, or has NULs");
    subject_id(j, &x.id);
    loads_find(&x, s);
    int rc = loads_assign(&x);
    for (int i = 1; rc == 1 && i <= x.total; i++)
        message_add(&x, i, out);
    /* A message id of ours may be longer than that of the message. */
    for (int i = 0; rc == 1 && i < out->count; i++)
        rc = job_fits(j, outgoing_size(&out->list[i])) || refuse_whole(&x);
    if (rc == 1)
        job_report(j, "its attachments in %d messages", x.total);
    free(x.loads);
    text_free(&x.head);
    text_free(&x.id);
    return rc;
}
