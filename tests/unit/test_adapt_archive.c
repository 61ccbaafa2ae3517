/* test_adapt_archive: archives of every form, written and read; other programs'
 * archives, and ours in other programs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <time.h>

#include "archives.h"

static void check_form(int packing)
{
    const char *label = forms[packing].suffix;
    int count = count_of(packing), kind = -1;
    struct extent a = archive_make(packing, ours, count),
                  again = archive_make(packing, ours, count);
    struct entries got = {0};
    unit_true(label, extent_same(&a, &again));
    unit_int(label, "kind found", archive_kind(&a, &kind), 1);
    unit_int(label, "kind", kind, packing);
    *error = 0;
    unit_int(label, "read", read_all(&a, &got), 1);
    unit_str(label, "error", error, "");
    unit_true(label, all_same(&got, count));
    for (int i = 0; i < got.count && i < count; i++) {
        const char *name = forms[packing].one ? "the report" : ours[i].name;
        const struct entry *e = entry_named(&got, name);
        if (unit_true(label, e != NULL))
            unit_int(label, "time", e->time,
                     forms[packing].no_time ? 0 : ours[i].time);
    }
    entries_free(&got);
    close(a.fd);
    close(again.fd);
}

static void check_forms(void)
{
    for (int i = 0; i < PACKING_COUNT; i++)
        check_form(i);
    unit_int("two in gzip", "write",
             archive_write(PACKING_GZIP, ours, 2, -1, error, sizeof error), -1);
    unit_has("two in gzip", "error", error, "one file, not 2");
    unit_int("none in zstd", "write",
             archive_write(PACKING_ZSTD, ours, 0, -1, error, sizeof error), -1);
    unit_int("no file to write to", "write",
             archive_write(PACKING_ZIP, ours, 3, -1, error, sizeof error), -1);
    unit_has("no file to write to", "error", error, "Bad file descriptor");
}

/* A file that has become shorter, times that no archive has, names that others
 * have written. */
static void check_odd_entries(void)
{
    static char up[] = "../../etc/passwd", device[] = "/dev/Aux.txt",
                turned[] = "a\342\200\256fdp.exe", same[] = "x/PASSWD";
    static const char *const want[] = {"passwd", "_Aux.txt", "a_fdp.exe",
                                       "PASSWD-2"};
    struct extent data = extent_make("1234", 4);
    struct entry list[] = {{up, data, INT64_MAX},
                           {device, data, INT64_MIN},
                           {turned, data, -1},
                           {same, data, TIME}};
    for (int p = 0; p < PACKING_COUNT; p++) {
        if (forms[p].one)
            continue;
        struct extent a = archive_make(p, list, 4);
        struct entries got = {0};
        unit_int("odd entries", "read", read_all(&a, &got), 1);
        for (int i = 0; i < got.count; i++)
            unit_str(forms[p].suffix, "odd name", got.list[i].name, want[i]);
        unit_int("odd entries", "count", got.count, 4);
        entries_free(&got);
        close(a.fd);
    }
    list[0].data.len = 5;
    for (int p = 0; p < PACKING_COUNT; p++) {
        struct extent out = extent_make("", 0);
        unit_int("a shorter file", "write",
                 archive_write((enum packing)p, list, 1, out.fd, error,
                               sizeof error),
                 -1);
        unit_has("a shorter file", "error", error, "has become shorter");
        close(out.fd);
    }
}

/* ------------------------------------------------------- other programs -- */

static bool shell(const char *command)
{
    char *line = text_format("cd '%s' && exec >/dev/null 2>&1 </dev/null; "
                             "export LC_ALL=C.UTF-8; %s",
                             scratch, command);
    int rc = system(line);
    free(line);
    return rc == 0;
}

static bool have(const char *program)
{
    char *line = text_format("command -v %s", program);
    bool found = shell(line);
    free(line);
    return found;
}

