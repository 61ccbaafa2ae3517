/* silence: NOTIFY=SUCCESS taken off recipients. See silence.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "silence.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapting.h"
#include "file.h"
#include "spool.h"

#define HEADER_MAX (64 << 20) /* bytes of a -H file */

static bool done(const struct settings *set, const char *id,
                 const struct spool_recipient *r)
{
    struct text words = {0};
    enum adapting what;
    bool is = r->dsn_flags & SPOOL_NOTIFY_SUCCESS &&
              adapting_find(set, id, r->address, &what, &words) == 1 &&
              what == ADAPTING_DONE;
    text_free(&words);
    return is;
}

/* How many were changed. */
static int recipients_write(const struct settings *set, struct spool_header *h,
                            struct text *out)
{
    int changed = 0;
    text_addf(out, "%d\n", h->count);
    for (int i = 0; i < h->count; i++) {
        struct spool_recipient *r = &h->recipients[i];
        if (done(set, h->id, r)) {
            spool_recipient_notify(r, spool_notify_less(r->dsn_flags));
            changed++;
        }
        text_addf(out, "%s\n", r->line);
    }
    return changed;
}

int silence_message(const struct settings *set, const char *directory,
                    const char *id, char *error, size_t size)
{
    struct spool_header h = {0};
    struct text text = {0}, made = {0};
    char *path = text_format("%s/%s-H", directory, id), *copy = NULL;
    int rc = file_read(path, HEADER_MAX, &text, error, size);
    if (rc == 1) {
        copy = text_copy(text.s);
        rc = spool_header_parse(copy, &h, error, size);
    }
    if (rc == 1) {
        text_addn(&made, text.s, h.recipients_at);
        rc = recipients_write(set, &h, &made) > 0;
        text_add(&made, text.s + h.headers_at);
    }
    if (rc == 1 &&
        spool_header_replace(directory, id, &made, error, size) == -1)
        rc = -1;
    spool_header_free(&h);
    text_free(&text);
    text_free(&made);
    free(copy);
    free(path);
    return rc;
}

void silence_start(const struct exim *e, const struct settings *set,
                   const char *queue, const char *id)
{
    struct text directory = {0};
    char error[300];
    int fd;
    if (process_detach() != 1)
        return;
    if (spool_find_on(set->spool, queue, id, &directory) != 1 ||
        spool_lock(directory.s, id, -1, &fd) != 1)
        _exit(0);
    /* A journal says who has it; Exim reads that first. */
    int rc = spool_journal(directory.s, id)
                 ? 0
                 : silence_message(set, directory.s, id, error, sizeof error);
    close(fd);
    if (rc == -1)
        _exit(0);
    char *run = text_format("-qG%s", queue);
    const char *const named[] = {run, "-Mc", id, NULL};
    process_become(e, *queue ? named : named + 1);
}
