/* test_adapt_cipher: MIME entities encrypted and decrypted, byte for byte what
 * they were, and what other programs make of ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cipher.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "entity.h"
#include "scratch.h"
#include "unit.h"

#define GPG "gpg --homedir $PWD/hub --batch --yes -q "
#define OPENSSL_DECRYPT                                                        \
    "openssl cms -decrypt -binary -in wrapped -inkey a.key -recip a.crt "

static char error[400];
static pid_t parent;

/* The command, in the scratch directory; its words are in `log`. */
static bool shell(const char *command)
{
    char *line =
        text_format("cd %s && { %s; } >>log 2>&1 </dev/null", scratch, command);
    int rc = system(line);
    free(line);
    return rc == 0;
}

static void shell_must(const char *command)
{
    if (!shell(command)) {
        char *path = scratch_path("log"), *log = file_get(path);
        printf("%s\n%s", command, log);
        free(log);
        free(path);
        exit(2);
    }
}

static void agent_end(void)
{
    if (getpid() == parent)
        shell("gpgconf --homedir $PWD/hub --kill all");
}

static void keys_make(void)
{
    shell_must("mkdir -m 700 hub empty");
    shell_must(GPG "--pinentry-mode loopback --passphrase= --quick-gen-key "
                   "'Alice <alice@example.org>' future-default default 0");
    shell_must("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=alice "
               "-keyout a.key -out a.crt && cat a.crt a.key >a.pem");
    shell_must("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=bob "
               "-keyout b.key -out b.crt && cat b.crt b.key >b.pem");
}

/* A part of a file that has more before and after it, as callers have it. */
static struct extent entity_put(const void *data, size_t len)
{
    static const char around[] = "Subject: around\n\n--x\n";
    struct text t = {0};
    char *path = scratch_path("entity");
    text_add(&t, around);
    text_addn(&t, data, len);
    text_add(&t, around);
    file_put(path, t.s, t.len);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    text_free(&t);
    return (struct extent){fd, sizeof around - 1, (int64_t)len};
}

static void extent_get(const struct extent *e, struct text *out)
{
    char buffer[4096];
    int64_t at = 0, n;
    text_cut(out, 0);
    text_add(out, "");
    for (; (n = extent_read(e, at, buffer, sizeof buffer)) > 0; at += n)
        text_addn(out, buffer, (size_t)n);
}

static int wrap(enum cipher how, const struct extent *in, struct extent *out)
{
    char *crt = scratch_path("a.crt"), *home = scratch_path("hub");
    error[0] = 0;
    int rc = cipher_wrap(how, how == CIPHER_PGP ? "alice@example.org" : crt,
                         home, in, out, error, sizeof error);
    free(crt);
    free(home);
    return rc;
}

/* With the key file and the key ring of these names. */
static int unwrap(enum cipher how, const char *pem, const char *ring,
                  const struct extent *in, struct extent *out)
{
    char *key = scratch_path(pem), *home = scratch_path(ring);
    error[0] = 0;
    int rc = cipher_unwrap(how, how == CIPHER_SMIME ? key : NULL, home, in, out,
                           error, sizeof error);
    free(key);
    free(home);
    return rc;
}

#define ROW(label, text)                                                       \
    {                                                                          \
        label, text, sizeof(text) - 1                                          \
    }
static const struct {
    const char *label, *text;
    size_t len;
} entities[] = {
    ROW("text", "Content-Type: text/plain\n\nOne line.\n"),
    ROW("no blank line", "Content-Type: text/plain\n"),
    ROW("no line end at all", "Content-Type: text/plain"),
    ROW("no header", "\nBody.\n"),
    ROW("no body", "Content-Type: text/plain\n\n"),
    ROW("a body without a last line end", "Content-Type: text/x\n\nab\n\ncd"),
    ROW("8 bit", "Content-Type: text/plain; charset=utf-8\n"
                 "Content-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9f"
                 "e\n\xff\xfe\n"),
    ROW("binary", "Content-Type: application/octet-stream\n"
                  "Content-Transfer-Encoding: binary\n\n\0\1\r\n\r\r\n\n\r\0"
                  "\x80\r"),
    ROW("dots and From", "Content-Type: text/plain\n\n.\n..\nFrom x\n--\n"),
    ROW("a multipart", "Content-Type: multipart/mixed; boundary=b\n\npre\n"
                       "--b\nContent-Type: text/plain\n\none\n--b\n\ntwo\n"
                       "--b--\nafter\n"),
    ROW("signed",
        "Content-Type: multipart/signed; boundary=b; "
        "protocol=\"application/pgp-signature\"\n\n--b\n\none  \n--b\n"
        "Content-Type: application/pgp-signature\n\nx\n--b--\n"),
};

