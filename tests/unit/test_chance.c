/* test_chance: the second chance: its addresses, what becomes of each
 * recipient, and that a bounce done twice, or cut off anywhere, is done once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "chance.h"
#include "chance_key.h"

#include <stdlib.h>
#include <time.h>

#include "spool.h"
#include "scratch.h"
#include "unit.h"

#define ID "1vMqTr-0001Ab-01"
#define BOUNCE_ID "1vMqTs-0002Cd-02"
#define COPY_ID "1vMqTt-0003Ef-03"
#define LOCAL_PART ID "+0f+smart1+sender=40example.org"
#define BODY "Hello.\nThis is the body.\n"

static struct settings *set;
static struct classifier *classifier;
static char *input, *keep;
static int runs;

static const struct {
    const char *label, *server, *sender;
} keys[] = {
    {"plain", "smart1.example:25", "a@example.org"},
    {"no sender", "smart1", ""},
    {"IPv6", "[2001:db8::1]:25", "a@example.org"},
    {"plus and equals", "s", "a+b=c=40@example.org"},
    {"quoted", "s", "\"a b\\\"+@\"@example.org"},
    {"dots", "s", ".a..b.@example.org"},
    {"UTF-8", "s", "m\xc3\xbcller@example.org"},
    {"percent and bang", "s", "a%b!c@[192.0.2.1]"},
};

static void check_keys(void)
{
    struct chance_key forged;

    unit_int("a line end in the sender", "parsed",
             chance_key_parse(ID "+0f+s+a=40x=0Ab=40y", &forged), 0);
    for (size_t i = 0; i < LENGTH(keys); i++) {
        char id[] = ID, tag[] = "0f";
        char *server = text_copy(keys[i].server);
        char *sender = text_copy(keys[i].sender);
        struct chance_key back, key = {id, tag, server, sender};
        char *address = chance_key_address(set, &key);
        char *at = strchr(address, '@');

        unit_str(keys[i].label, "domain", at + 1, "outrider.invalid");
        *at = '\0';
        unit_true(keys[i].label,
                  strspn(address, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789+=-_.") == strlen(address) &&
                      strstr(address, "..") == NULL);
        unit_int(keys[i].label, "parsed", chance_key_parse(address, &back), 1);
        unit_str(keys[i].label, "id", back.id, ID);
        unit_str(keys[i].label, "tag", back.tag, "0f");
        unit_str(keys[i].label, "server", back.server, keys[i].server);
        unit_str(keys[i].label, "sender", back.sender, keys[i].sender);
        chance_key_free(&back);
        free(address);
        free(server);
        free(sender);
    }
}

static const char *const no_keys[] = {
    "",
    "postmaster",
    "a+b+c+d",
    ID,
    ID "+0f",
    ID "+0f+smart1",
    ID "+0f++a",
    ID "++smart1+a",
    ID "+0F+smart1+a",
    ID "+../x+smart1+a",
    "../../../etc/pas+0f+smart1+a",
    "1vMqTr_0001Ab_01+0f+smart1+a",
};

static void check_no_keys(void)
{
    for (size_t i = 0; i < LENGTH(no_keys); i++) {
        struct chance_key k;

        unit_int(no_keys[i], "parsed", chance_key_parse(no_keys[i], &k), 0);
        unit_true(no_keys[i], k.id == NULL && k.sender == NULL);
    }
}

static void run(const char *id, const char *queue, void *context)
{
    (void)queue;
    (void)context;
    runs += spool_is_id(id);
}

static void put(const char *directory, const char *name, const char *text)
{
    char *path = text_format("%s/%s", directory, name);

    file_put_text(path, text);
    free(path);
}

static char *get(const char *directory, const char *name)
{
    char *path = text_format("%s/%s", directory, name), *text = file_get(path);

    free(path);
    return text;
}

/* The original, kept, with these recipients (a line each), and the bounce in
 * the queue. */
static void spool_begin(int count, const char *recipients)
{
    char *header = text_format("%s-H\nexim 1 1\n<sender@example.org>\n%lld 0\n"
                               "-body_linecount 2\nXX\n%d\n%s\n"
                               "013  Subject: x\n",
                               ID, (long long)time(NULL), count, recipients);

    scratch_end();
    mkdir(scratch, 0755);
    mkdir(input, 0755);
    mkdir(set->state, 0755);
    mkdir(keep, 0755);
    put(keep, ID ".0f-H", header);
    put(keep, ID ".0f-D", ID "-D\n" BODY);
    put(input, BOUNCE_ID "-H",
        BOUNCE_ID
        "-H\nexim 1 1\n<>\n1700000000 0\n-localerror\nXX\n1\n" LOCAL_PART
        "@outrider.invalid\n\n013  Subject: y\n");
    put(input, BOUNCE_ID "-D", BOUNCE_ID "-D\n");
    free(header);
    runs = 0;
}

#define NOTICE_HEAD(recipients)                                                \
    "X-Failed-Recipients: " recipients "\nTo: " LOCAL_PART                     \
    "@outrider.invalid\nSubject: Mail delivery failed\n\n"
