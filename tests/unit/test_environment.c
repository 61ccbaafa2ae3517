/* test_environment: the fields of a row, read, printed, added and published;
 * the mail form.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "environment_form.h"
#include "environment_zone.h"

#include <stdlib.h>

#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- rows ---- */

static const struct {
    const char *label, *row;
    const char *want; /* the row that it is the same as; NULL: an error */
    const char *error;
    bool published;
} rows[] = {
    {.label = "nothing", .row = "", .want = ""},
    {.label = "white space", .row = " \t\r\n ", .want = ""},
    {.label = "every field",
     .row = "nothing=send gain=0 order=split archive=one clear=yes "
            "decrypt=smime:/d encrypt=pgp:a@x.example join=files,partial "
            "compress=zip,gzip size=10M",
     .want = "size=10M compress=zip,gzip join=files,partial "
             "encrypt=pgp:a@x.example decrypt=smime:/d clear=yes archive=one "
             "order=split gain=0 nothing=send"},
    {.label = "every field at its default",
     .row = "size=none compress=none join=none encrypt=none decrypt=none "
            "clear=no archive=each order=compress gain=10 nothing=refuse",
     .want = "size=none compress=none join=none encrypt=none decrypt=none "
             "clear=no archive=each order=compress gain=10 nothing=refuse"},
    {.label = "any white space between",
     .row = "\tsize=1G\r\n\n gain=5  ",
     .want = "size=1G gain=5"},
    {.label = "any case, but that of a file",
     .row = "SIZE=10m Compress=ZIP,Tar.GZ Encrypt=SMIME:/Etc/A.pem",
     .want = "size=10M compress=zip,tar.gz encrypt=smime:/Etc/A.pem"},
    {.label = "every archive",
     .row = "compress=tar.zst,tar.xz,tar.bz2,tar.gz,tar,zstd,7z,gzip,zip",
     .want = "compress=tar.zst,tar.xz,tar.bz2,tar.gz,tar,zstd,7z,gzip,zip"},
    {.label = "the same size, shorter",
     .row = "size=1048576",
     .want = "size=1M"},
    {.label = "no even size", .row = "size=65537", .want = "size=65537"},
    {.label = "the smallest size", .row = "size=64K", .want = "size=64K"},
    {.label = "below it", .row = "size=65535", .error = "size is bytes"},
    {.label = "no size at all", .row = "size=0", .error = "size is bytes"},
    {.label = "an empty value", .row = "size=", .error = "size is bytes"},
    {.label = "a negative size", .row = "size=-1M", .error = "size is bytes"},
    {.label = "a sign", .row = "size=+1M", .error = "size is bytes"},
    {.label = "another unit", .row = "size=1T", .error = "size is bytes"},
    {.label = "two units", .row = "size=1MB", .error = "size is bytes"},
    {.label = "a fraction", .row = "size=1.5M", .error = "size is bytes"},
    {.label = "the largest size",
     .row = "size=9223372036854775807",
     .want = "size=9223372036854775807"},
    {.label = "too large", .row = "size=9223372036854775808", .error = "size"},
    {.label = "too large with its unit",
     .row = "size=8589934592G",
     .error = "size is bytes"},
    {.label = "no such archive",
     .row = "compress=zip,arj",
     .error = "compress=zip,arj: compress is a list with commas of zip"},
    {.label = "an archive twice",
     .row = "compress=zip,ZIP",
     .error = "each "
              "once"},
    {.label = "none and one", .row = "compress=none,zip", .error = "compress"},
    {.label = "an empty item", .row = "compress=zip,", .error = "compress"},
    {.label = "a comma alone", .row = "join=,", .error = "join is partial"},
    {.label = "no such way", .row = "join=cat", .error = "join is partial"},
    {.label = "no way for a file",
     .row = "encrypt=/etc/a.pem",
     .error = "encrypt is smime:FILE (an absolute path), pgp:KEY, or none"},
    {.label = "a file elsewhere",
     .row = "encrypt=smime:a.pem",
     .error = "an absolute path"},
    {.label = "no file", .row = "encrypt=smime:", .error = "an absolute path"},
    {.label = "no key", .row = "encrypt=pgp:", .error = "pgp:KEY"},
    {.label = "a key that is an option",
     .row = "encrypt=pgp:--batch",
     .error = "pgp:KEY"},
    {.label = "a control character",
     .row = "encrypt=pgp:a\033b",
     .error = "encrypt=pgp:a\\033b: encrypt is"},
    {.label = "the key ring", .row = "decrypt=pgp", .want = "decrypt=pgp"},
    {.label = "a key to decrypt", .row = "decrypt=pgp:a", .error = "pgp, or"},
    {.label = "percent", .row = "gain=99%", .want = "gain=99"},
    {.label = "too many percent", .row = "gain=100", .error = "0 to 99"},
    {.label = "a number of another kind", .row = "gain=1e1", .error = "0 to"},
    {.label = "no choice", .row = "clear=maybe", .error = "clear is no or yes"},
    {.label = "no field",
     .row = "sise=10M",
     .error = "\"sise\" is no field; there are: size, compress, join, encrypt, "
              "decrypt, clear, archive, order, gain, nothing"},
    {.label = "no value",
     .row = "size",
     .error = "\"size\" is not NAME=VALUE, with a NAME of: size, "},
    {.label = "space around the =", .row = "size = 10M", .error = "\"size\""},
    {.label = "nothing but =", .row = "=", .error = "\"\" is no field"},
    {.label = "a field twice",
     .row = "size=10M gain=1 SIZE=11M",
     .error = "size stands there twice"},
    {.label = "what may be published",
     .row = "size=10M compress=zip join=files archive=one order=split gain=7",
     .want = "size=10M compress=zip join=files archive=one order=split gain=7",
     .published = true},
    {.label = "published: a key of ours",
     .row = "size=10M encrypt=smime:/etc/shadow",
     .error = "\"encrypt\" cannot be set here; these can: size, compress, "
              "join, archive, order, gain",
     .published = true},
    {.label = "published: not to be encrypted",
     .row = "ENCRYPT=none",
     .error = "cannot be set here",
     .published = true},
    {.label = "published: a key to decrypt",
     .row = "decrypt=pgp",
     .error = "cannot be set here",
     .published = true},
    {.label = "published: in clear",
     .row = "clear=yes",
     .error = "cannot be set here",
     .published = true},
    {.label = "published: as it is",
     .row = "nothing=send",
     .error = "cannot be set here",
     .published = true},
    {.label = "published: what could be set is said",
     .row = "x=y",
     .error = "there are: size, compress, join, archive, order, gain",
     .published = true},
};