static const struct {
    int packing;
    const char *program, *command;
} openers[] = {
    {PACKING_ZIP, "unzip", "unzip -t ours.zip && unzip -l ours.zip | grep Ü"},
    {PACKING_ZIP, "7z", "7z t ours.zip"},
    {PACKING_ZIP, "bsdtar", "bsdtar -tf ours.zip | grep Ü"},
    {PACKING_ZIP, "python3", "python3 -m zipfile -t ours.zip"},
    {PACKING_7Z, "7z", "7z t ours.7z && 7z l ours.7z | grep Ü"},
    {PACKING_7Z, "bsdtar", "bsdtar -xOf ours.7z empty noise.bin"},
    {PACKING_GZIP, "gzip", "gzip -t ours.gz && gzip -lN ours.gz | grep Ü"},
    {PACKING_ZSTD, "zstd", "zstd -t ours.zst"},
    {PACKING_TAR, "tar", "tar -df ours.tar"},
    {PACKING_TAR_GZ, "tar", "gzip -t ours.tar.gz && tar -dzf ours.tar.gz"},
    {PACKING_TAR_BZ2, "bzip2", "tar -djf ours.tar.bz2"},
    {PACKING_TAR_XZ, "xz", "tar -dJf ours.tar.xz"},
    {PACKING_TAR_ZST, "zstd",
     "zstd -t ours.tar.zst && zstd -dc ours.tar.zst |"
     "tar -df -"},
    {PACKING_TAR_ZST, "bsdtar", "bsdtar -tvf ours.tar.zst | grep '0 0 .*Ü'"},
};

/* What tar compares the archives with. */
static void ours_put(void)
{
    for (int i = 0; i < 3; i++) {
        struct timespec times[2] = {{.tv_sec = ours[i].time},
                                    {.tv_sec = ours[i].time}};
        char *path = scratch_path(ours[i].name);
        struct text t = {0};
        extent_text(&ours[i].data, &t);
        file_put(path, t.s, t.len);
        chmod(path, 0644);
        utimensat(AT_FDCWD, path, times, 0);
        text_free(&t);
        free(path);
    }
}

static void check_openers(void)
{
    ours_put();
    for (int p = 0; p < PACKING_COUNT; p++) {
        char *name = text_format("%s/ours.%s", scratch, forms[p].suffix);
        int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        unit_int(forms[p].suffix, "write",
                 archive_write((enum packing)p, ours, count_of(p), fd, error,
                               sizeof error),
                 0);
        close(fd);
        free(name);
    }
    for (size_t i = 0; i < LENGTH(openers); i++)
        if (have(openers[i].program))
            unit_true(openers[i].command, shell(openers[i].command));
}

/* What others write. The command makes `file`; names are what comes out, in the
 * archive's order. A kind of -1: it is none for archive_kind(). */
