/* adapt: makes a message fit what its destination can receive.
 *
 *   adapt filter ROW                     for transport_filter (pour.h)
 *   adapt send OPTIONS -- RECIPIENT...   for a pipe transport (send.h)
 *   adapt join OPTIONS -- RECIPIENT      for a pipe transport (join.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <gmime/gmime.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "adapting.h"
#include "join.h"
#include "order.h"
#include "pour.h"
#include "process.h"
#include "send.h"

static const char help[] =
    "usage: adapt filter [-t DIRECTORY] [-s SETTINGS] ROW < MESSAGE\n"
    "       adapt send OPTIONS -- RECIPIENT...\n"
    "       adapt join OPTIONS -- RECIPIENT\n\n"
    "Makes a message fit what its destination can receive. Exim runs it:\n"
    "config-examples/adapt.conf; docs/adapt.md goes through it.\n\n"
    "  ROW  what the destination can receive, such as\n"
    "       \"size=10M compress=zip join=files\" (docs/environment.md)\n"
    "  -t   where temporary files are made (the setting adapt-temp, or "
    "/var/tmp)\n"
    "  -s   settings, lines \"NAME = VALUE\": what the ACL \"outrider\" "
    "yields\n\n"
    "OPTIONS of send and join, all needed but the last two:\n"
    "  --spool DIRECTORY  Exim's $spool_directory\n"
    "  --settings TEXT    what the ACL \"outrider\" yields\n"
    "  --exim PATH        Exim itself\n"
    "  --config FILE      its configuration\n"
    "  --host NAME        the right side of message ids that are made\n"
    "  --queue NAME       Exim's $queue_name, empty for the default one\n"
    "  --row ROW\n";

static struct order order;

static void died(void)
{
    adapting_died(order.settings, order.id);
}

/* Exim's copy of the message is not needed: it is on the spool. What libraries
 * write on standard error is not for the main log. */
static int spooled(int (*run)(struct order *o), int argc, char *argv[])
{
    close(0);
    if (open("/dev/null", O_RDWR) == -1)
        return EX_TEMPFAIL;
    int rc = order_read(&order, argc, argv);
    if (rc == 0) {
        process_in_child(died);
        dup2(0, 2);
        rc = run(&order);
    }
    order_close(&order);
    return rc;
}

/* Far more than any message needs; but a stranger's archive can ask a library
 * for more than the machine has, and is damaged then. */
#define MEMORY ((size_t)512 << 20)

int main(int argc, char *argv[])
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return fputs(help, stdout) == EOF ? EX_IOERR : 0;
    if (strcmp(word, "--version") == 0)
        return puts("adapt (Outrider) " OUTRIDER_VERSION) == EOF ? EX_IOERR : 0;
    process_limit_memory(MEMORY);
    g_mime_init();
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(word, "filter") == 0)
        return pour_run(argc - 1, argv + 1);
    if (strcmp(word, "send") == 0)
        return spooled(send_run, argc - 1, argv + 1);
    if (strcmp(word, "join") == 0)
        return spooled(join_run, argc - 1, argv + 1);
    fputs(help, stderr);
    return EX_USAGE;
}