/* What every mail program can take: lines that are short, and ASCII. */
static void check_form(const char *label, enum cipher how, const struct text *t)
{
    size_t longest = 0, at = 0;
    for (const char *end; (end = memchr(t->s + at, '\n', t->len - at));) {
        size_t n = (size_t)(end - t->s) - at;
        longest = n > longest ? n : longest;
        at += n + 1;
    }
    unit_true(label, longest <= 98 && at == t->len);
    unit_true(label, strlen(t->s) == t->len && !strpbrk(t->s, "\r"));
    unit_has(label, "header", t->s,
             how == CIPHER_SMIME
                 ? "Content-Type: application/pkcs7-mime; "
                   "smime-type=enveloped-data;\n\tname=\"smime.p7m\"\n"
                 : "Content-Type: multipart/encrypted; "
                   "protocol=\"application/pgp-encrypted\";\n\tboundary=");
}

static void check_trip(const char *label, enum cipher how, const char *text,
                       size_t len)
{
    struct extent in = entity_put(text, len), sealed, out;
    struct text t = {0};
    if (unit_int(label, "wrapped", wrap(how, &in, &sealed), 0)) {
        extent_get(&sealed, &t);
        check_form(label, how, &t);
        unit_int(label, "for another key",
                 unwrap(how, "b.pem", "empty", &sealed, &out), 0);
        unit_int(label, "in the other way",
                 unwrap(how == CIPHER_PGP ? CIPHER_SMIME : CIPHER_PGP, "a.pem",
                        "hub", &sealed, &out),
                 0);
        if (unit_int(label, "unwrapped",
                     unwrap(how, "a.pem", "hub", &sealed, &out), 1)) {
            extent_get(&out, &t);
            unit_true(label, t.len == len && memcmp(t.s, text, len) == 0);
            close(out.fd);
        }
        close(sealed.fd);
    }
    unit_str(label, "error", error, "");
    close(in.fd);
    text_free(&t);
}

/* Blocks end everywhere, also between a CR and its LF. */
static void check_large(void)
{
    static const char pieces[] = "\r\n\n\rab\r\r\n";
    struct text t = {0};
    text_add(&t, "Content-Type: application/octet-stream\n\n");
    while (t.len <= 1 << 20)
        text_addn(&t, pieces, 1 + t.len % (sizeof pieces - 1));
    for (int more = 0; more < 3; more++) {
        check_trip("large, S/MIME", CIPHER_SMIME, t.s, t.len);
        check_trip("large, OpenPGP", CIPHER_PGP, t.s, t.len);
        text_add(&t, "\r");
    }
    text_free(&t);
}

static void extent_save(const struct extent *e, const char *name)
{
    struct text t = {0};
    char *path = scratch_path(name);
    extent_get(e, &t);
    file_put(path, t.s, t.len);
    free(path);
    text_free(&t);
}

/* What is before and behind the extent is not read. */
static void check_bounds(enum cipher how)
{
    static const char text[] = "Content-Type: text/plain\n\nOne\nTwo\n";
    struct extent in = entity_put(text, sizeof text - 1), sealed, out;
    struct text t = {0};
    unit_int("bounds", "wrapped", wrap(how, &in, &sealed), 0);
    close(in.fd);
    extent_get(&sealed, &t);
    close(sealed.fd);
    in = entity_put(t.s, t.len);
    unit_int("bounds", "unwrapped", unwrap(how, "a.pem", "hub", &in, &out), 1);
    extent_get(&out, &t);
    unit_str("bounds", "entity", t.s, text);
    close(out.fd);
    in.len -= in.len / 4;
    unit_int("shorter", "unwrapped", unwrap(how, "a.pem", "hub", &in, &out), 0);
    close(in.fd);
    text_free(&t);
}

