/* built_in: the tables in the state directory. See built_in.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "built_in.h"

#include <stdlib.h>
#include <unistd.h>

#include "file.h"

struct place {
    char *path;
    uid_t uid;
    gid_t gid;
};

static struct place place_of(const struct settings *set, const char *name)
{
    struct place p = {text_format("%s/%s", set->state, name), geteuid(),
                      getegid()};
    file_owner(set->spool, &p.uid, &p.gid);
    return p;
}

struct table *built_in_open(const struct settings *set, const char *name,
                            char *error, size_t size)
{
    struct place p = place_of(set, name);
    struct table *t = table_open(p.path, error, size);
    free(p.path);
    return t;
}

struct table *built_in_begin(const struct settings *set, const char *name,
                             char *error, size_t size)
{
    struct place p = place_of(set, name);
    struct table *t = table_begin(p.path, p.uid, p.gid, error, size);
    free(p.path);
    return t;
}

struct table *built_in_begin_empty(const struct settings *set, const char *name,
                                   char *error, size_t size)
{
    struct place p = place_of(set, name);
    struct table *t = table_begin_empty(p.path, p.uid, p.gid, error, size);
    free(p.path);
    return t;
}

int built_in_recover(const struct settings *set, const char *name, char *error,
                     size_t size)
{
    struct place p = place_of(set, name);
    int rc = table_recover(p.path, p.uid, p.gid, error, size);
    free(p.path);
    return rc;
}
