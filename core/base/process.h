/* process: Exim started by us: another delivery attempt, a message submitted.
 *
 * Called by: router (watch), tools (second chance).
 * Fails: -1 when no process could be made or Exim refused; to run a message
 * again, also when the configuration file has no full path. Whatever happens
 * to the helper of process_rerun(), the message is on Exim's queue and the
 * next queue runner does the same work.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PROCESS_H
#define OUTRIDER_PROCESS_H

#include <stddef.h>

/* Which Exim: its path, its configuration file, its spool. */
struct exim {
    const char *path, *config, *spool;
};

/* A process of its own (double fork, own session, none of our descriptors)
 * waits until no other works on the message, and runs `exim -Mc id`. `queue`
 * is "" for the default queue. Returns at once. */
int process_rerun(const struct exim *e, const char *queue, const char *id);

/* The same for many messages of one queue (their ids, a line each), one after
 * the other, so that they do not all go at once. */
int process_rerun_all(const struct exim *e, const char *queue, const char *ids);

/* This process becomes Exim, with these arguments (ten at most, the last of
 * them NULL) after -C where that is needed. Does not return. */
void process_become(const struct exim *e, const char *const *words)
    __attribute__((noreturn));

/* The same: an Exim that moves the message from one queue ("" for the default
 * one) to another; or, where a delivery of it ended in the middle, one that
 * attempts it again (spool_journal()). `directory` is where it is. */
void process_move(const struct exim *e, const char *directory, const char *from,
                  const char *to, const char *id) __attribute__((noreturn));

/* Goes on in a process of its own (double fork, own session, none of our
 * descriptors): 1 in it, which must end with _exit(); 0 in the caller,
 * -1 there when it could not be made. It is killed after two hours. */
int process_detach(void);

/* For a program that Exim's pipe transport runs: goes on in a child, whose exit
 * code becomes the program's. Exim takes a program that a signal has ended for
 * one that refused for good, and returns or freezes the message; so whatever
 * ends the child, the exit code is EX_TEMPFAIL (a line on standard output says
 * which signal it was; died(), where it is not NULL, is called then), and a
 * child whose parent is gone ends too, before it does behind Exim's back what
 * Exim has given up. */
void process_in_child(void (*died)(void));

/* This process, and what it starts, gets no more memory than that
 * (RLIMIT_DATA); what the functions above start has the limit that was there
 * before. */
void process_limit_memory(size_t bytes);

/* Submits `message` from <> to `address`; 0 when Exim has it on its queue. */
int process_submit(const struct exim *e, const char *address,
                   const char *message, size_t len);

#endif
