/* parts: which messages on the queue are the parts of what. See parts.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "parts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "adapting.h"
#include "file.h"
#include "outbox.h"

#define NUMBER_MAX 99999
#define SWEEP_LATER 3600 /* seconds after which a part surely waits no more */
#define LOCK_TRIES 600
#define LOCK_PAUSE 100000 /* microseconds */
#define KEY_LEN 32        /* hexadecimal digits of a SHA-256 */

static void digest_add(GChecksum *sum, const char *s)
{
    g_checksum_update(sum, (const guchar *)s, (gssize)strlen(s) + 1);
}

/* The case of an address does not count. */
static void digest_address(GChecksum *sum, const char *s)
{
    char *lower = g_ascii_strdown(s, -1);
    digest_add(sum, lower);
    g_free(lower);
}

static char *key_make(const struct member *m, const char *sender,
                      const char *recipient)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    digest_add(sum, m->kind == MEMBER_FRAGMENT ? "fragment" : "piece");
    digest_add(sum, m->id);
    digest_add(sum, m->digest);
    digest_address(sum, sender);
    digest_address(sum, recipient);
    char *key = strndup(g_checksum_get_string(sum), KEY_LEN);
    g_checksum_free(sum);
    return key;
}

/* ---- the notes ---- */

static bool on_queue(const struct parts *p, const char *id)
{
    struct text directory = {0};
    bool there = false;
    /* Twice: it may be on its way to a queue that was looked at before. */
    for (int tries = 0; tries < 2 && !there; tries++)
        there = spool_find(p->settings->spool, id, &directory) == 1;
    text_free(&directory);
    return there;
}

/* Removed by hand, or on its way as it is: not to be waited for, nor joined. */
static bool waiting(const struct parts *p, const char *id)
{
    struct text words = {0};
    enum adapting what = ADAPTING_WAITS;
    int found = adapting_find(p->settings, id, p->recipient, &what, &words);
    text_free(&words);
    return !(found == 1 && what == ADAPTING_AS_IS) && on_queue(p, id);
}

static void note_read(struct parts *p, const char *name)
{
    struct text note = {0};
    char error[300], id[SPOOL_ID_MAX];
    int total = 0, number = atoi(name);
    char *path = text_format("%s/%s", p->directory.s, name);
    if (number >= 1 && number <= NUMBER_MAX &&
        file_read(path, 200, &note, error, sizeof error) == 1 &&
        sscanf(note.s, "%23s %d", id, &total) == 2 && total >= 0 &&
        total <= NUMBER_MAX && spool_is_id(id) && waiting(p, id)) {
        p->ids[number] = text_copy(id);
        p->total = total > p->total ? total : p->total;
    }
    text_free(&note);
    free(path);
}

void parts_read(struct parts *p)
{
    DIR *dir = opendir(p->directory.s);
    p->ids = text_alloc((NUMBER_MAX + 1) * sizeof *p->ids);
    memset(p->ids, 0, (NUMBER_MAX + 1) * sizeof *p->ids);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (isdigit((unsigned char)e->d_name[0]))
            note_read(p, e->d_name);
    if (dir)
        closedir(dir);
}

/* Not for ever: to put a large message together takes a while, and each part
 * that waits for that is an Exim process. */
static int lock_wait(const char *path, char *error, size_t size)
{
    int fd = -1;
    error[0] = 0;
    for (int tries = 0; fd == -1 && !*error && tries < LOCK_TRIES; tries++) {
        if (tries > 0)
            usleep(LOCK_PAUSE);
        fd = file_lock_now(path, geteuid(), getegid(), error, size);
    }
    if (fd == -1 && !*error)
        text_error(error, size, "other parts of it are being looked at");
    return fd;
}

int parts_open(struct parts *p, const struct settings *set,
               const struct member *m, const char *sender,
               const char *recipient, char *error, size_t size)
{
    *p = (struct parts){.settings = set, .recipient = recipient, .lock = -1};
    p->key = key_make(m, sender, recipient);
    int rc = outbox_directory(set, &p->directory, error, size);
    text_addf(&p->directory, "/parts.%s", p->key);
    if (rc == 0)
        rc = file_directory(p->directory.s, geteuid(), getegid(), error, size);
    if (rc == 0) {
        char *path = text_format("%s/lock", p->directory.s);
        p->lock = lock_wait(path, error, size);
        free(path);
    }
    return p->lock == -1 ? -1 : 0;
}

