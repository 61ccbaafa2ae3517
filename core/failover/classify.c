/* classify: the steps from a reply to its class, in the order that
 * docs/classes.md describes.
 *
 * Called by: router, tools, tests. Memory: the classifier owns its patterns;
 * the built-in ones are compiled when they are first needed, so a process
 * whose deliveries all succeed compiles none.
 * Fails: only classifier_add_rule(). Where memory or a built-in pattern
 * fails, its row is passed over, and the codes decide.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "classify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "rules.h"

struct own_rule {
    enum error_class class;
    unsigned stages;
    struct pattern *pattern;
};

/* A table of text rules, each row's pattern compiled when it is first tried. */
struct builtin {
    const struct text_rule *rules;
    struct pattern **compiled;
    bool *broken; /* rows that would not compile */
};

struct classifier {
    struct own_rule *own;
    size_t own_count;
    struct builtin clear, vague;
};

static void builtin_init(struct builtin *b, const struct text_rule *rules)
{
    size_t n = 0;

    while (rules[n].pattern != NULL)
        n++;
    b->rules = rules;
    b->compiled = calloc(n + 1, sizeof *b->compiled);
    b->broken = calloc(n + 1, sizeof *b->broken);
    if (b->compiled == NULL || b->broken == NULL)
        abort();
}

static void builtin_clear(struct builtin *b)
{
    for (size_t i = 0; b->rules[i].pattern != NULL; i++)
        pattern_free(&b->compiled[i]);
    free(b->compiled);
    free(b->broken);
}

struct classifier *classifier_new(void)
{
    struct classifier *c = calloc(1, sizeof *c);

    if (c == NULL)
        abort();
    builtin_init(&c->clear, clear_rules);
    builtin_init(&c->vague, vague_rules);
    return c;
}

void classifier_free(struct classifier **c)
{
    if (*c == NULL)
        return;
    for (size_t i = 0; i < (*c)->own_count; i++)
        pattern_free(&(*c)->own[i].pattern);
    free((*c)->own);
    builtin_clear(&(*c)->clear);
    builtin_clear(&(*c)->vague);
    free(*c);
    *c = NULL;
}

/* -- the administrator's rules -------------------------------------------- */

#define BLANKS " \t\r\n"

/* The word of n bytes at s, as a string; too long a word is no name. */
static bool word_copy(char *to, size_t size, const char *s, size_t n)
{
    if (n >= size)
        return false;
    memcpy(to, s, n);
    to[n] = '\0';
    return true;
}

static void list_add(char *list, size_t size, const char *name)
{
    size_t n = strlen(list);

    snprintf(list + n, size - n, "%s%s", n > 0 ? ", " : "", name);
}

static int refuse_class(const char *rule, char *error, size_t size)
{
    char legal[256] = "";

    for (int i = CLASS_NONE + 1; i < CLASS_COUNT; i++)
        list_add(legal, sizeof legal, class_name((enum error_class)i));
    snprintf(error, size,
             "rule \"%s\" does not begin with a class; classes are %s", rule,
             legal);
    return -1;
}

static int refuse_stage(const char *rule, const char *name, char *error,
                        size_t size)
{
    char legal[128] = "";

    for (int i = 0; i < STAGE_COUNT; i++)
        list_add(legal, sizeof legal, stage_name((enum stage)i));
    snprintf(error, size, "rule \"%s\": no stage \"%s\"; stages are %s", rule,
             name, legal);
    return -1;
}

/* Does s begin with "WORD[,WORD...]: "? The length up to the colon, or 0. */
static size_t stages_length(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz,-");

    if (s[n] != ':' || (s[n + 1] != '\0' && strchr(BLANKS, s[n + 1]) == NULL))
        return 0;
    return n;
}

/* 1 taken (*s moved past the colon), 0 no stages (the pattern begins here),
 * -1 one that does not exist: its name is in name[]. */
static int stages_read(const char **s, unsigned *stages, char name[16])
{
    const char *p = *s, *end = p + stages_length(p);
    enum stage stage;

    if (end == p)
        return 0;
    while (p <= end) {
        size_t n = strcspn(p, ",:");
        snprintf(name, 16, "%.*s", (int)(n < 15 ? n : 15), p);
        if (stage_from_name(name, &stage) != 1)
            return -1;
        *stages |= STAGE_BIT(stage);
        p += n + 1;
    }
    *s = end + 1;
    return 1;
}

static void own_append(struct classifier *c, const struct own_rule *rule)
{
    size_t size = (c->own_count + 1) * sizeof *c->own;
    struct own_rule *grown = realloc(c->own, size);

    if (grown == NULL)
        abort();
    c->own = grown;
    c->own[c->own_count++] = *rule;
}

/* The pattern of a rule; s is what follows class and stages. */
static struct pattern *own_pattern(const char *rule, const char *s, char *error,
                                   size_t size)
{
    char reason[320] = "it has no pattern after its class";
    struct pattern *p = NULL;

    s += strspn(s, BLANKS);
    if (*s != '\0')
        p = pattern_new(s, reason, sizeof reason);
    if (p == NULL)
        snprintf(error, size, "rule \"%s\": %s", rule, reason);
    return p;
}

