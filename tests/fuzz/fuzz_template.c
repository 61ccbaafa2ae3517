/* fuzz_template: templates and facts from hostile bytes.
 *
 * What is before the first NUL is a template's file, the rest a fact and a
 * header field's text. A file that is taken makes header fields that nothing
 * in them can end, and a text in which nothing but facts has changed; what is
 * encoded is decoded to the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "template.h"
#include "words.h"

static bool no_fact(const char *word, void *context, struct text *out)
{
    (void)context;
    (void)out;
    FUZZ_ASSERT(*word != '\0');
    return false;
}

static bool a_fact(const char *word, void *context, struct text *out)
{
    FUZZ_ASSERT(strspn(word, "abcdefghijklmnopqrstuvwxyz") == strlen(word));
    text_add(out, context);
    return strlen(word) % 2 == 1;
}

/* Fields in lines, folded ones among them; no empty line, no control byte. */
static void check_head(const struct text *head)
{
    const char *p = text_str(head);

    FUZZ_ASSERT(head->len == 0 || p[head->len - 1] == '\n');
    FUZZ_ASSERT(strlen(p) == head->len);
    while (*p != '\0') {
        size_t n = strcspn(p, "\n");

        FUZZ_ASSERT(strspn(p, " \t") < n);
        FUZZ_ASSERT(*p == ' ' || memchr(p, ':', n) != NULL);
        for (size_t i = 0; i < n; i++)
            FUZZ_ASSERT((unsigned char)p[i] >= ' ' && p[i] != 127);
        p += n + 1;
    }
}

/* A file that lives in memory, by its number in a directory of all of them. */
static int fill(const char *file,
                bool (*fact)(const char *, void *, struct text *),
                char *context, struct text *head, struct text *body)
{
    int fd = memfd_create("template", 0), rc;
    char name[20], error[400] = "";

    FUZZ_ASSERT(fd != -1);
    FUZZ_ASSERT(write(fd, file, strlen(file)) == (ssize_t)strlen(file));
    snprintf(name, sizeof name, "%d", fd);
    rc = template_fill("/proc/self/fd", name, fact, context, head, body, error,
                       sizeof error);
    FUZZ_ASSERT((rc == -1) == (error[0] != '\0'));
    FUZZ_ASSERT(rc == 0 || (head->len == 0 && body->len == 0));
    close(fd);
    return rc;
}

static void check_file(const char *file, char *fact)
{
    struct text head = {0}, body = {0}, filled_head = {0}, filled = {0};
    int rc = fill(file, no_fact, NULL, &head, &body);

    FUZZ_ASSERT(fill(file, a_fact, fact, &filled_head, &filled) == rc);
    check_head(&head);
    check_head(&filled_head);
    if (rc == 0) {
        const char *text = strstr(file, "\n\n");

        FUZZ_ASSERT(text != NULL);
        text = *file == '\n' ? file + 1 : text + 2;
        FUZZ_ASSERT(strcmp(text_str(&body), text) == 0);
    }
    text_free(&head);
    text_free(&body);
    text_free(&filled_head);
    text_free(&filled);
}

/* Printable UTF-8, which words_decode() leaves as it is. */
static bool clean(const char *s)
{
    for (size_t n; *s != '\0'; s += n) {
        n = text_utf8(s);
        if (n == 0 || (n == 1 && ((unsigned char)*s < ' ' || *s == 127)) ||
            (n == 2 && (unsigned char)s[0] == 0xc2 &&
             (unsigned char)s[1] < 0xa0))
            return false;
    }
    return true;
}

static void check_encoded(const char *s)
{
    struct text out = {0}, unfolded = {0}, again = {0};
    const char *p;

    template_encode(s, &out);
    for (p = text_str(&out); *p != '\0'; p++) {
        FUZZ_ASSERT((*p >= ' ' && *p < 127) || (*p == '\n' && p[1] == ' '));
        if (*p != '\n')
            text_addn(&unfolded, p, 1);
    }
    for (p = strchr(text_str(&out), '\n'); p != NULL; p = strchr(p + 1, '\n'))
        FUZZ_ASSERT(strcspn(p + 1, "\n") <= 76);
    words_decode(text_str(&unfolded), &again);
    FUZZ_ASSERT(!clean(s) || strcmp(text_str(&again), s) == 0);
    text_free(&out);
    text_free(&unfolded);
    text_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *file = fuzz_text(data, size);
    char *fact = file + strlen(file) + (strlen(file) < size);
    char *whole = text_format("Subject: x\n%s", file);

    check_file(file, fact);
    check_file(whole, fact);
    check_encoded(fact);
    free(file);
    free(whole);
    return 0;
}
