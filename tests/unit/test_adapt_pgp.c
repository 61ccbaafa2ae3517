/* test_adapt_pgp: OpenPGP made and read, with the gpg command as the other
 * side. Keys are made here: those of the key ring `hub` are ours, `away` is
 * somebody else who has the public ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pgp.h"

#include <openssl/evp.h>
#include <poll.h>
#include <stdlib.h>

#include "scratch.h"
#include "unit.h"

#define GPG "gpg --homedir $PWD/hub --batch --yes -q "
#define AWAY "gpg --homedir $PWD/away --batch --yes -q --trust-model always "
#define MAKE GPG "--pinentry-mode loopback --passphrase= --quick-gen-key "

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

/* Every agent that was started ends before the test does. */
static void agents_end(void)
{
    if (getpid() != parent)
        return;
    shell("gpgconf --homedir $PWD/hub --kill all");
    shell("gpgconf --homedir $PWD/away --kill all");
}

static void keys_make(void)
{
    shell_must("mkdir -m 700 hub away");
    shell_must(MAKE "'Alice <alice@example.org>' future-default default 0");
    shell_must(MAKE "'Bob <bob@example.org>' rsa2048 cert,encrypt 0");
    shell_must(MAKE "'Signer <signer@example.org>' ed25519 sign 0");
    shell_must(MAKE "'Disabled <off@example.org>' future-default default 0");
    shell_must(GPG "--edit-key off@example.org disable save");
    shell_must(MAKE "'Two <two@example.org>' future-default default 0");
    shell_must(GPG "--quick-add-uid two@example.org 'Two <gone@example.org>' "
                   "&& " GPG "--quick-revoke-uid two@example.org 'Two "
                   "<gone@example.org>'");
    shell_must(MAKE "'Back <back@example.org>' future-default default 0");
    shell_must("sed s/^:-/-/ hub/openpgp-revocs.d/$(" GPG
               "--with-colons --list-keys back@example.org | awk -F: '/^fpr/ { "
               "print $10; exit }').rev >rev && " GPG "--import rev");
    shell_must("gpg --homedir $PWD/hub --batch -q --faked-system-time "
               "20200101T000000 --pinentry-mode loopback --passphrase= "
               "--quick-gen-key 'Late <late@example.org>' future-default "
               "default 2d");
    /* The same address twice, one of them of the past. */
    shell_must("gpg --homedir $PWD/hub --batch -q --faked-system-time "
               "20200101T000000 --pinentry-mode loopback --passphrase= "
               "--quick-gen-key 'Dora <dora@example.org>' future-default "
               "default 2d");
    shell_must(MAKE "'Dora <dora@example.org>' future-default default 0");
    shell_must("gpg --homedir $PWD/hub --batch -q --pinentry-mode loopback "
               "--passphrase=x --quick-gen-key 'Locked <locked@example.org>' "
               "future-default default 0 && gpgconf --homedir $PWD/hub "
               "--reload gpg-agent");
    shell_must(GPG "--export >keys && " AWAY "--import keys");
}

static void plain_put(size_t len, bool dull)
{
    struct text t = {0};
    char *path = scratch_path("plain");
    unsigned x = 1;
    text_add(&t, "");
    for (size_t i = 0; i < len; i++) {
        char ch = (char)((x = x * 1103515245 + 12345) >> 16);
        text_addn(&t, dull ? "a" : &ch, 1);
    }
    file_put(path, t.s, t.len);
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

static int encrypt(const char *key, const char *to)
{
    struct extent in = file_extent("plain");
    char *home = scratch_path("hub");
    int out = file_new(to);
    error[0] = 0;
    int rc = pgp_encrypt(&in, home, key, out, error, sizeof error);
    close(in.fd);
    close(out);
    free(home);
    return rc;
}

static int decrypt(const char *from, const char *ring)
{
    struct extent in = file_extent(from);
    char *home = scratch_path(ring);
    int out = file_new("back");
    error[0] = 0;
    int rc = pgp_decrypt(&in, home, out, error, sizeof error);
    close(in.fd);
    close(out);
    free(home);
    return rc;
}

static const size_t sizes[] = {0,     1,     15,    16,           17,
                               65535, 65536, 65537, (1 << 20) + 1};

static void check_sizes(void)
{
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        char *label = text_format("%zu bytes", sizes[i]);
        plain_put(sizes[i], false);
        unit_int(label, "encrypted", encrypt("alice@example.org", "pgp"), 0);
        unit_str(label, "error", error, "");
        unit_true(label, shell("head -1 pgp | grep -q '^-----BEGIN PGP'"));
        unit_int(label, "decrypted", decrypt("pgp", "hub"), 1);
        unit_true(label, shell("cmp plain back"));
        unit_true(label, shell(GPG "-o theirs -d pgp && cmp plain theirs"));
        unit_int(label, "by somebody else", decrypt("pgp", "away"), 0);
        free(label);
    }
}

