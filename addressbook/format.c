/* format: the kinds of address books there are. See format.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "format.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

#define FORMATS_MAX 32

static const struct format *formats[FORMATS_MAX];
static int format_count;

void format_add(const struct format *format)
{
    int at = format_count;
    if (at == FORMATS_MAX)
        abort();
    for (; at > 0 && strcmp(formats[at - 1]->name, format->name) > 0; at--)
        formats[at] = formats[at - 1];
    formats[at] = format;
    format_count++;
}

const struct format *format_next(const struct format *after)
{
    int at = 0;
    while (after && at < format_count && formats[at++] != after)
        ;
    return at < format_count ? formats[at] : NULL;
}

const struct format *format_find(const char *name)
{
    for (int i = 0; i < format_count; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

void entries_add(struct entries *e, const char *name, const char *address)
{
    e->list = array_room(e->list, e->count, sizeof *e->list);
    e->list[e->count++] =
        (struct entry){.name = text_copy(name), .address = text_copy(address)};
}

void entries_free(struct entries *e)
{
    for (int i = 0; i < e->count; i++) {
        free(e->list[i].name);
        free(e->list[i].address);
    }
    free(e->list);
    *e = (struct entries){0};
}
