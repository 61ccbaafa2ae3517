/* environment: what a destination can receive.
 *
 * A row is text, fields NAME=VALUE with white space between, in any order:
 *
 *   size=10M           the largest message, in bytes as it is sent (line ends
 *                      as CRLF, after encoding); K, M, G are 1024^1..3. 64K at
 *                      least; none: there is no limit.
 *   compress=zip,gzip  the archives that it can open, first choice first: zip,
 *                      gzip, 7z, zstd, tar, tar.gz, tar.bz2, tar.xz, tar.zst;
 *                      none: it can open none, so what comes in one is
 * expanded. join=partial,files how it can join what was split, first choice
 * first: partial (message/partial, RFC 2046 5.2.2), files (numbered pieces of a
 * file); none: it cannot, so what comes in parts is joined. encrypt=smime:FILE
 * it gets everything encrypted: for the certificate in FILE (PEM); pgp:KEY for
 * an OpenPGP key (fingerprint or address; the hub's key ring, setting
 * pgp-home); none. decrypt=smime:FILE it cannot decrypt, so the hub does it,
 * with the key and the certificate in FILE (PEM); decrypt=pgp: with the secret
 * keys in the key ring; none. clear=no           no (default): what cannot be
 * encrypted is not sent; yes: it is sent in clear. archive=each       each
 * (default): each attachment is compressed by itself, in its place; one: all
 * into one archive. order=compress     compress (default): compress, then split
 * what is still too large; split: split, then compress the pieces. gain=10
 * percent, 0 to 99: what compressing must save at least (default 10).
 *   nothing=refuse     what is done when nothing helps: refuse (default), or
 *                      send: it is sent as it is.
 *
 * Names and words in any case; FILE and KEY as they stand: FILE is an absolute
 * path, and neither has white space in it. Each field stands in a row once. A
 * field that a row does not name is taken from a less specific row.
 *
 * Called by: environments, tools, router, transports.
 * Memory: a struct environment starts as ENVIRONMENT_NONE and is freed with
 * environment_free().
 * Fails: -1 with error[], which names the field and what is legal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ENVIRONMENT_H
#define OUTRIDER_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

#define ENVIRONMENT_SIZE_MIN (64 << 10)
#define ENVIRONMENT_NO_LIMIT 0

enum packing {
    PACKING_ZIP,
    PACKING_GZIP,
    PACKING_7Z,
    PACKING_ZSTD,
    PACKING_TAR,
    PACKING_TAR_GZ,
    PACKING_TAR_BZ2,
    PACKING_TAR_XZ,
    PACKING_TAR_ZST,
    PACKING_COUNT
};
enum joining { JOINING_PARTIAL, JOINING_FILES, JOINING_COUNT };
enum cipher { CIPHER_NONE, CIPHER_SMIME, CIPHER_PGP };

/* Bits of struct environment's `said`. */
enum {
    SAID_SIZE = 1 << 0,
    SAID_COMPRESS = 1 << 1,
    SAID_JOIN = 1 << 2,
    SAID_ENCRYPT = 1 << 3,
    SAID_DECRYPT = 1 << 4,
    SAID_CLEAR = 1 << 5,
    SAID_ARCHIVE = 1 << 6,
    SAID_ORDER = 1 << 7,
    SAID_GAIN = 1 << 8,
    SAID_NOTHING = 1 << 9,
    SAID_ALL = (1 << 10) - 1,
    /* What may be published; the others name our files, our keys and what we
     * do with other people's mail. */
    SAID_PUBLISHED = SAID_SIZE | SAID_COMPRESS | SAID_JOIN | SAID_ARCHIVE |
                     SAID_ORDER | SAID_GAIN
};

struct environment {
    unsigned said; /* the fields that the row names; others have defaults */
    int64_t size;  /* bytes on the wire; ENVIRONMENT_NO_LIMIT */
    enum packing packings[PACKING_COUNT];
    int packing_count;
    enum joining joinings[JOINING_COUNT];
    int joining_count;
    enum cipher encrypt, decrypt;
    char *encrypt_key, *decrypt_key; /* FILE or KEY; NULL for none */
    bool clear;                      /* may be sent in clear */
    bool one;                        /* all attachments into one archive */
    bool split_first;
    int gain;         /* percent */
    bool send_anyhow; /* when nothing helps */
};

/* Nothing said, every field at its default. */
#define ENVIRONMENT_NONE ((struct environment){.gain = 10})

/* Who has written a row: what somebody else has published (in DNS, by mail)
 * names no file and no key of ours, so encrypt, decrypt, clear and nothing are
 * refused there. */
enum trust { TRUST_OURS, TRUST_PUBLISHED };

/* The row's fields become *e's, in the place of what it said of them. After an
 * error *e is as it was. */
int environment_parse(struct environment *e, const char *row, enum trust trust,
                      char *error, size_t size);
/* The fields that are said, in the order above, one space between; "" for none.
 * What it makes, environment_parse() reads. */
void environment_format(const struct environment *e, struct text *out);
/* What `more` does not say, `less` says. */
void environment_fill(struct environment *more, const struct environment *less);
/* Fields (bits of SAID_*) go back to their defaults. */
void environment_drop(struct environment *e, unsigned fields);
void environment_free(struct environment *e);
/* The name of a field (one bit), and what is legal in it, in a few words; for
 * each i from 0 on, NULL after the last. */
const char *environment_field_name(int i, unsigned *field, const char **legal);

const char *packing_name(enum packing p); /* "tar.gz" */
bool environment_opens(const struct environment *e, enum packing p);
/* May something have to be opened for it? Where it says what it opens, all
 * other archives (environment_opens()); where it says only that it joins
 * nothing, what adapt itself has compressed on the way. */
bool environment_expands(const struct environment *e);
/* The largest message to be sent, with this margin for what is added on the
 * way: at least 1 byte, or ENVIRONMENT_NO_LIMIT. */
int64_t environment_limit(const struct environment *e, int64_t margin);
bool environment_joins(const struct environment *e, enum joining j);

/* "10M", "1536K", "64000", of any size: 1, or 0 for what is none. It prints the
 * same number as short as it can be, and ENVIRONMENT_NO_LIMIT as "none". */
int environment_size_parse(const char *word, int64_t *bytes);
void environment_size_print(int64_t bytes, struct text *out);

#endif
