/* classify_score: how well the classifier does on labelled replies.
 *
 * usage: classify_score [-v] [FILE]
 * Reads lines "class<TAB>stage<TAB>reply" from FILE or the standard input and
 * prints how many classes and how many decisions (stop or go on) are right;
 * with -v each wrong one as well. Exits 0 whatever the score, 66 when FILE
 * cannot be read, 65 when it holds no such line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "classify.h"

struct score {
    unsigned total, classes, decisions, skipped;
};

/* Would another server, or the same one later, say the same? */
static bool class_means_stop(enum error_class c)
{
    switch (c) {
    case CLASS_RECIPIENT:
    case CLASS_MAILBOX_FULL:
    case CLASS_SENDER:
    case CLASS_SIZE:
    case CLASS_CONTENT:
    case CLASS_PROTOCOL:
    case CLASS_PERMANENT:
        return true;
    default:
        return false;
    }
}

/* 1 taken apart, 0 not a line of the kind. */
static int line_split(char *line, enum error_class *label, enum stage *stage,
                      const char **text)
{
    char *tab = strchr(line, '\t'), *second;

    line[strcspn(line, "\r\n")] = '\0';
    if (tab == NULL || (second = strchr(tab + 1, '\t')) == NULL)
        return 0;
    *tab = '\0';
    *second = '\0';
    *text = second + 1;
    return class_from_name(line, label) == 1 &&
           stage_from_name(tab + 1, stage) == 1;
}

static void line_score(struct classifier *c, char *line, bool verbose,
                       struct score *s)
{
    struct reply reply;
    enum error_class label, found;
    enum stage stage;
    const char *text;

    if (line_split(line, &label, &stage, &text) == 0) {
        s->skipped++;
        return;
    }
    reply_from_text(&reply, stage, text);
    found = classify(c, &reply);
    s->total++;
    s->classes += found == label;
    s->decisions += class_means_stop(found) == class_means_stop(label);
    if (verbose && found != label)
        printf("%s %s for %s\t%s\t%s\n",
               class_means_stop(found) == class_means_stop(label) ? "class"
                                                                  : "WRONG",
               class_name(found), class_name(label), stage_name(stage), text);
}

static double percent(unsigned part, unsigned whole)
{
    return whole > 0 ? 100.0 * part / whole : 0.0;
}

static struct score file_score(FILE *in, bool verbose)
{
    struct score s = {0, 0, 0, 0};
    struct classifier *c = classifier_new();
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, in) != -1)
        line_score(c, line, verbose, &s);
    free(line);
    classifier_free(&c);
    return s;
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    const char *name = argc > 1 + verbose ? argv[1 + verbose] : NULL;
    FILE *in = name != NULL ? fopen(name, "r") : stdin;
    struct score s;

    if (in == NULL) {
        fprintf(stderr, "classify_score: %s: %s\n", name, strerror(errno));
        return EX_NOINPUT;
    }
    s = file_score(in, verbose);
    if (in != stdin)
        fclose(in);
    if (s.skipped > 0)
        fprintf(stderr,
                "classify_score: %u lines are not class, stage, "
                "reply\n",
                s.skipped);
    printf("replies %u, classes right %u (%.1f%%), decisions right %u "
           "(%.1f%%)\n",
           s.total, s.classes, percent(s.classes, s.total), s.decisions,
           percent(s.decisions, s.total));
    return s.total > 0 ? EX_OK : EX_DATAERR;
}