int classifier_add_rule(struct classifier *c, const char *rule, char *error,
                        size_t size)
{
    const char *s = rule + strspn(rule, BLANKS);
    size_t n = strcspn(s, BLANKS);
    char name[16] = "";
    struct own_rule own = {CLASS_NONE, 0, NULL};

    if (!word_copy(name, sizeof name, s, n) ||
        class_from_name(name, &own.class) != 1 || own.class == CLASS_NONE)
        return refuse_class(rule, error, size);
    s += n;
    s += strspn(s, BLANKS);
    if (stages_read(&s, &own.stages, name) < 0)
        return refuse_stage(rule, name, error, size);
    own.pattern = own_pattern(rule, s, error, size);
    if (own.pattern == NULL)
        return -1;
    own_append(c, &own);
    return 0;
}

static bool stage_fits(unsigned stages, enum stage stage)
{
    return stages == 0 || (stages & STAGE_BIT(stage)) != 0;
}

static enum error_class class_from_own(const struct classifier *c,
                                       const struct reply *r)
{
    for (size_t i = 0; i < c->own_count; i++) {
        if (stage_fits(c->own[i].stages, r->stage) &&
            pattern_matches(c->own[i].pattern, r->text))
            return c->own[i].class;
    }
    return CLASS_NONE;
}

/* -- the network and Exim ------------------------------------------------- */

/* Had the server begun to work with us? */
static bool dialogue_began(enum stage stage)
{
    return stage >= STAGE_MAIL;
}

/* Closed, or silent. Before MAIL nothing of the message was said, and the next
 * server can have it at once. */
static enum error_class class_from_close(enum stage stage)
{
    switch (stage) {
    case STAGE_CONNECT:
    case STAGE_GREETING:
    case STAGE_EHLO:
        return CLASS_CONNECT;
    case STAGE_STARTTLS:
        return CLASS_TLS;
    case STAGE_AUTH:
        return CLASS_AUTH;
    default:
        return CLASS_DROPPED;
    }
}

/* Bytes that are no SMTP reply: no greeting, or a dialogue gone astray. */
static enum error_class class_from_garbage(enum stage stage)
{
    return stage == STAGE_GREETING || stage == STAGE_EHLO ? CLASS_GREETING
                                                          : CLASS_DROPPED;
}

static enum error_class class_from_system_error(int error, enum stage stage)
{
    switch (error) {
    case EPIPE:
    case EIO:
        return class_from_close(stage);
    case ETIMEDOUT:
    case ECONNRESET:
    case ECONNABORTED:
        /* A reset while the banner is awaited comes to us as
         * EXIM_SMTPCLOSED: with this one nothing had been read. */
        return stage == STAGE_UNKNOWN ? CLASS_CONNECT : class_from_close(stage);
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EPERM:
    case EACCES:
        return dialogue_began(stage) ? CLASS_TEMPORARY : CLASS_CONNECT;
    default:
        return CLASS_TEMPORARY;
    }
}

static enum error_class class_from_error(int error, enum stage stage)
{
    switch (error) {
    case EXIM_SMTPCLOSED:
    case EXIM_WRITEINCOMPLETE:
        return class_from_close(stage);
    case EXIM_SMTPFORMAT:
        return class_from_garbage(stage);
    case EXIM_UNKNOWNHOST:
    case EXIM_DNSDEFER:
    case EXIM_CONNECTTIMEOUT:
    case EXIM_PROXYFAIL:
    case EXIM_HRETRY:
        return CLASS_CONNECT;
    case EXIM_TLSFAILURE:
    case EXIM_TLSREQUIRED:
        return CLASS_TLS;
    case EXIM_AUTHFAIL:
    case EXIM_AUTHPROB:
        return CLASS_AUTH;
    case EXIM_UTF8_FWD:
        return CLASS_PROTOCOL;
    default:
        return error > 0 ? class_from_system_error(error, stage)
                         : CLASS_TEMPORARY;
    }
}

/* What needs no look at the words: nothing was said, or it was said to
 * STARTTLS or AUTH. CLASS_NONE: there is a reply to be read. */
static enum error_class class_from_network(const struct reply *r)
{
    if (r->code >= 400) {
        if (r->stage == STAGE_STARTTLS)
            return CLASS_TLS;
        return r->stage == STAGE_AUTH ? CLASS_AUTH : CLASS_NONE;
    }
    if (r->error != 0)
        return class_from_error(r->error, r->stage);
    /* A server that was asked and gave no reply code does not speak SMTP. */
    return r->stage > STAGE_CONNECT ? class_from_garbage(r->stage) : CLASS_NONE;
}

/* -- the words ------------------------------------------------------------ */

/* How much of s may be an address: a path in angle brackets, or a word. */
static size_t address_length(const char *s)
{
    const char *stop = s[0] == '<' && s[1] == '"' ? "<>" : "<> ";
    size_t n;

    if (*s == '<') {
        n = 1 + strcspn(s + 1, stop);
        return s[n] == '>' ? n + 1 : 0;
    }
    n = strcspn(s, " <>()[],;:\"");
    while (n > 0 && strchr(".!?'", s[n - 1]) != NULL)
        n--;
    return n;
}

