/* outrider-addressbook: follows people who have moved. outrider-addressbook(1)
 * is its manual page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <getopt.h>
#include <gmime/gmime.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "address.h"
#include "announce.h"
#include "book.h"
#include "config.h"
#include "file.h"
#include "say.h"
#include "update.h"

static const char usage[] =
    "usage: outrider-addressbook [update] [OPTION...] [NOTICE...]\n"
    "       outrider-addressbook books [OPTION...]\n"
    "       outrider-addressbook announce [OPTION...] OLD NEW\n"
    "\n"
    "  update    reads notices (files, or - for standard input) and changes "
    "old\n"
    "            addresses into new ones in the address books\n"
    "  books     lists the address books\n"
    "  announce  writes a notice to everyone in the books: OLD is NEW now\n"
    "\n"
    "  -t, --trust HOST        believe the Authentication-Results of this "
    "host\n"
    "  -d, --domain DOMAIN     a hub's domain that may sign for other domains\n"
    "  -y, --yes               the notices are true: check no signature\n"
    "  -m, --maildir DIR       read what is in DIR/new; nothing is moved\n"
    "  -b, --book [FORMAT:]PATH  this address book, not those found\n"
    "  -n, --dry-run           say what would be done\n"
    "      --config FILE       not ~/.config/outrider/addressbook\n"
    "      --name NAME         announce: the name in From\n"
    "      --to-dir DIR        announce: a file for each notice\n"
    "      --send[=COMMAND]    announce: give each to COMMAND, which reads "
    "the\n"
    "                          recipient from it (/usr/sbin/sendmail -oi -t)\n"
    "  -h, --help              this text\n"
    "      --version           the version\n";

enum { OPT_CONFIG = 256, OPT_NAME, OPT_TO_DIR, OPT_SEND, OPT_VERSION };

static const struct option options[] = {
    {"trust", required_argument, NULL, 't'},
    {"domain", required_argument, NULL, 'd'},
    {"yes", no_argument, NULL, 'y'},
    {"maildir", required_argument, NULL, 'm'},
    {"book", required_argument, NULL, 'b'},
    {"dry-run", no_argument, NULL, 'n'},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"name", required_argument, NULL, OPT_NAME},
    {"to-dir", required_argument, NULL, OPT_TO_DIR},
    {"send", optional_argument, NULL, OPT_SEND},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {0},
};

/* What the command line says, and what is made of it. */
struct job {
    struct config config;
    struct strings books; /* --book */
    struct books found;
    struct update update;
    struct announce announce;
    const char *config_path;
    bool help, version;
};

