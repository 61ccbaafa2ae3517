/* apply: addresses replaced in alias files, lists of members and .forward
 * files. See apply.h.
 *
 * Each line is read by itself, as a change never adds or removes one: what is
 * broken in a line stays there, and a line of the old text is one of the new.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "apply.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file.h"

#define CONTEXT 3 /* lines around a change in a diff */
#define XATTR_MAX 65536

/* A cursor over lines; a line has its end, if there is one. */
struct lines {
    const char *s;
    size_t len, at;
};

static size_t line_len(const struct lines *l)
{
    size_t left = l->len - l->at;
    const char *nl = left > 0 ? memchr(l->s + l->at, '\n', left) : NULL;
    return nl ? (size_t)(nl + 1 - l->s) - l->at : left;
}

/* ------------------------------------------------------------------ text -- */

struct reading {
    struct apply apply;
    struct text *out;
    bool aliases;
    bool deaf; /* until the next alias nothing is an address */
    int changed;
};

static bool is_blank(char ch)
{
    return isspace((unsigned char)ch);
}

/* As Exim compares the first line of a .forward; `tag` is in lower case. */
static bool has_tag(const char *s, const char *end, const char *tag)
{
    for (; *tag; tag++) {
        if (*tag == ' ')
            while (s < end && (*s == ' ' || *s == '\t'))
                s++;
        else if (s == end || tolower((unsigned char)*s++) != *tag)
            return false;
    }
    return true;
}

static bool is_filter(const char *in, size_t len)
{
    size_t at = 0;
    while (at < len && is_blank(in[at]))
        at++;
    return at < len && (has_tag(in + at, in + len, "# exim filter") ||
                        has_tag(in + at, in + len, "# sieve filter"));
}

/* Behind the name of an alias, white space and colon, as Exim's lsearch has
 * it: a name may stand in quotes, and the colon may be missing. */
static size_t name_end(const char *s, size_t len, bool *colon)
{
    size_t at = 0;
    if (len > 0 && s[0] == '"') {
        for (at = 1; at < len && s[at] != '"'; at++)
            at += s[at] == '\\';
        at++;
    }
    while (at < len && s[at] != ':' && !is_blank(s[at]))
        at++;
    while (at < len && is_blank(s[at]))
        at++;
    *colon = at > 0 && at < len && s[at] == ':';
    return *colon ? at + 1 : at < len ? at : len;
}

static bool is_aliases(const char *in, size_t len)
{
    for (struct lines l = {in, len, 0}; l.at < len; l.at += line_len(&l)) {
        const char *line = in + l.at;
        bool colon;
        if (*line == '#' || is_blank(*line))
            continue;
        name_end(line, line_len(&l), &colon);
        return colon && !strchr("|/\\<", *line);
    }
    return false;
}

/* An item ends at a comma or, if it is an address, at a comment. Neither counts
 * in angle brackets, nor in what is a token as a whole. */
static size_t item_end(const char *s, size_t at, size_t len, bool special)
{
    bool angle = false;
    for (; at < len; at = mailbox_skip(s, len, at)) {
        if (s[at] == '<' || s[at] == '>')
            angle = s[at] == '<';
        else if (!angle && (s[at] == ',' ||
                            (!special && s[at] == '#' && is_blank(s[at - 1]))))
            return at;
    }
    return len;
}

/* A pipe, a file, :include: and the like, a user's name after a backslash; or
 * the first three in quotes. NULL, or where it begins. */
static const char *special_at(const char *s, size_t len)
{
    if (strchr("|/:\\", *s))
        return *s ? s : NULL;
    while (len > 0 && is_blank(s[len - 1]))
        len--;
    if (*s != '"' || len < 3 || s[len - 1] != '"')
        return NULL;
    for (size_t i = 1; i < len - 1; i++)
        if (!is_blank(s[i]))
            return s[i] && strchr("|/:", s[i]) ? s + i : NULL;
    return NULL;
}

