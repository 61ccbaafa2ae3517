/* assembly: the last part has come: the whole message is put on the queue.
 *
 * It is a copy of its first part's spool files, or of those of the part whose
 * delivery its sender wants to be told. A whole that is too large for the
 * destination, while its parts are not, is none: they are delivered.
 *
 * Called by: join. Fails: see joining.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ASSEMBLY_H
#define OUTRIDER_ASSEMBLY_H

#include "joining.h"

/* An exit code; or ASSEMBLY_LATER: one of them has gone meanwhile; or
 * ASSEMBLY_FAILED with w->error: a fault of the machine's. */
#define ASSEMBLY_LATER (-1)
#define ASSEMBLY_FAILED (-2)
int assembly_make(struct join *w);

#endif
