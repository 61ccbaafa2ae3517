/* spool: Exim's queue files, as its specification describes them ("Format of
 * spool files"): read a -H file, keep a message, put a copy on the queue.
 *
 * Called by: router (keep, wait), chance.
 * Memory: spool_header_free() frees what spool_header_read() filled in.
 * Fails: -1 with error[]; 1 found, 0 not found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_SPOOL_H
#define OUTRIDER_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"
#include "text.h"

#define SPOOL_ID_MAX 24 /* "tttttt-ppppppppppp-ssss" and its end */

/* Exim's DSN flags of a recipient (macros.h, all versions since 4.80). */
#define SPOOL_NOTIFY_NEVER 0x02
#define SPOOL_NOTIFY_SUCCESS 0x04
#define SPOOL_NOTIFY_FAILURE 0x08
#define SPOOL_NOTIFY_DELAY 0x10
#define SPOOL_NOTIFY 0x1e

/* Where a number stands in a recipient's line; len 0: nowhere. */
struct spool_number {
    size_t at, len;
};

struct spool_recipient {
    char *line; /* as it stands in the file */
    char *address;
    int dsn_flags;
    struct spool_number flags;  /* these */
    struct spool_number parent; /* the place in the list of the recipient that
                                   a redirection with one_time made it of */
};

struct spool_header {
    char *id;
    char *top; /* user, sender, times and variables, to the tree */
    char *sender;
    int64_t received; /* seconds since the epoch */
    int warnings;     /* of a delay, that its sender has had */
    int64_t frozen;   /* since then; 0: it is not */
    char *history;    /* value of $acl_m_outrider, "" when unset */
    char *mark;       /* value of $acl_m_outrider_mark, "" when unset */
    struct text done; /* addresses that are finished with, a line each */
    struct spool_recipient *recipients;
    int count;
    char *headers; /* the blank line and all after it */
    /* Where these begin in the file: our variable aside, a file is changed in
     * place by its parts. */
    size_t variables_at, tree_at, recipients_at, headers_at;
};

/* Other numbers for a copy with another body: of lines (-body_linecount), the
 * longest line (-max_received_linelength), NULs (-body_zerocount). Only those
 * that are there. */
void spool_header_set_lines(struct spool_header *h, long lines);
void spool_header_set_longest(struct spool_header *h, long bytes);
void spool_header_set_zeros(struct spool_header *h, long zeros);

/* Another value of $acl_m_outrider_mark, "" for none; and a body that has LF
 * line ends, whatever spool_wireformat says. */
void spool_header_set_mark(struct spool_header *h, const char *mark);
void spool_header_set_plain(struct spool_header *h);
/* Has the body CRLF line ends (Exim's spool_wireformat)? */
bool spool_header_wire(const struct spool_header *h);

/* The lines of a -H file that hold this header block (RFC 5322, "\n" ends a
 * line, nothing after the last field), the blank line ahead of them. */
void spool_headers_format(const char *block, struct text *out);

/* A line of a -H file that begins an ACL variable ("-aclm NAME LENGTH", with
 * more dashes or a quoter too): 1, its name with m or c before it, and the
 * length of the value, which follows on lines of its own; 0 for other lines. */
int spool_variable(const char *line, char name[64], size_t *length);

/* When it arrived, in seconds since the epoch, and no warning so far. */
void spool_header_set_received(struct spool_header *h, int64_t when);

/* The flags without NOTIFY=SUCCESS, and all else as it was. */
int spool_notify_less(int dsn_flags);
/* Other DSN flags, for a recipient that has some. */
void spool_recipient_notify(struct spool_recipient *r, int dsn_flags);

/* Is this a message id of Exim's (16 or 23 characters)? */
bool spool_is_id(const char *id);

int spool_header_read(const char *path, struct spool_header *h, char *error,
                      size_t size);
void spool_header_free(struct spool_header *h);
/* As spool_header_read, from memory (and the fuzzer's way in). */
int spool_header_parse(char *data, struct spool_header *h, char *error,
                       size_t size);
const struct spool_recipient *
spool_header_recipient(const struct spool_header *h, const char *address);
bool spool_header_done(const struct spool_header *h, const char *address);

/* Exim raises msg:fail:delivery only for a recipient without NOTIFY, or with
 * NOTIFY=FAILURE alone; for others it does so only when it writes no bounce
 * for them, which depends on the other recipients (docs/exim-versions.md). */
bool spool_no_event(int dsn_flags);
/* NOTIFY without FAILURE: the sender wants no failure notice (RFC 3461 4.1) */
bool spool_no_bounce(int dsn_flags);

/* The ids of all messages on this queue ("" for the default one), in order:
 * oldest first. *ids is to be freed (one block); the count, or -1. */
int spool_list(const char *spool, const char *queue,
               char (**ids)[SPOOL_ID_MAX]);

/* The input directory that holds ID-H, on any of Exim's queues: 1, 0, -1. */
int spool_find(const char *spool, const char *id, struct text *directory);
/* The same, on this queue alone ("" for the default one): 1 or 0. */
int spool_find_on(const char *spool, const char *queue, const char *id,
                  struct text *directory);

/* Both: the -H file of a message on any queue, and where that is. 1, 0, -1. */
int spool_message_read(const char *spool, const char *id,
                       struct spool_header *h, struct text *directory,
                       char *error, size_t size);

/* Waits until no Exim process works on the message, `ms` milliseconds at most
 * (-1: for ever). 1: it is still there and free; 0: it is gone; -1: still
 * locked when the time was over. Returns at once with the lock given up. */
int spool_wait(const char *directory, const char *id, int ms);

/* The same, and the lock is kept: 1 and *fd, whose close() gives it up. */
int spool_lock(const char *directory, const char *id, int ms, int *fd);

/* The -H file with this text, as Exim itself replaces it: by one rename(2). Its
 * lock must be held (spool_lock()). 0 or -1. */
int spool_header_replace(const char *directory, const char *id,
                         const struct text *text, char *error, size_t size);

/* The descriptor by which this process has the file open; -1 where it has not.
 * Exim has its lock on the -D file of the message that it delivers for as long
 * as this process closes none of its descriptors of that file (fcntl(2): with
 * one close() all its locks are gone, and another Exim delivers the message
 * too). So code inside Exim must not open it. */
int spool_descriptor(const char *path);

/* Did a delivery of the message end in the middle? Then Exim has kept in a
 * journal who has it, and reads that at the next attempt; `exim -MG` leaves it
 * behind, so such a message must not be moved. */
bool spool_journal(const char *directory, const char *id);

/* Adds the fields of a -H file (spool_header.headers) as one block, those that
 * are deleted aside. */
void spool_headers_block(const struct spool_header *h, struct text *out);

/* A message id that no message has: time, process, fraction, as Exim makes
 * them, as long as `like`. */
void spool_new_id(const char *like, char id[SPOOL_ID_MAX]);

/* The text of a -H file for a copy of `h`: id `id`, the recipients for which
 * pick() is true (and every name in `extra` that the message does not have,
 * a line each), nothing done yet, its first delivery still to come,
 * $acl_m_outrider set to `history`. */
void spool_header_copy(const struct spool_header *h, const char *id,
                       bool (*pick)(const char *address, void *context),
                       void *context, const char *extra, const char *history,
                       struct text *out);

#endif
