/* mark: what local_scan has found out about a message and what is needed when
 * it is delivered, in the message itself: Exim's variable $acl_m_outrider_mark,
 * which lives and dies with the message, and which nobody can write from
 * outside.
 *
 * Lines, with tabs between fields (an address with control characters has no
 * row, so none comes here):
 *
 *     moved NEW OLD TIME RELEASED
 *
 * The recipient NEW stands for OLD. TIME is of registration, or MOVED_BY_HAND.
 * RELEASED is when it was sent on after a hold, else 0; NEW may be OLD then.
 *
 *     returned ADDRESS REASON
 *
 * A filter says that this recipient gets its bounce.
 *
 *     adapted
 *     looked
 *     sealed
 *     joined
 *
 * The message was made to fit its destination, and is not made so again; it was
 * looked at, and nothing was to be done; a row that says encrypt was heeded; it
 * was put together from parts, and is none of them.
 *
 *     part NAME NUMBER
 *
 * It is one of the messages that another one became; NAME is their work's
 * (transports/outbox.h).
 *
 * Called by: local_scan (writes), held and transports (add), router (reads).
 * Memory: appended to a struct text; mark_moves() fills what moves_free()
 * frees.
 * Fails: never; a line that is not understood is passed over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MARK_H
#define OUTRIDER_MARK_H

#include "fields.h"

#define MARK_READ "${if def:acl_m_outrider_mark{$acl_m_outrider_mark}}"

void mark_moved(struct text *mark, const struct moved *m);
void mark_returned(struct text *mark, const char *address, const char *reason);

/* One of the words that stand alone: MARK_ADAPTED, MARK_LOOKED,
 * MARK_SEALED, MARK_JOINED. */
#define MARK_ADAPTED "adapted"
#define MARK_LOOKED "looked"
#define MARK_SEALED "sealed"
#define MARK_JOINED "joined"
void mark_word(struct text *mark, const char *word);
bool mark_has(const char *mark, const char *word);

void mark_part(struct text *mark, const char *name, int number);
/* Which part it is: its number and *name, or 0. */
int mark_part_read(const char *mark, struct text *name);

/* All that have moved. */
void mark_moves(const char *mark, struct moves *moves);
/* Why this recipient is returned: 1 and *reason, or 0. */
int mark_reason(const char *mark, const char *address, struct text *reason);

#endif
