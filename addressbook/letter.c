/* letter: a mail, as far as it is a notice. See letter.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "letter.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

/* A gateway may put a notice into a multipart/mixed of its own, or two. */
#define DEPTH_MAX 4
#define PARTS_MAX 32

static GMimeMessage *message_parse(const char *data, size_t len)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(data, len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    return message;
}

static bool type_is(GMimeObject *part, const char *type, const char *subtype)
{
    GMimeContentType *content = g_mime_object_get_content_type(part);
    return content && g_mime_content_type_is_type(content, type, subtype);
}

static bool is_status(GMimeObject *part)
{
    return GMIME_IS_PART(part) &&
           (type_is(part, "message", "delivery-status") ||
            type_is(part, "message", "global-delivery-status"));
}

static bool is_report(GMimeObject *part)
{
    const char *kind =
        g_mime_object_get_content_type_parameter(part, "report-type");
    return type_is(part, "multipart", "report") && kind &&
           (text_same(kind, "delivery-status") ||
            text_same(kind, "global-delivery-status"));
}

/* The first delivery status that is a part of a report. What is attached to a
 * mail (message/rfc822) is no notice to its reader. */
static GMimePart *status_find(GMimeObject *part, int depth)
{
    if (!GMIME_IS_MULTIPART(part) || depth > DEPTH_MAX)
        return NULL;
    GMimeMultipart *parts = GMIME_MULTIPART(part);
    int count = g_mime_multipart_get_count(parts);
    for (int i = 0; i < count && i < PARTS_MAX; i++) {
        GMimeObject *child = g_mime_multipart_get_part(parts, i);
        if (is_report(part) && is_status(child))
            return GMIME_PART(child);
        GMimePart *found = status_find(child, depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* The part's content without its transfer encoding. */
static void part_decode(GMimePart *part, struct text *out)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *stream = g_mime_stream_mem_new();
    text_add(out, "");
    if (content && g_mime_data_wrapper_write_to_stream(content, stream) >= 0) {
        GByteArray *bytes =
            g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
        text_addn(out, (const char *)bytes->data, bytes->len);
    }
    g_object_unref(stream);
}

static void results_collect(struct letter *l, GMimeMessage *message)
{
    GMimeHeaderList *headers =
        g_mime_object_get_header_list(GMIME_OBJECT(message));
    int count = g_mime_header_list_get_count(headers);
    for (int i = 0; i < count; i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(headers, i);
        const char *body = g_mime_header_get_raw_value(h);
        if (!body ||
            !text_same(g_mime_header_get_name(h), "Authentication-Results"))
            continue;
        l->results =
            array_room(l->results, l->result_count, sizeof *l->results);
        l->results[l->result_count++] = text_copy(body);
    }
}

/* A decoded NUL would hide what follows it from one reader and not from
 * another. */
static int status_take(struct letter *l, GMimePart *part, int64_t now)
{
    struct text text = {0};
    part_decode(part, &text);
    bool clean = !memchr(text.s, 0, text.len);
    if (clean)
        status_read(&l->status, text.s, text.len, now, &l->changes);
    text_free(&text);
    return clean && (l->changes.count || l->status.held || l->status.bad);
}

/* Without the line "From " that a mailbox file has put ahead of the mail. */
static void from_line_skip(const char **data, size_t *len)
{
    if (*len < 5 || memcmp(*data, "From ", 5) != 0)
        return;
    const char *nl = memchr(*data, '\n', *len);
    size_t skip = nl ? (size_t)(nl - *data) + 1 : *len;
    *data += skip;
    *len -= skip;
}

int letter_read(struct letter *l, const char *data, size_t len, int64_t now,
                char *error, size_t size)
{
    *l = (struct letter){0};
    from_line_skip(&data, &len);
    if (len > LETTER_MAX)
        return text_error(error, size, "larger than 1 MiB: no notice is");
    if (memchr(data, 0, len))
        return text_error(error, size, "has a NUL: no mail has");
    GMimeMessage *message = message_parse(data, len);
    if (!message)
        return text_error(error, size, "not a mail");
    GMimeObject *root = g_mime_message_get_mime_part(message);
    GMimePart *part = root ? status_find(root, 0) : NULL;
    int rc = part ? status_take(l, part, now) : 0;
    if (rc == 1)
        results_collect(l, message);
    g_object_unref(message);
    return rc;
}

void letter_free(struct letter *l)
{
    changes_free(&l->changes);
    status_free(&l->status);
    for (int i = 0; i < l->result_count; i++)
        free(l->results[i]);
    free(l->results);
    *l = (struct letter){0};
}
