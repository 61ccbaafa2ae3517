/* mark: what local_scan has found out about a message. See mark.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "mark.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void mark_moved(struct text *mark, const struct moved *m)
{
    text_addf(mark, "moved\t%s\t%s\t%" PRId64 "\t%" PRId64 "\n", m->new, m->old,
              m->time, m->released);
}

void mark_returned(struct text *mark, const char *address, const char *reason)
{
    text_addf(mark, "returned\t%s\t%s\n", address, reason);
}

void mark_word(struct text *mark, const char *word)
{
    text_addf(mark, "%s\n", word);
}

bool mark_has(const char *mark, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = mark; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strncmp(p, word, n) == 0 && (p[n] == '\n' || !p[n]))
            return true;
    return false;
}

void mark_part(struct text *mark, const char *name, int number)
{
    text_addf(mark, "part\t%s\t%d\n", name, number);
}

int mark_part_read(const char *mark, struct text *name)
{
    char *copy = text_copy(mark), *rest = copy;
    int number = 0;
    for (char *line; !number && (line = strsep(&rest, "\n"));) {
        const char *word = strsep(&line, "\t"), *of = strsep(&line, "\t");
        if (!of || !line || strcmp(word, "part") != 0)
            continue;
        number = atoi(line);
        text_add(name, of);
    }
    free(copy);
    return number;
}

static void moves_take(struct moves *moves, char *line)
{
    const char *word = strsep(&line, "\t"), *to = strsep(&line, "\t"),
               *from = strsep(&line, "\t"), *time = strsep(&line, "\t");
    if (!time || strcmp(word, "moved") != 0)
        return;
    moves_add(moves, from, to, strtoll(time, NULL, 10), from)->released =
        line ? strtoll(line, NULL, 10) : 0;
}

void mark_moves(const char *mark, struct moves *moves)
{
    char *copy = text_copy(mark), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        moves_take(moves, line);
    free(copy);
}

int mark_reason(const char *mark, const char *address, struct text *reason)
{
    char *copy = text_copy(mark), *rest = copy;
    int found = 0;
    for (char *line; !found && (line = strsep(&rest, "\n"));) {
        const char *word = strsep(&line, "\t"), *of = strsep(&line, "\t");
        found = of && line && strcmp(word, "returned") == 0 &&
                text_same_address(of, address);
        if (found)
            text_add(reason, line);
    }
    free(copy);
    return found;
}
