/* change: somebody's address is another one now, and what was done about it.
 *
 * Called by: status (makes changes), trust (judges them), the formats and
 * announce (act on them).
 * Memory: the lists start as {0}; changes_free() and notes_free() free them.
 * A change that was added belongs to the list.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CHANGE_H
#define OUTRIDER_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct change {
    char *old, *new;
    int64_t registered; /* seconds since the epoch */
};

struct changes {
    struct change *list;
    int count;
};

/* Copies the addresses. */
void changes_add(struct changes *c, const char *old, const char *new,
                 int64_t registered);
/* In the order of their registration, and of several for the same address the
 * last one only: A -> B, B -> C ends with C, and A -> B, A -> C too, in
 * whatever order the notices were read. */
void changes_settle(struct changes *c);
void changes_free(struct changes *c);

enum note_kind {
    NOTE_CHANGED, /* the old address is the new one now */
    NOTE_REMOVED, /* the entry had the new one already */
    NOTE_NEWER,   /* left alone: the entry is newer than the notice */
};

struct note {
    enum note_kind kind;
    char *entry;
    const struct change *change;
};

/* What was done to one file; `edits` counts all but NOTE_NEWER. */
struct notes {
    struct note *list;
    int count, edits;
};

void notes_add(struct notes *n, enum note_kind kind, const char *entry,
               const struct change *change);
void notes_free(struct notes *n);

#endif
