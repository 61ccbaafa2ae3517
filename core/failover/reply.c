/* reply: from the words of a server, or of Exim, to a struct reply.
 *
 * What Exim says of a failure holds the command it had sent, with addresses
 * that strangers chose: "after RCPT TO:<"x>: 550 ok"@example.org>: 450 ...".
 * So the command is walked over as RFC 5321 4.1.2 spells it, and the reply
 * begins after its end, not at the first thing that looks like one.
 *
 * Called by: router, tools, tests. Memory: none of its own. Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reply.h"

#include <errno.h>
#include <string.h>

/* Exim puts the command before the reply, and both are bounded by it. */
#define EXIM_TEXT_MAX (2 * REPLY_TEXT_MAX)

static const char *const stage_names[STAGE_COUNT] = {
    [STAGE_UNKNOWN] = "-",         [STAGE_CONNECT] = "connect",
    [STAGE_GREETING] = "greeting", [STAGE_EHLO] = "ehlo",
    [STAGE_STARTTLS] = "starttls", [STAGE_AUTH] = "auth",
    [STAGE_MAIL] = "mail",         [STAGE_RCPT] = "rcpt",
    [STAGE_DATA] = "data",         [STAGE_DOT] = "dot",
};

/* How Exim begins: what was seen, before the command it was seen after.
 * The error is what the words mean when there is no reply; with 0 a reply
 * has to follow. */
static const struct {
    const char *words;
    int error;
} lead_ins[] = {
    {"SMTP error from remote mail server after ", 0},
    {"SMTP error from remote mailer after ", 0},
    {"LMTP error after ", 0},
    {"SMTP timeout after ", ETIMEDOUT},
    {"SMTP timeout while connected to ", ETIMEDOUT},
    {"LMTP timeout after ", ETIMEDOUT},
    {"Remote host closed connection in response to ", EXIM_SMTPCLOSED},
    {"LMTP connection closed after ", EXIM_SMTPCLOSED},
    {"Malformed SMTP reply (an empty line) in response to ", EXIM_SMTPFORMAT},
    {"Malformed SMTP reply in response to ", EXIM_SMTPFORMAT},
    {"Malformed LMTP reply after ", EXIM_SMTPFORMAT},
    /* The short form, as some logs and tables have it. */
    {"after ", 0},
};

static const struct {
    const char *words;
    enum stage stage;
} commands[] = {
    {"initial connection", STAGE_GREETING},
    {"EHLO", STAGE_EHLO},
    {"HELO", STAGE_EHLO},
    {"LHLO", STAGE_EHLO},
    {"STARTTLS", STAGE_STARTTLS},
    {"SSL-on-connect", STAGE_STARTTLS},
    {"AUTH", STAGE_AUTH},
    {"MAIL FROM", STAGE_MAIL},
    {"RCPT TO", STAGE_RCPT},
    {"DATA", STAGE_DATA},
    {"BDAT", STAGE_DATA},
    {"sending data block", STAGE_DATA},
    {"end of data", STAGE_DOT},
};

/* What else Exim, the resolver or the system says where no server spoke.
 * The first that occurs decides, so what names a part of the work stands
 * before the system's general words. */
