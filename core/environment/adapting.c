/* adapting: what adapt has found out about a recipient. See adapting.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "adapting.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "mailbox.h"
#include "spool.h"

#define NOTE_MAX 4096
#define YOUNG 60 /* seconds; its message may be under way between queues */

static const char *const words_of[] = {[ADAPTING_REFUSED] = "refused ",
                                       [ADAPTING_AS_IS] = "as-is ",
                                       [ADAPTING_DONE] = "done ",
                                       [ADAPTING_WAITS] = "waits "};

static uint64_t digest_of(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *s; s++)
        h = (h ^ (uint64_t)tolower((unsigned char)*s)) *
            UINT64_C(1099511628211);
    return h;
}

/* FNV-1a: a file name for a set of addresses, whose order does not count. An
 * address may be quoted in several ways (RFC 5322 3.4.1), and is one. */
static uint64_t digest(const char *address)
{
    struct text canonical = {0};
    const char *s = address;
    if (mailbox_canonical(address, &canonical))
        s = text_str(&canonical);
    uint64_t h = digest_of(s);
    text_free(&canonical);
    return h;
}

void adapting_name(const char *id, const char *const *recipients,
                   struct text *out)
{
    uint64_t sum = 0;
    for (; *recipients; recipients++)
        sum += digest(*recipients);
    text_addf(out, "%s.%016" PRIx64, id, sum);
}

static char *note_path(const struct settings *set, const char *id,
                       const char *recipient)
{
    return text_format("%s/adapt/%s.%016" PRIx64 ".note", set->state, id,
                       digest(recipient));
}

/* The reader may be root, in a place where the exim user can put a link or a
 * pipe.
 */
static int file_get(const char *path, off_t most, struct text *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = 0;
    if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        off_t size = st.st_size < most ? st.st_size : most;
        char *text = text_alloc((size_t)size + 1);
        ssize_t n = read(fd, text, (size_t)size);
        text[n > 0 ? n : 0] = 0;
        text_add(out, text);
        rc = n != -1;
        free(text);
    }
    if (fd != -1)
        close(fd);
    return rc;
}

static int note_get(const char *path, struct text *out)
{
    return file_get(path, NOTE_MAX, out);
}

/* "WHAT TIME WORDS": the same but for the time? */
static bool same_note(const char *a, const char *b)
{
    size_t n = strcspn(a, " ");
    if (strncmp(a, b, n + 1) != 0 || !a[n])
        return false;
    const char *x = a + n + 1, *y = b + n + 1;
    return strcmp(x + strcspn(x, " "), y + strcspn(y, " ")) == 0;
}

