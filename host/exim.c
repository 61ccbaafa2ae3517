/* exim: what we need of the Exim that has loaded us. See exim.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define DLFUNC_IMPL
#include <local_scan.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exim.h"
#include "text.h"

#define LINE_MAX_BYTES 4000

/* API 9.1 (4.100): log_write() lost its selector, debug channels have names,
 * recipients and senders are const. */
#if LOCAL_SCAN_ABI_VERSION_MAJOR >= 9
#define API_LOG(text) log_write(LOG_MAIN, "%s", text)
#define API_DEBUG() is_debug((const uschar *)"local_scan")
#else
#define API_LOG(text) log_write(0, LOG_MAIN, "%s", text)
#define API_DEBUG() ((debug_selector & D_local_scan) != 0)
#endif

/* string_copy() takes over the taint of what it copies, and our memory has
 * none: what we yield was checked by us. */
static uschar *pool_copy(const char *text)
{
    return string_copy((const uschar *)text);
}

int exim_yield(uchar **yield, const char *text)
{
    *yield = pool_copy(text);
    return OK;
}

int exim_fail(uchar **yield, const char *reason)
{
    *yield = pool_copy(reason);
    return FAIL;
}

int exim_decline(uchar **yield)
{
    *yield = pool_copy("");
    return FAIL_FORCED;
}

char *exim_expand(const char *string, const char **reason)
{
    const uschar *s = expand_string(pool_copy(string));
    if (reason)
        *reason = s ? "" : (const char *)expand_string_message;
    return s ? strdup((const char *)s) : NULL;
}

char *exim_argument(const char *s)
{
    struct text t = {0};
    text_add(&t, "");
    for (; *s; s++)
        text_addf(&t, "\\x%02x", (unsigned char)*s);
    return t.s;
}

const char *exim_message_id(void)
{
    return message_id ? (const char *)message_id : "";
}

const char *exim_sender(void)
{
    return sender_address ? (const char *)sender_address : "";
}

bool exim_any_recipient(bool (*test)(int dsn_flags))
{
    for (int i = 0; i < recipients_count; i++)
        if (test(recipients_list[i].dsn_flags))
            return true;
    return false;
}

int exim_recipient_flags(const char *address)
{
    for (int i = 0; i < recipients_count; i++)
        if (text_same_address((const char *)recipients_list[i].address,
                              address))
            return recipients_list[i].dsn_flags;
    return 0;
}

bool exim_forgets_dropped(void)
{
    return MESSAGE_ID_LENGTH > 16; /* which came just before, in 4.97 */
}

void exim_log(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    API_LOG(line);
}

void exim_debug(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list ap;
    if (!API_DEBUG())
        return;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    debug_printf("outrider: %s\n", line);
}
