/* option: Outrider's settings, one table of them. See option.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

enum type {
    TYPE_PATH,     /* absolute */
    TYPE_OPTPATH,  /* absolute, or empty for none */
    TYPE_DOMAIN,   /* a mail domain */
    TYPE_DURATION, /* 1w2d3h4m5s */
    TYPE_WORD,     /* one of `words` */
    TYPE_ON,       /* class=action list */
    TYPE_TRIP,     /* class=number list */
    TYPE_RULE      /* may be given many times */
};

struct word {
    const char *name;
    int value;
};

static const struct word formats[] = {
    {"keyvalue", LOG_KEYVALUE}, {"json", LOG_JSON}, {NULL, 0}};

static const struct word facilities[] = {{"no", -1},
                                         {"mail", LOG_MAIL},
                                         {"daemon", LOG_DAEMON},
                                         {"local0", LOG_LOCAL0},
                                         {"local1", LOG_LOCAL1},
                                         {"local2", LOG_LOCAL2},
                                         {"local3", LOG_LOCAL3},
                                         {"local4", LOG_LOCAL4},
                                         {"local5", LOG_LOCAL5},
                                         {"local6", LOG_LOCAL6},
                                         {"local7", LOG_LOCAL7},
                                         {NULL, 0}};

#define TRIP_DEFAULT                                                           \
    "connect=1 : greeting=2 : tls=2 : auth=2 : rate=2 : server=2 : "           \
    "dropped=3 : temporary=3 : relay-denied=3 : policy=3"

struct option {
    const char *name;
    enum type type;
    size_t offset;
    const char *initial; /* NULL: computed from the spool directory */
    int min, max;        /* seconds for a duration */
    const struct word *words;
    const char *help;
};

#define FIELD(f) offsetof(struct settings, f)
#define DAY 86400

/* Sorted by name: the parser, `outrider config` and docs/configuration.md
 * come from this table (tests/unit/test_option.c holds them together). */
static const struct option options[] = {
    {"domain", TYPE_DOMAIN, FIELD(domain), "outrider.invalid", 0, 0, NULL,
     "mail domain of the bounce addresses that give a second chance"},
    {"hang", TYPE_DURATION, FIELD(hang), "3s", 1, 3600, NULL,
     "silence before the answer to EHLO that counts as hanging"},
    {"hang-dialogue", TYPE_DURATION, FIELD(hang_dialogue), "1m", 1, DAY, NULL,
     "silence after EHLO that counts as hanging"},
    {"keep", TYPE_DURATION, FIELD(keep), "7d", 3600, 90 * DAY, NULL,
     "how long what was tried for a message is remembered"},
    {"log", TYPE_OPTPATH, FIELD(log), NULL, 0, 0, NULL,
     "file of the transmission log; empty for none"},
    {"log-format", TYPE_WORD, FIELD(log_format), "keyvalue", 0, 0, formats,
     "keyvalue or json (JSON Lines)"},
    {"log-syslog", TYPE_WORD, FIELD(log_syslog), "no", 0, 0, facilities,
     "no, or the syslog facility that gets each record too"},
    {"on", TYPE_ON, FIELD(policy), "", 0, 0, NULL,
     "what to do on an error class: CLASS=ACTION : ..."},
    {"probe", TYPE_DURATION, FIELD(probe), "30s", 1, DAY, NULL,
     "how long a failing server is left alone before one message tries it"},
    {"rule", TYPE_RULE, FIELD(rules), "", 0, 0, NULL,
     "CLASS [STAGE,...:] PCRE2, ahead of the built-in rules; any number"},
    {"spool", TYPE_PATH, FIELD(spool), NULL, 0, 0, NULL,
     "Exim's spool directory"},
    {"state", TYPE_PATH, FIELD(state), NULL, 0, 0, NULL,
     "directory of the state files"},
    {"trip", TYPE_TRIP, FIELD(trip), TRIP_DEFAULT, 0, TRIP_MAX, NULL,
     "failures in a row (policy: different senders in a row) that open a "
     "server's breaker: CLASS=N : ..., 0 never"},
};

#define OPTION_COUNT (sizeof options / sizeof *options)

static const struct {
    char letter;
    int seconds;
} units[] = {{'w', 7 * DAY}, {'d', DAY}, {'h', 3600}, {'m', 60}, {'s', 1}};

