/* test_adapt_pieces: a message packed and unpacked, and in numbered pieces; and
 * what other people's pieces are called.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <gmime/gmime.h>

#include "archives.h"
#include "field.h"
#include "pack.h"
#include "pieces.h"
#include "whole.h"

static struct settings *set;

/* A string that may have NULs. */
#define BYTES(s) s, sizeof s - 1

static void message_put(struct message *m, const void *bytes, size_t len)
{
    int fd = temp_file(error, sizeof error);

    *m = (struct message){0};
    if (fd == -1 || write_all(fd, bytes, len, error, sizeof error) == -1 ||
        message_take(m, fd, error, sizeof error) == -1) {
        puts(error);
        exit(2);
    }
}

static void outgoing_put(const struct outgoing *o, struct message *m)
{
    struct message body = {0};
    struct extent e;

    unit_int("written", "body",
             splice_make(&o->body, &body, error, sizeof error), 0);
    e = message_extent(&body, 0, body.len);
    unit_int("written", "message",
             message_make(m, &o->head, &e, false, error, sizeof error), 0);
    message_free(&body);
}

static bool same(const struct message *a, const struct message *b, bool body)
{
    struct extent x = message_extent(a, body ? a->body : 0, a->len),
                  y = message_extent(b, body ? b->body : 0, b->len);

    return extent_same(&x, &y);
}

struct work {
    struct job job;
    struct environment row;
};

static void work_begin(struct work *w, const char *row, int64_t limit)
{
    *w = (struct work){.row = ENVIRONMENT_NONE};
    unit_int(row, "row",
             environment_parse(&w->row, row, TRUST_OURS, error, sizeof error),
             0);
    w->job = (struct job){.settings = set,
                          .row = &w->row,
                          .host = "hub.example",
                          .id = "1vMqTr-0001Ab-01",
                          .recipients = "",
                          .limit = limit};
}

static void work_end(struct work *w)
{
    text_free(&w->job.report);
    text_free(&w->job.refusal);
    environment_free(&w->row);
    workfile_close();
}

/* ------------------------------------------------------------- messages -- */

#define TOP                                                                    \
    "Received: x\nFrom: a@x.example\nSubject: Report\nMessage-ID: <1@x>\n"
#define MIME TOP "MIME-Version: 1.0\n"
#define MIXED MIME "Content-Type: multipart/mixed; boundary=b\n\n"
#define HELLO "--b\nContent-Type: text/plain\n\nHello.\n"
#define CSV "--b\nContent-Type: text/csv; name=\"a b.csv\"\n"
#define BASE64 "Content-Transfer-Encoding: base64\n\n"

