/* sevenbit: 8bit and binary parts become quoted-printable or base64, because
 * message/partial is 7bit (RFC 2046 5.2.2).
 *
 * What is signed stays; so do parts without a header of their own.
 *
 * Called by: plan.
 * Memory: see temp.h.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SEVENBIT_H
#define OUTRIDER_SEVENBIT_H

#include "message.h"

/* 1: *out is the message so; 0: nothing was to be done. */
int sevenbit_make(const struct message *m, struct message *out, char *error,
                  size_t size);

#endif
