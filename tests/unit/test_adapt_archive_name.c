/* test_adapt_archive_name: file names that do no harm, whoever wrote them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "archive.h"

#include <stdlib.h>

#include "text.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
    const char *label, *name, *want;
} rows[] = {
    {"a name", "report.pdf", "report.pdf"},
    {"blanks within", "the report (2).pdf", "the report (2).pdf"},
    {"UTF-8", "Übersicht 日本.txt", "Übersicht 日本.txt"},
    {"an emoji", "\360\237\230\200.png", "\360\237\230\200.png"},
    {"nothing", "", "file"},
    {"a path", "a/b/c.txt", "c.txt"},
    {"an absolute path", "/etc/passwd", "passwd"},
    {"a path upwards", "../../etc/passwd", "passwd"},
    {"Windows' path", "..\\..\\Windows\\win.ini", "win.ini"},
    {"both", "a/b\\c", "c"},
    {"a directory", "a/b//", "b"},
    {"slashes alone", "/\\/", "file"},
    {"a drive", "C:\\a\\b.txt", "b.txt"},
    {"a drive without a directory", "c:b.txt", "b.txt"},
    {"a drive alone", "C:", "file"},
    {"a stream", "a.txt:b", "a.txt_b"},
    {"a host", "\\\\host\\share\\a", "a"},
    {"a dot", ".", "file"},
    {"two dots", "..", "file"},
    {"two dots behind a path", "a/..", "file"},
    {"dots and blanks", ". . .", "file"},
    {"a leading dot", ".bashrc", "_bashrc"},
    {"leading dots", "...a", "_..a"},
    {"a leading dash", "-rf", "_rf"},
    {"a blank, then a dash", " -rf", "_rf"},
    {"trailing dots and blanks", "a.txt. . ", "a.txt"},
    {"leading blanks", "   a", "a"},
    {"blanks alone", "   ", "file"},
    {"reserved characters", "a<b>c\"d|e?f*g:h", "a_b_c_d_e_f_g_h"},
    {"control characters", "a\r\nB: c\t\001\177.txt", "a__B_ c___.txt"},
    {"C1 control characters", "a\302\205\302\233b", "a__b"},
    {"the direction turned", "\342\200\256fdp.exe", "_fdp.exe"},
    {"all that turn it",
     "\342\200\252\342\200\253\342\200\254\342\200\255\342\200\256"
     "\342\201\246\342\201\247\342\201\250\342\201\251\342\200\217",
     "__________"},
    {"line ends of Unicode", "a\342\200\250b\342\200\251c", "a_b_c"},
    {"the character after them", "a\342\200\257b", "a\342\200\257b"},
    {"latin-1", "caf\351.txt", "caf_.txt"},
    {"a character cut short", "a\342\202", "a__"},
    {"an overlong slash", "a\300\257b", "a__b"},
    {"half of a pair", "a\355\240\200b", "a___b"},
    {"beyond Unicode", "a\364\220\200\200b", "a____b"},
    {"a device", "CON", "_CON"},
    {"a device with an extension", "nul.tar.gz", "_nul.tar.gz"},
    {"a device and a blank", "Aux .txt", "_Aux .txt"},
    {"a device and a dot", "prn.", "_prn"},
    {"a serial line", "com1.log", "_com1.log"},
    {"with a raised number", "LPT\302\262", "_LPT\302\262"},
    {"no device", "console.txt", "console.txt"},
    {"no device either", "com10", "com10"},
    {"a device in a path", "aux/a", "a"},
    {"a device behind a path", "a/aux", "_aux"},
    {"a long name", HUNDRED HUNDRED TEN ".pdf",
     HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345.pdf"},
    {"a long name without an extension", HUNDRED HUNDRED "x", HUNDRED HUNDRED},
    {"a long extension is none", "a." HUNDRED HUNDRED,
     "a." HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567"},
    {"a long name, cut before a dot",
     HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678." HUNDRED,
     HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678"},
    {"a long name, cut in a character",
     HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234\303\274\303\274.pdf",
     HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234.pdf"},
};

static void check_rows(void)
{
    struct text out = {0};
    text_add(&out, "what was here before");
    for (size_t i = 0; i < LENGTH(rows); i++) {
        archive_name(rows[i].name, &out);
        unit_str(rows[i].label, "name", text_str(&out), rows[i].want);
        archive_name(rows[i].want, &out);
        unit_str(rows[i].label, "name made of it", text_str(&out),
                 rows[i].want);
    }
    text_free(&out);
}

static void check_huge(void)
{
    struct text name = {0}, out = {0};
    for (int i = 0; i < 16384; i++)
        text_add(&name, "\303\274a/\\"[i % 3] == 'a' ? "a" : "\303\274");
    text_add(&name, ".docx");
    archive_name(name.s, &out);
    unit_true("a huge name", out.len > 190 && out.len <= 200);
    unit_str("a huge name", "extension", out.s + out.len - 5, ".docx");
    text_free(&name);
    text_free(&out);
}

/* The names one after the other, each unlike those before. */
static const struct {
    const char *label;
    const char *names[6], *want[6];
} lists[] = {
    {"different", {"a", "b"}, {"a", "b"}},
    {"the same",
     {"report.pdf", "report.pdf", "report.pdf"},
     {"report.pdf", "report-2.pdf", "report-3.pdf"}},
    {"unlike in case", {"a.TXT", "A.txt"}, {"a.TXT", "A-2.txt"}},
    {"unlike in another alphabet's case", {"ÄПΣ", "äпσ"}, {"ÄПΣ", "äпσ-2"}},
    {"made alike", {"a?b", "a*b", "x/a_b"}, {"a_b", "a_b-2", "a_b-3"}},
    {"a number that is there",
     {"a.b", "A-2.B", "a.b", "a.b"},
     {"a.b", "A-2.B", "a-3.b", "a-4.b"}},
    {"a gap", {"a", "a-3", "a", "a"}, {"a", "a-3", "a-2", "a-4"}},
    {"no number of ours",
     {"a", "a-02", "a-2x", "a-99999999999999999999", "a"},
     {"a", "a-02", "a-2x", "a-99999999999999999999", "a-2"}},
    {"no extension of the same",
     {"a.c", "a-2.d", "a.c"},
     {"a.c", "a-2.d", "a-2.c"}},
    {"nothing, again", {"", "..", "file"}, {"file", "file-2", "file-3"}},
    {"devices", {"con", "CON", "con."}, {"_con", "_CON-2", "_con-3"}},
    {"one begins as the other", {"ab", "a", "abc"}, {"ab", "a", "abc"}},
};

