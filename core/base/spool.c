/* spool: Exim's queue files. See spool.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "spool.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define HEADER_MAX (64 << 20) /* bytes of a -H file */
#define MARK "m_outrider_mark"
#define VARIABLE "_outrider" /* $acl_m_outrider, as the spool spells it */
#define RECIPIENTS_MAX 100000
#define POLL_MS 20
#define DESCRIPTORS 256 /* that are looked at */

bool spool_is_id(const char *id)
{
    size_t n = strlen(id);
    if (n != 16 && n != 23)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool dash = i == 6 || i == (n == 16 ? 13U : 18U);
        if (dash ? id[i] != '-' : !isalnum((unsigned char)id[i]))
            return false;
    }
    return true;
}

/* Takes the next line off *data, terminated; NULL at the end. */
static char *line_take(char **data)
{
    char *line = *data;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    *data = end ? end + 1 : line + strlen(line);
    if (end)
        *end = 0;
    return line;
}

int spool_variable(const char *line, char name[64], size_t *length)
{
    const char *p = line + strspn(line, "-");
    if (*p == '(') {
        p += strcspn(p, ")");
        p += *p == ')';
    }
    if (strncmp(p, "acl", 3) != 0 || (p[3] != 'm' && p[3] != 'c'))
        return 0;
    char kind = p[3], rest[60];
    unsigned long n;
    if (sscanf(p + 4, " %59s %lu", rest, &n) != 2 || n > HEADER_MAX)
        return 0;
    snprintf(name, 64, "%c%s", kind, rest);
    *length = n;
    return 1;
}

/* What tells of the original's own past, and not of the message. */
static bool past_variable(const char *line)
{
    return strcmp(line, "-deliver_firsttime") == 0 ||
           strcmp(line, "-manual_thaw") == 0;
}

/* The variables, up to the tree; our own is taken out of them. */
static int variables_parse(char **data, struct text *top,
                           struct spool_header *h)
{
    char *line, name[64];
    size_t length;
    while (**data == '-') {
        line = line_take(data);
        bool long_value = spool_variable(line, name, &length) == 1;
        if (long_value && strlen(*data) < length + 1)
            return -1;
        bool ours = long_value && strcmp(name, "m" VARIABLE) == 0;
        if (long_value && strcmp(name, MARK) == 0) {
            free(h->mark);
            h->mark = strndup(*data, length);
        }
        if (ours) {
            free(h->history);
            h->history = strndup(*data, length);
        } else if (strncmp(line, "-frozen ", 8) == 0) {
            h->frozen = strtoll(line + 8, NULL, 10);
            h->frozen += h->frozen == 0;
        } else if (!past_variable(line)) {
            text_addf(top, "%s\n", line);
            if (long_value)
                text_addn(top, *data, length + 1);
        }
        if (long_value)
            *data += length + 1;
    }
    return 0;
}

/* The tree of non-recipients, depth first: "YN address", or "XX" alone. */
static int tree_parse(char **data, struct spool_header *h)
{
    long open = 1;
    text_add(&h->done, "");
    while (open > 0) {
        char *line = line_take(data);
        if (!line)
            return -1;
        if (strcmp(line, "XX") == 0 && open == 1)
            return 0;
        if (strlen(line) < 3 || line[2] != ' ')
            return -1;
        open += (line[0] == 'Y') + (line[1] == 'Y') - 1;
        text_addf(&h->done, "%s\n", line + 3);
    }
    return 0;
}

#define DIGITS "0123456789"

static bool back_over(const char *line, size_t *end, const char *set)
{
    size_t start = *end;
    while (*end > 0 && strchr(set, line[*end - 1]))
        (*end)--;
    return *end < start;
}

/* Of "LEN,NUMBER", which begins there. */
static struct spool_number number_find(const char *line, size_t at)
{
    at += strspn(line + at, DIGITS);
    if (line[at] != ',')
        return (struct spool_number){0};
    return (struct spool_number){at + 1, strspn(line + at + 1, "-" DIGITS)};
}

