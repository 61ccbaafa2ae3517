/* route: the ${dlfunc} functions that routers call. See route.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ROUTE_H
#define OUTRIDER_ROUTE_H

#include "exim.h"

EXIM_FUNCTION int outrider_route(uchar **yield, int argc, uchar *argv[]);
EXIM_FUNCTION int outrider_unresolved(uchar **yield, int argc, uchar *argv[]);
EXIM_FUNCTION int outrider_errors_to(uchar **yield, int argc, uchar *argv[]);
EXIM_FUNCTION int outrider_cancelled(uchar **yield, int argc, uchar *argv[]);
EXIM_FUNCTION int outrider_warn(uchar **yield, int argc, uchar *argv[]);

#endif