int adapting_note(const struct settings *set, const char *id,
                  const char *recipient, enum adapting what, const char *words,
                  char *error, size_t size)
{
    char *path = note_path(set, id, recipient);
    char *fresh = text_format("%s.new", path);
    char *line = text_format("%s%lld %s", words_of[what],
                             (long long)(clock_now() / 1000), words);
    struct text was = {0};
    bool same = note_get(path, &was) == 1 && same_note(was.s, line);
    text_free(&was);
    if (same) {
        free(line);
        free(fresh);
        free(path);
        return 0;
    }
    int fd = file_create(fresh, geteuid(), getegid(), error, size);
    int rc = fd == -1 ? -1 : file_write_all(fd, line, strlen(line));
    if (fd != -1 && (rc == -1 || rename(fresh, path) == -1))
        rc = text_error(error, size, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(line);
    free(fresh);
    free(path);
    return rc == 0 ? 1 : -1;
}

static int note_find(const struct settings *set, const char *id,
                     const char *recipient, enum adapting *what, int64_t *since,
                     struct text *words)
{
    struct text line = {0};
    int found = 0;
    char *path = note_path(set, id, recipient), *end;
    if (note_get(path, &line) == 1)
        for (int i = ADAPTING_REFUSED; i <= ADAPTING_WAITS && !found; i++)
            if (strncmp(line.s, words_of[i], strlen(words_of[i])) == 0) {
                *what = (enum adapting)i;
                *since = strtoll(line.s + strlen(words_of[i]), &end, 10);
                text_add(words, end + (*end == ' '));
                found = 1;
            }
    text_free(&line);
    free(path);
    return found;
}

int adapting_find(const struct settings *set, const char *id,
                  const char *recipient, enum adapting *what,
                  struct text *words)
{
    int64_t since;
    return note_find(set, id, recipient, what, &since, words);
}

static char *told_path(const struct settings *set, const char *name,
                       const char *recipient)
{
    return text_format("%s/adapt/%s/told.%016" PRIx64, set->state, name,
                       digest(recipient));
}

int adapting_tell(const struct settings *set, const char *name,
                  const char *recipient, const char *id, char *error,
                  size_t size)
{
    char *path = told_path(set, name, recipient);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  FILE_MODE);
    int rc = fd == -1 ? errno == EEXIST ? 0 : -1
                      : file_write_all(fd, id, strlen(id));
    if (rc == -1)
        text_error(error, size, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(path);
    return rc;
}

int adapting_told(const struct settings *set, const char *name,
                  const char *recipient, struct text *by)
{
    char *path = told_path(set, name, recipient);
    int rc = note_get(path, by);
    free(path);
    return rc == 1 && by->len > 0;
}

bool adapting_waits(const struct settings *set, const char *words)
{
    char key[64];
    int number;
    if (sscanf(words, "join.%63s part %d", key, &number) != 2)
        return false;
    char *path = text_format("%s/adapt/parts.%s/%05d", set->state, key, number);
    bool waits = access(path, F_OK) == 0;
    free(path);
    return waits;
}

int64_t adapting_as_is_since(const struct settings *set, const char *id,
                             const char *recipient)
{
    struct text words = {0};
    enum adapting what;
    int64_t since = 0;
    bool as_is = note_find(set, id, recipient, &what, &since, &words) == 1 &&
                 what == ADAPTING_AS_IS;
    text_free(&words);
    return as_is ? since : 0;
}

bool adapting_done(const struct settings *set, const char *name)
{
    char *path = text_format("%s/adapt/%s/ready", set->state, name);
    bool done = access(path, F_OK) == 0;
    free(path);
    return done;
}

bool adapting_listed(const char *lines, const char *recipient)
{
    uint64_t sought = digest(recipient);
    char *copy = text_copy(lines), *rest = copy;
    bool listed = false;
    for (char *line; !listed && (line = strsep(&rest, "\n"));)
        listed = *line && digest(line) == sought;
    free(copy);
    return listed;
}

static bool ready_names(const char *directory, const char *name,
                        const char *recipient)
{
    struct text text = {0};
    char *path = text_format("%s/%s/ready", directory, name);
    bool names = file_get(path, ADAPTING_READY_MAX, &text) == 1 &&
                 adapting_listed(text.s, recipient);
    text_free(&text);
    free(path);
    return names;
}

/* Of the names in STATE/adapt: ID.SUM is work, ID.lock was made before any. */
bool adapting_committed(const struct settings *set, const char *id,
                        const char *recipient)
{
    char *path = text_format("%s/adapt", set->state);
    char *lock = text_format("%s/%s.lock", path, id);
    bool committed = false;
    DIR *dir = access(lock, F_OK) == 0 ? opendir(path) : NULL;
    for (struct dirent *e; dir && !committed && (e = readdir(dir));)
        committed = strncmp(e->d_name, id, strlen(id)) == 0 &&
                    e->d_name[strlen(id)] == '.' &&
                    ready_names(path, e->d_name, recipient);
    if (dir)
        closedir(dir);
    free(lock);
    free(path);
    return committed;
}

static char *deaths_path(const struct settings *set, const char *id)
{
    return text_format("%s/adapt/%s.died", set->state, id);
}

/* A byte for each. */
void adapting_died(const struct settings *set, const char *id)
{
    char *path = deaths_path(set, id);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                  FILE_MODE);
    if (fd != -1) {
        file_write_all(fd, "x", 1);
        close(fd);
    }
    free(path);
}

int adapting_deaths(const struct settings *set, const char *id)
{
    struct stat st;
    char *path = deaths_path(set, id);
    int n = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int)st.st_size : 0;
    free(path);
    return n;
}

static bool of_the_past(const struct settings *set, const char *name)
{
    char id[SPOOL_ID_MAX];
    struct text directory = {0};
    size_t n = strcspn(name, ".");
    if (n >= sizeof id ||
        (!strstr(name, ".note") && strcmp(name + n, ".died") != 0 &&
         strcmp(name + n, ".lock") != 0))
        return false;
    snprintf(id, sizeof id, "%.*s", (int)n, name);
    bool gone = spool_find(set->spool, id, &directory) == 0;
    text_free(&directory);
    return gone;
}

void adapting_sweep(const struct settings *set)
{
    char *path = text_format("%s/adapt", set->state);
    DIR *dir = opendir(path);
    struct stat st;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > YOUNG &&
            of_the_past(set, e->d_name))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    free(path);
}