static void check_format(const char *label, const struct environment *e,
                         const char *want)
{
    struct text out = {0};

    environment_format(e, &out);
    unit_str(label, "row", out.s, want);
    text_free(&out);
}

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct environment e = ENVIRONMENT_NONE;
        char error[300] = "";
        int rc = environment_parse(
            &e, rows[i].row, rows[i].published ? TRUST_PUBLISHED : TRUST_OURS,
            error, sizeof error);

        unit_int(rows[i].label, "result", rc, rows[i].want != NULL ? 0 : -1);
        unit_has(rows[i].label, "error", error,
                 rows[i].error != NULL ? rows[i].error : "");
        check_format(rows[i].label, &e,
                     rows[i].want != NULL ? rows[i].want : "");
        environment_free(&e);
    }
}

/* ---- values ---- */

static void parse(struct environment *e, const char *row)
{
    char error[300] = "";

    unit_int(row, "result",
             environment_parse(e, row, TRUST_OURS, error, sizeof error), 0);
    unit_str(row, "error", error, "");
}

static void check_values(void)
{
    struct environment e = ENVIRONMENT_NONE;

    unit_true("by default", e.said == 0 && e.size == ENVIRONMENT_NO_LIMIT &&
                                e.gain == 10 && e.encrypt == CIPHER_NONE &&
                                !e.clear && !e.one && !e.split_first &&
                                !e.send_anyhow && e.packing_count == 0);
    parse(&e, "size=2G compress=7z,zip join=files encrypt=smime:/c clear=yes "
              "decrypt=pgp archive=one order=split gain=25 nothing=send");
    unit_true("size", e.size == (int64_t)2 << 30);
    unit_true("compress", e.packing_count == 2 && e.packings[0] == PACKING_7Z &&
                              e.packings[1] == PACKING_ZIP);
    unit_true("opens", environment_opens(&e, PACKING_ZIP) &&
                           environment_opens(&e, PACKING_7Z) &&
                           !environment_opens(&e, PACKING_TAR));
    unit_true("joins", environment_joins(&e, JOINING_FILES) &&
                           !environment_joins(&e, JOINING_PARTIAL));
    unit_int("limit", "bytes", environment_limit(&e, 1024),
             ((int64_t)2 << 30) - 1024);
    unit_int("a margin of all of it", "bytes",
             environment_limit(&e, (int64_t)2 << 30), 1);
    unit_int("a margin of more", "bytes",
             environment_limit(&e, (int64_t)3 << 30), 1);
    unit_int("no limit", "bytes", environment_limit(&ENVIRONMENT_NONE, 1024),
             ENVIRONMENT_NO_LIMIT);
    unit_true("encrypt", e.encrypt == CIPHER_SMIME);
    unit_str("encrypt", "file", e.encrypt_key, "/c");
    unit_true("decrypt", e.decrypt == CIPHER_PGP && e.decrypt_key == NULL);
    unit_true("choices", e.clear && e.one && e.split_first && e.send_anyhow);
    unit_int("gain", "percent", e.gain, 25);
    unit_int("said", "fields", (long)e.said, SAID_ALL);
    environment_free(&e);
    unit_true("freed", e.said == 0 && e.gain == 10 && e.encrypt_key == NULL);
}

