/* test_hint - what a line of text says about a message
 * (core/environment/hint.h)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hint.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *label, *type;
    enum hint_secrecy secrecy;
} types[] = {
    {"text", "text/plain", HINT_CLEAR},
    {"mixed", "multipart/mixed; boundary=x", HINT_CLEAR},
    {"PGP/MIME",
     "multipart/encrypted; boundary=\"=_;\\\"\";\n\tprotocol=\"application/"
     "pgp-encrypted\"",
     HINT_ENCRYPTED},
    {"another protocol", "multipart/encrypted; protocol=\"a\"", HINT_PERHAPS},
    {"upper case", "MULTIPART/ENCRYPTED; PROTOCOL=Application/PGP-Encrypted",
     HINT_ENCRYPTED},
    {"no protocol", "multipart/encrypted", HINT_PERHAPS},
    {"a longer type", "multipart/encrypted-not; protocol=x", HINT_CLEAR},
    {"signed", "multipart/signed", HINT_CLEAR},
    {"S/MIME", "application/pkcs7-mime; name=smime.p7m", HINT_PERHAPS},
    {"S/MIME, old", "application/x-pkcs7-mime", HINT_PERHAPS},
    {"a gateway's", "application/octet-stream; name=\"smime.P7M\"",
     HINT_PERHAPS},
    {"no name", "application/octet-stream", HINT_CLEAR},
    {"enveloped", "application/pkcs7-mime; smime-type=enveloped-data",
     HINT_ENCRYPTED},
    {"enveloped, quoted",
     "Application/X-Pkcs7-Mime ;name=x; SMIME-Type=\"authEnveloped-data\" ; a",
     HINT_ENCRYPTED},
    {"in another parameter",
     "application/pkcs7-mime; name=\"x; smime-type=enveloped-data\"",
     HINT_PERHAPS},
    {"in the end of another",
     "application/pkcs7-mime; x-smime-type=enveloped-data", HINT_PERHAPS},
    {"opaque signed", "application/pkcs7-mime; smime-type=signed-data",
     HINT_CLEAR},
    {"opaque signed, named",
     "application/pkcs7-mime; smime-type=signed-data; name=enveloped-data",
     HINT_CLEAR},
    {"certificates", "application/pkcs7-mime; smime-type=certs-only",
     HINT_CLEAR},
    {"compressed", "application/pkcs7-mime; smime-type=Compressed-Data",
     HINT_CLEAR},
    {"signature", "application/pkcs7-signature", HINT_CLEAR},
    {"cut off", "application/pkcs7-mime; smime-type=\"enveloped-data",
     HINT_ENCRYPTED},
    {"semicolons", "application/pkcs7-mime;;; ;smime-type=", HINT_CLEAR},
    {"nothing", "", HINT_CLEAR},
};

static void check_types(void)
{
    for (size_t i = 0; i < LENGTH(types); i++)
        unit_int(types[i].label, "secrecy", hint_secrecy(types[i].type),
                 types[i].secrecy);
}

static const struct {
    const char *label, *subject;
    int found, number, total;
} subjects[] = {
    {"ours", "Holiday (2/5)", 1, 2, 5},
    {"brackets", "Holiday [2/5]", 1, 2, 5},
    {"in words", "Holiday (2 of 5)", 1, 2, 5},
    {"the last one counts", "(1/2) Holiday (2/5)", 1, 2, 5},
    {"a year", "Accounts (2026)", 0, 0, 0},
    {"no end", "Holiday (2/5", 0, 0, 0},
    {"more behind it", "Holiday (2/5 pages)", 0, 0, 0},
    {"nought", "Holiday (0/5)", 0, 0, 0},
    {"beyond the total", "Holiday (6/5)", 0, 0, 0},
    {"negative", "Holiday (-1/5)", 0, 0, 0},
    {"nothing", "", 0, 0, 0},
};

static void check_subjects(void)
{
    for (size_t i = 0; i < LENGTH(subjects); i++) {
        int number = 0, total = 0;
        unit_int(subjects[i].label, "found",
                 hint_numbered(subjects[i].subject, &number, &total),
                 subjects[i].found);
        unit_int(subjects[i].label, "number", number, subjects[i].number);
        unit_int(subjects[i].label, "total", total, subjects[i].total);
    }
}

#define MB (1024 * 1024)

static const struct {
    const char *label, *words;
    long refused, limit;
} replies[] = {
    {"bytes", "552 5.3.4 Message size exceeds fixed limit 10485760", 30 * MB,
     10 * MB},
    {"Exchange", "552 5.3.4 Message size exceeds fixed maximum message size",
     30 * MB, 0},
    {"megabytes", "552 message larger than 10 MB", 30 * MB, 10 * MB},
    {"no space", "552 max. 20M", 30 * MB, 20 * MB},
    {"gigabytes", "552 limit 1GB", 30 * MB, 0},
    {"both sizes", "552 size 26214400 exceeds limit 10485760", 30 * MB,
     10 * MB},
    {"the smaller", "552 20 MB exceeds limit 10 MB", 30 * MB, 10 * MB},
    {"above what was refused", "552 limit 41943040", 30 * MB, 0},
    {"too small to be one", "552 limit 1000", 30 * MB, 0},
    {"a number of something else", "552 too large, id=12345678", 30 * MB, 0},
    {"codes", "552 5.3.4 too large", 30 * MB, 0},
    {"beyond all bounds", "552 limit 99999999999999999999999 GB", 30 * MB, 0},
    {"overflow", "552 limit 1099511627775 GB", 30 * MB, 0},
    {"nothing", "", 30 * MB, 0},
};

static void check_replies(void)
{
    for (size_t i = 0; i < LENGTH(replies); i++)
        unit_int(replies[i].label, "limit",
                 (long)hint_limit(replies[i].words, replies[i].refused),
                 replies[i].limit);
}

int main(void)
{
    check_types();
    check_subjects();
    check_replies();
    return unit_end();
}
