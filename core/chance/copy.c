/* copy: a kept message put on Exim's queue as a message of its own. See
 * copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "keep.h"

/* One run of copy_make(). */
struct making {
    const struct copy *c;
    char *data, *header, *id_file; /* paths of the journal */
    char *id;
    char *error;
    size_t size;
};

static char *note_path(const struct settings *set, const char *note,
                       const char *suffix)
{
    return text_format("%s/keep/%s%s", set->state, note, suffix);
}

static int file_make(const char *path, const struct text *text, char *error,
                     size_t size)
{
    int fd = file_create(path, geteuid(), getegid(), error, size);
    if (fd == -1)
        return -1;
    int rc = file_write_all(fd, text_str(text), text->len);
    if (rc == -1)
        text_error(error, size, "%s: %s", path, strerror(errno));
    close(fd);
    return rc;
}

/* The first line of a -D file is its own name, as long as the old one. */
static int data_pour(int in, int out, const char *id)
{
    char buffer[65536];
    ssize_t n;
    if (dprintf(out, "%s-D\n", id) < 0 ||
        lseek(in, (off_t)strlen(id) + 3, SEEK_SET) == -1)
        return -1;
    while ((n = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)n) != n)
            return -1;
    return n == 0 ? fsync(out) : -1;
}

static int data_write(const struct making *m)
{
    struct text data = {0};
    text_addf(&data, "%s-D\n", m->id);
    text_addn(&data, text_str(m->c->body), m->c->body->len);
    int rc = file_make(m->data, &data, m->error, m->size);
    text_free(&data);
    return rc;
}

static int data_copy(const struct making *m)
{
    int in = open(m->c->data, O_RDONLY | O_CLOEXEC);
    if (in == -1)
        return text_error(m->error, m->size, "%s: %s", m->c->data,
                          strerror(errno));
    int out = file_create(m->data, geteuid(), getegid(), m->error, m->size);
    int rc = out == -1 ? -1 : data_pour(in, out, m->id);
    if (rc == -1 && out != -1)
        text_error(m->error, m->size, "%s: %s", m->data, strerror(errno));
    close(in);
    if (out != -1)
        close(out);
    return rc;
}

static int prepare(const struct making *m)
{
    struct text header = {0}, id = {0};
    spool_new_id(m->c->like, m->id);
    m->c->header(m->id, m->c->context, &header);
    text_add(&id, m->id);
    int rc = m->c->data ? data_copy(m) : data_write(m);
    if (rc == 0)
        rc = file_make(m->header, &header, m->error, m->size);
    if (rc == 0)
        rc = file_make(m->id_file, &id, m->error, m->size);
    text_free(&header);
    text_free(&id);
    return rc;
}

/* STATE is on another file system: under a name that Exim does not look at,
 * until it is whole. */
static int move_across(const char *from, const char *to)
{
    char buffer[65536];
    ssize_t n = -1;
    struct stat st;
    char *fresh = text_format("%s.outrider", to);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in == -1 || fstat(in, &st) == -1
                  ? -1
                  : open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                         st.st_mode & 0777);
    while (out != -1 && (n = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)n) != n)
            break;
    int rc = out != -1 && n == 0 && fsync(out) == 0 && rename(fresh, to) == 0
                 ? 0
                 : -1;
    int why = errno;
    if (rc == 0)
        unlink(from);
    else if (out != -1)
        unlink(fresh);
    if (in != -1)
        close(in);
    if (out != -1)
        close(out);
    free(fresh);
    errno = why;
    return rc;
}

static int move(const char *from, const char *directory, const char *id,
                const char *suffix, char *error, size_t size)
{
    char *to = text_format("%s/%s%s", directory, id, suffix);
    int rc = rename(from, to);
    if (rc == -1 && errno == EXDEV)
        rc = move_across(from, to);
    if (rc == -1 && errno == ENOENT && access(from, F_OK) == -1)
        rc = 0; /* an earlier run came this far */
    if (rc == -1)
        text_error(error, size, "%s to %s: %s", from, to, strerror(errno));
    free(to);
    return rc;
}

/* With split_spool_directory Exim makes a directory for the id's sixth
 * character, and it finds messages above it too. On a queue that has had no
 * message yet there is nothing at all. */
static int queue_directory(const char *spool, const char *queue, const char *id,
                           struct text *directory, char *error, size_t size)
{
    struct stat st;
    text_addf(directory, "%s%s%s", spool, *queue ? "/" : "", queue);
    if (file_directory(directory->s, geteuid(), getegid(), error, size) == -1)
        return -1;
    text_add(directory, "/input");
    if (file_directory(directory->s, geteuid(), getegid(), error, size) == -1)
        return -1;
    size_t input = directory->len;
    text_addf(directory, "/%c", id[5]);
    if (stat(directory->s, &st) == -1)
        text_cut(directory, input);
    return 0;
}

int copy_publish(const struct settings *set, const char *queue, const char *id,
                 const char *data, const char *header, char *error, size_t size)
{
    struct text directory = {0};
    int rc = queue_directory(set->spool, queue, id, &directory, error, size);
    if (rc == 0)
        rc = move(data, directory.s, id, "-D", error, size);
    if (rc == 0)
        rc = move(header, directory.s, id, "-H", error, size);
    if (rc == 0)
        file_directory_sync(directory.s);
    text_free(&directory);
    return rc;
}

int copy_make(const struct copy *c, char id[SPOOL_ID_MAX], char *error,
              size_t size)
{
    struct text known = {0};
    struct making m = {.c = c, .id = id, .error = error, .size = size};
    m.data = note_path(c->settings, c->note, ".data");
    m.header = note_path(c->settings, c->note, ".header");
    m.id_file = note_path(c->settings, c->note, ".id");
    int rc = keep_make(c->settings, error, size);
    if (rc == 0)
        rc = file_read(m.id_file, 1024, &known, error, size);
    if (rc == 1 && spool_is_id(text_str(&known)))
        snprintf(id, SPOOL_ID_MAX, "%s", known.s);
    else if (rc != -1)
        rc = prepare(&m);
    if (rc != -1)
        rc = copy_publish(c->settings, c->queue, id, m.data, m.header, error,
                          size);
    text_free(&known);
    free(m.data);
    free(m.header);
    free(m.id_file);
    return rc == -1 ? -1 : 0;
}

int copy_settle(const struct settings *set, const char *note, char *error,
                size_t size)
{
    struct text none = {0};
    char *path = note_path(set, note, ".done");
    int rc = file_make(path, &none, error, size);
    free(path);
    return rc;
}

bool copy_settled(const struct settings *set, const char *note)
{
    char *path = note_path(set, note, ".done");
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}
