/* format_vcard: files of vCards, one or many in each, and folders of such files
 * as khard and vdirsyncer keep them.
 *
 * Called by: book. An entry's time is its REV.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <strings.h>

#include "vcard.h"

/* A byte order mark may stand ahead of it. */
static int vcard_detect(const char *head, size_t len)
{
    static const char begin[] = "BEGIN:VCARD";
    for (size_t i = 0; i < 64 && i + sizeof begin - 1 <= len; i++)
        if (strncasecmp(head + i, begin, sizeof begin - 1) == 0)
            return 2;
    return 0;
}

static const char *const vcard_places[] = {
    "~/.contacts",
    "~/contacts",
    "~/.local/share/contacts",
    "~/.local/share/vdirsyncer/contacts",
    "~/.vdirsyncer/contacts",
    "~/.config/vdirsyncer/contacts",
    NULL,
};

static const struct hint vcard_hints[] = {
    {"~/.config/khard/khard.conf", "path"},
    {0},
};

static const struct format vcard = {
    .name = "vcard",
    .help = "a vCard file, or a folder of them (khard, vdirsyncer)",
    .places = vcard_places,
    .hints = vcard_hints,
    .suffix = ".vcf",
    .detect = vcard_detect,
    .edit = vcard_edit,
    .read = vcard_read,
};

FORMAT_REGISTER(vcard)