/* What gpg makes of `plain` and we read. */
static const struct {
    const char *label, *command;
    int want;
    const char *error;
} theirs[] = {
    {"armoured", AWAY "-r alice@example.org -a -o pgp -e plain", 1, ""},
    {"binary", AWAY "-r alice@example.org -o pgp -e plain", 1, ""},
    {"RSA", AWAY "-r bob@example.org -o pgp -e plain", 1, ""},
    {"AES-128", AWAY "-r bob@example.org --cipher-algo AES -o pgp -e plain", 1,
     ""},
    /* GnuPG 2.4 writes no 3DES any more. */
    {"3DES",
     AWAY "-r bob@example.org --cipher-algo 3DES -o pgp -e plain || " AWAY
          "-r bob@example.org -o pgp -e plain",
     1, ""},
    {"Camellia",
     AWAY "-r bob@example.org --cipher-algo CAMELLIA256 -o pgp -e plain", 1,
     ""},
    {"ZIP", AWAY "-r bob@example.org --compress-algo ZIP -o pgp -e plain", 1,
     ""},
    {"BZIP2", AWAY "-r bob@example.org --compress-algo BZIP2 -o pgp -e plain",
     1, ""},
    {"no compression", AWAY "-r bob@example.org -z 0 -o pgp -e plain", 1, ""},
    {"several recipients",
     AWAY "-r signer@example.org -r bob@example.org -r locked@example.org -o "
          "pgp -e plain || " AWAY
          "-r locked@example.org -r bob@example.org -o pgp -e plain",
     1, ""},
    {"a hidden recipient", AWAY "-R alice@example.org -o pgp -e plain", 1, ""},
    {"signed inside",
     GPG "--trust-model always -u signer@example.org -r alice@example.org -s "
         "-o pgp -e plain",
     1, ""},
    {"signed and not encrypted", GPG "-u signer@example.org -o pgp -s plain", 0,
     "it cannot be decrypted: No data"},
    {"not encrypted", AWAY "-o pgp --store plain", 0,
     "it cannot be decrypted: No data"},
    {"no OpenPGP", "cp plain pgp", 0, "it cannot be decrypted: No data"},
    {"a passphrase",
     AWAY "--pinentry-mode loopback --passphrase x -o pgp -c plain", 0, ""},
    {"a key with a passphrase", AWAY "-r locked@example.org -o pgp -e plain",
     0, "the secret key has a passphrase"},
};

static void check_theirs(void)
{
    plain_put(20000, false);
    for (size_t i = 0; i < LENGTH(theirs); i++) {
        const char *label = theirs[i].label;
        if (!unit_true(label, shell(theirs[i].command)))
            continue;
        unit_int(label, "result", decrypt("pgp", "hub"), theirs[i].want);
        unit_str(label, "error", error, theirs[i].error);
        if (theirs[i].want == 1)
            unit_true(label, shell("cmp plain back"));
    }
}

static const struct {
    const char *label, *key;
    int want;
    const char *error;
} keys[] = {
    {"an address", "alice@example.org", 0, ""},
    {"in angle brackets", "<alice@example.org>", 0, ""},
    {"case", "Alice@EXAMPLE.org", 0, ""},
    {"the address of two keys", "dora@example.org", 0, ""},
    {"part of an address", "lice@example.org", -1, "is not in the key ring"},
    {"a longer one", "alice@example.org.uk", -1, "is not in the key ring"},
    {"nobody", "nobody@example.org", -1,
     "the key nobody@example.org is not in the key ring"},
    {"a name", "Alice", -1, "Alice is neither a whole fingerprint nor"},
    {"a short key ID", "0x12345678", -1, "neither a whole fingerprint nor"},
    {"nothing", "", -1, "neither a whole fingerprint nor"},
    {"another fingerprint", "0123456789012345678901234567890123456789", -1,
     "is not in the key ring"},
    {"expired", "late@example.org", -1, "the key late@example.org has expired"},
    {"revoked", "back@example.org", -1, "is revoked"},
    {"disabled", "off@example.org", -1, "is disabled"},
    {"a revoked user ID", "gone@example.org", -1, "is not valid under"},
    {"the other user ID", "two@example.org", 0, ""},
    {"a key that signs", "signer@example.org", -1, "nothing to encrypt with"},
};

