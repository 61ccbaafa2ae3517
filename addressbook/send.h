/* send: gives a mail to a command, such as sendmail -t.
 *
 * Called by: announce.
 * Memory: the caller's.
 * Fails: -1 with errno when the command could not be started; else its exit
 * status, 255 when a signal has ended it or it has not read the whole mail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SEND_H
#define OUTRIDER_SEND_H

#include "text.h"

/* The command is the shell's to understand; the user has written it. */
int send_mail(const char *command, const struct text *mail);

#endif
