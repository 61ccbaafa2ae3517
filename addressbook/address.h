/* address: mail addresses as they stand in notices and books.
 *
 * Called by: everything in addressbook/.
 * Memory: domain_ascii() gives a string to free().
 * Fails: what is no address is invalid; nothing else can fail.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ADDRESS_H
#define OUTRIDER_ADDRESS_H

#include <stdbool.h>

/* local@domain, the local part a dot-atom (RFC 5322, 3.2.3), UTF-8 allowed (RFC
 * 6531). Quoted local parts and address literals are not: few formats can hold
 * them, and no book needs them. So a valid address has no white space, quote,
 * bracket, comma or control character, and no format's syntax can be broken by
 * one. */
bool address_valid(const char *address);
/* The same mailbox: case does not matter, nor how a local part is quoted, nor
 * how a domain is written (IDNA). */
bool address_same(const char *a, const char *b);
/* What is behind the last @; "" where there is none. */
const char *address_domain(const char *address);

/* In lower case and as A-labels; NULL where that cannot be. */
char *domain_ascii(const char *domain);
/* `signer` is `domain` or a parent of it that is no top-level domain. */
bool domain_covers(const char *signer, const char *domain);

#endif