static void check_keys(void)
{
    plain_put(100, false);
    for (size_t i = 0; i < LENGTH(keys); i++) {
        unit_int(keys[i].label, "result", encrypt(keys[i].key, "pgp"),
                 keys[i].want);
        unit_has(keys[i].label, "error", error, keys[i].error);
        if (keys[i].want == 0)
            unit_int(keys[i].label, "back", decrypt("pgp", "hub"), 1);
    }
}

/* Fingerprints of a key and of a subkey, as people write them. */
static void check_fingerprints(void)
{
    char *path = scratch_path("fpr");
    shell_must(GPG "--with-colons --list-keys alice@example.org | "
                   "awk -F: '/^fpr/ { print $10 }' >fpr");
    char *both = file_get(path), *sub = strchr(both, '\n');
    *sub++ = 0;
    sub[strcspn(sub, "\n")] = 0;
    char *spaced = text_format("0x%.20s  %s", both, both + 20);
    unit_int("a fingerprint", both, encrypt(both, "pgp"), 0);
    unit_int("a fingerprint", "back", decrypt("pgp", "hub"), 1);
    unit_int("of a subkey", sub, encrypt(sub, "pgp"), 0);
    unit_int("with spaces", spaced, encrypt(spaced, "pgp"), 0);
    free(spaced);
    free(both);
    free(path);
}

/* The message `pgp` up to `len`, with one bit of the byte at `flip` changed. */
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
    return decrypt("altered", "hub");
}

static void check_altered(void)
{
    struct text t = {0};
    char *path = scratch_path("pgp");
    int cut = 0, changed = 0;
    plain_put(3000, false);
    shell_must(AWAY "-r alice@example.org -o pgp -e plain");
    file_get_bytes(path, &t);
    for (size_t len = 0; len < t.len; len += 100)
        cut += decrypt_altered(&t, len, len) == 1;
    for (size_t len = t.len - 10; len < t.len; len++)
        cut += decrypt_altered(&t, len, len) == 1;
    for (size_t at = 120; at < t.len; at += 97)
        changed += decrypt_altered(&t, t.len, at) == 1;
    changed += decrypt_altered(&t, t.len, t.len - 1) == 1;
    unit_str("the last byte changed", "error", error,
             "it cannot be decrypted: it is damaged");
    unit_int("a message", "taken though cut", cut, 0);
    unit_int("a message", "taken though changed", changed, 0);
    unit_int("a message", "whole", decrypt_altered(&t, t.len, t.len), 1);
    text_free(&t);
    free(path);
}

/* ---- a message as it was before 2000, which no gpg of today makes ---- */

/* The session key of `pgp` in 16, 24 or 32 bytes, and how many. */
static size_t session_key(unsigned char *key)
{
    char *path = scratch_path("session");
    shell_must(GPG "--show-session-key -o /dev/null -d pgp 2>&1 | sed -n "
                   "\"s/.*session key: '9:\\([0-9A-F]*\\)'.*/\\1/p\" >session");
    char *hex = file_get(path);
    size_t n = 0;
    for (; n < 32 && strlen(hex) >= 2 * n + 2; n++) {
        char digits[] = {hex[2 * n], hex[2 * n + 1], 0};
        key[n] = (unsigned char)strtoul(digits, NULL, 16);
    }
    free(hex);
    free(path);
    return n;
}

static void cfb(const unsigned char *key, const unsigned char *iv,
                const void *in, size_t len, unsigned char *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;
    EVP_EncryptInit_ex(c, EVP_aes_256_cfb128(), NULL, key, iv);
    EVP_EncryptUpdate(c, out, &n, in, (int)len);
    EVP_CIPHER_CTX_free(c);
}

/* RFC 4880 5.7 and 13.9: the packet of type 9 for a literal packet. */
static void old_packet(const unsigned char *key, struct text *out)
{
    static const unsigned char zeros[16];
    static const unsigned char prefix[18] = "0123456789abcdefef";
    static const char literal[] = "\xcb\x0a"
                                  "b\0\0\0\0\0ABCD";
    unsigned char sealed[18 + sizeof literal - 1];
    char head[] = {(char)0xc9, sizeof sealed};
    cfb(key, zeros, prefix, sizeof prefix, sealed);
    cfb(key, sealed + 2, literal, sizeof literal - 1, sealed + 18);
    text_addn(out, head, sizeof head);
    text_addn(out, (const char *)sealed, sizeof sealed);
}

