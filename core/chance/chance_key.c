/* chance_key: the address that a bounce comes back to. See chance_key.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "chance_key.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "spool.h"
#include "text.h"

static bool readable(const char *s, size_t i)
{
    unsigned char ch = (unsigned char)s[i];
    if (isalnum(ch) && ch < 128)
        return true;
    if (ch == '-' || ch == '_')
        return true;
    return ch == '.' && i > 0 && isalnum((unsigned char)s[i - 1]) &&
           isalnum((unsigned char)s[i + 1]);
}

static void add_encoded(struct text *out, const char *s)
{
    for (size_t i = 0; s[i]; i++)
        if (readable(s, i))
            text_addn(out, s + i, 1);
        else
            text_addf(out, "=%02X", (unsigned char)s[i]);
}

char *chance_key_address(const struct settings *set, const struct chance_key *k)
{
    struct text t = {0};
    text_addf(&t, "%s+%s+", k->id, k->tag);
    add_encoded(&t, k->server);
    text_add(&t, "+");
    add_encoded(&t, k->sender);
    text_addf(&t, "@%s", set->domain);
    return t.s;
}

static char *decoded(const char *s, size_t n)
{
    struct text t = {0};
    text_add(&t, "");
    for (size_t i = 0; i < n; i++) {
        char hex[3] = {0}, byte = s[i];
        if (s[i] == '=' && i + 2 < n && isxdigit((unsigned char)s[i + 1]) &&
            isxdigit((unsigned char)s[i + 2])) {
            memcpy(hex, s + i + 1, 2);
            byte = (char)strtol(hex, NULL, 16);
            i += 2;
        }
        if (byte)
            text_addn(&t, &byte, 1);
    }
    return t.s;
}

/* A line end would make recipients and header fields of its own. */
static bool printable(const char *s)
{
    for (; *s; s++)
        if (iscntrl((unsigned char)*s))
            return false;
    return true;
}

int chance_key_parse(const char *local_part, struct chance_key *k)
{
    const char *part[4] = {local_part};
    size_t length[4];
    *k = (struct chance_key){0};
    for (int i = 0; i < 3; i++) {
        length[i] = strcspn(part[i], "+");
        if (!part[i][length[i]])
            return 0;
        part[i + 1] = part[i] + length[i] + 1;
    }
    length[3] = strlen(part[3]);
    k->id = strndup(part[0], length[0]);
    k->tag = strndup(part[1], length[1]);
    k->server = decoded(part[2], length[2]);
    k->sender = decoded(part[3], length[3]);
    if (spool_is_id(k->id) && *k->server && keep_is_tag(k->tag) &&
        printable(k->server) && printable(k->sender))
        return 1;
    chance_key_free(k);
    return 0;
}

void chance_key_free(struct chance_key *k)
{
    free(k->id);
    free(k->tag);
    free(k->server);
    free(k->sender);
    *k = (struct chance_key){0};
}
