/* answer: who is told, and who is not. See notice.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file.h"
#include "notice.h"
#include "store.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* RFC 3834 2: what answers, or sends for many, is not answered. */
static bool sender_automatic(const char *sender)
{
    static const char *const patterns[] = {
        "mailer-daemon@*", "postmaster@*",   "owner-*@*",   "*-owner@*",
        "*-request@*",     "*-bounces@*",    "bounce*@*",   "*-bounces+*@*",
        "listserv@*",      "majordomo@*",    "no-reply*@*", "noreply*@*",
        "donotreply*@*",   "do-not-reply*@*"};
    for (size_t i = 0; i < COUNT(patterns); i++)
        if (fnmatch(patterns[i], sender, FNM_CASEFOLD) == 0)
            return true;
    return !*sender || !strchr(sender, '@');
}

static bool list_mail(const struct field_span *fields, int count)
{
    size_t body;
    for (int i = 0; i < count; i++)
        if (fields[i].len > 5 && strncasecmp(fields[i].text, "List-", 5) == 0)
            for (size_t n = 6; n < fields[i].len && n < 30; n++)
                if (fields[i].text[n] == ':')
                    return true;
    for (int i = 0; i < count; i++)
        if (fields_named(&fields[i], "Mailing-List", &body))
            return true;
    return false;
}

/* The first word of a field is one of these (any case). */
static bool field_says(const struct field_span *fields, int count,
                       const char *name, const char *const *words)
{
    struct text value = {0};
    bool says = false;
    if (fields_get(fields, count, name, &value))
        for (; *words && !says; words++) {
            size_t n = strlen(*words);
            says = strncasecmp(text_str(&value), *words, n) == 0 &&
                   !strchr("abcdefghijklmnopqrstuvwxyz", value.s[n] | 0x20);
        }
    text_free(&value);
    return says;
}

bool notice_allowed(const char *sender, const struct field_span *fields,
                    int count)
{
    static const char *const precedence[] = {"bulk", "list", "junk", NULL};
    static const char *const by_hand[] = {"no", NULL};
    struct text value = {0};
    bool automatic = fields_get(fields, count, "Auto-Submitted", &value) &&
                     !field_says(fields, count, "Auto-Submitted", by_hand);
    text_cut(&value, 0);
    if (fields_get(fields, count, "X-Auto-Response-Suppress", &value))
        automatic = automatic || !strcasestr(text_str(&value), "none");
    text_free(&value);
    return !automatic && !sender_automatic(sender) &&
           !list_mail(fields, count) &&
           !field_says(fields, count, "Precedence", precedence);
}

/* ---- once in a period ---- */

#define SWEPT "swept"
#define SWEEP_SECONDS 86400

struct sweep {
    int64_t now;
    int period;
};

static bool over(const char *key, const char *value, void *context)
{
    const struct sweep *s = context;
    int64_t age = s->now - strtoll(value, NULL, 10);
    return strcmp(key, SWEPT) != 0 && (age >= s->period || age < 0);
}

/* -1 when there is no such time, or it is ahead of the clock. */
static int64_t age_of(struct store *s, const char *key, int64_t now)
{
    struct text value = {0};
    char error[300];
    int64_t age = -1;
    if (store_get(s, key, &value, error, sizeof error) == 1)
        age = now - strtoll(text_str(&value), NULL, 10);
    text_free(&value);
    return age;
}

static int due(struct store *s, const struct settings *set, const char *key,
               int64_t now, char *error, size_t size)
{
    struct sweep sweep = {now, set->notice_period};
    char *stamp = text_format("%" PRId64, now);
    int64_t age = age_of(s, key, now), swept = age_of(s, SWEPT, now);
    int rc = age >= 0 && age < set->notice_period ? 0 : 1;
    if (rc == 1 && store_put(s, key, stamp, error, size) == -1)
        rc = -1;
    if (rc == 1 && (swept < 0 || swept >= SWEEP_SECONDS) &&
        (store_sweep(s, over, &sweep, error, size) == -1 ||
         store_put(s, SWEPT, stamp, error, size) == -1))
        rc = -1;
    free(stamp);
    return rc;
}

int notice_due(const struct settings *set, enum notice_kind kind,
               const char *to, const char *old, int64_t now, char *error,
               size_t size)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    int rc = -1;
    file_owner(set->spool, &uid, &gid);
    char *path = text_format("%s/notices.db", set->state);
    char *key = text_format("%s\t%s\t%s", notice_name(kind), to, old);
    for (char *p = key; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p | 0x20);
    struct store *s = file_directory(set->state, uid, gid, error, size) == -1
                          ? NULL
                          : store_open(path, true, uid, gid, error, size);
    if (s) {
        rc = due(s, set, key, now, error, size);
        if (store_close(&s, error, size) == -1)
            rc = -1;
    }
    free(key);
    free(path);
    return rc;
}
