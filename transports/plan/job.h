/* job: what one run of adapt works with.
 *
 * Called by: all that decide something.
 * Memory: borrows; report and refusal are text_free()d by whoever began it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_JOB_H
#define OUTRIDER_JOB_H

#include "environment.h"
#include "option.h"
#include "text.h"

struct job {
    const struct settings *settings;
    const struct environment *row; /* of the destination */
    const char *host;              /* the right side of message ids we make */
    const char *id;         /* of the message on Exim's spool, "" for none */
    const char *recipients; /* for texts; "" for not known */
    int64_t date;           /* of files in archives, seconds since the epoch */
    int64_t limit;          /* bytes on the wire; ENVIRONMENT_NO_LIMIT */
    struct text report; /* what was done, for the log: words joined by "; " */
    size_t report_end;  /* where its words end that are not counted only */
    int report_more;    /* how many are */
    bool secret;        /* refused because it cannot be encrypted */
    int64_t wire; /* refused because it has so many bytes on the wire; 0 */
    bool sealed;  /* once it is encrypted */
    struct text refusal; /* why the message cannot go, for its sender */
};

/* Adds a few words to the report: printable, and of many in the end no more
 * than how many there are. */
void job_report(struct job *j, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Where the report is, and back to there: what was done is taken back. */
struct reported {
    size_t end;
    int more;
};
struct reported job_reported(const struct job *j);
void job_unreport(struct job *j, struct reported until);
/* Does something of this size fit? */
bool job_fits(const struct job *j, int64_t wire);
/* So many parts are too many (adapt-parts): the refusal says so. */
bool job_too_many(struct job *j, int parts);
/* A size for people to read, such as "1378 KB". */
void job_size(int64_t bytes, struct text *out);

#endif