/* In base64 as adapt writes it, so that they come back to the byte. */
static const struct {
    const char *label, *bytes;
    size_t len;
    int files; /* in the archive, message.eml aside */
} messages[] = {
    {"no MIME", BYTES(TOP "\nHello.\n"), 0},
    {"no line end", BYTES(TOP "\nHello."), 0},
    {"nothing in it", BYTES(TOP "\n"), 0},
    {"a text part", BYTES(MIXED HELLO "--b--\n"), 0},
    {"an attachment",
     BYTES(MIXED HELLO CSV BASE64 "MTsyOzM7cXVhcnRlcmx5Cg==\n--b--\n"), 1},
    {"a preamble and an epilogue",
     BYTES(MIXED "pre\n" HELLO CSV BASE64 "MTsy\n--b--\nepi\n"), 1},
    {"no end boundary", BYTES(MIXED HELLO CSV BASE64 "MTsy\n"), 1},
    {"an attachment as it is", BYTES(MIXED HELLO CSV "\n1;2\n\n\n--b--\n"), 1},
    {"an empty attachment", BYTES(MIXED CSV "\n\n--b--\n"), 0},
    {"one after another, of one name",
     BYTES(MIXED CSV "\n1\n" CSV BASE64 "MTsy\n" CSV "\n3\n--b--\n"), 3},
    {"quoted-printable",
     BYTES(MIXED CSV
           "Content-Transfer-Encoding: quoted-printable\n\n1=3D2\n\n--b--\n"),
     1},
    {"a name that is ours",
     BYTES(MIXED "--b\nContent-Type: a/b; name=message.eml\n\nx\n--b--\n"), 1},
    {"a name of nobody's",
     BYTES(MIXED "--b\nContent-Type: a/b\n\nx\n--b\nContent-Type: a/b;\n"
                 " name*=utf-8''..%2F%0A%C3%BC%25.txt\n\ny\n--b--\n"),
     2},
    {"a message that is an attachment",
     BYTES(MIME "Content-Type: image/png; name=x.png\n" BASE64 "MTsy\n"), 1},
    {"a signed part",
     BYTES(MIXED "--b\nContent-Type: multipart/signed; boundary=s\n\n--s\n"
                 "Content-Type: text/csv; name=x.csv\n\nx\n--s--\n" CSV
                 "\n1\n--b--\n"),
     1},
    {"a DKIM signature",
     BYTES("DKIM-Signature: v=1\n" MIXED CSV "\n1\n--b--\n"), 0},
    {"an attached message",
     BYTES(MIXED "--b\nContent-Type: message/rfc822\n\nSubject: in\n"
                 "MIME-Version: 1.0\nContent-Type: multipart/mixed; "
                 "boundary=c\n\n--c\nContent-Type: a/b; name=x\n\nx\n--c--\n"
                 "--b--\n"),
     1},
    {"broken base64", BYTES(MIXED CSV BASE64 "MTsy=x\n--b--\n"), 0},
    {"an encoding of nobody's",
     BYTES(MIXED CSV "Content-Transfer-Encoding: x-own\n\nMTsy\n--b--\n"), 0},
    {"a header that ends the message", BYTES(MIXED CSV), 0},
    {"X-Detached that was there",
     BYTES(MIXED "--b\nContent-Type: a/b; name=x\nX-Detached: y\n\nx\n--b\n"
                 "Content-Type: a/b; name=y\n\ny\n--b--\n"),
     -1},
    {"X-Detached in a text",
     BYTES(MIXED "--b\nX-Detached: x\n\ntext\n--b\n"
                 "Content-Type: a/b; name=x\n\nx\n--b--\n"),
     -1},
    {"X-Detached in what is signed",
     BYTES(MIXED "--b\nContent-Type: multipart/signed; boundary=s\n\n--s\n"
                 "X-Detached: nothing\n\nx\n--s--\n" CSV "\n1\n--b--\n"),
     -1},
};

/* The archive of a message, read again. */
static int packed(const struct message *m, const char *row, struct entries *out)
{
    struct structure s;
    struct packed file = {0};
    struct work w;
    int left, rc;

    work_begin(&w, row, ENVIRONMENT_NO_LIMIT);
    structure_read(&s, m, error, sizeof error);
    rc = pack_make(&w.job, m, &s, false, &file, error, sizeof error);
    unit_int(row, "pack", rc, 0);
    rc = archive_read(&file.file, &wide, file.name.s, out, &left, error,
                      sizeof error);
    packed_free(&file);
    structure_free(&s);
    work_end(&w);
    return rc;
}

static void check_pack(size_t i, const char *row)
{
    const char *label = messages[i].label;
    struct entries files = {.fd = -1};
    struct message m, back = {0};

    message_put(&m, messages[i].bytes, messages[i].len);
    unit_int(label, "an archive", packed(&m, row, &files), 1);
    /* gzip's one file is named by the archive. */
    unit_str(label, "first", files.count > 0 ? files.list[0].name : "",
             strstr(row, "gzip") ? "Report.eml" : PACK_MESSAGE);
    if (messages[i].files != -1 && !strstr(row, "gzip"))
        unit_int(label, "files", files.count - 1, messages[i].files);
    if (unit_int(label, "unpacked",
                 pack_undo(&files, &back, error, sizeof error), 1))
        unit_true(label, same(&m, &back, false));
    message_free(&m);
    message_free(&back);
    entries_free(&files);
}

