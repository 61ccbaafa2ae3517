/* original: what a part was before adapt put something in its place. See
 * original.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "original.h"

#include <string.h>

#include "field.h"

#define DIGEST "Digest"

static bool is_one_of_three(const struct field *f, const char *prefix)
{
    size_t n = strlen(prefix);
    struct field rest = {f->s + n, f->len - n, f->name_len - n};
    return field_begins(f, prefix) &&
           (field_is(&rest, "Content-Type") ||
            field_is(&rest, "Content-Disposition") ||
            field_is(&rest, "Content-Transfer-Encoding"));
}

/* The new fields stand where the first of the old ones stood. */
void original_wrap(const char *prefix, const char *block, const char *fresh,
                   const char *digest, struct text *out)
{
    bool placed = false;
    for (struct field f; field_next(&block, &f);) {
        bool ours = is_one_of_three(&f, "");
        if (ours && !placed)
            text_add(out, fresh), placed = true;
        if (ours)
            text_add(out, prefix);
        text_addn(out, f.s, f.len);
    }
    if (!placed)
        text_add(out, fresh);
    text_addf(out, "%s" DIGEST ": sha-256=%s\n", prefix, digest);
}

static bool is_digest(const struct field *f, const char *prefix)
{
    size_t n = strlen(prefix);
    struct field rest = {f->s + n, f->len - n, f->name_len - n};
    return field_begins(f, prefix) && field_is(&rest, DIGEST);
}

void original_unwrap(const char *prefix, const char *block, struct text *out)
{
    for (struct field f; field_next(&block, &f);) {
        if (is_one_of_three(&f, prefix))
            text_addn(out, f.s + strlen(prefix), f.len - strlen(prefix));
        else if (!is_one_of_three(&f, "") && !is_digest(&f, prefix))
            text_addn(out, f.s, f.len);
    }
}

int original_digest(const char *block, struct text *out)
{
    struct text value = {0};
    static const char how[] = "sha-256=";
    int found = field_value(block, ORIGINAL_COMPRESSED DIGEST, &value);
    found = found && strncmp(value.s, how, strlen(how)) == 0;
    if (found)
        text_add(out, value.s + strlen(how));
    text_free(&value);
    return found;
}
