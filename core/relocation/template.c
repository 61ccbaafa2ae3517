/* template: the words of notices. See template.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "template.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file.h"

static const struct {
    const char *name, *text;
} english[] = {
    {"changed",
     "Subject: {old} has a new address\n"
     "\n"
     "This message was created by the mail system of {hub}.\n"
     "\n"
     "An address that you wrote to has changed:\n"
     "\n"
     "    old address: {old}\n"
     "    new address: {new}\n"
     "    since:       {registered}\n"
     "\n"
     "Your mail was delivered to the new address; you need not send it again.\n"
     "Please change your address book and your lists.\n"
     "\n"
     "    Subject: {subject}\n"
     "    Date:    {date}\n"},
    {"held",
     "Subject: Held: {subject}\n"
     "\n"
     "This message was created by the mail system of {hub}.\n"
     "\n"
     "The address {old} is not valid any more, and its new\n"
     "address is not known yet. Your mail is held for {days} days, until\n"
     "{until}. When the new address becomes known in\n"
     "that time it is delivered there, and you are told; otherwise it comes\n"
     "back to you. You need not do anything.\n"
     "\n"
     "    Subject: {subject}\n"
     "    Date:    {date}\n"},
    {"ask", "Subject: What is the new address of {old}?\n"
            "\n"
            "{hub} holds mail for {old}, an address that is\n"
            "registered as gone ({row}, since {registered}).\n"
            "The first was sent by {from} ({id}); it is returned on\n"
            "{until} if nothing is done. To deliver it, and all that\n"
            "follows:\n"
            "\n"
            "    outrider relocation set {old} NEW-ADDRESS\n"
            "\n"
            "    outrider held list          shows all that is held\n"},
    {"ask-again", "Subject: Again: what is the new address of {old}?\n"
                  "\n"
                  "{hub} still holds mail for {old}, whose new\n"
                  "address is not known. Half of the time is over: on {until}\n"
                  "it begins to return that mail. To deliver it:\n"
                  "\n"
                  "    outrider relocation set {old} NEW-ADDRESS\n"},
    {"removed",
     "Subject: {row} is not registered any more\n"
     "\n"
     "{row} was registered as gone on {registered}, and\n"
     "nobody has said what its new address is. {hub} has\n"
     "removed it from the table: mail for it is treated as for any address.\n"},
};

static const char *english_find(const char *name)
{
    for (size_t i = 0; i < sizeof english / sizeof *english; i++)
        if (strcmp(english[i].name, name) == 0)
            return english[i].text;
    return "Subject: {old}\n\n";
}

static bool utf8_right(const char *s)
{
    while (*s) {
        size_t n = text_utf8(s);
        if (n == 0)
            return false;
        s += n;
    }
    return true;
}

/* RFC 5322 2.2: printable, no colon. */
static bool name_right(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < 33 || s[i] > 126)
            return false;
    return true;
}

/* Fields up to the empty line, and Subject among them. */
static bool head_right(const char *s)
{
    bool subject = false;
    while (*s && *s != '\n') {
        size_t n = strcspn(s, "\n"), name = strcspn(s, ": \t\n");
        if (name == 0 || s[name] != ':' || !name_right(s, name))
            return false;
        subject = subject || strncasecmp(s, "Subject:", 8) == 0;
        s += n + (s[n] == '\n');
    }
    return subject && *s;
}

static int words_read(const char *directory, const char *name,
                      struct text *words, char *error, size_t size)
{
    char *path = text_format("%s/%s", directory, name);
    int rc = *directory
                 ? file_read(path, TEMPLATE_BYTES_MAX, words, error, size)
                 : 0;
    if (rc == 0)
        text_add(words, english_find(name));
    else if (rc == 1 && !utf8_right(text_str(words)))
        rc = text_error(error, size, "%s: it is not in UTF-8", path);
    else if (rc == 1 && !head_right(text_str(words)))
        rc = text_error(error, size,
                        "%s: write \"Subject: ...\", an empty line, the text",
                        path);
    free(path);
    return rc == -1 ? -1 : 0;
}

static void filled_add(const char *s, size_t n,
                       bool (*fact)(const char *, void *, struct text *),
                       void *context, struct text *out)
{
    const char *end = s + n;
    text_add(out, "");
    while (s < end) {
        size_t letters = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz");
        if (*s == '{' && letters > 0 && s[letters + 1] == '}') {
            char *word = strndup(s + 1, letters);
            bool known = fact(word, context, out);
            free(word);
            if (known) {
                s += letters + 2;
                continue;
            }
        }
        text_addn(out, s++, 1);
    }
}

/* ---- header fields ---- */

static void base64(const unsigned char *s, size_t n, struct text *out)
{
    static const char set[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)s[i] << 16;
        v |= i + 1 < n ? (unsigned)s[i + 1] << 8 : 0;
        v |= i + 2 < n ? s[i + 2] : 0;
        char four[5] = {set[v >> 18], set[v >> 12 & 63],
                        i + 1 < n ? set[v >> 6 & 63] : '=',
                        i + 2 < n ? set[v & 63] : '=', 0};
        text_add(out, four);
    }
}

#define ENCODED_BYTES                                                          \
    39 /* of text: a line of 76 has room for "Subject: " too */

static bool plain(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || (unsigned char)*s > 126)
            return false;
    return true;
}

void template_encode(const char *s, struct text *out)
{
    if (plain(s) && !strstr(s, "=?")) {
        text_add(out, s);
        return;
    }
    for (bool first = true; *s; first = false) {
        size_t n = 0, ch;
        while (s[n] && (ch = text_utf8(s + n) ? text_utf8(s + n) : 1) &&
               n + ch <= ENCODED_BYTES)
            n += ch;
        text_addf(out, "%s=?UTF-8?B?", first ? "" : "\n ");
        base64((const unsigned char *)s, n, out);
        text_add(out, "?=");
        s += n;
    }
}

/* "Name: text", its facts filled in; a fact adds no line of its own. */
static void field_add(const char *line, size_t n,
                      bool (*fact)(const char *, void *, struct text *),
                      void *context, struct text *head)
{
    struct text value = {0};
    const char *colon = memchr(line, ':', n);
    if (!colon || colon == line)
        return;
    size_t name = (size_t)(colon - line) + 1;
    filled_add(line + name, n - name, fact, context, &value);
    text_addf(head, "%.*s ", (int)name, line);
    char *trimmed = text_trim(value.s);
    for (char *p = trimmed; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    template_encode(trimmed, head);
    text_add(head, "\n");
    text_free(&value);
}

int template_fill(const char *directory, const char *name,
                  bool (*fact)(const char *word, void *context,
                               struct text *out),
                  void *context, struct text *head, struct text *body,
                  char *error, size_t size)
{
    struct text words = {0};
    if (words_read(directory, name, &words, error, size) == -1) {
        text_free(&words);
        return -1;
    }
    const char *p = words.s;
    text_add(head, "");
    while (*p && *p != '\n') {
        size_t n = strcspn(p, "\n");
        field_add(p, n, fact, context, head);
        p += n + (p[n] == '\n');
    }
    p += *p == '\n';
    filled_add(p, strlen(p), fact, context, body);
    text_free(&words);
    return 0;
}
