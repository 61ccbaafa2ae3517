/* test_adapt_smime: CMS made and read, with the openssl command as the other
 * side. Keys and certificates are made here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* Both headers have a scratch_begin(). */
#define scratch_begin temp_scratch_begin
#define scratch_end temp_scratch_end
#include "ber.h"
#include "smime.h"
#undef scratch_begin
#undef scratch_end

#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

#define TEXT_LEN 3000 /* of the message that is cut and changed */

static char error[400];

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
    char *path = scratch_path("log"), *log;
    if (shell(command)) {
        free(path);
        return;
    }
    log = file_get(path);
    printf("%s\n%s", command, log);
    exit(2);
}

static void keys_make(void)
{
    static const char *const names[] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        char *line = text_format(
            "openssl req -x509 -newkey %s -nodes -days 30 -subj /CN=%s "
            "-keyout %s.key -out %s.crt && cat %s.crt %s.key >%s.pem",
            i == 2 ? "ec -pkeyopt ec_paramgen_curve:P-256" : "rsa:2048",
            names[i], names[i], names[i], names[i], names[i], names[i]);
        shell_must(line);
        free(line);
    }
    shell_must("cat alice.crt bob.crt carol.crt >all.crt");
    shell_must("cat bob.pem alice.pem >two.pem");
    shell_must("cat alice.crt bob.key >mixed.pem");
    shell_must("openssl rsa -in alice.key -aes128 -passout pass:x "
               "-out locked.key && cat alice.crt locked.key >locked.pem");
    /* Before OpenSSL 3.4 the one is the way, and since then the other. */
    shell_must("openssl req -new -key alice.key -subj '/CN=Old Alice/O=Past' "
               "-out old.csr && { openssl x509 -req -in old.csr -signkey "
               "alice.key -days -1 -out old.crt || openssl x509 -req -in "
               "old.csr -signkey alice.key -not_before 20200101000000Z "
               "-not_after 20200102000000Z -out old.crt; } && "
               "cat bob.crt old.crt >withold.crt");
    shell_must("openssl req -x509 -key alice.key -days 9 -subj /CN=signer "
               "-addext keyUsage=digitalSignature -out signer.crt");
}

/* Not the same byte twice in a row, and nothing that a block repeats. */
static void plain_make(struct text *t, size_t len)
{
    unsigned x = 1;
    text_cut(t, 0);
    text_add(t, "");
    for (size_t i = 0; i < len; i++) {
        char ch = (char)((x = x * 1103515245 + 12345) >> 16);
        text_addn(t, &ch, 1);
    }
}

static void plain_put(const char *name, size_t len)
{
    struct text t = {0};
    char *path = scratch_path(name);
    plain_make(&t, len);
    file_put(path, text_str(&t), t.len);
    free(path);
    text_free(&t);
}

