/* test_adapt_plan: what becomes of messages, by what their destination can
 * receive; and that whatever comes out is as large as it was said to be, to the
 * byte, and within the limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gmime/gmime.h>

#include "archives.h"
#include "plan.h"

#define LEAST ENVIRONMENT_SIZE_MIN

static struct settings *set;

/* ------------------------------------------------------------- messages -- */

#define FIELDS                                                                 \
    "Received: by hub.example\nFrom: a@x.example\nTo: b@y.example\n"           \
    "Subject: Report\nMessage-ID: <1@x.example>\n"
#define MIXED                                                                  \
    FIELDS "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
#define TEXT_PART "--b\nContent-Type: text/plain\n\nHello.\n"

static void lines_add(struct text *t, int count, const char *line)
{
    for (int i = 0; i < count; i++)
        text_addf(t, "%d;%d;%s\n", i, i * 7919 % 1000, line);
}

static void base64_add(struct text *t, const char *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += 57) {
        char *line = g_base64_encode((const guchar *)bytes + at,
                                     len - at < 57 ? len - at : 57);
        text_addf(t, "%s\n", line);
        g_free(line);
    }
}

/* An attachment in base64: of lines, or of what does not shrink. */
static void attach(struct text *t, const char *name, int bytes, bool noise)
{
    struct text content = {0};

    if (noise) {
        struct extent e = noise_make((size_t)bytes);
        extent_text(&e, &content);
        close(e.fd);
    } else {
        lines_add(&content, bytes / 16, "yearly");
    }
    text_addf(t,
              "--b\nContent-Type: text/csv; name=%s\n"
              "Content-Transfer-Encoding: base64\n"
              "Content-Disposition: attachment; filename=%s\n\n",
              name, name);
    base64_add(t, content.s, content.len);
    text_add(t, "\n");
    text_free(&content);
}

static void make_text(struct text *t)
{
    text_add(t, FIELDS "\n");
    lines_add(t, 12000, "quarterly");
}

static void make_8bit(struct text *t)
{
    text_add(t, FIELDS "MIME-Version: 1.0\nContent-Type: text/plain; "
                       "charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n");
    lines_add(t, 12000, "j\303\244hrlich");
}

static void make_lines(struct text *t)
{
    text_add(t, MIXED TEXT_PART);
    attach(t, "a.csv", 150000, false);
    text_add(t, "--b--\n");
}

static void make_noise(struct text *t)
{
    text_add(t, MIXED TEXT_PART);
    attach(t, "a.bin", 150000, true);
    text_add(t, "--b--\n");
}

static void make_several(struct text *t)
{
    text_add(t, MIXED TEXT_PART);
    for (int i = 0; i < 9; i++)
        attach(t, i % 2 == 0 ? "a.csv" : "b.bin", 20000, i % 2 == 1);
    text_add(t, "--b--\nepilogue\n");
}

static void make_no_end(struct text *t)
{
    text_add(t, MIXED "preamble\n" TEXT_PART);
    attach(t, "a.bin", 150000, true);
}

static void make_signed(struct text *t)
{
    text_add(t, FIELDS "MIME-Version: 1.0\nContent-Type: multipart/signed;\n"
                       " boundary=s\n\n--s\nContent-Type: multipart/mixed;\n"
                       " boundary=b\n\n" TEXT_PART);
    attach(t, "a.csv", 150000, false);
    text_add(t, "--b--\n\n--s\nContent-Type: application/pgp-signature\n\nx\n"
                "--s--\n");
}

static void make_dkim(struct text *t)
{
    text_add(t, "DKIM-Signature: v=1\n" MIXED TEXT_PART);
    attach(t, "a.csv", 150000, false);
    text_add(t, "--b--\n");
}

static void make_embedded(struct text *t)
{
    text_add(t, FIELDS "MIME-Version: 1.0\nContent-Type: multipart/mixed; "
                       "boundary=c\n\n--c\nContent-Type: message/rfc822\n\n");
    make_several(t);
    text_add(t, "--c--\n");
}

static void make_long_line(struct text *t)
{
    text_add(t, FIELDS "MIME-Version: 1.0\n\n");
    for (int i = 0; i < 200000; i++)
        text_add(t, "x");
    text_add(t, "\n");
}

