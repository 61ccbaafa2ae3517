/* translog: the transmission log, a line for each TCP connection and for each
 * recipient's transmission. docs/log.md is its specification.
 *
 * Called by: router (events), tools (second chance writes, `log` reads).
 * Memory: a struct record borrows its strings.
 * Fails: translog_write() returns -1 with error[]; mail goes on.
 * The file is opened for each line, so it can be renamed at any time, and
 * each line is one write(2) to a file opened for appending, so lines of
 * several processes never mix.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_TRANSLOG_H
#define OUTRIDER_TRANSLOG_H

#include <stdint.h>

#include "option.h"
#include "reply.h"

enum record_kind { RECORD_CONNECTION, RECORD_TRANSMISSION };

struct record {
    enum record_kind kind;
    int64_t now;            /* milliseconds since the epoch */
    const char *message_id; /* "-" where there is none */
    const char *server;     /* key */
    const char *ip;         /* "" when not known */
    int port;               /* 0 when not known */
    const char *from, *to;  /* transmissions only */
    const char *result;     /* ok, defer or fail */
    enum error_class class; /* CLASS_NONE when ok */
    enum stage stage;
    int code;            /* SMTP code, 0 none */
    const int *enhanced; /* three numbers, or NULL */
    const char *action;  /* next, same, cancel; "" when ok */
    int attempt;         /* 1 the first; 0 not known */
    int64_t duration;    /* milliseconds, -1 not known */
    const char *text;    /* the reply or the error; "" none */
};

int translog_write(const struct settings *set, const struct record *r,
                   char *error, size_t size);
/* The line, without its end; in the format of the settings. */
void translog_format(const struct record *r, enum log_format format,
                     struct text *out);

/* Reading lines back, of either format. The fields in the order of the line;
 * names and values are the caller's to free with translog_fields_free(). */
struct field {
    char *name, *value;
};
struct fields {
    struct field *list;
    int count;
};
/* 0, or -1 for a line that is none of ours. */
int translog_parse(const char *line, struct fields *f);
void translog_fields_free(struct fields *f);
/* NULL when the record has no such field. */
const char *translog_field(const struct fields *f, const char *name);

#endif
