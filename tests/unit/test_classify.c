/* test_classify: from replies to classes; rules of the administrator's.
 *
 * Where ../shared/corpora/replies-dev.tsv is there, the classifier is also
 * measured on it, against the goals of docs/classes.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>

#include "classify.h"
#include "pattern.h"
#include "rules.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define CORPUS "../shared/corpora/replies-dev.tsv"

static const struct {
    const char *label, *text;
    enum stage stage;
    enum error_class want;
} replies[] = {
    /* Words that win over codes, and clear words over loose ones. */
    {"unknown user under 5.7.1", "550 5.7.1 No such user here", STAGE_RCPT,
     CLASS_RECIPIENT},
    {"unknown user under 450",
     "450 4.1.1 <a@example.org>: Recipient address "
     "rejected: User unknown in local recipient table",
     STAGE_RCPT, CLASS_RECIPIENT},
    {"unknown user at EHLO", "550 5.1.1 <a@example.org>... User unknown",
     STAGE_EHLO, CLASS_RECIPIENT},
    {"blocklist under a recipient's name",
     "550 5.1.1 <a@example.org>: "
     "Recipient address rejected: 192.0.2.1 is listed in dnsbl.example.org",
     STAGE_RCPT, CLASS_POLICY},
    {"blocklist at the banner", "554 Your IP is on our blacklist",
     STAGE_GREETING, CLASS_POLICY},
    {"rate at the banner", "421 Too many connections from your host",
     STAGE_GREETING, CLASS_RATE},
    {"greylisting at the banner", "450 4.7.1 Greylisted, come back later",
     STAGE_GREETING, CLASS_GREYLIST},
    {"banner without a reason", "554 mx.example.org", STAGE_GREETING,
     CLASS_GREETING},
    {"banner, closing",
     "421 Service not available, closing transmission "
     "channel",
     STAGE_GREETING, CLASS_GREETING},
    {"EHLO without a reason", "550 no", STAGE_EHLO, CLASS_GREETING},
    {"the address's words are not the server's",
     "550 <spam.blacklist@example.org> user unknown", STAGE_RCPT,
     CLASS_RECIPIENT},
    {"a bare address's neither",
     "550 virus@example.org is not a valid "
     "mailbox",
     STAGE_RCPT, CLASS_RECIPIENT},
    {"the reply to a later command does not count",
     "550 5.1.1 unknown user 503 5.0.0 Need RCPT", STAGE_DATA, CLASS_RECIPIENT},
    {"unless the first says nothing", "550 5.0.0 Hm 554 5.1.1 unknown user",
     STAGE_RCPT, CLASS_RECIPIENT},
    {"spam as a verdict", "550 5.7.1 Message rejected as spam", STAGE_DOT,
     CLASS_CONTENT},
    {"spam as the reason of a policy",
     "550 5.7.26 fails DMARC. To protect "
     "our users from spam, the message was blocked",
     STAGE_DOT, CLASS_POLICY},

    {"a time and a reason",
     "421 Too many connections, try again in 60 "
     "seconds",
     STAGE_RCPT, CLASS_RATE},
    {"a time and no reason", "451 Please try again in 60 seconds", STAGE_RCPT,
     CLASS_GREYLIST},

    /* Quotas. */
    {"a mailbox's quota", "552 5.2.2 user is over quota", STAGE_RCPT,
     CLASS_MAILBOX_FULL},
    {"a mailbox's quota under 4xx", "452 4.2.2 Mailbox full", STAGE_RCPT,
     CLASS_MAILBOX_FULL},
    {"the client's quota", "550 You have exceeded your hourly sending quota",
     STAGE_RCPT, CLASS_RATE},
    {"too many recipients", "452 4.5.3 Too many recipients", STAGE_RCPT,
     CLASS_RATE},
    {"the system's disk", "452 4.3.1 Insufficient system storage", STAGE_MAIL,
     CLASS_SERVER},
    {"the message's size", "552 5.3.4 Message too big for system", STAGE_MAIL,
     CLASS_SIZE},
    {"the message's size limit", "552 Message exceeds the size limits",
     STAGE_DOT, CLASS_SIZE},

    /* Verification and greylisting. */
    {"verification in progress",
     "450 4.1.1 <a@example.org>: Recipient "
     "address rejected: unverified address: Address verification in progress",
     STAGE_RCPT, CLASS_GREYLIST},
    {"sender verification failed", "550 Sender verify failed", STAGE_RCPT,
     CLASS_SENDER},
    {"sender's domain under 450",
     "450 4.1.8 <a@example.org>: Sender address "
     "rejected: Domain not found",
     STAGE_RCPT, CLASS_SENDER},

    /* The client. */
    {"reverse DNS", "550 Fix reverse DNS for 192.0.2.1", STAGE_RCPT,
     CLASS_POLICY},
    {"SPF", "550 SPF check failed", STAGE_MAIL, CLASS_POLICY},
    {"HELO",
     "504 5.5.2 <x>: Helo command rejected: need fully-qualified "
     "hostname",
     STAGE_RCPT, CLASS_POLICY},
    {"a rate limit for a reputation",
     "421 4.7.0 rate limited due to IP "
     "reputation",
     STAGE_MAIL, CLASS_POLICY},
    {"relaying", "554 5.7.1 <a@example.org>: Relay access denied", STAGE_RCPT,
     CLASS_RELAY_DENIED},
    {"an open relay is no relaying", "550 your host is an open relay",
     STAGE_MAIL, CLASS_POLICY},

    /* TLS and AUTH. */
    {"STARTTLS refused", "454 4.3.0 try again later", STAGE_STARTTLS,
     CLASS_TLS},
    {"AUTH refused", "535 5.7.8 Error: authentication failed", STAGE_AUTH,
     CLASS_AUTH},
    {"AUTH wanted at MAIL", "530 5.7.0 Authentication required", STAGE_MAIL,
     CLASS_AUTH},
    {"STARTTLS wanted at MAIL",
     "530 5.7.0 Must issue a STARTTLS command "
     "first",
     STAGE_MAIL, CLASS_TLS},

    /* Codes that mean one thing. */
    {"X.2.2 without words", "550 5.2.2", STAGE_RCPT, CLASS_MAILBOX_FULL},
    {"X.1.1 and a failed lookup", "550 5.1.1 address lookup failed", STAGE_RCPT,
     CLASS_RECIPIENT},
    {"4.1.1 and a failed lookup", "451 4.1.1 address lookup failed", STAGE_RCPT,
     CLASS_SERVER},
    {"X.1.8", "553 5.1.8 no", STAGE_MAIL, CLASS_SENDER},
    {"X.7.509", "550 5.7.509 Access denied", STAGE_DOT, CLASS_POLICY},
    {"X.7.64", "550 5.7.64 x", STAGE_RCPT, CLASS_RELAY_DENIED},
    {"X.3.4", "554 5.3.4 x", STAGE_MAIL, CLASS_SIZE},
    {"X.6.x", "554 5.6.0 x", STAGE_DOT, CLASS_CONTENT},
    {"X.5.x", "550 5.5.2 x", STAGE_UNKNOWN, CLASS_PROTOCOL},
    {"X.4.x", "451 4.4.1 x", STAGE_DOT, CLASS_SERVER},
    {"X.7.1 without words", "550 5.7.1 x", STAGE_RCPT, CLASS_POLICY},

    /* Stage and code alone. */
    {"4xx", "450 x", STAGE_RCPT, CLASS_TEMPORARY},
    {"5xx", "554 x", STAGE_UNKNOWN, CLASS_PERMANENT},
    {"421", "421 x", STAGE_RCPT, CLASS_SERVER},
    {"550 at RCPT", "550 x", STAGE_RCPT, CLASS_RECIPIENT},
    {"553 at MAIL", "553 x", STAGE_MAIL, CLASS_SENDER},
    {"552 at the dot", "552 x", STAGE_DOT, CLASS_SIZE},
    {"552 at RCPT", "552 x", STAGE_RCPT, CLASS_MAILBOX_FULL},
    {"503", "503 x", STAGE_DATA, CLASS_PROTOCOL},
    {"556", "556 x", STAGE_RCPT, CLASS_RECIPIENT},
    {"a code alone", "550", STAGE_RCPT, CLASS_RECIPIENT},
    {"a success", "250 2.1.5 ok", STAGE_RCPT, CLASS_NONE},
    {"nothing", "", STAGE_UNKNOWN, CLASS_NONE},
    {"no code, stage known", "HTTP/1.1 400 Bad Request", STAGE_GREETING,
     CLASS_GREETING},
    {"no code, later", "HTTP/1.1 400 Bad Request", STAGE_MAIL, CLASS_DROPPED},
    {"no code, stage unknown", "mailbox is full", STAGE_UNKNOWN,
     CLASS_MAILBOX_FULL},
    {"no code, no sense", "x", STAGE_UNKNOWN, CLASS_TEMPORARY},
    {"later, and no word of why", "451 4.3.0 Temporary failure, try later",
     STAGE_RCPT, CLASS_TEMPORARY},
    {"RFC 5321's own words",
     "451 Requested action aborted: local error in processing", STAGE_DATA,
     CLASS_TEMPORARY},
    {"later, and why", "451 4.3.0 Queue file write error, try later", STAGE_DOT,
     CLASS_SERVER},

    /* Languages, with and without accents and in other encodings. */
    {"French", "552 Boite aux lettres pleine", STAGE_RCPT, CLASS_MAILBOX_FULL},
    {"French, UTF-8", "552 Bo\303\256te pleine", STAGE_RCPT,
     CLASS_MAILBOX_FULL},
    {"French, ISO 8859", "552 Bo\356te pleine", STAGE_RCPT, CLASS_MAILBOX_FULL},
    {"German", "550 Empfaenger unbekannt", STAGE_RCPT, CLASS_RECIPIENT},
    {"German, UTF-8", "550 Empf\303\244nger existiert nicht", STAGE_RCPT,
     CLASS_RECIPIENT},
    {"Spanish", "550 El usuario no existe", STAGE_RCPT, CLASS_RECIPIENT},
    {"Italian", "550 Utente sconosciuto", STAGE_RCPT, CLASS_RECIPIENT},
    {"Portuguese", "552 Caixa de entrada cheia", STAGE_RCPT,
     CLASS_MAILBOX_FULL},
    {"Russian", "550 Пользователь не найден", STAGE_RCPT, CLASS_RECIPIENT},
    {"Russian capitals", "550 ПОЛЬЗОВАТЕЛЬ НЕ НАЙДЕН", STAGE_RCPT,
     CLASS_RECIPIENT},
    {"Chinese", "550 用户不存在", STAGE_RCPT, CLASS_RECIPIENT},
    {"Japanese", "550 宛先が見つかりません", STAGE_RCPT, CLASS_RECIPIENT},
};

