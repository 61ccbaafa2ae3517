/* fuzz_row: rows of old and new addresses from hostile text.
 *
 * The input is a row with its old address, and one without. What is taken can
 * stand in a line of an export, holds keys and addresses only, and is the same
 * row when it is formatted and parsed again. Times come back too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "relocation.h"

#define OLD "Old.User@old.example"

static bool printable(const char *s)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
            return false;
    return true;
}

static void check_key(const char *address, bool same)
{
    struct text key = {0};

    FUZZ_ASSERT(relocation_key(address, &key) == 0);
    FUZZ_ASSERT(!same || strcmp(key.s, address) == 0);
    text_free(&key);
}

static void check_fields(const struct relocation_row *r)
{
    check_key(r->old, true);
    if (*r->new != '\0')
        check_key(r->new, false);
    FUZZ_ASSERT(printable(r->old) && printable(r->new));
    FUZZ_ASSERT(printable(r->by) && printable(r->note));
    FUZZ_ASSERT(strpbrk(r->by, " \t") == NULL || strpbrk(r->by, "\"\\"));
}

static void check_same(const struct relocation_row *a,
                       const struct relocation_row *b)
{
    FUZZ_ASSERT(strcmp(a->old, b->old) == 0);
    FUZZ_ASSERT(strcmp(a->new, b->new) == 0);
    FUZZ_ASSERT(strcmp(a->by, b->by) == 0);
    FUZZ_ASSERT(strcmp(a->note, b->note) == 0);
    FUZZ_ASSERT(a->time == b->time);
}

static void check_again(const struct relocation_row *r, bool whole)
{
    char error[300];
    struct relocation_row again;
    struct text line = {0};

    relocation_row_format(r, whole, &line);
    FUZZ_ASSERT(strchr(line.s, '\n') == NULL);
    FUZZ_ASSERT(relocation_row_parse(&again, whole ? NULL : r->old, line.s,
                                     error, sizeof error) == 0);
    check_same(r, &again);
    relocation_row_free(&again);
    text_free(&line);
}

static void check_row(const char *old, const char *line)
{
    char error[300] = "";
    struct relocation_row r;

    if (relocation_row_parse(&r, old, line, error, sizeof error) == 0) {
        check_fields(&r);
        check_again(&r, true);
        check_again(&r, false);
    } else
        FUZZ_ASSERT(error[0] != '\0' && r.old == NULL && r.note == NULL);
    relocation_row_free(&r);
}

static void check_time(const char *word)
{
    int64_t when = -1, again = -1;
    char stamp[40];

    if (relocation_time_parse(word, &when) == -1)
        return;
    relocation_time(when, stamp, sizeof stamp);
    FUZZ_ASSERT(relocation_time_parse(stamp, &again) == 0 && again == when);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);

    check_row(NULL, input);
    check_row(OLD, input);
    check_row(input, "new@new.example");
    check_time(input);
    free(input);
    return 0;
}
