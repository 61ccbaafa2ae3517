/* filter: what an administrator has said of a message's contents. See
 * filter.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "text.h"

struct filter_rule {
    enum filter_action action;
    unsigned fields; /* enum filter_field, any of them */
    struct pattern *pattern;
    char *text; /* of the pattern */
};

struct filters {
    struct filter_rule **rules;
    int count;
};

static int action_read(const char *word, enum filter_action *action)
{
    if (strcmp(word, "return") == 0)
        *action = FILTER_RETURN;
    else if (strcmp(word, "drop") == 0)
        *action = FILTER_DROP;
    else
        return -1;
    return 0;
}

/* "subject,body", commas or spaces between. */
static int fields_read(char *words, unsigned *fields)
{
    for (char *word; (word = strsep(&words, ", \t"));) {
        if (strcmp(word, "subject") == 0)
            *fields |= FILTER_SUBJECT;
        else if (strcmp(word, "body") == 0)
            *fields |= FILTER_BODY;
        else if (strcmp(word, "recipient") == 0)
            *fields |= FILTER_RECIPIENT;
        else if (*word)
            return -1;
    }
    return *fields ? 0 : -1;
}

static int rule_parse(struct filter_rule *r, char *line, char *error,
                      size_t size)
{
    char *colon = strchr(line, ':');
    if (colon)
        *colon = 0;
    char *fields = text_trim(line);
    char *action = strsep(&fields, " \t");
    if (!colon || !fields || action_read(action, &r->action) == -1 ||
        fields_read(fields, &r->fields) == -1)
        return text_error(error, size,
                          "write ACTION FIELD,...: PATTERN; ACTION is return "
                          "or drop, FIELD subject, body or recipient");
    r->text = text_copy(text_trim(colon + 1));
    if (!*r->text)
        return text_error(error, size, "the pattern is empty");
    r->pattern = pattern_new(r->text, error, size);
    return r->pattern ? 0 : -1;
}

struct filter_rule *filter_rule_new(const char *line, char *error, size_t size)
{
    struct filter_rule *r = text_alloc(sizeof *r);
    char *copy = text_copy(line);
    if (rule_parse(r, copy, error, size) == -1)
        filter_rule_free(&r);
    free(copy);
    return r;
}

void filter_rule_free(struct filter_rule **r)
{
    if (!*r)
        return;
    if ((*r)->pattern)
        pattern_free(&(*r)->pattern);
    free((*r)->text);
    free(*r);
    *r = NULL;
}

struct filters *filters_new(const char *rules)
{
    struct filters *f = text_alloc(sizeof *f);
    char *copy = text_copy(rules), *rest = copy, error[300];
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct filter_rule *r =
            *line ? filter_rule_new(line, error, sizeof error) : NULL;
        if (!r)
            continue;
        f->rules = text_grow(f->rules, f->count, sizeof *f->rules);
        f->rules[f->count++] = r;
    }
    free(copy);
    return f;
}

void filters_free(struct filters **f)
{
    if (!*f)
        return;
    for (int i = 0; i < (*f)->count; i++)
        filter_rule_free(&(*f)->rules[i]);
    free((*f)->rules);
    free(*f);
    *f = NULL;
}

bool filters_look_at(const struct filters *f, enum filter_field field)
{
    for (int i = 0; i < f->count; i++)
        if (f->rules[i]->fields & field)
            return true;
    return false;
}

enum filter_action filters_match(const struct filters *f,
                                 enum filter_field field, const char *subject,
                                 const char **pattern)
{
    for (int i = 0; i < f->count; i++) {
        const struct filter_rule *r = f->rules[i];
        if (!(r->fields & field) || !pattern_matches(r->pattern, subject))
            continue;
        if (pattern)
            *pattern = r->text;
        return r->action;
    }
    return FILTER_NONE;
}
