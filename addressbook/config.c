/* config: what the user has settled. See config.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "places.h"
#include "view.h"

#define CONFIG_MAX (1024 * 1024)

static char *usual_path(void)
{
    const char *dir = getenv("XDG_CONFIG_HOME");
    if (dir && *dir == '/')
        return text_format("%s/outrider/addressbook", dir);
    return place_expand("~/.config/outrider/addressbook");
}

static struct strings *list_named(struct config *c, const char *name)
{
    return strcmp(name, "trust") == 0    ? &c->hosts
           : strcmp(name, "domain") == 0 ? &c->domains
           : strcmp(name, "book") == 0   ? &c->books
                                         : NULL;
}

/* NULL, or what is wrong with it. */
static const char *line_take(struct config *c, char *line)
{
    char *s = text_trim(line), *equals = strchr(s, '=');
    if (!*s || *s == '#')
        return NULL;
    if (!equals)
        return "not NAME = VALUE";
    *equals = 0;
    struct strings *list = list_named(c, text_trim(s));
    const char *value = text_trim(equals + 1);
    if (!list)
        return "the names are trust, domain and book";
    if (!*value)
        return "no value";
    strings_add(list, value);
    return NULL;
}

static int lines_take(struct config *c, const char *path,
                      const struct text *text, char *error, size_t size)
{
    int number = 0;
    for (size_t at = 0, next; at < text->len; at = next) {
        size_t end = line_end(text->s, text->len, at, &next);
        char *line = text_format("%.*s", (int)(end - at), text->s + at);
        const char *wrong = line_take(c, line);
        free(line);
        number++;
        if (wrong)
            return text_error(error, size, "%s, line %d: %s", path, number,
                              wrong);
    }
    return 0;
}

int config_read(struct config *c, const char *path, char *error, size_t size)
{
    char *name = path ? text_copy(path) : usual_path();
    struct text text = {0};
    int rc = file_read(name, CONFIG_MAX, &text, error, size);
    if (rc == 0 && path)
        rc = text_error(error, size, "%s: no such file", path);
    if (rc == 1)
        rc = lines_take(c, name, &text, error, size);
    text_free(&text);
    free(name);
    return rc;
}

void config_free(struct config *c)
{
    strings_free(&c->hosts);
    strings_free(&c->domains);
    strings_free(&c->books);
}