/* ---- rows on top of each other ---- */

static const struct {
    const char *label, *more, *less, *filled, *added;
} pairs[] = {
    {"nothing of nothing", "", "", "", ""},
    {"all of it", "", "size=1M compress=zip encrypt=pgp:k",
     "size=1M compress=zip encrypt=pgp:k",
     "size=1M compress=zip encrypt=pgp:k"},
    {"nothing is missing", "size=1M", "size=2M", "size=1M", "size=2M"},
    {"a field each", "size=1M", "join=files", "size=1M join=files",
     "size=1M join=files"},
    {"a list is one thing", "compress=zip", "compress=7z,gzip", "compress=zip",
     "compress=7z,gzip"},
    {"none is said too", "size=none compress=none encrypt=none",
     "size=1M compress=zip encrypt=smime:/c",
     "size=none compress=none encrypt=none",
     "size=1M compress=zip encrypt=smime:/c"},
    {"a default that is said", "gain=10", "gain=50", "gain=10", "gain=50"},
    {"another key", "encrypt=smime:/a decrypt=smime:/b",
     "encrypt=pgp:k decrypt=pgp", "encrypt=smime:/a decrypt=smime:/b",
     "encrypt=pgp:k decrypt=pgp"},
};

static void check_pairs(void)
{
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        struct environment more = ENVIRONMENT_NONE, less = ENVIRONMENT_NONE;

        parse(&more, pairs[i].more);
        parse(&less, pairs[i].less);
        environment_fill(&more, &less);
        check_format(pairs[i].label, &more, pairs[i].filled);
        check_format(pairs[i].label, &less, pairs[i].less);
        environment_free(&more);
        environment_free(&less);
        parse(&more, pairs[i].more);
        parse(&more, pairs[i].less);
        check_format(pairs[i].label, &more, pairs[i].added);
        environment_free(&more);
    }
}

static void check_failure(void)
{
    struct environment e = ENVIRONMENT_NONE;
    char error[300] = "";

    parse(&e, "size=1M encrypt=smime:/a");
    unit_int("a bad row", "result",
             environment_parse(&e, "size=2M encrypt=pgp:k gain=x", TRUST_OURS,
                               error, sizeof error),
             -1);
    check_format("as it was", &e, "size=1M encrypt=smime:/a");
    environment_free(&e);
}

static void check_drop(void)
{
    struct environment e = ENVIRONMENT_NONE;

    parse(&e, "size=1M encrypt=smime:/a gain=50 clear=yes");
    environment_drop(&e, SAID_PUBLISHED);
    check_format("what is ours stays", &e, "encrypt=smime:/a clear=yes");
    unit_true("and the rest is at its default", e.size == 0 && e.gain == 10);
    environment_drop(&e, SAID_ENCRYPT);
    unit_true("a key", e.encrypt_key == NULL && e.encrypt == CIPHER_NONE);
    environment_drop(&e, SAID_ALL);
    check_format("all", &e, "");
    unit_true("choices", !e.clear);
    environment_free(&e);
}

