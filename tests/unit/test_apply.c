/* test_apply: addresses replaced in alias files, lists and .forward files.
 *
 * In all rows old@x.example (and /old@) moves to new@y.example,
 * spaced@x.example to an address that needs quotes, and others to what must not
 * be written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <sys/xattr.h>

#include "apply.h"
#include "scratch.h"
#include "unit.h"

#define O "old@x.example"
#define N "new@y.example"

static char *moved(const char *address, void *context)
{
    const char *touch = context;

    if (touch != NULL)
        file_put_text(touch, "somebody else: was here\n");
    if (text_same_address(address, O) ||
        text_same_address(address, "/old@x.example"))
        return text_copy(N);
    if (text_same_address(address, "spaced@x.example"))
        return text_copy("two words@y.example");
    if (text_same_address(address, "broken@x.example"))
        return text_copy("no address");
    if (text_same_address(address, "pipe@x.example"))
        return text_copy("|id@y.example");
    if (text_same_address(address, "quoted@x.example"))
        return text_copy("\"\\|id\"@y.example");
    if (text_same_address(address, "comment@x.example"))
        return text_copy("#new@y.example");
    return NULL;
}

static const struct {
    const char *label;
    enum apply_kind kind;
    const char *in;
    const char *want; /* NULL: as it was */
    int count;
} texts[] = {
    {.label = "nothing", .in = ""},
    {.label = "an alias",
     .in = "joe: " O "\n",
     .want = "joe: " N "\n",
     .count = 1},
    {.label = "the left hand side stays",
     .in = O ": a@b\n\"" O "\": " O "\n",
     .want = O ": a@b\n\"" O "\": " N "\n",
     .count = 1},
    {.label = "the middle of a list",
     .in = "t:\ta@b,  " O " ,joe,\"c d\"@e\n",
     .want = "t:\ta@b,  " N " ,joe,\"c d\"@e\n",
     .count = 1},
    {.label = "no white space", .in = "t:" O, .want = "t:" N, .count = 1},
    {.label = "white space around the colon",
     .in = "t \t:  " O "\n",
     .want = "t \t:  " N "\n",
     .count = 1},
    {.label = "no colon",
     .kind = APPLY_ALIASES,
     .in = "t " O "\n" O " t\n",
     .want = "t " N "\n" O " t\n",
     .count = 1},
    {.label = "a name alone", .kind = APPLY_ALIASES, .in = O "\n" O ":\n"},
    {.label = "a name in quotes",
     .in = "\"a : b \\\" " O "\" : " O "\n",
     .want = "\"a : b \\\" " O "\" : " N "\n",
     .count = 1},
    {.label = "an escape in a name in quotes",
     .kind = APPLY_ALIASES,
     .in = "\"a\\\" b\": " O "\n",
     .want = "\"a\\\" b\": " N "\n",
     .count = 1},
    {.label = "a quote that does not end",
     .kind = APPLY_ALIASES,
     .in = "\"a: " O "\nb: " O "\n",
     .want = "\"a: " O "\nb: " N "\n",
     .count = 1},
    {.label = "continuation lines",
     .in = "t: a@b,\n  " O ",\n\t" O "\nu: " O "\n",
     .want = "t: a@b,\n  " N ",\n\t" N "\nu: " N "\n",
     .count = 3},
    {.label = "white space first is no alias",
     .kind = APPLY_ALIASES,
     .in = "  " O "\nt: " O "\n",
     .want = "  " O "\nt: " N "\n",
     .count = 1},
    {.label = "comments",
     .in = "# " O "\n#t: " O "\n\nt: a@b, # " O "\n  # " O "\n " O "\n",
     .want = "# " O "\n#t: " O "\n\nt: a@b, # " O "\n  # " O "\n " N "\n",
     .count = 1},
    {.label = "a comment after an address",
     .in = "t: " O " # was " O ", " O "\n",
     .want = "t: " N " # was " O ", " O "\n",
     .count = 1},
    {.label = "# in an address",
     .in = "t: a#b@c, " O "\n",
     .want = "t: a#b@c, " N "\n",
     .count = 1},
    {.label = "pipes",
     .in = "t: |/bin/mail " O ", " O "\nu: \"|/bin/mail a, " O "\"\n"
           "v: |\"/bin/mail a, " O "\", " O "\n",
     .want = "t: |/bin/mail " O ", " N "\nu: \"|/bin/mail a, " O "\"\n"
             "v: |\"/bin/mail a, " O "\", " N "\n",
     .count = 2},
    {.label = "a quoted pipe with a space first", .in = "t: \" |/x " O "\"\n"},
    {.label = "a pipe to a comment",
     .in = "t: |/bin/x # y, " O "\n",
     .want = "t: |/bin/x # y, " N "\n",
     .count = 1},
    {.label = "a pipe with an odd quote",
     .in = "t: |/bin/x it\"s, " O "\nu: " O "\n",
     .want = "t: |/bin/x it\"s, " O "\nu: " N "\n",
     .count = 1},
    {.label = "files",
     .in = "t: /var/mail/" O ", \"/tmp/a b " O "\", " O "\n",
     .want = "t: /var/mail/" O ", \"/tmp/a b " O "\", " N "\n",
     .count = 1},
    {.label = "a quoted local part that is no file",
     .in = "t: \"/a b\"@c, \"old\"@x.example\n",
     .want = "t: \"/a b\"@c, " N "\n",
     .count = 1},
    {.label = "a slash",
     .in = "t: /old@x.example, \"/old\"@x.example\n",
     .want = "t: /old@x.example, " N "\n",
     .count = 1},
    {.label = "angle brackets are one item",
     .in = "t: <a@b, #c>, " O "\n",
     .want = "t: <a@b, #c>, " N "\n",
     .count = 1},
    {.label = ":include:",
     .in = "t: :include:/l/" O ", \":include:/l/ " O "\", " O "\n",
     .want = "t: :include:/l/" O ", \":include:/l/ " O "\", " N "\n",
     .count = 1},
    {.label = ":fail: has a text",
     .in = "t: :fail: moved to " O ", or " O "\n " O "\nu: " O "\n",
     .want = "t: :fail: moved to " O ", or " O "\n " O "\nu: " N "\n",
     .count = 1},
    {.label = ":defer: and :blackhole:",
     .in = "t: \":defer: a, b\", " O "\nu: :blackhole:, " O "\n"},
    {.label = ":unknown: has none",
     .in = "t: :unknown:, " O "\n",
     .want = "t: :unknown:, " N "\n",
     .count = 1},
    {.label = "a backslash", .in = "t: \\joe, \\" O "\n"},
    {.label = "no domain", .in = "old: old, joe, \"old\"\n"},
    {.label = "display names and comments",
     .in = "t: Joe <" O ">, \"" O "\" <" O "> (" O "), " O " (a, # b)\n",
     .want = "t: Joe <" N ">, \"" O "\" <" N "> (" O "), " N " (a, # b)\n",
     .count = 3},
    {.label = "a group",
     .in = "t: Us: " O ", a@b;, " O "\n",
     .want = "t: Us: " N ", a@b;, " N "\n",
     .count = 2},
    {.label = "a route",
     .in = "t: <@a,@b:" O ">\n",
     .want = "t: <@a,@b:" N ">\n",
     .count = 1},
    {.label = "CRLF, no end",
     .in = "t: " O "\r\n\r\nu: " O ",\r\n\t" O,
     .want = "t: " N "\r\n\r\nu: " N ",\r\n\t" N,
     .count = 3},
    {.label = "another spelling",
     .in = "t: OLD@X.Example, \"o\\ld\"@x.example\n",
     .want = "t: " N ", " N "\n",
     .count = 2},
    {.label = "quotes where they must be",
     .in = "t: spaced@x.example,<spaced@x.example>\n",
     .want = "t: \"two words\"@y.example,<\"two words\"@y.example>\n",
     .count = 2},
    {.label = "a new address that is none", .in = "t: broken@x.example\n"},
    {.label = "new addresses that are more than mail",
     .in = "t: pipe@x.example, quoted@x.example,comment@x.example\n"},
    {.label = "part of an address", .in = "t: b" O ", " O ".org, a." O "\n"},
    {.label = "a virtual domain's file",
     .in = "*@z: " O "\nann@z : " O ", joe\n",
     .want = "*@z: " N "\nann@z : " N ", joe\n",
     .count = 2},

    {.label = "members",
     .in = "a@b\n" O "\nc@d\n",
     .want = "a@b\n" N "\nc@d\n",
     .count = 1},
    {.label = "members with names",
     .in = "# list of " O "\nAnn <a@b>\nJoe Q. Old <" O "> (since 2020)\n"
           "Old, Joe <" O ">\n  " O "\n#" O "\n",
     .want = "# list of " O "\nAnn <a@b>\nJoe Q. Old <" N "> (since 2020)\n"
             "Old, Joe <" N ">\n  " N "\n#" O "\n",
     .count = 3},
    {.label = "a quote in one line",
     .in = "Joe \"O <a@b>\n" O "\n(c\n" O "\n",
     .want = "Joe \"O <a@b>\n" N "\n(c\n" N "\n",
     .count = 2},
    {.label = "a .forward",
     .in = "\\joe, " O "\n\"|/usr/bin/vacation joe\"\n/var/mail/" O "\n",
     .want = "\\joe, " N "\n\"|/usr/bin/vacation joe\"\n/var/mail/" O "\n",
     .count = 1},
    {.label = "a list that begins with :include:",
     .in = ":include:/x\n" O "\n",
     .want = ":include:/x\n" N "\n",
     .count = 1},
    {.label = "a .forward that looks like aliases",
     .kind = APPLY_FORWARD,
     .in = "us: " O ", |/x " O "\n",
     .want = "us: " N ", |/x " O "\n",
     .count = 1},
    {.label = "a list that begins with a comment",
     .in = "#members: all\n" O "\n",
     .want = "#members: all\n" N "\n",
     .count = 1},
    {.label = "a list that begins with a pipe",
     .in = "|/x: y\n" O "\n",
     .want = "|/x: y\n" N "\n",
     .count = 1},
    {.label = "a list that looks like aliases",
     .kind = APPLY_MEMBERS,
     .in = "Us: " O ";\n" O "\n",
     .want = "Us: " N ";\n" N "\n",
     .count = 2},
    {.label = "aliases, guessed after comments",
     .in = "#" O "\n\n  \n" O ": a@b\n"},
    {.label = "a colon later is no alias",
     .in = O "\nt: " O "\n",
     .want = N "\nt: " N "\n",
     .count = 2},

    {.label = "a filter", .in = "# Exim filter\ndeliver " O "\n", .count = -1},
    {.label = "a filter, as Exim knows it",
     .in = "\n #EXIM  \tFilter <<== " O,
     .count = -1},
    {.label = "Sieve",
     .in = "# Sieve filter\nredirect \"" O "\";\n",
     .count = -1},
    {.label = "a comment on filters",
     .in = "# Exim filters are nice\n# Exim\n# filter\n" O,
     .count = -1},
    {.label = "half a tag",
     .in = "# Exim\n# filter\n" O,
     .want = "# Exim\n# filter\n" N,
     .count = 1},
};