int duration_parse(const char *s, int *seconds)
{
    long total = 0;
    size_t unit = 0;
    if (!*s)
        return 0;
    while (*s) {
        char *end;
        if (!isdigit((unsigned char)*s))
            return 0;
        long n = strtol(s, &end, 10);
        while (unit < 5 && units[unit].letter != *end)
            unit++;
        if (unit == 5 || n > INT_MAX / units[unit].seconds)
            return 0;
        total += n * units[unit].seconds;
        s = end + 1;
        unit++;
    }
    if (total > INT_MAX)
        return 0;
    *seconds = (int)total;
    return 1;
}

void duration_print(int seconds, struct text *out)
{
    size_t start = out->len;
    for (int i = 0; i < 5; i++) {
        int n = seconds / units[i].seconds;
        seconds %= units[i].seconds;
        if (n)
            text_addf(out, "%d%c", n, units[i].letter);
    }
    if (out->len == start)
        text_add(out, "0s");
}

static char **field_string(struct settings *s, const struct option *o)
{
    return (char **)((char *)s + o->offset);
}

static int *field_int(struct settings *s, const struct option *o)
{
    return (int *)((char *)s + o->offset);
}

static void field_set(struct settings *s, const struct option *o,
                      const char *value)
{
    free(*field_string(s, o));
    *field_string(s, o) = text_copy(value);
}

static int read_path(struct settings *s, const struct option *o,
                     const char *value, struct text *why)
{
    bool none = o->type == TYPE_OPTPATH && !*value;
    if (!none && value[0] != '/') {
        text_add(why, "an absolute path is wanted");
        return -1;
    }
    field_set(s, o, value);
    return 0;
}

static int read_domain(struct settings *s, const struct option *o,
                       const char *value, struct text *why)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    size_t n = strlen(value);
    if (n == 0 || n > 253 || strspn(value, legal) != n) {
        text_add(why, "a mail domain in lower case is wanted");
        return -1;
    }
    field_set(s, o, value);
    return 0;
}

static int read_duration(struct settings *s, const struct option *o,
                         const char *value, struct text *why)
{
    int n;
    if (duration_parse(value, &n) == 1 && n >= o->min && n <= o->max) {
        *field_int(s, o) = n;
        return 0;
    }
    text_add(why, "a time such as 30s or 1h30m is wanted, from ");
    duration_print(o->min, why);
    text_add(why, " to ");
    duration_print(o->max, why);
    return -1;
}

static int number_read(const char *value, const struct option *o, int *n,
                       struct text *why)
{
    char *end;
    long l = strtol(value, &end, 10);
    if (end != value && !*end && l >= o->min && l <= o->max) {
        *n = (int)l;
        return 0;
    }
    text_addf(why, "a number from %d to %d is wanted", o->min, o->max);
    return -1;
}

static int read_word(struct settings *s, const struct option *o,
                     const char *value, struct text *why)
{
    for (const struct word *w = o->words; w->name; w++)
        if (strcmp(w->name, value) == 0) {
            *field_int(s, o) = w->value;
            return 0;
        }
    text_add(why, "one of these is wanted:");
    for (const struct word *w = o->words; w->name; w++)
        text_addf(why, " %s", w->name);
    return -1;
}

static int trip_item(int *trip, const struct option *o, char *item,
                     struct text *why)
{
    enum error_class c;
    char *equals = strchr(item, '=');
    if (equals)
        *equals = 0;
    if (!equals || class_from_name(text_trim(item), &c) != 1) {
        text_addf(why, "\"%s\": write CLASS=NUMBER", item);
        return -1;
    }
    if (!class_speaks_of_server(c)) {
        text_addf(why, "%s does not speak of the server", item);
        return -1;
    }
    return number_read(text_trim(equals + 1), o, &trip[c], why);
}

static int read_trip(struct settings *s, const struct option *o,
                     const char *value, struct text *why)
{
    int trip[CLASS_COUNT];
    struct text item = {0};
    char sep = 0;
    int rc = 0;
    memcpy(trip, s->trip, sizeof trip);
    while (rc == 0 && list_next(&value, &sep, &item))
        if (item.len > 0)
            rc = trip_item(trip, o, item.s, why);
    if (rc == 0)
        memcpy(s->trip, trip, sizeof trip);
    text_free(&item);
    return rc;
}

static int read_on(struct settings *s, const char *value, struct text *why)
{
    char error[300];
    if (policy_set(&s->policy, value, error, sizeof error) == 0)
        return 0;
    text_add(why, error);
    return -1;
}

static void read_rule(struct settings *s, const char *value)
{
    if (!*value)
        return;
    char *more = text_format("%s%s\n", s->rules, value);
    free(s->rules);
    s->rules = more;
}

