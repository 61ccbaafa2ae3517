/* rewrite: a file's new contents in the place of the old ones, with a copy of
 * those beside it; a crash leaves the one or the other, whole.
 *
 * Called by: book; format_thunderbird for the name of its copy.
 * Memory: paths given back are to free().
 * Fails: -1 with error[]; the file is then as it was.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_REWRITE_H
#define OUTRIDER_REWRITE_H

#include <sys/stat.h>

#include "text.h"

/* What a file was when it was read. */
struct source {
    char *path; /* behind all symbolic links */
    struct stat st;
    struct text text;
};

/* 1 read, 0 no such file. */
int source_read(struct source *s, const char *path, size_t max, char *error,
                size_t size);
void source_free(struct source *s);

/* Backs up and replaces, in the same mode and with the same owner. 1 done;
 * 0 somebody has changed the file since it was read (error[] says so). */
int rewrite(const struct source *s, const struct text *with, char **backup,
            char *error, size_t size);

/* An empty new file PATH.outrider-YYYYMMDD-HHMMSS~ in this mode; its
 * descriptor. */
int backup_create(const char *path, mode_t mode, char **backup, char *error,
                  size_t size);

#endif
