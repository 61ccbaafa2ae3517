/* setup: the settings, and the tables they name, from inside Exim. See
 * setup.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "setup.h"

#include <stdlib.h>
#include <string.h>

#include "exim.h"

/* The ACL of the administrator's that yields the settings. */
#define SETTINGS "${acl{outrider}}"

char *setup_variable(const char *name)
{
    char *value = exim_expand(name, NULL);
    return value ? value : text_copy("");
}

/* A line of *problems a line of the log, so that each can be found. */
static void problems_tell(const struct text *problems,
                          void (*complain)(const char *, const char *))
{
    char *copy = text_copy(text_str(problems)), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            complain("settings, its default is used", line);
    free(copy);
}

struct settings *setup_settings(void (*complain)(const char *, const char *))
{
    const char *reason;
    struct text problems = {0};
    char *spool = setup_variable("$spool_directory");
    char *text = exim_expand(SETTINGS, &reason);
    struct settings *set = settings_new(spool);
    set->unread = !text || !*text;
    if (!text)
        complain("settings, defaults are used: ACL outrider", reason);
    else if (settings_read(set, text, &problems) > 0)
        problems_tell(&problems, complain);
    text_free(&problems);
    free(text);
    free(spool);
    return set;
}

int setup_lookup(const char *acl, const char *key, struct text *value,
                 void *context, char *error, size_t size)
{
    const char *reason;
    char *argument = exim_argument(key);
    char *item = text_format("${acl{%s}{%s}}", acl, argument);
    char *found = exim_expand(item, &reason);
    int rc = found ? *found != 0 : -1;
    (void)context;
    if (rc == -1)
        text_error(error, size, "ACL %s: %s", acl, reason);
    else
        text_add(value, found);
    free(found);
    free(item);
    free(argument);
    return rc;
}
