/* entity: a message's MIME entity (its Content-* fields and its body),
 * encrypted and decrypted as a whole; the other fields stay outside.
 *
 * Called by: plan.
 * Memory: see temp.h.
 * Fails: -1 with error[]; entity_encrypt() 0 with words in the job's refusal
 * where it must be encrypted and cannot be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENTITY_H
#define OUTRIDER_ENTITY_H

#include "job.h"
#include "message.h"

/* As the row says: 1, 0 nothing done, -1. */
int entity_encrypt(struct job *j, const struct message *m, struct message *out,
                   char *error, size_t size);
int entity_decrypt(struct job *j, const struct message *m, struct message *out,
                   char *error, size_t size);

#endif
