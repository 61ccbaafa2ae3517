/* admin: what every command needs. See admin.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "file.h"

#define ASK_SPOOL "$spool_directory"
#define ASK_SETTINGS "${acl{outrider}}"

int admin_error(int code, const char *format, ...)
{
    va_list ap;
    fputs("outrider: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return code;
}

int admin_option(struct admin *a, int option, const char *value)
{
    if (option == 'C')
        a->config = value;
    else if (option == 'X')
        a->exim = value;
    else
        return 0;
    return 1;
}

const char *admin_exim(const struct admin *a)
{
    static const char *const paths[] = {"/usr/sbin/exim4", "/usr/sbin/exim",
                                        "/usr/exim/bin/exim",
                                        "/usr/local/sbin/exim"};
    if (a->exim)
        return a->exim;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    return NULL;
}

static void exim_child(const char *path, const char *config,
                       const char *question, int out)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(out, 1);
    dup2(null, 2);
    if (config)
        execl(path, path, "-C", config, "-be", question, (char *)0);
    else
        execl(path, path, "-be", question, (char *)0);
    _exit(127);
}

/* What `exim -be QUESTION` prints; NULL when it cannot be had. */
static char *exim_ask(const char *path, const char *config,
                      const char *question)
{
    struct text answer = {0};
    char buffer[4096];
    int ends[2], status = 0;
    ssize_t n;
    if (pipe2(ends, O_CLOEXEC) == -1)
        return NULL;
    pid_t pid = fork();
    if (pid == 0)
        exim_child(path, config, question, ends[1]);
    close(ends[1]);
    text_add(&answer, "");
    while ((n = read(ends[0], buffer, sizeof buffer)) > 0)
        text_addn(&answer, buffer, (size_t)n);
    close(ends[0]);
    if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0 ||
        strncmp(answer.s, "Failed: ", 8) == 0)
        text_free(&answer);
    else if (answer.len > 0 && answer.s[answer.len - 1] == '\n')
        text_cut(&answer, answer.len - 1);
    return answer.s;
}

char *admin_ask(const struct admin *a, const char *question)
{
    const char *path = admin_exim(a);
    return path ? exim_ask(path, a->config, question) : NULL;
}

static void settings_read_or_say(struct admin *a, const char *text)
{
    struct text problems = {0};
    a->problems = settings_read(a->settings, text, &problems);
    if (a->problems > 0)
        fprintf(stderr, "%s", text_str(&problems));
    text_free(&problems);
}

static int admin_without(struct admin *a, const char *path)
{
    if (a->config)
        return admin_error(EX_CONFIG,
                           "%s: Exim cannot read it, or it has no ACL "
                           "\"outrider\" (docs/configuration.md); try: %s -C "
                           "%s -be '" ASK_SETTINGS "'",
                           a->config, path ? path : "exim", a->config);
    admin_error(0, path ? "Exim's configuration has no ACL \"outrider\": the "
                          "defaults are used"
                        : "no Exim found (--exim PATH): the defaults are "
                          "used");
    return 0;
}

int admin_open(struct admin *a)
{
    const char *path = admin_exim(a);
    char *spool = path ? exim_ask(path, a->config, ASK_SPOOL) : NULL;
    char *text = spool ? exim_ask(path, a->config, ASK_SETTINGS) : NULL;
    int rc = 0;
    a->settings = settings_new(spool ? spool : "/var/spool/exim4");
    a->silent = !text || !*text;
    if (text)
        settings_read_or_say(a, text);
    else
        rc = admin_without(a, path);
    free(text);
    free(spool);
    return rc;
}

void admin_close(struct admin *a)
{
    settings_free(&a->settings);
}

static bool settings_same(const struct settings *a, const struct settings *b)
{
    struct text x = {0}, y = {0};
    settings_print(a, &x);
    settings_print(b, &y);
    bool same = strcmp(x.s, y.s) == 0;
    text_free(&x);
    text_free(&y);
    return same;
}

/* An ACL whose message cannot be expanded yields nothing, and no error. */
bool admin_renew(struct admin *a, bool (*usable)(const struct settings *s),
                 bool *changed)
{
    struct admin renewed = {.config = a->config, .exim = a->exim};
    bool take = admin_open(&renewed) == 0 && (a->silent || !renewed.silent) &&
                (!usable || usable(renewed.settings));
    if (take) {
        struct settings *old = a->settings;
        *changed = !settings_same(old, renewed.settings);
        a->settings = renewed.settings;
        a->silent = renewed.silent;
        renewed.settings = old;
    }
    admin_close(&renewed);
    return take;
}

int admin_lock(const struct settings *set, enum service service, int *fd)
{
    const char *name = service == SERVICE_HELD ? "held" : "unsent";
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char error[300] = "", *path = text_format("%s/%s.run", set->state, name);
    int rc = 0;
    file_owner(set->spool, &uid, &gid);
    *fd = file_directory(set->state, uid, gid, error, sizeof error) == 0
              ? file_lock_now(path, uid, gid, error, sizeof error)
              : -1;
    if (*fd == -1 && error[0])
        rc = admin_error(EX_CANTCREAT, "%s", error);
    else if (*fd == -1)
        rc = admin_error(EX_TEMPFAIL,
                         "another `outrider %s run` is at work (%s.lock)", name,
                         path);
    free(path);
    return rc;
}

int admin_every(const char *value, int *seconds)
{
    if (duration_parse(value, seconds) == 1 && *seconds > 0 &&
        *seconds * 1000L <= SERVED_MS / 2)
        return 0;
    return admin_error(EX_USAGE,
                       "--every %s: a time such as 10s is wanted, from 1s to "
                       "no more than 30m",
                       value);
}

struct classifier *admin_classifier(struct admin *a)
{
    struct classifier *c = classifier_new();
    char error[300];
    char *copy = text_copy(a->settings->rules), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line && classifier_add_rule(c, line, error, sizeof error) == -1) {
            admin_error(0, "rule \"%s\": %s", line, error);
            a->problems++;
        }
    free(copy);
    return c;
}
