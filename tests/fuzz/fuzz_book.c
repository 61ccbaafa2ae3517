/* fuzz_book: address books and Authentication-Results from hostile bytes.
 *
 * The first byte says which parser. A book is changed from old@x.example to
 * new@y.example: what the change did not touch is there still, it is done
 * once when it is done twice, and nobody is lost or made up.
 *
 * The parsers are compiled into this program, as they are no part of core/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "../../addressbook/array.c"
#include "../../addressbook/authres.c"
#include "../../addressbook/card.c"
#include "../../addressbook/change.c"
#include "../../addressbook/edit.c"
#include "../../addressbook/format.c"
#include "../../addressbook/format_abook.c"
#include "../../addressbook/format_alpine.c"
#include "../../addressbook/format_mutt.c"
#include "../../addressbook/format_vcard.c"
#include "../../addressbook/list.c"
#include "../../addressbook/stamp.c"
#include "../../addressbook/vcard.c"
#include "../../addressbook/view.c"

/* The real one needs GLib, for other scripts than ASCII. */
bool address_same(const char *a, const char *b)
{
    return text_same_address(a, b);
}

static const struct change move = {.old = (char[]){"old@x.example"},
                                   .new = (char[]){"new@y.example"},
                                   .registered = 1794000000};

static int mentions_of(const struct entries *e, const char *address)
{
    int found = 0;

    for (int i = 0; i < e->count; i++)
        found += address_same(e->list[i].address, address);
    return found;
}

/* The two lists but for the two addresses. */
static void others_check(const struct entries *before,
                         const struct entries *after)
{
    int j = 0;

    for (int i = 0; i < before->count; i++) {
        const char *address = before->list[i].address;
        if (address_same(address, move.old) || address_same(address, move.new))
            continue;
        while (j < after->count &&
               (address_same(after->list[j].address, move.old) ||
                address_same(after->list[j].address, move.new)))
            j++;
        FUZZ_ASSERT(j < after->count);
        FUZZ_ASSERT(strcmp(address, after->list[j].address) == 0);
        j++;
    }
}

static int kinds_of(const struct notes *n, enum note_kind kind)
{
    int found = 0;

    for (int i = 0; i < n->count; i++)
        found += n->list[i].kind == kind;
    return found;
}

static void book_check(const struct format *f, const char *data, size_t len)
{
    struct entries before = {0}, after = {0};
    struct notes notes = {0}, again = {0};
    struct text out = {0}, twice = {0};

    f->detect(data, len);
    f->read(data, len, &before);
    f->edit(data, len, &move, &out, &notes);
    f->read(out.s, out.len, &after);
    f->edit(out.s, out.len, &move, &twice, &again);
    others_check(&before, &after);
    FUZZ_ASSERT(again.edits == 0);
    FUZZ_ASSERT(twice.len == out.len && memcmp(twice.s, out.s, out.len) == 0);
    if (notes.edits == 0)
        FUZZ_ASSERT(out.len == len && memcmp(out.s, data, len) == 0);
    else
        FUZZ_ASSERT(mentions_of(&after, move.new) > 0);
    if (kinds_of(&notes, NOTE_REMOVED) == 0)
        FUZZ_ASSERT(before.count == after.count);
    entries_free(&before);
    entries_free(&after);
    notes_free(&notes);
    notes_free(&again);
    text_free(&out);
    text_free(&twice);
}

/* What has passed is named in the header, outside of what is no word of it. */
static void results_check(const char *body)
{
    struct authres a;
    char error[100] = "";
    int rc = authres_read(body, &a, error, sizeof error);

    FUZZ_ASSERT((rc == -1) == (error[0] != '\0'));
    FUZZ_ASSERT(rc == 1 || a.count == 0);
    FUZZ_ASSERT(rc == -1 || a.id != NULL);
    if (a.count > 0)
        FUZZ_ASSERT(strcasestr(body, "pass") && strcasestr(body, "dkim"));
    authres_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"mutt", "abook", "alpine", "vcard"};
    char *text;

    if (size == 0)
        return 0;
    text = fuzz_text(data + 1, size - 1);
    if (data[0] % 5 == 4)
        results_check(text);
    else
        book_check(format_find(names[data[0] % 5]), text, size - 1);
    free(text);
    return 0;
}