static const struct {
    const char *label, *program, *command, *file;
    int kind, result, left;
    const char *names;
} theirs[] = {
    {"zip", "zip", "zip -X t.zip noise.bin empty", "t.zip", PACKING_ZIP, 1, 0,
     "noise.bin empty "},
    {"zip, stored", "zip", "zip -0 t0.zip noise.bin empty", "t0.zip",
     PACKING_ZIP, 1, 0, "noise.bin empty "},
    {"zip of a pipe", "zip", "cat noise.bin | zip tp.zip -", "tp.zip",
     PACKING_ZIP, 1, 0, "_ "},
    {"zip of directories", "zip",
     "mkdir -p d/e f && cp empty d/e/a && cp empty f/A && cp empty f/.b &&"
     "zip -r td.zip d f/A f/.b",
     "td.zip", PACKING_ZIP, 1, 0, "a A-2 _b "},
    {"zip of a directory alone", "zip", "mkdir alone && zip -r tda.zip alone",
     "tda.zip", PACKING_ZIP, 0, 0, "there is no file in it"},
    {"zip with links", "zip", "ln -s /etc/passwd l && zip -y tl.zip l empty",
     "tl.zip", PACKING_ZIP, 1, 1, "empty "},
    {"zip, encrypted", "zip", "zip -P secret te.zip noise.bin", "te.zip",
     PACKING_ZIP, 0, 0, "it is encrypted"},
    {"zip, one of two encrypted", "zip",
     "zip te2.zip empty noise.bin && zip -P secret te2.zip ours.gz", "te2.zip",
     PACKING_ZIP, 0, 0, "it is encrypted"},
    {"zip of bzip2", "7z", "7z a -mm=BZip2 tb.zip noise.bin", "tb.zip",
     PACKING_ZIP, 1, 0, "noise.bin "},
    {"zip of LZMA", "7z", "7z a -mm=LZMA tz.zip noise.bin", "tz.zip",
     PACKING_ZIP, 1, 0, "noise.bin "},
    {"zip with AES", "7z", "7z a -psecret -mem=AES256 ta.zip noise.bin",
     "ta.zip", PACKING_ZIP, 0, 0, "it is encrypted"},
    {"zip with nothing", "true",
     "(printf 'PK\\005\\006'; head -c 18 /dev/zero) >tn.zip", "tn.zip", -1, 0,
     0, "it is no archive that we know"},
    {"a zip in a zip", "zip", "zip -0 tt.zip t.zip", "tt.zip", PACKING_ZIP, 1,
     0, "t.zip "},
    {"7z", "7z", "7z a t.7z noise.bin empty", "t.7z", PACKING_7Z, 1, 0,
     "empty noise.bin "},
    {"7z of PPMd", "7z", "7z a -m0=PPMd tp.7z noise.bin", "tp.7z", PACKING_7Z,
     1, 0, "noise.bin "},
    {"7z, encrypted", "7z", "7z a -psecret te.7z noise.bin", "te.7z",
     PACKING_7Z, 0, 0, "it is encrypted"},
    {"7z, names encrypted", "7z", "7z a -psecret -mhe=on th.7z noise.bin",
     "th.7z", PACKING_7Z, 0, 0, "it is encrypted"},
    {"tar", "tar", "tar -cf t.tar noise.bin empty", "t.tar", PACKING_TAR, 1, 0,
     "noise.bin empty "},
    {"tar of old", "tar", "tar --format=v7 -cf tv.tar noise.bin", "tv.tar",
     PACKING_TAR, 1, 0, "noise.bin "},
    {"tar of POSIX", "tar", "tar --format=posix -cf tx.tar noise.bin Ü*",
     "tx.tar", PACKING_TAR, 1, 0,
     "noise.bin Übersicht \346\227\245\346\234\254.csv "},
    {"tar with all sorts", "tar",
     "ln -s x sym; ln noise.bin hard; mkfifo fifo; mkdir dir;"
     "tar -cf ts.tar noise.bin sym hard fifo dir empty",
     "ts.tar", PACKING_TAR, 1, 3, "noise.bin empty "},
    {"tar with holes", "tar", "truncate -s 1M hole && tar -cSf th.tar hole",
     "th.tar", PACKING_TAR, 1, 0, "hole "},
    {"tar.gz", "gzip", "tar -czf t.tar.gz noise.bin empty", "t.tar.gz",
     PACKING_TAR_GZ, 1, 0, "noise.bin empty "},
    {"tar.bz2", "bzip2", "tar -cjf t.tar.bz2 noise.bin", "t.tar.bz2",
     PACKING_TAR_BZ2, 1, 0, "noise.bin "},
    {"tar.xz", "xz", "tar -cJf t.tar.xz noise.bin", "t.tar.xz", PACKING_TAR_XZ,
     1, 0, "noise.bin "},
    {"tar.zst", "zstd", "tar --zstd -cf t.tar.zst noise.bin", "t.tar.zst",
     PACKING_TAR_ZST, 1, 0, "noise.bin "},
    {"gzip", "gzip", "gzip -kc noise.bin >n.gz", "n.gz", PACKING_GZIP, 1, 0,
     "the report "},
    {"gzip of two members", "gzip",
     "(gzip -c noise.bin; gzip -c empty; gzip -c noise.bin) >n2.gz", "n2.gz",
     PACKING_GZIP, 1, 0, "the report "},
    {"gzip and zeros", "gzip", "(gzip -c empty; head -c 99 /dev/zero) >nz.gz",
     "nz.gz", PACKING_GZIP, 1, 0, "the report "},
    {"gzip and more", "gzip", "(gzip -c empty; echo more) >nm.gz", "nm.gz",
     PACKING_GZIP, 0, 0, "it is damaged: incorrect header check"},
    {"gzip in gzip", "gzip", "gzip -c n.gz >n3.gz", "n3.gz", PACKING_GZIP, 1, 0,
     "the report "},
    {"zip in gzip", "zip", "gzip -c t.zip >t.zip.gz", "t.zip.gz", PACKING_GZIP,
     1, 0, "the report "},
    {"zeros in gzip", "gzip", "head -c 5000 /dev/zero | gzip >z.gz", "z.gz",
     PACKING_GZIP, 1, 0, "the report "},
    {"bzip2", "bzip2", "bzip2 -kc noise.bin >n.bz2", "n.bz2", ARCHIVE_OTHER, 1,
     0, "the report "},
    {"bzip2 in bzip2", "bzip2", "bzip2 <n.bz2 >n2.bz2", "n2.bz2", ARCHIVE_OTHER,
     1, 0, "the report "},
    {"xz", "xz", "xz -kc noise.bin >n.xz", "n.xz", ARCHIVE_OTHER, 1, 0,
     "the report "},
    {"zstd", "zstd", "zstd -kc noise.bin >n.zst", "n.zst", PACKING_ZSTD, 1, 0,
     "the report "},
    {"a document of Word", "zip",
     "mkdir word && cp noise.bin word/ && cp empty '[Content_Types].xml' &&"
     "zip w.docx word/noise.bin '[Content_Types].xml'",
     "w.docx", -1, 1, 0, "noise.bin [Content_Types].xml "},
    {"a document of OpenDocument", "zip",
     "cp empty mimetype && zip -0 o.odt mimetype noise.bin", "o.odt", -1, 1, 0,
     "mimetype noise.bin "},
    {"a program of Java", "zip",
     "mkdir META-INF && cp empty META-INF/MANIFEST.MF &&"
     "zip -r j.jar META-INF",
     "j.jar", -1, 1, 0, "MANIFEST.MF "},
    {"mimetype behind another", "zip", "zip -0 m.zip noise.bin mimetype",
     "m.zip", PACKING_ZIP, 1, 0, "noise.bin mimetype "},
    {"no archive", "true", "echo BZh is how it begins >no.txt", "no.txt", -1, 0,
     0, "it is no archive that we know"},
    {"nothing", "true", "true", "empty", -1, 0, 0,
     "it is no archive that we know"},
};

