/* environment_answer: what a user is told who has sent the mail form. See
 * environment_answer.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environment_answer.h"

#include <stdlib.h>

#include "template.h"

static void row_add(const struct environment *e, struct text *out)
{
    struct environment told = ENVIRONMENT_NONE;
    struct text row = {0};
    environment_fill(&told, e);
    environment_drop(&told, ~(unsigned)SAID_PUBLISHED);
    environment_format(&told, &row);
    text_addf(out, "\n    %s\n\n", row.len > 0 ? row.s : "(nothing)");
    text_free(&row);
    environment_free(&told);
}

static void help_add(const struct environment_answer *a, struct text *out)
{
    const char *name, *legal;
    unsigned field;
    text_addf(out,
              "The first lines of a mail to %s, in plain text, are read. They "
              "can be:\n\n",
              a->from);
    for (int i = 0; (name = environment_field_name(i, &field, &legal)); i++)
        if (field & SAID_PUBLISHED)
            text_addf(out, "    %-8s = %s\n", name, legal);
    text_add(out, "\nWhat is not named is not set any more. The word remove "
                  "alone removes\neverything that you have set; the word show "
                  "shows it.\n");
}

static void words_add(const struct environment_answer *a, struct text *out)
{
    switch (a->form->kind) {
    case FORM_SET:
        text_addf(out, "This is set for mail to %s from now on:\n", a->to);
        row_add(a->own, out);
        break;
    case FORM_REMOVE:
        text_addf(out, "What you had set for mail to %s is removed.\n\n",
                  a->to);
        break;
    case FORM_SHOW:
        text_addf(out, "This you have set for mail to %s:\n", a->to);
        row_add(a->own, out);
        break;
    case FORM_WRONG:
        text_addf(
            out, "Nothing was changed. This line is wrong:\n\n    %s\n\n%s\n\n",
            a->form->line, a->form->error);
        break;
    case FORM_EMPTY:
        text_add(out, "Nothing was changed: no plain text was found that says "
                      "what to set.\n\n");
        break;
    }
}

static void body_add(const struct environment_answer *a, struct text *out)
{
    enum form_kind kind = a->form->kind;
    words_add(a, out);
    if (kind != FORM_WRONG && kind != FORM_EMPTY) {
        text_add(out, "Together with what is set for your domain and for "
                      "everybody, this holds:\n");
        row_add(a->all, out);
    }
    if (kind != FORM_SET && kind != FORM_REMOVE)
        help_add(a, out);
}

static const char *subject_of(enum form_kind kind)
{
    switch (kind) {
    case FORM_SET:
        return "Set";
    case FORM_REMOVE:
        return "Removed";
    case FORM_SHOW:
        return "What is set";
    default:
        return "Not understood, nothing changed";
    }
}

static void reference_add(const struct environment_answer *a, struct text *out)
{
    struct text id = {0};
    if (fields_get(a->fields, a->field_count, "Message-ID", &id) &&
        id.len > 0 && id.len < 900)
        text_addf(out, "In-Reply-To: %s\nReferences: %s\n", id.s, id.s);
    text_free(&id);
}

void environment_answer_write(const struct environment_answer *a,
                              struct text *out)
{
    char date[64];
    struct tm tm;
    char *subject =
        text_format("%s: mail to %s", subject_of(a->form->kind), a->to);
    gmtime_r(&a->now, &tm);
    /* RFC 5322 3.3; the command knows no other locale than C. */
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
    text_addf(out, "From: %s\nTo: %s\nDate: %s\nSubject: ", a->from, a->to,
              date);
    template_encode(subject, out);
    text_add(out, "\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n");
    reference_add(a, out);
    text_add(out, "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: 8bit\n\n");
    body_add(a, out);
    free(subject);
}