static void check_texts(void)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct apply a = {.kind = texts[i].kind, .new_of = moved};
        struct text out = {0};
        char error[200] = "";
        int n = apply_text(&a, texts[i].in, strlen(texts[i].in), &out, error,
                           sizeof error);

        unit_int(texts[i].label, "count", n, texts[i].count);
        if (texts[i].count == -1)
            unit_has(texts[i].label, "error", error, "filter");
        else
            unit_str(texts[i].label, "text", text_str(&out),
                     texts[i].want ? texts[i].want : texts[i].in);
        text_free(&out);
    }
}

static void check_bytes(void)
{
    static const char in[] = "t: a\0b, " O "\n\0\xff: \0" O ", " O;
    static const char want[] = "t: a\0b, " N "\n\0\xff: \0" O ", " N;
    struct apply a = {.new_of = moved};
    struct text out = {0};
    char error[200] = "";

    unit_int("NULs", "count",
             apply_text(&a, in, sizeof in - 1, &out, error, sizeof error), 2);
    unit_true("NULs",
              out.len == sizeof want - 1 && memcmp(out.s, want, out.len) == 0);
    text_free(&out);
}

#define L(n) "l" #n ": a@b\n"

static const struct {
    const char *label, *in;
    const char *diff; /* without the first two lines */
} diffs[] = {
    {.label = "no change", .in = L(1), .diff = ""},
    {.label = "one line",
     .in = "t: " O "\n",
     .diff = "@@ -1,1 +1,1 @@\n-t: " O "\n+t: " N "\n"},
    {.label = "no line end",
     .in = L(1) "t: " O,
     .diff = "@@ -1,2 +1,2 @@\n l1: a@b\n-t: " O
             "\n\\ No newline at end of file\n+t: " N
             "\n\\ No newline at end of file\n"},
    {.label = "context without a line end",
     .in = "t: " O "\nu: a@b",
     .diff = "@@ -1,2 +1,2 @@\n-t: " O "\n+t: " N "\n u: a@b\n"
             "\\ No newline at end of file\n"},
    {.label = "the middle",
     .in = L(1) L(2) L(3) L(4) "t: " O "\n" L(6) L(7) L(8) L(9),
     .diff = "@@ -2,7 +2,7 @@\n l2: a@b\n l3: a@b\n l4: a@b\n-t: " O "\n+t: " N
             "\n l6: a@b\n l7: a@b\n l8: a@b\n"},
    {.label = "changes in a row",
     .in = "t: " O ",\n " O "\n" L(3),
     .diff = "@@ -1,3 +1,3 @@\n-t: " O ",\n- " O "\n+t: " N ",\n+ " N
             "\n l3: a@b\n"},
    {.label = "six lines apart",
     .in = "t: " O "\n" L(2) L(3) L(4) L(5) L(6) L(7) "u: " O "\n",
     .diff = "@@ -1,8 +1,8 @@\n-t: " O "\n+t: " N "\n l2: a@b\n l3: a@b\n"
             " l4: a@b\n l5: a@b\n l6: a@b\n l7: a@b\n-u: " O "\n+u: " N "\n"},
    {.label = "seven lines apart",
     .in = "t: " O "\n" L(2) L(3) L(4) L(5) L(6) L(7) L(8) "u: " O "\n",
     .diff = "@@ -1,4 +1,4 @@\n-t: " O "\n+t: " N "\n l2: a@b\n l3: a@b\n"
             " l4: a@b\n@@ -6,4 +6,4 @@\n l6: a@b\n l7: a@b\n l8: a@b\n"
             "-u: " O "\n+u: " N "\n"},
};

