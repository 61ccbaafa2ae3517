/* breaker: what all Exim processes know of each server. See breaker.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "breaker.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "server.h"

#define MAGIC 0x3452444952545543ULL /* changes with the layout below */
#define STALE_MS (3600 * 1000L)     /* no SMTP wait of Exim's is longer */
#define DEGRADED_MS (60 * 1000L)
#define HANG_FEW 4          /* connections that may wait for all of `hang` */
#define HANG_LEAST_MS 1000L /* many servers make a client wait on purpose */

struct inflight {
    _Atomic int32_t pid; /* 0: free */
    _Atomic int32_t phase;
    _Atomic int64_t since; /* of the last sign on this connection */
    _Atomic int64_t patience;
};

/* A slot belongs to the server whose key's hash is in it. The hash is what
 * claims it, so two processes cannot make two slots for one server, and one
 * that is killed between claim and name leaves what the next completes. */
struct slot {
    _Atomic uint64_t hash; /* 0: free */
    _Atomic uint32_t named;
    _Atomic uint32_t open;
    char key[SERVER_KEY_MAX];
    _Atomic int64_t since, until;
    _Atomic uint32_t senders_count;
    _Atomic int64_t last_ok, last_failure, last_alive;
    _Atomic uint64_t ok, failed[CLASS_COUNT];
    _Atomic uint32_t streak[CLASS_COUNT];
    _Atomic uint64_t senders[TRIP_MAX];
    _Atomic uint64_t size;
    _Atomic int32_t error_writer;    /* the process that writes error[] */
    _Atomic uint32_t error_sequence; /* its parity: which of the two holds */
    char error[2][BREAKER_ERROR_MAX];
    struct inflight inflight[BREAKER_INFLIGHT];
};

struct region {
    uint64_t magic;
    _Atomic int64_t degraded; /* until when */
    struct slot slots[BREAKER_SLOTS];
};

struct breakers {
    struct region *region;
};

/* The blocks are allocated now, so that a disk that fills up later cannot
 * kill a process that writes into the mapping. */
static int region_make(int fd, const char *path, char *error, size_t size)
{
    uint64_t magic = MAGIC;
    int rc = posix_fallocate(fd, 0, (off_t)sizeof(struct region));
    if (rc == 0 && pwrite(fd, &magic, sizeof magic, 0) == (ssize_t)sizeof magic)
        return 0;
    unlink(path);
    return text_error(error, size, "%s: %s", path, strerror(rc ? rc : errno));
}

static bool region_sound(int fd)
{
    struct stat st;
    uint64_t magic = 0;
    return fstat(fd, &st) == 0 && st.st_size == sizeof(struct region) &&
           pread(fd, &magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           magic == MAGIC;
}

/* Made under a lock beside it, so that two first processes agree. */
static int region_file(const char *path, uid_t uid, gid_t gid, char *error,
                       size_t size)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd != -1 && region_sound(fd))
        return fd;
    if (fd != -1)
        close(fd);
    int lock = file_lock(path, uid, gid, error, size);
    if (lock == -1)
        return -1;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd != -1 && !region_sound(fd)) {
        close(fd);
        fd = -1;
        file_move_aside(path);
    }
    if (fd == -1) {
        fd = file_create(path, uid, gid, error, size);
        if (fd != -1 && region_make(fd, path, error, size) == -1) {
            close(fd);
            fd = -1;
        }
    }
    close(lock);
    return fd;
}

static int region_file_read(const char *path, char *error, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    error[0] = 0;
    if (fd == -1 && errno == ENOENT)
        return -1;
    if (fd == -1)
        return text_error(error, size, "%s: %s", path, strerror(errno));
    if (region_sound(fd))
        return fd;
    close(fd);
    return text_error(error, size, "%s: not a state file of this version",
                      path);
}

