/* breaker: what all Exim processes know of each server, at this moment.
 *
 * One memory-mapped file, one slot a server, changed with atomics only: no
 * lock is ever held, so a process that dies anywhere leaves nothing locked,
 * and good mail costs no write to a database. The file is a hint: a missing,
 * damaged or foreign one is moved aside and made anew.
 *
 * A slot's breaker is closed (mail goes there) or open (the server is left
 * alone until a time; then one process at a time may probe it). A server
 * *hangs* when a connection has waited too long and nothing has answered
 * since it began; that is computed when asked, never stored.
 *
 * Called by: router (route, events), tools (status, reset).
 * Memory: breakers_open() maps, breakers_close() unmaps; slots are pointers
 * into the mapping.
 * Fails: breakers_open() returns NULL with error[]; a slot may be NULL when
 * all are taken, and every function takes a NULL slot and does nothing (the
 * server counts as closed): without state, mail flows as without us.
 * Times are milliseconds since the epoch, passed in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_BREAKER_H
#define OUTRIDER_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "class.h"
#include "option.h"

#define BREAKER_SLOTS 256   /* servers that one file can hold */
#define BREAKER_INFLIGHT 64 /* connections watched for each server */
#define BREAKER_ERROR_MAX 256

struct breakers;
struct slot;

enum breaker_state {
    BREAKER_CLOSED,
    BREAKER_OPEN,   /* left alone */
    BREAKER_HANGING /* connections wait and nothing answers */
};

/* How far a connection has come: until EHLO is answered little patience. */
enum phase { PHASE_CONNECT, PHASE_BANNER, PHASE_DIALOGUE };

/* `path` is made when missing, owned by uid:gid when we are root. With
 * `write` false the file is mapped for reading and not made (error[] empty
 * when it does not exist). */
struct breakers *breakers_open(const char *path, bool write, uid_t uid,
                               gid_t gid, char *error, size_t size);
/* The same for STATE/servers of these settings; who owns the spool owns it. */
struct breakers *breakers_of(const struct settings *set, bool write,
                             char *error, size_t size);
void breakers_close(struct breakers **b);

/* The server's slot (`key` in lower case, server.h), taken when `make`; else
 * NULL when there is none. */
struct slot *breaker_slot(struct breakers *b, const char *key, bool make);
/* Slot number i from 0; NULL when unused or past the last. */
struct slot *breaker_slot_at(struct breakers *b, int i);

/* May this message go there? BREAKER_CLOSED: yes. BREAKER_OPEN: no; but when
 * its time has come and `may_probe`, one process gets the probe (then the
 * answer is BREAKER_CLOSED and *probe is true), and the next one `probe`
 * seconds later. */
enum breaker_state breaker_ask(struct slot *s, const struct settings *set,
                               int64_t now, bool may_probe, bool *probe);
/* As breaker_ask, without taking the probe. */
enum breaker_state breaker_state(struct slot *s, const struct settings *set,
                                 int64_t now);

/* Would breaker_ask let some process through now? */
bool breaker_usable(struct slot *s, const struct settings *set, int64_t now);

/* A connection begins, answers, ends. `patience`: milliseconds of silence
 * that are normal once the dialogue has begun. */
void breaker_connect(struct slot *s, pid_t pid, int64_t now, int64_t patience);
void breaker_answer(struct slot *s, pid_t pid, enum phase phase, int64_t now);
void breaker_end(struct slot *s, pid_t pid);

/* A recipient was taken: the breaker closes. */
void breaker_success(struct slot *s, int64_t now);
/* A recipient was not. A class that speaks of the server counts towards
 * opening, once for each message (`repeated`: another recipient of this one
 * has shown it); any other class shows that the server is alive. true: this
 * failure opened the breaker. */
bool breaker_failure(struct slot *s, const struct settings *set,
                     enum error_class c, bool repeated, const char *sender,
                     const char *text, int64_t now);

/* It has answered a probe that was no message: an open breaker lets the next
 * message through as its probe, now. */
void breaker_invite(struct slot *s, int64_t now);

/* Close it and forget failures in a row; counters stay. */
void breaker_reset(struct slot *s, int64_t now);
/* The SIZE that the server announced (RFC 1870), 0 for none. */
void breaker_announce(struct slot *s, uint64_t size);

/* What `outrider status` shows. */
struct breaker_view {
    char key[128];
    enum breaker_state state;
    int64_t since; /* of the state */
    int64_t until; /* when open: the next probe */
    int64_t last_ok, last_failure;
    char error[BREAKER_ERROR_MAX];
    uint64_t ok, failed[CLASS_COUNT];
    uint64_t size;
    int inflight;
};
void breaker_look(struct slot *s, const struct settings *set, int64_t now,
                  struct breaker_view *view);

/* The state could not be written lately (a full disk): *_set by who noticed,
 * *_get for a minute after it. Takes a NULL mapping. */
void breakers_degraded_set(struct breakers *b, int64_t now);
bool breakers_degraded(const struct breakers *b, int64_t now);

#endif
