/* outrider held: mail for addresses that are gone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "admin.h"
#include "carrier.h"
#include "fields.h"
#include "file.h"
#include "holder.h"
#include "served.h"
#include "subcommand.h"
#include "tables.h"
#include "words.h"

static const char help[] =
    "usage: outrider held COMMAND [OPTION...] [ID...]\n\n"
    "Mail for addresses that are gone, while their new ones are not known\n"
    "(docs/relocation.md).\n\n"
    "  run         send on what has a new address now, return what has waited\n"
    "              long enough, once; with --every for ever\n"
    "  list        a line for each recipient: id, until, sender, recipient,\n"
    "              date, subject\n"
    "  show ID     a copy of the message; it stays held\n"
    "  take ID     the same, and this recipient has it then\n"
    "  release ID...  send them now, to the address itself or to another\n"
    "  return ID...   give them back to their senders now\n\n"
    "take, release, return:\n"
    "      --for RECIPIENT  of this recipient only (take wants it when there "
    "are\n"
    "                       several)\n"
    "      --all            release, return: every message\n"
    "take:\n"
    "      --to PATH        into this file, or this maildir; default: "
    "standard\n"
    "                       output\n"
    "release:\n"
    "      --to ADDRESS     to this address\n"
    "run:\n"
    "      --every TIME     as a service, with a look that often\n" ADMIN_HELP;

struct act {
    struct admin *admin;
    struct settings *set;
    const char *recipient, *to;
    bool all;
    int every;
    char **ids;
    int done;
    char error[500];
};

#define ERROR(a) (a)->error, sizeof(a)->error

/* ---- which ---- */

static bool wanted(const struct act *a, const struct held *h)
{
    if (a->recipient && !text_same_address(a->recipient, h->recipient))
        return false;
    bool named = a->all || !*a->ids;
    for (char **id = a->ids; *id && !named; id++)
        named = strcmp(*id, h->id) == 0;
    return named;
}

/* Those that were named and are not held are told of. */
static int missing(const struct act *a, const struct held_list *l)
{
    int rc = 0;
    for (char **id = a->ids; *id; id++) {
        bool there = false;
        for (int i = 0; i < l->count && !there; i++)
            there = strcmp(*id, l->list[i].id) == 0 && wanted(a, &l->list[i]);
        if (!there)
            rc = admin_error(EX_DATAERR, "%s: nothing is held of it%s%s", *id,
                             a->recipient ? " for " : "",
                             a->recipient ? a->recipient : "");
    }
    return rc;
}

static int each(struct act *a, int (*act)(struct act *, const struct held *))
{
    struct held_list l;
    if (held_load(a->set, NULL, &l, ERROR(a)) == -1)
        return admin_error(EX_IOERR, "%s", a->error);
    int rc = missing(a, &l);
    for (int i = 0; i < l.count; i++)
        if (wanted(a, &l.list[i])) {
            int one = act(a, &l.list[i]);
            rc = one ? one : rc;
            a->done += one == 0;
        }
    held_list_free(&l);
    return rc;
}

/* ---- a message ---- */

struct message {
    struct text directory;
    struct spool_header header;
    struct text block;
    struct field_span *fields;
    int field_count;
};

/* 1, 0 it is gone, -1. */
static int message_read(const struct act *a, const char *id, struct message *m,
                        char *error, size_t size)
{
    *m = (struct message){0};
    int rc = spool_message_read(a->set->spool, id, &m->header, &m->directory,
                                error, size);
    if (rc == 1) {
        spool_headers_block(&m->header, &m->block);
        m->field_count = fields_split(m->block.s, m->block.len, &m->fields);
    }
    return rc;
}

static void message_free(struct message *m)
{
    spool_header_free(&m->header);
    text_free(&m->directory);
    text_free(&m->block);
    free(m->fields);
}

static void subject_print(const struct message *m)
{
    struct text raw = {0}, subject = {0};
    fields_get(m->fields, m->field_count, "Subject", &raw);
    words_decode(text_str(&raw), &subject);
    puts(text_str(&subject));
    text_free(&raw);
    text_free(&subject);
}

