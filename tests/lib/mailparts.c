/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * mailparts - a message as a list of what a reader can see of it
 *
 *   mailparts [-e] [-p] [-x NAME]... FILE...   the list of each message
 *   mailparts -d PATH FILE                     the decoded content of a part
 *
 *   -e  leaves the transfer encodings out: a hub may change them
 *   -p  preambles and epilogues too, which readers do not show
 *   -x  leaves the message's own header fields of this name out too; so are
 *       Received, Return-Path, Envelope-to and Delivery-date. Those of an
 *       attached message always count.
 *
 * Called by suites: two messages are equal when their lists are. With several
 * files a line `file: NAME` comes ahead of each list. A line of one is
 * PATH WORD VALUE. The message is part 1, the parts of a multipart at P are
 * P.1, P.2, ..., and the message in a message/rfc822 at P is P.1. Where MIME is
 * broken beyond reading there is a line `broken: PATH REASON SIZE SHA-256`, of
 * the body as it stands. Values of fields are whole but for the line ends
 * of folding (RFC 5322 2.2.3); of the fields that MIME defines, comments, white
 * space, quotes and the boundary do not count. Line ends are LF: a file whose
 * first line ends with CRLF is taken for a message as SMTP carries it, and
 * text may have either.
 *
 * It reads MIME on its own, so that it shares no error with what it judges.
 * Memory: what is read lives as long as the process, which is short.
 * Exit status: 0, 1 when a file cannot be read or has no such part, 64 for
 * wrong usage.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 50 };

/* Some bytes of a message. */
struct bytes {
    const char *s;
    gsize n;
};

struct field {
    char *name; /* in lower case */
    GString *value;
    bool used; /* said by another line than `field` */
};

/* A message, or a part of one. */
struct entity {
    const char *path;
    int depth;
    const char *type, *encoding;
    const char *boundary;
    GPtrArray *fields;     /* of struct field */
    GPtrArray *parameters; /* of char *, "name=value" */
    struct bytes body;
};

/* A body of several parts. */
struct parts {
    GArray *items; /* of struct bytes */
    struct bytes preamble, epilogue;
    bool begun, ended;
};

static struct {
    gboolean encodings_out, surroundings;
    char **fields_out;
    char *wanted;
} option;
static GString *list;
static bool wanted_found;

static void message_print(const char *path, int depth, struct bytes message,
                          const char *type);

/* --- bytes ---------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct bytes bytes_of(const GString *text)
{
    return (struct bytes){text->str, text->len};
}

/* The line at `at`, with its LF. */
static struct bytes line_at(struct bytes text, gsize at)
{
    const char *end = memchr(text.s + at, '\n', text.n - at);

    return (struct bytes){text.s + at,
                          end ? (gsize)(end + 1 - (text.s + at)) : text.n - at};
}

static GString *lines_unix(struct bytes text)
{
    GString *out = g_string_sized_new(text.n + 1);

    for (gsize i = 0; i < text.n; i++)
        if (text.s[i] != '\r' || i + 1 == text.n || text.s[i + 1] != '\n')
            g_string_append_c(out, text.s[i]);
    return out;
}

static char *bytes_trimmed(struct bytes text)
{
    return g_strstrip(g_strndup(text.s, text.n));
}

/* One line whatever is in it. */
static void bytes_print(struct bytes text)
{
    for (gsize i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.s[i];

        if (c < 32 || c > 126 || c == '\\')
            g_string_append_printf(list, "\\x%02x", c);
        else
            g_string_append_c(list, (char)c);
    }
    g_string_append_c(list, '\n');
}

static void item_print(const char *path, const char *word, const char *value)
{
    g_string_append_printf(list, "%s %s ", path, word);
    bytes_print((struct bytes){value, strlen(value)});
}

static void sum_print(const char *path, const char *word, struct bytes text)
{
    char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                            (const guchar *)text.s, text.n);

    g_string_append_printf(list, "%s %s %zu %s\n", path, word, text.n, sum);
}

/* --- the header ----------------------------------------------------------- */

/* The length of the name in `NAME:`, 0 when the line does not begin so. */
static gsize name_length(struct bytes line)
{
    gsize n = 0, end;

    while (n < line.n && line.s[n] > 32 && line.s[n] < 127 && line.s[n] != ':')
        n++;
    end = n;
    while (end < line.n && is_blank(line.s[end]))
        end++;
    return end < line.n && line.s[end] == ':' ? n : 0;
}

