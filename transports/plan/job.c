/* job: what one run of adapt works with. See job.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Exim ends a program that writes more than max_output of the transport. */
#define REPORT_MAX 1000
#define WORDS_MAX 400

/* What senders chose is in it, such as names of files: one line, printable. */
static void words_print(const char *words, struct text *out)
{
    text_printed(words, out);
    if (out->len <= WORDS_MAX)
        return;
    text_cut(out, WORDS_MAX);
    char *escape = strrchr(out->s, '\\');
    if (escape && out->s + out->len - escape < 4)
        text_cut(out, (size_t)(escape - out->s));
    text_add(out, "...");
}

/* The report can be read after each of them. */
void job_report(struct job *j, const char *format, ...)
{
    char words[WORDS_MAX + 2];
    struct text printed = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    words_print(words, &printed);
    if (j->report_more == 0 && j->report.len + printed.len <= REPORT_MAX) {
        text_addf(&j->report, "%s%s", j->report.len > 0 ? "; " : "", printed.s);
        j->report_end = j->report.len;
    } else {
        job_unreport(j, (struct reported){j->report_end, j->report_more + 1});
    }
    text_free(&printed);
}

struct reported job_reported(const struct job *j)
{
    return (struct reported){j->report_end, j->report_more};
}

void job_unreport(struct job *j, struct reported until)
{
    text_cut(&j->report, until.end);
    j->report_end = until.end;
    j->report_more = until.more;
    if (until.more > 0)
        text_addf(&j->report, "; and %d more", until.more);
}

bool job_too_many(struct job *j, int parts)
{
    bool over = parts > j->settings->adapt_parts;
    if (over)
        text_addf(&j->refusal,
                  "it would be more than %d parts (setting adapt-parts)",
                  j->settings->adapt_parts);
    return over;
}

void job_size(int64_t bytes, struct text *out)
{
    if (bytes >= 10 << 20)
        text_addf(out, "%lld MB", (long long)(bytes >> 20));
    else
        text_addf(out, "%lld KB", (long long)((bytes + 1023) >> 10));
}

bool job_fits(const struct job *j, int64_t wire)
{
    return j->limit == ENVIRONMENT_NO_LIMIT || wire <= j->limit;
}