static int act_list(struct act *a, const struct held *h)
{
    struct message m;
    char until[40], since[40];
    int rc = message_read(a, h->id, &m, ERROR(a));
    if (rc == -1)
        rc = admin_error(EX_DATAERR, "%s: %s", h->id, a->error);
    else if (rc == 1 && !spool_header_done(&m.header, h->recipient)) {
        printf("%s %s <%s> %s %s ", h->id,
               clock_stamp(h->until * 1000, until, sizeof until),
               m.header.sender, h->recipient,
               clock_stamp(m.header.received * 1000, since, sizeof since));
        subject_print(&m);
    }
    message_free(&m);
    return rc == 1 ? 0 : rc;
}

/* ---- copies ---- */

static int body_write(const struct message *m, const char *id, int out)
{
    char buffer[65536];
    ssize_t n;
    char *path = text_format("%s/%s-D", m->directory.s, id);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    int rc = in == -1 || lseek(in, (off_t)strlen(id) + 3, SEEK_SET) == -1;
    while (!rc && (n = read(in, buffer, sizeof buffer)) > 0)
        rc = write(out, buffer, (size_t)n) != n;
    if (in != -1)
        close(in);
    free(path);
    return rc ? -1 : 0;
}

static int message_write(const struct message *m, const char *id, int out)
{
    return write(out, m->block.s, m->block.len) == (ssize_t)m->block.len &&
                   write(out, "\n", 1) == 1 && body_write(m, id, out) == 0
               ? 0
               : -1;
}

/* A new file, under its name when it is whole. In a maildir: by way of tmp. */
static char *copy_path(const struct act *a, const char *id, char **part)
{
    struct stat st;
    if (stat(a->to, &st) == 0 && S_ISDIR(st.st_mode)) {
        *part =
            text_format("%s/tmp/%ld.%s.outrider", a->to, (long)time(NULL), id);
        return text_format("%s/new/%ld.%s.outrider", a->to, (long)time(NULL),
                           id);
    }
    *part = text_format("%s.new", a->to);
    return text_copy(a->to);
}

