/* media: the media type of a file, by its name (RFC 2046 4.5.1: what is not
 * known is application/octet-stream).
 *
 * Called by: expand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_MEDIA_H
#define OUTRIDER_MEDIA_H

const char *media_type(const char *name);

#endif
