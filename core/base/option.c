/* option: Outrider's settings, one table of them. See option.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "option.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "filter.h"

enum type {
    TYPE_PATH,     /* absolute */
    TYPE_OPTPATH,  /* absolute, or empty for none */
    TYPE_DOMAIN,   /* a mail domain */
    TYPE_DURATION, /* 1w2d3h4m5s */
    TYPE_WORD,     /* one of `words` */
    TYPE_ON,       /* class=action list */
    TYPE_TRIP,     /* class=number list */
    TYPE_RULE,     /* may be given many times */
    TYPE_LIMITS,   /* class=limit list */
    TYPE_QUEUE,    /* an Exim queue, or empty for none */
    TYPE_NUMBER,
    TYPE_FACTOR,    /* 1.5, held as percent */
    TYPE_ADDRESS,   /* a mail address, or empty */
    TYPE_OPTDOMAIN, /* a mail domain, or empty */
    TYPE_FILTER,    /* may be given many times */
    TYPE_DELIMITERS,
    TYPE_NOTICES, /* changed : held */
    TYPE_LEARN    /* SERVER=propose|register list */
};

struct word {
    const char *name;
    int value;
};

static const struct word formats[] = {
    {"keyvalue", LOG_KEYVALUE}, {"json", LOG_JSON}, {NULL, 0}};

static const struct word tls[] = {{"no", PROBE_TLS_NO},
                                  {"offered", PROBE_TLS_OFFERED},
                                  {"required", PROBE_TLS_REQUIRED},
                                  {NULL, 0}};

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

static const struct word tables[] = {{"table", TABLE_BUILT_IN},
                                     {"lookup", TABLE_LOOKUP},
                                     {"no", TABLE_NONE},
                                     {NULL, 0}};

static const struct word yes_no[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};