static int copy_file(struct act *a, const struct message *m, const char *id)
{
    char *part, *path = copy_path(a, id, &part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = fd == -1 ? -1 : message_write(m, id, fd);
    if (fd != -1 && rc == 0)
        rc = fsync(fd);
    if (rc == 0)
        rc = rename(part, path);
    if (rc == -1)
        rc = admin_error(EX_CANTCREAT, "%s: %s", part, strerror(errno));
    if (fd != -1) {
        close(fd);
        unlink(part);
    }
    free(part);
    free(path);
    return rc;
}

static int copy_give(struct act *a, const char *id)
{
    struct message m;
    int rc = message_read(a, id, &m, ERROR(a));
    if (rc == -1)
        rc = admin_error(EX_DATAERR, "%s: %s", id, a->error);
    else if (rc == 0)
        rc = admin_error(EX_DATAERR, "%s: there is no such message", id);
    else if (a->to)
        rc = copy_file(a, &m, id);
    else
        rc = message_write(&m, id, 1) == 0
                 ? 0
                 : admin_error(EX_IOERR, "%s: %s", id, strerror(errno));
    message_free(&m);
    return rc;
}

/* ---- orders ---- */

static int order(struct act *a, const struct held *h, enum held_order what)
{
    int rc = held_order(a->set, h->id, h->recipient, what, a->to ? a->to : "",
                        ERROR(a));
    if (rc == 0)
        return admin_error(EX_DATAERR, "%s: %s is not held any more", h->id,
                           h->recipient);
    return rc == 1 ? 0 : admin_error(EX_IOERR, "%s: %s", h->id, a->error);
}

static int act_release(struct act *a, const struct held *h)
{
    return order(a, h, HELD_RELEASE);
}

/* The copy first: until Exim has finished with it, it stays held. */
static int act_take(struct act *a, const struct held *h)
{
    int rc = copy_give(a, h->id);
    if (rc)
        return rc;
    a->to = NULL;
    return order(a, h, HELD_TAKEN);
}

static int act_return(struct act *a, const struct held *h)
{
    return order(a, h, HELD_RETURN);
}

/* ---- the commands ---- */

static int do_list(void *act)
{
    struct act *a = act;
    return each(a, act_list);
}

static int do_show(void *act)
{
    struct act *a = act;
    return a->ids[0] && !a->ids[1] ? copy_give(a, a->ids[0])
                                   : admin_error(EX_USAGE, "held show ID");
}

/* How many recipients would that be? */
static int act_count(struct act *a, const struct held *h)
{
    (void)a;
    (void)h;
    return 0;
}

/* Each order is noted, and carried out by an attempt. */
static int orders_give(struct act *a,
                       int (*act)(struct act *, const struct held *))
{
    struct tables tables;
    struct carrier carrier = {.tables = &tables, .forced = true};
    a->done = 0;
    int rc = each(a, act);
    tables_begin(&tables, a->admin);
    if (carrier_take_all(&carrier, time(NULL)) == -1)
        rc = rc ? rc : EX_IOERR;
    tables_end(&tables);
    return rc;
}

static int do_take(void *act)
{
    struct act *a = act;
    if (!a->ids[0] || a->ids[1])
        return admin_error(EX_USAGE, "held take ID [--for RECIPIENT]");
    int rc = each(a, act_count);
    if (rc == 0 && a->done > 1)
        rc = admin_error(EX_USAGE,
                         "%s is held for %d recipients: say --for RECIPIENT",
                         a->ids[0], a->done);
    return rc ? rc : orders_give(a, act_take);
}

static int ordered(struct act *a, int (*act)(struct act *, const struct held *))
{
    if (!*a->ids && !a->all)
        return admin_error(EX_USAGE, "name messages, or --all");
    int rc = orders_give(a, act);
    printf("%d recipients\n", a->done);
    return rc;
}

static int do_release(void *act)
{
    struct act *a = act;
    struct text key = {0};
    bool right = !a->to || relocation_key(a->to, &key) == 0;
    text_free(&key);
    return right ? ordered(a, act_release)
                 : admin_error(EX_USAGE, "--to %s: that is no address", a->to);
}

static int do_return(void *act)
{
    struct act *a = act;
    return ordered(a, act_return);
}

static int do_run(void *act)
{
    struct act *a = act;
    return holder_run(a->admin, a->every);
}

static const struct subcommand commands[] = {
    {"run", do_run},   {"list", do_list},       {"show", do_show},
    {"take", do_take}, {"release", do_release}, {"return", do_return},
};

enum { OPT_FOR = 256, OPT_TO, OPT_ALL, OPT_EVERY };

static const struct option options[] = {
    {"for", required_argument, NULL, OPT_FOR},
    {"to", required_argument, NULL, OPT_TO},
    {"all", no_argument, NULL, OPT_ALL},
    {"every", required_argument, NULL, OPT_EVERY},
    ADMIN_OPTIONS,
    {0}};

static int option_take(void *act, int c)
{
    struct act *a = act;
    switch (c) {
    case OPT_FOR:
        a->recipient = optarg;
        return 0;
    case OPT_TO:
        a->to = optarg;
        return 0;
    case OPT_ALL:
        a->all = true;
        return 0;
    case OPT_EVERY:
        return admin_every(optarg, &a->every);
    default:
        return admin_option(a->admin, c, optarg) == 1 ? 0 : EX_USAGE;
    }
}

static int act_run(void *act, int (*run)(void *act))
{
    struct act *a = act;
    int rc = admin_open(a->admin);
    a->set = a->admin->settings;
    if (rc == 0 && !admin_exim(a->admin))
        rc = admin_error(EX_UNAVAILABLE, "no Exim found (--exim PATH)");
    if (rc == 0)
        rc = run(a);
    admin_close(a->admin);
    return rc;
}

int cmd_held(int argc, char *argv[])
{
    struct admin admin = {0};
    struct act a = {.admin = &admin};
    const struct subcommands all = {.command = "held",
                                    .help = help,
                                    .list = commands,
                                    .count = sizeof commands / sizeof *commands,
                                    .options = options,
                                    .take = option_take,
                                    .run = act_run,
                                    .words = &a.ids,
                                    .act = &a};
    return subcommands_run(&all, argc, argv);
}
