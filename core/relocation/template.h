/* template: the words of notices, in any language.
 *
 * Called by: notice.
 * Memory: appended to the caller's struct texts.
 * Fails: -1 with error[] for a file that cannot be read, is no UTF-8, or has
 * no Subject.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TEMPLATE_H
#define OUTRIDER_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

#define TEMPLATE_BYTES_MAX 65536

/* The template NAME of this directory, or the English one when there is no
 * such file, or no directory (""). *head gets its header fields, encoded (RFC
 * 2047), each with its line end; *body its text. fact() adds what {word} stands
 * for, or says false: then it stays as it is. */
int template_fill(const char *directory, const char *name,
                  bool (*fact)(const char *word, void *context,
                               struct text *out),
                  void *context, struct text *head, struct text *body,
                  char *error, size_t size);

/* Adds a header field's text: as it is when it is ASCII, else in encoded words
 * (RFC 2047) of UTF-8, folded. */
void template_encode(const char *s, struct text *out);

#endif