static const struct word rewrites[] = {{"unsigned", REWRITE_UNSIGNED},
                                       {"always", REWRITE_ALWAYS},
                                       {"never", REWRITE_NEVER},
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

/* Sorted by name: the parser, `outrider config` and docs/configuration.md
 * come from this table (tests/unit/test_option.c holds them together). */
static const struct option options[] = {
    {"adapt", TYPE_WORD, FIELD(adapt), "no", 0, 0, yes_no,
     "messages are made to fit what their destination can receive; yes also "
     "makes size=adapt the action on the class size"},
    {"adapt-margin", TYPE_NUMBER, FIELD(adapt_margin), "1024", 0, 1048576, NULL,
     "bytes that a message stays below the largest size, for what is added on "
     "its way (Exim itself announces 1024 more than there are)"},
    {"adapt-parts", TYPE_NUMBER, FIELD(adapt_parts), "200", 2, 99999, NULL,
     "the most messages that one is split into"},
    {"adapt-temp", TYPE_OPTPATH, FIELD(adapt_temp), "", 0, 0, NULL,
     "directory of temporary files, which have no name; empty: STATE/adapt"},
    {"administrator", TYPE_ADDRESS, FIELD(administrator), "", 0, 0, NULL,
     "who is told of mail that is held and asked for the new address; empty: "
     "nobody"},
    {"attribute-domain", TYPE_OPTDOMAIN, FIELD(attribute_domain), "", 0, 0,
     NULL, "domain of addresses such as department=sales@; empty for none"},
    {"attributes", TYPE_WORD, FIELD(attributes), "table", 0, 0, tables,
     "who has an attribute: table (built in), lookup (the ACL "
     "outrider_attribute) or no"},
    {"confidential", TYPE_FILTER, FIELD(confidential), "", 0, 0, NULL,
     "return|drop FIELD,...: PCRE2; such mail is never held; any number"},
    {"domain", TYPE_DOMAIN, FIELD(domain), "outrider.invalid", 0, 0, NULL,
     "mail domain of the bounce addresses that give a second chance"},
    {"expand-count", TYPE_NUMBER, FIELD(expand_count), "1000", 1, 100000, NULL,
     "the most files of an archive that is expanded"},
    {"expand-depth", TYPE_NUMBER, FIELD(expand_depth), "3", 1, 20, NULL,
     "how deep archives in archives are expanded"},
    {"expand-ratio", TYPE_NUMBER, FIELD(expand_ratio), "50", 2, 100000, NULL,
     "the most that an archive may grow, as a multiple of its size, beyond the "
     "first 10 MiB"},
    {"expand-size", TYPE_NUMBER, FIELD(expand_size), "256", 1, 1048576, NULL,
     "MiB: the most that the archives of a message may hold"},
    {"extension", TYPE_DELIMITERS, FIELD(extension), "+", 0, 0, NULL,
     "characters that begin an address extension; empty for none"},
    {"filter", TYPE_FILTER, FIELD(filter), "", 0, 0, NULL,
     "return|drop FIELD,...: PCRE2; FIELD is subject, body or recipient; any "
     "number"},
    {"gone", TYPE_DURATION, FIELD(gone), "90d", 3600, 3650 * DAY, NULL,
     "how long an address stays gone without a new one; then its row goes"},
    {"hang", TYPE_DURATION, FIELD(hang), "3s", 1, 3600, NULL,
     "silence before the answer to EHLO that counts as hanging"},
    {"hang-dialogue", TYPE_DURATION, FIELD(hang_dialogue), "1m", 1, DAY, NULL,
     "silence after EHLO that counts as hanging"},
    {"held", TYPE_QUEUE, FIELD(held), "", 0, 0, NULL,
     "Exim queue of what is held only, which `outrider held run` looks after; "
     "empty: it stays where it is"},
    {"hold", TYPE_DURATION, FIELD(hold), "14d", 1, 365 * DAY, NULL,
     "how long mail for a gone address is held; then it is returned"},
    {"join-disk", TYPE_NUMBER, FIELD(join_disk), "100", 0, 1048576, NULL,
     "MiB that must be free where Exim's spool is; with less, parts do not "
     "wait "
     "and are delivered as they are"},
    {"join-parts", TYPE_NUMBER, FIELD(join_parts), "1000", 2, 99999, NULL,
     "the most parts that are joined; of more, each is delivered as it is"},
    {"join-size", TYPE_NUMBER, FIELD(join_size), "2047", 1, 1048576, NULL,
     "MiB: the largest message that is joined"},
    {"join-time", TYPE_DURATION, FIELD(join_time), "5d", 1, 90 * DAY, NULL,
     "how long parts wait for the others; then they are delivered as they "
     "are"},
    {"keep", TYPE_DURATION, FIELD(keep), "7d", 3600, 90 * DAY, NULL,
     "how long what was tried for a message is remembered"},
    {"learn", TYPE_LEARN, FIELD(learn), "", 0, 0, NULL,
     "servers whose 551 and 251 say where an address has gone: "
     "SERVER=propose|register : ..."},
    {"log", TYPE_OPTPATH, FIELD(log), NULL, 0, 0, NULL,
     "file of the transmission log; empty for none"},
    {"log-format", TYPE_WORD, FIELD(log_format), "keyvalue", 0, 0, formats,
     "keyvalue or json (JSON Lines)"},
    {"log-syslog", TYPE_WORD, FIELD(log_syslog), "no", 0, 0, facilities,
     "no, or the syslog facility that gets each record too"},
    {"notice-from", TYPE_ADDRESS, FIELD(notice_from), "", 0, 0, NULL,
     "From: of notices; empty: mailer-daemon at this host"},
    {"notice-period", TYPE_DURATION, FIELD(notice_period), "30d", 1, 3650 * DAY,
     NULL, "a sender is told the same of an address once in this time"},
    {"notices", TYPE_NOTICES, 0, "changed : held", 0, 0, NULL,
     "which notices senders get: changed, held, or none"},
    {"on", TYPE_ON, FIELD(policy), "", 0, 0, NULL,
     "what to do on an error class: CLASS=ACTION : ..."},
    {"pgp-home", TYPE_OPTPATH, FIELD(pgp_home), "", 0, 0, NULL,
     "directory of the OpenPGP key ring; empty: STATE/pgp"},
    {"probe", TYPE_DURATION, FIELD(probe), "30s", 1, DAY, NULL,
     "how long a failing server is left alone before one message tries it"},
    {"probe-from", TYPE_ADDRESS, FIELD(probe_from), "", 0, 0, NULL,
     "MAIL FROM of a probe with probe-rcpt; empty for <>"},
    {"probe-rcpt", TYPE_ADDRESS, FIELD(probe_rcpt), "", 0, 0, NULL,
     "RCPT TO that ends a probe; empty: it ends after EHLO or STARTTLS"},
    {"probe-timeout", TYPE_DURATION, FIELD(probe_timeout), "30s", 1, 600, NULL,
     "how long a probe waits for each answer"},
    {"probe-tls", TYPE_WORD, FIELD(probe_tls), "offered", 0, 0, tls,
     "STARTTLS in a probe: no, offered (when it is), or required"},
    {"relocation", TYPE_WORD, FIELD(relocation), "table", 0, 0, tables,
     "old and new addresses: table (built in), lookup (the ACL "
     "outrider_relocated) or no"},
    {"return-after", TYPE_LIMITS, FIELD(return_after), "", 0, 0, NULL,
     "when a waiting message goes back to its sender: CLASS=AGE, CLASS=N "
     "attempts, CLASS=AGE,N : ...; any for the classes not named"},
    {"rewrite-headers", TYPE_WORD, FIELD(rewrite_headers), "unsigned", 0, 0,
     rewrites,
     "new addresses in To:, Cc: and Resent-*: unsigned (not where a signature "
     "covers them), always, never"},
    {"rule", TYPE_RULE, FIELD(rules), "", 0, 0, NULL,
     "CLASS [STAGE,...:] PCRE2, ahead of the built-in rules; any number"},
    {"scan-body", TYPE_NUMBER, FIELD(scan_body), "1024", 0, 1048576, NULL,
     "KiB of a body that filter and confidential look at"},
    {"spool", TYPE_PATH, FIELD(spool), NULL, 0, 0, NULL,
     "Exim's spool directory"},
    {"state", TYPE_PATH, FIELD(state), NULL, 0, 0, NULL,
     "directory of the state files"},
    {"templates", TYPE_OPTPATH, FIELD(templates), "", 0, 0, NULL,
     "directory with the words of notices; empty: English"},
    {"trip", TYPE_TRIP, FIELD(trip), TRIP_DEFAULT, 0, TRIP_MAX, NULL,
     "failures in a row (policy: different senders in a row) that open a "
     "server's breaker: CLASS=N : ..., 0 never"},
    {"unsent", TYPE_QUEUE, FIELD(unsent), "", 0, 0, NULL,
     "Exim queue of what could not be sent, which `outrider unsent run` sends; "
     "empty: it stays where it is"},
    {"unsent-first", TYPE_DURATION, FIELD(unsent_first), "5m", 1, DAY, NULL,
     "time from the first failure to the next attempt"},
    {"unsent-flights", TYPE_NUMBER, FIELD(unsent_flights), "10", 1, 1000, NULL,
     "attempts under way at the same time at one server"},
    {"unsent-growth", TYPE_FACTOR, FIELD(unsent_growth), "1.5", 100, 1000, NULL,
     "each interval, as a multiple of the one before"},
    {"unsent-max", TYPE_DURATION, FIELD(unsent_max), "1h", 1, 7 * DAY, NULL,
     "the longest interval between attempts"},
    {"unsent-min", TYPE_DURATION, FIELD(unsent_min), "30s", 1, DAY, NULL,
     "the shortest, however many messages wait"},
    {"unsent-scale", TYPE_NUMBER, FIELD(unsent_scale), "1000", 1, 10000000,
     NULL,
     "so many waiting messages halve the interval, twice as many make "
     "it a third, and so on"},
    {"warn-after", TYPE_LIMITS, FIELD(warn_after), "", 0, 0, NULL,
     "when the sender of a waiting message is warned, as return-after"},
};

#define OPTION_COUNT (sizeof options / sizeof *options)

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

static void read_rule(struct settings *s, const struct option *o,
                      const char *value)
{
    if (*value) {
        char *more = text_format("%s%s\n", *field_string(s, o), value);
        free(*field_string(s, o));
        *field_string(s, o) = more;
    }
}

static int read_filter(struct settings *s, const struct option *o,
                       const char *value, struct text *why)
{
    char error[300];
    struct filter_rule *rule =
        *value ? filter_rule_new(value, error, sizeof error) : NULL;
    if (*value && !rule) {
        text_add(why, error);
        return -1;
    }
    filter_rule_free(&rule);
    read_rule(s, o, value);
    return 0;
}

static int read_delimiters(struct settings *s, const struct option *o,
                           const char *value, struct text *why)
{
    static const char legal[] = "+-=_#";
    if (strlen(value) > 5 || strspn(value, legal) != strlen(value)) {
        text_addf(why, "characters of %s are wanted", legal);
        return -1;
    }
    field_set(s, o, value);
    return 0;
}

static int read_notices(struct settings *s, const char *value, struct text *why)
{
    struct text item = {0};
    bool changed = false, held = false;
    int rc = 0;
    for (char sep = 0; rc == 0 && list_next(&value, &sep, &item);) {
        bool c = strcmp(item.s, "changed") == 0;
        bool h = strcmp(item.s, "held") == 0;
        changed = changed || c;
        held = held || h;
        if (!c && !h && item.len > 0 && strcmp(item.s, "none") != 0)
            rc = -1;
    }
    text_free(&item);
    if (rc == -1) {
        text_add(why, "a list of changed and held, or none, is wanted");
        return -1;
    }
    s->notice_changed = changed;
    s->notice_held = held;
    return 0;
}

/* "SERVER=propose" or "SERVER=register"; SERVER may hold a colon (IPv6) in a
 * list with another separator. */
static enum learn learn_item(const char *item, size_t *name)
{
    const char *equals = strrchr(item, '=');
    *name = equals ? (size_t)(equals - item) : 0;
    if (*name == 0)
        return LEARN_NOTHING;
    if (strcmp(equals + 1, "propose") == 0)
        return LEARN_PROPOSE;
    return strcmp(equals + 1, "register") == 0 ? LEARN_REGISTER : LEARN_NOTHING;
}

static int read_learn(struct settings *s, const struct option *o,
                      const char *value, struct text *why)
{
    struct text item = {0};
    const char *rest = value;
    size_t name;
    int rc = 0;
    for (char sep = 0; rc == 0 && list_next(&rest, &sep, &item);)
        if (item.len > 0 && learn_item(item.s, &name) == LEARN_NOTHING) {
            text_addf(why, "\"%s\": write SERVER=propose or SERVER=register",
                      item.s);
            rc = -1;
        }
    if (rc == 0)
        field_set(s, o, value);
    text_free(&item);
    return rc;
}

enum learn settings_learn(const struct settings *s, const char *host)
{
    struct text item = {0};
    const char *rest = s->learn;
    enum learn found = LEARN_NOTHING;
    size_t name;
    for (char sep = 0; list_next(&rest, &sep, &item);) {
        enum learn may = learn_item(item.s, &name);
        if (may != LEARN_NOTHING && strlen(host) == name &&
            strncasecmp(item.s, host, name) == 0)
            found = may;
    }
    text_free(&item);
    return found;
}

static int read_limits(struct settings *s, const struct option *o,
                       const char *value, struct text *why)
{
    struct limits *l = (struct limits *)(void *)((char *)s + o->offset);
    return limits_set(l, value, why);
}

/* What Exim takes after -qG. */
static int read_queue(struct settings *s, const struct option *o,
                      const char *value, struct text *why)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    static const char *const taken[] = {"input", "msglog", "db",
                                        "log",   "scan",   "outrider"};
    size_t n = strlen(value);
    bool ours = n == 1; /* of split_spool_directory */
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        ours = ours || strcmp(value, taken[i]) == 0;
    if (n > 100 || strspn(value, legal) != n || ours) {
        text_add(why, "a queue's name is wanted: two or more letters, digits, "
                      "- and _, and no directory of Exim's spool");
        return -1;
    }
    field_set(s, o, value);
    return 0;
}

