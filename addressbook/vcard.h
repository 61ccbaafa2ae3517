/* vcard: a text of vCards (RFC 6350, and versions 3.0 and 2.1).
 *
 * Called by: format_vcard; format_thunderbird, whose cards hold one each.
 * Memory: what is written into out, notes and entries is the caller's.
 * Fails: never; a card without an end, or what is no card, is left alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_VCARD_H
#define OUTRIDER_VCARD_H

#include "format.h"

/* A card whose REV is later than the change was registered is left alone. The
 * REV of a changed one becomes that time, and not this moment: what the card
 * says was true then, a later edit of the user's on another machine is newer,
 * and so is the next notice. */
void vcard_edit(const char *data, size_t len, const struct change *change,
                struct text *out, struct notes *notes);
void vcard_read(const char *data, size_t len, struct entries *out);

#endif
