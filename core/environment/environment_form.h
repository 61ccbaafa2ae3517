/* environment_form: what a user writes of himself in a mail.
 *
 *     size = 10M             lines of fields, each as NAME=VALUE, with ":" or
 *     compress: zip, gzip    "=" and white space as he likes; or several of
 *                            them, a whole row, in a line
 *     remove                 forget what I have said
 *     show                   tell me what is said
 *
 * Read are the first lines; empty ones, and those that begin with > (quoted),
 * are passed over. It ends at the line "-- " (RFC 3676 4.3), at markup (a line
 * that begins with <: the HTML copy of the text), and, after an empty line, at
 * the first line that is no field. What is ahead of all that and no field is
 * wrong, as a typing error must not pass.
 *
 * Called by: tools (environment_mail).
 * Memory: environment_form_read() fills what environment_form_free() frees.
 * Fails: never; what is wrong is in the form.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENT_FORM_H
#define OUTRIDER_ENVIRONMENT_FORM_H

#include "environment.h"

enum form_kind { FORM_EMPTY, FORM_SET, FORM_REMOVE, FORM_SHOW, FORM_WRONG };

struct environment_form {
    enum form_kind kind;
    struct environment environment; /* FORM_SET: what may be published, only */
    char *line;                     /* FORM_WRONG: the line, fit to be printed,
                                       cut where it is very long */
    char error[400];                /* and what is wrong with it */
};

/* `text` is UTF-8 with line ends as LF (content.h). */
void environment_form_read(const char *text, struct environment_form *form);
void environment_form_free(struct environment_form *form);

#endif