static void make_long_signed(struct text *t)
{
    text_add(t, "DKIM-Signature: v=1\n");
    make_long_line(t);
}

static void make_header(struct text *t)
{
    text_add(t, FIELDS);
    for (int i = 0; i < 2000; i++)
        text_addf(t, "X-%d: %0100d\n", i, i);
    text_add(t, "\n");
}

/* What a message of the world may do to sizes: names that are kept when all of
 * it fits into one message, and given up when it does not. */
static void make_names(struct text *t)
{
    text_add(t, MIXED);
    text_cut(t, t->len - 1);
    for (int i = 0; i < 60; i++)
        text_addf(t, "Subject: %090d\nMessage-ID: <%0300d@x.example>\n", i, i);
    text_add(t, "\n" TEXT_PART);
    attach(t, "a.bin", 150000, true);
    text_add(t, "--b--\n");
}

static void make_nul_part(struct text *t)
{
    text_add(t, MIXED "--b\nContent-Type: text/plain; x=");
    text_addn(t, "\0", 1);
    text_add(t, "\n\n");
    lines_add(t, 12000, "j\303\244hrlich");
    text_add(t, "--b--\n");
}

enum {
    TEXT,
    EIGHT_BIT,
    LINES,
    NOISE,
    SEVERAL,
    NO_END,
    SIGNED,
    DKIM,
    EMBEDDED,
    LONG_LINE,
    LONG_SIGNED,
    HEADER,
    NAMES,
    NUL_PART,
    MESSAGES
};

static struct {
    const char *label;
    void (*make)(struct text *t);
    struct message message;
} messages[MESSAGES] = {
    [TEXT] = {.label = "a text", .make = make_text},
    [EIGHT_BIT] = {.label = "a text, 8bit", .make = make_8bit},
    [LINES] = {.label = "an attachment", .make = make_lines},
    [NOISE] = {.label = "one that does not shrink", .make = make_noise},
    [SEVERAL] = {.label = "several attachments", .make = make_several},
    [NO_END] = {.label = "no end boundary", .make = make_no_end},
    [SIGNED] = {.label = "signed", .make = make_signed},
    [DKIM] = {.label = "a DKIM signature", .make = make_dkim},
    [EMBEDDED] = {.label = "an attached message", .make = make_embedded},
    [LONG_LINE] = {.label = "one long line", .make = make_long_line},
    [LONG_SIGNED] = {.label = "one long line, signed",
                     .make = make_long_signed},
    [HEADER] = {.label = "a header alone", .make = make_header},
    [NAMES] = {.label = "long names", .make = make_names},
    [NUL_PART] = {.label = "a NUL in a part's header", .make = make_nul_part},
};

static void messages_make(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++) {
        struct text t = {0};
        int fd = temp_file(error, sizeof error);

        messages[i].make(&t);
        if (write_all(fd, t.s, t.len, error, sizeof error) == -1 ||
            message_take(&messages[i].message, fd, error, sizeof error) == -1)
            exit(2);
        text_free(&t);
    }
}

/* ------------------------------------------------------------- one plan -- */

struct planned {
    enum outcome outcome;
    struct plan plan;
    struct job job;
    struct environment row;
};

static void plan_it(struct planned *p, const char *row, const struct message *m,
                    int64_t limit, bool split)
{
    *p = (struct planned){.row = ENVIRONMENT_NONE};
    *error = '\0';
    if (environment_parse(&p->row, row, TRUST_OURS, error, sizeof error) == -1)
        unit_str(row, "row", error, "");
    p->job = (struct job){.settings = set,
                          .row = &p->row,
                          .host = "hub.example",
                          .id = "1vMqTr-0001Ab-01",
                          .recipients = "",
                          .limit = limit};
    p->outcome = plan_make(&p->plan, &p->job, m, split, error, sizeof error);
}

static void plan_forget(struct planned *p)
{
    plan_free(&p->plan);
    text_free(&p->job.report);
    text_free(&p->job.refusal);
    environment_free(&p->row);
    workfile_close();
}

/* What is written, counted. */
static int64_t outgoing_count(const struct outgoing *o)
{
    struct message body = {0};
    int64_t size = -1;

    if (splice_make(&o->body, &body, error, sizeof error) == 0) {
        size = message_size(&body) + 2 + (int64_t)o->head.len;
        for (size_t i = 0; i < o->head.len; i++)
            size += o->head.s[i] == '\n';
    }
    message_free(&body);
    return size;
}