static void check_diffs(void)
{
    char *path = scratch_path("diff");

    for (size_t i = 0; i < LENGTH(diffs); i++) {
        struct apply a = {.new_of = moved};
        struct text diff = {0};
        char error[300] = "", *now;
        char *want =
            text_format("--- %s\n+++ %s\n%s", path, path, diffs[i].diff);

        file_put_text(path, diffs[i].in);
        unit_true(diffs[i].label,
                  apply_file(&a, path, true, &diff, error, sizeof error) >= 0);
        unit_str(diffs[i].label, "diff", text_str(&diff),
                 *diffs[i].diff ? want : "");
        now = file_get(path);
        unit_str(diffs[i].label, "file after a dry run", now, diffs[i].in);
        free(now);
        free(want);
        text_free(&diff);
    }
    free(path);
}

/* The diff is one that patch takes, for a large file with changes all over. */
static void check_patch(void)
{
    char *path = scratch_path("large"), *copy = scratch_path("copy");
    char *command = text_format("patch -s '%s' '%s/patch'", copy, scratch);
    char *patch = scratch_path("patch"), *now, *patched, error[300] = "";
    struct apply a = {.new_of = moved};
    struct text in = {0}, diff = {0};
    unsigned seed = 1;

    for (int i = 0; i < 5000; i++) {
        seed = seed * 1103515245u + 12345u;
        text_addf(&in, "name%d: %s\n", i, seed >> 16 & 7 ? "a@b" : O);
    }
    file_put(path, in.s, in.len);
    file_put(copy, in.s, in.len);
    unit_true("patch",
              apply_file(&a, path, false, &diff, error, sizeof error) > 400);
    file_put(patch, diff.s, diff.len);
    now = file_get(path);
    if (system("command -v patch >/dev/null") == 0) {
        unit_int("patch", "status", system(command), 0);
        patched = file_get(copy);
        unit_true("patch makes the same of it", strcmp(now, patched) == 0);
        free(patched);
    }
    unit_true("nothing old is left", strstr(now, O) == NULL);
    text_free(&in);
    text_free(&diff);
    free(now);
    free(path);
    free(copy);
    free(patch);
    free(command);
}