static const struct {
    const char *label, *text;
    int error;
    enum error_class want;
} exims[] = {
    {"refused", "Connection refused", ECONNREFUSED, CLASS_CONNECT},
    {"no route", "No route to host", EHOSTUNREACH, CLASS_CONNECT},
    {"no network", "Network is unreachable", ENETUNREACH, CLASS_CONNECT},
    {"no answer to connect", "Connection timed out", ETIMEDOUT, CLASS_CONNECT},
    {"no banner",
     "SMTP timeout after initial connection: Connection timed "
     "out",
     ETIMEDOUT, CLASS_CONNECT},
    {"no reply to EHLO", "SMTP timeout after EHLO x", ETIMEDOUT, CLASS_CONNECT},
    {"no reply to RCPT", "SMTP timeout after pipelined RCPT TO:<a@b>",
     ETIMEDOUT, CLASS_DROPPED},
    {"no reply to the dot", "SMTP timeout after end of data", ETIMEDOUT,
     CLASS_DROPPED},
    {"closed before the banner",
     "Remote host closed connection in response "
     "to initial connection",
     -18, CLASS_CONNECT},
    {"closed at EHLO",
     "Remote host closed connection in response to EHLO hub.example", -18,
     CLASS_CONNECT},
    {"closed at MAIL",
     "Remote host closed connection in response to MAIL FROM:<a@b.example>",
     -18, CLASS_DROPPED},
    {"closed in the data",
     "Remote host closed connection in response to "
     "sending data block",
     -18, CLASS_DROPPED},
    {"broken pipe", "smtp send to mx [192.0.2.1] failed: Broken pipe", EPIPE,
     CLASS_DROPPED},
    {"garbage",
     "Malformed SMTP reply in response to EHLO x: certificate "
     "verification failed",
     0, CLASS_GREETING},
    {"no DNS", "host lookup did not complete", -36, CLASS_CONNECT},
    {"no such host", "all host address lookups failed permanently", -54,
     CLASS_CONNECT},
    {"not yet", "retry time not reached for any host", 0, CLASS_CONNECT},
    {"STARTTLS not offered",
     "a TLS session is required, but the server did "
     "not offer TLS support",
     0, CLASS_TLS},
    {"handshake", "TLS session: (gnutls_handshake): timed out", -37, CLASS_TLS},
    {"AUTH not offered",
     "authentication required but server did not "
     "advertise AUTH support",
     -42, CLASS_AUTH},
    {"no SMTPUTF8", "utf8 support required but not offered for forwarding", -49,
     CLASS_PROTOCOL},
    {"our own trouble", "transport filter process failed (75)", -24,
     CLASS_TEMPORARY},
    {"a reply",
     "SMTP error from remote mail server after RCPT TO:<a@b>: 550 "
     "5.1.1 unknown",
     0, CLASS_RECIPIENT},
    {"a reply to the banner",
     "SMTP error from remote mail server after "
     "initial connection: 554 x",
     0, CLASS_GREETING},
    {"a refused STARTTLS",
     "SMTP error from remote mail server after "
     "STARTTLS: 454 x",
     0, CLASS_TLS},
};

