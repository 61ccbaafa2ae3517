/* translog: the transmission log. See translog.h and docs/log.md.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "translog.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define TEXT_LOGGED 300 /* bytes of a server's words */

/* One line takes form in the writer's hands: the same calls for both
 * formats. */
struct writer {
    enum log_format format;
    struct text *out;
};

static bool plain(const char *s)
{
    if (!*s)
        return false;
    for (size_t n; *s; s += n) {
        n = text_utf8(s);
        if (n == 0 || (unsigned char)*s <= ' ' || *s == 127 ||
            strchr("\"\\=", *s))
            return false;
    }
    return true;
}

/* A quoted string as JSON has it (RFC 8259 7): both formats use it. A byte
 * that is no UTF-8 is written as the Latin-1 character it would be. */
static void add_quoted(struct text *out, const char *s)
{
    text_add(out, "\"");
    while (*s) {
        unsigned char ch = (unsigned char)*s;
        size_t n = text_utf8(s);
        if (ch == '"' || ch == '\\')
            text_addf(out, "\\%c", ch);
        else if (ch < ' ' || ch == 127 || n == 0)
            text_addf(out, "\\u%04x", ch);
        else
            text_addn(out, s, n);
        s += n ? n : 1;
    }
    text_add(out, "\"");
}

static void add_field(struct writer *w, const char *name, const char *value)
{
    if (w->format == LOG_JSON) {
        text_addf(w->out, ",\"%s\":", name);
        add_quoted(w->out, value);
        return;
    }
    text_addf(w->out, " %s=", name);
    if (plain(value))
        text_add(w->out, value);
    else
        add_quoted(w->out, value);
}

static void add_optional(struct writer *w, const char *name, const char *value)
{
    if (value && *value)
        add_field(w, name, value);
}

static void add_number(struct writer *w, const char *name, int n)
{
    char value[32];
    snprintf(value, sizeof value, "%d", n);
    if (n > 0)
        add_field(w, name, value);
}

static void add_duration(struct writer *w, int64_t ms)
{
    char value[40];
    if (ms < 0)
        return;
    snprintf(value, sizeof value, "%" PRId64 ".%03" PRId64, ms / 1000,
             ms % 1000);
    add_field(w, "dt", value);
}

static void add_enhanced(struct writer *w, const int *e)
{
    char value[48];
    if (!e || e[0] == 0)
        return;
    snprintf(value, sizeof value, "%d.%d.%d", e[0], e[1], e[2]);
    add_field(w, "enhanced", value);
}

static void add_text(struct writer *w, const char *s)
{
    struct text t = {0};
    size_t n = s ? strlen(s) : 0;
    while (n > TEXT_LOGGED || (n > 0 && (s[n] & 0xC0) == 0x80))
        n--; /* not in the middle of a UTF-8 character */
    if (n > 0) {
        text_addn(&t, s, n);
        add_field(w, "text", t.s);
    }
    text_free(&t);
}

static void add_start(struct writer *w, const struct record *r)
{
    char stamp[40];
    const char *kind = r->kind == RECORD_CONNECTION ? "conn" : "smtp";
    clock_stamp(r->now, stamp, sizeof stamp);
    if (w->format == LOG_JSON) {
        text_add(w->out, "{\"time\":");
        add_quoted(w->out, stamp);
        add_field(w, "id", r->message_id);
        add_field(w, "kind", kind);
    } else
        text_addf(w->out, "%s %s %s", stamp, r->message_id, kind);
}

void translog_format(const struct record *r, enum log_format format,
                     struct text *out)
{
    struct writer w = {format, out};
    add_start(&w, r);
    add_field(&w, "server", r->server);
    add_optional(&w, "ip", r->ip);
    add_number(&w, "port", r->port);
    if (r->kind == RECORD_TRANSMISSION) {
        add_field(&w, "from", r->from);
        add_field(&w, "to", r->to);
    }
    add_field(&w, "result", r->result);
    if (r->class != CLASS_NONE) {
        add_field(&w, "class", class_name(r->class));
        add_field(&w, "stage", stage_name(r->stage));
    }
    add_number(&w, "code", r->code);
    add_enhanced(&w, r->enhanced);
    add_optional(&w, "action", r->action);
    add_number(&w, "attempt", r->attempt);
    add_duration(&w, r->duration);
    add_text(&w, r->text);
    if (format == LOG_JSON)
        text_add(out, "}");
}

/* A log made by root must stay writable by the exim user, as Exim's own
 * are. */
static int log_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd != -1 || errno != ENOENT)
        return fd;
    fd = open(path,
              O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              FILE_MODE);
    if (fd == -1 && errno == EEXIST)
        return log_open(path); /* another process was quicker */
    if (fd == -1 || geteuid() != 0)
        return fd;
    struct stat st;
    char *directory = text_copy(path);
    *strrchr(directory, '/') = 0;
    if (stat(*directory ? directory : "/", &st) == 0 &&
        fchown(fd, st.st_uid, st.st_gid) == -1)
        st.st_size = 0; /* then only root can write: the next one says so */
    free(directory);
    return fd;
}