static struct extent file_extent(const char *name)
{
    char *path = scratch_path(name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    return temp_extent(fd);
}

static int file_new(const char *name)
{
    char *path = scratch_path(name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    free(path);
    return fd;
}

static int encrypt(const char *from, const char *certificates, const char *to)
{
    struct extent in = file_extent(from);
    char *path = scratch_path(certificates);
    int out = file_new(to);
    error[0] = 0;
    int rc = smime_encrypt(&in, path, out, error, sizeof error);
    close(in.fd);
    close(out);
    free(path);
    return rc;
}

static int decrypt(const char *from, const char *key, const char *to)
{
    struct extent in = file_extent(from);
    char *path = scratch_path(key);
    int out = file_new(to);
    error[0] = 0;
    int rc = smime_decrypt(&in, path, out, error, sizeof error);
    close(in.fd);
    close(out);
    free(path);
    return rc;
}

static bool same(const char *a, const char *b)
{
    char *line = text_format("cmp %s %s", a, b);
    bool equal = shell(line);
    free(line);
    return equal;
}

static const size_t sizes[] = {0,     1,     15,    16,           17,
                               65535, 65536, 65537, (1 << 20) + 1};

static void check_sizes(void)
{
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        char *label = text_format("%zu bytes", sizes[i]);
        plain_put("plain", sizes[i]);
        unit_int(label, "encrypted", encrypt("plain", "all.crt", "p7m"), 0);
        static const char *const keys[] = {"alice", "bob", "carol"};
        for (size_t k = 0; k < LENGTH(keys); k++) {
            char *pem = text_format("%s.pem", keys[k]);
            char *line = text_format("openssl cms -decrypt -inform DER -in p7m "
                                     "-inkey %s.key -recip %s.crt -binary "
                                     "-out theirs",
                                     keys[k], keys[k]);
            unit_int(label, keys[k], decrypt("p7m", pem, "back"), 1);
            unit_true(label, same("plain", "back"));
            unit_true(label, shell(line) && same("plain", "theirs"));
            free(line);
            free(pem);
        }
        free(label);
    }
}

/* What the command makes, and we are to read. */
static const struct {
    const char *label, *options, *key;
    size_t from; /* OpenSSL 3.0 makes no message at all of a stream of nothing
                    with AES-GCM */
} theirs[] = {
    {"definite lengths", "-aes256 alice.crt", "alice.pem", 0},
    {"a stream", "-stream -aes256 alice.crt", "alice.pem", 0},
    {"3DES", "-stream -des3 alice.crt", "alice.pem", 0},
    {"AES-128", "-aes128 alice.crt", "alice.pem", 0},
    {"AES-GCM", "-aes-256-gcm alice.crt", "alice.pem", 0},
    {"AES-GCM, a stream", "-stream -aes-256-gcm alice.crt", "alice.pem", 1},
    {"AES-128-GCM, elliptic", "-stream -aes-128-gcm carol.crt", "carol.pem", 1},
    {"several recipients", "-aes256 carol.crt bob.crt alice.crt", "alice.pem",
     0},
    {"elliptic", "-aes256 alice.crt carol.crt", "carol.pem", 0},
    {"elliptic, a stream", "-stream -aes256 carol.crt", "carol.pem", 0},
    {"OAEP", "-stream -aes256 -recip alice.crt -keyopt rsa_padding_mode:oaep",
     "alice.pem", 0},
    {"key identifier", "-keyid -aes256 alice.crt", "alice.pem", 0},
    {"a file with two keys", "-aes256 alice.crt", "two.pem", 0},
    {"a file with two keys, the other", "-aes256 bob.crt", "two.pem", 0},
};

static bool theirs_make(const char *options)
{
    char *line = text_format("openssl cms -encrypt -binary -outform DER "
                             "-in plain -out p7m %s",
                             options);
    bool made = shell(line);
    free(line);
    return made;
}

static void check_theirs(void)
{
    for (size_t i = 0; i < LENGTH(theirs); i++)
        for (size_t k = theirs[i].from; k < LENGTH(sizes); k++) {
            char *label = text_format("%s, %zu", theirs[i].label, sizes[k]);
            plain_put("plain", sizes[k]);
            if (unit_true(label, theirs_make(theirs[i].options)))
                unit_int(label, "result", decrypt("p7m", theirs[i].key, "back"),
                         1);
            unit_str(label, "error", error, "");
            unit_true(label, same("plain", "back"));
            free(label);
        }
}

/* What is not for us, or is no such thing. */
static const struct {
    const char *label, *make, *key;
    int want;
    const char *error;
} refused[] = {
    {"another key", "cms -encrypt -outform DER -in plain -out p7m alice.crt",
     "bob.pem", 0, ""},
    {"another elliptic key",
     "cms -encrypt -outform DER -in plain -out p7m alice.crt", "carol.pem", 0,
     ""},
    {"another key, AES-GCM",
     "cms -encrypt -aes-256-gcm -outform DER -in plain -out p7m alice.crt",
     "bob.pem", 0, ""},
    {"a password",
     "cms -encrypt -outform DER -in plain -out p7m -pwri_password x",
     "alice.pem", 0, ""},
    {"signed",
     "cms -sign -nodetach -outform DER -in plain -out p7m -signer alice.crt "
     "-inkey alice.key",
     "alice.pem", 0, ""},
    {"text", "version -a -v -f -o -p >p7m", "alice.pem", 0, ""},
    {"nothing", "version >/dev/null; : >p7m", "alice.pem", 0, ""},
    {"a key and another's certificate",
     "cms -encrypt -outform DER -in plain -out p7m alice.crt", "mixed.pem", -1,
     "mixed.pem has no private key that belongs to its certificate"},
    {"a certificate alone",
     "cms -encrypt -outform DER -in plain -out p7m alice.crt", "alice.crt", -1,
     "alice.crt has no private key that belongs to its certificate"},
    {"a key alone", "cms -encrypt -outform DER -in plain -out p7m alice.crt",
     "alice.key", -1, "alice.key has no certificate"},
    {"a key with a passphrase",
     "cms -encrypt -outform DER -in plain -out p7m alice.crt", "locked.pem", -1,
     "locked.pem has no private key without a passphrase"},
    {"no file", "cms -encrypt -outform DER -in plain -out p7m alice.crt",
     "nobody.pem", -1, "nobody.pem: No such file"},
    {"a stream cipher",
     "cms -encrypt -aes-256-ofb -outform DER -in plain -out p7m alice.crt",
     "alice.pem", 0, "its cipher is not fit for mail"},
};

static void check_refused(void)
{
    plain_put("plain", TEXT_LEN);
    for (size_t i = 0; i < LENGTH(refused); i++) {
        char *line = text_format("openssl %s", refused[i].make);
        const char *label = refused[i].label;
        if (unit_true(label, shell(line)))
            unit_int(label, "result", decrypt("p7m", refused[i].key, "back"),
                     refused[i].want);
        unit_has(label, "error", error, refused[i].error);
        unit_true(label, (error[0] == 0) == (refused[i].error[0] == 0));
        free(line);
    }
}

static const struct {
    const char *label, *file, *error;
} certificates[] = {
    {"an expired certificate", "old.crt",
     "the certificate of O=Past,CN=Old Alice has expired"},
    {"one of them has expired", "withold.crt", "CN=Old Alice has expired"},
    {"for signatures alone", "signer.crt",
     "CN=signer is not made for encryption"},
    {"no certificate", "alice.key", "alice.key has no certificate"},
    {"no certificate file", "nobody.crt", "nobody.crt: No such file"},
};

static void check_certificates(void)
{
    for (size_t i = 0; i < LENGTH(certificates); i++) {
        const char *label = certificates[i].label;
        unit_int(label, "result", encrypt("plain", certificates[i].file, "p7m"),
                 -1);
        unit_has(label, "error", error, certificates[i].error);
        struct extent out = file_extent("p7m");
        unit_int(label, "written", (long)out.len, 0);
        close(out.fd);
    }
}

/* A message is read up to `len`, with one bit of the byte at `flip` changed. */
static int decrypt_altered(const struct text *t, size_t len, size_t flip)
{
    struct text copy = {0};
    char *path = scratch_path("altered");
    text_addn(&copy, t->s, len);
    if (flip < len)
        copy.s[flip] ^= 1;
    file_put(path, text_str(&copy), len);
    free(path);
    text_free(&copy);
    return decrypt("altered", "alice.pem", "back");
}

static const struct {
    const char *label, *options;
    bool authenticated;
} whole[] = {
    {"definite", "-aes256 alice.crt", false},
    {"a stream", "-stream -aes256 alice.crt", false},
    {"AES-GCM", "-aes-256-gcm alice.crt", true},
    {"AES-GCM, a stream", "-stream -aes-256-gcm alice.crt carol.crt", true},
};

/* Neither a part of a message nor, where there is a MAC, one that was changed
 * is ever taken for a message. */
static void check_altered(void)
{
    char *path = scratch_path("p7m");
    plain_put("plain", TEXT_LEN);
    for (size_t i = 0; i < LENGTH(whole); i++) {
        struct text t = {0};
        int cut = 0, changed = 0;
        unit_true(whole[i].label, theirs_make(whole[i].options));
        file_get_bytes(path, &t);
        for (size_t len = 1; len < t.len; len += 100)
            cut += decrypt_altered(&t, len, len) == 1;
        for (size_t len = t.len - 20; len < t.len; len++)
            cut += decrypt_altered(&t, len, len) == 1;
        unit_int(whole[i].label, "taken though cut", cut, 0);
        /* The last TEXT_LEN + 16 bytes are the content and the MAC. */
        for (size_t at = t.len - 16; whole[i].authenticated && at < t.len; at++)
            changed += decrypt_altered(&t, t.len, at) == 1;
        for (size_t at = t.len - TEXT_LEN;
             whole[i].authenticated && at < t.len - 100; at += 97)
            changed += decrypt_altered(&t, t.len, at) == 1;
        unit_int(whole[i].label, "taken though changed", changed, 0);
        unit_int(whole[i].label, "whole", decrypt_altered(&t, t.len, t.len), 1);
        text_free(&t);
    }
    free(path);
}

/* A piece that is none ends the content early. Where the padding is right all
 * the same, because the plain text has its bytes everywhere, that is no end. */
static void check_piece(void)
{
    struct text t = {0};
    char *plain = scratch_path("plain"), *path = scratch_path("p7m");
    for (int i = 0; i < 32; i++)
        text_add(&t, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1");
    file_put(plain, t.s, t.len);
    text_cut(&t, 0);
    unit_int("ones", "encrypted", encrypt("plain", "alice.crt", "p7m"), 0);
    file_get_bytes(path, &t);
    /* The padding is a piece of its own before the five ends of contents. */
    char *last = t.s + t.len - 5 * 2 - 16 - 2;
    unit_true("the last piece", last[0] == BER_OCTETS && last[1] == 16);
    last[0] = 12;
    file_put(path, t.s, t.len);
    unit_int("a piece that is none", "result",
             decrypt("p7m", "alice.pem", "back"), 0);
    unit_has("a piece that is none", "error", error, "damaged");
    free(path);
    free(plain);
    text_free(&t);
}

/* RFC 5084 wants 12 octets of MAC; four are right by chance too often. */
static void check_short_mac(void)
{
    struct text t = {0};
    char *path = scratch_path("p7m");
    theirs_make("-stream -aes-256-gcm alice.crt");
    file_get_bytes(path, &t);
    /* Three ends of contents are behind it. */
    char *mac = t.s + t.len - 3 * 2 - 16 - 2;
    unit_true("the MAC", mac[0] == BER_OCTETS && mac[1] == 16);
    for (char len = 8; len >= 0; len = (char)(len - 4)) {
        memset(mac + 2 + len, 0, 6);
        mac[1] = len;
        file_put(path, t.s, (size_t)(mac + 2 + len + 6 - t.s));
        unit_int("a short MAC", "result", decrypt("p7m", "alice.pem", "back"),
                 0);
        unit_has("a short MAC", "error", error, "a MAC of a length");
    }
    free(path);
    text_free(&t);
}

/* What *t has, within an item of this tag. */
static void item_wrap(struct text *t, int tag)
{
    struct text item = {0};
    ber_write(&item, tag, t);
    text_free(t);
    *t = item;
}

#define OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"

/* EnvelopedData with so many bytes of recipients, and content. */
static void recipients_make(size_t len, struct text *out)
{
    static const char content[] = "\x30\x08\x06\x01*\x30\x00\x80\x01x";
    struct text t = {0};
    char *bytes = text_alloc(len);
    text_addn(&t, bytes, len);
    free(bytes);
    item_wrap(&t, BER_SET);
    text_addn(&t, content, sizeof content - 1);
    item_wrap(&t, BER_SEQUENCE);
    item_wrap(&t, BER_CONTEXT | BER_CONSTRUCTED);
    text_addn(out, OID, sizeof OID - 1);
    text_addn(out, t.s, t.len);
    item_wrap(out, BER_SEQUENCE);
    text_free(&t);
}

/* Neither memory nor the stack is a stranger's to fill. */
static void check_hostile(void)
{
    static const char begin[] = "\x30\x80" OID "\xa0\x80\x30\x80\x31\x80";
    char *path = scratch_path("p7m");
    struct text t = {0};
    recipients_make(2 << 20, &t);
    file_put(path, t.s, t.len);
    unit_int("recipients", "result", decrypt("p7m", "alice.pem", "back"), 0);
    unit_has("recipients", "error", error, "before the content is too large");
    text_cut(&t, 0);
    text_addn(&t, begin, sizeof begin - 1);
    while (t.len < 3 << 20)
        text_addn(&t, "\x30\x80", 2);
    file_put(path, t.s, t.len);
    unit_int("nested", "result", decrypt("p7m", "alice.pem", "back"), 0);
    unit_has("nested", "error", error, "an item is cut off");
    text_free(&t);
    free(path);
}

/* A disk that is full, and a file that becomes shorter. */
static void check_trouble(void)
{
    struct extent in = file_extent("plain");
    char *crt = scratch_path("alice.crt"), *pem = scratch_path("alice.pem");
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    unit_int("a full disk", "encrypted",
             smime_encrypt(&in, crt, full, error, sizeof error), -1);
    unit_has("a full disk", "error", error, strerror(ENOSPC));
    in.len += 10;
    int out = file_new("p7m");
    unit_int("a shorter file", "encrypted",
             smime_encrypt(&in, crt, out, error, sizeof error), -1);
    unit_has("a shorter file", "error", error, "shorter");
    close(out);
    close(in.fd);
    theirs_make("-aes256 alice.crt");
    in = file_extent("p7m");
    unit_int("a full disk", "decrypted",
             smime_decrypt(&in, pem, full, error, sizeof error), -1);
    unit_has("a full disk", "error", error, strerror(ENOSPC));
    close(in.fd);
    close(full);
    free(crt);
    free(pem);
}

int main(void)
{
    scratch_begin();
    keys_make();
    int before = descriptors_open();
    check_sizes();
    check_theirs();
    check_refused();
    check_certificates();
    check_altered();
    check_piece();
    check_short_mac();
    check_hostile();
    check_trouble();
    unit_int("descriptors", "open", descriptors_open(), before);
    scratch_end();
    return unit_end();
}
