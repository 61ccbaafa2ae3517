/* outbox: messages put on Exim's queue in the place of another one. See
 * outbox.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "outbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "adapting.h"
#include "copy.h"
#include "file.h"
#include "history.h"
#include "keep.h"
#include "mark.h"
#include "recode.h"

/* ---- places ---- */

int outbox_directory(const struct settings *set, struct text *path, char *error,
                     size_t size)
{
    text_addf(path, "%s/adapt", set->state);
    if (keep_make(set, error, size) == -1)
        return -1;
    return file_directory(path->s, geteuid(), getegid(), error, size);
}

static int work_directory(const struct outbox *o, struct text *path,
                          char *error, size_t size)
{
    int rc = outbox_directory(o->settings, path, error, size);
    text_addf(path, "/%s", o->name);
    return rc;
}

int outbox_lock(const struct settings *set, const char *id, char *error,
                size_t size)
{
    struct text path = {0};
    int fd = -1;
    if (outbox_directory(set, &path, error, size) == 0) {
        text_addf(&path, "/%s", id);
        error[0] = 0;
        fd = file_lock_now(path.s, geteuid(), getegid(), error, size);
        if (fd == -1 && !*error)
            text_error(error, size, "another run works on it");
    }
    text_free(&path);
    return fd;
}

static char *file_of(const char *directory, int number, const char *suffix)
{
    return text_format("%s/%05d%s", directory, number, suffix);
}

