/* test_adapt_message: a message in a file, and one made of pieces: where its
 * body begins, and how many bytes all of it has on the wire.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <sys/socket.h>

#include "archives.h"
#include "splice.h"

/* A string that may have NULs. */
#define BYTES(s) s, sizeof s - 1

static const struct {
    const char *label, *bytes;
    size_t len;
    long head_len, body, lines;
} messages[] = {
    {"a message", BYTES("A: b\nC: d\n\nbody\n"), 10, 11, 4},
    {"nothing", BYTES(""), 0, 0, 0},
    {"a blank line alone", BYTES("\n"), 0, 1, 1},
    {"a blank line first", BYTES("\nbody"), 0, 1, 1},
    {"two blank lines", BYTES("A: b\n\n\n"), 5, 6, 3},
    {"no blank line", BYTES("A: b\nC: d\n"), 10, 10, 2},
    {"no line end", BYTES("A: b"), 4, 4, 0},
    {"no line end of the body", BYTES("A: b\n\nbody"), 5, 6, 2},
    {"NULs in the body", BYTES("A: b\n\n\0\n\0\n\n"), 5, 6, 5},
    {"a NUL in the header", BYTES("A: \0\n\nx\n"), 5, 6, 3},
    {"CR in the body", BYTES("A: b\n\nx\r\ny\rz\n"), 5, 6, 4},
    {"a blank line with CR is none", BYTES("A: b\n\r\n\nx\n"), 7, 8, 4},
};

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

static void message_bytes(const struct message *m, struct text *out)
{
    struct extent all = message_extent(m, 0, m->len);

    extent_text(&all, out);
}

/* On the wire, by hand: CRLF for each line end. */
static int64_t wire_of(const char *bytes, int64_t from, int64_t to)
{
    int64_t n = 0;

    for (int64_t i = from; i < to; i++)
        n += bytes[i] == '\n' ? 2 : 1;
    return n;
}

static void check_messages(void)
{
    for (size_t i = 0; i < LENGTH(messages); i++) {
        const char *label = messages[i].label;
        long len = (long)messages[i].len, head = messages[i].head_len;
        struct message m;
        struct text t = {0};

        message_put(&m, messages[i].bytes, messages[i].len);
        unit_int(label, "length", m.len, len);
        unit_int(label, "header", m.head_len, head);
        unit_int(label, "body", m.body, messages[i].body);
        unit_int(label, "lines", message_lines(&m, 0, m.len),
                 messages[i].lines);
        unit_int(label, "size", message_size(&m), len + messages[i].lines);
        if (memchr(messages[i].bytes, 0, (size_t)head) != NULL) {
            unit_int(label, "head", message_head(&m, &t), -1);
        } else if (unit_int(label, "head", message_head(&m, &t), 0)) {
            unit_int(label, "head's length", (long)t.len, head);
            unit_true(label, head == 0 || memcmp(t.s, messages[i].bytes,
                                                 (size_t)head) == 0);
        }
        text_free(&t);
        message_free(&m);
    }
}

/* The blank line, and line ends, where one block ends and the next begins. */
static void check_blocks(void)
{
    for (long at = MESSAGE_BLOCK - 3; at <= MESSAGE_BLOCK + 2; at++) {
        struct text t = {0};
        struct message m;

        for (long i = 0; i < 3L * MESSAGE_BLOCK; i++)
            text_add(&t, i == at || i == at + 1 || i % 1009 == 0 ? "\n" : "x");
        t.s[0] = 'x';
        message_put(&m, t.s, t.len);
        unit_int("a block ends", "header", m.head_len, at + 1);
        unit_int("a block ends", "body", m.body, at + 2);
        for (int64_t from = 0; from <= m.len; from += 21845)
            for (int64_t to = from; to <= m.len; to += 9362)
                if (message_wire(&m, from, to) != wire_of(t.s, from, to))
                    unit_int("a block ends", "wire", message_wire(&m, from, to),
                             wire_of(t.s, from, to));
        unit_int("a block ends", "wire", message_size(&m),
                 wire_of(t.s, 0, m.len));
        text_free(&t);
        message_free(&m);
    }
}

static void check_large_header(void)
{
    struct text t = {0}, head = {0};
    struct message m;

    while (t.len < 8 << 20)
        text_addf(&t, "X-%zu: %0999d\n", t.len, 0);
    text_add(&t, "\nx\n");
    message_put(&m, t.s, t.len);
    unit_int("a header of 8 MiB", "head", message_head(&m, &head), -1);
    unit_true("a header of 8 MiB", head.len == 0);
    message_free(&m);
    text_free(&t);
    text_free(&head);
}

/* ---------------------------------------------------------- line ends -- */

/* What read() gives at once; the packets are of these sizes, the last one again
 * and again. */
static int packets(const char *bytes, size_t len, size_t first, size_t others)
{
    int ends[2];
    size_t n = first;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == -1)
        exit(2);
    for (size_t at = 0; at < len; at += n, n = others) {
        if (at > 0)
            n = others;
        if (n > len - at)
            n = len - at;
        if (write(ends[1], bytes + at, n) != (ssize_t)n)
            exit(2);
    }
    close(ends[1]);
    return ends[0];
}