struct breakers *breakers_open(const char *path, bool write, uid_t uid,
                               gid_t gid, char *error, size_t size)
{
    int fd = write ? region_file(path, uid, gid, error, size)
                   : region_file_read(path, error, size);
    if (fd == -1)
        return NULL;
    int protection = write ? PROT_READ | PROT_WRITE : PROT_READ;
    void *p = mmap(NULL, sizeof(struct region), protection, MAP_SHARED, fd, 0);
    close(fd);
    if (p == MAP_FAILED) {
        text_error(error, size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct breakers *b = text_alloc(sizeof *b);
    b->region = p;
    return b;
}

struct breakers *breakers_of(const struct settings *set, bool write,
                             char *error, size_t size)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    struct breakers *b = NULL;
    char *path = text_format("%s/servers", set->state);
    file_owner(set->spool, &uid, &gid);
    if (!write || file_directory(set->state, uid, gid, error, size) == 0)
        b = breakers_open(path, write, uid, gid, error, size);
    free(path);
    return b;
}

void breakers_close(struct breakers **b)
{
    if (!*b)
        return;
    munmap((*b)->region, sizeof(struct region));
    free(*b);
    *b = NULL;
}

void breakers_degraded_set(struct breakers *b, int64_t now)
{
    if (b)
        atomic_store(&b->region->degraded, now + DEGRADED_MS);
}

bool breakers_degraded(const struct breakers *b, int64_t now)
{
    if (!b)
        return true;
    int64_t until = atomic_load(&b->region->degraded);
    return until > now && until <= now + DEGRADED_MS;
}

static uint64_t hash_of(const char *s)
{
    uint64_t hash = 14695981039346656037ULL; /* FNV-1a */
    for (; *s; s++)
        hash = (hash ^ (unsigned char)tolower((unsigned char)*s)) *
               1099511628211ULL;
    return hash ? hash : 1;
}

/* Whoever writes the name writes the same bytes. */
static struct slot *slot_name(struct slot *s, const char *key)
{
    if (!atomic_load(&s->named)) {
        strncpy(s->key, key, sizeof s->key - 1);
        atomic_store(&s->named, 1);
    }
    return s;
}

struct slot *breaker_slot(struct breakers *b, const char *key, bool make)
{
    uint64_t hash = hash_of(key);
    for (int i = 0; b && i < BREAKER_SLOTS; i++) {
        struct slot *s = &b->region->slots[i];
        uint64_t holder = atomic_load(&s->hash);
        if (holder == 0 && !make)
            return NULL;
        if (holder == 0 &&
            atomic_compare_exchange_strong(&s->hash, &holder, hash))
            holder = hash;
        if (holder == hash)
            return make ? slot_name(s, key) : s;
    }
    return NULL;
}

struct slot *breaker_slot_at(struct breakers *b, int i)
{
    if (!b || i < 0 || i >= BREAKER_SLOTS)
        return NULL;
    struct slot *s = &b->region->slots[i];
    return atomic_load(&s->named) ? s : NULL;
}

static bool process_gone(pid_t pid)
{
    return kill(pid, 0) == -1 && errno == ESRCH;
}

/* How long a connection may wait before EHLO is answered: the more of them
 * wait and have seen no sign of the server, the less, so that a burst does not
 * run into a server that has just begun to hang. A few may always wait for all
 * of `hang`: a healthy server may be slow. */
static int64_t greeting_limit(struct slot *s, const struct settings *set)
{
    int64_t alive = atomic_load(&s->last_alive);
    int64_t hang = set->hang * 1000L, limit = hang;
    int waiting = 0;
    for (int i = 0; i < BREAKER_INFLIGHT; i++) {
        struct inflight *f = &s->inflight[i];
        waiting += atomic_load(&f->pid) != 0 &&
                   atomic_load(&f->phase) != PHASE_DIALOGUE &&
                   atomic_load(&f->since) >= alive;
    }
    if (waiting > HANG_FEW)
        limit = hang * HANG_FEW / waiting;
    int64_t least = hang < HANG_LEAST_MS ? hang : HANG_LEAST_MS;
    return limit < least ? least : limit;
}

/* Has this connection waited longer than is normal, with no sign of the
 * server on any connection since? An entry of a dead process does not count;
 * breaker_connect() takes its place. Nothing is written here: the mapping may
 * be for reading. */
static bool connection_hangs(struct slot *s, struct inflight *f,
                             int64_t greeting, int64_t now)
{
    int32_t pid = atomic_load(&f->pid);
    if (pid == 0)
        return false;
    int64_t since = atomic_load(&f->since);
    int64_t limit = atomic_load(&f->phase) == PHASE_DIALOGUE
                        ? atomic_load(&f->patience)
                        : greeting;
    if (now - since <= limit)
        return false;
    if (now - since > STALE_MS || process_gone(pid))
        return false;
    return atomic_load(&s->last_alive) <= since;
}

static bool server_hangs(struct slot *s, const struct settings *set,
                         int64_t now)
{
    int64_t greeting = greeting_limit(s, set);
    for (int i = 0; i < BREAKER_INFLIGHT; i++)
        if (connection_hangs(s, &s->inflight[i], greeting, now))
            return true;
    return false;
}

static bool probe_due(struct slot *s, const struct settings *set, int64_t now)
{
    int64_t until = atomic_load(&s->until);
    /* A clock that was set back must not close a server off for long. */
    return now >= until || until > now + set->probe * 1000L;
}

/* One process gets the probe, and with it moves the time of the next: nothing
 * is held that a killed process could leave behind. */
static bool probe_take(struct slot *s, const struct settings *set, int64_t now)
{
    int64_t until = atomic_load(&s->until);
    if (now < until && until <= now + set->probe * 1000L)
        return false;
    return atomic_compare_exchange_strong(&s->until, &until,
                                          now + set->probe * 1000L);
}

enum breaker_state breaker_state(struct slot *s, const struct settings *set,
                                 int64_t now)
{
    if (!s)
        return BREAKER_CLOSED;
    if (atomic_load(&s->open))
        return BREAKER_OPEN;
    return server_hangs(s, set, now) ? BREAKER_HANGING : BREAKER_CLOSED;
}

enum breaker_state breaker_ask(struct slot *s, const struct settings *set,
                               int64_t now, bool may_probe, bool *probe)
{
    *probe = false;
    enum breaker_state state = breaker_state(s, set, now);
    if (state != BREAKER_OPEN || !may_probe)
        return state;
    /* A probe that hangs is still the probe. */
    if (!probe_due(s, set, now) || server_hangs(s, set, now) ||
        !probe_take(s, set, now))
        return BREAKER_OPEN;
    *probe = true;
    return BREAKER_CLOSED;
}

bool breaker_usable(struct slot *s, const struct settings *set, int64_t now)
{
    enum breaker_state state = breaker_state(s, set, now);
    if (state != BREAKER_OPEN)
        return state == BREAKER_CLOSED;
    return probe_due(s, set, now) && !server_hangs(s, set, now);
}

static struct inflight *inflight_find(struct slot *s, pid_t pid)
{
    for (int i = 0; i < BREAKER_INFLIGHT; i++)
        if (atomic_load(&s->inflight[i].pid) == pid)
            return &s->inflight[i];
    return NULL;
}

/* A free entry, or one whose process is gone. */
static struct inflight *inflight_take(struct slot *s, pid_t pid)
{
    for (int i = 0; i < BREAKER_INFLIGHT; i++) {
        int32_t holder = atomic_load(&s->inflight[i].pid);
        if ((holder == 0 || process_gone(holder)) &&
            atomic_compare_exchange_strong(&s->inflight[i].pid, &holder, pid))
            return &s->inflight[i];
    }
    return NULL;
}

/* Full: the connection is not watched. The others are enough to notice. */
void breaker_connect(struct slot *s, pid_t pid, int64_t now, int64_t patience)
{
    if (!s)
        return;
    struct inflight *f = inflight_find(s, pid);
    if (!f)
        f = inflight_take(s, pid);
    if (!f)
        return;
    atomic_store(&f->patience, patience);
    atomic_store(&f->phase, PHASE_CONNECT);
    atomic_store(&f->since, now);
}

void breaker_answer(struct slot *s, pid_t pid, enum phase phase, int64_t now)
{
    if (!s)
        return;
    atomic_store(&s->last_alive, now);
    struct inflight *f = inflight_find(s, pid);
    if (!f)
        return;
    atomic_store(&f->since, now);
    atomic_store(&f->phase, (int32_t)phase);
}

void breaker_end(struct slot *s, pid_t pid)
{
    if (!s)
        return;
    struct inflight *f = inflight_find(s, pid);
    if (f)
        atomic_store(&f->pid, 0);
}

static void breaker_forget(struct slot *s)
{
    for (int c = 0; c < CLASS_COUNT; c++)
        atomic_store(&s->streak[c], 0);
    atomic_store(&s->senders_count, 0);
}

static void breaker_close(struct slot *s, int64_t now)
{
    if (atomic_exchange(&s->open, 0))
        atomic_store(&s->since, now);
}

void breaker_success(struct slot *s, int64_t now)
{
    if (!s)
        return;
    atomic_fetch_add(&s->ok, 1);
    atomic_store(&s->last_ok, now);
    atomic_store(&s->last_alive, now);
    breaker_forget(s);
    breaker_close(s, now);
}

/* One process at a time, into the text that does not hold, so that who reads is
 * never kept waiting; one that was killed in the middle is replaced. */
static void error_write(struct slot *s, const char *text)
{
    int32_t writer = atomic_load(&s->error_writer);
    if ((writer && !process_gone(writer)) ||
        !atomic_compare_exchange_strong(&s->error_writer, &writer, getpid()))
        return;
    uint32_t next = atomic_load(&s->error_sequence) + 1;
    strncpy(s->error[next & 1], text, BREAKER_ERROR_MAX - 1);
    atomic_store(&s->error_sequence, next);
    atomic_store(&s->error_writer, 0);
}

/* The number of different senders refused in a row, this one included. */
static uint32_t senders_add(struct slot *s, const char *sender)
{
    uint64_t hash = hash_of(sender);
    uint32_t count = atomic_load(&s->senders_count);
    for (uint32_t i = 0; i < count && i < TRIP_MAX; i++)
        if (atomic_load(&s->senders[i]) == hash)
            return count;
    if (count >= TRIP_MAX)
        return count;
    atomic_store(&s->senders[count], hash);
    atomic_store(&s->senders_count, count + 1);
    return count + 1;
}

static bool breaker_trips(struct slot *s, const struct settings *set,
                          enum error_class c, const char *sender)
{
    uint32_t row = c == CLASS_POLICY ? senders_add(s, sender)
                                     : atomic_fetch_add(&s->streak[c], 1) + 1;
    return set->trip[c] > 0 && row >= (uint32_t)set->trip[c];
}

static bool breaker_open_now(struct slot *s, const struct settings *set,
                             int64_t now)
{
    atomic_store(&s->until, now + set->probe * 1000L);
    bool opened = atomic_exchange(&s->open, 1) == 0;
    if (opened)
        atomic_store(&s->since, now);
    return opened;
}

bool breaker_failure(struct slot *s, const struct settings *set,
                     enum error_class c, bool repeated, const char *sender,
                     const char *text, int64_t now)
{
    if (!s)
        return false;
    atomic_fetch_add(&s->failed[c], 1);
    atomic_store(&s->last_failure, now);
    error_write(s, text);
    if (c != CLASS_CONNECT)
        atomic_store(&s->last_alive, now);
    if (!class_speaks_of_server(c)) {
        breaker_close(s, now);
        return false;
    }
    if (repeated)
        return false;
    bool trips = breaker_trips(s, set, c, sender);
    bool open = atomic_load(&s->open) && set->trip[c] > 0;
    return trips || open ? breaker_open_now(s, set, now) : false;
}

void breaker_invite(struct slot *s, int64_t now)
{
    if (!s)
        return;
    atomic_store(&s->last_alive, now);
    atomic_store(&s->until, now);
}

void breaker_reset(struct slot *s, int64_t now)
{
    if (!s)
        return;
    breaker_forget(s);
    breaker_close(s, now);
    for (int i = 0; i < BREAKER_INFLIGHT; i++)
        atomic_store(&s->inflight[i].pid, 0);
}

void breaker_announce(struct slot *s, uint64_t size)
{
    if (s && atomic_load(&s->size) != size)
        atomic_store(&s->size, size);
}

static void error_read(struct slot *s, char *out)
{
    for (int i = 0; i < 1000; i++) {
        uint32_t before = atomic_load(&s->error_sequence);
        memcpy(out, s->error[before & 1], BREAKER_ERROR_MAX);
        out[BREAKER_ERROR_MAX - 1] = 0;
        if (atomic_load(&s->error_sequence) == before)
            return;
    }
    out[0] = 0; /* it changes faster than it can be read */
}

static int inflight_lives(struct inflight *f)
{
    int32_t pid = atomic_load(&f->pid);
    return pid != 0 && !process_gone(pid);
}

void breaker_look(struct slot *s, const struct settings *set, int64_t now,
                  struct breaker_view *view)
{
    *view = (struct breaker_view){0};
    memcpy(view->key, s->key, sizeof view->key);
    view->state = breaker_state(s, set, now);
    view->since = atomic_load(&s->since);
    view->until = atomic_load(&s->until);
    view->last_ok = atomic_load(&s->last_ok);
    view->last_failure = atomic_load(&s->last_failure);
    view->ok = atomic_load(&s->ok);
    view->size = atomic_load(&s->size);
    error_read(s, view->error);
    for (int c = 0; c < CLASS_COUNT; c++)
        view->failed[c] = atomic_load(&s->failed[c]);
    for (int i = 0; i < BREAKER_INFLIGHT; i++)
        view->inflight += inflight_lives(&s->inflight[i]);
}