static const struct {
    const char *words;
    int error;
} troubles[] = {
    {"a TLS session is required", EXIM_TLSREQUIRED},
    {"TLS session", EXIM_TLSFAILURE},
    {"bad first read from TLS", EXIM_TLSFAILURE},
    {"certificate verification failed", EXIM_TLSFAILURE},
    {"gnutls_handshake", EXIM_TLSFAILURE},
    {"SSL_connect", EXIM_TLSFAILURE},
    {"TLS support not available", EXIM_TLSFAILURE},
    {"DANE error", EXIM_TLSFAILURE},
    {"authentication required but", EXIM_AUTHFAIL},
    {"authentication attempt(s) failed", EXIM_AUTHFAIL},
    {"authenticator failed", EXIM_AUTHFAIL},
    {"utf8 support required", EXIM_UTF8_FWD},
    {"transport filter process failed", EXIM_FILTER_FAIL},
    {"failed to expand", EXIM_EXPANDFAIL},
    {"smtp send to", EXIM_SMTPCLOSED},
    {"failed to write a data block", EXIM_SMTPCLOSED},
    {"closed connection", EXIM_SMTPCLOSED},
    {"lost connection with", EXIM_SMTPCLOSED},
    {"Broken pipe", EXIM_SMTPCLOSED},
    {"Malformed SMTP reply", EXIM_SMTPFORMAT},
    {"was malformed", EXIM_SMTPFORMAT},
    {"lookup did not complete", EXIM_DNSDEFER},
    {"host address lookups", EXIM_UNKNOWNHOST},
    {"no IP address found for host", EXIM_UNKNOWNHOST},
    {"retry time not reached", EXIM_HRETRY},
    {"have been failing for a long time", EXIM_HRETRY},
    {"connection limit reached for all hosts", EXIM_HRETRY},
    {"Connection refused", ECONNREFUSED},
    {"Connection timed out", ETIMEDOUT},
    {"No route to host", EHOSTUNREACH},
    {"Network is unreachable", ENETUNREACH},
    {"Host is unreachable", EHOSTUNREACH},
    {"Connection reset by peer", ECONNRESET},
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

const char *stage_name(enum stage s)
{
    return (unsigned)s < STAGE_COUNT ? stage_names[s] : stage_names[0];
}

int stage_from_name(const char *name, enum stage *s)
{
    for (unsigned i = 0; i < STAGE_COUNT; i++) {
        if (strcmp(name, stage_names[i]) == 0) {
            *s = (enum stage)i;
            return 1;
        }
    }
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Exim prints a line end as backslash n, and a byte above 127 as backslash
 * and three octal digits. Returns how much of s the next byte took. */
static size_t unprint(const char *s, char *byte)
{
    *byte = *s;
    if (s[0] == '\\' && (s[1] == 'n' || s[1] == 'r' || s[1] == 't')) {
        *byte = ' ';
        return 2;
    }
    if (s[0] == '\\' && (s[1] == '2' || s[1] == '3') && is_octal(s[2]) &&
        is_octal(s[3])) {
        *byte = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
        return 4;
    }
    if ((unsigned char)*s < 0x20 || *s == 0x7f)
        *byte = ' ';
    return 1;
}

/* One line of text: no control characters, no white space but single spaces
 * within. */
static void text_clean(char *to, size_t size, const char *from)
{
    size_t n = 0;
    char c;

    while (*from != '\0' && n + 1 < size) {
        from += unprint(from, &c);
        if (c == ' ' && (n == 0 || to[n - 1] == ' '))
            continue;
        to[n++] = c;
    }
    if (n > 0 && to[n - 1] == ' ')
        n--;
    to[n] = '\0';
}

/* The reply code that s begins with, 0 for none. */
static int code_at(const char *s)
{
    if (s[0] < '2' || s[0] > '5' || !is_digit(s[1]) || !is_digit(s[2]))
        return 0;
    if (s[3] != '\0' && strchr(" -:;,<(\"", s[3]) == NULL)
        return 0;
    return (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
}

/* "d.ddd.ddd" at s, ending where a number ends (so no IP address). Returns
 * its length, 0 for none. */
static size_t enhanced_at(const char *s, int enhanced[3])
{
    const char *p = s;

    for (int i = 0; i < 3; i++) {
        int digits = 0, value = 0;
        for (; is_digit(*p) && digits < 4; digits++)
            value = value * 10 + (*p++ - '0');
        if (digits == 0 || digits > 3 || (i == 0 && digits > 1))
            return 0;
        if (i < 2 && *p++ != '.')
            return 0;
        enhanced[i] = value;
    }
    if (is_digit(*p) || (*p == '.' && is_digit(p[1])))
        return 0;
    return (size_t)(p - s);
}

/* Straight after the code, or, as qmail and its heirs have it, later in
 * parentheses or after a # or a space. Later it has to agree with the code:
 * version numbers look the same. */
static void find_enhanced(struct reply *r)
{
    int found[3];
    const char *after = r->text + (r->text[3] == '\0' ? 3 : 4);

    memset(r->enhanced, 0, sizeof r->enhanced);
    for (const char *p = after; *p != '\0'; p++) {
        if (p > after && strchr(" (#[:", p[-1]) == NULL)
            continue;
        if (enhanced_at(p, found) == 0)
            continue;
        if (p > after ? found[0] == r->code / 100
                      : found[0] == 4 || found[0] == 5) {
            memcpy(r->enhanced, found, sizeof found);
            return;
        }
    }
}

/* Is p the code, and the enhanced code, of one more line of the same reply?
 * Returns the length, 0 when it is not. */
static size_t repeat_at(const struct reply *r, const char *p, bool several)
{
    int found[3];
    size_t n;

    if (strncmp(p, r->text, 3) != 0 || (p[3] != '-' && p[3] != ' '))
        return 0;
    n = enhanced_at(p + 4, found);
    if (n > 0 && memcmp(found, r->enhanced, sizeof found) == 0)
        return 4 + n;
    return p[3] == '-' || (several && n == 0) ? 4 : 0;
}

/* Words that belong together stand on different lines of long replies, each
 * with the codes again: leave the codes out, but for the first. */
static void drop_repeats(struct reply *r)
{
    bool several = r->text[3] == '-';
    char *to = r->text + 4;

    if (strlen(r->text) < 8)
        return;
    for (const char *p = to; *p != '\0';) {
        size_t n = p[-1] == ' ' ? repeat_at(r, p, several) : 0;
        p += n;
        while (n > 0 && *p == ' ')
            p++;
        if (n == 0)
            *to++ = *p++;
    }
    *to = '\0';
}

/* Other mail systems name the command after the reply. */
static enum stage stage_from_tail(const char *text)
{
    const char *p = strstr(text, "(in reply to ");

    if (p == NULL)
        return STAGE_UNKNOWN;
    p += strlen("(in reply to ");
    if (strncmp(p, "end of DATA", 11) == 0)
        return STAGE_DOT;
    for (size_t i = 0; i < LENGTH(commands); i++) {
        if (strncmp(p, commands[i].words, strlen(commands[i].words)) == 0)
            return commands[i].stage;
    }
    return STAGE_UNKNOWN;
}

static int trouble_in(const char *text)
{
    for (size_t i = 0; i < LENGTH(troubles); i++) {
        if (strstr(text, troubles[i].words) != NULL)
            return troubles[i].error;
    }
    return 0;
}

/* r->text is clean; everything but the stage follows from it. */
static void reply_read(struct reply *r)
{
    const char *said = strstr(r->text, " said: ");

    if (code_at(r->text) == 0 && said != NULL && code_at(said + 7) != 0)
        memmove(r->text, said + 7, strlen(said + 7) + 1);
    r->code = code_at(r->text);
    if (r->code != 0) {
        find_enhanced(r);
        drop_repeats(r);
    }
    if (r->stage == STAGE_UNKNOWN)
        r->stage = stage_from_tail(r->text);
}

void reply_from_text(struct reply *r, enum stage stage, const char *text)
{
    memset(r, 0, sizeof *r);
    r->stage = (unsigned)stage < STAGE_COUNT ? stage : STAGE_UNKNOWN;
    text_clean(r->text, sizeof r->text, text);
    reply_read(r);
    if (r->code == 0)
        r->error = trouble_in(r->text);
}

static enum stage stage_of_command(const char *s)
{
    for (size_t i = 0; i < LENGTH(commands); i++) {
        size_t n = strlen(commands[i].words);
        if (strncmp(s, commands[i].words, n) != 0)
            continue;
        if (commands[i].stage == STAGE_DATA && strncmp(s, "BDAT", 4) == 0) {
            const char *last = s + 4 + strspn(s + 4, " 0123456789");
            return strncmp(last, "LAST", 4) == 0 ? STAGE_DOT : STAGE_DATA;
        }
        return commands[i].stage;
    }
    return STAGE_UNKNOWN;
}

/* Past the address in angle brackets, where a command has one. A quoted
 * local part may hold anything, ">" too (RFC 5321 4.1.2). */
static const char *skip_path(const char *s)
{
    bool quoted = false;
    const char *p = s;

    for (; *p != '\0'; p++) {
        if (quoted && *p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && *p == '>')
            return p + 1;
    }
    return s; /* no end: a text that was cut, or no path at all */
}

/* Where the reply begins after the command at s, NULL when there is none.
 * A reply that comes later than the command's parameters allow is none. */
static const char *reply_after(const char *s)
{
    const char *p = s;
    bool has_path =
        strncmp(s, "MAIL FROM", 9) == 0 || strncmp(s, "RCPT TO", 7) == 0;

    if (has_path && (p = strchr(s, '<')) != NULL)
        p = skip_path(p + 1);
    if (p == NULL)
        p = s;
    while ((p = strstr(p, ": ")) != NULL) {
        p += 2;
        if (code_at(p) != 0)
            return p;
    }
    return NULL;
}

/* The lead-in that stands first and is followed by a command. Returns the
 * command and the lead-in's index, or NULL. */
static const char *find_command(const char *text, size_t *index)
{
    const char *first = NULL, *command = NULL;

    for (size_t i = 0; i < LENGTH(lead_ins); i++) {
        const char *start = strstr(text, lead_ins[i].words), *p;
        if (start == NULL || (first != NULL && start >= first))
            continue;
        p = start + strlen(lead_ins[i].words);
        if (strncmp(p, "pipelined ", 10) == 0)
            p += 10;
        if (lead_ins[i].error == 0 && stage_of_command(p) == STAGE_UNKNOWN)
            continue;
        *index = i;
        first = start;
        command = p;
    }
    return command;
}

/* $event_defer_errno can also be Exim's more_errno, which holds a reply code
 * above the low byte: that is no errno. */
static bool error_is_known(int error)
{
    return error != 0 && error < 256;
}

static void text_keep(struct reply *r, const char *text)
{
    size_t n = strnlen(text, sizeof r->text - 1);

    memcpy(r->text, text, n);
    r->text[n] = '\0';
}

/* Exim says so of itself when it gives up, after what the server said. */
static void drop_remark(char *text)
{
    static const char remark[] = ": retry timeout exceeded";
    size_t n = strlen(text), tail = sizeof remark - 1;

    if (n > tail && strcmp(text + n - tail, remark) == 0)
        text[n - tail] = '\0';
}

/* A positive reply where it makes no sense, or no reply at all: what is at the
 * other end does not speak SMTP. */
static void reply_is_garbage(struct reply *r)
{
    r->code = 0;
    r->error = EXIM_SMTPFORMAT;
}

/* Exim names no command for these, but there is only one they can be of. */
static enum stage stage_of_error(int error)
{
    switch (error) {
    case EXIM_TLSFAILURE:
    case EXIM_TLSREQUIRED:
        return STAGE_STARTTLS;
    case EXIM_AUTHFAIL:
    case EXIM_AUTHPROB:
        return STAGE_AUTH;
    default:
        return STAGE_UNKNOWN;
    }
}

void reply_from_exim(struct reply *r, const char *text, int error)
{
    char clean[EXIM_TEXT_MAX];
    const char *command, *answer = NULL;
    size_t i = 0;

    memset(r, 0, sizeof *r);
    text_clean(clean, sizeof clean, text);
    drop_remark(clean);
    command = find_command(clean, &i);
    if (command != NULL) {
        r->stage = stage_of_command(command);
        answer = lead_ins[i].error == 0 ? reply_after(command) : NULL;
    }
    text_keep(r, answer != NULL ? answer : clean);
    if (command == NULL || answer != NULL)
        reply_read(r);
    r->error = error_is_known(error) ? error : 0;
    if (r->code != 0 && r->code < 400)
        reply_is_garbage(r);
    if (r->code == 0 && r->error == 0)
        r->error = command != NULL ? lead_ins[i].error : trouble_in(clean);
    if (r->code == 0 && r->error == 0 && command != NULL)
        reply_is_garbage(r);
    if (r->stage == STAGE_UNKNOWN)
        r->stage = stage_of_error(r->error);
}