/* ---- sizes ---- */

static const struct {
    const char *word;
    long long bytes; /* -1: none */
    const char *printed;
} sizes[] = {
    {"0", 0, "none"},
    {"1", 1, "1"},
    {"1k", 1024, "1K"},
    {"1024", 1024, "1K"},
    {"64000", 64000, "64000"},
    {"1536K", 1572864, "1536K"},
    {"2048M", 2147483648, "2G"},
    {"2048G", 2199023255552, "2048G"},
    {"010", 10, "10"},
    {"", -1, ""},
    {"K", -1, ""},
    {"1 K", -1, ""},
    {"1KK", -1, ""},
    {"0x10", -1, ""},
    {"99999999999999999999", -1, ""},
};

static void check_sizes(void)
{
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct text out = {0};
        int64_t bytes = -1;

        unit_int(sizes[i].word, "result",
                 environment_size_parse(sizes[i].word, &bytes),
                 sizes[i].bytes != -1);
        unit_true(sizes[i].word, bytes == sizes[i].bytes);
        if (bytes != -1)
            environment_size_print(bytes, &out);
        unit_str(sizes[i].word, "printed", text_str(&out), sizes[i].printed);
        text_free(&out);
    }
}

static void check_names(void)
{
    unsigned said = 0, field;
    const char *legal;
    int n = 0;

    while (environment_field_name(n, &field, &legal) != NULL) {
        unit_true("each bit once", (said & field) == 0 && *legal != '\0');
        said |= field;
        n++;
    }
    unit_int("names", "bits", (long)said, SAID_ALL);
    unit_true("before the first",
              environment_field_name(-1, &field, &legal) == NULL);
    unit_str("a packing", "name", packing_name(PACKING_TAR_BZ2), "tar.bz2");
}

/* ---- the mail form ---- */

static const struct {
    const char *label, *text;
    enum form_kind kind;
    const char *want; /* the row, or the wrong line */
    const char *error;
} forms[] = {
    {"nothing", "", FORM_EMPTY, "", NULL},
    {"empty lines", "\n \n\r\n", FORM_EMPTY, "", NULL},
    {"lines", "size = 10M\ncompress: zip\n", FORM_SET, "size=10M compress=zip",
     NULL},
    {"after empty lines", "\n\n  size=10M", FORM_SET, "size=10M", NULL},
    {"a whole row", "size=10M compress=zip,gzip join=files\r\n", FORM_SET,
     "size=10M compress=zip,gzip join=files", NULL},
    {"a row with space", "size = 10M compress = zip , gzip  gain: 5%", FORM_SET,
     "size=10M compress=zip,gzip gain=5", NULL},
    {"any case", "Size: 10m\nCOMPRESS: Zip", FORM_SET, "size=10M compress=zip",
     NULL},
    {"no-break spaces",
     "\xef\xbb\xbfsize\xc2\xa0=\xc2\xa0"
     "10M\xc2\xa0",
     FORM_SET, "size=10M", NULL},
    {"empty lines between", "size=1M\n\ngain=3\n\n\njoin: none\n", FORM_SET,
     "size=1M join=none gain=3", NULL},
    {"other text after an empty line", "size=1M\n\nThanks\ngain=3\n", FORM_SET,
     "size=1M", NULL},
    {"a signature", "size=1M\n-- \nsize=2M\n", FORM_SET, "size=1M", NULL},
    {"quoted text", "> size=2M\nsize=1M\n>gain=x\n", FORM_SET, "size=1M", NULL},
    {"the HTML copy", "size=1M\n<html>gain=2</html>", FORM_SET, "size=1M",
     NULL},
    {"nothing but HTML", "<html>size=1M</html>", FORM_EMPTY, "", NULL},
    {"nothing but quoted text", "> size=1M\n", FORM_EMPTY, "", NULL},
    {"remove", "\nRemove\nsize=1M", FORM_REMOVE, "", NULL},
    {"show", "show \n", FORM_SHOW, "", NULL},
    {"not a word of ours", "help\n", FORM_WRONG, "help", "is not NAME=VALUE"},
    {"a greeting", "Hello,\n\nsize=1M\n", FORM_WRONG, "Hello,", "NAME=VALUE"},
    {"a word after fields", "size=1M\nremove\n", FORM_WRONG, "remove",
     "is not NAME=VALUE"},
    {"a wrong value", "gain=1\nsize = 10Q\n", FORM_WRONG, "size = 10Q",
     "size=10Q: size is bytes such as 10M, 64K or more, or none"},
    {"what is ours", "encrypt = smime:/etc/shadow", FORM_WRONG,
     "encrypt = smime:/etc/shadow", "\"encrypt\" cannot be set here"},
    {"a field twice", "size=1M\nsize=1M", FORM_WRONG, "size=1M",
     "what it says has been said before"},
    {"a field twice, later", "size=1M\n\nSIZE: 2M", FORM_WRONG, "SIZE: 2M",
     "has been said before"},
    {"a control character", "si\033ze=1M", FORM_WRONG, "si\\033ze=1M",
     "is no field"},
};

