/* config: what the user has settled: whom to trust, which books there are.
 *
 * ~/.config/outrider/addressbook, lines NAME = VALUE, each as often as needed:
 *     trust = mx.example        (a host that checks signatures)
 *     domain = hub.example      (a domain that may sign for any other)
 *     book = mutt:~/.mutt/aliases
 *
 * Called by: main.
 * Memory: config_free().
 * Fails: config_read() gives -1 with error[]; a file that is not there is
 * empty, unless it was named.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_CONFIG_H
#define OUTRIDER_CONFIG_H

#include "trust.h"

struct config {
    struct strings hosts, domains, books;
};

/* The usual file where path is NULL. */
int config_read(struct config *c, const char *path, char *error, size_t size);
void config_free(struct config *c);

#endif
