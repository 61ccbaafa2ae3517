/* test_release: held mail sent on: what becomes of its -H file, and when.
 *
 * The files here have the forms that Exim 4.96 writes (spool_write_header);
 * what release_message() calls of the system fails here, or ends the process,
 * wherever a row wants it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "release.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "scratch.h"
#include "unit.h"

#define ID "1vMqTr-0001Ab-01"
#define FIRST ID "-H\nDebian-exim 101 103\n<sender@example.org>\n1700000000 1\n"
#define VARIABLES                                                              \
    "-received_time_usec .123456\n--helo_name client.test\n"                   \
    "-deliver_firsttime\n-frozen 1700000001\n"                                 \
    "-aclm _outrider 3\na\nb\n-body_linecount 1\n"

/* a@old.example, c@old.example and two words@old.example have moved. */
#define MOVED_A "moved\ta2@new.example\ta@old.example\t7\t0\n"
#define MOVED_C "moved\t\"c d\"@new.example\tc@old.example\t0\t0\n"
#define MOVED_W "moved\tw@new.example\t\"two words\"@old.example\t9\t0\n"

/* ---- the text of a file ---- */

struct parts {
    const char *variables, *mark, *tree, *recipients;
    const char *headers; /* "|", a letter, a space, the field */
};

static const struct {
    const char *label;
    struct parts in, want; /* NULL in want: as it was; mark: the value alone */
    int rc, replaced, spared;
    enum rewrite_headers policy;
} rows[] = {
    {.label = "one recipient",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|T To: a@old.example\n"},
     .want = {.mark = MOVED_A,
              .recipients = "1\na2@new.example\n",
              .headers = "|T To: a2@new.example\n"},
     .rc = 1,
     .replaced = 1},
    {.label = "in capitals",
     .in = {.recipients = "1\nA@Old.Example\n", .headers = ""},
     .want = {.mark = MOVED_A, .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "one of three",
     .in = {.recipients = "3\nx@old.example\na@old.example\ny@example.net\n",
            .headers = ""},
     .want = {.mark = MOVED_A,
              .recipients =
                  "3\nx@old.example\na2@new.example\ny@example.net\n"},
     .rc = 1},
    {.label = "two, and white space",
     .in = {.recipients = "2\n\"two words\"@old.example\nc@old.example\n",
            .headers = ""},
     .want = {.mark = MOVED_W MOVED_C,
              .recipients = "2\nw@new.example\n\"c d\"@new.example\n"},
     .rc = 1},
    {.label = "DSN",
     .in = {.recipients =
                "1\na@old.example rfc822;a@old.example 20,8  0,-1#3\n",
            .headers = ""},
     .want = {.mark = MOVED_A,
              .recipients =
                  "1\na2@new.example rfc822;a@old.example 20,8  0,-1#3\n"},
     .rc = 1},
    {.label = "DSN without ORCPT, an ORCPT with white space",
     .in = {.recipients = "2\na@old.example  0,2  0,-1#3\n"
                          "c@old.example rfc822;\"x y\"@z 14,30  0,-1#3\n",
            .headers = ""},
     .want = {.mark = MOVED_A MOVED_C,
              .recipients =
                  "2\na2@new.example  0,2  0,-1#3\n"
                  "\"c d\"@new.example rfc822;\"x y\"@z 14,30  0,-1#3\n"},
     .rc = 1},
    {.label = "errors_to, one-time aliases, the older form",
     .in = {.recipients =
                "3\na@old.example  0,0 e@example.org 13,-1#3\n"
                "c@old.example rfc822;c@x 10,30 e@example.org 13,0#3\n"
                "\"two words\"@old.example e@example.org 13,-1#1\n",
            .headers = ""},
     .want = {.mark = MOVED_A MOVED_C MOVED_W,
              .recipients =
                  "3\na2@new.example  0,0 e@example.org 13,-1#3\n"
                  "\"c d\"@new.example rfc822;c@x 10,30 e@example.org 13,0#3\n"
                  "w@new.example e@example.org 13,-1#1\n"},
     .rc = 1},
    {.label = "delivered already",
     .in = {.tree = "NN a@old.example\n",
            .recipients = "2\na@old.example\nx@old.example\n",
            .headers = ""},
     .rc = 0},
    {.label = "others are delivered",
     .in = {.tree = "YY m@x\nYN f@x\nNN c@x\nNY q@x\nNN z z@x\n",
            .recipients = "2\nm@x\na@old.example\n",
            .headers = ""},
     .want = {.mark = MOVED_A, .recipients = "2\nm@x\na2@new.example\n"},
     .rc = 1},
    {.label = "a mark is there",
     .in = {.variables = VARIABLES
            "--aclm _outrider_mark 14\nreturned\tx\tno\n\n-tls_cipher x\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.variables = VARIABLES "-tls_cipher x\n",
              .mark = "returned\tx\tno\n" MOVED_A,
              .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "a mark is there, not tainted",
     .in = {.variables = "-aclm _outrider_mark 14\nreturned\tx\tno\n\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.variables = "",
              .mark = "returned\tx\tno\n" MOVED_A,
              .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "a mark is there, for a quoter",
     .in = {.variables = "--(ldap)aclm _outrider_mark 14\nreturned\tx\tno\n\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.variables = "",
              .mark = "returned\tx\tno\n" MOVED_A,
              .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "an empty mark is there",
     .in = {.variables = "--aclm _outrider_mark 0\n\n-aclm 0 1\nx\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.variables = "-aclm 0 1\nx\n",
              .mark = MOVED_A,
              .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "variables like the mark",
     .in = {.variables = "-aclc _outrider_mark 1\nx\n-aclm _outrider_mark2 1\n"
                         "x\n-aclm outrider_mark 1\nx\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.mark = MOVED_A, .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "variables with line ends",
     .in = {.variables = "-aclm 0 12\none\n\n-two\nXX\n--aclc _x 2\n\n\n\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.mark = MOVED_A, .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "a mark within another variable is none",
     .in = {.variables = "--aclm _subject 40\nx\n--aclm _outrider_mark 12\n"
                         "moved\ta\tb\t1\n\n\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.mark = MOVED_A, .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "the mark's name within another variable",
     .in = {.variables = "--aclm _subject 24\n-aclm _outrider_mark 999\n",
            .recipients = "1\na@old.example\n",
            .headers = ""},
     .want = {.mark = MOVED_A, .recipients = "1\na2@new.example\n"},
     .rc = 1},
    {.label = "header fields, and all that is between",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|P Received: by hub.example.org\n"
                       "|T To: J <a@old.example>,\n\tx@old.example\n"
                       "|F From: a@old.example\n \n"
                       "|C CC:a@old.example\n\n"
                       "|  Resent-To: a@old.example\n"
                       "|  Subject: x\n"},
     .want = {.mark = MOVED_A,
              .recipients = "1\na2@new.example\n",
              .headers = "|P Received: by hub.example.org\n"
                         "|T To: J <a2@new.example>,\n\tx@old.example\n"
                         "|F From: a@old.example\n \n"
                         "|C CC:a2@new.example\n\n"
                         "|  Resent-To: a2@new.example\n"
                         "|  Subject: x\n"},
     .rc = 1,
     .replaced = 3},
    {.label = "a field that is deleted",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|* To: a@old.example\n"
                       "|T To: a@old.example\n|* To: a@old.example\n"},
     .want = {.mark = MOVED_A,
              .recipients = "1\na2@new.example\n",
              .headers = "|* To: a@old.example\n"
                         "|T To: a2@new.example\n|* To: a@old.example\n"},
     .rc = 1,
     .replaced = 1},
    {.label = "signed",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|  DKIM-Signature: v=1; h=To:From; b=AAAA=\n"
                       "|T To: a@old.example\n|C Cc: a@old.example\n"},
     .want = {.mark = MOVED_A,
              .recipients = "1\na2@new.example\n",
              .headers = "|  DKIM-Signature: v=1; h=To:From; b=AAAA=\n"
                         "|T To: a@old.example\n|C Cc: a2@new.example\n"},
     .rc = 1,
     .replaced = 1,
     .spared = 1},
    {.label = "signed, always",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|  DKIM-Signature: v=1; h=To:From; b=AAAA=\n"
                       "|T To: a@old.example\n"},
     .want = {.mark = MOVED_A,
              .recipients = "1\na2@new.example\n",
              .headers = "|  DKIM-Signature: v=1; h=To:From; b=AAAA=\n"
                         "|T To: a2@new.example\n"},
     .rc = 1,
     .replaced = 1,
     .policy = REWRITE_ALWAYS},
    {.label = "never",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|T To: a@old.example\n"},
     .want = {.mark = MOVED_A, .recipients = "1\na2@new.example\n"},
     .rc = 1,
     .policy = REWRITE_NEVER},
    {.label = "a signature that is deleted",
     .in = {.recipients = "1\na@old.example\n",
            .headers = "|* DKIM-Signature: v=1; h=To:From; b=AAAA=\n"
                       "|T To: a@old.example\n"},
     .want = {.mark = MOVED_A,
              .recipients = "1\na2@new.example\n",
              .headers = "|* DKIM-Signature: v=1; h=To:From; b=AAAA=\n"
                         "|T To: a2@new.example\n"},
     .rc = 1,
     .replaced = 1},
    {.label = "only who waits has moved in the header",
     .in = {.tree = "NN c@old.example\n",
            .recipients = "2\na@old.example\nc@old.example\n",
            .headers = "|T To: a@old.example, x@old.example\n"},
     .want = {.mark = MOVED_A,
              .recipients = "2\na2@new.example\nc@old.example\n",
              .headers = "|T To: a2@new.example, x@old.example\n"},
     .rc = 1,
     .replaced = 1},
    {.label = "nobody",
     .in = {.recipients = "1\nx@old.example\n", .headers = ""},
     .rc = 0},
    {.label = "no recipient at all",
     .in = {.recipients = "0\n", .headers = ""},
     .rc = 0},
};

static struct moves moves_make(void)
{
    struct moves m = {0};

    moves_add(&m, "a@old.example", "a2@new.example", 7, "*@old.example");
    moves_add(&m, "c@old.example", "\"c d\"@new.example", 0, "c@old.example");
    moves_add(&m, "\"two words\"@old.example", "w@new.example", 9, "r");
    return m;
}

static const char *either(const char *want, const char *in, const char *other)
{
    return want != NULL ? want : in != NULL ? in : other;
}

static void headers_add(const char *fields, struct text *out)
{
    text_add(out, "\n");
    while (*fields != '\0') {
        size_t n = strcspn(fields + 3, "|");

        text_addf(out, "%03zu%c ", n, fields[1]);
        text_addn(out, fields + 3, n);
        fields += 3 + n;
    }
}

static char *file_of(const struct parts *want, const struct parts *in,
                     const char *mark)
{
    struct text out = {0};

    text_addf(&out, "%s%s", FIRST,
              either(want->variables, in->variables, VARIABLES));
    if (mark != NULL)
        text_addf(&out, "--aclm _outrider_mark %zu\n%s\n", strlen(mark), mark);
    text_addf(&out, "%s%s", either(want->tree, in->tree, "XX\n"),
              either(want->recipients, in->recipients, ""));
    headers_add(either(want->headers, in->headers, ""), &out);
    return out.s;
}

static void check_row(size_t i, const char *in, const char *want)
{
    struct moves moves = moves_make();
    struct released done;
    struct text out = {0};
    char error[300] = "";

    unit_int(rows[i].label, "result",
             release_text(in, strlen(in), &moves, rows[i].policy, &done, &out,
                          error, sizeof error),
             rows[i].rc);
    unit_str(rows[i].label, "error", error, "");
    if (rows[i].rc == 1) {
        unit_str(rows[i].label, "file", text_str(&out), want);
        unit_int(rows[i].label, "replaced", done.replaced, rows[i].replaced);
        unit_int(rows[i].label, "spared", done.spared, rows[i].spared);
    }
    unit_true(rows[i].label, (done.moves.count > 0) == (rows[i].rc == 1));
    released_free(&done);
    moves_free(&moves);
    text_free(&out);
}

static void check_texts(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *in = file_of(&rows[i].in, &rows[i].in, NULL);
        char *want = file_of(&rows[i].want, &rows[i].in, rows[i].want.mark);

        check_row(i, in, want);
        free(in);
        free(want);
    }
}

/* A field whose length needs a digit more. */
static void check_long_field(void)
{
    struct moves moves = moves_make();
    struct released done;
    struct text in = {0}, out = {0}, want = {0};
    char error[300];

    text_addf(&in,
              FIRST "XX\n1\na@old.example\n\n999T To: a@old.example\n"
                    " (%0487d)\n (%0486d)\n013  Subject: x\n",
              0, 0);
    release_text(in.s, in.len, &moves, REWRITE_ALWAYS, &done, &out, error,
                 sizeof error);
    text_addf(&want,
              "\n1000T To: a2@new.example\n (%0487d)\n (%0486d)\n"
              "013  Subject: x\n",
              0, 0);
    unit_has("a long field", "file", text_str(&out), want.s);
    released_free(&done);
    moves_free(&moves);
    text_free(&in);
    text_free(&out);
    text_free(&want);
}

/* Cut anywhere: an error, or something whole. */
static void check_cuts(void)
{
    char *whole = file_of(&rows[6].in, &rows[6].in, MOVED_C);

    for (size_t n = 0; n <= strlen(whole); n++) {
        struct moves moves = moves_make();
        struct released done;
        struct spool_header h = {0};
        struct text out = {0};
        char *in = strndup(whole, n), error[300] = "";
        int rc = release_text(in, n, &moves, REWRITE_ALWAYS, &done, &out, error,
                              sizeof error);

        unit_true("cut", rc == -1 ? *error != 0 && done.moves.count == 0
                                  : spool_header_parse(out.s, &h, error,
                                                       sizeof error) == 1);
        spool_header_free(&h);
        released_free(&done);
        moves_free(&moves);
        text_free(&out);
        free(in);
    }
    free(whole);
}

static void check_zero(void)
{
    static const char in[] = FIRST "XX\n1\na@old.example\n\n\0\n";
    struct moves moves = moves_make();
    struct released done;
    struct text out = {0};
    char error[300] = "";

    unit_int("a zero byte", "result",
             release_text(in, sizeof in - 1, &moves, REWRITE_ALWAYS, &done,
                          &out, error, sizeof error),
             -1);
    unit_has("a zero byte", "error", error, "zero byte");
    moves_free(&moves);
    text_free(&out);
}

/* ---- the calls it makes ---- */

/* Call number `at` of those below fails, or is the process's last. */
static struct {
    enum { FAULT_NONE, FAULT_FAIL, FAULT_KILL } how;
    int at, count;
} fault;

static long slept_ms;

static bool fault_now(void)
{
    if (fault.how == FAULT_NONE || ++fault.count != fault.at)
        return false;
    if (fault.how == FAULT_KILL)
        kill(getpid(), SIGKILL);
    errno = ENOSPC;
    return true;
}

ssize_t write(int fd, const void *data, size_t len)
{
    /* Half of it is there when the process ends. */
    if (fault.how == FAULT_KILL && fault.count + 1 == fault.at)
        syscall(SYS_write, fd, data, len / 2);
    return fault_now() ? -1 : syscall(SYS_write, fd, data, len);
}

int fsync(int fd)
{
    return fault_now() ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *old, const char *new)
{
    return fault_now()
               ? -1
               : (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int fchmod(int fd, mode_t mode)
{
    return fault_now() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int usleep(useconds_t us)
{
    slept_ms += us / 1000;
    return 0;
}

/* ---- a message ---- */

#define NOW 1795341600
#define BEFORE                                                                 \
    FIRST VARIABLES "NN done@old.example\n3\na@old.example\n"                  \
                    "done@old.example\nx@old.example\n\n"                      \
                    "018T To: a@old.example\n"
#define AFTER                                                                  \
    FIRST VARIABLES "--aclm _outrider_mark 48\n"                               \
                    "moved\ta2@new.example\ta@old.example\t7\t1795341600\n"    \
                    "\nNN done@old.example\n3\na2@new.example\n"               \
                    "done@old.example\nx@old.example\n\n"                      \
                    "019T To: a2@new.example\n"

static struct settings *set;
static char *input;

static char *message_path(const char *suffix)
{
    return text_format("%s/" ID "%s", input, suffix);
}

static void message_write(const char *suffix, const char *text)
{
    char *path = message_path(suffix);

    file_put_text(path, text);
    free(path);
}

static void message_put(void)
{
    message_write("-D", ID "-D\nHello.\n");
    message_write("-H", BEFORE);
}

static void message_remove(const char *suffix)
{
    char *path = message_path(suffix);

    unlink(path);
    free(path);
}

static void check_header(const char *label, const char *want)
{
    char *path = message_path("-H"), *got = file_get(path);

    unit_str(label, "-H", got, want);
    free(got);
    free(path);
}

/* Never asked for who is done. */
static char *new_of(const char *recipient, int64_t *time, void *context)
{
    bool *wrong = context;

    *wrong = *wrong || strcmp(recipient, "done@old.example") == 0;
    if (!text_same_address(recipient, "a@old.example"))
        return NULL;
    *time = 7;
    return text_copy("a2@new.example");
}

static int release_now(struct released *done, char *error, size_t size)
{
    bool wrong = false;
    struct release r = {set, 1795341600, new_of, &wrong};
    int rc = release_message(&r, ID, done, error, size);

    unit_true("only who waits is asked for", !wrong);
    return rc;
}

static void check_result(const char *label, int rc, const char *why,
                         const char *header)
{
    struct released done;
    char error[300] = "";
    int fds = descriptors_open();

    unit_int(label, "result", release_now(&done, error, sizeof error), rc);
    unit_has(label, "error", error, why);
    unit_true(label, (rc == -1) == (*error != 0));
    unit_int(label, "moves", done.moves.count, rc == 1);
    released_free(&done);
    check_header(label, header);
    unit_int(label, "files left over", files_like(input, "hdr*"), 0);
    unit_int(label, "descriptors", descriptors_open(), fds);
}

static void check_kept(const char *label, mode_t mode, uid_t uid, gid_t gid)
{
    char *path = message_path("-H");
    struct stat st;

    unit_int(label, "stat", stat(path, &st), 0);
    unit_int(label, "mode", st.st_mode & 07777, mode);
    if (geteuid() == 0) {
        unit_int(label, "user", st.st_uid, uid);
        unit_int(label, "group", st.st_gid, gid);
    }
    free(path);
}

static void check_released(void)
{
    char *path = message_path("-H");

    check_result("no message", 0, "", "");
    message_put();
    chmod(path, 0600);
    if (geteuid() == 0 && chown(path, 12, 34) == -1)
        perror(path);
    check_result("released", 1, "", AFTER);
    check_kept("released", 0600, 12, 34);
    check_result("nothing more to change", 0, "", AFTER);
    message_remove("-D");
    check_result("half a message", 0, "", AFTER);
    message_remove("-H");
    free(path);
}

static void check_done(void)
{
    struct released done;
    char error[300];

    message_put();
    release_now(&done, error, sizeof error);
    if (unit_int("done", "moves", done.moves.count, 1)) {
        unit_str("done", "old", done.moves.list[0].old, "a@old.example");
        unit_str("done", "new", done.moves.list[0].new, "a2@new.example");
        unit_int("done", "time", done.moves.list[0].time, 7);
        unit_int("done", "since", done.moves.list[0].released, NOW);
    }
    unit_int("done", "replaced", done.replaced, 1);
    unit_int("done", "spared", done.spared, 0);
    released_free(&done);
    unit_true("freed", done.moves.list == NULL);
}

static char *new_same(const char *recipient, int64_t *time, void *context)
{
    (void)context;
    *time = 0;
    return strcmp(recipient, "x@old.example") == 0 ? text_copy(recipient)
                                                   : NULL;
}

/* It is held no more, and its address stays: the mark alone says so. */
static void check_itself(void)
{
    struct release r = {.settings = set, .new_of = new_same, .now = NOW};
    struct released done;
    char error[300] = "", *path = message_path("-H"), *got;
    struct spool_header before, after;

    message_put();
    spool_header_read(path, &before, error, sizeof error);
    unit_int("to itself", "result",
             release_message(&r, ID, &done, error, sizeof error), 1);
    got = file_get(path);
    unit_has("to itself", "mark", got,
             "\nmoved\tx@old.example\tx@old.example\t0\t1795341600\n");
    unit_int("to itself", "parsed",
             spool_header_parse(got, &after, error, sizeof error), 1);
    unit_int("to itself", "recipients", after.count, before.count);
    for (int i = 0; i < before.count && i < after.count; i++)
        unit_str("to itself", "recipient", after.recipients[i].line,
                 before.recipients[i].line);
    spool_header_free(&before);
    spool_header_free(&after);
    released_free(&done);
    free(got);
    free(path);
}

/* On any of Exim's queues. */
static void check_queues(void)
{
    static const char *const queues[] = {"input", "input/r", "held",
                                         "held/input", "held/input/r"};

    for (size_t i = 0; i < LENGTH(queues); i++) {
        free(input);
        input = scratch_path(queues[i]);
        mkdir(input, 0755);
        if (strcmp(queues[i], "held") == 0)
            continue;
        message_put();
        check_result(queues[i], 1, "", AFTER);
        message_remove("-H");
        message_remove("-D");
    }
    free(input);
    input = scratch_path("input");
}

static void check_refused(void)
{
    message_put();
    message_write("-J", "a@old.example\n");
    check_result("a delivery was cut off", -1, "cut off", BEFORE);
    message_remove("-J");
    message_write("-H", "nonsense\n");
    check_result("damaged", -1, "-H: ", "nonsense\n");
    message_put();
}

/* ---- locks, faults, kills ---- */

struct holder {
    int says[2], ends[2];
};

/* Locks the first line of the -D file as Exim does, says so, and holds the
 * lock until its input ends. */
static int lock_holder(void *context)
{
    struct holder *h = context;
    struct flock l = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = sizeof ID + 2};
    char *path = message_path("-D"), byte = 0;
    int fd = open(path, O_RDWR);

    close(h->ends[1]);
    if (fd == -1 || fcntl(fd, F_SETLK, &l) == -1)
        return 1;
    return write(h->says[1], &byte, 1) != 1 || read(h->ends[0], &byte, 1) != 0;
}

static void check_locked(void)
{
    struct holder h;
    char byte;
    pid_t pid;

    message_put();
    if (pipe(h.says) == -1 || pipe(h.ends) == -1)
        exit(2);
    pid = child_start(lock_holder, &h);
    close(h.ends[0]);
    close(h.says[1]);
    unit_int("locked", "said", read(h.says[0], &byte, 1), 1);
    slept_ms = 0;
    check_result("locked", -1, "a delivery of it is under way", BEFORE);
    unit_true("it was waited for", slept_ms >= 1000 && slept_ms < 60000);
    close(h.ends[1]);
    close(h.says[0]);
    unit_true("the holder", child_wait(pid));
    check_result("let go", 1, "", AFTER);
}

/* Whichever call fails: it is as it was, or released, and nothing is left. */
static void check_faults(void)
{
    bool reached = true;

    for (int at = 1; reached && at < 50; at++) {
        struct released done;
        char label[40], error[300] = "";
        int rc;

        snprintf(label, sizeof label, "call %d fails", at);
        message_put();
        fault.count = 0;
        fault.at = at;
        fault.how = FAULT_FAIL;
        rc = release_now(&done, error, sizeof error);
        fault.how = FAULT_NONE;
        reached = fault.count >= at;
        unit_true(label, rc == 1 || (rc == -1 && *error != 0 && reached));
        check_header(label, rc == 1 ? AFTER : BEFORE);
        unit_int(label, "files left over", files_like(input, "hdr*"), 0);
        released_free(&done);
    }
    unit_true("each call fails once", fault.count >= 3 && !reached);
}

static int killed_release(void *context)
{
    struct released done;
    char error[300] = "";

    fault.at = *(int *)context;
    fault.how = FAULT_KILL;
    release_now(&done, error, sizeof error);
    released_free(&done);
    return 0;
}

/* Is it as it was, or released, and nothing between? */
static bool whole(void)
{
    char *path = message_path("-H"), *got = file_get(path);
    bool is = strcmp(got, BEFORE) == 0 || strcmp(got, AFTER) == 0;

    free(got);
    free(path);
    return is;
}

static void check_kills(void)
{
    bool killed = true;
    int at;

    for (at = 1; killed && at < 50; at++) {
        char label[40], (*ids)[SPOOL_ID_MAX];
        struct released done;
        char error[300] = "";

        snprintf(label, sizeof label, "killed at call %d", at);
        message_put();
        fault.count = 0;
        killed = !child_wait(child_start(killed_release, &at));
        unit_true(label, whole());
        unit_int(label, "messages", spool_list(scratch, "", &ids), 1);
        unit_true(label, release_now(&done, error, sizeof error) != -1);
        check_header(label, AFTER);
        released_free(&done);
        free(ids);
    }
    unit_true("killed at each call", at > 4 && !killed);
}

int main(void)
{
    scratch_begin();
    set = settings_new(scratch);
    input = scratch_path("input");
    mkdir(input, 0755);
    check_texts();
    check_long_field();
    check_cuts();
    check_zero();
    check_released();
    check_done();
    check_itself();
    check_queues();
    check_refused();
    check_locked();
    check_faults();
    check_kills();
    settings_free(&set);
    free(input);
    scratch_end();
    return unit_end();
}
