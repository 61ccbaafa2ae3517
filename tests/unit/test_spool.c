/* test_spool: Exim's -H files read and copied, messages kept and waited for.
 *
 * The files here have the forms that Exim 4.96 writes (spool_write_header).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "keep.h"
#include "spool.h"

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

#define ID "1vMqTr-0001Ab-01"
#define ID_LONG "1vMqTr-000000001Ab-0001"
#define NEW_ID "1vMqTs-0002Cd-02"
#define FIRST                                                                  \
    ID "-H\nDebian-exim 101 103\n<sender@example.org>\n"                       \
       "1700000000 0\n"
#define VARIABLES                                                              \
    "-received_time_usec .123456\n-received_time_complete 1700000000.2\n"      \
    "--helo_name client.test\n--host_address [127.0.0.1]:41234\n"              \
    "-interface_address [127.0.0.1]:25\n-received_protocol esmtp\n"            \
    "-body_linecount 1\n-max_received_linelength 20\n"
#define HEADERS                                                                \
    "\n029P Received: by hub.example.org\n013  Subject: x\n"                   \
    "025* Old: rewritten\n header\n"
#define VALUE "two\nlines -aclm and \n\nmore"

static const struct {
    const char *label, *data;
    const char *sender, *history, *done;
    const char *recipients; /* ADDRESS:FLAGS and a space */
} sound[] = {
    {.label = "one recipient, nothing done",
     .data = FIRST VARIABLES "XX\n1\na@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "a@example.net:0 "},
    {.label = "the empty sender",
     .data = ID "-H\nexim 1 1\n<>\n5 0\nXX\n1\na@example.net\n" HEADERS,
     .sender = "",
     .recipients = "a@example.net:0 "},
    {.label = "ACL variables with line ends",
     .data = FIRST "-aclm 0 26\n" VALUE "\n--aclm _x 3\na\nb\n"
                   "--(ldap)aclc _y 1\nz\n" VARIABLES
                   "XX\n1\na@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "a@example.net:0 "},
    {.label = "our variable",
     .data = FIRST "-aclm _outrider 3\na\nb\n" VARIABLES
                   "XX\n1\na@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .history = "a\nb",
     .recipients = "a@example.net:0 "},
    {.label = "our variable, tainted",
     .data = FIRST "--aclm _outrider 3\na\nb\n" VARIABLES
                   "XX\n1\na@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .history = "a\nb",
     .recipients = "a@example.net:0 "},
    {.label = "our variable, empty",
     .data = FIRST "-aclm _outrider 0\n\nXX\n1\na@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "a@example.net:0 "},
    {.label = "a connection's variable of that name is not ours",
     .data = FIRST "-aclc _outrider 1\na\nXX\n1\na@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "a@example.net:0 "},
    {.label = "a tree of one",
     .data = FIRST VARIABLES "NN a@example.net\n2\na@example.net\n"
                             "b@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .done = "a@example.net\n",
     .recipients = "a@example.net:0 b@example.net:0 "},
    {.label = "a tree",
     .data = FIRST "YY m@x\nYN f@x\nNN c@x\nNY q@x\nNN z z@x\n1\na@x\n" HEADERS,
     .sender = "sender@example.org",
     .done = "m@x\nf@x\nc@x\nq@x\nz z@x\n",
     .recipients = "a@x:0 "},
    {.label = "DSN, errors_to, one-time aliases",
     .data = FIRST "XX\n6\n"
                   "a@example.net rfc822;a@example.net 20,8  0,-1#3\n"
                   "b@example.net  0,2  0,-1#3\n"
                   "c@example.net  0,0 e@example.org 13,-1#3\n"
                   "d@example.net rfc822;d@x 10,30 e@example.org 13,2#3\n"
                   "e@example.net e@example.org 13,-1#1\n"
                   "f@example.net\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "a@example.net:8 b@example.net:2 c@example.net:0 "
                   "d@example.net:30 e@example.net:0 f@example.net:0 "},
    {.label = "spaces and quotes in addresses",
     .data = FIRST
     "XX\n3\n\"a b\"@example.net\n"
     "\"a 1,2#3\"@example.net  0,8  0,-1#3\n"
     "\"x\"@example.net rfc822;\"x y\"@example.net 24,8  0,-1#3\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "\"a b\"@example.net:0 \"a 1,2#3\"@example.net:8 "
                   "\"x\"@example.net:8 "},
    {.label = "an address that ends with digits",
     .data = FIRST "XX\n2\na@host1\na@[192.0.2.1]\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = "a@host1:0 a@[192.0.2.1]:0 "},
    {.label = "a length that is none",
     .data = FIRST "XX\n1\na@x 4 99999999999999999999,8#3\n" HEADERS,
     .sender = "sender@example.org",
     .recipients = ":0 "},
    {.label = "no recipient, no header line",
     .data = FIRST "XX\n0\n\n",
     .sender = "sender@example.org",
     .recipients = ""},
};

static void check_recipients(size_t i, const struct spool_header *h)
{
    struct text got = {0};

    text_add(&got, "");
    for (int k = 0; k < h->count; k++)
        text_addf(&got, "%s:%d ", h->recipients[k].address,
                  h->recipients[k].dsn_flags);
    unit_str(sound[i].label, "recipients", got.s, sound[i].recipients);
    text_free(&got);
}

static void check_sound(void)
{
    for (size_t i = 0; i < LENGTH(sound); i++) {
        char error[300] = "", *data = text_copy(sound[i].data);
        struct spool_header h;

        if (!unit_int(sound[i].label, "result",
                      spool_header_parse(data, &h, error, sizeof error), 1))
            printf("  %s\n", error);
        else {
            unit_str(sound[i].label, "id", h.id, ID);
            unit_str(sound[i].label, "sender", h.sender, sound[i].sender);
            unit_str(sound[i].label, "history", h.history,
                     sound[i].history ? sound[i].history : "");
            unit_str(sound[i].label, "done", text_str(&h.done),
                     sound[i].done ? sound[i].done : "");
            check_recipients(i, &h);
        }
        spool_header_free(&h);
        free(data);
    }
}

static const struct {
    const char *label, *data, *error;
} damaged[] = {
    {"nothing", "", "the first line is not ID-H"},
    {"another file", "hello\nworld\n", "the first line is not ID-H"},
    {"no sender", ID "-H\nexim 1 1\n", "there is no sender line"},
    {"no brackets", ID "-H\nexim 1 1\na@b\n1 0\n", "there is no sender line"},
    {"no times", ID "-H\nexim 1 1\n<a@b>\n", "there is no sender line"},
    {"no tree", FIRST VARIABLES, "the tree of non-recipients is damaged"},
    {"half a tree", FIRST "YY a@x\nNN b@x\n",
     "the tree of non-recipients is damaged"},
    {"no tree's line", FIRST "hello\n1\na@x\n" HEADERS,
     "the tree of non-recipients is damaged"},
    {"a variable that is cut off", FIRST "-aclm 0 500\nabc\n",
     "a variable is cut off"},
    {"a variable without an end of its name", FIRST "--(x\n",
     "the tree of non-recipients is damaged"},
    {"no number of recipients", FIRST "XX\na@x\n" HEADERS,
     "the list of recipients is damaged"},
    {"a negative number", FIRST "XX\n-1\n" HEADERS,
     "the list of recipients is damaged"},
    {"a monstrous number", FIRST "XX\n99999999\na@x\n" HEADERS,
     "the list of recipients is damaged"},
    {"too few recipients", FIRST "XX\n2\na@x\n" HEADERS,
     "the list of recipients is damaged"},
    {"too many recipients", FIRST "XX\n1\na@x\nb@x\n" HEADERS,
     "the header lines are missing"},
    {"no header lines", FIRST "XX\n1\na@x\n", "the header lines are missing"},
};

static void check_damaged(void)
{
    char *path = scratch_path("damaged-H");

    for (size_t i = 0; i < LENGTH(damaged); i++) {
        char error[400] = "";
        struct spool_header h;

        file_put_text(path, damaged[i].data);
        unit_int(damaged[i].label, "result",
                 spool_header_read(path, &h, error, sizeof error), -1);
        unit_has(damaged[i].label, "error", error, damaged[i].error);
        unit_has(damaged[i].label, "error", error, path);
        unit_true(damaged[i].label, h.recipients == NULL && h.count == 0);
        spool_header_free(&h);
    }
    free(path);
}

/* Cut anywhere: an error or a shorter message, never a crash. */
static void check_cuts(void)
{
    const char *whole = sound[9].data;

    for (size_t n = 0; n < strlen(whole); n++) {
        char error[300], *data = strndup(whole, n);
        struct spool_header h;
        int rc = spool_header_parse(data, &h, error, sizeof error);

        if (n < strlen(whole) - strlen(HEADERS))
            unit_int("cut off", "result", rc, -1);
        spool_header_free(&h);
        free(data);
    }
}

static void check_files(void)
{
    char *path = scratch_path("none-H"), error[300] = "";
    struct spool_header h;

    unit_int("no file", "result",
             spool_header_read(path, &h, error, sizeof error), 0);
    file_put(path, FIRST "\0XX\n0\n\n", sizeof FIRST + 6);
    unit_int("a zero byte", "result",
             spool_header_read(path, &h, error, sizeof error), -1);
    unit_has("a zero byte", "error", error, "holds a zero byte");
    free(path);
}

static bool pick_b(const char *address, void *context)
{
    (void)context;
    return strncmp(address, "b@", 2) == 0;
}

static void copy_of(const char *original, const char *extra,
                    const char *history, struct text *out)
{
    char error[300], *data = text_copy(original);
    struct spool_header h;

    if (spool_header_parse(data, &h, error, sizeof error) == 1)
        spool_header_copy(&h, NEW_ID, pick_b, NULL, extra, history, out);
    spool_header_free(&h);
    free(data);
}

#define USER "Debian-exim 101 103\n<sender@example.org>\n1700000000 0\n"
#define B_LINE "b@example.net rfc822;b 8,8  0,-1#3\n"

/* Everything stays as it was but the id, our variable, what tells of the
 * past, the tree and the recipients. */
static void check_copy(void)
{
    struct text out = {0};

    copy_of(FIRST "-frozen 1700000001\n-aclm 0 3\na\nb\n"
                  "--aclm _outrider 3\nold\n-deliver_firsttime\n" VARIABLES
                  "-manual_thaw\n-tls_resumption A\nNN a@example.net\n"
                  "3\na@example.net\n" B_LINE "c@example.net\n" HEADERS,
            "", "new\nhistory\n", &out);
    unit_str("a copy", "text", text_str(&out),
             NEW_ID
             "-H\n" USER "-aclm 0 3\na\nb\n" VARIABLES
             "-tls_resumption A\n-deliver_firsttime\n"
             "-aclm _outrider 12\nnew\nhistory\n\nXX\n1\n" B_LINE HEADERS);
    text_cut(&out, 0);
    copy_of(FIRST "XX\n1\na@example.net\n" HEADERS, "x@y\nz@y\n", "", &out);
    unit_str("a copy for others", "text", text_str(&out),
             NEW_ID "-H\n" USER "-deliver_firsttime\n-aclm _outrider 0\n\n"
                    "XX\n2\nx@y\nz@y\n" HEADERS);
    text_free(&out);
}

/* Recipients of the copy alone: nobody in it is made of another one. */
static void check_copied_recipients(void)
{
    static const char *const lines[][2] = {
        {"b@example.net  0,2  0,7#3", "b@example.net  0,2  0,-1#3"},
        {"b@example.net e@example.org 13,0#1",
         "b@example.net e@example.org 13,-1#1"},
        {"b@example.net  0,2  0,-1#3", NULL},
        {"b@example.net e,1#2 5,2#2", NULL},
        {"b@\"1,1#1\"", NULL},
        {"b@example.net", NULL},
        {"b@#1", NULL},
        {"b@,1#", NULL},
    };

    for (size_t i = 0; i < LENGTH(lines); i++) {
        struct text out = {0};
        char *data = text_format(FIRST "XX\n1\n%s\n" HEADERS, lines[i][0]);

        copy_of(data, "", "", &out);
        free(data);
        data =
            text_format("XX\n1\n%s\n" HEADERS, lines[i][lines[i][1] != NULL]);
        unit_has(lines[i][0], "in a copy", text_str(&out), data);
        free(data);
        text_free(&out);
    }
}

static const struct {
    const char *id;
    bool is;
} ids[] = {
    {ID, true},
    {ID_LONG, true},
    {"", false},
    {"1vMqTr-0001Ab-0", false},
    {"1vMqTr-0001Ab-012", false},
    {"1vMqTr_0001Ab_01", false},
    {"1vMqT/-0001Ab-01", false},
    {"../../-0001Ab-01", false},
    {"1vMqTr-0001-Ab01", false},
    {"1vMqTr-000000001Ab-00-1", false},
    {"1vMqTr-000000001Ab-00011", false},
};

static void check_ids(void)
{
    char first[SPOOL_ID_MAX], second[SPOOL_ID_MAX];

    for (size_t i = 0; i < LENGTH(ids); i++)
        unit_int(ids[i].id, "is an id", spool_is_id(ids[i].id), ids[i].is);
    spool_new_id(ID, first);
    spool_new_id(ID, second);
    unit_true("a new id", spool_is_id(first) && strlen(first) == 16);
    unit_true("another new id", strcmp(first, second) != 0);
    spool_new_id(ID_LONG, first);
    unit_true("a new long id", spool_is_id(first) && strlen(first) == 23);
    unit_true("tags", keep_is_tag("0") && keep_is_tag("0123456789abcdef"));
    unit_true("no tags", !keep_is_tag("") && !keep_is_tag("A") &&
                             !keep_is_tag("../x") &&
                             !keep_is_tag("000000000000000000000000000000000"));
}

static const struct {
    const char *label;
    int flags;
    bool no_event, no_bounce;
} flags[] = {
    {"no NOTIFY", 0, false, false},
    {"NOTIFY=FAILURE", SPOOL_NOTIFY_FAILURE, false, false},
    {"NOTIFY=NEVER", SPOOL_NOTIFY_NEVER, true, true},
    {"NOTIFY=SUCCESS", SPOOL_NOTIFY_SUCCESS, true, true},
    {"NOTIFY=DELAY", SPOOL_NOTIFY_DELAY, true, true},
    {"NOTIFY=SUCCESS,FAILURE", SPOOL_NOTIFY_SUCCESS | SPOOL_NOTIFY_FAILURE,
     true, false},
    {"another flag", 0x01, false, false},
};

static void check_flags(void)
{
    for (size_t i = 0; i < LENGTH(flags); i++) {
        unit_int(flags[i].label, "no event", spool_no_event(flags[i].flags),
                 flags[i].no_event);
        unit_int(flags[i].label, "no bounce", spool_no_bounce(flags[i].flags),
                 flags[i].no_bounce);
    }
}

static char *input;

static void message_put(const char *directory, const char *id)
{
    char *data = text_format("%s/%s-D", directory, id);
    char *header = text_format("%s/%s-H", directory, id);
    char *text = text_format("%s-D\nHello.\n", id);

    file_put_text(data, text);
    file_put_text(header, FIRST "XX\n1\na@example.net\n" HEADERS);
    free(data);
    free(header);
    free(text);
}

static void message_remove(const char *id)
{
    char *data = text_format("%s/%s-D", input, id);
    char *header = text_format("%s/%s-H", input, id);

    unlink(data);
    unlink(header);
    free(data);
    free(header);
}

static void check_find(void)
{
    static const char *const queues[] = {"input", "input/r", "unsent",
                                         "unsent/input", "unsent/input/r"};
    struct text directory = {0};

    for (size_t i = 0; i < LENGTH(queues); i++) {
        char *path = scratch_path(queues[i]);

        mkdir(path, 0755);
        if (strcmp(queues[i], "unsent") != 0) {
            message_put(path, ID);
            unit_int(queues[i], "found", spool_find(scratch, ID, &directory),
                     1);
            unit_str(queues[i], "directory", directory.s, path);
            free(input);
            input = text_copy(path);
            message_remove(ID);
        }
        free(path);
    }
    free(input);
    input = scratch_path("input");
    unit_int("gone", "found", spool_find(scratch, ID, &directory), 0);
    unit_int("no id", "found", spool_find(scratch, "../x", &directory), 0);
    unit_int("no spool", "found", spool_find("/nowhere", ID, &directory), -1);
    text_free(&directory);
}

static void queue_put(const char *name)
{
    char *path = text_format("%s/q/input/%s", scratch, name);

    file_put_text(path, "");
    free(path);
}

/* Oldest first, split or not; what is no message is none. */
static void check_list(void)
{
    static const char *const directories[] = {"q", "q/input", "q/input/a",
                                              "q/input/ab"};
    static const char *const files[] = {"1vMqTt-0001Ab-01-H",
                                        "1vMqTr-0001Ab-01-H",
                                        "1vMqTr-0001Ab-01-D",
                                        "a/1vMqTs-0001Ab-01-H",
                                        "ab/1vMqTs-0009Ab-01-H",
                                        "hdr.1vMqTr",
                                        "x-H",
                                        "1vMqTr-000000001Ab-0001-H"};
    char(*found)[SPOOL_ID_MAX];

    unit_int("no queue", "messages", spool_list(scratch, "none", &found), 0);
    free(found);
    for (size_t i = 0; i < LENGTH(directories); i++) {
        char *path = scratch_path(directories[i]);

        mkdir(path, 0755);
        free(path);
    }
    for (size_t i = 0; i < LENGTH(files); i++)
        queue_put(files[i]);
    if (unit_int("a queue", "messages", spool_list(scratch, "q", &found), 4)) {
        unit_str("a queue", "first", found[0], "1vMqTr-000000001Ab-0001");
        unit_str("a queue", "second", found[1], "1vMqTr-0001Ab-01");
        unit_str("a queue", "third", found[2], "1vMqTs-0001Ab-01");
        unit_str("a queue", "last", found[3], "1vMqTt-0001Ab-01");
    }
    free(found);
    for (size_t i = 0; i < LENGTH(files); i++) {
        char *path = text_format("%s/q/input/%s", scratch, files[i]);

        unlink(path);
        free(path);
    }
}

/* How often its sender was warned, and whether somebody has frozen it. */
static void check_marks(void)
{
    struct spool_header h;
    char error[200];
    char *data =
        text_copy(ID "-H\nexim 1 1\n<a@x.example>\n5 3\n"
                     "-frozen 1700000000\nXX\n1\na@example.net\n" HEADERS);

    unit_int("marks", "read", spool_header_parse(data, &h, error, sizeof error),
             1);
    unit_int("marks", "warnings", h.warnings, 3);
    unit_int("marks", "frozen", h.frozen, 1700000000);
    unit_true("marks: a copy is not", strstr(h.top, "frozen") == NULL);
    spool_header_free(&h);
    free(data);
}

#define WIRE "-spool_file_wireformat\n"
/* A value that holds what looks like lines of the file. */
#define FORGED                                                                 \
    "-aclm _outrider_mark 1\nx\n" WIRE                                         \
    "-body_linecount 7\nmoved\ta@x\tb@x\t1\t0\n"
#define VARIABLE(name, value) name " %zu\n" value "\n", sizeof value - 1

static void top_parse(struct spool_header *h, const char *top)
{
    char error[300] = "";
    char *data = text_format(FIRST "%sXX\n1\na@example.net\n" HEADERS, top);

    if (!unit_int(top, "parsed",
                  spool_header_parse(data, h, error, sizeof error), 1))
        printf("  %s\n", error);
    free(data);
}

/* The mark as it is read back from a copy. */
static void check_mark_of(const char *label, const struct spool_header *h,
                          const char *want)
{
    struct text out = {0};
    struct spool_header back = {0};
    char error[300] = "";

    spool_header_copy(h, NEW_ID, pick_b, NULL, "b@example.net\n", "", &out);
    unit_int(label, "a copy is read",
             spool_header_parse(out.s, &back, error, sizeof error), 1);
    unit_str(label, "mark", back.mark ? back.mark : "", want);
    spool_header_free(&back);
    text_free(&out);
}

/* Set, set again, taken away: the lines of other values stay, whatever they
 * look like. */
static void check_set_mark(void)
{
    char *other = text_format(VARIABLE("-aclm 0", FORGED));
    char *ours = text_format(VARIABLE("-aclm _outrider_mark", "old\n"));
    char *theirs = text_format(VARIABLE("--aclm _outrider_mark", FORGED));
    const char *tops[] = {"", ours, theirs};

    for (size_t i = 0; i < LENGTH(tops); i++) {
        char *top = text_format("%s%s" VARIABLES, other, tops[i]);
        struct spool_header h;

        top_parse(&h, top);
        unit_str("mark read", "mark", h.mark,
                 i == 0   ? ""
                 : i == 1 ? "old\n"
                          : FORGED);
        spool_header_set_mark(&h, "adapted\n");
        unit_str("mark set", "mark", h.mark, "adapted\n");
        check_mark_of("mark set", &h, "adapted\n");
        spool_header_set_mark(&h, FORGED);
        check_mark_of("a forged mark", &h, FORGED);
        unit_true("a forged mark", !spool_header_wire(&h));
        spool_header_set_mark(&h, "");
        check_mark_of("mark taken away", &h, "");
        unit_true("another variable stays", strstr(h.top, other) != NULL);
        unit_true("others stay", strstr(h.top, VARIABLES) != NULL);
        unit_true("it is gone", strstr(h.top, "adapted") == NULL);
        spool_header_free(&h);
        free(top);
    }
    free(other);
    free(ours);
    free(theirs);
}

/* A line of its own says so, not one within a value. */
static void check_plain(void)
{
    char *other = text_format(VARIABLE("-aclm 0", FORGED));
    char *wire = text_format("%s" WIRE VARIABLES, other);
    char *plain = text_format("%s" VARIABLES, other);
    struct spool_header h;

    top_parse(&h, plain);
    unit_true("plain", !spool_header_wire(&h));
    spool_header_set_plain(&h);
    unit_true("plain stays", strstr(h.top, plain) != NULL);
    spool_header_free(&h);
    top_parse(&h, wire);
    unit_true("wire", spool_header_wire(&h));
    spool_header_set_plain(&h);
    unit_true("wire, made plain", !spool_header_wire(&h));
    unit_true("wire, made plain", strstr(h.top, plain) != NULL);
    spool_header_free(&h);
    top_parse(&h, wire);
    spool_header_set_lines(&h, 4711);
    unit_has("lines", "top", h.top, "\n-body_linecount 4711\n");
    unit_true("lines: a value stays", strstr(h.top, other) != NULL);
    spool_header_free(&h);
    free(other);
    free(wire);
    free(plain);
}

static void check_keep(const struct settings *set)
{
    char error[300] = "", *kept = keep_path(set, ID, "0f", "-D"), *text;
    int fds = descriptors_open();

    unit_int("no message", "keep",
             keep_message(set, ID, "0f", error, sizeof error), -1);
    unit_has("no message", "error", error, "message " ID " is not in ");
    message_put(input, ID);
    unit_int("keep", "result", keep_message(set, ID, "0f", error, sizeof error),
             0);
    unit_int("keep twice", "result",
             keep_message(set, ID, "0f", error, sizeof error), 0);
    unit_true("kept", keep_any(set, ID));
    message_remove(ID);
    text = file_get(kept);
    unit_str("kept, when Exim has let go", "text", text, ID "-D\nHello.\n");
    free(text);
    keep_drop(set, ID, "1");
    unit_int("another tag dropped", "there", access(kept, F_OK), 0);
    keep_drop(set, ID, "0f");
    unit_int("dropped", "there", access(kept, F_OK), -1);
    unit_true("dropped", !keep_any(set, ID));
    unit_int("keep", "descriptors", descriptors_open(), fds);
    free(kept);
}

/* Locks the first line of the -D file as Exim does, says so, and holds the
 * lock until its input ends. */
static int lock_holder(void *context)
{
    int *ends = context;
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 19};
    char *path = text_format("%s/%s-D", input, ID), byte;
    char *sign = scratch_path("held");
    int fd = open(path, O_RDWR);

    close(ends[1]);
    if (fd == -1 || fcntl(fd, F_SETLK, &l) == -1)
        return 1;
    file_put_text(sign, "");
    return read(ends[0], &byte, 1) != 0;
}

static void check_wait(void)
{
    int ends[2];
    char *sign = scratch_path("held");
    pid_t holder;

    unit_int("gone", "wait", spool_wait(input, ID, 0), 0);
    message_put(input, ID);
    unit_int("free", "wait", spool_wait(input, ID, 0), 1);
    unit_int("free", "wait for ever", spool_wait(input, ID, -1), 1);
    if (pipe(ends) == -1)
        exit(2);
    holder = child_start(lock_holder, ends);
    close(ends[0]);
    while (access(sign, F_OK) == -1)
        usleep(1000);
    unit_int("locked", "wait", spool_wait(input, ID, 0), -1);
    unit_int("locked", "wait a little", spool_wait(input, ID, 50), -1);
    close(ends[1]);
    unit_int("let go", "wait", spool_wait(input, ID, -1), 1);
    unit_true("the holder", child_wait(holder));
    message_remove(ID);
    free(sign);
}

int main(void)
{
    struct settings *set;

    scratch_begin();
    set = settings_new(scratch);
    check_sound();
    check_damaged();
    check_cuts();
    check_files();
    check_copy();
    check_copied_recipients();
    check_ids();
    check_flags();
    check_find();
    check_list();
    check_marks();
    check_set_mark();
    check_plain();
    check_keep(set);
    check_wait();
    settings_free(&set);
    free(input);
    scratch_end();
    return unit_end();
}
