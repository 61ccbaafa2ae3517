/* format_thunderbird: abook.sqlite and its like. Since version 102 a card is
 * the property _vCard, and PrimaryEmail and SecondEmail are copies of its first
 * two addresses for searching; before, these two were all. All that is there is
 * changed, in one transaction.
 *
 * Called by: book. An entry's time is LastModifiedDate, seconds since the
 * epoch; 0 is none. A changed one gets the time of the registration (vcard.h
 * tells why).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "thunder.h"
#include "vcard.h"

/* The rows of one card, by name; NULL where there is none. */
struct person {
    struct row *row[PROPERTIES];
};

/* The next person from *at; false: there is none. */
static bool person_next(struct thunder *t, int *at, struct person *p)
{
    *p = (struct person){0};
    if (*at >= t->count)
        return false;
    const char *card = t->rows[*at].card;
    for (; *at < t->count && strcmp(t->rows[*at].card, card) == 0; ++*at) {
        struct row *row = &t->rows[*at];
        if (row->name < PROPERTIES && !row->gone)
            p->row[row->name] = row;
    }
    return true;
}

static bool has(const struct person *p, enum property_name name,
                const char *address)
{
    return p->row[name] && address_same(p->row[name]->value, address);
}

static bool newer(const struct person *p, const struct change *change)
{
    const struct row *modified = p->row[MODIFIED];
    return modified &&
           strtoll(modified->value, NULL, 10) > (long long)change->registered;
}

static void lower_set(struct row *row, const char *value)
{
    char *lower = text_copy(value);
    for (char *p = lower; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    row_set(row, lower);
    free(lower);
}

static void property_set(struct person *p, enum property_name name,
                         const char *address)
{
    enum property_name lower = name == PRIMARY ? PRIMARY_LOWER : SECOND_LOWER;
    row_set(p->row[name], address);
    if (p->row[lower])
        lower_set(p->row[lower], address);
}

static void second_drop(struct person *p)
{
    p->row[SECOND]->gone = true;
    if (p->row[SECOND_LOWER])
        p->row[SECOND_LOWER]->gone = true;
}

static void properties_change(struct person *p, const struct change *change)
{
    bool first = has(p, PRIMARY, change->old);
    bool second = has(p, SECOND, change->old);
    if (first && has(p, SECOND, change->new))
        second_drop(p);
    if (first)
        property_set(p, PRIMARY, change->new);
    else if (second && has(p, PRIMARY, change->new))
        second_drop(p);
    if (second && !p->row[SECOND]->gone)
        property_set(p, SECOND, change->new);
}

/* The _vCard as it would be; what was done to it in *done. */
static bool vcard_change(const struct person *p, const struct change *change,
                         struct text *out, struct notes *done)
{
    const struct row *card = p->row[VCARD];
    if (card)
        vcard_edit(card->value, strlen(card->value), change, out, done);
    return done->count > 0;
}

static void person_change(struct person *p, const struct change *change,
                          struct notes *notes)
{
    struct text card = {0};
    struct notes done = {0};
    const char *name = p->row[DISPLAY] ? p->row[DISPLAY]->value : change->old;
    bool there = has(p, PRIMARY, change->new) || has(p, SECOND, change->new);
    bool in_card = vcard_change(p, change, &card, &done);
    bool old = has(p, PRIMARY, change->old) || has(p, SECOND, change->old);
    enum note_kind kind = there ? NOTE_REMOVED : NOTE_CHANGED;
    if (in_card)
        kind = done.list[0].kind;
    if (newer(p, change))
        kind = NOTE_NEWER;
    if (in_card || old)
        notes_add(notes, kind, name, change);
    if ((in_card || old) && kind != NOTE_NEWER) {
        properties_change(p, change);
        if (in_card)
            row_set(p->row[VCARD], card.s);
        if (p->row[MODIFIED]) {
            char *time = text_format("%lld", (long long)change->registered);
            row_set(p->row[MODIFIED], time);
            free(time);
        }
    }
    notes_free(&done);
    text_free(&card);
}

static int thunderbird_change(const char *path, const struct changes *changes,
                              bool dry, struct notes *notes, char **backup,
                              char *error, size_t size)
{
    struct thunder t;
    struct person p;
    int rc = thunder_open(&t, path, !dry, error, size);
    for (int i = 0; rc == 1 && i < changes->count; i++)
        for (int at = 0; person_next(&t, &at, &p);)
            person_change(&p, &changes->list[i], notes);
    if (rc == 1 && !dry && notes->edits > 0)
        rc = thunder_save(&t, backup, error, size);
    thunder_close(&t);
    return rc;
}

static void person_list(const struct person *p, struct entries *out)
{
    const char *name = p->row[DISPLAY] ? p->row[DISPLAY]->value : "";
    int before = out->count;
    if (p->row[VCARD])
        vcard_read(p->row[VCARD]->value, strlen(p->row[VCARD]->value), out);
    for (int i = PRIMARY; out->count == before && i <= SECOND; i++)
        if (p->row[i] && *p->row[i]->value)
            entries_add(out, name, p->row[i]->value);
}

static int thunderbird_list(const char *path, struct entries *out, char *error,
                            size_t size)
{
    struct thunder t;
    struct person p;
    int rc = thunder_open(&t, path, false, error, size);
    for (int at = 0; rc == 1 && person_next(&t, &at, &p);)
        person_list(&p, out);
    thunder_close(&t);
    return rc;
}

static int thunderbird_detect(const char *head, size_t len)
{
    static const char magic[] = "SQLite format 3";
    return len >= sizeof magic && memcmp(head, magic, sizeof magic) == 0 ? 2
                                                                         : 0;
}

static const char *const thunderbird_places[] = {
    "~/.thunderbird/*/abook.sqlite",
    "~/.thunderbird/*/history.sqlite",
    "~/snap/thunderbird/common/.thunderbird/*/abook.sqlite",
    "~/snap/thunderbird/common/.thunderbird/*/history.sqlite",
    "~/.var/app/org.mozilla.Thunderbird/.thunderbird/*/abook.sqlite",
    "~/.var/app/org.mozilla.Thunderbird/.thunderbird/*/history.sqlite",
    NULL,
};

static const struct format thunderbird = {
    .name = "thunderbird",
    .help = "abook.sqlite of Thunderbird, which must be closed",
    .places = thunderbird_places,
    .detect = thunderbird_detect,
    .change = thunderbird_change,
    .list = thunderbird_list,
};

FORMAT_REGISTER(thunderbird)
