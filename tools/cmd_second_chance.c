/* outrider second-chance: what follows a 5xx, for the pipe transport.
 *
 * Standard input is Exim's bounce, LOCAL_PART and MESSAGE_ID are in the
 * environment, as Exim's pipe transport sets them. One line on standard
 * output says what was done (log_output puts it into the main log). Exit code
 * 75 leaves the bounce on Exim's queue.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin.h"
#include "chance.h"
#include "process.h"

static const char help[] =
    "usage: outrider second-chance --spool DIRECTORY --settings TEXT\n"
    "               -C FILE --exim PATH [--queue NAME] < BOUNCE\n\n"
    "Run by Exim's pipe transport (config-examples/smarthosts.conf) with the\n"
    "bounce of a message that a smarthost has refused: the message goes on\n"
    "to the next smarthost, or the bounce to its sender.\n\n"
    "      --spool DIRECTORY  Exim's $spool_directory\n"
    "      --queue NAME       Exim's $queue_name, empty for the default one\n"
    "      --settings TEXT    what the ACL \"outrider\" yields\n" ADMIN_HELP;

/* Exim's bounces hold at most bounce_return_size_limit of the message. */
#define BOUNCE_MAX (256UL << 20)

static int bounce_read(struct text *out)
{
    char buffer[65536];
    ssize_t n;
    text_add(out, "");
    while ((n = read(0, buffer, sizeof buffer)) > 0 && out->len < BOUNCE_MAX)
        text_addn(out, buffer, (size_t)n);
    if (n == 0)
        return 0;
    return admin_error(EX_TEMPFAIL, "the bounce cannot be read: %s",
                       n == -1 ? strerror(errno) : "it is too large");
}

static int pass(const char *to, const struct text *message, void *context)
{
    return process_submit(context, to, message->s, message->len);
}

static void run(const char *id, const char *queue, void *context)
{
    process_rerun(context, queue, id); /* else the next queue run does it */
}

static int chance_take(struct admin *a, struct exim *exim, const char *queue)
{
    struct text bounce = {0}, report = {0};
    char error[600];
    const char *local_part = getenv("LOCAL_PART");
    const char *bounce_id = getenv("MESSAGE_ID");
    if (!local_part || !bounce_id)
        return admin_error(EX_TEMPFAIL, "LOCAL_PART and MESSAGE_ID are not in "
                                        "the environment: run this from a "
                                        "pipe transport");
    int rc = bounce_read(&bounce);
    struct chance c = {.settings = a->settings,
                       .classifier = admin_classifier(a),
                       .local_part = local_part,
                       .bounce_id = bounce_id,
                       .bounce = bounce.s,
                       .bounce_len = bounce.len,
                       .queue = queue,
                       .pass = pass,
                       .run = run,
                       .context = exim};
    if (rc == 0 && chance_run(&c, &report, error, sizeof error) == -1)
        rc = admin_error(EX_TEMPFAIL, "%s", error);
    if (rc == 0)
        puts(text_str(&report));
    struct classifier *classifier = c.classifier;
    classifier_free(&classifier);
    text_free(&bounce);
    text_free(&report);
    return rc;
}

struct arguments {
    const char *spool, *settings, *queue;
};

static int options_read(struct admin *a, struct arguments *args, int argc,
                        char *argv[])
{
    static const struct option options[] = {
        {"spool", required_argument, NULL, 'S'},
        {"settings", required_argument, NULL, 's'},
        {"queue", required_argument, NULL, 'q'},
        ADMIN_OPTIONS,
        {0}};
    int c;
    while ((c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        if (c == 'h')
            return fputs(help, stdout) == EOF ? EX_IOERR : -1;
        if (c == 'S')
            args->spool = optarg;
        else if (c == 's')
            args->settings = optarg;
        else if (c == 'q')
            args->queue = optarg;
        else if (admin_option(a, c, optarg) != 1)
            return EX_TEMPFAIL;
    }
    if (args->spool && args->settings && a->config && a->exim)
        return 0;
    return admin_error(EX_TEMPFAIL, "--spool, --settings, --config and --exim "
                                    "are all needed");
}

int cmd_second_chance(int argc, char *argv[])
{
    struct admin admin = {0};
    struct text problems = {0};
    struct arguments args = {.queue = ""};
    int rc = options_read(&admin, &args, argc, argv);
    if (rc != 0)
        return rc == -1 ? 0 : rc;
    process_in_child(NULL);
    admin.settings = settings_new(args.spool);
    settings_read(admin.settings, args.settings, &problems);
    struct exim exim = {admin.exim, admin.config, args.spool};
    rc = chance_take(&admin, &exim, args.queue);
    text_free(&problems);
    admin_close(&admin);
    return rc;
}