/* Cut off anywhere, it comes back. */
static void check_cuts(size_t i)
{
    for (size_t len = strlen(TOP) + 1; len < messages[i].len; len += 3) {
        struct entries files = {.fd = -1};
        struct message m, back = {0};

        message_put(&m, messages[i].bytes, len);
        packed(&m, "compress=zip", &files);
        if (m.body > m.head_len &&
            (!unit_int(messages[i].label, "cut off, unpacked",
                       pack_undo(&files, &back, error, sizeof error), 1) ||
             !unit_true(messages[i].label, same(&m, &back, false))))
            printf("  cut off after %zu\n", len);
        message_free(&m);
        message_free(&back);
        entries_free(&files);
    }
}

static void check_packs(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++) {
        check_pack(i, "compress=zip");
        check_pack(i, "compress=gzip");
        check_pack(i, "compress=tar.zst");
        /* Half of what is encoded is encoded otherwise. */
        if (strstr(messages[i].bytes, "Encoding") == NULL)
            check_cuts(i);
    }
}

/* ------------------------------------------- files that are no such thing --
 */

static char eml_name[] = PACK_MESSAGE, a_name[] = "a.csv";

static int undo(const char *skeleton, int64_t file, struct message *m)
{
    struct entry list[2] = {
        {eml_name, extent_make(skeleton, strlen(skeleton)), 0},
        {a_name, zeros_make(file), 0}};
    struct entries files = {list, 2, -1};
    int rc = pack_undo(&files, m, error, sizeof error);

    close(list[0].data.fd);
    close(list[1].data.fd);
    return rc;
}

#define DETACHED "--b\nContent-Type: a/b\nX-Detached: "

static void check_undo(void)
{
    static const struct {
        const char *label, *skeleton;
        int want;
    } undos[] = {
        {"a file", MIXED DETACHED "a.csv\n\n\n--b--\n", 1},
        {"no such file", MIXED DETACHED "b.csv\n\n\n--b--\n", 0},
        {"no name", MIXED DETACHED "\n\n\n--b--\n", 0},
        {"a name that cannot be decoded", MIXED DETACHED "%ff%\n\n\n--b--\n",
         0},
        {"itself", MIXED DETACHED "message.eml\n\n\n--b--\n", 0},
        {"a file twice",
         MIXED DETACHED "a.csv\n\n\n" DETACHED "a.csv\n\n\n--b--\n", 0},
        {"another directory", MIXED DETACHED "..%2Fa.csv\n\n\n--b--\n", 0},
    };
    struct entries none = {.fd = -1};
    struct message m = {0};

    unit_int("no files", "undo", pack_undo(&none, &m, error, sizeof error), 0);
    for (size_t i = 0; i < LENGTH(undos); i++) {
        unit_int(undos[i].label, "undo", undo(undos[i].skeleton, 10, &m),
                 undos[i].want);
        message_free(&m);
        workfile_close();
    }
}

/* No more comes out than what is in the archive. */
static void check_bomb(void)
{
    struct text t = {0};
    struct message m = {0};

    text_add(&t, MIXED);
    for (int i = 0; i < 50; i++)
        text_add(&t, DETACHED "a.csv\nContent-Transfer-Encoding: base64\n\n\n");
    text_add(&t, "--b--\n");
    undo(t.s, MIB, &m);
    unit_true("a file fifty times", m.len < 2 * MIB);
    message_free(&m);
    text_free(&t);
    workfile_close();
}

/* ---------------------------------------------------------------- pieces -- */

static void large_make(struct message *m, bool noise)
{
    struct splice s = {0};
    struct extent e = noise ? noise_make(150000) : lines_make(9000);

    splice_text(&s, MIXED HELLO CSV BASE64);
    splice_base64(&s, &e);
    splice_text(&s, "--b--\n");
    unit_int("large", "make", splice_make(&s, m, error, sizeof error), 0);
    splice_free(&s);
    close(e.fd);
}

