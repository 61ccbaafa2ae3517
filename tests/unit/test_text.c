/* test_text: growing strings, and lists as Exim reads them.
 *
 * The lists were compared with ${map{LIST}{[$item]}} of exim -be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#include "text.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *label, *list;
    const char *want; /* each item in brackets */
} lists[] = {
    {.label = "one item", .list = "a", .want = "[a]"},
    {.label = "no list at all", .list = "", .want = ""},
    {.label = "white space is no item", .list = " \t\n", .want = ""},
    {.label = "items", .list = "a:b:c", .want = "[a][b][c]"},
    {.label = "white space around items",
     .list = " a\n:  b\t: c ",
     .want = "[a][b][c]"},
    {.label = "white space within", .list = "a b : c", .want = "[a b][c]"},
    {.label = "a doubled separator", .list = "c::d", .want = "[c:d]"},
    {.label = "three separators", .list = "a:::b", .want = "[a:][b]"},
    {.label = "four separators", .list = "a::::b", .want = "[a::b]"},
    {.label = "a doubled separator first", .list = "::a", .want = "[:a]"},
    {.label = "a doubled separator last", .list = "a::", .want = "[a:]"},
    {.label = "three separators last", .list = "a:::", .want = "[a:]"},
    {.label = "an empty item first", .list = ":a", .want = "[][a]"},
    {.label = "an empty item in the middle",
     .list = "a: :b",
     .want = "[a][][b]"},
    {.label = "a separator last", .list = "a:b:", .want = "[a][b]"},
    {.label = "a separator alone", .list = ":", .want = "[]"},
    {.label = "two separators apart", .list = ": :", .want = "[][]"},
    {.label = "a separator and space last", .list = "a: ", .want = "[a]"},
    {.label = "another separator", .list = "<; a ; b;c", .want = "[a][b][c]"},
    {.label = "another separator after space",
     .list = "  <; a;b",
     .want = "[a][b]"},
    {.label = "colons under another separator",
     .list = "<;[::1]:25;a:b",
     .want = "[[::1]:25][a:b]"},
    {.label = "another separator, doubled",
     .list = "<; a ; b;;c; ; d;",
     .want = "[a][b;c][][d]"},
    {.label = "another separator, empty item first",
     .list = "<;;a;b",
     .want = "[][a][b]"},
    {.label = "another separator, no item", .list = "<;", .want = ""},
    {.label = "another separator, space", .list = "<; ", .want = ""},
    {.label = "the colon named", .list = "<:a::b:c", .want = "[a:b][c]"},
    {.label = "a comma", .list = "<, a, b", .want = "[a][b]"},
    {.label = "a letter is no separator",
     .list = "<a b:c",
     .want = "[<a b][c]"},
    {.label = "white space is no separator",
     .list = "<  a:b",
     .want = "[<  a][b]"},
    {.label = "< alone", .list = "<", .want = "[<]"},
    {.label = "line ends", .list = "<\n a\nb\nc\n", .want = "[a][b][c]"},
    {.label = "line ends, doubled: an empty item",
     .list = "<\n a\nb\n\nc\n",
     .want = "[a][b][][c]"},
    {.label = "line ends first", .list = "<\n\n a", .want = "[][a]"},
    {.label = "line ends with CR", .list = "<\n a\r\nb\r\n", .want = "[a][b]"},
    {.label = "tabs", .list = "<\t a\t\tb", .want = "[a][][b]"},
};

static void check_lists(void)
{
    for (size_t i = 0; i < LENGTH(lists); i++) {
        const char *list = lists[i].list;
        struct text item = {0}, got = {0};
        char sep = 0;

        while (list_next(&list, &sep, &item))
            text_addf(&got, "[%s]", item.s);
        unit_str(lists[i].label, "items", text_str(&got), lists[i].want);
        unit_true(lists[i].label, !list_next(&list, &sep, &item));
        text_free(&item);
        text_free(&got);
    }
}

static void check_null_list(void)
{
    const char *list = NULL;
    struct text item = {0};
    char sep = 0;

    unit_true("no list is no item", !list_next(&list, &sep, &item));
    text_free(&item);
}

static void check_growth(void)
{
    struct text t = {0};

    unit_str("nothing added", "contents", text_str(&t), "");
    text_cut(&t, 0);
    text_free(&t);
    text_add(&t, "");
    unit_str("an empty string added", "contents", t.s, "");
    for (int i = 0; i < 10000; i++)
        text_addf(&t, "%04d", i);
    unit_int("10000 additions", "length", (long)t.len, 40000);
    unit_int("10000 additions", "strlen", (long)strlen(t.s), 40000);
    unit_str("10000 additions", "end", t.s + 39996, "9999");
    text_cut(&t, 50000);
    unit_int("cut beyond the end", "length", (long)t.len, 40000);
    text_cut(&t, 4);
    unit_str("cut", "contents", t.s, "0000");
    text_addn(&t, "a\0b", 3);
    unit_int("a zero byte", "length", (long)t.len, 7);
    unit_true("a zero byte", memcmp(t.s, "0000a\0b", 8) == 0);
    text_free(&t);
    unit_true("freed", t.s == NULL && t.len == 0 && t.cap == 0);
}

static void check_long_format(void)
{
    char *wide = text_format("%5000s|", "x");
    char *empty = text_format("%s", "");

    unit_int("a long format", "length", (long)strlen(wide), 5001);
    unit_str("an empty format", "contents", empty, "");
    free(wide);
    free(empty);
}

static void check_error(void)
{
    char error[8];

    unit_int("text_error", "result",
             text_error(error, sizeof error, "%s", "longer than that"), -1);
    unit_str("text_error, cut", "error", error, "longer ");
}

static const struct {
    const char *label, *text, *want;
} trims[] = {
    {.label = "nothing to trim", .text = "a b", .want = "a b"},
    {.label = "both ends", .text = " \t\r\na b\n ", .want = "a b"},
    {.label = "white space alone", .text = " \n ", .want = ""},
    {.label = "empty", .text = "", .want = ""},
};

static void check_trims(void)
{
    for (size_t i = 0; i < LENGTH(trims); i++) {
        char *copy = text_copy(trims[i].text);

        unit_str(trims[i].label, "trimmed", text_trim(copy), trims[i].want);
        free(copy);
    }
}

static void check_same(void)
{
    unit_true("case does not matter", text_same("A@Example.ORG", "a@example."
                                                                 "org"));
    unit_true("another text", !text_same("a@example.org", "a@example.or"));
    unit_true("letters outside ASCII differ by case",
              !text_same("\xc3\x84", "\xc3\xa4"));
}

int main(void)
{
    check_lists();
    check_null_list();
    check_growth();
    check_long_format();
    check_error();
    check_trims();
    check_same();
    return unit_end();
}