/* apply_file(), not dry; the caller looks at the file. */
static int file_apply(const char *path, void *context, char *error, size_t size)
{
    struct apply a = {.new_of = moved, .context = context};
    struct text diff = {0};
    int n = apply_file(&a, path, false, &diff, error, size);

    unit_true("a diff tells of each change, and no other",
              (diff.len > 0) == (n > 0));
    text_free(&diff);
    return n;
}

static void check_kept(void)
{
    char *path = scratch_path("kept"), *link = scratch_path("link");
    char error[300] = "", value[10] = "";
    struct stat before, after;
    bool labelled;
    char *now;

    file_put_text(path, "t: " O "\n");
    if (geteuid() == 0 && chown(path, 7, 8) == -1)
        perror(path);
    chmod(path, 02604);
    labelled = setxattr(path, "user.note", "kept", 4, 0) == 0;
    if (symlink("kept", link) == -1)
        perror(link);
    stat(path, &before);
    unit_int("through a link", "count",
             file_apply(link, NULL, error, sizeof error), 1);
    now = file_get(path);
    unit_str("through a link", "file", now, "t: " N "\n");
    lstat(link, &after);
    unit_true("the link stays", S_ISLNK(after.st_mode));
    stat(path, &after);
    unit_true("owner", after.st_uid == before.st_uid);
    unit_true("group", after.st_gid == before.st_gid);
    unit_int("mode", "mode", after.st_mode & 07777, before.st_mode & 07777);
    if (labelled)
        unit_true("attribute",
                  getxattr(path, "user.note", value, sizeof value) == 4 &&
                      strcmp(value, "kept") == 0);
    unit_true("another file", after.st_ino != before.st_ino);
    unit_int("again", "count", file_apply(path, NULL, error, sizeof error), 0);
    stat(path, &before);
    unit_true("no change, no new file", after.st_ino == before.st_ino);
    free(now);
    free(path);
    free(link);
}