static const struct {
    const char *label, *rule, *error; /* NULL: taken */
} rules[] = {
    {"class and pattern", "policy code 42", NULL},
    {"one stage", "rate rcpt: too much", NULL},
    {"stages", "server data,dot: \\bmoon\\b", NULL},
    {"the unknown stage", "server -: x", NULL},
    {"blanks", "  greylist \t rcpt:   later  ", NULL},
    {"a colon in the pattern", "policy reason:\\s+42", NULL},
    {"UTF-8", "recipient неизвестен", NULL},
    {"empty", "", "does not begin with a class"},
    {"no class", "polcy x", "classes are connect, dropped"},
    {"none is no class", "none x", "does not begin with a class"},
    {"class alone", "policy", "no pattern"},
    {"stage alone", "policy rcpt:", "no pattern"},
    {"no stage", "policy recpt: x",
     "no stage \"recpt\"; stages are -, "
     "connect"},
    {"no stage among others", "policy rcpt,dto: x", "no stage \"dto\""},
    {"pattern", "policy (x", "missing closing parenthesis"},
    {"pattern, place", "policy x**y(", "character"},
};

static const struct {
    const char *label, *rule;
    enum stage stage;
    const char *text;
    enum error_class want;
} own[] = {
    {"ahead of ours", "policy user unknown", STAGE_RCPT, "550 User unknown",
     CLASS_POLICY},
    {"caseless", "policy USER", STAGE_RCPT, "550 user unknown", CLASS_POLICY},
    {"with the codes", "server ^550 5\\.1\\.1 ", STAGE_RCPT,
     "550 5.1.1 unknown", CLASS_SERVER},
    {"with the address", "greylist @example\\.org", STAGE_RCPT,
     "550 <a@example.org> unknown", CLASS_GREYLIST},
    {"at its stage", "server dot: x", STAGE_DOT, "554 x", CLASS_SERVER},
    {"not at another", "server dot: x", STAGE_UNKNOWN, "554 x",
     CLASS_PERMANENT},
    {"ahead of the stages too", "rate auth: limit", STAGE_AUTH, "454 limit",
     CLASS_RATE},
    {"bytes that are not UTF-8", "rate l.mite", STAGE_RCPT, "450 l\355mite",
     CLASS_RATE},
    {"a pattern without end", "rate (a+)+$", STAGE_RCPT,
     "550 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
     CLASS_RECIPIENT},
};

