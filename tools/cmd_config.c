/* outrider config: every setting, its value and its meaning.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "admin.h"

static const char help[] =
    "usage: outrider config [OPTION...]\n\n"
    "Prints every setting as NAME = VALUE with its meaning, as Exim's\n"
    "configuration sets it; the output can stand in the ACL outrider. Wrong\n"
    "settings and rules are named on standard error, and the exit code is\n"
    "78.\n\n" ADMIN_HELP;

int cmd_config(int argc, char *argv[])
{
    static const struct option options[] = {ADMIN_OPTIONS, {0}};
    struct admin admin = {0};
    struct text out = {0};
    int c;
    while ((c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c == 'h')
            return fputs(help, stdout) == EOF;
        if (admin_option(&admin, c, optarg) != 1)
            return EX_USAGE;
    }
    if (optind < argc)
        return admin_error(EX_USAGE, "config takes no argument");
    int rc = admin_open(&admin);
    if (rc == 0) {
        struct classifier *classifier = admin_classifier(&admin);
        classifier_free(&classifier);
        settings_print(admin.settings, &out);
        fputs(text_str(&out), stdout);
    }
    text_free(&out);
    admin_close(&admin);
    return rc ? rc : admin.problems ? EX_CONFIG : 0;
}