static struct field *field_create(struct bytes line, gsize name)
{
    struct field *field = g_new0(struct field, 1);
    const char *colon = memchr(line.s, ':', line.n);

    field->name = g_ascii_strdown(line.s, (gssize)name);
    field->value = g_string_new_len(colon, line.s + (gssize)line.n - colon);
    g_string_erase(field->value, 0, 1);
    return field;
}

static void newline_cut(GString *value)
{
    if (value->len && value->str[value->len - 1] == '\n')
        g_string_truncate(value, value->len - 1);
    if (value->len && value->str[value->len - 1] == '\r')
        g_string_truncate(value, value->len - 1);
}

/* Fields up to an empty line, which ends them, or up to a line that is none:
 * readers take that for the body. */
static void header_read(struct entity *e, struct bytes message)
{
    struct field *field = NULL;
    gsize at = 0;

    for (struct bytes line; at < message.n; at += line.n) {
        gsize name;

        line = line_at(message, at);
        name = name_length(line);
        if (field && is_blank(line.s[0])) {
            newline_cut(field->value);
            g_string_append_len(field->value, line.s, (gssize)line.n);
        } else if (name) {
            field = field_create(line, name);
            g_ptr_array_add(e->fields, field);
        } else {
            bool empty =
                line.s[0] == '\n' || (line.n == 2 && line.s[0] == '\r');

            if (!empty)
                g_string_append_printf(
                    list, "broken: %s no empty line ends the header\n",
                    e->path);
            at += empty ? line.n : 0;
            break;
        }
    }
    e->body = (struct bytes){message.s + at, message.n - at};
    for (guint i = 0; i < e->fields->len; i++)
        newline_cut(((struct field *)e->fields->pdata[i])->value);
}

/* The first of this name; from then on `field` lines leave it out. */
static struct bytes field_take(struct entity *e, const char *name)
{
    for (guint i = 0; i < e->fields->len; i++) {
        struct field *field = e->fields->pdata[i];

        if (strcmp(field->name, name) == 0) {
            field->used = true;
            return bytes_of(field->value);
        }
    }
    return (struct bytes){NULL, 0};
}

static bool field_counts(const struct entity *e, const struct field *field)
{
    static const char *const out[] = {"received", "return-path", "envelope-to",
                                      "delivery-date"};

    if (field->used)
        return false;
    for (guint i = 0; e->depth == 0 && i < G_N_ELEMENTS(out); i++)
        if (strcmp(field->name, out[i]) == 0)
            return false;
    for (char **name = option.fields_out; e->depth == 0 && name && *name;
         name++)
        if (g_ascii_strcasecmp(field->name, *name) == 0)
            return false;
    return true;
}

