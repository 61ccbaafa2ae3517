/* job: what one run of adapt works with. See job.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>

void job_report(struct job *j, const char *format, ...)
{
    char words[500];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    text_addf(&j->report, "%s%s", j->report.len > 0 ? "; " : "", words);
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