static void number_put(const char *line, struct spool_number n, int value,
                       struct text *out)
{
    text_addf(out, "%.*s%d%s", (int)n.at, line, value, line + n.at + n.len);
}

/* "ADDRESS ORCPT LEN,FLAGS ERRORS_TO LEN,PNO#BITS", read from its end,
 * because an address may hold spaces; or the address alone. */
static void recipient_parse(struct spool_recipient *r, const char *line)
{
    size_t end = strlen(line), before;
    int bits = 0, length = 0;
    r->line = text_copy(line);
    r->dsn_flags = 0;
    r->flags = r->parent = (struct spool_number){0};
    before = end;
    if (back_over(line, &end, DIGITS) && end > 0 && line[end - 1] == '#') {
        bits = atoi(line + end);
        end--;
    } else {
        end = before;
    }
    if (bits & 1 && back_over(line, &end, "0123456789,-")) {
        length = atoi(line + end);
        r->parent = number_find(line, end);
        end -= end > (size_t)length + 1 ? (size_t)length + 1 : end;
        while (end > 0 && line[end - 1] == ' ' && !(bits & 2))
            end--;
    }
    if (bits & 2 && end > 0 && line[end - 1] == ' ') {
        end--;
        if (back_over(line, &end, "0123456789,-")) {
            length = atoi(line + end);
            r->flags = number_find(line, end);
            r->dsn_flags = r->flags.len > 0 ? atoi(line + r->flags.at) : 0;
            end -= end > (size_t)length + 1 ? (size_t)length + 1 : end;
        }
        while (end > 0 && line[end - 1] == ' ')
            end--;
    }
    r->address = strndup(line, end);
}

void spool_recipient_notify(struct spool_recipient *r, int dsn_flags)
{
    struct text line = {0};
    if (r->flags.len == 0)
        return;
    number_put(r->line, r->flags, dsn_flags, &line);
    size_t longer = line.len - strlen(r->line);
    r->flags.len += longer;
    r->parent.at += longer;
    free(r->line);
    r->line = line.s;
    r->dsn_flags = dsn_flags;
}

static int recipients_parse(char **data, struct spool_header *h)
{
    char *line = line_take(data), *end;
    long n = line ? strtol(line, &end, 10) : -1;
    if (n < 0 || n > RECIPIENTS_MAX || end == line)
        return -1;
    h->recipients = text_alloc((size_t)n * sizeof *h->recipients);
    while (h->count < n) {
        line = line_take(data);
        if (!line || !*line)
            return -1;
        recipient_parse(&h->recipients[h->count++], line);
    }
    return 0;
}

static const char *header_parse(char *data, struct spool_header *h)
{
    struct text top = {0};
    const char *start = data;
    char *id = line_take(&data);
    char *user = line_take(&data), *sender = line_take(&data),
         *times = line_take(&data);
    size_t n = id ? strlen(id) : 0;
    if (n < 3 || strcmp(id + n - 2, "-H") != 0)
        return "the first line is not ID-H";
    h->id = strndup(id, n - 2);
    n = sender ? strlen(sender) : 0;
    if (!times || n < 2 || sender[0] != '<' || sender[n - 1] != '>')
        return "there is no sender line";
    h->sender = strndup(sender + 1, n - 2);
    char *warnings;
    h->received = strtoll(times, &warnings, 10);
    h->warnings = atoi(warnings);
    h->history = text_copy("");
    h->mark = text_copy("");
    text_addf(&top, "%s\n%s\n%s\n", user, sender, times);
    h->variables_at = (size_t)(data - start);
    int rc = variables_parse(&data, &top, h);
    h->tree_at = (size_t)(data - start);
    h->top = top.s;
    if (rc == -1)
        return "a variable is cut off";
    if (tree_parse(&data, h) == -1)
        return "the tree of non-recipients is damaged";
    h->recipients_at = (size_t)(data - start);
    if (recipients_parse(&data, h) == -1)
        return "the list of recipients is damaged";
    h->headers_at = (size_t)(data - start);
    if (*data != '\n')
        return "the header lines are missing";
    h->headers = text_copy(data);
    return NULL;
}