static void directory_empty(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

/* ---- the files of one message ---- */

/* What Exim is to know of the body. */
struct measure {
    int64_t lines, longest, zeros;
};

struct making {
    const struct spool_header *like;
    const struct outgoing *message;
    const char *const *recipients;
    const char *directory, *name;
    int number, total;
    char id[SPOOL_ID_MAX];
};

static int measure_take(int fd, int64_t from, struct measure *measure)
{
    struct bytes b;
    struct extent body = temp_extent(fd);
    body.from += from;
    body.len -= from;
    measure->lines = extent_lines(&body);
    if (measure->lines == -1 || bytes_look(&body, &b) == -1)
        return -1;
    measure->longest = b.longest;
    measure->zeros = b.zeros;
    return 0;
}

/* Exim ends the data with a dot of its own line, and trusts the body to have
 * ended its last one. */
static int line_end(int fd, char *error, size_t size)
{
    char last = '\n';
    off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
        return text_error(error, size, "cannot read what was written");
    return last == '\n' ? 0 : write_all(fd, "\n", 1, error, size);
}

static int data_write(const struct making *m, struct measure *measure,
                      char *error, size_t size)
{
    char *path = file_of(m->directory, m->number, ".data");
    int fd = file_create(path, geteuid(), getegid(), error, size);
    char *first = text_format("%s-D\n", m->id);
    int rc = fd == -1 ||
                     write_all(fd, first, strlen(first), error, size) == -1 ||
                     splice_write(&m->message->body, fd, error, size) == -1 ||
                     line_end(fd, error, size) == -1
                 ? -1
                 : 0;
    if (rc == 0 && (fsync(fd) == -1 ||
                    measure_take(fd, (int64_t)strlen(first), measure) == -1))
        rc = text_error(error, size, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(first);
    free(path);
    return rc;
}

static bool picked(const char *address, void *context)
{
    for (const char *const *r = context; *r; r++)
        if (text_same_address(*r, address))
            return true;
    return false;
}

/* Those that a redirection of the hub's has made are no recipients of the
 * original. */
static void extra_recipients(const struct making *m, struct text *out)
{
    text_add(out, "");
    for (const char *const *r = m->recipients; *r; r++)
        if (!spool_header_recipient(m->like, *r))
            text_addf(out, "%s\n", *r);
}

/* What has refused its size has not refused this one. */
static void history_make(const struct spool_header *like, struct text *out)
{
    struct history h = {0};
    history_parse(&h, like->history);
    history_forget(&h, CLASS_SIZE);
    history_format(&h, like->id, history_generation(like->history), out);
    history_free(&h);
}

/* Lines of its own; addresses are borrowed. */
static struct spool_recipient *recipients_take(const struct making *m)
{
    size_t count = (size_t)m->like->count;
    struct spool_recipient *list = text_alloc((count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = m->like->recipients[i];
        list[i].line = text_copy(list[i].line);
        if (m->number < m->total)
            spool_recipient_notify(&list[i],
                                   spool_notify_less(list[i].dsn_flags));
    }
    return list;
}

static int64_t head_longest(const char *head)
{
    size_t longest = 0;
    for (const char *p = head; *p; p += strcspn(p, "\n"), p += *p == '\n')
        longest = strcspn(p, "\n") > longest ? strcspn(p, "\n") : longest;
    return (int64_t)longest;
}

static void header_text(const struct making *m, const struct measure *measure,
                        struct text *out)
{
    struct spool_header h = *m->like;
    struct text lines = {0}, extra = {0}, history = {0};
    union {
        const char *const *in;
        void *out;
    } list = {.in = m->recipients};
    spool_headers_format(text_str(&m->message->head), &lines);
    h.top = text_copy(m->like->top);
    h.mark = text_copy(m->like->mark);
    if (m->total > 1) {
        struct text mark = {0};
        text_add(&mark, h.mark);
        mark_part(&mark, m->name, m->number);
        spool_header_set_mark(&h, mark.s);
        text_free(&mark);
    }
    h.headers = lines.s;
    int64_t longest = head_longest(text_str(&m->message->head));
    spool_header_set_lines(&h, (long)measure->lines);
    spool_header_set_zeros(&h, (long)measure->zeros);
    spool_header_set_longest(
        &h, (long)(longest > measure->longest ? longest : measure->longest));
    spool_header_set_plain(&h);
    h.recipients = recipients_take(m);
    extra_recipients(m, &extra);
    history_make(m->like, &history);
    spool_header_copy(&h, m->id, picked, list.out, extra.s, history.s, out);
    text_free(&history);
    for (int i = 0; i < h.count; i++)
        free(h.recipients[i].line);
    free(h.recipients);
    free(h.top);
    free(h.mark);
    text_free(&lines);
    text_free(&extra);
}

static int text_file(const char *directory, int number, const char *suffix,
                     const struct text *text, char *error, size_t size)
{
    char *path = file_of(directory, number, suffix);
    int fd = file_create(path, geteuid(), getegid(), error, size);
    int rc = fd == -1 ? -1 : file_write_all(fd, text_str(text), text->len);
    if (fd != -1 && rc == -1)
        text_error(error, size, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(path);
    return rc;
}

static int message_prepare(struct making *m, char *error, size_t size)
{
    struct text header = {0}, id = {0};
    struct measure measure = {0};
    spool_new_id(m->like->id, m->id);
    text_add(&id, m->id);
    int rc = data_write(m, &measure, error, size);
    if (rc == 0)
        header_text(m, &measure, &header);
    if (rc == 0)
        rc =
            text_file(m->directory, m->number, ".header", &header, error, size);
    if (rc == 0)
        rc = text_file(m->directory, m->number, ".id", &id, error, size);
    text_free(&header);
    text_free(&id);
    return rc;
}

/* ---- all of them, into the queue ---- */

static int message_publish(const struct outbox *o, const char *directory,
                           int number, char *error, size_t size)
{
    struct text id = {0};
    char *path = file_of(directory, number, ".id");
    int rc = file_read(path, 100, &id, error, size);
    free(path);
    if (rc == 1 && !spool_is_id(id.s))
        rc = text_error(error, size, "%s/%05d.id holds no message id",
                        directory, number);
    if (rc == 1) {
        char *data = file_of(directory, number, ".data");
        char *header = file_of(directory, number, ".header");
        rc = copy_publish(o->settings, o->queue, id.s, data, header, error,
                          size) == 0
                 ? 1
                 : -1;
        free(data);
        free(header);
    }
    text_free(&id);
    return rc;
}

static int publish(const struct outbox *o, const char *directory, char *error,
                   size_t size)
{
    int rc = 1, i = 0;
    while (rc == 1)
        rc = message_publish(o, directory, ++i, error, size);
    if (rc == 0 && i == 1)
        rc =
            text_error(error, size, "%s: there is no message in it", directory);
    return rc;
}

int outbox_resume(const struct outbox *o, char *error, size_t size)
{
    struct text path = {0};
    int rc = work_directory(o, &path, error, size);
    if (rc == 0) {
        char *ready = text_format("%s/ready", path.s);
        if (access(ready, F_OK) == 0)
            rc = publish(o, path.s, error, size) == -1 ? -1 : 1;
        free(ready);
    }
    text_free(&path);
    return rc;
}

/* For whom the work was: a line for each. */
static int ready_write(const char *directory, const char *const *recipients,
                       char *error, size_t size)
{
    struct text lines = {0};
    char *ready = text_format("%s/ready", directory);
    char *fresh = text_format("%s/fresh", directory);
    for (; *recipients; recipients++)
        text_addf(&lines, "%s\n", *recipients);
    int fd = file_create(fresh, geteuid(), getegid(), error, size);
    int rc = fd == -1 ? -1 : file_write_all(fd, text_str(&lines), lines.len);
    if (fd != -1 && (rc == -1 || rename(fresh, ready) == -1))
        rc = text_error(error, size, "%s: %s", ready, strerror(errno));
    if (fd != -1)
        close(fd);
    free(fresh);
    free(ready);
    text_free(&lines);
    return rc;
}

/* So that the directory is there after a power cut, whatever its files are. */
static void parent_sync(const char *directory)
{
    char *parent = text_format("%s/..", directory);
    file_directory_sync(parent);
    free(parent);
}

static int prepare(const char *directory, const char *name,
                   const struct spool_header *like,
                   const struct outgoings *messages,
                   const char *const *recipients, struct text *ids, char *error,
                   size_t size)
{
    int rc = file_directory(directory, geteuid(), getegid(), error, size);
    directory_empty(directory);
    parent_sync(directory);
    for (int i = 0; rc == 0 && i < messages->count; i++) {
        struct making m = {.like = like,
                           .message = &messages->list[i],
                           .recipients = recipients,
                           .directory = directory,
                           .name = name,
                           .number = i + 1,
                           .total = messages->count};
        rc = message_prepare(&m, error, size);
        text_addf(ids, "%s\n", m.id);
    }
    if (rc == 0) {
        file_directory_sync(directory);
        rc = ready_write(directory, recipients, error, size);
        file_directory_sync(directory);
    }
    return rc;
}

int outbox_put(const struct outbox *o, const struct spool_header *like,
               const struct outgoings *messages, const char *const *recipients,
               struct text *ids, char *error, size_t size)
{
    struct text path = {0};
    int rc = messages->count == 0
                 ? text_error(error, size, "there is no message to put")
                 : work_directory(o, &path, error, size);
    if (rc == 0)
        rc = prepare(path.s, o->name, like, messages, recipients, ids, error,
                     size);
    if (rc == 0)
        rc = publish(o, path.s, error, size) == -1 ? -1 : 0;
    else if (path.len > 0)
        directory_empty(path.s);
    text_free(&path);
    return rc;
}

/* ---- what was done for a message ---- */

/* Those whom this work was for are taken off the list. */
static int work_finish(const struct outbox *o, const char **recipients,
                       char *error, size_t size)
{
    struct text path = {0}, ready = {0};
    int n = 0, rc = outbox_resume(o, error, size);
    if (rc == 1) {
        rc = work_directory(o, &path, error, size);
        text_add(&path, "/ready");
        if (rc == 0)
            rc = file_read(path.s, ADAPTING_READY_MAX, &ready, error, size);
    }
    for (int i = 0; rc == 1 && recipients[i]; i++)
        if (!adapting_listed(text_str(&ready), recipients[i]))
            recipients[n++] = recipients[i];
    if (rc == 1)
        recipients[n] = NULL;
    text_free(&path);
    text_free(&ready);
    return rc == -1 ? -1 : 0;
}

int outbox_finish(const struct settings *set, const char *queue, const char *id,
                  const char **recipients, char *error, size_t size)
{
    struct text path = {0};
    int rc = outbox_directory(set, &path, error, size);
    DIR *dir = rc == 0 ? opendir(path.s) : NULL;
    for (struct dirent *e; dir && rc == 0 && (e = readdir(dir));) {
        const char *rest = e->d_name + strlen(id);
        if (strncmp(e->d_name, id, strlen(id)) != 0 || *rest != '.' ||
            strchr(rest + 1, '.') || strcmp(rest, ".lock") == 0)
            continue;
        const struct outbox o = {set, e->d_name, queue};
        rc = work_finish(&o, recipients, error, size);
    }
    if (dir)
        closedir(dir);
    text_free(&path);
    return rc;
}

/* ---- tidying up ---- */

static bool of_a_message(const struct settings *set, const char *name)
{
    char id[SPOOL_ID_MAX];
    struct text directory = {0};
    size_t n = strcspn(name, ".");
    if (n >= sizeof id)
        return false;
    snprintf(id, sizeof id, "%.*s", (int)n, name);
    bool there = spool_find(set->spool, id, &directory) == 1;
    text_free(&directory);
    return there;
}

void outbox_directory_remove(const char *path)
{
    directory_empty(path);
    rmdir(path);
}

/* A part whose message was joined may be frozen for a while. */
static bool of_the_past(const struct settings *set, const char *name,
                        const struct stat *st)
{
    bool joined = strncmp(name, "join.", 5) == 0;
    time_t age = time(NULL) - st->st_mtime;
    if (name[0] == '.' || !S_ISDIR(st->st_mode) ||
        strncmp(name, "parts.", 6) == 0)
        return false;
    return age > set->keep + (joined ? set->join_time : 0) &&
           (joined || !of_a_message(set, name));
}

void outbox_sweep(const struct settings *set)
{
    char *path = text_format("%s/adapt", set->state);
    DIR *dir = opendir(path);
    struct stat st;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
            !of_the_past(set, e->d_name, &st))
            continue;
        char *old = text_format("%s/%s", path, e->d_name);
        outbox_directory_remove(old);
        free(old);
    }
    if (dir)
        closedir(dir);
    free(path);
}