/* 1 when all of it is as it must be. */
static bool sizes_right(const struct planned *p, int64_t limit)
{
    bool right = true;

    for (int i = 0; i < p->plan.messages.count; i++) {
        const struct outgoing *o = &p->plan.messages.list[i];
        int64_t said = outgoing_size(o);
        if (said != outgoing_count(o) || said > limit) {
            printf("  %d of %d: said %lld, is %lld, limit %lld\n", i + 1,
                   p->plan.messages.count, (long long)said,
                   (long long)outgoing_count(o), (long long)limit);
            right = false;
        }
    }
    return right;
}

static const char *outcome_name(enum outcome o)
{
    static const char *const names[] = {[PLAN_AS_IS] = "as it is",
                                        [PLAN_CHANGED] = "changed",
                                        [PLAN_REFUSED] = "refused",
                                        [PLAN_FAILED] = "failed"};

    return names[o];
}

/* ------------------------------------------------- outcomes, row by row -- */

static const struct {
    int message;
    const char *row;
    int64_t limit;
    const char *want;   /* the outcome */
    int count;          /* of messages; 0 for any, -1 for more than one */
    const char *report; /* or of the refusal, something that is in it */
} outcomes[] = {
    {LINES, "", ENVIRONMENT_NO_LIMIT, "as it is", 0, ""},
    {LINES, "compress=zip", 1 << 20, "as it is", 0, ""},
    {LINES, "compress=zip", LEAST, "changed", 1, "1 of its parts compressed"},
    {LINES, "compress=zip join=files", LEAST, "changed", 1, "parts compressed"},
    {LINES, "compress=zip archive=one", LEAST, "changed", 1,
     "packed as Report.zip"},
    {LINES, "compress=gzip archive=one", 100000, "changed", 1,
     "packed as Report.eml.gz"},
    {LINES, "compress=none join=partial", LEAST, "changed", -1,
     "message/partial"},
    {LINES, "compress=none join=files", LEAST, "changed", -1,
     "pieces of Report.eml"},
    {LINES, "compress=none join=none", LEAST, "refused", 0,
     ".csv\" alone has "},
    {LINES, "compress=none join=none nothing=send", LEAST, "as it is", 0,
     "too large, sent as it is"},
    {LINES, "order=split compress=zip join=files", LEAST, "changed", -1,
     "pieces of Report.eml"},
    {LINES, "order=split compress=zip join=partial", LEAST, "changed", -1,
     "message/partial"},
    {NOISE, "compress=zip", LEAST, "changed", -1, "pieces of Report.zip"},
    {NOISE, "compress=tar.gz join=files", LEAST, "changed", -1,
     "pieces of Report.tar.gz"},
    {NOISE, "compress=zip join=none", LEAST, "refused", 0,
     "could not be joined there, and its file \""},
    {NOISE, "", LEAST, "changed", -1, "pieces of Report.zip"},
    {SEVERAL, "compress=none join=none", LEAST, "changed", -1,
     "attachments in"},
    {SEVERAL, "compress=zip join=none", LEAST, "changed", -1, "attachments in"},
    {EMBEDDED, "compress=none join=none", LEAST, "changed", -1,
     "attachments in"},
    {NO_END, "compress=none join=partial", LEAST, "changed", -1,
     "message/partial"},
    {SIGNED, "compress=zip", 100000, "changed", 1, "packed as Report.zip"},
    {DKIM, "compress=zip", 100000, "changed", 1, "packed as Report.zip"},
    {SIGNED, "compress=zip join=none", 100000, "changed", 1,
     "packed as Report.zip"},
    {SIGNED, "compress=zip join=none", LEAST, "refused", 0,
     "and it is signed or encrypted"},
    {SIGNED, "compress=none join=none", LEAST, "refused", 0,
     "and it is signed or encrypted"},
    {SIGNED, "compress=none join=partial", LEAST, "changed", -1,
     "message/partial"},
    {TEXT, "compress=none join=none", LEAST, "refused", 0,
     "and it has no files to be sent"},
    {TEXT, "compress=zip join=none", LEAST, "refused", 0,
     "and it has no files to be sent"},
    {EIGHT_BIT, "join=partial", LEAST, "changed", -1, "message/partial"},
    {LONG_LINE, "join=partial", LEAST, "changed", -1, "message/partial"},
    {LONG_SIGNED, "join=partial", LEAST, "refused", 0,
     "a line of it, is too long"},
    {LONG_SIGNED, "join=partial,files compress=none", LEAST, "changed", -1,
     "pieces of Report.eml"},
    {LONG_LINE, "join=files compress=zip", LEAST, "changed", 1,
     "packed as Report.zip"},
    {HEADER, "join=partial", LEAST, "refused", 0, "its header"},
    {HEADER, "join=files", LEAST, "refused", 0, ""},
    {HEADER, "nothing=send", LEAST, "as it is", 0, "sent as it is"},
    {NUL_PART, "join=partial", LEAST, "changed", -1, "message/partial"},
    {NUL_PART, "join=files", LEAST, "changed", 1, "packed as Report.zip"},
};