/* Others find CRLF line ends in it. */
static void check_others(void)
{
    static const char text[] = "Content-Type: text/plain\n\nOne\nTwo\n";
    struct extent in = entity_put(text, sizeof text - 1), out;
    char *path = scratch_path("wire");
    file_put_text(path, "Content-Type: text/plain\r\n\r\nOne\r\nTwo\r\n");
    unit_int("S/MIME", "wrapped", wrap(CIPHER_SMIME, &in, &out), 0);
    extent_save(&out, "wrapped");
    close(out.fd);
    unit_true("openssl reads ours",
              shell(OPENSSL_DECRYPT "-out theirs && cmp wire theirs"));
    unit_int("OpenPGP", "wrapped", wrap(CIPHER_PGP, &in, &out), 0);
    extent_save(&out, "wrapped");
    close(out.fd);
    unit_true("gpg reads ours",
              shell(GPG "-o theirs -d wrapped && cmp wire theirs"));
    close(in.fd);
    free(path);
}

/* What stands there for what a shell command makes of the file `wire`. */
#define ARMOUR                                                                 \
    GPG "--trust-model always -a -r alice@example.org -o sealed -e wire; "
#define HEAD                                                                   \
    "Content-Type: multipart/encrypted; boundary=b;\\n protocol="              \
    "\"application/pgp-encrypted\"\\n\\n"
#define VERSION                                                                \
    "--b\\nContent-Type: application/pgp-encrypted\\n\\nVersion: 1\\n"
#define DATA "--b\\nContent-Type: application/octet-stream\\n\\n"
#define P7M                                                                    \
    "openssl cms -encrypt -binary -in wire -outform DER -out sealed a.crt; "
