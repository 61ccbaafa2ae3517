/* letter: a mail, as far as it is a notice of a change of address.
 *
 * Called by: update.
 * Memory: letter_free() after every letter_read().
 * Fails: letter_read() gives -1 with error[] for what is no mail, too large, or
 * holds bytes that no mail has; 0 for a mail that is no notice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_LETTER_H
#define OUTRIDER_LETTER_H

#include "change.h"
#include "status.h"

#define LETTER_MAX (1024 * 1024)

struct letter {
    struct changes changes;
    struct status status;
    char **results; /* bodies of Authentication-Results, the topmost first */
    int result_count;
};

/* 1 a notice, 0 another mail, -1 an error. */
int letter_read(struct letter *l, const char *data, size_t len, int64_t now,
                char *error, size_t size);
void letter_free(struct letter *l);

#endif