void parts_close(struct parts *p)
{
    for (int i = 0; p->ids && i <= NUMBER_MAX; i++)
        free(p->ids[i]);
    free(p->ids);
    free(p->key);
    text_free(&p->directory);
    if (p->lock != -1)
        close(p->lock);
    *p = (struct parts){.lock = -1};
}

static int note_write(struct parts *p, const struct member *m, const char *id,
                      char *error, size_t size)
{
    char *path = text_format("%s/%05d", p->directory.s, m->number);
    char *note = text_format("%s %d\n", id, m->total);
    int fd = file_create(path, geteuid(), getegid(), error, size);
    int rc = fd == -1 ? -1 : file_write_all(fd, note, strlen(note));
    if (fd != -1 && rc == -1)
        text_error(error, size, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(note);
    free(path);
    return rc;
}

int parts_highest(const struct parts *p)
{
    int n = NUMBER_MAX;
    while (n > 0 && !p->ids[n])
        n--;
    return n;
}

int parts_note(struct parts *p, const struct member *m, const char *id,
               char other[SPOOL_ID_MAX], char *error, size_t size)
{
    const char *there = p->ids[m->number];
    other[0] = 0;
    if (p->total > 0 && m->total > 0 && m->total != p->total)
        return text_error(error, size, "of %d parts, others say %d", m->total,
                          p->total),
               0;
    int total = p->total > 0 ? p->total : m->total;
    if (total > 0 && (m->number > total || parts_highest(p) > total))
        return text_error(error, size, "there is a part number %d of %d",
                          m->number > total ? m->number : parts_highest(p),
                          total),
               0;
    if (there && strcmp(there, id) != 0) {
        snprintf(other, SPOOL_ID_MAX, "%s", there);
        return 1;
    }
    if (note_write(p, m, id, error, size) == -1)
        return -1;
    free(p->ids[m->number]);
    p->ids[m->number] = text_copy(id);
    p->total = total;
    return 1;
}

void parts_forget(struct parts *p, const char *id)
{
    char *gone = text_copy(id);
    for (int i = 1; p->ids && i <= NUMBER_MAX; i++) {
        if (!p->ids[i] || strcmp(p->ids[i], gone) != 0)
            continue;
        char *path = text_format("%s/%05d", p->directory.s, i);
        unlink(path);
        free(path);
        free(p->ids[i]);
        p->ids[i] = NULL;
    }
    free(gone);
}

int parts_count(const struct parts *p)
{
    int n = 0;
    for (int i = 1; i <= NUMBER_MAX; i++)
        n += p->ids[i] != NULL;
    return n;
}

bool parts_all(const struct parts *p)
{
    for (int i = 1; i <= p->total; i++)
        if (!p->ids[i])
            return false;
    return p->total > 0;
}

bool parts_has(const struct parts *p, const struct member *m, const char *id)
{
    struct text note = {0};
    char error[300];
    char *path = text_format("%s/%05d", p->directory.s, m->number);
    bool has = file_read(path, 200, &note, error, sizeof error) == 1 &&
               strncmp(note.s, id, strlen(id)) == 0;
    text_free(&note);
    free(path);
    return has;
}

/* ---- tidying up ---- */

static bool of_the_past(const struct settings *set, const char *path)
{
    struct stat st;
    int longest = set->keep > set->join_time ? set->keep : set->join_time;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
           time(NULL) - st.st_mtime > longest + SWEEP_LATER;
}

/* Under its lock, and not while somebody has that. */
static void directory_sweep(const struct settings *set, const char *path)
{
    char error[300];
    char *lock = text_format("%s/lock", path);
    int fd = of_the_past(set, path) ? file_lock_now(lock, geteuid(), getegid(),
                                                    error, sizeof error)
                                    : -1;
    if (fd != -1) {
        outbox_directory_remove(path);
        close(fd);
    }
    free(lock);
}

void parts_sweep(const struct settings *set)
{
    char *path = text_format("%s/adapt", set->state);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (strncmp(e->d_name, "parts.", 6) != 0)
            continue;
        char *parts = text_format("%s/%s", path, e->d_name);
        directory_sweep(set, parts);
        free(parts);
    }
    if (dir)
        closedir(dir);
    free(path);
}