static const struct {
    const char *label, *command; /* makes the file `mail` */
    enum cipher how;
    int want;
    const char *error;
} theirs[] = {
    {"openssl", "openssl cms -encrypt -binary -in wire -out mail a.crt",
     CIPHER_SMIME, 1, ""},
    {"openssl, a stream",
     "openssl cms -encrypt -stream -binary -in wire -out mail a.crt",
     CIPHER_SMIME, 1, ""},
    {"openssl, AES-GCM",
     "openssl cms -encrypt -aes-256-gcm -binary -in wire -out mail a.crt",
     CIPHER_SMIME, 1, ""},
    {"smime-type in capitals",
     "openssl cms -encrypt -binary -in wire a.crt | "
     "sed s/enveloped-data/Enveloped-Data/ >mail",
     CIPHER_SMIME, 1, ""},
    {"no smime-type",
     "openssl cms -encrypt -binary -in wire a.crt | "
     "sed 's/smime-type=enveloped-data; //; s/x-pkcs7/pkcs7/' >mail",
     CIPHER_SMIME, 1, ""},
    {"signed-data, it says",
     "openssl cms -encrypt -binary -in wire a.crt | "
     "sed s/enveloped-data/signed-data/ >mail",
     CIPHER_SMIME, 0, ""},
    {"signed-data, it is",
     "openssl cms -sign -nodetach -binary -in wire -signer a.crt -inkey a.key "
     "| sed s/signed-data/enveloped-data/ >mail",
     CIPHER_SMIME, 0, ""},
    {"a general type and a name",
     P7M "{ printf 'Content-Type: application/octet-stream\\nContent-"
         "Disposition: attachment;\\n filename=smime.P7M\\nContent-Transfer-"
         "Encoding: base64\\n\\n'; base64 sealed; } >mail",
     CIPHER_SMIME, 1, ""},
    {"a general type and another name",
     P7M "{ printf 'Content-Type: application/octet-stream; name=p7m.doc\\n"
         "Content-Transfer-Encoding: base64\\n\\n'; base64 sealed; } >mail",
     CIPHER_SMIME, 0, ""},
    {"a binary encoding",
     P7M "{ printf 'Content-Type: application/pkcs7-mime\\nContent-Transfer-"
         "Encoding: binary\\n\\n'; cat sealed; } >mail",
     CIPHER_SMIME, 1, ""},
    {"quoted-printable",
     P7M "{ printf 'Content-Type: application/pkcs7-mime\\nContent-Transfer-"
         "Encoding: quoted-printable\\n\\n'; od -An -v -tx1 sealed | tr -d "
         "' \\n' | tr a-f A-F | sed 's/../=&/g; s/.\\{72\\}/&=\\n/g'; } >mail",
     CIPHER_SMIME, 1, ""},
    {"cut off", "openssl cms -encrypt -binary -in wire a.crt | head -12 >mail",
     CIPHER_SMIME, 0, "it is damaged"},
    {"in a multipart",
     "{ printf 'Content-Type: multipart/mixed; boundary=b\\n\\n--b\\n'; "
     "openssl "
     "cms -encrypt -binary -in wire a.crt; printf '\\n--b--\\n'; } >mail",
     CIPHER_SMIME, 0, ""},
    {"no MIME inside",
     "printf 'hello, you' >hello; "
     "openssl cms -encrypt -binary -in hello -out mail a.crt",
     CIPHER_SMIME, 0, "is no MIME entity"},
    {"nothing inside",
     "openssl cms -encrypt -binary -in /dev/null -out mail a.crt", CIPHER_SMIME,
     0, "is no MIME entity"},
    {"an empty body", "printf 'Content-Type: application/pkcs7-mime\\n' >mail",
     CIPHER_SMIME, 0, ""},
    {"nothing", ": >mail", CIPHER_SMIME, 0, ""},
    {"text", "cp wire mail", CIPHER_SMIME, 0, ""},
    {"text, OpenPGP", "cp wire mail", CIPHER_PGP, 0, ""},
    {"PGP/MIME",
     ARMOUR "{ printf '" HEAD VERSION DATA
            "'; cat sealed; printf '\\n--b--\\n'; } >mail",
     CIPHER_PGP, 1, ""},
    {"PGP/MIME in base64",
     ARMOUR "{ printf '" HEAD VERSION "--b\\nContent-Type: application/octet-"
            "stream\\nContent-Transfer-Encoding: base64\\n\\n'; base64 sealed; "
            "printf '\\n--b--\\n'; } >mail",
     CIPHER_PGP, 1, ""},
    {"PGP/MIME without its end",
     ARMOUR "{ printf '" HEAD VERSION DATA "'; cat sealed; } >mail", CIPHER_PGP,
     1, ""},
    {"PGP/MIME, cut off",
     ARMOUR "{ printf '" HEAD VERSION DATA
            "'; head -c 200 sealed; printf '\\n--b--\\n'; } >mail",
     CIPHER_PGP, 0, "it is damaged"},
    {"PGP/MIME and one more part",
     ARMOUR "{ printf '" HEAD VERSION DATA
            "'; cat sealed; printf '\\n--b\\n\\nx\\n--b--\\n'; } >mail",
     CIPHER_PGP, 0, ""},
    {"PGP/MIME without a version",
     ARMOUR "{ printf '" HEAD DATA DATA
            "'; cat sealed; printf '\\n--b--\\n'; } >mail",
     CIPHER_PGP, 0, ""},
    {"another protocol",
     ARMOUR "{ printf '" HEAD VERSION DATA
            "' | sed s,application/pgp,application/x,; cat sealed; } >mail",
     CIPHER_PGP, 0, ""},
    {"no encryption at all", "cp wire mail", CIPHER_NONE, 0, ""},
};

