/* environment_form: what a user writes of himself in a mail. See
 * environment_form.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environment_form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SHOWN 200
#define NBSP "\xc2\xa0" /* U+00A0: what HTML editors make of spaces */

/* ---- a line ---- */

/* A no-break space, or a byte order mark, is white space. */
static void spaces_make(char *line)
{
    char *p;
    while ((p = strstr(line, NBSP)) || (p = strstr(line, "\xef\xbb\xbf")))
        memset(p, ' ', *p == '\xc2' ? 2 : 3);
}

/* "size : 10M" and "compress= zip, gzip" as rows have it: no white space around
 * = and commas, and = for the first colon of a word. */
static void line_row(const char *line, struct text *row)
{
    bool named = false; /* this word has its = */
    text_add(row, "");
    for (const char *p = line; *p; p++) {
        const char *next = p + strspn(p, " \t");
        bool separates =
            *next == '=' || *next == ',' || (*next == ':' && !named);
        if (separates)
            p = next;
        if (isspace((unsigned char)*p))
            named = false;
        text_addn(row, *p == ':' && !named ? "=" : p, 1);
        named = named || *p == '=' || *p == ':';
        if (separates)
            p += strspn(p + 1, " \t");
    }
}

static bool row_read(const char *line, struct environment *e, char *error,
                     size_t size)
{
    struct text row = {0};
    line_row(line, &row);
    int rc = environment_parse(e, row.s, TRUST_PUBLISHED, error, size);
    text_free(&row);
    return rc == 0;
}

static void form_wrong(struct environment_form *f, const char *line)
{
    struct text shown = {0};
    text_printed(line, &shown);
    if (shown.len > LINE_SHOWN) {
        text_cut(&shown, LINE_SHOWN);
        text_add(&shown, "...");
    }
    environment_free(&f->environment);
    f->kind = FORM_WRONG;
    f->line = shown.s;
}

/* The fields of a line, which none of the lines before may have. */
static void fields_add(struct environment_form *f, struct environment *fields,
                       const char *line)
{
    if (f->environment.said & fields->said) {
        text_error(f->error, sizeof f->error,
                   "what it says has been said before");
        form_wrong(f, line);
        return;
    }
    environment_fill(&f->environment, fields);
    f->kind = FORM_SET;
}

/* ---- the lines ---- */

/* true: there may be more of them. */
static bool line_take(struct environment_form *f, const char *line, bool first)
{
    struct environment fields = ENVIRONMENT_NONE;
    char error[sizeof f->error];
    if (f->kind == FORM_EMPTY && text_same(line, "remove"))
        f->kind = FORM_REMOVE;
    else if (f->kind == FORM_EMPTY && text_same(line, "show"))
        f->kind = FORM_SHOW;
    else if (row_read(line, &fields, error, sizeof error))
        fields_add(f, &fields, line);
    else if (first) {
        text_error(f->error, sizeof f->error, "%s", error);
        form_wrong(f, line);
    } else {
        return false;
    }
    environment_free(&fields);
    return f->kind == FORM_SET;
}

static bool ends(const char *line)
{
    return *line == '<' || strcmp(line, "--") == 0;
}

void environment_form_read(const char *text, struct environment_form *form)
{
    char *copy = text_copy(text), *rest = copy;
    bool more = true, first = true; /* no empty line after what was read */
    *form = (struct environment_form){.environment = ENVIRONMENT_NONE};
    for (char *line; more && (line = strsep(&rest, "\n"));) {
        spaces_make(line);
        line = text_trim(line);
        if (!*line)
            first = first && form->kind == FORM_EMPTY;
        else if (ends(line))
            more = false;
        else if (*line != '>')
            more = line_take(form, line, first);
    }
    free(copy);
}

void environment_form_free(struct environment_form *form)
{
    environment_free(&form->environment);
    free(form->line);
    *form = (struct environment_form){.environment = ENVIRONMENT_NONE};
}
