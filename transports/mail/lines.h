/* lines: line ends of a file, LF here and CRLF on the wire.
 *
 * Called by: cipher.
 * Memory: a block at a time.
 * Fails: -1 with error[].
 *
 * Going to the wire, a CR is put before each LF, whatever is before it, as Exim
 * does when it sends; coming from there, a CR before an LF goes. So what was
 * turned is what it was when it is turned back, also where it is binary.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_LINES_H
#define OUTRIDER_LINES_H

#include "temp.h"

/* To `out`, at its position. 0 or -1. */
int lines_to_wire(const struct extent *e, int out, char *error, size_t size);
int lines_from_wire(const struct extent *e, int out, char *error, size_t size);

#endif