static void names_list(const struct entries *e, struct text *out)
{
    text_add(out, "");
    for (int i = 0; i < e->count; i++)
        text_addf(out, "%s ", e->list[i].name);
}

static void check_one_of_theirs(size_t i)
{
    struct extent data = file_open(theirs[i].file);
    struct entries got = {0};
    struct text names = {0};
    int kind = -1, left = -1;
    unit_int(theirs[i].label, "kind found", archive_kind(&data, &kind),
             theirs[i].kind != -1);
    unit_int(theirs[i].label, "kind", kind, theirs[i].kind);
    unit_int(theirs[i].label, "read",
             archive_read(&data, &wide, "dir/the report.gz", &got, &left, error,
                          sizeof error),
             theirs[i].result);
    names_list(&got, &names);
    unit_str(theirs[i].label, "names", theirs[i].result == 1 ? names.s : error,
             theirs[i].names);
    unit_int(theirs[i].label, "left out", left, theirs[i].left);
    for (int j = 0; j < got.count; j++)
        if (strcmp(got.list[j].name, "noise.bin") == 0)
            unit_true(theirs[i].label,
                      extent_same(&got.list[j].data, &ours[2].data));
    entries_free(&got);
    text_free(&names);
    close(data.fd);
}

static void check_theirs(void)
{
    for (size_t i = 0; i < LENGTH(theirs); i++)
        if (have(theirs[i].program) &&
            unit_true(theirs[i].label, shell(theirs[i].command)))
            check_one_of_theirs(i);
}

/* gzip's own name serves where the archive's says nothing. */
static void check_single_names(void)
{
    static const struct {
        const char *name, *want;
    } names[] = {
        {"report.pdf.gz", "report.pdf"},
        {"Report.PDF.GZ", "Report.PDF"},
        {"a.bz2", "a"},
        {"/x/../.gz", "file"},
        {"attachment", utf8_name},
        {"", utf8_name},
        {"..gz", "file"},
        {".gz", utf8_name},
    };
    struct extent a = archive_make(PACKING_GZIP, ours, 1),
                  z = archive_make(PACKING_ZSTD, ours, 1);
    struct entries got = {0};
    int left;
    for (size_t i = 0; i < LENGTH(names); i++) {
        archive_read(&a, &wide, names[i].name, &got, &left, error,
                     sizeof error);
        if (unit_int("a single name", "count", got.count, 1))
            unit_str("a single name", names[i].name, got.list[0].name,
                     names[i].want);
        entries_free(&got);
    }
    archive_read(&z, &wide, "attachment", &got, &left, error, sizeof error);
    unit_str("a name of nobody's", "name", got.list[0].name, "attachment");
    entries_free(&got);
    close(a.fd);
    close(z.fd);
}

int main(void)
{
    setenv("LC_ALL", "C", 1);
    scratch_begin();
    temp_directory(scratch);
    ours_make();
    check_forms();
    check_odd_entries();
    check_openers();
    check_theirs();
    check_single_names();
    scratch_end();
    return unit_end();
}