/* Without its MDC, a message is refused also where gpg is told not to care. */
static void check_unprotected(void)
{
    char *path = scratch_path("pgp"), *old = scratch_path("old");
    struct text t = {0};
    unsigned char key[32];
    shell_must(AWAY "--cipher-algo AES256 -r bob@example.org -o pgp -e plain");
    file_get_bytes(path, &t);
    unit_int("a session key", "bytes", (long)session_key(key), 32);
    /* The first packet, in the old format: two octets of length. */
    unit_int("a packet", "tag", (unsigned char)t.s[0], 0x85);
    text_cut(&t,
             3u + (size_t)((unsigned char)t.s[1] << 8) + (unsigned char)t.s[2]);
    old_packet(key, &t);
    file_put(old, t.s, t.len);
    unit_int("no MDC", "result", decrypt("old", "hub"), 0);
    unit_has("no MDC", "error", error, "no MDC");
    shell_must("echo ignore-mdc-error >hub/gpg.conf");
    unit_true("no MDC, ignored",
              shell(GPG "-o theirs -d old; test \"$(cat theirs)\" = ABCD"));
    unit_int("no MDC, ignored", "result", decrypt("old", "hub"), 0);
    unit_has("no MDC, ignored", "error", error, "no MDC");
    shell_must("rm hub/gpg.conf");
    text_free(&t);
    free(old);
    free(path);
}

static void check_trouble(void)
{
    plain_put(5 << 20, true);
    shell_must(AWAY "-r alice@example.org -o pgp -e plain");
    unit_int("a bomb", "result", decrypt("pgp", "hub"), 0);
    unit_has("a bomb", "error", error, "more than 100 times");
    plain_put(1 << 20, true);
    struct extent in = file_extent("plain");
    char *home = scratch_path("hub");
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    unit_int(
        "a full disk", "encrypted",
        pgp_encrypt(&in, home, "alice@example.org", full, error, sizeof error),
        -1);
    unit_has("a full disk", "error", error, strerror(ENOSPC));
    in.len++;
    int out = file_new("pgp");
    unit_int(
        "a shorter file", "encrypted",
        pgp_encrypt(&in, home, "alice@example.org", out, error, sizeof error),
        -1);
    unit_has("a shorter file", "error", error, "shorter");
    unit_int("no key ring", "encrypted",
             pgp_encrypt(&in, "/nowhere", "alice@example.org", out, error,
                         sizeof error),
             -1);
    close(out);
    close(full);
    close(in.fd);
    free(home);
}

static int decrypt_apart(void *context)
{
    int *pipe_fd = context;
    dup2(pipe_fd[1], 1);
    dup2(pipe_fd[1], 2);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    return decrypt("pgp", "hub") == 1 ? 0 : 1;
}

/* Exim reads a transport's output up to its end: an agent that stays must not
 * hold it open. */
static void check_let_go(void)
{
    int ends[2];
    plain_put(100, false);
    shell_must(AWAY "-r alice@example.org -o pgp -e plain");
    shell_must("gpgconf --homedir $PWD/hub --kill gpg-agent");
    if (pipe(ends) == -1)
        exit(2);
    pid_t pid = child_start(decrypt_apart, ends);
    close(ends[1]);
    unit_true("apart", child_wait(pid));
    unit_true("an agent is there",
              shell("gpg-connect-agent --homedir $PWD/hub --no-autostart "
                    "'getinfo pid' /bye | grep OK"));
    struct pollfd wait = {.fd = ends[0], .events = POLLIN};
    unit_int("the output's end", "poll", poll(&wait, 1, 5000), 1);
    unit_true("the output's end", wait.revents & POLLHUP);
    close(ends[0]);
}

int main(void)
{
    scratch_begin();
    parent = getpid();
    atexit(agents_end);
    keys_make();
    int before = descriptors_open();
    check_sizes();
    check_theirs();
    check_keys();
    check_fingerprints();
    check_altered();
    check_unprotected();
    check_trouble();
    check_let_go();
    unit_int("descriptors", "open", descriptors_open(), before);
    agents_end();
    unit_true("agents have ended",
              shell("timeout 20 sh -c 'while gpg-connect-agent --homedir "
                    "$PWD/hub --no-autostart /bye | grep OK; do :; done'"));
    parent = 0;
    scratch_end();
    return unit_end();
}