static void check_piece(const struct outgoing *o, int number, int total,
                        int64_t limit)
{
    char *subject = text_format("Subject: Report (%d/%d)\n", number, total);
    struct member p;
    struct message m;

    outgoing_put(o, &m);
    unit_int("piece", "size", message_size(&m), outgoing_size(o));
    unit_true("piece", outgoing_size(o) <= limit);
    unit_has("piece", "subject", o->head.s, subject);
    unit_has("piece", "others", o->head.s, "Received: x\nFrom: a@x.example\n");
    if (unit_int("piece", "read", member_read(&p, &m, error, sizeof error),
                 1)) {
        unit_int("piece", "kind", p.kind, MEMBER_PIECE);
        unit_int("piece", "number", p.number, number);
        unit_int("piece", "total", p.total, total);
        unit_true("piece", member_ours(&p));
        member_free(&p);
    }
    message_free(&m);
    free(subject);
}

static const struct {
    const char *row;
    bool noise;
    const char *name;
} splits[] = {
    {"compress=zip join=files", true, "Report.zip.001"},
    {"", true, "Report.zip.001"},
    {"compress=tar.xz join=files", true, "Report.tar.xz.001"},
    {"compress=gzip join=files", true, "Report.eml.gz.001"},
    {"compress=none join=files", true, "Report.eml.001"},
    {"compress=none join=files", false, "Report.eml.001"},
    {"order=split compress=zip join=files", false, "Report.eml.001.zip"},
    {"order=split compress=zip gain=0 join=files", true, "Report.eml.001"},
    {"order=split compress=7z gain=50 join=files", true, "Report.eml.001"},
};

static void check_joined(struct job *j, const struct outgoings *out,
                         const struct message *was)
{
    struct whole w;
    struct message joined = {0};
    struct text head = {0};

    whole_begin(&w, set);
    for (int i = 0; i < out->count; i++) {
        struct message one;
        outgoing_put(&out->list[i], &one);
        unit_int("joined", "add", whole_add(&w, &one, error, sizeof error), 1);
    }
    *error = '\0';
    if (unit_int("joined", "end", whole_end(&w, j, error, sizeof error), 1)) {
        outgoing_put(&w.messages.list[0], &joined);
        unit_true("joined: the body", same(was, &joined, true));
        message_head(was, &head);
        unit_int("joined", "header's length", (long)w.messages.list[0].head.len,
                 (long)head.len);
        unit_has("joined", "header", w.messages.list[0].head.s,
                 "Subject: Report\nMessage-ID: <1@x>\n");
    } else {
        printf("  %s\n", error);
    }
    message_free(&joined);
    text_free(&head);
    whole_free(&w);
}

static void check_split(size_t i, int64_t limit)
{
    struct outgoings out = {0};
    struct structure s;
    struct message m = {0};
    struct work w;

    large_make(&m, splits[i].noise);
    structure_read(&s, &m, error, sizeof error);
    work_begin(&w, splits[i].row, limit);
    unit_int(splits[i].row, "split",
             pieces_split(&w.job, &m, &s, &out, error, sizeof error), 1);
    if (unit_true(splits[i].row, out.count > 1)) {
        struct text first = {0};
        struct message one;
        for (int k = 0; k < out.count; k++)
            check_piece(&out.list[k], k + 1, out.count, limit);
        outgoing_put(&out.list[0], &one);
        struct extent all = message_extent(&one, 0, one.len);
        extent_text(&all, &first);
        unit_has(splits[i].row, "name", first.s, splits[i].name);
        unit_has(splits[i].row, "the first text", first.s, "\n\nHello.\n");
        text_free(&first);
        message_free(&one);
        check_joined(&w.job, &out, &m);
    }
    outgoings_free(&out);
    structure_free(&s);
    message_free(&m);
    work_end(&w);
}

static void check_splits(void)
{
    for (size_t i = 0; i < LENGTH(splits); i++)
        for (int64_t limit = 30011; limit < 100000; limit += 33333)
            check_split(i, limit);
}

