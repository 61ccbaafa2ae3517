/* setup: the settings, and what else is configured, from inside Exim.
 *
 * Called by: router, local_scan.
 * Memory: setup_settings() gives what settings_free() frees.
 * Fails: setup_settings() never: what is wrong is told to complain(), and has
 * its default.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SETUP_H
#define OUTRIDER_SETUP_H

#include "option.h"

/* The text of the administrator's ACL `outrider`. */
struct settings *setup_settings(void (*complain)(const char *subject,
                                                 const char *text));

/* The lookup() of a struct rows. */
int setup_lookup(const char *acl, const char *key, struct text *value,
                 void *context, char *error, size_t size);

/* What Exim makes of it, "" when that fails; malloc'd. */
char *setup_variable(const char *name);

#endif