static void check_forms(void)
{
    for (size_t i = 0; i < LENGTH(forms); i++) {
        struct environment_form f;
        struct text row = {0};

        environment_form_read(forms[i].text, &f);
        environment_format(&f.environment, &row);
        unit_int(forms[i].label, "kind", (long)f.kind, (long)forms[i].kind);
        unit_str(forms[i].label, "row or line",
                 f.kind == FORM_WRONG ? f.line : row.s, forms[i].want);
        unit_has(forms[i].label, "error", f.error,
                 forms[i].error != NULL ? forms[i].error : "");
        text_free(&row);
        environment_form_free(&f);
    }
}

static void check_long_line(void)
{
    struct environment_form f;
    char line[2001];

    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    environment_form_read(line, &f);
    unit_true("a long line is cut", f.kind == FORM_WRONG &&
                                        strlen(f.line) == 203 &&
                                        strlen(f.error) < 300);
    environment_form_free(&f);
}

/* ---- DNS ---- */

static const struct {
    const char *row, *want; /* "": nothing to publish */
} zones[] = {
    {"size=10M compress=zip join=files",
     "_outrider.x.example. 3600 IN TXT \"size=10M compress=zip join=files\"\n"},
    {"nothing=send gain=3 order=split archive=one clear=yes encrypt=pgp:k",
     "_outrider.x.example. 3600 IN TXT \"archive=one order=split gain=3\"\n"},
    {"encrypt=smime:/etc/a.pem clear=yes", ""},
    {"", ""},
};

static void check_zones(void)
{
    for (size_t i = 0; i < LENGTH(zones); i++) {
        struct environment e = ENVIRONMENT_NONE;
        struct text out = {0};

        parse(&e, zones[i].row);
        unit_int(zones[i].row, "result",
                 environment_zone("x.example", &e, &out),
                 *zones[i].want != '\0' ? 0 : -1);
        unit_str(zones[i].row, "record", text_str(&out), zones[i].want);
        text_free(&out);
        environment_free(&e);
    }
}

static void check_strings(void)
{
    struct text in = {0}, out = {0};

    environment_zone_strings("", &out);
    unit_str("nothing", "strings", out.s, "\"\"");
    text_cut(&out, 0);
    environment_zone_strings("a\"b\\\t\xc3", &out);
    unit_str("what is special", "strings", out.s, "\"a\\\"b\\\\\\009\\195\"");
    text_cut(&out, 0);
    for (int i = 0; i < 255; i++)
        text_add(&in, "x");
    environment_zone_strings(in.s, &out);
    unit_int("255 bytes", "length", (long)out.len, 257);
    text_cut(&out, 0);
    text_add(&in, "yz");
    environment_zone_strings(in.s, &out);
    unit_int("257 bytes", "length", (long)out.len, 262);
    unit_str("257 bytes", "their end", out.s + 253, "xxx\" \"yz\"");
    text_free(&in);
    text_free(&out);
}

int main(void)
{
    check_forms();
    check_long_line();
    check_zones();
    check_strings();
    check_rows();
    check_values();
    check_pairs();
    check_failure();
    check_drop();
    check_sizes();
    check_names();
    return unit_end();
}