static void check_outcomes(void)
{
    for (size_t i = 0; i < LENGTH(outcomes); i++) {
        char *label = text_format("%s, %s", messages[outcomes[i].message].label,
                                  outcomes[i].row);
        int64_t limit = outcomes[i].limit;
        struct planned p;

        plan_it(&p, outcomes[i].row, &messages[outcomes[i].message].message,
                limit, true);
        unit_str(label, "outcome", outcome_name(p.outcome), outcomes[i].want);
        unit_has(label, "words",
                 p.outcome == PLAN_REFUSED ? text_str(&p.job.refusal)
                                           : text_str(&p.job.report),
                 outcomes[i].report);
        if (outcomes[i].count == -1)
            unit_true(label, p.plan.messages.count > 1);
        else if (outcomes[i].count > 0)
            unit_int(label, "messages", p.plan.messages.count,
                     outcomes[i].count);
        unit_int(label, "a refusal has words", p.job.refusal.len > 0,
                 p.outcome == PLAN_REFUSED);
        unit_true(label, sizes_right(&p, limit));
        plan_forget(&p);
        free(label);
    }
}

/* A filter has one message only: nothing is refused. */
static void check_not_split(void)
{
    for (int i = 0; i < MESSAGES; i++) {
        struct planned p;
        plan_it(&p, "compress=zip join=files archive=one", &messages[i].message,
                LEAST, false);
        unit_true(messages[i].label,
                  p.outcome == PLAN_AS_IS || p.outcome == PLAN_CHANGED);
        unit_int(messages[i].label, "not split", p.plan.messages.count,
                 p.outcome == PLAN_CHANGED);
        unit_str(messages[i].label, "refusal", text_str(&p.job.refusal), "");
        unit_true(messages[i].label, sizes_right(&p, INT64_MAX));
        plan_forget(&p);
    }
}

/* So many parts, and not one more. */
static void check_parts(void)
{
    static const char *const row[] = {"join=partial", "join=files"};

    for (size_t i = 0; i < LENGTH(row); i++) {
        int before = set->adapt_parts, count;
        struct planned p;

        plan_it(&p, row[i], &messages[NOISE].message, LEAST, true);
        count = p.plan.messages.count;
        plan_forget(&p);
        set->adapt_parts = count;
        plan_it(&p, row[i], &messages[NOISE].message, LEAST, true);
        unit_int(row[i], "as many parts", p.plan.messages.count, count);
        plan_forget(&p);
        set->adapt_parts = count - 1;
        plan_it(&p, row[i], &messages[NOISE].message, LEAST, true);
        unit_str(row[i], "one more", outcome_name(p.outcome), "refused");
        unit_has(row[i], "one more", text_str(&p.job.refusal), "adapt-parts");
        unit_int(row[i], "one more", p.plan.messages.count, 0);
        plan_forget(&p);
        set->adapt_parts = before;
    }
}

/* ---------------------------------------------------------------- limits -- */

static const char *const rows[] = {
    "",
    "compress=zip join=files",
    "compress=gzip,zstd join=none",
    "compress=none join=files",
    "compress=none join=partial",
    "compress=tar.gz archive=one join=partial,files",
    "order=split compress=zip join=files gain=0",
    "order=split compress=gzip join=files gain=1",
};

