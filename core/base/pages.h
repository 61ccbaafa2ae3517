/* pages: Berkeley DB kept from a page of zeros, in which it walks for ever.
 *
 * Such a page is what a disk gives that has lost one, or a sparse backup;
 * Berkeley DB 5.3 takes it for a hole and checks no checksum. While the guard
 * is on, it reads as damaged. B-trees have no holes; other databases of the
 * process (Exim's own) may, so the guard is on during our calls alone.
 *
 * Called by: store, table_copy.
 * Fails: never.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PAGES_H
#define OUTRIDER_PAGES_H

/* In pairs; they count. */
void pages_guard(void);
void pages_unguard(void);

#endif