static int names_compare(gconstpointer a, gconstpointer b)
{
    const struct field *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* The sort is stable, so fields of one name keep their order. */
static void fields_print(const struct entity *e)
{
    g_ptr_array_sort(e->fields, names_compare);
    for (guint i = 0; i < e->fields->len; i++) {
        const struct field *field = e->fields->pdata[i];

        if (!field_counts(e, field))
            continue;
        g_string_append_printf(list, "%s field %s:", e->path, field->name);
        bytes_print(bytes_of(field->value));
    }
}

/* --- structured values: HEAD; NAME=VALUE; ... (RFC 2045 5.1, RFC 2183) --- */

/* Past white space and comments, which nest (RFC 5322 3.2.2). One that does not
 * end is none. */
static const char *blanks_skip(const char *s)
{
    const char *comment = s;
    int depth = 0;

    for (; *s; s++) {
        if (*s == '(') {
            comment = depth++ ? comment : s;
        } else if (*s == ')' && depth) {
            depth--;
        } else if (*s == '\\' && depth && s[1]) {
            s++;
        } else if (!depth && !g_ascii_isspace(*s)) {
            break;
        }
    }
    return depth ? comment : s;
}

/* What stands before the next character of `ends`, without quotes; a comment
 * begins after white space only, as names like `copy(1).pdf` go unquoted. */
static char *word_read(const char **at, const char *ends)
{
    GString *word = g_string_new(NULL);
    const char *s = blanks_skip(*at);
    bool quoted = false;

    for (; *s && (quoted || !strchr(ends, *s)); s++) {
        if (*s == '"') {
            quoted = !quoted;
        } else if (quoted && *s == '\\' && s[1]) {
            g_string_append_c(word, *++s);
        } else if (!quoted && g_ascii_isspace(*s)) {
            const char *next = blanks_skip(s);

            if (*next && !strchr(ends, *next))
                g_string_append_c(word, ' ');
            s = next - 1;
        } else {
            g_string_append_c(word, *s);
        }
    }
    *at = s;
    return g_string_free(word, FALSE);
}

/* Gives the head in lower case, and the parameters as NAME=VALUE. */
static char *structured_read(struct bytes value, GPtrArray *parameters)
{
    char *copy = g_strndup(value.s, value.n);
    const char *s = copy;
    char *head = g_strjoinv("", g_strsplit(word_read(&s, ";"), " ", -1));

    while (*s == ';') {
        char *name;

        s++;
        name = word_read(&s, "=;");
        if (*s == '=') {
            char *text;

            s++;
            text = word_read(&s, ";");
            g_ptr_array_add(parameters, g_strconcat(g_ascii_strdown(name, -1),
                                                    "=", text, NULL));
        } else if (*name) {
            g_ptr_array_add(parameters, name);
        }
    }
    return g_ascii_strdown(head, -1);
}

static int strings_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void parameters_print(const char *path, const char *word,
                             GPtrArray *parameters)
{
    g_ptr_array_sort(parameters, strings_compare);
    for (guint i = 0; i < parameters->len; i++)
        item_print(path, word, parameters->pdata[i]);
}

/* Takes the boundary of a multipart out of its parameters. */
static void boundary_take(struct entity *e)
{
    for (guint i = 0; !e->boundary && i < e->parameters->len; i++)
        if (g_str_has_prefix(e->parameters->pdata[i], "boundary="))
            e->boundary =
                (char *)g_ptr_array_remove_index(e->parameters, i) + 9;
}

static bool is_multipart(const struct entity *e)
{
    return g_str_has_prefix(e->type, "multipart/");
}

static void type_print(struct entity *e, const char *usual)
{
    struct bytes value = field_take(e, "content-type");

    e->type = value.s ? structured_read(value, e->parameters) : usual;
    if (is_multipart(e))
        boundary_take(e);
    g_string_append_printf(list, "%s type ", e->path);
    bytes_print((struct bytes){e->type, strlen(e->type)});
    if (!value.s)
        g_string_append_printf(list, "%s type is not said\n", e->path);
    parameters_print(e->path, "parameter", e->parameters);
}

static void disposition_print(struct entity *e)
{
    struct bytes value = field_take(e, "content-disposition");
    GPtrArray *parameters = g_ptr_array_new();

    if (!value.s)
        return;
    item_print(e->path, "disposition", structured_read(value, parameters));
    parameters_print(e->path, "disposition-parameter", parameters);
}

static void encoding_print(struct entity *e)
{
    struct bytes value = field_take(e, "content-transfer-encoding");

    e->encoding = value.s ? structured_read(value, g_ptr_array_new()) : "";
    if (value.s && !option.encodings_out)
        item_print(e->path, "encoding", e->encoding);
}

static void plain_print(struct entity *e, const char *name, const char *word)
{
    struct bytes value = field_take(e, name);

    if (value.s)
        item_print(e->path, word, bytes_trimmed(value));
}

/* --- content -------------------------------------------------------------- */

static const char *base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";

static const char *base64_digit(char c)
{
    return c ? strchr(base64_digits, c) : NULL;
}

/* Up to the padding; what is no base64 is skipped (RFC 2045 6.8). */
static GString *base64_decode(struct bytes body)
{
    GString *out = g_string_sized_new(body.n);
    unsigned bits = 0, count = 0;

    for (gsize i = 0; i < body.n && body.s[i] != '='; i++) {
        const char *digit = base64_digit(body.s[i]);

        if (!digit)
            continue;
        bits = bits << 6 | (unsigned)(digit - base64_digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            g_string_append_c(out, (char)(bits >> count & 255));
        }
    }
    return out;
}

/* One line: blanks at its end are none of the content (RFC 2045 6.7 (3)). */
static void quoted_line(struct bytes line, GString *out)
{
    bool ended = line.n && line.s[line.n - 1] == '\n';
    gsize n = ended ? line.n - 1 : line.n;

    while (n && (is_blank(line.s[n - 1]) || line.s[n - 1] == '\r'))
        n--;
    for (gsize i = 0; i < n; i++) {
        int high = i + 2 < n ? g_ascii_xdigit_value(line.s[i + 1]) : -1;
        int low = high >= 0 ? g_ascii_xdigit_value(line.s[i + 2]) : -1;

        if (line.s[i] == '=' && i + 1 == n)
            return;
        if (line.s[i] == '=' && low >= 0) {
            g_string_append_c(out, (char)(high << 4 | low));
            i += 2;
        } else {
            g_string_append_c(out, line.s[i]);
        }
    }
    if (ended)
        g_string_append_c(out, '\n');
}

static GString *quoted_decode(struct bytes body)
{
    GString *out = g_string_sized_new(body.n);
    struct bytes line;

    for (gsize at = 0; at < body.n; at += line.n) {
        line = line_at(body, at);
        quoted_line(line, out);
    }
    return out;
}

/* Nothing but base64 and white space, no more after the padding, and no digit
 * that is not enough for a byte. */
static bool base64_whole(struct bytes body)
{
    unsigned digits = 0;
    bool padded = false;

    for (gsize i = 0; i < body.n; i++) {
        char c = body.s[i];

        if (g_ascii_isspace(c))
            continue;
        if (c != '=' && (padded || !base64_digit(c)))
            return false;
        padded = c == '=';
        digits += !padded;
    }
    return digits % 4 != 1;
}

static struct bytes content_decode(const struct entity *e)
{
    struct bytes content = e->body;

    if (strcmp(e->encoding, "base64") == 0)
        content = bytes_of(base64_decode(e->body));
    else if (strcmp(e->encoding, "quoted-printable") == 0)
        content = bytes_of(quoted_decode(e->body));
    return g_str_has_prefix(e->type, "text/") ? bytes_of(lines_unix(content))
                                              : content;
}

static bool is_message(const struct entity *e)
{
    return strcmp(e->type, "message/rfc822") == 0 ||
           strcmp(e->type, "message/global") == 0;
}

static void broken_print(const struct entity *e, const char *reason)
{
    g_string_append_printf(list, "broken: ");
    sum_print(e->path, reason, e->body);
}

/* --- several parts (RFC 2046 5.1.1) --------------------------------------- */

/* 1 a boundary line, 2 the final one, 0 another line */
static int boundary_kind(struct bytes line, const char *boundary)
{
    gsize length = strlen(boundary);
    gsize i = length + 2;
    int kind = 1;

    if (line.n < i || memcmp(line.s, "--", 2) != 0 ||
        memcmp(line.s + 2, boundary, length) != 0)
        return 0;
    if (line.n >= i + 2 && memcmp(line.s + i, "--", 2) == 0) {
        kind = 2;
        i += 2;
    }
    while (i < line.n && g_ascii_isspace(line.s[i]))
        i++;
    return i == line.n ? kind : 0;
}

/* From `start` up to the line at `end`: the line end before a boundary belongs
 * to the boundary. */
static void part_end(struct parts *parts, struct bytes body, gsize start,
                     gsize end)
{
    struct bytes part = {body.s + start, end - start};

    if (part.n && end < body.n && part.s[part.n - 1] == '\n')
        part.n--;
    if (part.n && end < body.n && part.s[part.n - 1] == '\r')
        part.n--;
    if (parts->begun)
        g_array_append_val(parts->items, part);
    else
        parts->preamble = part;
}

static void parts_read(struct parts *parts, struct bytes body,
                       const char *boundary)
{
    gsize at = 0, start = 0;

    for (struct bytes line; at < body.n && !parts->ended; at += line.n) {
        int kind;

        line = line_at(body, at);
        kind = boundary_kind(line, boundary);
        if (!kind)
            continue;
        part_end(parts, body, start, at);
        start = at + line.n;
        parts->begun = true;
        parts->ended = kind == 2;
    }
    if (!parts->ended)
        part_end(parts, body, start, body.n);
    parts->epilogue = (struct bytes){body.s + at, body.n - at};
}

static void parts_print(const struct entity *e)
{
    struct parts parts = {.items =
                              g_array_new(FALSE, FALSE, sizeof(struct bytes))};
    bool digest = strcmp(e->type, "multipart/digest") == 0;

    parts_read(&parts, e->body, e->boundary);
    if (!parts.begun) {
        broken_print(e, "no boundary line");
        return;
    }
    g_string_append_printf(list, "%s parts %u%s\n", e->path, parts.items->len,
                           parts.ended ? "" : ", no final boundary");
    if (option.surroundings) {
        sum_print(e->path, "preamble", parts.preamble);
        sum_print(e->path, "epilogue", parts.epilogue);
    }
    for (guint i = 0; i < parts.items->len; i++)
        message_print(g_strdup_printf("%s.%u", e->path, i + 1), e->depth + 1,
                      g_array_index(parts.items, struct bytes, i),
                      digest ? "message/rfc822" : "text/plain");
}

/* --- all of it ------------------------------------------------------------ */

static void content_print(const struct entity *e)
{
    if (strcmp(e->encoding, "base64") == 0 && !base64_whole(e->body))
        broken_print(e, "base64 with other characters");
    sum_print(e->path, "content", content_decode(e));
}

static void body_print(const struct entity *e)
{
    bool coded = strcmp(e->encoding, "base64") == 0 ||
                 strcmp(e->encoding, "quoted-printable") == 0;

    if (e->depth >= DEPTH_MAX)
        broken_print(e, "nested too deep");
    else if (is_message(e))
        message_print(g_strconcat(e->path, ".1", NULL), e->depth + 1,
                      content_decode(e), "text/plain");
    else if (!is_multipart(e))
        content_print(e);
    else if (!e->boundary || !*e->boundary)
        broken_print(e, "no boundary parameter");
    else if (coded) /* which RFC 2045 6.4 forbids */
        broken_print(e, "encoded multipart");
    else
        parts_print(e);
}

static void wanted_write(const struct entity *e)
{
    struct bytes content;

    if (g_strcmp0(option.wanted, e->path) != 0)
        return;
    wanted_found = true;
    content = is_multipart(e) ? e->body : content_decode(e);
    fwrite(content.s, 1, content.n, stdout);
}

/* A message, or a part, which has the same form; `type` is its type when it
 * does not say one. */
static void message_print(const char *path, int depth, struct bytes message,
                          const char *type)
{
    struct entity e = {.path = path,
                       .depth = depth,
                       .fields = g_ptr_array_new(),
                       .parameters = g_ptr_array_new()};

    header_read(&e, message);
    type_print(&e, type);
    disposition_print(&e);
    plain_print(&e, "content-id", "id");
    plain_print(&e, "content-description", "description");
    encoding_print(&e);
    fields_print(&e);
    wanted_write(&e);
    body_print(&e);
}

/* 0, or 1 when the file cannot be read. */
static int file_print(const char *name)
{
    GError *error = NULL;
    struct bytes message;
    char *s;

    if (!g_file_get_contents(name, &s, &message.n, &error)) {
        fprintf(stderr, "mailparts: %s\n", error->message);
        g_error_free(error);
        return 1;
    }
    message.s = s;
    if (message.n) {
        struct bytes first = line_at(message, 0);

        if (first.n > 1 && memcmp(first.s + first.n - 2, "\r\n", 2) == 0)
            message = bytes_of(lines_unix(message));
    }
    g_string_truncate(list, 0);
    message_print("1", 0, message, "text/plain");
    if (!option.wanted)
        fwrite(list->str, 1, list->len, stdout);
    return 0;
}

static bool options_read(int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        {"encodings", 'e', 0, G_OPTION_ARG_NONE, &option.encodings_out, "", ""},
        {"surroundings", 'p', 0, G_OPTION_ARG_NONE, &option.surroundings, "",
         ""},
        {"without", 'x', 0, G_OPTION_ARG_STRING_ARRAY, &option.fields_out, "",
         ""},
        {"decode", 'd', 0, G_OPTION_ARG_STRING, &option.wanted, "", ""},
        {0}};
    GOptionContext *context = g_option_context_new(NULL);
    bool read;

    g_option_context_add_main_entries(context, entries, NULL);
    read = g_option_context_parse(context, argc, argv, NULL);
    g_option_context_free(context);
    return read && *argc > 1 && (!option.wanted || *argc == 2);
}

int main(int argc, char **argv)
{
    int status = 0;

    if (!options_read(&argc, &argv)) {
        fprintf(stderr, "usage: mailparts [-e] [-p] [-x NAME]... FILE... | "
                        "mailparts -d PATH FILE\n");
        return 64;
    }
    list = g_string_new(NULL);
    for (int i = 1; i < argc; i++) {
        if (argc > 2)
            printf("file: %s\n", argv[i]);
        status |= file_print(argv[i]);
    }
    if (option.wanted && !wanted_found && status == 0) {
        fprintf(stderr, "mailparts: no part %s\n", option.wanted);
        status = 1;
    }
    return status;
}