static int file_write(const char *path, const struct text *line, char *error,
                      size_t size)
{
    if (!*path)
        return 0;
    int fd = log_open(path);
    if (fd == -1)
        return text_error(error, size, "%s: %s", path, strerror(errno));
    ssize_t n = write(fd, line->s, line->len);
    int rc = n == (ssize_t)line->len
                 ? 0
                 : text_error(error, size, "%s: %s", path,
                              n == -1 ? strerror(errno) : "short write");
    close(fd);
    return rc;
}

int translog_write(const struct settings *set, const struct record *r,
                   char *error, size_t size)
{
    struct text line = {0};
    translog_format(r, set->log_format, &line);
    if (set->log_syslog != -1)
        syslog(set->log_syslog | LOG_INFO, "outrider: %s", line.s);
    text_add(&line, "\n");
    int rc = file_write(set->log, &line, error, size);
    text_free(&line);
    return rc;
}

static void field_add(struct fields *f, const char *name, size_t n,
                      const char *value)
{
    f->list = text_grow(f->list, f->count, sizeof *f->list);
    f->list[f->count].name = strndup(name, n);
    f->list[f->count++].value = text_copy(value);
}

static int hex4(const char *s)
{
    char digits[5] = {0};
    for (int i = 0; i < 4; i++)
        if (!isxdigit((unsigned char)(digits[i] = s[i])))
            return -1;
    return (int)strtol(digits, NULL, 16);
}

/* From the opening quote; returns what follows the closing one, or NULL. */
static const char *quoted_parse(const char *p, struct text *value)
{
    for (p++; *p && *p != '"'; p++) {
        if (*p != '\\') {
            text_addn(value, p, 1);
        } else if (p[1] == 'u') {
            int ch = hex4(p + 2);
            if (ch < 0 || ch > 255)
                return NULL; /* we write no others */
            if (ch > 127)
                text_addf(value, "%c%c", 0xc0 | ch >> 6, 0x80 | (ch & 0x3f));
            else
                text_addf(value, "%c", ch);
            p += 5;
        } else if (p[1]) {
            text_addn(value, ++p, 1);
        }
    }
    return *p == '"' ? p + 1 : NULL;
}

static const char *value_parse(const char *p, struct text *value)
{
    text_cut(value, 0);
    text_add(value, "");
    if (*p == '"')
        return quoted_parse(p, value);
    size_t n = strcspn(p, " \n");
    text_addn(value, p, n);
    return p + n;
}

static int keyvalue_parse(const char *p, struct fields *f)
{
    struct text value = {0};
    while (p && *p == ' ') {
        p++;
        size_t n = strcspn(p, "= \n");
        const char *name = p;
        p = p[n] == '=' ? value_parse(p + n + 1, &value) : NULL;
        if (p)
            field_add(f, name, n, text_str(&value));
    }
    text_free(&value);
    return p && (*p == 0 || *p == '\n') ? 0 : -1;
}

static int json_parse(const char *p, struct fields *f)
{
    struct text name = {0}, value = {0};
    while (p && (*p == '{' || *p == ',') && p[1] == '"') {
        p = value_parse(p + 1, &name);
        p = p && p[0] == ':' && p[1] == '"' ? value_parse(p + 1, &value) : NULL;
        if (p)
            field_add(f, name.s, name.len, text_str(&value));
    }
    text_free(&name);
    text_free(&value);
    return p && *p == '}' ? 0 : -1;
}

/* "2026-11-21 18:00:00 ID KIND", then the fields. */
static int start_parse(const char **line, struct fields *f)
{
    char date[11], clock[9], id[40], kind[8], stamp[24];
    int n = 0;
    if (sscanf(*line, "%10s %8s %39s %7s%n", date, clock, id, kind, &n) != 4)
        return -1;
    snprintf(stamp, sizeof stamp, "%s %s", date, clock);
    field_add(f, "time", 4, stamp);
    field_add(f, "id", 2, id);
    field_add(f, "kind", 4, kind);
    *line += n;
    return 0;
}

int translog_parse(const char *line, struct fields *f)
{
    *f = (struct fields){0};
    int rc = -1;
    if (*line == '{')
        rc = json_parse(line, f);
    else if (start_parse(&line, f) == 0)
        rc = keyvalue_parse(line, f);
    if (rc == -1)
        translog_fields_free(f);
    return rc;
}

void translog_fields_free(struct fields *f)
{
    for (int i = 0; i < f->count; i++) {
        free(f->list[i].name);
        free(f->list[i].value);
    }
    free(f->list);
    *f = (struct fields){0};
}

const char *translog_field(const struct fields *f, const char *name)
{
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->list[i].name, name) == 0)
            return f->list[i].value;
    return NULL;
}
