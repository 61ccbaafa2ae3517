/* asker: many expansions by one Exim (`exim -be`, its standard input).
 *
 * Called by: tables.
 * Memory: asker_open() gives what asker_close() frees; it ends that Exim.
 * Fails: asker_open() NULL; asker_ask() -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ASKER_H
#define OUTRIDER_ASKER_H

#include <stdbool.h>

#include "admin.h"
#include "text.h"

struct asker;
struct asker *asker_open(const struct admin *a);
void asker_close(struct asker **k);

/* The expansion of ${acl{ACL}{ARGUMENT}}; line ends in it become spaces. It is
 * waited for 30 seconds. 1, 0 it is empty, -1; then it is asker_broken(), and
 * has to be closed: its answer might still come, to another question. */
int asker_acl(struct asker *k, const char *acl, const char *argument,
              struct text *answer, char *error, size_t size);

bool asker_broken(const struct asker *k);

#endif
