/* places: where a user's address books usually are. See places.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "file.h"
#include "view.h"

#define HEAD_BYTES (256 * 1024)
#define HINT_MAX (1024 * 1024)

static const char *home(void)
{
    const char *dir = getenv("HOME");
    const struct passwd *pw = dir && *dir ? NULL : getpwuid(getuid());
    return pw ? pw->pw_dir : dir ? dir : "";
}

char *place_expand(const char *path)
{
    if (strncmp(path, "~/", 2) == 0)
        return text_format("%s/%s", home(), path + 2);
    if (strncmp(path, "$HOME/", 6) == 0)
        return text_format("%s/%s", home(), path + 6);
    return text_copy(path);
}

/* The beginning of a file; its end may be missing. */
static bool head_read(const char *path, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *buffer = text_alloc(HEAD_BYTES);
    ssize_t n = fd == -1 ? -1 : read(fd, buffer, HEAD_BYTES);
    if (n > 0)
        text_addn(out, buffer, (size_t)n);
    if (fd != -1)
        close(fd);
    free(buffer);
    return n >= 0;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* How sure it is that `path` is a book of this format. */
static int fits(const struct format *format, const char *path)
{
    struct text head = {0};
    if (is_folder(path))
        return format->suffix ? 1 : 0;
    int sure =
        head_read(path, &head) ? format->detect(text_str(&head), head.len) : 0;
    text_free(&head);
    return sure;
}

static const struct format *detect(const char *path)
{
    const struct format *best = NULL;
    int most = 0;
    for (const struct format *f = NULL; (f = format_next(f));) {
        int sure = fits(f, path);
        if (sure > most) {
            most = sure;
            best = f;
        }
    }
    return best;
}

/* A book that is there already, under whatever name, is one. */
static void book_add(struct books *b, const struct format *format,
                     const char *path)
{
    struct stat here, there;
    for (int i = 0; i < b->count; i++)
        if (stat(b->list[i].path, &there) == 0 && stat(path, &here) == 0 &&
            here.st_ino == there.st_ino && here.st_dev == there.st_dev)
            return;
    b->list = array_room(b->list, b->count, sizeof *b->list);
    b->list[b->count++] =
        (struct book){.format = format, .path = text_copy(path)};
}

int books_add(struct books *b, const char *spec, char *error, size_t size)
{
    const char *colon = strchr(spec, ':');
    char *name = text_format("%.*s", colon ? (int)(colon - spec) : 0, spec);
    const struct format *format = format_find(name);
    char *path = place_expand(colon && format ? colon + 1 : spec);
    int rc = 0;
    if (access(path, R_OK) == -1)
        rc = text_error(error, size, "%s: %s", path, strerror(errno));
    else if (format || (format = detect(path)))
        book_add(b, format, path);
    else
        rc = text_error(error, size,
                        "%s: no address book that is known here; if it is one, "
                        "say which: FORMAT:PATH",
                        path);
    free(path);
    free(name);
    return rc;
}

static void pattern_find(struct books *b, const struct format *format,
                         const char *pattern)
{
    char *path = place_expand(pattern);
    glob_t found = {0};
    if (glob(path, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (fits(format, found.gl_pathv[i]))
                book_add(b, format, found.gl_pathv[i]);
    globfree(&found);
    free(path);
}

/* "set alias_file = ~/x", "path=~/x", with quotes or not; NULL: another line.
 */
static char *hint_value(char *line, const char *key)
{
    char *s = text_trim(line);
    if (strncmp(s, "set ", 4) == 0)
        s = text_trim(s + 4);
    size_t n = strlen(key);
    if (strncmp(s, key, n) != 0)
        return NULL;
    s = text_trim(s + n);
    if (*s != '=')
        return NULL;
    s = text_trim(s + 1);
    char quote = *s == '"' || *s == '\'' ? *s : 0;
    s += quote != 0;
    s[quote ? strcspn(s, (char[]){quote, 0}) : strcspn(s, "#;")] = 0;
    return text_trim(s);
}

static void hint_find(struct books *b, const struct format *format,
                      const struct hint *hint)
{
    char error[120], *file = place_expand(hint->file);
    struct text text = {0};
    if (file_read(file, HINT_MAX, &text, error, sizeof error) == 1)
        for (size_t at = 0, next; at < text.len; at = next) {
            size_t end = line_end(text.s, text.len, at, &next);
            char *line = text_format("%.*s", (int)(end - at), text.s + at);
            const char *value = hint_value(line, hint->key);
            if (value && *value)
                pattern_find(b, format, value);
            free(line);
        }
    text_free(&text);
    free(file);
}

void books_find(struct books *b)
{
    for (const struct format *f = NULL; (f = format_next(f));) {
        for (int i = 0; f->places[i]; i++)
            pattern_find(b, f, f->places[i]);
        for (int i = 0; f->hints && f->hints[i].file; i++)
            hint_find(b, f, &f->hints[i]);
    }
}

void books_drop(struct books *b, int at)
{
    free(b->list[at].path);
    b->count--;
    for (int i = at; i < b->count; i++)
        b->list[i] = b->list[i + 1];
}

void books_free(struct books *b)
{
    for (int i = 0; i < b->count; i++)
        free(b->list[i].path);
    free(b->list);
    *b = (struct books){0};
}
