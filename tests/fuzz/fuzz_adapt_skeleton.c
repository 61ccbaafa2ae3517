/* fuzz_adapt_skeleton: message.eml of hostile bytes, put together with files.
 *
 * Bytes above 127 stand for what it is made of (words[]). Files are there under
 * four names. What comes out is a message that is not
 * larger than what went in, each file counted once, as base64.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pack.h"
#include "splice.h"

#include <gmime/gmime.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static char message_name[] = PACK_MESSAGE, csv_name[] = "a.csv",
            empty_name[] = "empty", long_name[] = "b (2).pdf";

#define PART "Content-Type: text/csv; name=a.csv\n"

static const char *const words[] = {
    "\n",
    "\n--b\n",
    "\n--b--\n",
    "From: a@x\n",
    "MIME-Version: 1.0\n",
    "Content-Type: multipart/mixed; boundary=b\n",
    PART,
    "X-Detached: ",
    "a.csv\n",
    "message.eml\n",
    "empty\n",
    "b%20%282%29.pdf\n",
    "%",
    "none\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    ("--b\n" PART),
    "Content-Type: multipart/signed; boundary=b\n",
    "Content-Type: message/rfc822\n\n"};
#define WORDS (sizeof words / sizeof *words)

static void bytes_make(const uint8_t *data, size_t size, struct text *t)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] < 128)
            text_addn(t, (const char *)&data[i], 1);
        else
            text_add(t, words[(data[i] - 128u) % WORDS]);
    }
    text_add(t, "");
}

static struct extent extent_make(const void *data, size_t len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_ASSERT(fd != -1 && write(fd, data, len) == (ssize_t)len);
    return (struct extent){fd, 0, (int64_t)len};
}

static int64_t room(const struct entries *files)
{
    int64_t bytes = 0;

    for (int i = 0; i < files->count; i++)
        bytes += 4 * files->list[i].data.len + 100;
    return bytes;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    g_mime_init();
    if (access("/dev/shm", W_OK) == 0)
        temp_directory("/dev/shm");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char csv[20000];
    char error[400] = "";
    struct message m = {0};
    struct entry list[4];
    struct entries files = {list, 4, -1};
    struct text t = {0};
    int rc;

    bytes_make(data, size, &t);
    memset(csv, ';', sizeof csv);
    list[0] = (struct entry){csv_name, extent_make(csv, sizeof csv), 0};
    list[1] = (struct entry){message_name, extent_make(t.s, t.len), 0};
    list[2] = (struct entry){empty_name, extent_make("", 0), 0};
    list[3] = (struct entry){long_name, extent_make("\377\0\r\n=", 5), 0};
    rc = pack_undo(&files, &m, error, sizeof error);
    FUZZ_ASSERT(rc == 0 || rc == 1 || rc == -1);
    FUZZ_ASSERT(rc != -1 || *error);
    FUZZ_ASSERT(rc != 1 || (m.fd > 0 && m.len <= room(&files)));
    for (int i = 0; i < 4; i++)
        close(list[i].data.fd);
    message_free(&m);
    text_free(&t);
    workfile_close();
    return 0;
}
