/* expand: archives become what they hold. See expand.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "expand.h"

#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "compress.h"
#include "edit.h"
#include "field.h"
#include "media.h"
#include "original.h"
#include "pack.h"
#include "partial.h"
#include "pieces.h"
#include "recode.h"
#include "subject.h"

/* One pass over a message. */
struct expanding {
    struct job *j;
    const struct message *m;
    struct edits edits;
    struct entries *opened; /* each archive's, until the message is written */
    int opened_count;
    int64_t left;          /* bytes that archives may still hold */
    int files;             /* and how many files */
    struct message packed; /* the message was packed, and this is it */
    bool own;              /* only what adapt has compressed */
};

static bool opens(const struct job *j, int kind)
{
    return kind < PACKING_COUNT &&
           environment_opens(j->row, (enum packing)kind);
}

/* 1: the files, in x->opened; 0: it stays, and why is reported. What says that
 * it is of ours may have any ratio: tables of numbers shrink to a hundredth. */
static int archive_open(struct expanding *x, const struct part *p, bool ours,
                        const struct extent *data, struct entries **files,
                        char *error, size_t size)
{
    const struct settings *set = x->j->settings;
    if (x->files < 1) {
        job_report(x->j, "more archives not expanded (expand-count)");
        return 0;
    }
    struct archive_limits limits = {x->left, set->expand_ratio, x->files,
                                    ours ? x->left : 0};
    struct entries e = {.fd = -1};
    const char *name = p->name ? p->name : "attachment";
    int left_out = 0;
    int rc = archive_read(data, &limits, name, &e, &left_out, error, size);
    if (rc == 0)
        job_report(x->j, "%s not expanded: %s", name, error);
    if (rc == 1 && (e.count == 0 || left_out > 0)) {
        job_report(x->j, "%s not expanded: it holds what is no file", name);
        rc = 0;
    }
    if (rc != 1) {
        entries_free(&e);
        return rc;
    }
    for (int i = 0; i < e.count; i++)
        x->left -= e.list[i].data.len;
    x->files -= e.count;
    x->opened = text_grow(x->opened, x->opened_count, sizeof *x->opened);
    *files = &x->opened[x->opened_count++];
    **files = e;
    return 1;
}

/* ---- what adapt compressed: back to what it was ---- */

static bool same_digest(const struct extent *data, const char *digest)
{
    struct text is = {0};
    bool same =
        bytes_digest(data, &is) == 0 && strcmp(text_str(&is), digest) == 0;
    text_free(&is);
    return same;
}

static int part_restore(struct expanding *x, const struct part *p,
                        const char *block, const struct extent *content,
                        char *error, size_t size)
{
    struct text was = {0}, head = {0};
    struct extent data;
    bool base64;
    original_unwrap(ORIGINAL_COMPRESSED, block, &was);
    int rc = recode_part(text_str(&was), content, &head, &data, &base64, error,
                         size);
    if (rc == 0)
        edits_add(&x->edits, p->head, p->end, text_copy(text_str(&head)), &data,
                  base64);
    text_free(&was);
    text_free(&head);
    return rc == 0 ? 1 : -1;
}

/* ---- a stranger's archive: its files ---- */

static void file_head(const struct entry *e, struct text *out)
{
    attachment_fields(media_type(e->name), e->name, "", out);
}

static bool keep_no_content(const struct field *f, void *context)
{
    (void)context;
    return !field_begins(f, "Content-");
}

/* Other fields than Content-*: those of the message itself, when the archive is
 * all of it. */
static void part_files(struct expanding *x, const struct part *p,
                       const char *block, const struct entries *files)
{
    struct text id = {0}, head = {0};
    int64_t at = p->head, end = p->end;
    subject_id(x->j, &id);
    fields_copy(block, keep_no_content, NULL, &head);
    if (files->count > 1)
        text_addf(
            &head,
            "Content-Type: multipart/mixed; boundary=\"=_%s\"\n\n--=_%s\n",
            id.s, id.s);
    for (int i = 0; i < files->count; i++) {
        file_head(&files->list[i], &head);
        text_add(&head, "\n");
        edits_add(&x->edits, at, i + 1 == files->count ? end : at,
                  text_copy(head.s), &files->list[i].data, true);
        text_cut(&head, 0);
        text_addf(&head, "--=_%s\n", id.s);
    }
    if (files->count > 1) {
        /* Within a multipart the line end that follows is there already. */
        const char *line = end < x->m->len ? "" : "\n";
        char *last = text_format("\n--=_%s--%s", id.s, line);
        edits_add(&x->edits, end, end, last, NULL, false);
    }
    text_free(&id);
    text_free(&head);
}

/* ---- a part ---- */

