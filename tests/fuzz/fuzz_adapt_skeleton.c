/* fuzz_adapt_skeleton: message.eml of hostile bytes, put together with files.
 *
 * Files are there under three names. What comes out is a message that is not
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
    int rc;

    memset(csv, ';', sizeof csv);
    list[0] = (struct entry){csv_name, extent_make(csv, sizeof csv), 0};
    list[1] = (struct entry){message_name, extent_make(data, size), 0};
    list[2] = (struct entry){empty_name, extent_make("", 0), 0};
    list[3] = (struct entry){long_name, extent_make("\377\0\r\n=", 5), 0};
    rc = pack_undo(&files, &m, error, sizeof error);
    FUZZ_ASSERT(rc == 0 || rc == 1 || rc == -1);
    FUZZ_ASSERT(rc != -1 || *error);
    FUZZ_ASSERT(rc != 1 || (m.fd > 0 && m.len <= room(&files)));
    for (int i = 0; i < 4; i++)
        close(list[i].data.fd);
    message_free(&m);
    workfile_close();
    return 0;
}