static void entry_put(struct entries *e, const char *name)
{
    e->list = text_grow(e->list, e->count, sizeof *e->list);
    e->list[e->count++].name = text_copy(name);
}

static void check_lists(void)
{
    for (size_t i = 0; i < LENGTH(lists); i++) {
        struct entries e = {0};
        struct text out = {0};
        for (int j = 0; j < 6 && lists[i].names[j]; j++) {
            archive_name_free(&e, lists[i].names[j], &out);
            unit_str(lists[i].label, "name", out.s, lists[i].want[j]);
            entry_put(&e, out.s);
        }
        entries_free(&e);
        text_free(&out);
    }
}

/* Long names that differ behind what is kept, and many of them. */
static void check_many(void)
{
    struct entries e = {0};
    struct text out = {0}, name = {0};
    for (int i = 0; i < 2000; i++) {
        text_cut(&name, 0);
        text_addf(&name, "%s%s%d.jpeg", HUNDRED, HUNDRED, i);
        archive_name_free(&e, name.s, &out);
        entry_put(&e, out.s);
    }
    unit_true("many long names", out.len <= 200);
    unit_str("many long names", "end", out.s + out.len - 10, "-2000.jpeg");
    entries_free(&e);
    unit_int("freed", "descriptor", e.fd, -1);
    text_free(&out);
    text_free(&name);
}

int main(void)
{
    check_rows();
    check_huge();
    check_lists();
    check_many();
    return unit_end();
}
