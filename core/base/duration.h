/* duration: Exim's time format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_DURATION_H
#define OUTRIDER_DURATION_H

#include "text.h"

#define DAY 86400

/* Exim's time format, 1w2d3h4m5s: 1 found, 0 malformed. */
int duration_parse(const char *s, int *seconds);
void duration_print(int seconds, struct text *out);

#endif
