/* bounce: the delivery failure notice that Exim wrote, read back.
 *
 * Which recipients failed and with what words; and the same notice again for
 * some of them only, addressed to the real sender and worded as Exim words it
 * for a sender ("A message that you sent ...").
 *
 * Called by: chance.
 * Memory: bounce_parse() keeps pointers into the text it was given; the
 * struct is freed with bounce_free().
 * Fails: never. What is not understood is left as it is: a notice with no
 * recipient that we know is passed on whole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_BOUNCE_H
#define OUTRIDER_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct bounce_recipient {
    char *address; /* as Exim prints it: text_printed() of the real one */
    char *text;    /* what failed, Exim's words, lines joined */
};

struct bounce {
    const char *data;
    size_t len;
    struct bounce_recipient *recipients;
    int count;
    bool hidden; /* more have failed than are named (hide_child_in_errmsg) */
};

void bounce_parse(struct bounce *b, const char *data, size_t len);
void bounce_free(struct bounce *b);

/* The same notice for somebody else. Where the part for people holds UTF-8, it
 * is labelled so (Exim calls every text US-ASCII). */
struct bounce_edit {
    const char *to; /* To: and, in Received:, the recipient */
    const char *old_to;
    const char *id; /* the message id in Received:; NULL: no Received: */
    const char *old_id;
    /* the recipients that stay in it */
    bool (*keep)(const char *address, void *context);
    void *context;
};

void bounce_write(const struct bounce *b, const struct bounce_edit *edit,
                  struct text *out);

#endif
