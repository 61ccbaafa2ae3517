/* admin: what every command needs: its name, Exim, the settings.
 *
 * Called by: the commands.
 * Memory: an admin is filled by admin_open() and freed by admin_close().
 * Fails: with an exit code of sysexits(3) and a message on stderr that names
 * what to do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_ADMIN_H
#define OUTRIDER_ADMIN_H

#include <stdbool.h>

#include "classify.h"
#include "option.h"
#include "served.h"

struct admin {
    const char *config; /* -C FILE, or NULL for Exim's own */
    const char *exim;   /* --exim PATH */
    struct settings *settings;
    int problems; /* lines of the settings that are wrong */
    bool silent;  /* Exim's configuration gave no settings at all */
};

/* The options that every command takes; 1 taken, 0 not one of them. */
#define ADMIN_OPTIONS                                                          \
    {"config", required_argument, NULL, 'C'},                                  \
        {"exim", required_argument, NULL, 'X'},                                \
    {                                                                          \
        "help", no_argument, NULL, 'h'                                         \
    }
#define ADMIN_HELP                                                             \
    "  -C, --config FILE   Exim's configuration file (default: Exim's own)\n"  \
    "      --exim PATH     Exim itself (default: exim4 or exim on the PATH)\n" \
    "  -h, --help          this text\n"
int admin_option(struct admin *a, int option, const char *value);

/* Asks Exim for the settings (the ACL `outrider` of its configuration).
 * Without -C, a configuration that has none gives the defaults and a note on
 * stderr. 0, or an exit code. */
int admin_open(struct admin *a);
void admin_close(struct admin *a);
/* The settings as they are now, when they can be had and usable() (NULL: any)
 * says so; else those there are stay: false. *changed: they are others. */
bool admin_renew(struct admin *a, bool (*usable)(const struct settings *s),
                 bool *changed);
/* The path of Exim itself, or NULL. */
const char *admin_exim(const struct admin *a);
/* What Exim makes of an expansion such as "$primary_hostname"; NULL when it
 * cannot be had. The caller frees it. */
char *admin_ask(const struct admin *a, const char *question);
/* A classifier with the administrator's rules; wrong ones are named on
 * stderr and counted in a->problems. */
struct classifier *admin_classifier(struct admin *a);

/* One service of a kind at a time: *fd is held as long as the process lives,
 * and what it starts does not hold it. 0, or an exit code. */
int admin_lock(const struct settings *set, enum service service, int *fd);
/* "--every TIME", no longer than half of what a sign of life is fresh for. */
int admin_every(const char *value, int *seconds);

/* "outrider: ..." on stderr; returns `code`, for return statements. */
int admin_error(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The commands: argv[0] is the command's name. They return an exit code. */
int cmd_status(int argc, char *argv[]);
int cmd_log(int argc, char *argv[]);
int cmd_classify(int argc, char *argv[]);
int cmd_reset(int argc, char *argv[]);
int cmd_config(int argc, char *argv[]);
int cmd_probe(int argc, char *argv[]);
int cmd_unsent(int argc, char *argv[]);
int cmd_relocation(int argc, char *argv[]);
int cmd_attribute(int argc, char *argv[]);
int cmd_held(int argc, char *argv[]);
int cmd_environment(int argc, char *argv[]);
int cmd_second_chance(int argc, char *argv[]);

#endif
