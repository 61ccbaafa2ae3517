/* test_adapt_expand: what was compressed is put back as it was; what others
 * have compressed becomes files, within the limits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gmime/gmime.h>

#include "archives.h"
#include "compress.h"
#include "expand.h"
#include "field.h"
#include "pieces.h"
#include "recode.h"
#include "structure.h"

static struct settings *set;

#define TOP                                                                    \
    "Received: x\nFrom: a@x.example\nSubject: Report\nMessage-ID: <1@x>\n"
#define MIXED                                                                  \
    TOP "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
#define CSV "--b\nContent-ID: <c>\nContent-Type: text/csv; name=\"a b.csv\"\n"
#define ZIP "--b\nContent-Type: application/octet-stream; name=z\n"
#define BASE64 "Content-Transfer-Encoding: base64\n"

static struct environment row;
static struct job job;

static void job_begin(const char *text, int64_t limit)
{
    row = ENVIRONMENT_NONE;
    unit_int(text, "row",
             environment_parse(&row, text, TRUST_OURS, error, sizeof error), 0);
    job = (struct job){.settings = set,
                       .row = &row,
                       .host = "hub.example",
                       .id = "1vMqTr-0001Ab-01",
                       .recipients = "",
                       .limit = limit};
}

static void job_end(void)
{
    text_free(&job.report);
    text_free(&job.refusal);
    environment_free(&row);
}

static void message_of(struct message *m, const struct splice *s)
{
    *m = (struct message){0};
    if (splice_make(s, m, error, sizeof error) == -1) {
        puts(error);
        exit(2);
    }
}

static void part_bytes(const struct message *m, const struct part *p,
                       struct text *out)
{
    struct extent e;

    text_cut(out, 0);
    if (part_content(m, p, &e, error, sizeof error) == 1)
        extent_text(&e, out);
}

/* -------------------------------------------------------- what was ours -- */

/* In base64 as adapt writes it, they come back to the byte. */
enum form { AS_IS, IN_BASE64, QUOTED, CODED_CRLF, ALONE };

static void original_make(struct message *m, enum form form)
{
    struct splice s = {0};
    struct extent e = lines_make(400);

    if (form == ALONE)
        splice_text(&s, TOP "MIME-Version: 1.0\nContent-Type: text/csv; "
                            "name=x.csv\n" BASE64 "\n");
    else
        splice_text(&s, MIXED "--b\n\nHello.\n" CSV);
    if (form == AS_IS)
        splice_text(&s, "\n"), splice_extent(&s, &e);
    if (form == IN_BASE64)
        splice_text(&s, BASE64 "\n");
    if (form == IN_BASE64 || form == ALONE)
        splice_base64(&s, &e);
    if (form == QUOTED || form == CODED_CRLF)
        splice_text(&s, "Content-Transfer-Encoding: quoted-printable\n\n");
    for (int i = 0; i < 400 && (form == QUOTED || form == CODED_CRLF); i++)
        splice_text(&s, form == QUOTED ? "1;2;=C3=A4 =3D\n"
                                       : "1;2;=C3=A4=0D=0A=\n");
    if (form != ALONE)
        splice_text(&s, form == IN_BASE64 ? "--b--\n" : "\n--b--\nepilogue\n");
    message_of(m, &s);
    splice_free(&s);
    close(e.fd);
}

static bool contents_same(const struct message *a, const struct message *b)
{
    struct structure s, t;
    bool good = structure_read(&s, a, error, sizeof error) == 1 &&
                structure_read(&t, b, error, sizeof error) == 1 &&
                s.count == t.count;

    for (int i = 0; good && i < s.count; i++) {
        struct text x = {0}, y = {0};
        if (s.list[i].leaf) {
            part_head(a, &s.list[i], &x);
            part_head(b, &t.list[i], &y);
            good = t.list[i].leaf && strcmp(text_str(&x), text_str(&y)) == 0;
            part_bytes(a, &s.list[i], &x);
            part_bytes(b, &t.list[i], &y);
            good = good && x.len == y.len &&
                   memcmp(text_str(&x), text_str(&y), x.len) == 0;
        }
        text_free(&x);
        text_free(&y);
    }
    structure_free(&s);
    structure_free(&t);
    return good;
}

