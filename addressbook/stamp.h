/* stamp: a moment as vCards have it (RFC 6350, 4.3.5; ISO 8601 in version 3.0).
 *
 * Called by: card, vcard.
 * Memory: none.
 * Fails: what is no date, or leaves out the year, is none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_STAMP_H
#define OUTRIDER_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds since the epoch. A date alone is its first moment, and what names no
 * zone is UTC. */
bool stamp_read(const char *value, int64_t *seconds);
/* 20261122T100000Z, or extended 2026-11-22T10:00:00Z. */
void stamp_write(int64_t seconds, bool extended, char *out, size_t size);

#endif