/* NOTIFY=SUCCESS alone means that no failure is to be told; nothing at all
 * would mean that failures are. */
int spool_notify_less(int dsn_flags)
{
    int rest = dsn_flags & ~SPOOL_NOTIFY_SUCCESS;
    return dsn_flags & SPOOL_NOTIFY && !(rest & SPOOL_NOTIFY)
               ? rest | SPOOL_NOTIFY_NEVER
               : rest;
}

int spool_header_parse(char *data, struct spool_header *h, char *error,
                       size_t size)
{
    *h = (struct spool_header){0};
    const char *why = header_parse(data, h);
    if (!why)
        return 1;
    spool_header_free(h);
    return text_error(error, size, "%s", why);
}

int spool_header_read(const char *path, struct spool_header *h, char *error,
                      size_t size)
{
    struct text data = {0};
    char why[120];
    *h = (struct spool_header){0};
    int rc = file_read(path, HEADER_MAX, &data, error, size);
    if (rc == 1 && strlen(data.s) != data.len)
        rc = text_error(error, size, "%s: holds a zero byte", path);
    if (rc == 1) {
        rc = spool_header_parse(data.s, h, why, sizeof why);
        if (rc == -1)
            text_error(error, size, "%s: %s", path, why);
    }
    text_free(&data);
    return rc;
}

void spool_header_free(struct spool_header *h)
{
    for (int i = 0; i < h->count; i++) {
        free(h->recipients[i].line);
        free(h->recipients[i].address);
    }
    free(h->recipients);
    free(h->id);
    free(h->top);
    free(h->sender);
    free(h->history);
    free(h->mark);
    free(h->headers);
    text_free(&h->done);
    *h = (struct spool_header){0};
}

const struct spool_recipient *
spool_header_recipient(const struct spool_header *h, const char *address)
{
    for (int i = 0; i < h->count; i++)
        if (text_same_address(h->recipients[i].address, address))
            return &h->recipients[i];
    return NULL;
}

bool spool_header_done(const struct spool_header *h, const char *address)
{
    bool found = false;
    for (const char *p = text_str(&h->done); *p && !found;
         p += strcspn(p, "\n") + 1) {
        char *done = strndup(p, strcspn(p, "\n"));
        found = text_same_address(done, address);
        free(done);
    }
    return found;
}

bool spool_no_bounce(int dsn_flags)
{
    return dsn_flags & SPOOL_NOTIFY && !(dsn_flags & SPOOL_NOTIFY_FAILURE);
}

bool spool_no_event(int dsn_flags)
{
    return dsn_flags & SPOOL_NOTIFY & ~SPOOL_NOTIFY_FAILURE;
}

static void id_add(const char *name, char (**ids)[SPOOL_ID_MAX], int *count)
{
    char id[SPOOL_ID_MAX];
    size_t n = strlen(name);
    if (n < 3 || n - 2 >= sizeof id || strcmp(name + n - 2, "-H") != 0)
        return;
    snprintf(id, sizeof id, "%.*s", (int)n - 2, name);
    if (!spool_is_id(id))
        return;
    *ids = text_grow(*ids, *count, sizeof **ids);
    memcpy((*ids)[(*count)++], id, sizeof id);
}

static bool split_directory(const char *name)
{
    return isalnum((unsigned char)name[0]) && !name[1];
}

static int directory_list(const char *path, bool deeper,
                          char (**ids)[SPOOL_ID_MAX], int *count)
{
    DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? 0 : -1;
    for (struct dirent *e; (e = readdir(dir));) {
        if (deeper && split_directory(e->d_name)) {
            char *below = text_format("%s/%s", path, e->d_name);
            directory_list(below, false, ids, count);
            free(below);
        } else
            id_add(e->d_name, ids, count);
    }
    closedir(dir);
    return 0;
}

static int id_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

