/* vcard: a text of vCards. See vcard.h.
 *
 * What is written is folded where it would be longer than 75 bytes (RFC 6350,
 * 3.2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vcard.h"

#include <stdlib.h>

#include "address.h"
#include "card.h"
#include "edit.h"
#include "stamp.h"

#define LINE_MAX_BYTES 75

/* The text, folded: it begins in the column where `from` stands. */
static char *fold(const char *data, size_t from, const char *text, bool crlf)
{
    struct text out = {0};
    size_t column = 0;
    while (from > column && data[from - column - 1] != '\n')
        column++;
    for (size_t step; *text; text += step) {
        step = text_utf8(text);
        step = step ? step : 1;
        if (column + step > LINE_MAX_BYTES) {
            text_add(&out, crlf ? "\r\n " : "\n ");
            column = 1;
        }
        text_addn(&out, text, step);
        column += step;
    }
    return out.s;
}

static void edit_folded(struct edits *edits, const char *data, size_t from,
                        size_t to, const char *text, bool crlf)
{
    char *with = fold(data, from, text, crlf);
    edits_add(edits, from, to, with);
    free(with);
}

static bool card_has(const struct card *card, const char *address)
{
    for (int i = 0; i < card->count; i++)
        if (address_same(card->emails[i].address, address))
            return true;
    return false;
}

static void emails_edit(const struct card *card, const char *data,
                        const struct change *change, bool there,
                        struct edits *edits)
{
    for (int i = 0; i < card->count; i++) {
        const struct email *e = &card->emails[i];
        if (!address_same(e->address, change->old))
            continue;
        if (there)
            edits_add(edits, e->line_from, e->line_to, "");
        else
            edit_folded(edits, data, e->from, e->to, change->new, e->crlf);
    }
}

/* REV may stand ahead of EMAIL or behind; edits go in their order. */
static void card_edit(const struct card *card, const char *data,
                      const struct change *change, struct edits *edits,
                      struct notes *notes)
{
    char time[32];
    const char *name = card->name ? card->name : change->old;
    if (!card_has(card, change->old))
        return;
    if (card->has_rev && card->rev > change->registered) {
        notes_add(notes, NOTE_NEWER, name, change);
        return;
    }
    bool there = card_has(card, change->new);
    struct edits emails = {0};
    emails_edit(card, data, change, there, &emails);
    stamp_write(change->registered, card->extended, time, sizeof time);
    bool pending = card->has_rev;
    for (int i = 0; i <= emails.count; i++) {
        const struct edit *e = i < emails.count ? &emails.list[i] : NULL;
        if (pending && (!e || card->rev_from < e->from)) {
            edit_folded(edits, data, card->rev_from, card->rev_to, time,
                        card->rev_crlf);
            pending = false;
        }
        if (e)
            edits_add(edits, e->from, e->to, e->with);
    }
    notes_add(notes, there ? NOTE_REMOVED : NOTE_CHANGED, name, change);
    edits_free(&emails);
}

void vcard_edit(const char *data, size_t len, const struct change *change,
                struct text *out, struct notes *notes)
{
    struct edits edits = {0};
    struct property p = {0};
    struct card card = {0};
    size_t at = 0;
    while (card_next(data, len, &at, &p, &card))
        card_edit(&card, data, change, &edits, notes);
    edits_apply(&edits, data, len, out);
    card_reset(&card);
    property_free(&p);
    edits_free(&edits);
}

void vcard_read(const char *data, size_t len, struct entries *out)
{
    struct property p = {0};
    struct card card = {0};
    size_t at = 0;
    while (card_next(data, len, &at, &p, &card))
        for (int i = 0; i < card.count; i++)
            entries_add(out, card.name ? card.name : "",
                        card.emails[i].address);
    card_reset(&card);
    property_free(&p);
}
