/* instructions: what the reader of a packed message, or of its pieces, has to
 * do. See instructions.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "instructions.h"

#include <string.h>

#include "subject.h"

#define FEW 12 /* pieces, which are named one by one */
#define WINDOWS                                                                \
    "   Windows        type cmd into the folder's address bar, then\n"
#define UNIX "   macOS, Linux   open a terminal in the folder, then\n"

static int digits(const struct instructions *i)
{
    return subject_digits(i->total);
}

/* ---- the file ---- */

static bool ends_with(const struct text *name, const char *suffix)
{
    size_t n = strlen(suffix);
    return name->len >= n && strcmp(name->s + name->len - n, suffix) == 0;
}

/* The message's name in the archive: gzip and zstd hold one file, which takes
 * the archive's name ("X.eml.gz", X.eml). */
static void message_name(const struct packed *p, struct text *out)
{
    const char *own = strstr(p->name.s, ".eml.");
    if (own)
        text_addn(out, p->name.s, (size_t)(own - p->name.s) + strlen(".eml"));
    else
        text_add(out, PACK_MESSAGE);
}

static void open_write(const struct packed *p, const char *indent,
                       struct text *out)
{
    struct text message = {0};
    message_name(p, &message);
    text_addf(out, "Open %s.\n%s", p->name.s, indent);
    switch (p->kind) {
    case PACKED_NOT:
        text_add(out, "It is the message; a mail program opens it.\n");
        break;
    case PACKED_WHOLE:
        text_addf(out,
                  "In it is the message with its attached files, %s; "
                  "a mail program opens that.\n",
                  message.s);
        break;
    case PACKED_FILES:
        text_addf(out,
                  "The attached files of the message are in it, and its text "
                  "as %s.\n",
                  message.s);
    }
    text_free(&message);
}

static void whole_write(const struct packed *p, struct text *out)
{
    text_addf(out,
              "This message" INSTRUCTIONS_MARK " as it was, so it is in the\n"
              "attached file %s.\n\n",
              p->name.s);
    open_write(p, "", out);
}

/* ---- pieces out of their archives ---- */

/* Those that did not shrink are no archives. */
static bool mixed(const struct instructions *i)
{
    return i->shrunk < i->total;
}

/* tar of Windows (10 and later) opens zip, and no 7z or xz for sure; that of
 * Linux opens no zip. */
static void zip_lines(const struct instructions *i, struct text *out)
{
    const char *name = i->packed->name.s;
    int n = digits(i);
    text_add(out, WINDOWS "       mkdir pieces\n");
    text_addf(out, "       for %%f in (%s.%.*s.zip) do tar -xf %%f -C pieces\n",
              name, n, "?????");
    if (mixed(i))
        text_addf(out, "       copy %s.%.*s pieces\n", name, n, "?????");
    text_addf(out, UNIX "       unzip -d pieces '%s.%.*s.zip'\n", name, n,
              "?????");
    if (mixed(i))
        text_addf(out, "       cp %s.%.*s pieces\n", name, n, "?????");
    text_add(out, "   By hand        open each archive, and drag what is in it "
                  "there\n");
}

/* Into another folder, so that no pattern and no program takes an archive for a
 * piece. Who has asked for something else than zip has a program for it. */
static void take_write(const struct instructions *i, struct text *out)
{
    bool zip = strcmp(i->suffix, ".zip") == 0;
    text_addf(out,
              "2. Take each out of its archive (%s), into another folder, "
              "pieces,\n   inside the first%s\n",
              i->suffix, zip ? ":" : ".");
    if (mixed(i))
        text_addf(out,
                  "   (Those that do not end in %s are no archives: copy them "
                  "there.)\n",
                  i->suffix);
    text_add(out, "\n");
    if (zip) {
        zip_lines(i, out);
        text_add(out, "\n");
    }
}

/* ---- pieces to a file ---- */

/* A pattern takes files in the order of the folder, which need not be that of
 * their names (FAT), and in Windows also the file that is being made. */
static void copy_line(const struct instructions *i, struct text *out)
{
    const char *name = i->packed->name.s;
    text_add(out, "       copy /b ");
    for (int k = 1; k <= i->total && i->total <= FEW; k++)
        text_addf(out, "%s%s.%0*d", k > 1 ? " + " : "", name, digits(i), k);
    if (i->total > FEW)
        text_addf(out, "%s.%.*s", name, digits(i), "?????");
    text_addf(out, " %s\n", name);
    if (i->total > FEW)
        text_addf(out, "   (delete %s first, if it is there)\n", name);
}

int64_t instructions_grow(const struct packed *p)
{
    return FEW * ((int64_t)p->name.len + (int64_t)strlen(".001 + "));
}

/* 7-Zip looks into pieces of an archive; of others it shows the file. */
static void seven_line(const struct instructions *i, struct text *out)
{
    const struct text *name = &i->packed->name;
    bool archive = ends_with(name, ".zip") || ends_with(name, ".7z");
    text_addf(out, "   7-Zip, Keka    open %s.%0*d%s\n", name->s, digits(i), 1,
              archive ? "; that is all" : ", take out what is in it");
}

static void join_write(const struct instructions *i, struct text *out)
{
    const char *name = i->packed->name.s;
    bool taken = i->shrunk > 0;
    text_addf(out, "%d. Join them, in %s:\n\n", taken ? 3 : 2,
              taken ? "the folder pieces" : "that folder");
    seven_line(i, out);
    text_add(out, WINDOWS);
    copy_line(i, out);
    text_addf(out, UNIX "       cat %s.%.*s > %s\n\n%d. ", name, digits(i),
              "?????", name, taken ? 4 : 3);
    open_write(i->packed, "   ", out);
}

static void piece_write(const struct instructions *i, struct text *out)
{
    text_addf(
        out,
        "This message" INSTRUCTIONS_MARK " in one, so it comes in %d\n"
        "messages, (1/%d) to (%d/%d). This is number %d. Each has a piece "
        "of the file\n%s attached. When all of them are there:\n\n",
        i->total, i->total, i->total, i->total, i->number, i->packed->name.s);
    text_add(out, "1. Save the attached file of each in the same folder.\n");
    if (i->shrunk > 0)
        take_write(i, out);
    join_write(i, out);
}

void instructions_write(const struct instructions *i, struct text *out)
{
    if (i->total == 1)
        whole_write(i->packed, out);
    else
        piece_write(i, out);
}