static void check_class(const char *label, enum error_class got,
                        enum error_class want)
{
    unit_str(label, "class", class_name(got), class_name(want));
}

static void check_replies(struct classifier *c)
{
    for (size_t i = 0; i < LENGTH(replies); i++) {
        struct reply r;

        reply_from_text(&r, replies[i].stage, replies[i].text);
        check_class(replies[i].label, classify(c, &r), replies[i].want);
    }
}

static void check_exims(struct classifier *c)
{
    for (size_t i = 0; i < LENGTH(exims); i++) {
        struct reply r;

        reply_from_exim(&r, exims[i].text, exims[i].error);
        check_class(exims[i].label, classify(c, &r), exims[i].want);
    }
}

static void check_rules(void)
{
    for (size_t i = 0; i < LENGTH(rules); i++) {
        struct classifier *c = classifier_new();
        char error[400] = "";
        int result = classifier_add_rule(c, rules[i].rule, error, sizeof error);

        unit_int(rules[i].label, "result", result, rules[i].error ? -1 : 0);
        unit_has(rules[i].label, "error", error,
                 rules[i].error != NULL ? rules[i].error : "");
        classifier_free(&c);
        unit_true("classifier_free() leaves NULL", c == NULL);
    }
}

static void check_own(void)
{
    for (size_t i = 0; i < LENGTH(own); i++) {
        struct classifier *c = classifier_new();
        char error[400];
        struct reply r;

        unit_int(own[i].label, "result",
                 classifier_add_rule(c, own[i].rule, error, sizeof error), 0);
        reply_from_text(&r, own[i].stage, own[i].text);
        check_class(own[i].label, classify(c, &r), own[i].want);
        classifier_free(&c);
    }
}

