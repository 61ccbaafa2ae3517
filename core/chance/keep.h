/* keep: messages held on to until their bounce was looked at.
 *
 * STATE/keep holds hard links to the spool files of messages that Exim is
 * about to let go of, and the notes of core/copy.h.
 *
 * Called by: router (second), chance, copy, history (to tidy up).
 * Memory: paths that are returned are the caller's to free.
 * Fails: -1 with error[].
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_KEEP_H
#define OUTRIDER_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "option.h"

/* Hard links to the message's files, STATE/keep/ID.TAG-D and -H, so that it
 * can be had when Exim has let go of it. Done twice is done once. TAG is 1 to
 * 32 hexadecimal digits. */
bool keep_is_tag(const char *tag);
int keep_message(const struct settings *set, const char *id, const char *tag,
                 char *error, size_t size);
void keep_drop(const struct settings *set, const char *id, const char *tag);
/* Is something kept for this message, under any tag? And drop all of it. */
bool keep_any(const struct settings *set, const char *id);
void keep_drop_all(const struct settings *set, const char *id);
/* What was kept and nobody came for: messages after a day, notes about bounces
 * after `keep`. */
void keep_sweep(const struct settings *set);
/* "STATE/keep/ID.TAGSUFFIX" and "STATE/keep"; free them. */
char *keep_path(const struct settings *set, const char *id, const char *tag,
                const char *suffix);
char *keep_directory(const struct settings *set);
/* STATE and STATE/keep, made when missing. */
int keep_make(const struct settings *set, char *error, size_t size);
/* Can files be made there? */
bool keep_usable(const struct settings *set);

#endif
