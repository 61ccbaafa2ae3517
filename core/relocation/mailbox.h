/* mailbox: the mail addresses in a header field's body, found and replaced in
 * place.
 *
 * What is read is RFC 5322 3.4 (address-list) with the obsolete syntax of 4.4
 * and UTF-8 (RFC 6531), and what mailers send in its place: missing commas,
 * semicolons between addresses, dots too many in a local part (then it comes
 * out quoted). An address without a domain is none. An address that stands
 * before "<" is a display name, and is left alone; so are encoded words (RFC
 * 2047), which are atoms. After a quote, a comment, a domain literal or "<"
 * that does not end, nothing more is found. Any bytes may come, in any number;
 * the time is linear.
 *
 * Called by: apply, and whoever rewrites header fields.
 * Memory: the body is borrowed until mailbox_end(). An address belongs to the
 * scan, until the next call.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MAILBOX_H
#define OUTRIDER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct mailbox {
    size_t start, len; /* the addr-spec, with comments and folding within it */
    size_t name_start, name_len; /* the phrase before "<"; 0 long when none */
    const char *address;         /* canonical: see mailbox_canonical() */
};

struct mailbox_scan {
    const char *s;
    size_t len, at, stop;
    struct text address, local;
};

void mailbox_begin(struct mailbox_scan *scan, const char *body, size_t len);
/* 1: the next one; 0: there are no more. */
int mailbox_next(struct mailbox_scan *scan, struct mailbox *m);
void mailbox_end(struct mailbox_scan *scan);

/* Behind what is at this place: a word, a quoted string, a comment, a domain
 * literal, or one character. All of it when it does not end. */
size_t mailbox_skip(const char *body, size_t len, size_t at);

/* Adds the one way of many to write this address: no comments or folding, the
 * local part quoted only where it has to be. It is given as RFC 5322 has it,
 * or as Exim keeps it (two words@x.example). false, and nothing added: it is
 * no address, or none that could stand in a header. */
bool mailbox_canonical(const char *address, struct text *out);

/* The new address (malloc'd) for this one; NULL leaves it as it is. */
typedef char *mailbox_new(const char *address, void *context);

/* Adds the whole body with its addresses replaced; all other bytes are as they
 * were. A new one that is no address is not used. Returns how many were
 * replaced. */
int mailbox_rewrite(const char *body, size_t len, mailbox_new *new_of,
                    void *context, struct text *out);

#endif
