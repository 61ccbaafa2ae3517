/* send: `adapt send`, for a pipe transport: the message on Exim's spool is made
 * to fit, and what comes of it is put on the queue in its place.
 *
 * Called by: main.
 * Fails: exit code 75 leaves the message on the queue, and one line on standard
 * output says why. Exit code 0: the recipients have what they shall get on the
 * queue, once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SEND_H
#define OUTRIDER_SEND_H

#include "order.h"

int send_run(struct order *o);

#endif
