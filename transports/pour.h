/* pour: `adapt filter ROW`, for transport_filter: standard input to standard
 * output, for what needs no second message.
 *
 *     transport_filter = /usr/lib/outrider/adapt filter -s ${acl{outrider}} \
 *         ${lookup{$domain}lsearch{/etc/exim4/environments}}
 *
 * What cannot be made to fit goes out as it came: the server says what it
 * thinks of it.
 *
 * Called by: main.
 * Fails: exit code 75, nothing or half of it written: Exim then defers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_POUR_H
#define OUTRIDER_POUR_H

int pour_run(int argc, char *argv[]);

#endif