int spool_list(const char *spool, const char *queue, char (**ids)[SPOOL_ID_MAX])
{
    char *path = text_format("%s%s%s/input", spool, *queue ? "/" : "", queue);
    int count = 0;
    *ids = NULL;
    int rc = directory_list(path, true, ids, &count);
    if (count > 0)
        qsort(*ids, (size_t)count, sizeof **ids, id_compare);
    free(path);
    return rc == -1 ? -1 : count;
}

static bool header_at(const char *directory, const char *id)
{
    char *path = text_format("%s/%s-H", directory, id);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

/* With split_spool_directory the sixth character names the directory. */
static int queue_find(const char *queue, const char *id, struct text *directory)
{
    text_cut(directory, 0);
    text_addf(directory, "%s/input", queue);
    if (header_at(directory->s, id))
        return 1;
    text_addf(directory, "/%c", id[5]);
    return header_at(directory->s, id);
}

int spool_find_on(const char *spool, const char *queue, const char *id,
                  struct text *directory)
{
    if (!spool_is_id(id))
        return 0;
    char *path = text_format("%s%s%s", spool, *queue ? "/" : "", queue);
    int found = queue_find(path, id, directory);
    free(path);
    return found;
}

int spool_find(const char *spool, const char *id, struct text *directory)
{
    if (!spool_is_id(id))
        return 0;
    if (queue_find(spool, id, directory) == 1)
        return 1;
    DIR *dir = opendir(spool);
    if (!dir)
        return -1;
    int found = 0;
    for (struct dirent *e; found == 0 && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        char *queue = text_format("%s/%s", spool, e->d_name);
        found = queue_find(queue, id, directory);
        free(queue);
    }
    closedir(dir);
    return found;
}

int spool_message_read(const char *spool, const char *id,
                       struct spool_header *h, struct text *directory,
                       char *error, size_t size)
{
    *h = (struct spool_header){0};
    int rc = spool_find(spool, id, directory);
    if (rc == -1)
        return text_error(error, size, "%s cannot be read", spool);
    if (rc == 0)
        return 0;
    char *path = text_format("%s/%s-H", directory->s, id);
    rc = spool_header_read(path, h, error, size);
    free(path);
    return rc;
}

/* Exim locks the first line of the -D file. */
static bool data_lock(int fd, const char *id, bool wait)
{
    struct flock l = {.l_type = F_WRLCK,
                      .l_whence = SEEK_SET,
                      .l_len = (off_t)strlen(id) + 3};
    int rc;
    do
        rc = fcntl(fd, wait ? F_SETLKW : F_SETLK, &l);
    while (rc == -1 && errno == EINTR);
    return rc == 0;
}

static int data_wait(int fd, const char *id, int ms)
{
    if (ms < 0)
        return data_lock(fd, id, true) ? 1 : -1;
    for (int waited = 0; !data_lock(fd, id, false); waited += POLL_MS) {
        if (waited >= ms)
            return -1;
        usleep(POLL_MS * 1000);
    }
    return 1;
}

/* As the old file: owner, group, mode. */
static int header_create(const char *path, const char *like, char *error,
                         size_t size)
{
    struct stat st;
    if (lstat(like, &st) == -1 || !S_ISREG(st.st_mode))
        return text_error(error, size, "%s: it is no file any more", like);
    int fd = file_create(path, st.st_uid, st.st_gid, error, size);
    if (fd != -1 && fchmod(fd, st.st_mode & 0666) == -1) {
        text_error(error, size, "%s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

int spool_header_replace(const char *directory, const char *id,
                         const struct text *text, char *error, size_t size)
{
    char *path = text_format("%s/%s-H", directory, id);
    /* Of one name, so that the next try removes what a kill has left. */
    char *fresh = text_format("%s.outrider", path);
    int fd = header_create(fresh, path, error, size);
    int rc = fd == -1 ? -1 : file_write_all(fd, text->s, text->len);
    if (fd != -1 && rc == 0)
        rc = rename(fresh, path);
    if (fd != -1 && rc == -1)
        text_error(error, size, "%s: %s", path, strerror(errno));
    if (rc == -1)
        unlink(fresh);
    else
        file_directory_sync(directory);
    if (fd != -1)
        close(fd);
    free(fresh);
    free(path);
    return rc;
}

int spool_descriptor(const char *path)
{
    struct stat want, st;
    if (stat(path, &want) == -1)
        return -1;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (fstat(fd, &st) == 0 && st.st_dev == want.st_dev &&
            st.st_ino == want.st_ino)
            return fd;
    return -1;
}

int spool_lock(const char *directory, const char *id, int ms, int *fd)
{
    char *path = text_format("%s/%s-D", directory, id);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (*fd == -1)
        return errno == ENOENT ? 0 : -1;
    int rc = data_wait(*fd, id, ms);
    if (rc == 1 && !header_at(directory, id))
        rc = 0;
    if (rc != 1)
        close(*fd);
    return rc;
}

int spool_wait(const char *directory, const char *id, int ms)
{
    int fd, rc = spool_lock(directory, id, ms, &fd);
    if (rc == 1)
        close(fd);
    return rc;
}

bool spool_journal(const char *directory, const char *id)
{
    char *path = text_format("%s/%s-J", directory, id);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

/* A field: its length in three digits or more, a letter, a space, its bytes. */
static const char *field_take(const char **p, size_t *len, char *letter)
{
    char *end;
    unsigned long n = strtoul(*p, &end, 10);
    if (end == *p || !*end || end[1] != ' ' || n > strlen(end + 2))
        return NULL;
    *letter = *end;
    *len = n;
    *p = end + 2 + n;
    return end + 2;
}

void spool_headers_block(const struct spool_header *h, struct text *out)
{
    const char *p = h->headers + (*h->headers == '\n'), *field;
    size_t len;
    char letter;
    text_add(out, "");
    while ((field = field_take(&p, &len, &letter)))
        if (letter != '*')
            text_addn(out, field, len);
}

static void base62(uint64_t n, char *out, int digits)
{
    static const char alphabet[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int i = digits - 1; i >= 0; i--, n /= 62)
        out[i] = alphabet[n % 62];
}

/* No other process has this process's number in this second, and this one
 * lets a millisecond pass before each. */
void spool_new_id(const char *like, char id[SPOOL_ID_MAX])
{
    struct timeval tv;
    bool short_id = strlen(like) == 16;
    usleep(1000);
    gettimeofday(&tv, NULL);
    uint64_t pid = (uint64_t)getpid(), ms = (uint64_t)tv.tv_usec / 1000;
    memset(id, 0, SPOOL_ID_MAX);
    base62((uint64_t)tv.tv_sec, id, 6);
    id[6] = '-';
    base62(pid, id + 7, short_id ? 6 : 11);
    id[short_id ? 13 : 18] = '-';
    base62(ms, id + (short_id ? 14 : 19), short_id ? 2 : 4);
}

/* A line of h->top that is no part of a variable's value, or NULL. Values may
 * hold lines that look like others, so they are passed over whole. */
static char *top_line(const struct spool_header *h, const char *begin)
{
    char name[64];
    for (char *p = h->top; *p;) {
        size_t n = strcspn(p, "\n") + 1, length = 0;
        if (strncmp(p, begin, strlen(begin)) == 0)
            return p;
        char *line = strndup(p, n - 1);
        bool value = spool_variable(line, name, &length) == 1;
        free(line);
        p += n + length + value;
    }
    return NULL;
}

static void top_cut(char *from, size_t len)
{
    memmove(from, from + len, strlen(from + len) + 1);
}

static void top_number(struct spool_header *h, const char *name, long n)
{
    char *at = top_line(h, name);
    if (!at)
        return;
    char *rest = strchr(at, '\n');
    char *top = text_format("%.*s%s%ld%s", (int)(at - h->top), h->top, name, n,
                            rest ? rest : "");
    free(h->top);
    h->top = top;
}

void spool_header_set_lines(struct spool_header *h, long lines)
{
    top_number(h, "-body_linecount ", lines);
}

void spool_header_set_longest(struct spool_header *h, long bytes)
{
    top_number(h, "-max_received_linelength ", bytes);
}

void spool_header_set_zeros(struct spool_header *h, long zeros)
{
    top_number(h, "-body_zerocount ", zeros);
}

#define WIRE "-spool_file_wireformat"

bool spool_header_wire(const struct spool_header *h)
{
    return top_line(h, WIRE) != NULL;
}

void spool_header_set_plain(struct spool_header *h)
{
    char *at = top_line(h, WIRE);
    if (at)
        top_cut(at, strcspn(at, "\n") + 1);
}

/* The third line of the top: the time, and the number of warnings. */
void spool_header_set_received(struct spool_header *h, int64_t when)
{
    char *user_end = strchr(h->top, '\n');
    char *times = user_end ? strchr(user_end + 1, '\n') : NULL;
    char *rest = times ? strchr(times + 1, '\n') : NULL;
    if (!rest)
        return;
    char *top = text_format("%.*s%lld 0%s", (int)(times + 1 - h->top), h->top,
                            (long long)when, rest);
    free(h->top);
    h->top = top;
    h->received = when;
    h->warnings = 0;
}

static char *mark_line(const struct spool_header *h)
{
    char *at = top_line(h, "-aclm _outrider_mark ");
    return at ? at : top_line(h, "--aclm _outrider_mark ");
}

void spool_header_set_mark(struct spool_header *h, const char *mark)
{
    char *at = mark_line(h);
    if (at)
        top_cut(at, strcspn(at, "\n") + 1 + strlen(h->mark) + 1);
    char *top = *mark ? text_format("%s--aclm _outrider_mark %zu\n%s\n", h->top,
                                    strlen(mark), mark)
                      : text_copy(h->top);
    free(h->top);
    free(h->mark);
    h->top = top;
    h->mark = text_copy(mark);
}

/* The letter by which Exim knows a field of its own use; others have none. */
static char header_letter(const char *field)
{
    static const struct {
        const char *name;
        char letter;
    } letters[] = {{"Bcc:", 'B'},        {"Cc:", 'C'},       {"From:", 'F'},
                   {"Message-Id:", 'I'}, {"Received:", 'P'}, {"Reply-To:", 'R'},
                   {"Sender:", 'S'},     {"To:", 'T'}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (strncasecmp(field, letters[i].name, strlen(letters[i].name)) == 0)
            return letters[i].letter;
    return ' ';
}

void spool_headers_format(const char *block, struct text *out)
{
    text_add(out, "\n");
    while (*block) {
        const char *end = block;
        do {
            end += strcspn(end, "\n");
            end += *end == '\n';
        } while (*end == ' ' || *end == '\t');
        size_t n = (size_t)(end - block);
        text_addf(out, "%03zu%c ", n, header_letter(block));
        text_addn(out, block, n);
        block = end;
    }
}

/* Its parent is not in the copy's list, and Exim would look at that place. */
static void recipient_add(const struct spool_recipient *r, struct text *out)
{
    if (r->parent.len > 0)
        number_put(r->line, r->parent, -1, out);
    else
        text_add(out, r->line);
    text_add(out, "\n");
}

static void recipients_copy(const struct spool_header *h,
                            bool (*pick)(const char *, void *), void *context,
                            const char *extra, struct text *out)
{
    struct text lines = {0};
    int n = 0;
    text_add(&lines, "");
    for (int i = 0; i < h->count; i++)
        if (pick(h->recipients[i].address, context)) {
            recipient_add(&h->recipients[i], &lines);
            n++;
        }
    for (const char *p = extra; *p; p++)
        n += *p == '\n';
    text_addf(out, "%d\n%s%s", n, lines.s, extra);
    text_free(&lines);
}

void spool_header_copy(const struct spool_header *h, const char *id,
                       bool (*pick)(const char *address, void *context),
                       void *context, const char *extra, const char *history,
                       struct text *out)
{
    text_addf(out, "%s-H\n%s", id, h->top);
    text_add(out, "-deliver_firsttime\n");
    text_addf(out, "-aclm " VARIABLE " %zu\n%s\nXX\n", strlen(history),
              history);
    recipients_copy(h, pick, context, extra, out);
    text_add(out, h->headers);
}
