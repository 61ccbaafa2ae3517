/* environment_zone: a domain's row as its owner publishes it in DNS.
 *
 *     _outrider.example.org. 3600 IN TXT "size=10M compress=zip"
 *
 * Called by: tools.
 * Memory: appended to a struct text.
 * Fails: -1 when there is nothing of it that can be published, 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENT_ZONE_H
#define OUTRIDER_ENVIRONMENT_ZONE_H

#include "environment.h"

/* A line of a zone file (RFC 1035 5.1), with what is said and may be published.
 * `domain` is in ASCII. */
int environment_zone(const char *domain, const struct environment *e,
                     struct text *out);
/* As strings of a TXT record: 255 bytes each at most (RFC 1035 3.3), to be read
 * one after the other with nothing between (RFC 7208 3.3). */
void environment_zone_strings(const char *s, struct text *out);

#endif
