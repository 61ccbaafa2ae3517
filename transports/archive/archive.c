/* archive: what reading and writing archives have in common. See archive.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <unistd.h>

#include "archive_parts.h"
#include "text.h"

/* An empty struct entries has fd 0, which is never a temporary file's. */
void entries_free(struct entries *e)
{
    for (int i = 0; i < e->count; i++)
        free(e->list[i].name);
    free(e->list);
    if (e->fd > 0)
        close(e->fd);
    *e = (struct entries){.fd = -1};
}

/* glibc has C.UTF-8 wherever it is; without it names are ASCII's. */
locale_t archive_locale(void)
{
    static locale_t utf8;
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    return utf8 ? utf8 : LC_GLOBAL_LOCALE;
}

int64_t archive_time(int64_t time)
{
    return time < 0 ? 0 : time > INT32_MAX ? INT32_MAX : time;
}
