/* pages: Berkeley DB kept from a page of zeros. See pages.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pages.h"

#include <db.h>
#include <string.h>
#include <unistd.h>

#define PAGE_MIN 512

/* See __db_pgin() for what it takes for a hole. */
static ssize_t page_read(int fd, void *page, size_t len, off_t at)
{
    static const char hole[26]; /* the header, as far as the page's type */
    ssize_t n = pread(fd, page, len, at);
    if (n >= PAGE_MIN && (size_t)n == len &&
        memcmp(page, hole, sizeof hole) == 0)
        memset(page, 0xff, len);
    return n;
}

static int guards;

void pages_guard(void)
{
    if (guards++ == 0)
        db_env_set_func_pread(page_read);
}

void pages_unguard(void)
{
    if (--guards == 0)
        db_env_set_func_pread(NULL);
}
