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

static bool names_archive(const char *text)
{
    static const char *const words[] = {
        "zip",  "7z",       "zst",      "tar",
        "rar",  "lha",      "lzh",      "octet-stream",
        "bzip", "x-xz",     ".xz",      ".bz2",
        ".tgz", "x-packed", "compress", "x-original-digest"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

static bool begins(const char *line, size_t left, const char *name)
{
    size_t n = strlen(name);
    return left > n && strncasecmp(line, name, n) == 0;
}

/* Does a field begin here, in `left` bytes or fewer, that speaks of an archive;
 * or, with `own`, of one that adapt has made? */
static bool line_names_archive(const char *line, size_t left, bool own)
{
    char text[FIELD + 1];
    size_t n;
    if (own && begins(line, left, "X-Original-Digest:"))
        return true;
    if (!begins(line, left, "Content-"))
        return false;
    snprintf(text, sizeof text, "%.*s", (int)(left < FIELD ? left : FIELD),
             line);
    /* The field alone (RFC 5322 2.2.3): base64 behind it says anything. */
    for (n = strcspn(text, "\n"); text[n] && strchr(" \t", text[n + 1]);)
        n += 1 + strcspn(text + n + 1, "\n");
    text[n] = 0;
    return own ? strcasestr(text, "x-packed=message") != NULL
               : names_archive(text);
}

/* A field that begins in one block may end in the next: some of each block is
 * looked at twice. */
static bool body_names_archive(int fd, bool own)
{
    char buffer[BLOCK + FIELD];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, buffer, sizeof buffer, at)) > 0;
         at += BLOCK) {
        const char *p = buffer, *end = buffer + n;
        while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
            p++;
            if (line_names_archive(p, (size_t)(end - p), own))
                return true;
        }
    }
    return false;
}

/* Asked for each recipient, and the same for all of them. */
static bool body_holds_archive(const struct need *n, bool own)
{
    static char ids[2][SPOOL_ID_MAX];
    static bool held[2];
    struct text path = {0};
    if (strcmp(ids[own], n->id) == 0)
        return held[own];
    snprintf(ids[own], sizeof ids[own], "%s", n->id);
    held[own] = true;
    if (spool_find_on(n->settings->spool, n->queue, n->id, &path) == 1) {
        text_addf(&path, "/%s-D", n->id);
        int fd = spool_descriptor(path.s);
        held[own] = fd == -1 || body_names_archive(fd, own);
    }
    text_free(&path);
    return held[own];
}

static bool header_names_archive(const char *type, bool own)
{
    if (!own)
        return names_archive(type);
    char *digest = setup_variable("$h_x-original-digest:");
    bool names = *digest;
    free(digest);
    return names;
}

static bool holds_archive(const struct need *n, const char *type)
{
    bool own = !(n->row->said & SAID_COMPRESS);
    return header_names_archive(type, own) ||
           ((type_is(type, "multipart/") || type_is(type, "message/")) &&
            body_holds_archive(n, own));
}

/* ---- the questions ---- */

static bool too_large(const struct need *n)
{
    int64_t limit = environment_limit(n->row, n->settings->adapt_margin);
    return limit != ENVIRONMENT_NO_LIMIT && n->wire > limit;
}

bool need_seal(const struct need *n)
{
    if (n->row->encrypt == CIPHER_NONE || mark_has(n->mark, MARK_SEALED))
        return false;
    char *type = setup_variable("$h_content-type:");
    bool needs = hint_secrecy(type) != HINT_ENCRYPTED;
    free(type);
    return needs;
}

bool need_send(const struct need *n)
{
    const struct environment *row = n->row;
    if (too_large(n))
        return true;
    if (row->encrypt == CIPHER_NONE && row->decrypt == CIPHER_NONE &&
        !environment_expands(row))
        return false;
    if (need_seal(n))
        return true;
    char *type = setup_variable("$h_content-type:");
    enum hint_secrecy secrecy = hint_secrecy(type);
    bool needs = (row->decrypt != CIPHER_NONE && secrecy != HINT_CLEAR) ||
                 (environment_expands(row) && holds_archive(n, type));
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
