/* release: held mail sent on, when the new address is known.
 *
 * The message's -H file is replaced, under the lock that Exim takes for a
 * delivery, by one in which the recipient has its new address, in the envelope
 * and in the header fields (fields.h), and which says so in its mark
 * (mark.h). That is one rename(2), as Exim itself writes that file, so a kill
 * at any moment leaves the message as it was, or released.
 *
 * Called by: tools.
 * Memory: nothing is kept.
 * Fails: -1 with error[]; the message is then as it was.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RELEASE_H
#define OUTRIDER_RELEASE_H

#include "fields.h"
#include "held.h"
#include "option.h"
#include "spool.h"

/* What has become of a message. */
struct released {
    struct moves moves; /* the recipients that have a new address now */
    int replaced;       /* addresses in its header fields */
    int spared;         /* fields left alone because of a signature */
};

/* new_of(): for a recipient that waits, its new address (malloc'd) and when it
 * was registered; NULL when nothing has changed for it. It may be the recipient
 * itself, which is held no more then.
 * 1: it was changed; 0: there is nothing to change, or the message is gone;
 * -1, also when a delivery of it is under way. */
struct release {
    const struct settings *settings;
    int64_t now; /* seconds since the epoch */
    char *(*new_of)(const char *recipient, int64_t *time, void *context);
    void *context;
};
int release_message(const struct release *r, const char *id,
                    struct released *done, char *error, size_t size);
void released_free(struct released *done);

/* The text of a -H file with these moves made; the fuzzer's way in. 1, 0 when
 * none of its recipients is among them, -1 when it is none. */
int release_text(const char *text, size_t len, struct moves *moves,
                 enum rewrite_headers policy, struct released *done,
                 struct text *out, char *error, size_t size);

#endif