static int option_take(struct job *j, int option)
{
    switch (option) {
    case 't':
        strings_add(&j->config.hosts, optarg);
        break;
    case 'd':
        strings_add(&j->config.domains, optarg);
        break;
    case 'y':
        j->update.yes = true;
        break;
    case 'm':
        strings_add(&j->update.maildirs, optarg);
        break;
    case 'b':
        strings_add(&j->books, optarg);
        break;
    case 'n':
        j->update.dry = j->announce.dry = true;
        break;
    case OPT_CONFIG:
        j->config_path = optarg;
        break;
    case OPT_NAME:
        j->announce.name = optarg;
        break;
    case OPT_TO_DIR:
        j->announce.directory = optarg;
        break;
    case OPT_SEND:
        j->announce.command = optarg ? optarg : "/usr/sbin/sendmail -oi -t";
        break;
    case OPT_VERSION:
        j->version = true;
        break;
    case 'h':
        j->help = true;
        break;
    default:
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return 0;
}

/* Those named on the command line, else those of the configuration, else
 * those in the usual places. */
static int books_choose(struct job *j)
{
    const struct strings *named =
        j->books.count > 0 ? &j->books : &j->config.books;
    int code = 0;
    char error[600];
    for (int i = 0; i < named->count; i++)
        if (books_add(&j->found, named->list[i], error, sizeof error) == -1)
            code_add(&code, say_error(EX_NOINPUT, "%s", error));
    if (named->count == 0)
        books_find(&j->found);
    return code;
}

static int cmd_books(struct job *j, int argc)
{
    if (argc > 0)
        return say_error(EX_USAGE, "books takes no argument");
    int code = books_choose(j);
    for (int i = 0; i < j->found.count; i++) {
        const struct book *b = &j->found.list[i];
        struct entries entries = {0};
        code_add(&code, book_read(b, &entries));
        say("%-12s %6d  %s", b->format->name, entries.count, b->path);
        entries_free(&entries);
    }
    if (j->found.count == 0)
        code_add(&code, say_error(EX_UNAVAILABLE, "no address book was found; "
                                                  "name one with --book"));
    return code;
}

static int cmd_update(struct job *j, int argc, char *argv[])
{
    for (int i = 0; i < argc; i++)
        strings_add(&j->update.files, argv[i]);
    if (argc == 0 && j->update.maildirs.count == 0) {
        if (isatty(0))
            return say_error(EX_USAGE, "name the notice's file, or give it on "
                                       "standard input; --help tells more");
        strings_add(&j->update.files, "-");
    }
    int code = books_choose(j);
    j->update.config = &j->config;
    j->update.books = &j->found;
    code_add(&code, update_run(&j->update));
    return code;
}

/* Thunderbird's collected addresses are of strangers, too; who wants to tell
 * them names the book. */
static void collected_drop(struct books *books)
{
    static const char name[] = "/history.sqlite";
    for (int i = books->count - 1; i >= 0; i--) {
        size_t n = strlen(books->list[i].path), m = sizeof name - 1;
        if (n > m && strcmp(books->list[i].path + n - m, name) == 0)
            books_drop(books, i);
    }
}

static int cmd_announce(struct job *j, int argc, char *argv[])
{
    struct announce *a = &j->announce;
    if (argc != 2)
        return say_error(EX_USAGE, "announce takes the old address and the new "
                                   "one");
    for (int i = 0; i < 2; i++)
        if (!address_valid(argv[i]))
            return say_error(EX_USAGE, "%s: not an address", argv[i]);
    if (address_same(argv[0], argv[1]))
        return say_error(EX_USAGE, "the two addresses are the same");
    if (a->directory && a->command)
        return say_error(EX_USAGE, "either --to-dir or --send");
    int code = books_choose(j);
    if (j->books.count + j->config.books.count == 0)
        collected_drop(&j->found);
    a->old = argv[0];
    a->new = argv[1];
    a->now = clock_now() / 1000;
    a->books = &j->found;
    code_add(&code, announce_run(a));
    return code;
}

static int job_run(struct job *j, int argc, char *argv[])
{
    char error[300];
    const char *command = argc > 1 ? argv[1] : "";
    bool named = strcmp(command, "update") == 0 ||
                 strcmp(command, "books") == 0 ||
                 strcmp(command, "announce") == 0;
    argc -= named;
    argv += named;
    for (int option; (option = getopt_long(argc, argv, "t:d:ym:b:nh", options,
                                           NULL)) != -1;)
        if (option_take(j, option) != 0)
            return EX_USAGE;
    if (j->help || j->version) {
        fputs(j->help ? usage : "outrider-addressbook " OUTRIDER_VERSION "\n",
              stdout);
        return 0;
    }
    if (config_read(&j->config, j->config_path, error, sizeof error) == -1)
        return say_error(EX_CONFIG, "%s", error);
    if (strcmp(command, "books") == 0)
        return cmd_books(j, argc - optind);
    if (strcmp(command, "announce") == 0)
        return cmd_announce(j, argc - optind, argv + optind);
    return cmd_update(j, argc - optind, argv + optind);
}

int main(int argc, char *argv[])
{
    struct job j = {0};
    signal(SIGPIPE, SIG_IGN);
    g_mime_init();
    int code = job_run(&j, argc, argv);
    config_free(&j.config);
    strings_free(&j.books);
    strings_free(&j.update.files);
    strings_free(&j.update.maildirs);
    books_free(&j.found);
    g_mime_shutdown();
    if (fflush(stdout) != 0)
        code_add(&code,
                 say_error(EX_IOERR, "standard output cannot be written"));
    return code;
}