static const struct {
    const char *label, *bytes;
    size_t len;
    const char *want;
    size_t want_len;
    bool crlf;
} reads[] = {
    {"LF", BYTES("A: b\n\nx\n"), BYTES("A: b\n\nx\n"), false},
    {"CRLF", BYTES("A: b\r\n\r\nx\r\n"), BYTES("A: b\n\nx\n"), true},
    {"CRLF, no line end at the end", BYTES("A: b\r\n\r\nx"), BYTES("A: b\n\nx"),
     true},
    {"CRLF, a CR at the end", BYTES("A: b\r\n\r\nx\r"), BYTES("A: b\n\nx\r"),
     true},
    {"CRLF, other CRs", BYTES("A: b\r\n\r\nx\ry\r\r\n\rz\r\n"),
     BYTES("A: b\n\nx\ry\r\n\rz\n"), true},
    {"CRLF, and LF", BYTES("A: b\r\n\r\nx\ny\r\n"), BYTES("A: b\n\nx\ny\n"),
     true},
    {"LF, then CRLF", BYTES("A: b\n\nx\r\ny\r\n"), BYTES("A: b\n\nx\r\ny\r\n"),
     false},
    {"NULs", BYTES("A: b\r\n\r\n\0\r\n\0"), BYTES("A: b\n\n\0\n\0"), true},
    {"nothing", BYTES(""), BYTES(""), false},
    {"CR alone", BYTES("\r"), BYTES("\r"), false},
};

static void check_read(size_t i, size_t first, size_t others)
{
    const char *label = reads[i].label;
    int in = packets(reads[i].bytes, reads[i].len, first, others);
    struct message m = {0};
    struct text t = {0};
    char *what = text_format("bytes in packets of %zu and %zu", first, others);

    unit_int(label, "read", message_read(&m, in, error, sizeof error), 0);
    message_bytes(&m, &t);
    unit_int(label, "CRLF", m.crlf, reads[i].crlf);
    if (!unit_true(label, t.len == reads[i].want_len &&
                              memcmp(t.s, reads[i].want, t.len) == 0))
        printf("  %s: %s\n", label, what);
    message_free(&m);
    text_free(&t);
    free(what);
    close(in);
}

static void check_reads(void)
{
    for (size_t i = 0; i < LENGTH(reads); i++)
        for (size_t first = 1; first < 20; first += 3)
            for (size_t others = 1; others < 9; others += 7)
                check_read(i, first, others);
}

/* A CR that is the last byte of a block, whatever comes after it. */
static void check_cr_at_blocks(void)
{
    static const char *const ends[] = {"\r\n", "\rx", "\r\r\n", "\r"};

    for (size_t i = 0; i < LENGTH(ends); i++) {
        struct text body = {0}, want = {0}, got = {0}, head = {0};
        struct message m = {0};
        struct extent e;

        for (int k = 0; k < MESSAGE_BLOCK - 1; k++)
            text_add(&body, "y");
        text_add(&want, "A: b\n\n");
        text_addn(&want, body.s, body.len);
        text_add(&body, ends[i]);
        text_add(&want, i == 0 ? "\n" : i == 2 ? "\r\n" : ends[i]);
        e = extent_make(body.s, body.len);
        text_add(&head, "A: b\n");
        unit_int("a CR ends a block", "make",
                 message_make(&m, &head, &e, true, error, sizeof error), 0);
        message_bytes(&m, &got);
        unit_true("a CR ends a block",
                  got.len == want.len && memcmp(got.s, want.s, got.len) == 0);
        message_free(&m);
        message_make(&m, &head, &e, false, error, sizeof error);
        unit_int("as it is", "length", m.len, 6 + (long)body.len);
        message_free(&m);
        close(e.fd);
        text_free(&body);
        text_free(&want);
        text_free(&got);
        text_free(&head);
    }
}

static void check_faults(void)
{
    struct message m = {0};
    struct extent shorter = extent_make("1234", 4);
    struct text head = {0};
    int fds = descriptors_open();

    unit_int("no descriptor", "read", message_read(&m, -1, error, sizeof error),
             -1);
    unit_has("no descriptor", "error", error, "cannot read the message");
    message_free(&m);
    shorter.len = 5;
    unit_int("a shorter file", "make",
             message_make(&m, &head, &shorter, true, error, sizeof error), -1);
    message_free(&m);
    unit_int("a shorter file", "lines", extent_lines(&shorter), -1);
    temp_directory("/nowhere");
    unit_int("no directory", "read", message_read(&m, 0, error, sizeof error),
             -1);
    unit_has("no directory", "error", error, "/nowhere");
    message_free(&m);
    temp_directory(scratch);
    unit_int("faults", "descriptors", descriptors_open(), fds);
    close(shorter.fd);
}

/* -------------------------------------------------------------- base64 -- */

