/* test_adapt_job: what the log is told of one run: a line that can be printed,
 * and is not long, whatever a sender has called his files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "job.h"
#include "unit.h"

#define LENGTH(x) (sizeof(x) / sizeof *(x))
#define MOST 1100 /* bytes; Exim's max_output is 20480, where it is not set */

static const struct {
    const char *label, *words, *want;
} reports[] = {
    {"words", "encrypted", "encrypted"},
    {"a line end", "a\nb.zip not expanded", "a\\nb.zip not expanded"},
    {"a carriage return", "a\rb", "a\\rb"},
    {"an escape", "\033[2J", "\\033[2J"},
    {"other letters", "\303\274.zip", "\\303\\274.zip"},
    {"per cent", "%s%n", "%s%n"},
};

static void check_words(void)
{
    for (size_t i = 0; i < LENGTH(reports); i++) {
        struct job j = {0};
        job_report(&j, "%s", reports[i].words);
        unit_str(reports[i].label, "report", text_str(&j.report),
                 reports[i].want);
        job_report(&j, "%d", 2);
        unit_has(reports[i].label, "joined", text_str(&j.report), "; 2");
        text_free(&j.report);
    }
}

static void check_many(const char *words, const char *end)
{
    struct job j = {0};
    for (int i = 0; i < 150; i++) {
        job_report(&j, "%s not expanded", words);
        unit_true("many", j.report.len > 0 && j.report.len <= MOST);
    }
    unit_str("many", "end", j.report.s + j.report.len - strlen(end), end);
    for (size_t i = 0; i < j.report.len; i++)
        unit_true("many: printable",
                  j.report.s[i] >= ' ' && j.report.s[i] < 127);
    text_free(&j.report);
}

/* A name that is cut off is not cut off in the middle of a character. */
static void check_long(void)
{
    for (size_t n = 380; n < 410; n++) {
        struct job j = {0};
        char name[420];
        memset(name, 'x', n);
        snprintf(name + n, sizeof name - n, "\303\274\n");
        job_report(&j, "%s%s", name, name);
        size_t at = j.report.len - 3;
        unit_str("long", "end", j.report.s + at, "...");
        for (size_t back = 1; back < 4; back++)
            unit_true("long: a whole escape",
                      j.report.s[at - back] != '\\' || back == 4);
        text_free(&j.report);
    }
}

/* What is taken back leaves the report as it was, also where it only counts. */
static void check_taken_back(void)
{
    for (int before = 0; before < 40; before++) {
        struct job j = {0};
        struct text was = {0};
        for (int i = 0; i < before; i++)
            job_report(&j, "%030d", i);
        struct reported until = job_reported(&j);
        text_add(&was, text_str(&j.report));
        for (int i = 0; i < before; i++)
            job_report(&j, "%d", i);
        job_unreport(&j, until);
        unit_str("taken back", "report", text_str(&j.report), was.s);
        text_free(&was);
        text_free(&j.report);
    }
}

int main(void)
{
    char name[300];
    check_words();
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    check_many("a.zip", "; and 100 more");
    check_many(name, "; and 147 more");
    memset(name, '\n', sizeof name - 1);
    check_many(name, "; and 148 more");
    check_long();
    check_taken_back();
    return unit_end();
}
