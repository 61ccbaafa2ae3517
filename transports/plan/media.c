/* media: the media type of a file, by its name. See media.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "media.h"

#include <string.h>
#include <strings.h>

#define OFFICE "application/vnd.openxmlformats-officedocument."
#define ODF "application/vnd.oasis.opendocument."

/* What people send each other. The charset of a text is not known, and not
 * said. */
static const struct {
    const char *suffix, *type;
} types[] = {{"bmp", "image/bmp"},
             {"css", "text/css"},
             {"csv", "text/csv"},
             {"doc", "application/msword"},
             {"docx", OFFICE "wordprocessingml.document"},
             {"eml", "application/octet-stream"},
             {"gif", "image/gif"},
             {"htm", "text/html"},
             {"html", "text/html"},
             {"ics", "text/calendar"},
             {"jpeg", "image/jpeg"},
             {"jpg", "image/jpeg"},
             {"json", "application/json"},
             {"log", "text/plain"},
             {"md", "text/markdown"},
             {"mp3", "audio/mpeg"},
             {"mp4", "video/mp4"},
             {"odp", ODF "presentation"},
             {"ods", ODF "spreadsheet"},
             {"odt", ODF "text"},
             {"pdf", "application/pdf"},
             {"png", "image/png"},
             {"ppt", "application/vnd.ms-powerpoint"},
             {"pptx", OFFICE "presentationml.presentation"},
             {"rtf", "application/rtf"},
             {"svg", "image/svg+xml"},
             {"tif", "image/tiff"},
             {"tiff", "image/tiff"},
             {"txt", "text/plain"},
             {"wav", "audio/wav"},
             {"webp", "image/webp"},
             {"xls", "application/vnd.ms-excel"},
             {"xlsx", OFFICE "spreadsheetml.sheet"},
             {"xml", "application/xml"}};

const char *media_type(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot + 1, types[i].suffix) == 0)
            return types[i].type;
    return "application/octet-stream";
}