static void check_order_of_rules(void)
{
    struct classifier *c = classifier_new();
    char error[400];
    struct reply r;

    classifier_add_rule(c, "rate moon", error, sizeof error);
    classifier_add_rule(c, "server moon", error, sizeof error);
    reply_from_text(&r, STAGE_DOT, "550 full moon");
    check_class("the first rule decides", classify(c, &r), CLASS_RATE);
    classifier_free(&c);
}

static void check_patterns(const char *label, const struct text_rule *table)
{
    for (size_t i = 0; table[i].pattern != NULL; i++) {
        char error[400] = "";
        struct pattern *p = pattern_new(table[i].pattern, error, sizeof error);

        unit_str(label, "error", error, "");
        /* A rule that fits nothing, or everything, is a slip of the pen. */
        unit_true(label, p != NULL && !pattern_matches(p, ""));
        pattern_free(&p);
    }
}

/* Many matches of one pattern: the way through machine code. */
static void check_repetition(void)
{
    char error[200];
    struct pattern *p = pattern_new("п+|x$", error, sizeof error);

    for (int i = 0; i < 20 && p != NULL; i++) {
        unit_true("matches", pattern_matches(p, "aax"));
        unit_true("matches UTF-8", pattern_matches(p, "ПП"));
        unit_true("matches bytes", pattern_matches(p, "\377x"));
        unit_true("does not match", !pattern_matches(p, "aa"));
    }
    pattern_free(&p);
}

static void check_names(void)
{
    enum error_class c;

    for (int i = 0; i < CLASS_COUNT; i++) {
        const char *name = class_name((enum error_class)i);
        unit_int(name, "found", class_from_name(name, &c), 1);
        unit_int(name, "class", (long)c, i);
    }
    unit_int("no class", "found", class_from_name("Policy", &c), 0);
    unit_str("beyond the classes", "name", class_name(CLASS_COUNT), "none");
    unit_true("policy speaks of the server",
              class_speaks_of_server(CLASS_POLICY));
    unit_true("greylist does not", !class_speaks_of_server(CLASS_GREYLIST));
    unit_true("recipient does not", !class_speaks_of_server(CLASS_RECIPIENT));
    unit_true("beyond the classes does not",
              !class_speaks_of_server(CLASS_COUNT));
}

static bool class_means_stop(enum error_class c)
{
    static const enum error_class stops[] = {
        CLASS_RECIPIENT, CLASS_MAILBOX_FULL, CLASS_SENDER,   CLASS_SIZE,
        CLASS_CONTENT,   CLASS_PROTOCOL,     CLASS_PERMANENT};

    for (size_t i = 0; i < LENGTH(stops); i++) {
        if (c == stops[i])
            return true;
    }
    return false;
}

static void score_line(struct classifier *c, char *line, unsigned count[3])
{
    char *stage_at = strchr(line, '\t'), *text;
    enum error_class want = CLASS_NONE, got;
    enum stage stage = STAGE_UNKNOWN;
    struct reply r;

    if (stage_at == NULL || (text = strchr(stage_at + 1, '\t')) == NULL)
        return;
    *stage_at = *text = '\0';
    if (class_from_name(line, &want) != 1 ||
        stage_from_name(stage_at + 1, &stage) != 1)
        return;
    reply_from_text(&r, stage, text + 1);
    got = classify(c, &r);
    count[0]++;
    count[1] += got == want;
    count[2] += class_means_stop(got) == class_means_stop(want);
}

static void check_corpus(struct classifier *c)
{
    FILE *in = fopen(CORPUS, "r");
    unsigned count[3] = {0, 0, 0};
    char *line = NULL;
    size_t size = 0;

    if (in == NULL)
        return;
    while (getline(&line, &size, in) != -1)
        score_line(c, line, count);
    free(line);
    fclose(in);
    printf("corpus: %u replies, %u classes right, %u decisions right\n",
           count[0], count[1], count[2]);
    unit_true("92% of the classes", count[1] * 100 >= count[0] * 92);
    unit_true("97% of the decisions", count[2] * 100 >= count[0] * 97);
}

int main(void)
{
    struct classifier *c = classifier_new();

    check_names();
    check_patterns("clear_rules", clear_rules);
    check_patterns("vague_rules", vague_rules);
    check_repetition();
    check_replies(c);
    check_exims(c);
    check_rules();
    check_own();
    check_order_of_rules();
    check_corpus(c);
    classifier_free(&c);
    return unit_end();
}