static void check_limit(int message, const char *row, int64_t limit)
{
    const struct message *m = &messages[message].message;
    struct planned p;
    bool good;

    plan_it(&p, row, m, limit, true);
    good = p.outcome != PLAN_FAILED && sizes_right(&p, limit) &&
           (p.outcome != PLAN_AS_IS || message_size(m) <= limit) &&
           (p.outcome == PLAN_CHANGED) == (p.plan.messages.count > 0);
    if (!unit_true(messages[message].label, good))
        printf("  %s, limit %lld: %s, %s\n", row, (long long)limit,
               outcome_name(p.outcome), error);
    plan_forget(&p);
}

/* The least limit at which as many messages come out as with this one: what
 * fits exactly there does not with a byte less. */
static int64_t edge(int message, const char *row, int64_t limit)
{
    struct planned p;
    int64_t largest = 0;

    plan_it(&p, row, &messages[message].message, limit, true);
    for (int i = 0; i < p.plan.messages.count; i++)
        if (outgoing_size(&p.plan.messages.list[i]) > largest)
            largest = outgoing_size(&p.plan.messages.list[i]);
    plan_forget(&p);
    return largest > LEAST ? largest : limit;
}

static void check_limits(void)
{
    for (int i = 0; i < MESSAGES; i++)
        for (size_t k = 0; k < LENGTH(rows); k++) {
            int64_t size = message_size(&messages[i].message);
            for (int64_t limit = LEAST; limit < size + 40000; limit += 47777)
                check_limit(i, rows[k], limit + i);
            int64_t at = edge(i, rows[k], LEAST + 9999);
            for (int64_t limit = at - 2; limit <= at + 1; limit++)
                check_limit(i, rows[k], limit);
        }
}

/* As it is at the limit, not one byte below. */
static void check_exact(void)
{
    for (int i = 0; i < MESSAGES; i++) {
        const struct message *m = &messages[i].message;
        int64_t size = message_size(m);
        struct planned p;

        plan_it(&p, "compress=none join=partial", m, size, true);
        unit_str(messages[i].label, "at the limit", outcome_name(p.outcome),
                 "as it is");
        plan_forget(&p);
        plan_it(&p, "compress=none join=partial", m, size - 1, true);
        unit_true(messages[i].label,
                  p.outcome == PLAN_CHANGED || p.outcome == PLAN_REFUSED);
        unit_true(messages[i].label, sizes_right(&p, size - 1));
        plan_forget(&p);
    }
}

/* What compressing must save; where it fits, no gain is too small. */
static void check_gain(void)
{
    static const struct {
        const char *row, *report;
    } gains[] = {
        {"compress=zip join=partial gain=0", "1 of its parts compressed"},
        {"compress=zip join=partial gain=99", "split into"},
    };

    for (size_t i = 0; i < LENGTH(gains); i++) {
        struct planned p;
        plan_it(&p, gains[i].row, &messages[LINES].message, LEAST, true);
        unit_true(gains[i].row,
                  strncmp(text_str(&p.job.report), gains[i].report,
                          strlen(gains[i].report)) == 0);
        plan_forget(&p);
    }
}

/* What cannot be encrypted goes nowhere, whatever else is said; without its
 * certificate's file it waits. */
static void check_secret(void)
{
    static const char *const secret[] = {
        "encrypt=smime:/nonexistent.pem",
        "encrypt=smime:/nonexistent.pem nothing=send",
        "encrypt=smime:/nonexistent.pem nothing=send compress=zip",
    };

    for (size_t i = 0; i < LENGTH(secret); i++)
        for (int k = 0; k < 2; k++) {
            struct planned p;
            plan_it(&p, secret[i], &messages[LINES].message,
                    k == 0 ? LEAST : ENVIRONMENT_NO_LIMIT, true);
            unit_str(secret[i], "outcome", outcome_name(p.outcome), "failed");
            unit_has(secret[i], "error", error, "nonexistent.pem");
            plan_forget(&p);
        }
}

int main(void)
{
    int fds;

    g_mime_init();
    scratch_begin();
    temp_directory(scratch);
    set = settings_new("/tmp/x");
    messages_make();
    fds = descriptors_open();
    check_outcomes();
    check_not_split();
    check_parts();
    check_exact();
    check_gain();
    check_secret();
    check_limits();
    unit_int("all plans", "descriptors", descriptors_open(), fds);
    for (int i = 0; i < MESSAGES; i++)
        message_free(&messages[i].message);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
