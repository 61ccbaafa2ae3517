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

bool job_fits(const struct job *j, int64_t wire)
{
    return j->limit == ENVIRONMENT_NO_LIMIT || wire <= j->limit;
}
