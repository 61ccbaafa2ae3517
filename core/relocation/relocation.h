/* relocation: old address -> new address.
 *
 * A row says where an address has moved, or that it is *gone*: moved, and its
 * new address is not known yet. Rows are in the built-in table
 * (STATE/relocations.db), or come from any lookup of Exim's, which yields
 * the same text.
 *
 * A row as text, in an export, a lookup's value (without OLD) and in the
 * table: fields with white space between,
 *     OLD NEW [TIME [BY [NOTE...]]]
 * OLD    user@old.example, or *@old.example for a whole domain. A local part
 *        with white space stands in quotes. Case does not matter.
 * NEW    its new address; *@new.example keeps the local part; "gone" while it
 *        is not known.
 * TIME   of registration: 2026-11-22T10:00:00Z (RFC 3339), or seconds since
 *        the epoch, or "-" for not known.
 * BY     who has registered it, one word; "-" for not known. NOTE is anything.
 *
 * Found in this order: the address itself; without its extension (user+tag,
 * which the new address keeps); its domain's wildcard. Found again for the
 * new address, and so on (a chain), RELOCATION_HOPS times at most; a chain
 * that comes back to itself moves nothing.
 *
 * Called by: local_scan, router, tools, held.
 * Memory: *_free() beside what fills it in.
 * Fails: -1 with error[]; 1 found, 0 not found.
 * Times are seconds since the epoch, 0 for not known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_RELOCATION_H
#define OUTRIDER_RELOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"
#include "text.h"

#define RELOCATION_HOPS 20

struct relocation_row {
    char *old, *new; /* new is "" while it is not known */
    int64_t time;
    char *by, *note; /* "" for none */
};

/* A row as text, after OLD when `old` is given: 0, or -1 with error[]. */
int relocation_row_parse(struct relocation_row *r, const char *old,
                         const char *line, char *error, size_t size);
/* The reverse; with `whole` from OLD on. */
void relocation_row_format(const struct relocation_row *r, bool whole,
                           struct text *out);
void relocation_row_free(struct relocation_row *r);
/* "2026-11-22T10:00:00Z" in out[]; returns it. */
const char *relocation_time(int64_t when, char *out, size_t size);
int relocation_time_parse(const char *word, int64_t *when);

/* Where rows come from. get(): the row's text without OLD, for one key
 * (relocation_key()): 1, 0, -1. */
struct relocation_source {
    int (*get)(const char *key, struct text *row, void *context, char *error,
               size_t size);
    void *context;
};

/* The address as a key: lower case, a local part quoted only where it must
 * be. 0, or -1 for what is no address, or has control characters: such a one
 * has no row. */
int relocation_key(const char *address, struct text *key);

enum relocation_kind { RELOCATION_NONE, RELOCATION_MOVED, RELOCATION_GONE };

struct relocation {
    enum relocation_kind kind;
    char *address; /* MOVED: the new address; GONE: the one that is gone (the
                      last of its chain) */
    char *row;     /* the last row's OLD: address, or wildcard */
    int64_t time;  /* of the last row */
    bool loop;     /* the chain comes back to itself; kind is NONE */
};

int relocation_resolve(const struct relocation_source *source,
                       const struct settings *set, const char *address,
                       struct relocation *r, char *error, size_t size);
void relocation_free(struct relocation *r);
/* A row that has been gone for longer than the setting `gone` counts no more
 * for what comes after that. */
bool relocation_expired(const struct relocation *r, const struct settings *set,
                        int64_t when);

#endif