#define NOTICE_ENTRY(recipient, reply)                                         \
    "  " recipient "\n    host smart1 [192.0.2.1]\n"                           \
    "    SMTP error from remote mail server after RCPT TO:<" recipient         \
    ">:\n    " reply "\n"
#define BLOCKED "550 5.7.1 blocked by blacklist"
#define UNKNOWN "550 5.1.1 user unknown"
#define GREYLISTED "550 5.7.1 Greylisted, try again later"

static int chance_take(const char *bounce, size_t len, struct text *report)
{
    char error[500] = "";
    struct chance c = {.settings = set,
                       .classifier = classifier,
                       .local_part = LOCAL_PART,
                       .bounce_id = BOUNCE_ID,
                       .queue = "",
                       .bounce = bounce,
                       .bounce_len = len,
                       .run = run};
    int rc = chance_run(&c, report, error, sizeof error);

    if (rc != 0)
        printf("  %s\n", error);
    return rc;
}

/* The header of the copy (not the bounce's) whose recipients include this;
 * "" when there is none. */
static char *copy_for(const char *recipient)
{
    DIR *dir = opendir(input);
    char *found = NULL;

    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        char *text;

        if (fnmatch("*-H", e->d_name, 0) != 0 ||
            strcmp(e->d_name, BOUNCE_ID "-H") == 0)
            continue;
        text = get(input, e->d_name);
        if (found == NULL && strstr(text, recipient) != NULL)
            found = text;
        else
            free(text);
    }
    closedir(dir);
    return found != NULL ? found : text_copy("");
}

static const struct {
    const char *label;
    int count;
    const char *recipients; /* of the original */
    const char *bounce;
    int copies;       /* messages made, a bounce passed on among them */
    const char *copy; /* the recipients in the first copy's header */
    const char *report;
} chances[] = {
    {"next", 1, "a@example.net\n",
     NOTICE_HEAD("a@example.net") NOTICE_ENTRY("a@example.net", BLOCKED), 1,
     "\nXX\n1\na@example.net\n\n", "a@example.net: another server is tried"},
    {"cancel", 1, "a@example.net\n",
     NOTICE_HEAD("a@example.net") NOTICE_ENTRY("a@example.net", UNKNOWN), 1,
     "\nXX\n1\nsender@example.org\n\n",
     "bounce passed on to <sender@example.org>"},
    {"one of three", 3, "a@example.net\nb@example.net\nc@example.net\n",
     NOTICE_HEAD("b@example.net") NOTICE_ENTRY("b@example.net", BLOCKED), 1,
     "\nXX\n1\nb@example.net\n\n", "b@example.net: another server is tried"},
    {"mixed", 2, "a@example.net\nb@example.net\n",
     NOTICE_HEAD("a@example.net,\n  b@example.net") NOTICE_ENTRY(
         "a@example.net", BLOCKED) NOTICE_ENTRY("b@example.net", UNKNOWN),
     2, "\nXX\n1\na@example.net\n\n",
     "bounce passed on to <sender@example.org>"},
    {"same", 1, "a@example.net\n",
     NOTICE_HEAD("a@example.net") NOTICE_ENTRY("a@example.net", GREYLISTED), 1,
     "\nXX\n1\na@example.net\n\n", "the same server is tried again later"},
    {"silent", 1, "a@example.net  0,2  0,-1#3\n",
     NOTICE_HEAD("a@example.net") NOTICE_ENTRY("a@example.net", UNKNOWN), 0,
     NULL, "a@example.net failed and nobody is told (DSN NOTIFY)"},
    {"recipient in UTF-8", 1, "m\xc3\xbcller@example.net  0,8  0,-1#3\n",
     NOTICE_HEAD("m\\303\\274ller@example.net")
         NOTICE_ENTRY("m\\303\\274ller@example.net", BLOCKED),
     1, "\nXX\n1\nm\xc3\xbcller@example.net  0,8  0,-1#3\n\n",
     "another server is tried"},
};

static void check_chance(size_t i)
{
    const char *label = chances[i].label, *bounce = chances[i].bounce;
    struct text report = {0};
    char *copy;

    spool_begin(chances[i].count, chances[i].recipients);
    for (int time = 0; time < 3; time++) {
        text_cut(&report, 0);
        unit_int(label, "result", chance_take(bounce, strlen(bounce), &report),
                 0);
        unit_has(label, "report", text_str(&report),
                 time == 0 ? chances[i].report : "was done before");
        unit_int(label, "messages", files_like(input, "*-H") - 1,
                 chances[i].copies);
        unit_int(label, "bodies", files_like(input, "*-D") - 1,
                 chances[i].copies);
    }
    if (chances[i].copy != NULL) {
        copy = copy_for(chances[i].copy);
        unit_has(label, "copy", copy, chances[i].copy);
        unit_true(label, strstr(copy, "-aclm _outrider ") != NULL);
        free(copy);
    }
    unit_int(label, "kept", files_like(keep, ID "*"), 0);
    text_free(&report);
}

