/* sevenbit: 8bit and binary parts become quoted-printable or base64. See
 * sevenbit.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sevenbit.h"

#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "field.h"
#include "recode.h"

/* Text stays readable. What is no text would need more room so. */
static int part_recode(const struct message *m, const struct part *p,
                       const struct bytes *b, struct edits *edits, char *error,
                       size_t size)
{
    struct text block = {0}, head = {0};
    struct extent data = message_extent(m, p->body, p->end);
    bool base64 = b->binary || b->eight_bit > data.len / 4;
    int rc = 0;
    /* An 8bit fragment is better than none. */
    if (part_head(m, p, &block) == -1)
        return 0;
    if (!base64)
        rc = recode_quoted(&data, &data, error, size);
    fields_without(text_str(&block), "Content-Transfer-Encoding", &head);
    text_addf(&head, "Content-Transfer-Encoding: %s\n\n",
              base64 ? "base64" : "quoted-printable");
    if (rc == 0)
        edits_add(edits, p->head, p->end, text_copy(head.s), &data, base64);
    text_free(&block);
    text_free(&head);
    return rc;
}

static int part_look(const struct message *m, const struct structure *s,
                     const struct part *p, struct edits *edits, char *error,
                     size_t size)
{
    struct extent body = message_extent(m, p->body, p->end);
    struct bytes b;
    if (!p->leaf || p->sealed || s->sealed || p->coding != CODING_AS_IS)
        return 0;
    if (bytes_look(&body, &b) == -1)
        return text_error(error, size, "the message cannot be read");
    if (b.eight_bit == 0 && !b.binary)
        return 0;
    return part_recode(m, p, &b, edits, error, size);
}

int sevenbit_make(const struct message *m, struct message *out, char *error,
                  size_t size)
{
    struct structure s;
    struct edits edits = {0};
    struct splice splice = {0};
    int rc = structure_read(&s, m, error, size);
    /* Without MIME-Version an encoding would mean nothing (RFC 2045 4). */
    for (int i = 0; s.mime && i < s.count && rc != -1; i++)
        rc = part_look(m, &s, &s.list[i], &edits, error, size);
    if (rc != -1)
        rc = edits.count == 0                               ? 0
             : edits_splice(&edits, m, &splice) == -1       ? -1
             : splice_make(&splice, out, error, size) == -1 ? -1
                                                            : 1;
    edits_free(&edits);
    splice_free(&splice);
    structure_free(&s);
    return rc;
}
