/* fuzz_translog: hostile lines of a log, and hostile values written to one
 * and read back, in both formats. What was read once (a byte that is no UTF-8
 * is then a character) stays the same for ever.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "translog.h"

static char *round_trip(const char *value, enum log_format format)
{
    struct record r = {.kind = RECORD_TRANSMISSION,
                       .now = 1700000000123,
                       .message_id = "1vMqTr-000000001Ab-0001",
                       .server = value,
                       .from = value,
                       .to = value,
                       .result = "defer",
                       .class = CLASS_RATE,
                       .stage = STAGE_RCPT,
                       .code = 450,
                       .action = value,
                       .attempt = 1,
                       .duration = 10,
                       .text = value};
    struct text line = {0};
    struct fields f;
    char *back;

    translog_format(&r, format, &line);
    FUZZ_ASSERT(strchr(line.s, '\n') == NULL);
    FUZZ_ASSERT(translog_parse(line.s, &f) == 0);
    FUZZ_ASSERT(strcmp(translog_field(&f, "class"), "rate") == 0);
    back = text_copy(translog_field(&f, "from"));
    FUZZ_ASSERT(strcmp(translog_field(&f, "to"), back) == 0);
    FUZZ_ASSERT(strcmp(translog_field(&f, "server"), back) == 0);
    translog_fields_free(&f);
    text_free(&line);
    return back;
}

static void check_round(const char *value, enum log_format format)
{
    char *once = round_trip(value, format);
    char *twice = round_trip(once, format);

    FUZZ_ASSERT(strcmp(once, twice) == 0);
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size);
    struct fields f;

    if (translog_parse(input, &f) == -1)
        FUZZ_ASSERT(f.count == 0);
    translog_fields_free(&f);
    check_round(input, LOG_KEYVALUE);
    check_round(input, LOG_JSON);
    free(input);
    return 0;
}
