/* forward: the address in a reply that says where a user has gone (RFC 5321
 * 3.4, 4.2.3):
 *     251 2.1.5 User not local; will forward to <new@x.example>
 *     551 5.1.6 User not local; please try <new@x.example>
 *
 * Servers leave out the angle brackets, name the old address as well and add
 * words of their own; so the text is only searched, and in doubt (two addresses
 * that differ) nothing is found. It comes from anybody and may be any bytes;
 * the time is linear.
 *
 * Called by: inquiry, and whoever reads the replies of a delivery.
 * Memory: added to *new.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_FORWARD_H
#define OUTRIDER_FORWARD_H

#include "text.h"

/* `text` is the reply without its codes, its lines joined by "\n". 1 and the
 * address as mailbox_canonical() has it; 0 there is none, or it is the old one,
 * or there are several. */
int forward_find(int code, const char *text, const char *old, struct text *new);

#endif
