/* need: does a destination need this message in another form? See need.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "need.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "hint.h"
#include "mark.h"
#include "setup.h"
#include "spool.h"

#define BLOCK 65536
#define FIELD 400 /* bytes of a Content- field that are looked at */

/* ---- the header ---- */

static bool type_is(const char *type, const char *prefix)
{
    return strncasecmp(type, prefix, strlen(prefix)) == 0;
}

/* ---- the body ---- */

static bool names_archive(const char *field, size_t n)
{
    static const char *const words[] = {
        "zip",  "7z",       "zst",      "tar",
        "rar",  "lha",      "lzh",      "octet-stream",
        "bzip", "x-xz",     ".xz",      ".bz2",
        ".tgz", "x-packed", "compress", "x-original-digest"};
    char text[FIELD + 1];
    snprintf(text, sizeof text, "%.*s", (int)n, field);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

/* A field that begins in one block may end in the next: some of each block is
 * looked at twice. */
static bool body_names_archive(int fd)
{
    static const char begin[] = "\nContent-";
    char buffer[BLOCK + FIELD];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, buffer, sizeof buffer, at)) > 0;
         at += BLOCK) {
        const char *p = buffer, *end = buffer + n;
        while (p < end &&
               (p = memmem(p, (size_t)(end - p), begin, sizeof begin - 1))) {
            size_t left = (size_t)(end - p);
            if (names_archive(p, left < FIELD ? left : FIELD))
                return true;
            p += sizeof begin - 1;
        }
    }
    return false;
}

/* Asked once for each recipient, and the same for all of them. */
static bool body_holds_archive(const struct need *n)
{
    static char id[SPOOL_ID_MAX];
    static bool holds;
    struct text path = {0};
    if (strcmp(id, n->id) == 0)
        return holds;
    snprintf(id, sizeof id, "%s", n->id);
    holds = true;
    if (spool_find_on(n->settings->spool, n->queue, n->id, &path) == 1) {
        text_addf(&path, "/%s-D", n->id);
        int fd = spool_descriptor(path.s);
        holds = fd == -1 || body_names_archive(fd);
    }
    text_free(&path);
    return holds;
}

static bool holds_archive(const struct need *n, const char *type)
{
    if (names_archive(type, strlen(type) < FIELD ? strlen(type) : FIELD))
        return true;
    return (type_is(type, "multipart/") || type_is(type, "message/")) &&
           body_holds_archive(n);
}

/* ---- the questions ---- */

static bool too_large(const struct need *n)
{
    return n->row->size != ENVIRONMENT_NO_LIMIT &&
           n->wire > n->row->size - n->settings->adapt_margin;
}

bool need_send(const struct need *n)
{
    const struct environment *row = n->row;
    if (too_large(n))
        return true;
    if (row->encrypt == CIPHER_NONE && row->decrypt == CIPHER_NONE &&
        !(row->said & SAID_COMPRESS))
        return false;
    char *type = setup_variable("$h_content-type:");
    enum hint_secrecy secrecy = hint_secrecy(type);
    bool needs = (row->encrypt != CIPHER_NONE && secrecy != HINT_ENCRYPTED) ||
                 (row->decrypt != CIPHER_NONE && secrecy != HINT_CLEAR) ||
                 (row->said & SAID_COMPRESS && holds_archive(n, type));
    free(type);
    return needs;
}

bool need_join(const struct need *n)
{
    const struct environment *row = n->row;
    if (!(row->said & SAID_JOIN) || mark_has(n->mark, MARK_JOINED))
        return false;
    char *type = setup_variable("$h_content-type:");
    char *subject = setup_variable("$h_subject:");
    int number, total;
    bool needs = (type_is(type, "message/partial") &&
                  !environment_joins(row, JOINING_PARTIAL)) ||
                 (type_is(type, "multipart/") &&
                  hint_numbered(subject, &number, &total) == 1 &&
                  !environment_joins(row, JOINING_FILES));
    free(type);
    free(subject);
    return needs;
}
