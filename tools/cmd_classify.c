/* outrider classify: the class and the action for replies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"

static const char help[] =
    "usage: outrider classify [OPTION...] [FILE...]\n\n"
    "Reads lines STAGE<TAB>REPLY (from standard input without a FILE) and\n"
    "prints CLASS<TAB>ACTION for each. STAGE is greeting, ehlo, starttls,\n"
    "auth, mail, rcpt, data, dot, or - where it is not known. The rules and\n"
    "actions are those of Exim's configuration.\n\n" ADMIN_HELP;

struct sorter {
    struct admin *admin;
    struct classifier *classifier;
    int wrong;
};

static enum stage line_stage(struct sorter *s, const char *name,
                             const char *file, long number)
{
    enum stage stage = STAGE_UNKNOWN;
    if (strcmp(name, "-") != 0 && stage_from_name(name, &stage) != 1) {
        s->wrong++;
        admin_error(0,
                    "%s:%ld: \"%s\" is no stage (greeting, ehlo, starttls, "
                    "auth, mail, rcpt, data, dot or -)",
                    file, number, name);
    }
    return stage;
}

static void line_sort(struct sorter *s, char *line, const char *file,
                      long number)
{
    struct reply reply;
    char action[100];
    enum stage stage = STAGE_UNKNOWN;
    char *tab = strchr(line, '\t');
    line[strcspn(line, "\r\n")] = 0;
    if (tab) {
        *tab = 0;
        stage = line_stage(s, line, file, number);
        line = tab + 1;
    } else {
        s->wrong++;
        admin_error(0, "%s:%ld: write STAGE, a tab, and the reply", file,
                    number);
    }
    reply_from_text(&reply, stage, line);
    enum error_class c = classify(s->classifier, &reply);
    policy_action(&s->admin->settings->policy, c, action, sizeof action);
    printf("%s\t%s\n", class_name(c), *action ? action : "-");
}

static int file_sort(struct sorter *s, const char *name)
{
    FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    char *line = NULL;
    size_t size = 0;
    if (!f)
        return admin_error(EX_NOINPUT, "%s: %s", name, strerror(errno));
    for (long number = 1; getline(&line, &size, f) != -1; number++)
        line_sort(s, line, name, number);
    free(line);
    if (f != stdin)
        fclose(f);
    return 0;
}

int cmd_classify(int argc, char *argv[])
{
    static const struct option options[] = {ADMIN_OPTIONS, {0}};
    struct admin admin = {0};
    int rc = 0, c;
    while ((c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c == 'h')
            return fputs(help, stdout) == EOF;
        if (admin_option(&admin, c, optarg) != 1)
            return EX_USAGE;
    }
    rc = admin_open(&admin);
    struct sorter s = {.admin = &admin};
    if (rc == 0)
        s.classifier = admin_classifier(&admin);
    if (rc == 0 && optind == argc)
        rc = file_sort(&s, "-");
    for (int i = optind; rc == 0 && i < argc; i++)
        rc = file_sort(&s, argv[i]);
    classifier_free(&s.classifier);
    admin_close(&admin);
    return rc ? rc : s.wrong ? EX_DATAERR : admin.problems ? EX_CONFIG : 0;
}