/* An earlier run was cut off: which of its files stood where. */
static const struct {
    const char *label;
    bool id, data, header;           /* in STATE/keep */
    bool data_queued, header_queued; /* on the queue already */
    int messages;
    bool same_id; /* it is the message that the earlier run began */
} crashes[] = {
    {.label = "nothing yet", .messages = 1},
    {.label = "the data", .data = true, .messages = 1},
    {.label = "the data and the header",
     .data = true,
     .header = true,
     .messages = 1},
    {.label = "all three",
     .id = true,
     .data = true,
     .header = true,
     .messages = 1,
     .same_id = true},
    {.label = "the data on the queue",
     .id = true,
     .header = true,
     .data_queued = true,
     .messages = 1,
     .same_id = true},
    {.label = "both on the queue",
     .id = true,
     .data_queued = true,
     .header_queued = true,
     .messages = 1,
     .same_id = true},
    {.label = "delivered already", .id = true, .messages = 0},
};

#define COPY_HEADER                                                            \
    COPY_ID "-H\nexim 1 1\n<sender@example.org>\n1700000000 0\nXX\n1\n"        \
            "a@example.net\n\n013  Subject: x\n"

static void check_crash(size_t i)
{
    static const char bounce[] =
        NOTICE_HEAD("a@example.net") NOTICE_ENTRY("a@example.net", BLOCKED);
    const char *label = crashes[i].label;
    struct text report = {0};
    char *copy;

    spool_begin(1, "a@example.net\n");
    if (crashes[i].id)
        put(keep, BOUNCE_ID ".next.id", COPY_ID);
    if (crashes[i].data)
        put(keep, BOUNCE_ID ".next.data",
            crashes[i].id ? COPY_ID "-D\n" BODY : "half");
    if (crashes[i].header)
        put(keep, BOUNCE_ID ".next.header",
            crashes[i].id ? COPY_HEADER : "half");
    if (crashes[i].data_queued)
        put(input, COPY_ID "-D", COPY_ID "-D\n" BODY);
    if (crashes[i].header_queued)
        put(input, COPY_ID "-H", COPY_HEADER);
    unit_int(label, "result", chance_take(bounce, strlen(bounce), &report), 0);
    unit_int(label, "messages", files_like(input, "*-H") - 1,
             crashes[i].messages);
    unit_int(label, "bodies", files_like(input, "*-D") - 1,
             crashes[i].messages);
    copy = copy_for("\n1\na@example.net\n\n");
    if (crashes[i].messages > 0)
        unit_int(label, "the same id", strncmp(copy, COPY_ID, 16) == 0,
                 crashes[i].same_id);
    unit_has(label, "copy", copy, crashes[i].messages ? "Subject: x\n" : "");
    if (strlen(copy) > 16) {
        char *name = text_format("%.16s-D", copy);
        char *want = text_format("%s\n" BODY, name), *body = get(input, name);

        unit_str(label, "body", body, want);
        free(name);
        free(want);
        free(body);
    }
    free(copy);
    text_free(&report);
}

/* The original is unlocked and does not say that the recipient has failed:
 * Exim died in between and will deliver again. No copy, no bounce. */
static void check_stale(void)
{
    static const char bounce[] =
        NOTICE_HEAD("a@example.net") NOTICE_ENTRY("a@example.net", BLOCKED);
    struct text report = {0};

    spool_begin(1, "a@example.net\n");
    put(input, ID "-D", ID "-D\n" BODY);
    put(input, ID "-H",
        ID "-H\nexim 1 1\n<sender@example.org>\n1700000000 0\nXX\n1\n"
           "a@example.net\n\n013  Subject: x\n");
    unit_int("stale", "result", chance_take(bounce, strlen(bounce), &report),
             0);
    unit_int("stale", "messages", files_like(input, "*-H"), 2);
    unit_true("stale", strstr(text_str(&report), "still to be delivered"));
    text_free(&report);
}

static void check_zero_byte(void)
{
    static const char bounce[] = NOTICE_HEAD("a@example.net")
        NOTICE_ENTRY("a@example.net", UNKNOWN) "a\0b the end\n";
    struct text report = {0}, body = {0};
    char *copy, *path;

    spool_begin(1, "a@example.net\n");
    chance_take(bounce, sizeof bounce - 1, &report);
    copy = copy_for("sender@example.org");
    path = text_format("%s/%.16s-D", input, copy);
    file_get_bytes(path, &body);
    unit_true("a zero byte in what is returned",
              body.len > 8 &&
                  memcmp(body.s + body.len - 8, "the end\n", 8) == 0);
    free(copy);
    free(path);
    text_free(&body);
    text_free(&report);
}

int main(void)
{
    scratch_begin();
    set = settings_new(scratch);
    classifier = classifier_new();
    input = scratch_path("input");
    keep = scratch_path("outrider/keep");
    check_keys();
    check_no_keys();
    for (size_t i = 0; i < LENGTH(chances); i++)
        check_chance(i);
    for (size_t i = 0; i < LENGTH(crashes); i++)
        check_crash(i);
    check_stale();
    check_zero_byte();
    classifier_free(&classifier);
    settings_free(&set);
    free(input);
    free(keep);
    scratch_end();
    return unit_end();
}
