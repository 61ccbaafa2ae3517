/* book: changes one address book. See book.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "book.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "rewrite.h"
#include "say.h"

#define BOOK_MAX (64 * 1024 * 1024)
#define FOLDER_DEPTH 4

/* What is done with each file of a book. */
struct visit {
    const struct format *format;
    const struct changes *changes;
    struct entries *entries;
    bool dry;
    int edits;
    int (*file)(struct visit *v, const char *path);
};

static void note_say(const char *path, const struct note *n, bool dry)
{
    const char *old = n->change->old, *new = n->change->new;
    const char *would = dry ? "would be " : "";
    if (n->kind == NOTE_CHANGED)
        say("%s: %s: %s %schanged to %s", path, n->entry, old, would, new);
    else if (n->kind == NOTE_REMOVED)
        say("%s: %s: %s %sremoved, %s is there", path, n->entry, old, would,
            new);
    else
        say("%s: %s: left alone, it was changed after %s had become %s", path,
            n->entry, old, new);
}

static void notes_say(const char *path, const struct notes *notes, bool dry,
                      const char *backup)
{
    for (int i = 0; i < notes->count; i++)
        note_say(path, &notes->list[i], dry);
    if (backup)
        say("%s: as it was: %s", path, backup);
}

/* All changes, one after the other; *out is the last one's. */
static void text_edit(const struct visit *v, const struct text *in,
                      struct text *out, struct notes *notes)
{
    text_addn(out, text_str(in), in->len);
    for (int i = 0; i < v->changes->count; i++) {
        struct text next = {0};
        v->format->edit(out->s, out->len, &v->changes->list[i], &next, notes);
        text_free(out);
        *out = next;
    }
}

static int text_update(struct visit *v, const char *path)
{
    char error[600], *backup = NULL;
    struct source s;
    struct text with = {0};
    struct notes notes = {0};
    int code = 0, rc = source_read(&s, path, BOOK_MAX, error, sizeof error);
    if (rc == 1) {
        text_edit(v, &s.text, &with, &notes);
        if (notes.edits > 0 && !v->dry)
            rc = rewrite(&s, &with, &backup, error, sizeof error);
        if (rc == 1) {
            notes_say(path, &notes, v->dry, backup);
            v->edits += notes.edits;
        } else {
            code = say_error(rc == 0 ? EX_TEMPFAIL : EX_CANTCREAT, "%s", error);
        }
    } else if (rc == -1) {
        code = say_error(EX_NOINPUT, "%s", error);
    }
    free(backup);
    notes_free(&notes);
    text_free(&with);
    source_free(&s);
    return code;
}

static int other_update(struct visit *v, const char *path)
{
    char error[600], *backup = NULL;
    struct notes notes = {0};
    int code = 0, rc = v->format->change(path, v->changes, v->dry, &notes,
                                         &backup, error, sizeof error);
    if (rc == 1) {
        notes_say(path, &notes, v->dry, backup);
        v->edits += notes.edits;
    } else {
        code = say_error(rc == 0 ? EX_TEMPFAIL : EX_CANTCREAT, "%s", error);
    }
    free(backup);
    notes_free(&notes);
    return code;
}

static int file_update(struct visit *v, const char *path)
{
    return v->format->edit ? text_update(v, path) : other_update(v, path);
}

static int file_list(struct visit *v, const char *path)
{
    char error[600];
    struct source s = {0};
    int rc = 1, code = 0;
    if (v->format->read) {
        rc = source_read(&s, path, BOOK_MAX, error, sizeof error);
        if (rc == 1)
            v->format->read(text_str(&s.text), s.text.len, v->entries);
        source_free(&s);
    } else {
        rc = v->format->list(path, v->entries, error, sizeof error);
        if (rc == 0)
            code = say_error(EX_TEMPFAIL, "%s", error);
    }
    return rc == -1 ? say_error(EX_NOINPUT, "%s", error) : code;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n > m && text_same(s + n - m, suffix);
}

static int visit(struct visit *v, const char *path, int depth);

/* What begins with a dot is another program's, or half written. */
static int folder_visit(struct visit *v, const char *path, int depth)
{
    struct dirent **list;
    int code = 0, count = scandir(path, &list, NULL, alphasort);
    if (count == -1)
        return say_error(EX_NOINPUT, "%s: cannot be read", path);
    for (int i = 0; i < count; i++) {
        char *below = text_format("%s/%s", path, list[i]->d_name);
        if (list[i]->d_name[0] != '.' &&
            (ends_with(below, v->format->suffix) || is_folder(below)))
            code_add(&code, visit(v, below, depth + 1));
        free(below);
        free(list[i]);
    }
    free(list);
    return code;
}

static int visit(struct visit *v, const char *path, int depth)
{
    if (!is_folder(path))
        return v->file(v, path);
    if (!v->format->suffix)
        return say_error(EX_NOINPUT, "%s: a folder, no file", path);
    return depth < FOLDER_DEPTH ? folder_visit(v, path, depth) : 0;
}

int book_update(const struct book *b, const struct changes *changes, bool dry,
                int *edits)
{
    struct visit v = {.format = b->format,
                      .changes = changes,
                      .dry = dry,
                      .file = file_update};
    int code = visit(&v, b->path, 0);
    *edits += v.edits;
    return code;
}

int book_read(const struct book *b, struct entries *out)
{
    struct visit v = {.format = b->format, .entries = out, .file = file_list};
    return visit(&v, b->path, 0);
}