static void check_theirs(void)
{
    char *mail = scratch_path("mail");
    for (size_t i = 0; i < LENGTH(theirs); i++) {
        const char *label = theirs[i].label;
        struct text t = {0};
        struct extent out;
        unit_true(label, shell(theirs[i].command));
        struct extent in = {open(mail, O_RDONLY | O_CLOEXEC), 0, 0};
        in = temp_extent(in.fd);
        int rc = unwrap(theirs[i].how, "a.pem", "hub", &in, &out);
        unit_int(label, "result", rc, theirs[i].want);
        unit_has(label, "error", error, theirs[i].error);
        unit_true(label, (error[0] == 0) == (theirs[i].error[0] == 0));
        if (rc == 1) {
            extent_get(&out, &t);
            unit_str(label, "entity", t.s,
                     "Content-Type: text/plain\n\nOne\nTwo\n");
            close(out.fd);
        }
        close(in.fd);
        text_free(&t);
    }
    free(mail);
}

static void check_refused(void)
{
    struct extent in = entity_put("\n", 1), out;
    unit_int("no way", "wrapped", wrap(CIPHER_NONE, &in, &out), -1);
    unit_true("no way", error[0] != 0);
    unit_int("no certificate", "wrapped",
             cipher_wrap(CIPHER_SMIME, "/nowhere", NULL, &in, &out, error,
                         sizeof error),
             -1);
    unit_has("no certificate", "error", error, "/nowhere");
    temp_directory("/nowhere/at/all");
    unit_int("no directory", "wrapped", wrap(CIPHER_SMIME, &in, &out), -1);
    unit_has("no directory", "error", error, "no temporary file");
    temp_directory(scratch);
    close(in.fd);
}

/* ---- messages, and rows ---- */

#define PLAIN "openssl cms -encrypt -binary -in wire "
#define OPAQUE                                                                 \
    "openssl cms -sign -nodetach -binary -in wire -signer a.crt -inkey a.key "
static const struct {
    const char *label, *command; /* makes the file `mail` */
    const char *row;             /* %s is the scratch directory */
    bool wrap;
    int want;
    const char *report; /* or error, where want is -1 */
} rows[] = {
    {"text", "cp wire mail", "encrypt=smime:%s/a.crt", true, 1, "encrypted"},
    {"encrypted", PLAIN "-out mail a.crt", "encrypt=smime:%s/a.crt", true, 0,
     ""},
    {"encrypted, it may be", PLAIN "a.crt | sed 's/smime-type=[^;]*; //' >mail",
     "encrypt=smime:%s/a.crt", true, 0, ""},
    {"signed, with all in it", OPAQUE "-out mail", "encrypt=smime:%s/a.crt",
     true, 1, "encrypted"},
    {"signed, with all in it, and no smime-type",
     OPAQUE "| sed 's/smime-type=[^;]*; //' >mail", "encrypt=smime:%s/a.crt",
     true, 1, "encrypted"},
    {"a multipart/encrypted that is none",
     "{ printf 'Content-Type: multipart/encrypted; boundary=b\\n\\n--b\\n'; "
     "cat wire; } >mail",
     "encrypt=smime:%s/a.crt", true, 1, "encrypted"},
    {"no certificate", "cp wire mail", "encrypt=smime:%s/none", true, -1,
     "No such file"},
    {"no such key", "cp wire mail", "encrypt=pgp:nobody@example.org", true, 0,
     ""},
    {"no certificate, and no matter", "cp wire mail",
     "encrypt=smime:%s/none clear=yes", true, 0, "sent in clear: "},
    {"for us", PLAIN "-out mail a.crt", "decrypt=smime:%s/a.pem", false, 1,
     "decrypted"},
    {"for others", PLAIN "-out mail b.crt", "decrypt=smime:%s/a.pem", false, 0,
     "not decrypted: it is not for a key of ours"},
    {"cut off", PLAIN "a.crt | head -12 >mail", "decrypt=smime:%s/a.pem", false,
     0, "not decrypted: it is damaged"},
    {"no key", PLAIN "-out mail a.crt", "decrypt=smime:%s/none", false, -1,
     "No such file"},
    {"a key without its certificate", PLAIN "-out mail a.crt",
     "decrypt=smime:%s/a.key", false, -1, "has no certificate"},
    {"in clear", "cp wire mail", "decrypt=smime:%s/a.pem", false, 0, ""},
};

