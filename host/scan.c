/* scan: a message that arrives, as Exim shows it to local_scan(). See scan.h.
 *
 * Debian's builds load this file's local_scan() from local_scan_path, and ask
 * for the version of its API first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define LOCAL_SCAN
#include <local_scan.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exim.h"
#include "scan.h"

int local_scan_version_major(void);
int local_scan_version_minor(void);

EXIM_FUNCTION int local_scan_version_major(void)
{
    return LOCAL_SCAN_ABI_VERSION_MAJOR;
}

EXIM_FUNCTION int local_scan_version_minor(void)
{
    return LOCAL_SCAN_ABI_VERSION_MINOR;
}

/* Addresses come from the message, so Exim is to keep calling them tainted. */
static uschar *tainted_copy(const char *s)
{
    return string_copy_taint((const uschar *)s, GET_TAINTED);
}

EXIM_FUNCTION int local_scan(int fd, uschar **return_text)
{
    static const int answers[] = {
        [SCAN_ACCEPT] = LOCAL_SCAN_ACCEPT,
        [SCAN_REJECT] = LOCAL_SCAN_REJECT,
        [SCAN_DEFER] = LOCAL_SCAN_TEMPREJECT,
    };
    char *text = NULL;
    off_t body = lseek(fd, 0, SEEK_CUR);
    enum scan_answer answer = scan_message(fd, body, &text);
    if (text)
        *return_text = string_copy((const uschar *)text);
    free(text);
    return answers[answer];
}

bool exim_from_host(void)
{
    return sender_host_address != NULL;
}

int exim_recipient_count(void)
{
    return recipients_count;
}

const char *exim_recipient(int i)
{
    return (const char *)recipients_list[i].address;
}

/* RFC 3461 4: xtext. */
static uschar *orcpt_of(const char *address)
{
    struct text t = {0};
    text_add(&t, "rfc822;");
    for (; *address; address++) {
        unsigned char ch = (unsigned char)*address;
        if (ch > ' ' && ch < 127 && ch != '+' && ch != '=')
            text_addn(&t, address, 1);
        else
            text_addf(&t, "+%02X", ch);
    }
    uschar *copy = tainted_copy(t.s);
    text_free(&t);
    return copy;
}

/* Others have a form of their own (RFC 6533 3) that few servers know. */
static bool ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 128)
            return false;
    return true;
}

void exim_recipient_set(int i, const char *address)
{
    recipient_item *r = &recipients_list[i];
    if (!r->orcpt && ascii((const char *)r->address))
        r->orcpt = orcpt_of((const char *)r->address);
    r->address = tainted_copy(address);
}

void exim_recipient_add(int i, const char *address)
{
#if LOCAL_SCAN_ABI_VERSION_MAJOR >= 9
    receive_add_recipient(tainted_copy(address), -1,
                          recipients_list[i].dsn_flags,
                          recipients_list[i].orcpt);
#else
    receive_add_recipient(tainted_copy(address), -1);
#endif
    recipient_item *r = &recipients_list[recipients_count - 1];
    r->dsn_flags = recipients_list[i].dsn_flags;
    r->orcpt = recipients_list[i].orcpt;
}

void exim_recipients_remove(bool (*gone)(int i, void *context), void *context)
{
    int kept = 0;
    for (int i = 0; i < recipients_count; i++)
        if (!gone(i, context))
            recipients_list[kept++] = recipients_list[i];
    recipients_count = kept;
}

int exim_fields(struct field_span **fields, void ***handles)
{
    int n = 0;
    for (const header_line *h = header_list; h; h = h->next)
        n++;
    *fields = text_alloc((size_t)n * sizeof **fields);
    *handles = text_alloc((size_t)n * sizeof **handles);
    n = 0;
    for (header_line *h = header_list; h; h = h->next)
        if (h->type != '*' && h->text) {
            (*handles)[n] = h;
            (*fields)[n++] =
                (struct field_span){(const char *)h->text, (size_t)h->slen};
        }
    return n;
}

void exim_field_set(void *handle, const char *text, size_t len)
{
    header_line *h = handle;
    if (len > INT_MAX - 1)
        return;
    uschar *copy = store_get((int)len + 1, GET_TAINTED);
    memcpy(copy, text, len);
    copy[len] = 0;
    h->text = copy;
    h->slen = (int)len;
}
