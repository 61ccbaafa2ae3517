/* archive_lib: libarchive's own header, whose name is that of ours: "archive.h"
 * is ours, <archive.h> the system's (the Makefile's -iquote sees to that).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARCHIVE_LIB_H
#define OUTRIDER_ARCHIVE_LIB_H

#include <archive.h>
#include <archive_entry.h>

#endif