/* ---------------------------------------------------------- instructions -- */

/* Of lines, which shrink, and then of noise. */
static void mixed_make(struct message *m)
{
    struct splice s = {0};
    struct extent soft = lines_make(9000), hard = noise_make(100000);

    splice_text(&s, MIXED HELLO CSV BASE64);
    splice_base64(&s, &soft);
    splice_text(&s, CSV BASE64);
    splice_base64(&s, &hard);
    splice_text(&s, "--b--\n");
    unit_int("mixed", "make", splice_make(&s, m, error, sizeof error), 0);
    splice_free(&s);
    close(soft.fd);
    close(hard.fd);
}

enum { SOFT, HARD, BOTH };

static const struct {
    const char *label, *row;
    int of, limit;
    const char *has, *has_not;
} instructions[] = {
    {"three named", "compress=zip join=files", HARD, 90000,
     "copy /b Report.zip.001 + Report.zip.002 + Report.zip.003 Report.zip\n",
     "pieces,"},
    {"twelve named", "compress=zip join=files", HARD, 20400,
     " + Report.zip.012 Report.zip\n", "delete"},
    {"thirteen by a pattern", "compress=zip join=files", HARD, 18500,
     "copy /b Report.zip.??? Report.zip\n   (delete Report.zip first",
     " + Report"},
    {"an archive", "compress=zip join=files", HARD, 90000,
     "open Report.zip.001; that is all\n", "take out"},
    {"no archive", "compress=none join=files", HARD, 90000,
     "open Report.eml.001, take out what is in it\n", "that is all"},
    {"split, and compressed", "order=split compress=zip join=files", SOFT,
     90000,
     "\n2. Take each out of its archive (.zip), into another folder, pieces,\n"
     "   inside the first:\n\n   Windows ",
     "cp Report"},
    {"split, and compressed: joined after that",
     "order=split compress=zip join=files", SOFT, 90000,
     "\n3. Join them, in the folder pieces:\n", "in that folder"},
    {"split, some compressed", "order=split compress=zip gain=40 join=files",
     BOTH, 90000,
     "(Those that do not end in .zip are no archives: copy them there.)", ".*"},
    {"split, some compressed: Windows",
     "order=split compress=zip gain=40 join=files", BOTH, 90000,
     "in (Report.eml.???.zip) do tar -xf %f -C pieces\n"
     "       copy Report.eml.??? pieces\n",
     ".*"},
    {"split, some compressed: the others",
     "order=split compress=zip gain=40 join=files", BOTH, 90000,
     "unzip -d pieces 'Report.eml.???.zip'\n"
     "       cp Report.eml.??? pieces\n",
     ".*"},
    {"split, and 7z", "order=split compress=7z join=files", SOFT, 90000,
     "out of its archive (.7z), into another folder, pieces,\n"
     "   inside the first.\n\n3. Join",
     "unzip"},
    {"split, none compressed", "order=split compress=zip gain=40 join=files",
     HARD, 90000, "\n2. Join them, in that folder:\n", "archive"},
    {"split, nothing to compress with", "order=split compress=none join=files",
     SOFT, 90000, "\n2. Join them, in that folder:\n", "archive"},
    {"whole, zip", "compress=zip", SOFT, 200000,
     "message are in it, and its text as message.eml.\n", "Report.eml"},
    {"whole, gzip", "compress=gzip", SOFT, 200000,
     "Open Report.eml.gz.\nIn it is the message with its attached files, "
     "Report.eml; a mail",
     PACK_MESSAGE},
};

