/* bench/deflate: zlib, libdeflate and isa-l on the same bytes.
 *
 *   bench/deflate.sh ?MIB=64? ?DIRECTORY=/tmp?
 *
 * One process compresses each input with each of them in turn, three times
 * round, and prints the median of the rates (MB of input a second), the ratio,
 * and what zlib's rate at level 6 is to it. The peak memory is that of a child
 * which does it once. What streams is given 64 KiB at a time; the other must
 * have all of the input, and room for all of the output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <isa-l.h>
#include <libdeflate.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define ROUNDS 3
#define BLOCK 65536

static unsigned char in[BLOCK], out[BLOCK];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Bytes of output; the input is read from the descriptor's begin. */
static size_t use_zlib(int fd, int level)
{
    z_stream z = {0};
    size_t sum = 0;
    ssize_t n;
    int rc;

    deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    do {
        n = read(fd, in, sizeof in);
        z.next_in = in;
        z.avail_in = n > 0 ? (unsigned)n : 0;
        do {
            z.next_out = out;
            z.avail_out = sizeof out;
            rc = deflate(&z, n > 0 ? Z_NO_FLUSH : Z_FINISH);
            sum += sizeof out - z.avail_out;
        } while (z.avail_out == 0);
    } while (n > 0 && rc != Z_STREAM_END);
    deflateEnd(&z);
    return sum;
}

static size_t use_isal(int fd, int level)
{
    static const unsigned room[] = {
        ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
        ISAL_DEF_LVL3_DEFAULT};
    struct isal_zstream *z = calloc(1, sizeof *z);
    unsigned char *work = malloc(room[level] + 1);
    size_t sum = 0;
    ssize_t n;

    if (z == NULL || work == NULL)
        die("memory");
    isal_deflate_init(z);
    z->level = (uint32_t)level;
    z->level_buf = work;
    z->level_buf_size = room[level];
    do {
        n = read(fd, in, sizeof in);
        z->next_in = in;
        z->avail_in = n > 0 ? (uint32_t)n : 0;
        z->end_of_stream = n <= 0;
        do {
            z->next_out = out;
            z->avail_out = sizeof out;
            if (isal_deflate(z) != COMP_OK)
                die("isa-l");
            sum += sizeof out - z->avail_out;
        } while (z->avail_out == 0);
    } while (n > 0);
    free(z);
    free(work);
    return sum;
}

static size_t use_libdeflate(int fd, int level)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
    struct stat st;
    size_t len, room, sum;
    unsigned char *all, *packed;

    if (c == NULL || fstat(fd, &st) == -1)
        die("libdeflate");
    len = (size_t)st.st_size;
    room = libdeflate_deflate_compress_bound(c, len);
    all = malloc(len);
    packed = malloc(room);
    if (all == NULL || packed == NULL)
        die("memory");
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, all + at, len - at);
        if (n <= 0)
            die("read");
        at += (size_t)n;
    }
    sum = libdeflate_deflate_compress(c, all, len, packed, room);
    libdeflate_free_compressor(c);
    free(all);
    free(packed);
    return sum;
}

static const struct {
    const char *name;
    size_t (*use)(int fd, int level);
    int level;
    bool streams;
} ways[] = {
    {"zlib", use_zlib, 1, true},
    {"zlib", use_zlib, 6, true},
    {"zlib", use_zlib, 9, true},
    {"libdeflate", use_libdeflate, 1, false},
    {"libdeflate", use_libdeflate, 6, false},
    {"libdeflate", use_libdeflate, 9, false},
    {"libdeflate", use_libdeflate, 12, false},
    {"isa-l", use_isal, 0, true},
    {"isa-l", use_isal, 1, true},
    {"isa-l", use_isal, 2, true},
    {"isa-l", use_isal, 3, true},
};
#define WAYS (sizeof ways / sizeof *ways)
#define STANDARD 1 /* of ways: what others are compared with */

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* KiB that one use takes, measured in a child. */
static long memory(size_t way, int fd)
{
    struct rusage usage;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        lseek(fd, 0, SEEK_SET);
        ways[way].use(fd, ways[way].level);
        _exit(0);
    }
    if (pid == -1 || wait4(pid, &status, 0, &usage) == -1 || status != 0)
        die("child");
    return usage.ru_maxrss;
}

static void measure(const char *path)
{
    static double took[WAYS][ROUNDS];
    size_t sum[WAYS];
    long most[WAYS];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || fstat(fd, &st) == -1)
        die(path);
    for (size_t i = 0; i < WAYS; i++)
        most[i] = memory(i, fd);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < WAYS; i++) {
            double start = seconds();

            lseek(fd, 0, SEEK_SET);
            sum[i] = ways[i].use(fd, ways[i].level);
            took[i][round] = seconds() - start;
        }
    for (size_t i = 0; i < WAYS; i++)
        qsort(took[i], ROUNDS, sizeof **took, smaller);
    printf("%s\n", strrchr(path, '/') + 1);
    for (size_t i = 0; i < WAYS; i++)
        printf("  %-10s %2d  %7.1f MB/s  ratio %5.2f  x%4.1f  %7.1f MiB%s\n",
               ways[i].name, ways[i].level,
               (double)st.st_size / 1e6 / took[i][ROUNDS / 2],
               (double)st.st_size / (double)sum[i],
               took[STANDARD][ROUNDS / 2] / took[i][ROUNDS / 2],
               (double)most[i] / 1024,
               ways[i].streams ? "" : "  all in memory");
    fflush(stdout);
    close(fd);
}

int main(int argc, char **argv)
{
    /* What is freed is given back, and no child has it. */
    mallopt(M_MMAP_THRESHOLD, BLOCK);
    for (int i = 1; i < argc; i++)
        measure(argv[i]);
    return 0;
}