/* The reply with "@" for every address: their words are not the server's. */
static void mask_addresses(char *to, const char *from)
{
    while (*from != '\0') {
        size_t n = address_length(from);
        bool path = *from == '<';

        if (n > 1 && memchr(from, '@', n) != NULL) {
            memcpy(to, path ? "<@>" : "@", path ? 3 : 1);
            to += path ? 3 : 1;
        } else {
            n = n > 0 ? n : 1;
            memcpy(to, from, n);
            to += n;
        }
        from += n;
    }
    *to = '\0';
}

/* Does a reply to a later command, or a remark of the mail system that made
 * the bounce, begin at p? */
static bool tail_begins(const char *p)
{
    static const char *const tails[] = {
        "503 ", "503-", "554 Error: no valid recip", "I'm not going to try"};
    int end = 0;

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        if (strncmp(p, tails[i], strlen(tails[i])) == 0)
            return true;
    }
    return (*p == '4' || *p == '5') &&
           sscanf(p, "%*3d%*1[- ]%*1d.%*1d.%*d%n", &end) == 0 && end > 0;
}

/* Bounces quote what the server said to the commands after the refused one
 * as well ("550 unknown user 503 need RCPT"). The length without that. */
static size_t first_reply_length(const char *text)
{
    for (size_t n = 1; text[n - 1] != '\0'; n++) {
        if (n > 4 && text[n - 1] == ' ' && tail_begins(text + n))
            return n;
    }
    return strlen(text);
}

static bool code_fits(int wanted, int code)
{
    if (wanted == 0)
        return true;
    while (code > wanted)
        code /= 10;
    return code == wanted;
}

static const struct pattern *builtin_pattern(struct builtin *b, size_t i)
{
    char error[200];

    if (b->compiled[i] == NULL && !b->broken[i]) {
        b->compiled[i] = pattern_new(b->rules[i].pattern, error, sizeof error);
        b->broken[i] = b->compiled[i] == NULL;
    }
    return b->compiled[i];
}

static enum error_class search_text(struct builtin *b, const struct reply *r,
                                    const char *text)
{
    for (size_t i = 0; b->rules[i].pattern != NULL; i++) {
        const struct text_rule *rule = &b->rules[i];
        const struct pattern *p;

        if (!stage_fits(rule->stages, r->stage) ||
            !code_fits(rule->code, r->code))
            continue;
        p = builtin_pattern(b, i);
        if (p != NULL && pattern_matches(p, text))
            return rule->class;
    }
    return CLASS_NONE;
}

/* -- the codes ------------------------------------------------------------ */

static enum error_class class_from_status(const struct status_rule *rules,
                                          const struct reply *r)
{
    const int *e = r->enhanced;

    for (const struct status_rule *s = rules; s->subject != 0; s++) {
        if (s->subject == e[1] && e[2] >= s->first && e[2] <= s->last)
            return e[0] == 5 ? s->permanent : s->temporary;
    }
    return CLASS_NONE;
}

static enum error_class class_from_code(const struct reply *r)
{
    for (const struct code_rule *rule = code_rules; rule->code != 0; rule++) {
        if (code_fits(rule->code, r->code) &&
            stage_fits(rule->stages, r->stage))
            return rule->class;
    }
    return CLASS_NONE;
}

/* Words and codes, from the clear to the vague; text is what the server said
 * to the one command. */
static enum error_class
class_from_reply(struct classifier *c, const struct reply *r, const char *text)
{
    enum error_class found = class_from_status(sure_statuses, r);

    if (found == CLASS_NONE)
        found = search_text(&c->clear, r, text);
    if (found == CLASS_NONE)
        found = class_from_status(clear_statuses, r);
    if (found == CLASS_NONE)
        found = search_text(&c->vague, r, text);
    return found;
}

static enum error_class class_from_words(struct classifier *c,
                                         const struct reply *r)
{
    char text[REPLY_TEXT_MAX];
    size_t first;
    enum error_class found;
    char cut;

    mask_addresses(text, r->text);
    first = r->code != 0 ? first_reply_length(text) : strlen(text);
    cut = text[first];
    text[first] = '\0';
    found = class_from_reply(c, r, text);
    text[first] = cut;
    if (found == CLASS_NONE && cut != '\0')
        found = class_from_reply(c, r, text);
    return found;
}

enum error_class classify(struct classifier *c, const struct reply *r)
{
    enum error_class found = class_from_own(c, r);

    if (found == CLASS_NONE && r->code >= 200 && r->code < 400)
        return CLASS_NONE;
    if (found == CLASS_NONE)
        found = class_from_network(r);
    if (found == CLASS_NONE)
        found = class_from_words(c, r);
    if (found == CLASS_NONE)
        found = class_from_status(vague_statuses, r);
    if (found == CLASS_NONE && r->code != 0)
        found = class_from_code(r);
    if (found == CLASS_NONE && r->text[0] != '\0')
        found = CLASS_TEMPORARY;
    return found;
}