static void check_instruction(size_t i)
{
    struct outgoings out = {0};
    struct structure s;
    struct message m = {0};
    struct work w;

    if (instructions[i].of == BOTH)
        mixed_make(&m);
    else
        large_make(&m, instructions[i].of == HARD);
    structure_read(&s, &m, error, sizeof error);
    work_begin(&w, instructions[i].row, instructions[i].limit);
    unit_int(instructions[i].label, "split",
             pieces_split(&w.job, &m, &s, &out, error, sizeof error), 1);
    for (int k = 0; k < out.count; k++) {
        struct text words = {0};
        struct message one;
        outgoing_put(&out.list[k], &one);
        struct extent all = message_extent(&one, 0, one.len);
        extent_text(&all, &words);
        char *end = strstr(words.s, "Content-Disposition: attachment");
        if (end != NULL)
            *end = '\0';
        unit_has(instructions[i].label, "words", words.s, instructions[i].has);
        if (!unit_true(instructions[i].label,
                       strstr(strstr(words.s, "This message is too large"),
                              instructions[i].has_not) == NULL))
            printf("  %s\n", words.s);
        unit_true(instructions[i].label,
                  outgoing_size(&out.list[k]) <= instructions[i].limit);
        text_free(&words);
        message_free(&one);
    }
    outgoings_free(&out);
    structure_free(&s);
    message_free(&m);
    work_end(&w);
}

/* Words are longer or shorter by how many pieces there are, and none of them is
 * larger than it may be. */
static void check_rooms(void)
{
    static const char *const row[] = {"compress=zip join=files",
                                      "order=split compress=zip join=files"};
    struct structure s;
    struct message m = {0};

    mixed_make(&m);
    structure_read(&s, &m, error, sizeof error);
    for (size_t k = 0; k < LENGTH(row); k++)
        for (int64_t limit = 9000; limit < 60000; limit += 701) {
            struct outgoings out = {0};
            struct work w;
            work_begin(&w, row[k], limit);
            pieces_split(&w.job, &m, &s, &out, error, sizeof error);
            bool fit = out.count > 0;
            for (int i = 0; i < out.count; i++)
                fit = fit && outgoing_size(&out.list[i]) <= limit;
            if (!unit_true(row[k], fit))
                printf("  limit %lld\n", (long long)limit);
            outgoings_free(&out);
            work_end(&w);
        }
    structure_free(&s);
    message_free(&m);
}

static void check_instructions(void)
{
    for (size_t i = 0; i < LENGTH(instructions); i++)
        check_instruction(i);
    check_rooms();
}

/* A wrong order, a piece that is missing, a byte that is another. */
static void check_wrong(void)
{
    struct outgoings out = {0};
    struct structure s;
    struct message m = {0}, one;
    struct work w;
    struct whole x;

    large_make(&m, true);
    structure_read(&s, &m, error, sizeof error);
    work_begin(&w, "compress=zip join=files", 65536);
    pieces_split(&w.job, &m, &s, &out, error, sizeof error);
    whole_begin(&x, set);
    for (int i = out.count - 1; i >= 0; i--) {
        outgoing_put(&out.list[i], &one);
        unit_int("a wrong order", "add",
                 whole_add(&x, &one, error, sizeof error), 1);
    }
    *error = '\0';
    unit_int("a wrong order", "end", whole_end(&x, &w.job, error, sizeof error),
             0);
    unit_has("a wrong order", "error", error, "digest");
    whole_free(&x);
    whole_begin(&x, set);
    outgoing_put(&out.list[0], &one);
    whole_add(&x, &one, error, sizeof error);
    unit_int("a piece alone", "end", whole_end(&x, &w.job, error, sizeof error),
             0);
    whole_free(&x);
    outgoings_free(&out);
    structure_free(&s);
    message_free(&m);
    work_end(&w);
}

/* --------------------------------------------------------------- reading -- */

#define OURS                                                                   \
    "; x-piece-id=\"i@h\"; x-piece-number=2; x-piece-total=3;"                 \
    " x-piece-digest=\"d=\"\n"