/* What follows these is a text for the sender. */
static bool is_last(const char *s, size_t len)
{
    static const char *const names[] = {":fail:", ":defer:", ":blackhole:"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (len >= strlen(names[i]) && !strncmp(s, names[i], strlen(names[i])))
            return true;
    return false;
}

/* A new address that a mailer could take for a program, a file or a comment is
 * not used: whoever registers one must not get more than mail. */
static char *new_safe(const char *address, void *context)
{
    const struct apply *a = context;
    char *new = a->new_of(address, a->context);
    if (!new || !strchr("|/:\\#", new[strspn(new, "\" \t")]))
        return new;
    free(new);
    return NULL;
}

/* Addresses, commas between them, in one line. */
static void items_apply(struct reading *r, const char *s, size_t len)
{
    size_t done = 0;
    for (size_t at = 0, end; at < len && !r->deaf && s[at] != '#'; at = end) {
        end = at + 1;
        if (is_blank(s[at]) || s[at] == ',')
            continue;
        end = item_end(s, at, len, false);
        const char *special = special_at(s + at, end - at);
        if (special) {
            end = item_end(s, at, len, true);
            r->deaf = is_last(special, (size_t)(s + end - special));
            continue;
        }
        text_addn(r->out, s + done, at - done);
        r->changed +=
            mailbox_rewrite(s + at, end - at, new_safe, &r->apply, r->out);
        done = end;
    }
    text_addn(r->out, s + done, len - done);
}

static void line_apply(struct reading *r, const char *s, size_t len)
{
    size_t from = 0;
    bool colon;
    if (r->aliases && *s != '#' && !is_blank(*s)) {
        from = name_end(s, len, &colon);
        r->deaf = false;
    }
    text_addn(r->out, s, from);
    items_apply(r, s + from, len - from);
}

int apply_text(const struct apply *a, const char *in, size_t len,
               struct text *out, char *error, size_t size)
{
    struct reading r = {.apply = *a, .out = out};
    if (is_filter(in, len))
        return text_error(error, size,
                          "this is a filter (a program); change it by hand");
    r.aliases = a->kind == APPLY_ALIASES ||
                (a->kind == APPLY_GUESS && is_aliases(in, len));
    r.deaf = r.aliases;
    text_add(out, "");
    for (struct lines l = {in, len, 0}; l.at < len; l.at += line_len(&l))
        line_apply(&r, in + l.at, line_len(&l));
    return r.changed;
}

/* ------------------------------------------------------------------ diff -- */

/* Two texts, line by line: what differs, and what does not. */
struct diff {
    struct lines old, new;
    long number; /* of the line at which they are */
};

static bool diff_same(const struct diff *d)
{
    size_t len = line_len(&d->old);
    return len == line_len(&d->new) &&
           memcmp(d->old.s + d->old.at, d->new.s + d->new.at, len) == 0;
}

static void diff_step(struct diff *d)
{
    d->old.at += line_len(&d->old);
    d->new.at += line_len(&d->new);
    d->number++;
}

/* How many lines a hunk has that begins with this changed one: to the last
 * change that is not too far from the one before. */
static long hunk_lines(struct diff d)
{
    long lines = 0, changed = 0;
    for (; d.old.at < d.old.len && lines - changed <= 2 * CONTEXT;
         diff_step(&d)) {
        lines++;
        if (!diff_same(&d))
            changed = lines;
    }
    return lines < changed + CONTEXT ? lines : changed + CONTEXT;
}

static void hunk_line(struct text *out, const char *sign, struct lines *l)
{
    size_t len = line_len(l);
    text_add(out, sign);
    text_addn(out, l->s + l->at, len);
    if (l->s[l->at + len - 1] != '\n')
        text_add(out, "\n\\ No newline at end of file\n");
    l->at += len;
}

/* A run of changed lines: the old ones, then the new ones. */
static long hunk_run(struct diff *d, long most, struct text *out)
{
    long run = 0;
    for (struct diff ahead = *d; run < most && !diff_same(&ahead); run++)
        diff_step(&ahead);
    for (long i = 0; i < run; i++)
        hunk_line(out, "-", &d->old);
    for (long i = 0; i < run; i++)
        hunk_line(out, "+", &d->new);
    d->number += run;
    return run;
}

/* `before`: where the lines of context begin. */
static void hunk_write(struct diff *d, const struct diff *before,
                       struct text *out)
{
    long lines = hunk_lines(*d) + d->number - before->number;
    *d = *before;
    text_addf(out, "@@ -%ld,%ld +%ld,%ld @@\n", d->number, lines, d->number,
              lines);
    while (lines > 0) {
        long run = hunk_run(d, lines, out);
        lines -= run;
        if (run > 0)
            continue;
        d->new.at += line_len(&d->new);
        hunk_line(out, " ", &d->old);
        d->number++;
        lines--;
    }
}

static void diff_write(const char *path, const struct text *old,
                       const struct text *new, struct text *out)
{
    struct diff d = {
        {text_str(old), old->len, 0}, {text_str(new), new->len, 0}, 1};
    struct diff before = d;
    text_addf(out, "--- %s\n+++ %s\n", path, path);
    while (d.old.at < d.old.len) {
        if (!diff_same(&d)) {
            hunk_write(&d, &before, out);
            before = d;
            continue;
        }
        diff_step(&d);
        if (d.number - before.number > CONTEXT)
            diff_step(&before);
    }
}

/* ------------------------------------------------------------------ file -- */

static int path_error(const char *path, char *error, size_t size)
{
    return text_error(error, size, "%s: %s", path, strerror(errno));
}

static int old_read(const char *path, struct stat *st, struct text *old,
                    char *error, size_t size)
{
    if (stat(path, st) == -1)
        return path_error(path, error, size);
    if (!S_ISREG(st->st_mode))
        return text_error(error, size, "%s: not a regular file", path);
    int rc = file_read(path, APPLY_BYTES_MAX + 1, old, error, size);
    if (rc == 0)
        return text_error(error, size, "%s: %s", path, strerror(ENOENT));
    return rc;
}

/* The file is the one that was read, and nobody has written to it since. */
static int old_check(const char *path, const struct stat *was, char *error,
                     size_t size)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_ino == was->st_ino &&
        st.st_dev == was->st_dev && st.st_size == was->st_size &&
        st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
        st.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
        return 0;
    return text_error(error, size, "%s: changed meanwhile, try again", path);
}