struct mail {
    struct message message;
    struct environment row;
    struct settings *settings;
    struct job job;
};

static void mail_make(struct mail *w, const char *row)
{
    struct text words = {0};
    char *path = scratch_path("mail");
    int in = open(path, O_RDONLY | O_CLOEXEC);
    *w = (struct mail){.row = ENVIRONMENT_NONE,
                       .settings = settings_new(scratch)};
    const char *rest = strchr(row, '%');
    text_addf(&words, "%.*s%s%s", (int)strcspn(row, "%"), row,
              rest ? scratch : "", rest ? rest + 2 : "");
    free(w->settings->pgp_home);
    w->settings->pgp_home = scratch_path("hub");
    if (message_read(&w->message, in, error, sizeof error) == -1 ||
        environment_parse(&w->row, words.s, TRUST_OURS, error, sizeof error) ==
            -1)
        unit_str(row, "made", error, "");
    w->job = (struct job){.settings = w->settings, .row = &w->row};
    text_free(&words);
    close(in);
    free(path);
}

static int mail_change(struct mail *w, bool wrap)
{
    struct message out = {0};
    error[0] = 0;
    int rc = (wrap ? entity_encrypt : entity_decrypt)(
        &w->job, &w->message, &out, error, sizeof error);
    message_free(&out);
    return rc;
}

static void mail_free(struct mail *w)
{
    message_free(&w->message);
    environment_free(&w->row);
    text_free(&w->job.report);
    text_free(&w->job.refusal);
    settings_free(&w->settings);
}

static void check_rows(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *label = rows[i].label;
        struct mail w;
        unit_true(label, shell(rows[i].command));
        mail_make(&w, rows[i].row);
        unit_int(label, "result", mail_change(&w, rows[i].wrap), rows[i].want);
        unit_has(label, "words",
                 rows[i].want == -1 ? error : text_str(&w.job.report),
                 rows[i].report);
        unit_int(label, "refused", w.job.refusal.len > 0,
                 strcmp(label, "no such key") == 0);
        mail_free(&w);
    }
}

/* What the machine cannot do now is no reason to send it in clear, or as nobody
 * can read it. */
static void check_faults(void)
{
    struct rlimit files, none;
    struct mail w;
    getrlimit(RLIMIT_NOFILE, &files);
    none = (struct rlimit){3, files.rlim_max};
    shell_must("cp wire mail");
    mail_make(&w, "encrypt=smime:%s/a.crt clear=yes");
    setrlimit(RLIMIT_NOFILE, &none);
    unit_int("no descriptors", "encrypted", mail_change(&w, true), -1);
    setrlimit(RLIMIT_NOFILE, &files);
    unit_has("no descriptors", "error", error, strerror(EMFILE));
    mail_free(&w);
    shell_must(PLAIN "-out mail a.crt");
    mail_make(&w, "decrypt=smime:%s/a.pem");
    temp_directory("/nowhere/at/all");
    unit_int("no directory", "decrypted", mail_change(&w, false), -1);
    temp_directory(scratch);
    mail_free(&w);
}

int main(void)
{
    scratch_begin();
    parent = getpid();
    atexit(agent_end);
    g_mime_init();
    temp_directory(scratch);
    keys_make();
    int before = descriptors_open();
    for (size_t i = 0; i < LENGTH(entities); i++) {
        check_trip(entities[i].label, CIPHER_SMIME, entities[i].text,
                   entities[i].len);
        check_trip(entities[i].label, CIPHER_PGP, entities[i].text,
                   entities[i].len);
    }
    check_large();
    check_bounds(CIPHER_SMIME);
    check_bounds(CIPHER_PGP);
    check_others();
    check_theirs();
    check_refused();
    check_rows();
    check_faults();
    unit_int("descriptors", "open", descriptors_open(), before);
    agent_end();
    parent = 0;
    scratch_end();
    g_mime_shutdown();
    return unit_end();
}
