/* environment_mail: a user sets his own row by mail.
 *
 * Run by a pipe transport with his message on standard input; SENDER (the
 * envelope sender), LOCAL_PART and DOMAIN (of the form's own address) are in
 * the environment as Exim sets them. OUTRIDER_AUTHENTICATED is set by the
 * transport: the addresses that whoever has been authenticated may speak for.
 * SENDER must be one of them, and the row is SENDER's. One line on standard
 * output says what was done (log_output puts it into the main log).
 *
 * Exit codes: 0 done, or ignored; 77 he may not (Exim tells him); 75 try again.
 * When only the answer could not be sent, the same is done once more, which
 * changes nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "content.h"
#include "environment_act.h"
#include "environment_answer.h"
#include "file.h"
#include "mailbox.h"
#include "notice.h"
#include "process.h"
#include "relocation.h"

#define MESSAGE_MAX (1UL << 20) /* a form is short: nothing beyond is read */

/* ---- the message ---- */

struct message {
    struct text all;
    size_t head; /* bytes of its header, with the empty line */
    struct field_span *fields;
    int field_count;
};

static int message_read(struct message *m)
{
    char buffer[65536];
    ssize_t n;
    text_add(&m->all, "");
    /* All of it is taken, or Exim would write into a pipe without an end. */
    while ((n = read(0, buffer, sizeof buffer)) > 0 ||
           (n == -1 && errno == EINTR))
        if (n > 0 && m->all.len < MESSAGE_MAX)
            text_addn(&m->all, buffer, (size_t)n);
    if (n == -1)
        return admin_error(EX_TEMPFAIL, "the message cannot be read: %s",
                           strerror(errno));
    const char *at = m->all.s;
    for (const char *line; (line = strchr(at, '\n')); at = line + 1)
        if (line == at || (*at == '\r' && line == at + 1))
            break;
    m->head = (size_t)(at - m->all.s);
    m->field_count = fields_split(m->all.s, m->head, &m->fields);
    return 0;
}

static void message_free(struct message *m)
{
    free(m->fields);
    text_free(&m->all);
}

/* The text of its body, whatever encodes it. */
static int message_form(const struct message *m, struct environment_form *form)
{
    struct text type = {0}, encoding = {0}, text = {0};
    int fd = memfd_create("form", MFD_CLOEXEC), rc = -1;
    fields_get(m->fields, m->field_count, "Content-Type", &type);
    fields_get(m->fields, m->field_count, "Content-Transfer-Encoding",
               &encoding);
    if (fd != -1 &&
        file_write_all(fd, m->all.s + m->head, m->all.len - m->head) == 0)
        rc = content_text(text_str(&type), text_str(&encoding), fd, 0,
                          MESSAGE_MAX, &text);
    if (rc != -1)
        environment_form_read(text_str(&text), form);
    else
        rc = admin_error(EX_TEMPFAIL, "the message cannot be taken apart: %s",
                         strerror(errno));
    if (fd != -1)
        close(fd);
    text_free(&type);
    text_free(&encoding);
    text_free(&text);
    return rc == EX_TEMPFAIL ? rc : 0;
}

/* ---- who may ---- */

/* Is the sender one of these addresses? */
static bool speaks_for(const char *authenticated, const char *sender)
{
    struct mailbox_scan scan;
    struct mailbox m;
    struct text key = {0}, his = {0};
    bool found = false;
    int rc = relocation_key(sender, &key);
    mailbox_begin(&scan, authenticated, strlen(authenticated));
    while (rc == 0 && !found && mailbox_next(&scan, &m)) {
        text_cut(&his, 0);
        found =
            relocation_key(m.address, &his) == 0 && strcmp(his.s, key.s) == 0;
    }
    mailbox_end(&scan);
    text_free(&key);
    text_free(&his);
    return found;
}

/* What is refused goes back to the sender with this, by Exim's bounce, so the
 * configuration refuses it before that (config-examples/adapt.conf). */
static int sender_check(const char *sender)
{
    const char *authenticated = getenv("OUTRIDER_AUTHENTICATED");
    struct text key = {0};
    char error[400];
    int rc = environments_key(sender, &key, error, sizeof error);
    if (rc == -1 || !strchr(key.s, '@'))
        rc = admin_error(EX_NOPERM, "\"%s\" is no address", sender);
    else if (!authenticated || !*authenticated)
        rc = admin_error(EX_NOPERM,
                         "whoever has sent this was not authenticated "
                         "(OUTRIDER_AUTHENTICATED is empty)");
    else if (!speaks_for(authenticated, sender))
        rc = admin_error(EX_NOPERM,
                         "who was authenticated (%s) may not speak for %s",
                         authenticated, sender);
    text_free(&key);
    return rc;
}

/* ---- the row ---- */

/* What the user cannot set he cannot take away either. */
static int row_change(struct environment_act *a, const char *sender,
                      const struct environment_form *form)
{
    struct environments_row row;
    struct environment now = ENVIRONMENT_NONE;
    int rc = environments_get(a->table, sender, &row, ERROR(a));
    if (rc != -1) {
        environment_drop(&row.environment, SAID_PUBLISHED);
        environment_fill(&now, &form->environment);
        environment_fill(&now, &row.environment);
        rc = now.said ? environment_put(a, sender, &now)
                      : environments_remove(a->table, sender, ERROR(a));
    }
    environments_row_free(&row);
    environment_free(&now);
    return rc == -1 ? admin_error(EX_TEMPFAIL, "%s", a->error) : 0;
}

