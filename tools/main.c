/* outrider: the administrator's command. outrider(8) is its manual page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admin.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char *argv[]);
    const char *help;
} commands[] = {
    {"status", cmd_status, "what is known of each smarthost"},
    {"log", cmd_log, "lines of the transmission log, filtered"},
    {"classify", cmd_classify, "the class and the action for replies"},
    {"reset", cmd_reset, "let mail go to a smarthost again at once"},
    {"probe", cmd_probe, "connect to smarthosts and tell what they said"},
    {"unsent", cmd_unsent, "what could not be sent: run, list, show, ..."},
    {"relocation", cmd_relocation, "old addresses and their new ones"},
    {"attribute", cmd_attribute, "who is meant by department=sales@..."},
    {"held", cmd_held, "mail for addresses that are gone: run, list, ..."},
    {"environment", cmd_environment, "what destinations can receive"},
    {"config", cmd_config, "every setting, its value and its meaning"},
    {"second-chance", cmd_second_chance,
     "for the pipe transport: what follows a 5xx"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *f)
{
    fprintf(f, "usage: outrider COMMAND [OPTION...] [ARGUMENT...]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(f, "  %-14s %s\n", commands[i].name, commands[i].help);
    fprintf(f, "\noutrider COMMAND --help tells more; the manual page is "
               "outrider(8).\n");
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        usage(stderr);
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("outrider " OUTRIDER_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    admin_error(0, "there is no command \"%s\"", argv[1]);
    usage(stderr);
    return EX_USAGE;
}