static void check_restored(enum form form, int packing)
{
    struct message m, small = {0}, back = {0};
    struct structure s;
    char *text =
        text_format("compress=%s", packing_name((enum packing)packing));
    char *label = text_format("restored, form %d, %s", (int)form, text);

    original_make(&m, form);
    structure_read(&s, &m, error, sizeof error);
    job_begin(text, 1000);
    unit_int(label, "compressed",
             compress_each(&job, &m, &s, &small, error, sizeof error), 1);
    unit_true(label, small.len < m.len);
    job_end();
    job_begin("compress=none", ENVIRONMENT_NO_LIMIT);
    if (unit_int(label, "expanded",
                 expand_message(&job, &small, 0, &back, error, sizeof error),
                 1)) {
        struct extent x = message_extent(&m, 0, m.len),
                      y = message_extent(&back, 0, back.len);
        unit_true(label, contents_same(&m, &back));
        unit_true(label, form == CODED_CRLF || extent_same(&x, &y));
    }
    job_end();
    structure_free(&s);
    message_free(&m);
    message_free(&small);
    message_free(&back);
    workfile_close();
    free(label);
    free(text);
}

/* ----------------------------------------------------- other people's -- */

enum where { IN_MIXED, LAST, SIGNED, TOP_ALONE };

static void archive_message(struct message *m, const struct extent *archive,
                            enum where where, const char *fields)
{
    struct splice s = {0};

    if (where == SIGNED)
        splice_text(&s, "DKIM-Signature: v=1\n");
    if (where == TOP_ALONE)
        splice_text(&s, TOP "MIME-Version: 1.0\nContent-Type: "
                            "application/zip; name=z\n" BASE64);
    else
        splice_text(&s, MIXED "--b\n\nHello.\n" ZIP BASE64);
    splice_text(&s, fields);
    splice_text(&s, "\n");
    splice_base64(&s, archive);
    if (where == IN_MIXED || where == SIGNED)
        splice_text(&s, "--b--\n");
    message_of(m, &s);
    splice_free(&s);
}

/* "NAME=BYTES " of each attachment. */
static void attachments(const struct message *m, struct text *out)
{
    struct structure s;
    struct text t = {0};

    text_add(out, "");
    structure_read(&s, m, error, sizeof error);
    for (int i = 0; i < s.count; i++)
        if (s.list[i].leaf && s.list[i].attachment) {
            part_bytes(m, &s.list[i], &t);
            text_addf(out, "%s=%zu ", s.list[i].name ? s.list[i].name : "",
                      t.len);
        }
    text_free(&t);
    structure_free(&s);
}

static void check_expanded(const char *label, const struct extent *archive,
                           enum where where, const char *text, int want,
                           const char *files, const char *report)
{
    struct message m, out = {0};
    struct text got = {0};

    archive_message(&m, archive, where, "");
    job_begin(text, ENVIRONMENT_NO_LIMIT);
    unit_int(label, "expanded",
             expand_message(&job, &m, 0, &out, error, sizeof error), want);
    attachments(want == 1 ? &out : &m, &got);
    if (want == 1)
        unit_str(label, "files", got.s, files);
    unit_has(label, "report", text_str(&job.report), report);
    text_free(&got);
    job_end();
    message_free(&m);
    message_free(&out);
    workfile_close();
}

static void check_foreign(void)
{
    struct text want = {0};

    for (int p = 0; p < PACKING_COUNT; p++) {
        /* 7z has empty files behind the others. */
        text_cut(&want, 0);
        text_addf(&want, "%s=%d %s", ours[0].name, (int)ours[0].data.len,
                  p == PACKING_7Z ? "noise.bin=1500 empty=0 "
                                  : "empty=0 noise.bin=1500 ");
        struct extent a = archive_make(p, ours, count_of(p));
        char *one = text_format("%s=%d ", forms[p].no_time ? "z" : ours[0].name,
                                (int)ours[0].data.len);
        const char *files = forms[p].one ? one : want.s;

        check_expanded(forms[p].suffix, &a, IN_MIXED, "compress=none", 1, files,
                       "1 archive expanded");
        check_expanded(forms[p].suffix, &a, LAST, "compress=none", 1, files,
                       "1 archive expanded");
        check_expanded(forms[p].suffix, &a, TOP_ALONE, "compress=none", 1,
                       files, "1 archive expanded");
        check_expanded("signed", &a, SIGNED, "compress=none", 0, "", "");
        char *opens = text_format("compress=%s", packing_name((enum packing)p));
        check_expanded("it can open that", &a, IN_MIXED, opens, 0, "", "");
        free(opens);
        free(one);
        close(a.fd);
    }
    text_free(&want);
}

