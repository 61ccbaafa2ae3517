/* notice: what people are told of a change of address, and what programs can
 * read of it. docs/notices.md is the specification.
 *
 * To a sender: multipart/report (RFC 6522) of a text for people, a
 * message/delivery-status (RFC 3464) with fields of our own, and the new
 * address as a vCard (RFC 6350). To the administrator: plain text.
 *
 * The words are in a template: lines of header fields (Subject:, and for
 * another language Content-Language:), an empty line, the text; UTF-8, with
 * {old} {new} {hub} {subject} {date} {from} {days} {until} {registered} {id}
 * {row}. A file of the template's name in the directory of the setting
 * `templates` is used in place of the English one.
 *
 * RFC 3834 is obeyed: notice_allowed() says who is not to be answered.
 *
 * Called by: router, tools; transports (what all mail of ours has).
 * Memory: appended to a struct text.
 * Fails: notice_write() with -1 and error[] when a template cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_NOTICE_H
#define OUTRIDER_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"
#include "option.h"
#include "text.h"

enum notice_kind {
    NOTICE_CHANGED,   /* to the sender: delivered to the new address */
    NOTICE_HELD,      /* to the sender: kept for so many days */
    NOTICE_ASK,       /* to the administrator: the first mail is held */
    NOTICE_ASK_AGAIN, /* at half time */
    NOTICE_REMOVED    /* the row has waited too long, and is gone */
};

/* Times are seconds since the epoch, 0 for not known; texts may be NULL. */
struct notice {
    enum notice_kind kind;
    const struct settings *settings;
    const char *hub; /* this host's name */
    const char *to;
    const char *old, *new, *row;
    const char *orcpt; /* ORCPT of the recipient (RFC 3461), or NULL */
    int64_t registered, until, arrived, now;
    const char *id;     /* of the message, Exim's */
    const char *sender; /* of the message */
    /* the message's header fields */
    const struct field_span *fields;
    int field_count;
};

int notice_write(const struct notice *n, struct text *out, char *error,
                 size_t size);

/* May a message with this sender and these fields be answered? */
bool notice_allowed(const char *sender, const struct field_span *fields,
                    int count);

/* Has nobody been told of this in the setting's period? Then it is noted that
 * he is now. 1 tell him, 0 he knows, -1 it cannot be noted (then do not). */
int notice_due(const struct settings *set, enum notice_kind kind,
               const char *to, const char *old, int64_t now, char *error,
               size_t size);

/* For all mail that we write ourselves: its From: field, and the text of a
 * field of somebody's message, decoded, as far as it goes into one line; what
 * is no UTF-8 becomes U+FFFD. `raw` is unfolded. */
void notice_from(const struct settings *set, const char *hub, struct text *out);
void notice_words(const char *raw, struct text *out);

/* The name of the template: changed, held, ask, ask-again, removed. */
const char *notice_name(enum notice_kind kind);

#endif
