/* scan: a message that arrives, as Exim shows it to local_scan().
 *
 * host/scan.c is the entry that Exim calls; it calls scan_message(), which is
 * local_scan/scan.c. The other functions look at the message and change it.
 *
 * Called by: local_scan.
 * Memory: strings that come out are Exim's, not to be freed; what goes in is
 * copied.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_HOST_SCAN_H
#define OUTRIDER_HOST_SCAN_H

#include <stdbool.h>
#include <sys/types.h>

#include "fields.h"

enum scan_answer { SCAN_ACCEPT, SCAN_REJECT, SCAN_DEFER };

/* fd: the body, from the offset `body` on. *text (malloc'd): what the client,
 * or the sender of a message on the command line, is told. */
enum scan_answer scan_message(int fd, off_t body, char **text);

/* It came from a host, by SMTP. */
bool exim_from_host(void);

int exim_recipient_count(void);
const char *exim_recipient(int i);
/* It keeps its DSN flags (RFC 3461), and its ORCPT; without one it gets the old
 * address as that. */
void exim_recipient_set(int i, const char *address);
/* One more, with the DSN flags of recipient i. */
void exim_recipient_add(int i, const char *address);
/* Those for which gone() is true are taken off. */
void exim_recipients_remove(bool (*gone)(int i, void *context), void *context);

/* All header fields that are not deleted; *fields (malloc'd) points into Exim's
 * memory, and *handles (malloc'd) is for exim_field_set(). */
int exim_fields(struct field_span **fields, void ***handles);
/* The field becomes this text. */
void exim_field_set(void *handle, const char *text, size_t len);

#endif
