/* need: does a destination need this message in another form? See need.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "need.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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

static bool encrypted(const char *type)
{
    return type_is(type, "multipart/encrypted") ||
           ((type_is(type, "application/pkcs7-mime") ||
             type_is(type, "application/x-pkcs7-mime")) &&
            !strcasestr(type, "signed-data"));
}

/* "(2/5)", as a subject of numbered pieces has it. */
static bool numbered(const char *subject)
{
    for (const char *p = subject; (p = strpbrk(p, "([")); p++) {
        int n, total;
        if (sscanf(p + 1, "%5d/%5d", &n, &total) == 2 ||
            sscanf(p + 1, "%5d of %5d", &n, &total) == 2)
            return true;
    }
    return false;
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

static bool holds_archive(const struct need *n, const char *type)
{
    struct text path = {0};
    if (names_archive(type, strlen(type) < FIELD ? strlen(type) : FIELD))
        return true;
    if (!type_is(type, "multipart/") && !type_is(type, "message/"))
        return false;
    if (spool_find_on(n->settings->spool, n->queue, n->id, &path) != 1) {
        text_free(&path);
        return false;
    }
    text_addf(&path, "/%s-D", n->id);
    int fd = open(path.s, O_RDONLY | O_CLOEXEC);
    bool holds = fd != -1 && body_names_archive(fd);
    if (fd != -1)
        close(fd);
    text_free(&path);
    return holds;
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
    bool needs = (row->encrypt != CIPHER_NONE && !encrypted(type)) ||
                 (row->decrypt != CIPHER_NONE && encrypted(type)) ||
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
    bool needs = (type_is(type, "message/partial") &&
                  !environment_joins(row, JOINING_PARTIAL)) ||
                 (type_is(type, "multipart/") && numbered(subject) &&
                  !environment_joins(row, JOINING_FILES));
    free(type);
    free(subject);
    return needs;
}

/* ---- words ---- */

static int64_t unit_of(const char *p)
{
    p += strspn(p, " ");
    bool bytes = tolower((unsigned char)p[0]) == 'b';
    bool word = *p && (bytes || tolower((unsigned char)p[1]) == 'b' ||
                       tolower((unsigned char)p[1]) == 'i' ||
                       !isalpha((unsigned char)p[1]));
    switch (word ? tolower((unsigned char)*p) : 0) {
    case 'k':
        return 1024;
    case 'm':
        return 1024 * 1024;
    case 'g':
        return 1024 * 1024 * 1024;
    default:
        return 1;
    }
}

int64_t need_limit(const char *words, int64_t wire)
{
    int64_t best = 0;
    for (const char *p = words; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        char *end;
        long long n = strtoll(p, &end, 10);
        /* 5.3.4 and the like are no sizes. */
        if (*end != '.' && n < (1LL << 40)) {
            int64_t bytes = n * unit_of(end);
            if (bytes >= ENVIRONMENT_SIZE_MIN && bytes < wire && bytes > best)
                best = bytes;
        }
        p = end;
    }
    return best;
}