static int part_open(struct expanding *x, const struct part *p,
                     const char *block, bool message,
                     const struct extent *content, char *error, size_t size)
{
    struct text digest = {0};
    struct entries *files;
    bool said = original_digest(block, &digest) == 1;
    int rc = archive_open(x, p, said || message, content, &files, error, size);
    if (rc == 1 && message) {
        rc = pack_undo(files, &x->packed, error, size) == -1 ? -1 : 1;
        if (x->packed.fd == 0)
            job_report(x->j, "a packed message is no message");
    }
    if (rc == 1 && x->packed.fd == 0) {
        bool ours = said && files->count == 1 &&
                    same_digest(&files->list[0].data, text_str(&digest));
        if (ours)
            rc = part_restore(x, p, block, &files->list[0].data, error, size);
        else if (!x->own)
            part_files(x, p, block, files);
    }
    text_free(&digest);
    return rc;
}

static int part_look(struct expanding *x, const struct structure *s,
                     const struct part *p, char *error, size_t size)
{
    struct text block = {0}, digest = {0};
    struct extent content;
    int kind, rc = p->leaf && p->attachment && !p->sealed &&
                   part_head(x->m, p, &block) == 0;
    /* What adapt has packed carries the signature of what is in it. */
    bool whole =
        rc == 1 && piece_packed(text_str(&block)) && piece_framed(x->m, s, p);
    if (rc == 1 && s->sealed)
        rc = whole;
    if (rc == 1 && x->own)
        rc = whole || original_digest(text_str(&block), &digest) == 1;
    if (rc == 1)
        rc = part_content(x->m, p, &content, error, size);
    if (rc == 1)
        rc = archive_kind(&content, &kind) == 1 &&
             (x->own || !opens(x->j, kind));
    if (rc == 1)
        rc = part_open(x, p, text_str(&block), whole, &content, error, size);
    text_free(&block);
    text_free(&digest);
    return rc;
}

/* ---- all of them ---- */

/* The fields of the outer header, but those that the packed message has. */
static int packed_take(struct expanding *x, struct message *out, char *error,
                       size_t size)
{
    struct text outer = {0}, inner = {0}, head = {0};
    struct extent body =
        message_extent(&x->packed, x->packed.body, x->packed.len);
    int rc = message_head(x->m, &outer) == -1 ||
                     message_head(&x->packed, &inner) == -1
                 ? text_error(error, size, "a header is too large")
                 : 0;
    partial_head(text_str(&outer), text_str(&inner), &head);
    if (rc == 0)
        rc = message_make(out, &head, &body, false, error, size);
    text_free(&outer);
    text_free(&inner);
    text_free(&head);
    return rc;
}

static int pass_write(struct expanding *x, struct message *out, char *error,
                      size_t size)
{
    struct splice splice = {0};
    int rc = edits_splice(&x->edits, x->m, &splice);
    if (rc == 0)
        rc = splice_make(&splice, out, error, size);
    splice_free(&splice);
    return rc;
}

static int pass(struct job *j, const struct message *m, int64_t *left,
                int *files, struct message *out, char *error, size_t size)
{
    struct expanding x = {.j = j,
                          .m = m,
                          .left = *left,
                          .files = *files,
                          .own = !(j->row->said & SAID_COMPRESS)};
    struct structure s;
    int rc = structure_read(&s, m, error, size);
    for (int i = 0; i < s.count && rc != -1 && x.packed.fd == 0; i++)
        rc = part_look(&x, &s, &s.list[i], error, size);
    if (rc != -1 && x.packed.fd != 0)
        rc = packed_take(&x, out, error, size) == -1 ? -1 : 1;
    else if (rc != -1)
        rc = x.edits.count == 0                       ? 0
             : pass_write(&x, out, error, size) == -1 ? -1
                                                      : 1;
    if (rc == 1)
        job_report(j, "%d archive%s expanded", x.opened_count,
                   x.opened_count == 1 ? "" : "s");
    *left = x.left;
    *files = x.files;
    for (int i = 0; i < x.opened_count; i++)
        entries_free(&x.opened[i]);
    free(x.opened);
    edits_free(&x.edits);
    message_free(&x.packed);
    structure_free(&s);
    return rc;
}

int expand_message(struct job *j, const struct message *m, int64_t most,
                   struct message *out, char *error, size_t size)
{
    int64_t left = (int64_t)j->settings->expand_size << 20;
    if (most > 0 && most < left)
        left = most;
    const struct message *now = m;
    struct message made = {0};
    int rc = 1, changed = 0, files = j->settings->expand_count;
    for (int depth = 0; rc == 1 && depth < j->settings->expand_depth; depth++) {
        struct message next = {0};
        rc = pass(j, now, &left, &files, &next, error, size);
        if (rc != 1) {
            message_free(&next);
            break;
        }
        message_free(&made);
        made = next;
        now = &made;
        changed = 1;
    }
    if (rc == -1)
        message_free(&made);
    else
        *out = made;
    return rc == -1 ? -1 : changed;
}
