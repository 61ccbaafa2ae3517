/* fields: new addresses in the header fields that name recipients: To, Cc,
 * Resent-To, Resent-Cc, Resent-Bcc (RFC 5322 3.6.3, 3.6.6).
 *
 * Everything else stays byte for byte. A field that a DKIM or ARC signature of
 * the message covers is left alone where the setting says "unsigned".
 *
 * Called by: local_scan (a message that arrives), held (one that waits).
 * Memory: borrows the fields; text that it makes is given to put() and freed.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FIELDS_H
#define OUTRIDER_FIELDS_H

#include <stddef.h>

#include "mailbox.h"
#include "option.h"

/* A whole field, name and line end included; len 0 for one that is deleted. */
struct field_span {
    const char *text;
    size_t len;
};

struct fields_job {
    const struct field_span *fields;
    int count;
    enum rewrite_headers policy;
    mailbox_new *new_of;
    /* field number i becomes this text */
    void (*put)(int i, const char *text, size_t len, void *context);
    void *context; /* of both */
};

/* The number of addresses that were replaced; *spared: fields that were left
 * as they are because of a signature. */
int fields_rewrite(const struct fields_job *job, int *spared);

/* Is this the field of this name (any case)? *body: where its body begins. */
bool fields_named(const struct field_span *field, const char *name,
                  size_t *body);

/* The fields of a header block: *fields (malloc'd, pointing into the block) and
 * their number. A line that begins no field belongs to the one before. */
int fields_split(const char *block, size_t len, struct field_span **fields);
/* Adds the first field's body, unfolded and trimmed; control characters become
 * spaces. false when there is none. */
bool fields_get(const struct field_span *fields, int count, const char *name,
                struct text *out);

/* The address pairs of one message, for new_of(). */
#define MOVED_BY_HAND                                                          \
    (-1) /* a time: this message alone, by an administrator                    \
          */
struct moved {
    char *key; /* relocation_key() of old */
    char *old, *new;
    int64_t time;     /* of registration, 0 not known */
    char *row;        /* the row's old address */
    int64_t released; /* after it was held: since then; 0: it was not */
};
struct moves {
    struct moved *list;
    int count;
    bool sorted;
};
/* The new one, for its `released`; until the list changes. */
struct moved *moves_add(struct moves *m, const char *old, const char *new,
                        int64_t time, const char *row);
/* May put the list into another order. */
const struct moved *moves_find(struct moves *m, const char *old);
/* When was this recipient last sent on after a hold? Seconds since the epoch, 0
 * when it was not: how long it was held does not count as waiting. */
int64_t moves_released(const struct moves *m, const char *recipient);
void moves_free(struct moves *m);

#endif