static int form_take(struct environment_act *a, const char *sender,
                     const struct environment_form *form)
{
    if (form->kind != FORM_SET && form->kind != FORM_REMOVE)
        return 0;
    int rc = environment_begin(a);
    if (rc == 0)
        rc = environment_end(a, row_change(a, sender, form));
    return rc ? EX_TEMPFAIL : 0;
}

/* What is set now: his own, and all that holds. */
static int rows_read(struct environment_act *a, const char *sender,
                     struct environments_row *own, struct environment *all)
{
    int rc;
    struct table *t = environment_read(a, &rc);
    struct environments_keys k;
    environments_keys(sender, NULL, &k);
    if (rc == 0 && (environments_get(t, sender, own, ERROR(a)) == -1 ||
                    environments_fill(t, &k, 0, k.count, all, ERROR(a)) == -1))
        rc = admin_error(EX_TEMPFAIL, "%s", a->error);
    environments_keys_free(&k);
    table_close(&t);
    return rc ? EX_TEMPFAIL : 0;
}

/* ---- the answer ---- */

/* The form's own address, so that the user can write again. */
static char *form_address(const struct environment_act *a)
{
    const char *local_part = getenv("LOCAL_PART"), *domain = getenv("DOMAIN");
    struct text address = {0};
    char *whole = text_format("%s@%s", local_part ? local_part : "",
                              domain ? domain : "");
    bool known = mailbox_canonical(whole, &address);
    free(whole);
    if (known)
        return address.s;
    text_free(&address);
    if (*a->set->notice_from)
        return text_copy(a->set->notice_from);
    char *host = admin_ask(a->admin, "$primary_hostname");
    char *from = text_format("mailer-daemon@%s", host ? host : "localhost");
    free(host);
    return from;
}

static int answer_send(struct environment_act *a, const char *sender,
                       const struct message *m,
                       const struct environment_form *form)
{
    struct exim exim = {a->admin->exim, a->admin->config, a->spool};
    struct environments_row own = {.environment = ENVIRONMENT_NONE};
    struct environment all = ENVIRONMENT_NONE;
    struct text out = {0};
    char *from = form_address(a);
    struct environment_answer answer = {.from = from,
                                        .to = sender,
                                        .now = time(NULL),
                                        .fields = m->fields,
                                        .field_count = m->field_count,
                                        .form = form,
                                        .own = &own.environment,
                                        .all = &all};
    int rc = rows_read(a, sender, &own, &all);
    if (rc == 0) {
        environment_answer_write(&answer, &out);
        if (process_submit(&exim, sender, out.s, out.len) == -1)
            rc = admin_error(EX_TEMPFAIL, "the answer cannot be sent");
    }
    environments_row_free(&own);
    environment_free(&all);
    text_free(&out);
    free(from);
    return rc;
}

/* ---- the whole ---- */

static void report(const char *sender, const struct environment_form *form)
{
    struct text row = {0};
    environment_format(&form->environment, &row);
    if (form->kind == FORM_SET)
        printf("environment of %s: %s\n", sender, row.s);
    else if (form->kind == FORM_REMOVE)
        printf("environment of %s: removed\n", sender);
    else if (form->kind == FORM_SHOW)
        printf("environment of %s: shown\n", sender);
    else
        printf("environment of %s: not understood: %s\n", sender,
               form->kind == FORM_WRONG ? form->line : "no text");
    text_free(&row);
}

static int message_take(struct environment_act *a, const char *sender,
                        const struct message *m)
{
    struct environment_form form = {.environment = ENVIRONMENT_NONE};
    if (!notice_allowed(sender, m->fields, m->field_count)) {
        printf("ignored: automatic mail, or from a list\n");
        return 0;
    }
    a->by = sender;
    int rc = sender_check(sender);
    if (rc == 0)
        rc = message_form(m, &form);
    if (rc == 0)
        rc = form_take(a, sender, &form);
    if (rc == 0)
        rc = answer_send(a, sender, m, &form);
    if (rc == 0)
        report(sender, &form);
    environment_form_free(&form);
    return rc;
}

int environment_mail(void *act)
{
    struct environment_act *a = act;
    struct text problems = {0};
    struct message m = {0};
    const char *sender = getenv("SENDER");
    if (!a->spool || !a->settings || !a->admin->config || !a->admin->exim)
        return admin_error(EX_TEMPFAIL, "--spool, --settings, --config and "
                                        "--exim are all needed");
    if (!sender)
        return admin_error(EX_TEMPFAIL, "SENDER is not in the environment: run "
                                        "this from a pipe transport");
    process_in_child(NULL);
    a->set = a->admin->settings = settings_new(a->spool);
    settings_read(a->set, a->settings, &problems);
    int rc = message_read(&m);
    if (rc == 0)
        rc = message_take(a, sender, &m);
    message_free(&m);
    text_free(&problems);
    admin_close(a->admin);
    return rc;
}
