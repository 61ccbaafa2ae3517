/* chance_key: the address that a bounce comes back to while another server is
 * left (errors_to): it names the message, the attempt, the server and the real
 * sender, so that nothing of these can be lost with a file.
 *
 * Called by: router (second), core (chance).
 * Memory: freed by the caller.
 * Fails: chance_key_parse() says 0 to an address that is none of ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CHANCE_KEY_H
#define OUTRIDER_CHANCE_KEY_H

#include "option.h"

/* What stands in such an address: the message, the delivery attempt (a tag of
 * hexadecimal digits; under it the message was kept), the server it was tried
 * with, and the real sender ("" for <>). */
#define CHANCE_NONE "-" /* the server where no second chance is left */

struct chance_key {
    char *id, *tag, *server, *sender;
};

/* ID+TAG+SERVER+SENDER@domain, SERVER and SENDER with every character but
 * letters, digits, "-", "_" and inner dots as =XX. */
char *chance_key_address(const struct settings *set,
                         const struct chance_key *k);

/* The parts of an address's local part: 1, or 0 when it is none of ours. */
int chance_key_parse(const char *local_part, struct chance_key *k);
void chance_key_free(struct chance_key *k);

#endif
