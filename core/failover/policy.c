/* policy: from an error class to what is done about it. See policy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *const verb_names[] = {
    [VERB_NEXT] = "next",
    [VERB_SAME] = "same",
    [VERB_CANCEL] = "cancel",
    [VERB_ADAPT] = "adapt",
};

/* Every class stands here: what it does not name would be `next`, which is
 * verb 0 and never meant. */
static const char default_actions[] =
    "connect=next : greeting=next : tls=next : auth=next : rate=next : "
    "server=next : policy=next : relay-denied=next : "
    "greylist=same*5,next : temporary=same*3,next : dropped=same*2,next : "
    "recipient=cancel : mailbox-full=cancel : sender=cancel : "
    "content=cancel : protocol=cancel : permanent=cancel : size=adapt";

const char *verb_name(enum verb v)
{
    return verb_names[v];
}

static int verb_from_name(const char *name, enum verb *v)
{
    for (size_t i = 0; i < sizeof verb_names / sizeof *verb_names; i++)
        if (strcmp(verb_names[i], name) == 0) {
            *v = (enum verb)i;
            return 1;
        }
    return 0;
}

static const char *step_parse(struct action *a, char *word)
{
    int times = 0;
    char *star = strchr(word, '*');
    if (star) {
        char *end;
        *star = 0;
        long n = strtol(star + 1, &end, 10);
        if (end == star + 1 || *end || n < 1 || n > ACTION_TIMES_MAX)
            return "after * comes a number from 1 to 1000";
        times = (int)n;
    }
    if (a->count == ACTION_STEPS)
        return "an action has four steps at most";
    enum verb v;
    if (!verb_from_name(word, &v))
        return "an action is next, same, same*N, cancel or adapt, or several "
               "of them joined by commas";
    if (star && v != VERB_SAME)
        return "only same can be counted (same*N)";
    if (a->count > 0 && a->steps[a->count - 1].times == 0)
        return "the step before the comma never ends: write same*N";
    a->steps[a->count].verb = v;
    a->steps[a->count++].times = times;
    return NULL;
}

static const char *action_parse(struct action *a, char *s)
{
    char *save = NULL;
    const char *why = NULL;
    *a = (struct action){0};
    for (char *word = strtok_r(s, ",", &save); word && !why;
         word = strtok_r(NULL, ",", &save))
        why = step_parse(a, text_trim(word));
    if (!why && a->count == 0)
        why = "the action is missing";
    return why;
}

static const char *item_parse(struct policy *p, char *item)
{
    enum error_class c;
    struct action a;
    char *equals = strchr(item, '=');
    if (!equals)
        return "write CLASS=ACTION";
    *equals = 0;
    if (class_from_name(text_trim(item), &c) != 1 || c == CLASS_NONE)
        return "there is no such class (docs/classes.md lists them)";
    const char *why = action_parse(&a, equals + 1);
    if (!why)
        p->actions[c] = a;
    return why;
}

int policy_set(struct policy *p, const char *list, char *error, size_t size)
{
    struct policy new = *p;
    struct text item = {0};
    const char *why = NULL;
    char sep = 0;
    while (!why && list_next(&list, &sep, &item)) {
        if (item.len == 0)
            continue;
        char *copy = text_copy(item.s);
        why = item_parse(&new, copy);
        free(copy);
    }
    if (why)
        text_error(error, size, "\"%s\": %s", item.s, why);
    else
        *p = new;
    text_free(&item);
    return why ? -1 : 0;
}

void policy_defaults(struct policy *p)
{
    char error[200];
    memset(p, 0, sizeof *p);
    if (policy_set(p, default_actions, error, sizeof error) == -1)
        abort(); /* the table above is wrong: the unit tests run this */
}

enum verb policy_decide(const struct policy *p, enum error_class c,
                        int failures)
{
    const struct action *a = &p->actions[c];
    for (int i = 0; i < a->count; i++) {
        if (a->steps[i].times == 0 || failures <= a->steps[i].times)
            return a->steps[i].verb;
        failures -= a->steps[i].times;
    }
    /* "same*3" with nothing after it: then the sender is told. */
    return VERB_CANCEL;
}

void policy_action(const struct policy *p, enum error_class c, char *out,
                   size_t size)
{
    const struct action *a = &p->actions[c];
    struct text t = {0};
    for (int i = 0; i < a->count; i++) {
        text_addf(&t, "%s%s", i ? "," : "", verb_names[a->steps[i].verb]);
        if (a->steps[i].times)
            text_addf(&t, "*%d", a->steps[i].times);
    }
    snprintf(out, size, "%s", text_str(&t));
    text_free(&t);
}
