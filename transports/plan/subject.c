/* subject: the subjects, and the identity, of the parts of a message. See
 * subject.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "subject.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <string.h>
#include <sys/random.h>

#include "field.h"

void subject_numbered(const char *block, int number, int total,
                      struct text *out)
{
    struct text value = {0};
    field_value(block, "Subject", &value);
    text_addf(out, "Subject: %s%s(%d/%d)\n", text_str(&value),
              value.len > 0 ? " " : "", number, total);
    text_free(&value);
}

void subject_id(const struct job *j, struct text *out)
{
    unsigned char random[8] = {0};
    if (getrandom(random, sizeof random, 0) == -1)
        random[0] = 1;
    text_addf(out, "%s.", *j->id ? j->id : "adapt");
    for (size_t i = 0; i < sizeof random; i++)
        text_addf(out, "%02x", random[i]);
}

#define FILE_NAME_MAX 24

void subject_file(const char *block, const char *id, struct text *out)
{
    struct text value = {0};
    size_t begin = out->len;
    field_value(block, "Subject", &value);
    char *decoded = g_mime_utils_header_decode_text(NULL, text_str(&value));
    for (const char *p = decoded; *p && out->len - begin < FILE_NAME_MAX; p++) {
        bool plain = isascii((unsigned char)*p) && isalnum((unsigned char)*p);
        if (plain)
            text_addn(out, p, 1);
        else if (out->len > begin && out->s[out->len - 1] != '_')
            text_add(out, "_");
    }
    while (out->len > begin && out->s[out->len - 1] == '_')
        text_cut(out, out->len - 1);
    if (out->len == begin)
        text_addf(out, "message_%s",
                  id + (strlen(id) > 4 ? strlen(id) - 4 : 0));
    g_free(decoded);
    text_free(&value);
}

int64_t subject_date(const char *block)
{
    struct text value = {0};
    int64_t when = 0;
    if (field_value(block, "Date", &value) == 1) {
        GDateTime *date = g_mime_utils_header_decode_date(value.s);
        if (date) {
            when = g_date_time_to_unix(date);
            g_date_time_unref(date);
        }
    }
    text_free(&value);
    return when > 0 ? when : 0;
}

void subject_references(const char *block, const char *id, struct text *out)
{
    struct text value = {0};
    field_value(block, "References", &value);
    text_addf(out, "References: %s%s%s\n", text_str(&value),
              value.len > 0 ? "\n\t" : "", id);
    text_free(&value);
}

int subject_digits(int total)
{
    int digits = 3;
    for (int limit = 1000; total >= limit && digits < 5; limit *= 10)
        digits++;
    return digits;
}
