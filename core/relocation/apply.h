/* apply: addresses replaced in alias files, lists of members and .forward
 * files.
 *
 * Only addresses with a domain are replaced, in an alias file only those on
 * the right hand side. Names of local users, pipes, files, :include: and what
 * follows :fail:, comments, white space, order and line ends stay byte for
 * byte. A new address whose local part begins with one of | / : \ # is not
 * used. Exim's and Sieve's filters are programs: they are refused.
 *
 * Called by: outrider relocation apply.
 * Memory: out and diff are the caller's, to be added to.
 * Fails: -1 with error[]; the file is then as it was.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_APPLY_H
#define OUTRIDER_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "mailbox.h"
#include "text.h"

#define APPLY_BYTES_MAX ((size_t)64 << 20)

enum apply_kind {
    APPLY_GUESS,   /* by the first line that says something */
    APPLY_ALIASES, /* name: address, address */
    APPLY_MEMBERS, /* of a list: an address a line, perhaps with a name */
    APPLY_FORWARD, /* both are read alike, as Exim's redirect router does */
};

struct apply {
    enum apply_kind kind;
    mailbox_new *new_of;
    void *context;
};

/* Adds the changed text; returns how many addresses were changed. */
int apply_text(const struct apply *a, const char *in, size_t len,
               struct text *out, char *error, size_t size);

/* The same for a file, which is replaced at one blow and keeps its owner, its
 * mode and its extended attributes; a symbolic link stays one, a hard link
 * does not. Adds a unified diff, nothing when nothing differs. A dry run
 * writes nothing. */
int apply_file(const struct apply *a, const char *path, bool dry_run,
               struct text *diff, char *error, size_t size);

#endif