/* Other fields of a message that is an archive are the message's, and stay. */
static void check_top(void)
{
    struct extent a = archive_make(PACKING_ZIP, ours, 3);
    struct message m, out = {0};
    struct text head = {0};

    archive_message(&m, &a, TOP_ALONE, "X-A: y\n");
    job_begin("compress=none", ENVIRONMENT_NO_LIMIT);
    expand_message(&job, &m, 0, &out, error, sizeof error);
    message_head(&out, &head);
    unit_has("all of it is an archive", "header", text_str(&head), TOP);
    unit_has("all of it is an archive", "header", text_str(&head), "X-A: y\n");
    text_free(&head);
    job_end();
    message_free(&m);
    message_free(&out);
    close(a.fd);
}

/* ---------------------------------------------------------------- limits -- */

static void check_limits(void)
{
    static char zeros_name[] = "zeros", inner_name[] = "inner.zip";
    struct entry zeros = {zeros_name, zeros_make(13 * MIB), 0};
    struct extent bomb = archive_make(PACKING_ZIP, &zeros, 1),
                  three = archive_make(PACKING_ZIP, ours, 3), half = three,
                  nested;
    struct entry inner = {inner_name, three, 0};
    int size = set->expand_size, count = set->expand_count,
        ratio = set->expand_ratio, depth = set->expand_depth;

    set->expand_ratio = 1;
    check_expanded("a small ratio", &bomb, IN_MIXED, "compress=none", 0, "",
                   "z not expanded");
    set->expand_ratio = 100000;
    check_expanded("a large ratio", &bomb, IN_MIXED, "compress=none", 1,
                   "zeros=13631488 ", "expanded");
    set->expand_size = 2;
    check_expanded("too large", &bomb, IN_MIXED, "compress=none", 0, "",
                   "z not expanded");
    set->expand_size = size;
    set->expand_count = 2;
    check_expanded("too many", &three, IN_MIXED, "compress=none", 0, "",
                   "z not expanded");
    set->expand_count = 3;
    check_expanded("just so many", &three, IN_MIXED, "compress=none", 1,
                   "\303\234bersicht \346\227\245\346\234\254.csv=5255 empty=0 "
                   "noise.bin=1500 ",
                   "expanded");
    set->expand_count = count;
    half.len /= 2;
    check_expanded("damaged", &half, IN_MIXED, "compress=none", 0, "",
                   "z not expanded");
    nested = archive_make(PACKING_TAR, &inner, 1);
    set->expand_depth = 1;
    char *want = text_format("inner.zip=%d ", (int)three.len);
    check_expanded("one level", &nested, IN_MIXED, "compress=none", 1, want,
                   "1 archive expanded");
    free(want);
    set->expand_depth = 2;
    check_expanded("two levels", &nested, IN_MIXED, "compress=none", 1,
                   "\303\234bersicht \346\227\245\346\234\254.csv=5255 empty=0 "
                   "noise.bin=1500 ",
                   "1 archive expanded; 1 archive expanded");
    set->expand_depth = 0;
    check_expanded("no level", &nested, IN_MIXED, "compress=none", 0, "", "");
    set->expand_depth = depth;
    set->expand_ratio = ratio;
    close(bomb.fd);
    close(three.fd);
    close(nested.fd);
    close(zeros.data.fd);
}

/* Somebody says that it was something else: it is a stranger's archive. */
static void check_forged(void)
{
    struct extent a = archive_make(PACKING_ZIP, ours, 1);
    struct message m, out = {0};
    struct text got = {0};

    archive_message(&m, &a, IN_MIXED,
                    "X-Original-Digest: sha-256=AAAA\n"
                    "X-Original-Content-Type: application/x-evil; name=e\n");
    job_begin("compress=none", ENVIRONMENT_NO_LIMIT);
    unit_int("forged", "expanded",
             expand_message(&job, &m, 0, &out, error, sizeof error), 1);
    attachments(&out, &got);
    unit_true("forged",
              strncmp(got.s, ours[0].name, strlen(ours[0].name)) == 0);
    text_free(&got);
    job_end();
    message_free(&m);
    message_free(&out);
    close(a.fd);
}

int main(void)
{
    int fds;

    g_mime_init();
    scratch_begin();
    temp_directory(scratch);
    set = settings_new("/tmp/x");
    ours_make();
    fds = descriptors_open();
    for (int form = AS_IS; form <= ALONE; form++)
        for (int p = 0; p < PACKING_COUNT; p++)
            if (p != PACKING_TAR) /* which makes nothing smaller */
                check_restored((enum form)form, p);
    check_foreign();
    check_top();
    check_limits();
    check_forged();
    workfile_close();
    unit_int("all", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