static void check_refused(void)
{
    char *path = scratch_path("refused"), *none = scratch_path("none");
    char error[300] = "", *now;
    int fd;

    unit_int("no file", "count", file_apply(none, NULL, error, sizeof error),
             -1);
    unit_has("no file", "error", error, "No such file");
    unit_int("a directory", "count",
             file_apply(scratch, NULL, error, sizeof error), -1);
    unit_has("a directory", "error", error, "not a regular file");
    file_put_text(path, "# Exim filter\ndeliver " O "\n");
    unit_int("a filter", "count", file_apply(path, NULL, error, sizeof error),
             -1);
    unit_has("a filter", "error", error, "refused: this is a filter");
    file_put_text(path, "t: " O "\n");
    unit_int("changed meanwhile", "count",
             file_apply(path, path, error, sizeof error), -1);
    unit_has("changed meanwhile", "error", error, "changed meanwhile");
    now = file_get(path);
    unit_str("changed meanwhile", "file", now, "somebody else: was here\n");
    fd = open(path, O_WRONLY | O_CLOEXEC);
    unit_true("too large", ftruncate(fd, (64 << 20) + 1) == 0);
    close(fd);
    unit_int("too large", "count", file_apply(path, NULL, error, sizeof error),
             -1);
    unit_has("too large", "error", error, "too large");
    unit_int("no file left behind", "files", files_like(scratch, "*.??????"),
             0);
    free(now);
    free(path);
    free(none);
}

int main(void)
{
    int descriptors = descriptors_open();

    scratch_begin();
    check_texts();
    check_bytes();
    check_diffs();
    check_patch();
    check_kept();
    check_refused();
    unit_int("descriptors", "open", descriptors_open(), descriptors);
    scratch_end();
    return unit_end();
}