static int option_read(struct settings *s, const struct option *o,
                       const char *value, struct text *why)
{
    switch (o->type) {
    case TYPE_PATH:
    case TYPE_OPTPATH:
        return read_path(s, o, value, why);
    case TYPE_DOMAIN:
        return read_domain(s, o, value, why);
    case TYPE_DURATION:
        return read_duration(s, o, value, why);
    case TYPE_WORD:
        return read_word(s, o, value, why);
    case TYPE_TRIP:
        return read_trip(s, o, value, why);
    case TYPE_ON:
        return read_on(s, value, why);
    case TYPE_RULE:
        read_rule(s, value);
        return 0;
    }
    return 0;
}

static const struct option *option_find(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static int line_read(struct settings *s, char *line, struct text *problems)
{
    struct text why = {0};
    char *equals = strchr(line, '=');
    if (equals)
        *equals = 0;
    const char *name = text_trim(line);
    const struct option *o = option_find(name);
    int rc = -1;
    if (!equals)
        text_add(&why, "write NAME = VALUE");
    else if (!o)
        text_add(&why, "there is no such option");
    else
        rc = option_read(s, o, text_trim(equals + 1), &why);
    if (rc == -1)
        text_addf(problems, "option %s: %s\n", name, text_str(&why));
    text_free(&why);
    return rc;
}

int settings_read(struct settings *s, const char *text, struct text *problems)
{
    char *copy = text_copy(text);
    char *rest = copy;
    int wrong = 0;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        line = text_trim(line);
        if (*line && *line != '#' && line_read(s, line, problems) == -1)
            wrong++;
    }
    free(copy);
    return wrong;
}

struct settings *settings_new(const char *spool)
{
    struct settings *s = text_alloc(sizeof *s);
    struct text problems = {0};
    policy_defaults(&s->policy);
    s->rules = text_copy("");
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (options[i].initial)
            option_read(s, &options[i], options[i].initial, &problems);
    s->spool = text_copy(spool);
    s->state = text_format("%s/outrider", spool);
    s->log = text_format("%s/outrider/outriderlog", spool);
    if (problems.len > 0)
        abort(); /* a default is wrong: the unit tests run this */
    text_free(&problems);
    return s;
}

void settings_free(struct settings **s)
{
    if (!*s)
        return;
    free((*s)->spool);
    free((*s)->state);
    free((*s)->log);
    free((*s)->domain);
    free((*s)->rules);
    free(*s);
    *s = NULL;
}

static void print_on(const struct settings *s, struct text *out)
{
    for (int c = CLASS_NONE + 1; c < CLASS_COUNT; c++) {
        char action[100];
        policy_action(&s->policy, (enum error_class)c, action, sizeof action);
        text_addf(out, "%s%s=%s", c > 1 ? " : " : "",
                  class_name((enum error_class)c), action);
    }
}

static void print_trip(const struct settings *s, struct text *out)
{
    const char *between = "";
    for (int c = CLASS_NONE + 1; c < CLASS_COUNT; c++)
        if (class_speaks_of_server((enum error_class)c)) {
            text_addf(out, "%s%s=%d", between, class_name((enum error_class)c),
                      s->trip[c]);
            between = " : ";
        }
}

static void print_rules(const struct settings *s, struct text *out)
{
    const char *p = s->rules;
    for (const char *end; (end = strchr(p, '\n')); p = end + 1) {
        if (p != s->rules)
            text_add(out, "\nrule = ");
        text_addn(out, p, (size_t)(end - p));
    }
}

static void print_word(const struct option *o, int value, struct text *out)
{
    for (const struct word *w = o->words; w->name; w++)
        if (w->value == value)
            text_add(out, w->name);
}

static void print_value(const struct settings *s, const struct option *o,
                        struct text *out)
{
    const char *at = (const char *)s + o->offset;
    switch (o->type) {
    case TYPE_PATH:
    case TYPE_OPTPATH:
    case TYPE_DOMAIN:
        text_add(out, *(char *const *)(const void *)at);
        break;
    case TYPE_DURATION:
        duration_print(*(const int *)(const void *)at, out);
        break;
    case TYPE_WORD:
        print_word(o, *(const int *)(const void *)at, out);
        break;
    case TYPE_ON:
        print_on(s, out);
        break;
    case TYPE_TRIP:
        print_trip(s, out);
        break;
    case TYPE_RULE:
        print_rules(s, out);
        break;
    }
}

void settings_print(const struct settings *s, struct text *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        text_addf(out, "# %s\n%s = ", options[i].help, options[i].name);
        print_value(s, &options[i], out);
        text_add(out, "\n");
    }
}
