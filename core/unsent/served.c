/* served: does anybody look after a queue of ours? See served.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "served.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

static char *served_path(const struct settings *set, enum service service)
{
    return text_format("%s/%s.alive", set->state,
                       service == SERVICE_HELD ? "held" : "unsent");
}

/* A new file in the place of the old one: whatever has become of that, and
 * whosever it was. */
int served_sign(const struct settings *set, enum service service, int64_t now,
                char *error, size_t size)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char stamp[32], *path = served_path(set, service);
    char *fresh = text_format("%s.new", path);
    file_owner(set->spool, &uid, &gid);
    int fd = -1, rc = file_directory(set->state, uid, gid, error, size);
    if (rc == 0)
        fd = file_create(fresh, uid, gid, error, size);
    snprintf(stamp, sizeof stamp, "%" PRId64 "\n", now);
    if (fd != -1 &&
        (write(fd, stamp, strlen(stamp)) != (ssize_t)strlen(stamp) ||
         rename(fresh, path) == -1))
        rc = text_error(error, size, "%s: %s", path, strerror(errno));
    if (fd != -1)
        close(fd);
    free(fresh);
    free(path);
    return fd == -1 ? -1 : rc;
}

int64_t served_last(const struct settings *set, enum service service)
{
    struct text stamp = {0};
    char error[300], *path = served_path(set, service);
    int64_t last = 0;
    if (file_read(path, 100, &stamp, error, sizeof error) == 1)
        last = strtoll(text_str(&stamp), NULL, 10);
    text_free(&stamp);
    free(path);
    return last;
}

bool served(const struct settings *set, enum service service, int64_t now)
{
    int64_t last = served_last(set, service);
    return last > 0 && now - last < SERVED_MS && last - now < SERVED_MS;
}