/* Access control lists and security labels are among them. */
static int attributes_copy(const char *path, int fd)
{
    char *names = text_alloc(XATTR_MAX), *value = text_alloc(XATTR_MAX);
    ssize_t len = listxattr(path, names, XATTR_MAX);
    int rc = len == -1 && errno != ENOTSUP ? -1 : 0;
    for (char *name = names; rc == 0 && name < names + len;
         name += strlen(name) + 1) {
        ssize_t n = getxattr(path, name, value, XATTR_MAX);
        rc = n == -1 ? -1 : fsetxattr(fd, name, value, (size_t)n, 0);
    }
    free(names);
    free(value);
    return rc;
}

static int new_write(const char *path, const struct stat *st,
                     const struct text *new, char *error, size_t size)
{
    char *temporary = text_format("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC), rc = 0;
    if (fd == -1 || fchown(fd, st->st_uid, st->st_gid) == -1 ||
        fchmod(fd, st->st_mode & 07777) == -1 ||
        attributes_copy(path, fd) == -1 ||
        file_write_all(fd, new->s, new->len) == -1)
        rc = path_error(path, error, size);
    if (rc == 0)
        rc = old_check(path, st, error, size);
    if (rc == 0 && rename(temporary, path) == -1)
        rc = path_error(path, error, size);
    if (rc == 0)
        file_directory_sync(path);
    else if (fd != -1)
        unlink(temporary);
    if (fd != -1)
        close(fd);
    free(temporary);
    return rc;
}

int apply_file(const struct apply *a, const char *path, bool dry_run,
               struct text *diff, char *error, size_t size)
{
    struct text old = {0}, new = {0};
    struct stat st;
    char why[200];
    char *real = realpath(path, NULL);
    if (!real)
        return path_error(path, error, size);
    int n = old_read(real, &st, &old, error, size);
    if (n != -1 &&
        (n = apply_text(a, old.s, old.len, &new, why, sizeof why)) == -1)
        text_error(error, size, "%s: %s", path, why);
    bool differs =
        n > 0 && (old.len != new.len ||
                  memcmp(text_str(&old), text_str(&new), old.len) != 0);
    if (differs && !dry_run && new_write(real, &st, &new, error, size) == -1)
        n = -1;
    if (differs && n > 0)
        diff_write(path, &old, &new, diff);
    text_free(&old);
    text_free(&new);
    free(real);
    return n;
}