/* By hand: a line of 76 characters for each 57 bytes or what is left. */
static int64_t base64_by_hand(int64_t n, int64_t *lines)
{
    int64_t len = 0;

    for (*lines = 0; n > 0; n -= 57, ++*lines)
        len += n >= 57 ? 77 : (n + 2) / 3 * 4 + 1;
    return len;
}

static void check_base64(void)
{
    for (int64_t n = 0; n <= 1000; n++) {
        int64_t lines, len = base64_by_hand(n, &lines), wire = len + lines;

        unit_int("base64", "length", base64_len(n), len);
        unit_int("base64", "lines", base64_lines(n), lines);
        unit_true("base64 fits", base64_fits(wire) >= n);
        unit_true("base64 fits one less", n == 0 || base64_fits(wire - 1) < n);
    }
}

/* The most that fits, and not one more. */
static void check_fits(void)
{
    static const int64_t near[] = {0, 1LL << 31, 1LL << 32, 1LL << 40};

    for (size_t i = 0; i < LENGTH(near); i++)
        for (int64_t wire = near[i]; wire < near[i] + 1000; wire++) {
            int64_t n = base64_fits(wire);
            int64_t more = base64_len(n + 1) + base64_lines(n + 1);
            unit_true("the most that fits",
                      base64_len(n) + base64_lines(n) <= wire && more > wire);
        }
}

static void check_around_2_31(void)
{
    int64_t lines, n = (1LL << 31) + 29, len;

    len = base64_by_hand(n, &lines);
    for (; n > (1LL << 31) - 29; n--) {
        len = base64_by_hand(n, &lines);
        unit_int("around 2^31", "length", base64_len(n), len);
        unit_int("around 2^31", "lines", base64_lines(n), lines);
        n -= 12;
    }
}

/* -------------------------------------------------------------- pieces -- */

static void written(const struct splice *s, struct text *out)
{
    struct message m = {0};

    unit_int("a splice", "make", splice_make(s, &m, error, sizeof error), 0);
    message_bytes(&m, out);
    unit_int("a splice", "length", s->len, m.len);
    unit_int("a splice", "wire", splice_wire(s), message_size(&m));
    message_free(&m);
}

static void check_encoded(long n)
{
    struct extent e = noise_make((size_t)n);
    struct splice closed = {0}, open = {0};
    struct text a = {0}, b = {0};

    splice_base64(&closed, &e);
    splice_base64_open(&open, &e);
    written(&closed, &a);
    written(&open, &b);
    unit_int("encoded", "length", (long)a.len, base64_len(n));
    unit_int("encoded", "open", (long)b.len, (long)a.len - (n > 0));
    unit_true("encoded", strncmp(a.s, b.s, b.len) == 0);
    for (const char *p = a.s; *p; p += strcspn(p, "\n") + 1)
        if (strcspn(p, "\n") > 76 ||
            (strcspn(p, "\n") < 76 && p + strcspn(p, "\n") + 1 < a.s + a.len))
            unit_int("encoded", "line", (long)strcspn(p, "\n"), 76);
    splice_free(&closed);
    splice_free(&open);
    text_free(&a);
    text_free(&b);
    close(e.fd);
}

static void check_splices(void)
{
    static const long sizes[] = {0,   1,   2,     3,     56,    57,    58,
                                 113, 114, 45599, 45600, 45601, 91200, 100000};
    struct splice s = {0};
    struct message m;
    struct extent e = extent_make("1\n2\n\n", 5), part = {e.fd, 1, 3};
    struct text t = {0};

    for (size_t i = 0; i < LENGTH(sizes); i++)
        check_encoded(sizes[i]);
    message_put(&m, BYTES("A: b\n\nbody\nmore\n"));
    unit_int("nothing", "wire", splice_wire(&s), 0);
    splice_text(&s, "");
    splice_text(&s, "X: y\n\n");
    splice_message(&s, &m, m.body, m.len);
    splice_message(&s, &m, 0, 0);
    unit_int("pieces", "extent", splice_extent(&s, &part), 0);
    splice_base64(&s, &part);
    written(&s, &t);
    unit_str("pieces", "text", t.s, "X: y\n\nbody\nmore\n\n2\nCjIK\n");
    part.len = 99;
    unit_int("a shorter file", "extent", splice_extent(&s, &part), -1);
    splice_free(&s);
    splice_base64(&s, &part);
    unit_int("a shorter file", "write",
             splice_write(&s, e.fd, error, sizeof error), -1);
    splice_free(&s);
    splice_text(&s, "x");
    unit_int("no file", "write", splice_write(&s, -1, error, sizeof error), -1);
    splice_free(&s);
    message_free(&m);
    text_free(&t);
    close(e.fd);
}

int main(void)
{
    scratch_begin();
    temp_directory(scratch);
    check_messages();
    check_blocks();
    check_large_header();
    check_reads();
    check_cr_at_blocks();
    check_faults();
    check_base64();
    check_fits();
    check_around_2_31();
    check_splices();
    scratch_end();
    return unit_end();
}