static const struct {
    const char *label, *block, *name, *subject;
    const char *want; /* "ID NAME DIGEST NUMBER/TOTAL"; NULL: it is none */
} pieces[] = {
    {"ours", "Content-Type: a/b; name=m.zip.002" OURS, "m.zip.002", "x",
     "i@h m.zip d= 2/3"},
    {"ours, renamed", "Content-Type: a/b; name=m.zip.002" OURS, "other", "",
     "i@h m.zip d= 2/3"},
    {"ours without a name", "Content-Type: a/b" OURS, "m.002", "x", NULL},
    {"ours, a name with 0", "Content-Type: a/b; name=m.000" OURS, "m.000", "x",
     NULL},
    {"ours, no number",
     "Content-Type: a/b; name=m.001; x-piece-id=i; x-piece-total=3; "
     "x-piece-digest=d\n",
     "m.001", "", NULL},
    {"ours, beyond the total",
     "Content-Type: a/b; name=m.001; x-piece-id=i; x-piece-total=3; "
     "x-piece-digest=d; x-piece-number=4\n",
     "m.001", "", NULL},
    {"ours, below 0",
     "Content-Type: a/b; name=m.001; x-piece-id=i; x-piece-total=3; "
     "x-piece-digest=d; x-piece-number=-1\n",
     "m.001", "", NULL},
    {"theirs", "", "a.zip.001", "Files (1/5)", "a.zip/5 a.zip  1/5"},
    {"theirs, brackets", "", "a.zip.02", "x", NULL},
    {"theirs, [2/5]", "", "a.zip.002", "[2/5] x", "a.zip/5 a.zip  2/5"},
    {"theirs, (2 of 5)", "", "a.7z.002", "x (2 of 5) y", "a.7z/5 a.7z  2/5"},
    {"theirs, the second of two numbers", "", "a.002", "(1/1) (2/5)",
     "a/5 a  2/5"},
    {"theirs, five digits", "", "a.00002", "(2/5)", "a/5 a  2/5"},
    {"theirs, six digits", "", "a.000002", "(2/5)", NULL},
    {"theirs, another number", "", "a.zip.002", "(1/5)", NULL},
    {"theirs, beyond the total", "", "a.zip.006", "(6/5)", NULL},
    {"theirs, no subject", "", "a.zip.001", "", NULL},
    {"theirs, not closed", "", "a.zip.001", "(1/5", NULL},
    {"theirs, closed by something", "", "a.zip.001", "(1/5x)", NULL},
    {"theirs, number 0", "", "a.000", "(0/5)", NULL},
    {"theirs, below 0", "", "a.001", "(1/-5)", NULL},
    {"no stem", "", ".001", "(1/5)", NULL},
    {"no number", "", "a.zip", "(1/5)", NULL},
    {"no digits alone", "", "a.00x", "(1/5)", NULL},
    {"a number and more", "", "a.001x", "(1/5)", NULL},
    {"nothing", "", "", "", NULL},
};

static void check_reads(void)
{
    for (size_t i = 0; i < LENGTH(pieces); i++) {
        struct piece_of p;
        struct text t = {0};
        int rc =
            piece_read(pieces[i].block, pieces[i].name, pieces[i].subject, &p);

        unit_int(pieces[i].label, "read", rc, pieces[i].want != NULL);
        if (rc == 1)
            text_addf(&t, "%s %s %s %d/%d", p.id, p.name, p.digest, p.number,
                      p.total);
        unit_str(pieces[i].label, "piece", text_str(&t),
                 pieces[i].want != NULL ? pieces[i].want : "");
        if (rc == 1)
            piece_free(&p);
        text_free(&t);
    }
    unit_true("packed", piece_packed("Content-Type: a/b; x-packed=message\n"));
    unit_true("packed otherwise",
              !piece_packed("Content-Type: a/b; x-packed=messages\n"));
    unit_true("not packed", !piece_packed("X-A: x-packed=message\n"));
}

int main(void)
{
    int fds;

    g_mime_init();
    scratch_begin();
    temp_directory(scratch);
    set = settings_new("/tmp/x");
    fds = descriptors_open();
    check_packs();
    check_undo();
    check_bomb();
    check_splits();
    check_instructions();
    check_wrong();
    check_reads();
    unit_int("all", "descriptors", descriptors_open(), fds);
    settings_free(&set);
    scratch_end();
    return unit_end();
}