static int read_factor(struct settings *s, const struct option *o,
                       const char *value, struct text *why)
{
    char *end;
    double factor = strtod(value, &end);
    if (end != value && !*end && factor * 100 >= o->min &&
        factor * 100 <= o->max) {
        *field_int(s, o) = (int)(factor * 100 + 0.5);
        return 0;
    }
    text_addf(why, "a factor from %g to %g is wanted", o->min / 100.0,
              o->max / 100.0);
    return -1;
}

/* It becomes part of an SMTP command. */
static int read_address(struct settings *s, const struct option *o,
                        const char *value, struct text *why)
{
    const char *at = strrchr(value, '@');
    if (*value && (!at || at == value || !at[1] || strlen(value) > 254 ||
                   strpbrk(value, " <>\t\r\n"))) {
        text_add(why, "a mail address is wanted, LOCAL_PART@DOMAIN");
        return -1;
    }
    field_set(s, o, value);
    return 0;
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
        read_rule(s, o, value);
        return 0;
    case TYPE_OPTDOMAIN:
        return *value ? read_domain(s, o, value, why)
                      : (field_set(s, o, ""), 0);
    case TYPE_FILTER:
        return read_filter(s, o, value, why);
    case TYPE_DELIMITERS:
        return read_delimiters(s, o, value, why);
    case TYPE_NOTICES:
        return read_notices(s, value, why);
    case TYPE_LEARN:
        return read_learn(s, o, value, why);
    case TYPE_LIMITS:
        return read_limits(s, o, value, why);
    case TYPE_QUEUE:
        return read_queue(s, o, value, why);
    case TYPE_NUMBER:
        return number_read(value, o, field_int(s, o), why);
    case TYPE_FACTOR:
        return read_factor(s, o, value, why);
    case TYPE_ADDRESS:
        return read_address(s, o, value, why);
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
    s->filter = text_copy("");
    s->confidential = text_copy("");
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
    free((*s)->unsent);
    free((*s)->probe_from);
    free((*s)->probe_rcpt);
    free((*s)->attribute_domain);
    free((*s)->extension);
    free((*s)->held);
    free((*s)->filter);
    free((*s)->confidential);
    free((*s)->notice_from);
    free((*s)->administrator);
    free((*s)->templates);
    free((*s)->learn);
    free((*s)->adapt_temp);
    free((*s)->pgp_home);
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

static void print_rules(const struct option *o, const char *rules,
                        struct text *out)
{
    const char *p = rules;
    for (const char *end; (end = strchr(p, '\n')); p = end + 1) {
        if (p != rules)
            text_addf(out, "\n%s = ", o->name);
        text_addn(out, p, (size_t)(end - p));
    }
}

static void print_notices(const struct settings *s, struct text *out)
{
    const char *both = s->notice_changed && s->notice_held ? " : " : "";
    text_addf(out, "%s%s%s", s->notice_changed ? "changed" : "", both,
              s->notice_held ? "held" : "");
    if (!s->notice_changed && !s->notice_held)
        text_add(out, "none");
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
    case TYPE_QUEUE:
    case TYPE_ADDRESS:
    case TYPE_OPTDOMAIN:
    case TYPE_DELIMITERS:
    case TYPE_LEARN:
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
    case TYPE_FILTER:
        print_rules(o, *(char *const *)(const void *)at, out);
        break;
    case TYPE_NOTICES:
        print_notices(s, out);
        break;
    case TYPE_LIMITS:
        limits_print((const struct limits *)(const void *)at, out);
        break;
    case TYPE_NUMBER:
        text_addf(out, "%d", *(const int *)(const void *)at);
        break;
    case TYPE_FACTOR:
        text_addf(out, "%g", *(const int *)(const void *)at / 100.0);
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
