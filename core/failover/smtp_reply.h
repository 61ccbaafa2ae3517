/* smtp_reply: the replies of an SMTP server, from bytes as a socket gives them
 * (RFC 5321 4.2).
 *
 * Pure: it reads no socket and no clock. Lines may end with LF alone, as
 * Exim takes them; bytes above 127 are let through, other control characters
 * than tab become "?".
 *
 * Called by: tools (probe), tests.
 * Memory: smtp_reply_new() gives an object that smtp_reply_free() frees; what
 * the others return lives until the next smtp_reply_take().
 * Fails: smtp_reply_take() with -1 and smtp_reply_error(), which names what
 * came instead of a reply. After that only smtp_reply_clear() helps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SMTP_REPLY_H
#define OUTRIDER_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 5321 4.5.3.1.5 gives a line 512 bytes, and servers give more. */
#define SMTP_REPLY_BYTES 65536 /* of one reply, line ends included */
#define SMTP_REPLY_LINES 512

struct smtp_reply;

struct smtp_reply *smtp_reply_new(void);
void smtp_reply_free(struct smtp_reply **r);
/* Forgets everything, half a line too. */
void smtp_reply_clear(struct smtp_reply *r);

/* Takes the next bytes. 1: the reply is whole, and *used of the bytes were of
 * it; the rest is for the next call, which begins another reply. 0: more is
 * wanted, all were used. -1: what came is no reply, or too long. */
int smtp_reply_take(struct smtp_reply *r, const char *bytes, size_t n,
                    size_t *used);

/* 200 to 599; 0 before there is a whole line. */
int smtp_reply_code(const struct smtp_reply *r);
/* The lines without their codes, joined by "\n". */
const char *smtp_reply_text(const struct smtp_reply *r);
/* Why smtp_reply_take() gave -1, "" when it did not. */
const char *smtp_reply_error(const struct smtp_reply *r);
/* How what came of a line without its end begins, "" for nothing; for whoever
 * waits in vain for the rest. */
const char *smtp_reply_partial(struct smtp_reply *r);

/* In the reply to EHLO: is the extension announced (upper or lower case)? The
 * first line is the server's name, none of its extensions. */
bool smtp_reply_announces(const struct smtp_reply *r, const char *keyword);
/* The largest message that it takes (RFC 1870), 0 for none announced or no
 * limit; UINT64_MAX for more than fits. */
uint64_t smtp_reply_size(const struct smtp_reply *r);

#endif
