/* environment_zone: a domain's row in DNS. See environment_zone.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environment_zone.h"

#include <string.h>

#define STRING_MAX 255
#define TTL 3600

void environment_zone_strings(const char *s, struct text *out)
{
    size_t n = 0;
    text_add(out, "\"");
    for (; *s; s++, n++) {
        unsigned char ch = (unsigned char)*s;
        if (n == STRING_MAX) {
            text_add(out, "\" \"");
            n = 0;
        }
        if (ch < ' ' || ch >= 127)
            text_addf(out, "\\%03u", ch);
        else
            text_addf(out, "%s%c", strchr("\"\\", ch) ? "\\" : "", ch);
    }
    text_add(out, "\"");
}

int environment_zone(const char *domain, const struct environment *e,
                     struct text *out)
{
    struct environment published = ENVIRONMENT_NONE;
    struct text row = {0};
    environment_fill(&published, e);
    environment_drop(&published, ~(unsigned)SAID_PUBLISHED);
    environment_format(&published, &row);
    if (row.len > 0) {
        text_addf(out, "_outrider.%s. %d IN TXT ", domain, TTL);
        environment_zone_strings(row.s, out);
        text_add(out, "\n");
    }
    int rc = row.len > 0 ? 0 : -1;
    environment_free(&published);
    text_free(&row);
    return rc;
}
