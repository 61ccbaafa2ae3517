/* archive_lib: libarchive's own header, whose name is that of ours.
 *
 * -Itransports comes before the system's directories, so <archive.h> is ours;
 * under this path there is only the system's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ARCHIVE_LIB_H
#define OUTRIDER_ARCHIVE_LIB_H

#include <../include/archive.h>
#include <archive_entry.h>

#endif
