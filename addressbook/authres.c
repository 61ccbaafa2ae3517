/* authres: one Authentication-Results header (RFC 8601). See authres.h.
 *
 * A parser for the whole grammar of section 2.2 and not a search for
 * "dkim=pass": comments, quoted strings, and values of other methods may hold
 * any text, and all of that may have come from a stranger.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "authres.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

/* RFC 2045, 5.1; what a value may hold where it is not quoted. */
#define TSPECIALS "()<>@,;:\\\"/[]?="

struct reader {
    const char *p;
    struct text word;
};

/* One method's result: what is kept of it while it is read. */
struct result {
    bool pass;
    char *signer, *identity;
};

/* Comments and folding white space. false, and nothing is skipped: a comment
 * does not end. */
static bool skip_cfws(struct reader *r)
{
    const char *p = r->p;
    int depth = 0;
    for (; *p && (depth > 0 || *p == '(' || isspace((unsigned char)*p)); p++) {
        if (depth > 0 && *p == '\\' && p[1])
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')')
            depth--;
    }
    if (depth == 0)
        r->p = p;
    return depth == 0;
}

static bool take(struct reader *r, char ch)
{
    if (!skip_cfws(r) || *r->p != ch)
        return false;
    r->p++;
    return true;
}

static bool take_quoted(struct reader *r)
{
    for (r->p++; *r->p && *r->p != '"'; r->p++) {
        if (*r->p == '\\' && r->p[1])
            r->p++;
        text_addn(&r->word, r->p, 1);
    }
    if (*r->p != '"')
        return false;
    r->p++;
    return true;
}

/* A run of characters that are no specials but those in `also`. */
static bool take_atom(struct reader *r, const char *also)
{
    const char *start = r->p;
    for (; *r->p; r->p++) {
        unsigned char ch = (unsigned char)*r->p;
        bool special = ch <= ' ' || ch == 127 || strchr(TSPECIALS, ch);
        if (special && !strchr(also, ch))
            break;
    }
    text_addn(&r->word, start, (size_t)(r->p - start));
    return r->p > start;
}

/* A token or a quoted string (RFC 2045 value), in r->word. */
static bool take_value(struct reader *r, const char *also)
{
    text_cut(&r->word, 0);
    text_add(&r->word, "");
    if (!skip_cfws(r))
        return false;
    return *r->p == '"' ? take_quoted(r) : take_atom(r, also);
}

/* A pvalue: a value, or [[local-part] "@"] domain, the local part of which may
 * be quoted. Signatures in base64 (header.b) have / and = in them; and notices
 * have the sender <>, which hosts write as it is, or not at all. */
static bool take_pvalue(struct reader *r)
{
    text_cut(&r->word, 0);
    text_add(&r->word, "");
    if (!skip_cfws(r))
        return false;
    if (!*r->p || *r->p == ';')
        return true;
    if (*r->p == '<')
        return take_atom(r, "<@/=:[]") && take(r, '>');
    if (!take_value(r, "@/=:[]"))
        return false;
    return *r->p != '@' || take_atom(r, "@");
}

/* Letters, digits and hyphens; a Keyword of RFC 5321. */
static bool take_keyword(struct reader *r)
{
    text_cut(&r->word, 0);
    text_add(&r->word, "");
    if (!skip_cfws(r))
        return false;
    const char *start = r->p;
    while (isalnum((unsigned char)*r->p) || *r->p == '-' || *r->p == '_')
        r->p++;
    text_addn(&r->word, start, (size_t)(r->p - start));
    return r->p > start;
}

/* [CFWS "/" CFWS version]; only version 1 is known. */
static bool take_version(struct reader *r, bool *known)
{
    if (!take(r, '/'))
        return true;
    bool is = take_keyword(r);
    *known = is && strcmp(r->word.s, "1") == 0;
    return is;
}

static void result_note(struct result *result, const char *property,
                        const char *value)
{
    char **into = text_same(property, "d")   ? &result->signer
                  : text_same(property, "i") ? &result->identity
                                             : NULL;
    if (!into)
        return;
    /* Twice is once too often to know which one was meant. */
    if (*into)
        result->pass = false;
    free(*into);
    *into = text_copy(value);
}

/* ptype.property=pvalue, or reason=value, and whatever else hosts write in that
 * form; the keyword was read. */
static bool take_property(struct reader *r, struct result *result)
{
    bool header = text_same(r->word.s, "header");
    if (take(r, '='))
        return take_value(r, "");
    if (!take(r, '.') || !take_keyword(r))
        return false;
    char *property = text_copy(r->word.s);
    bool ok = take(r, '=') && take_pvalue(r);
    if (ok && header)
        result_note(result, property, r->word.s);
    free(property);
    return ok;
}

static void signer_add(struct authres *a, const struct result *result)
{
    const char *domain = result->signer;
    if (!domain && result->identity && strrchr(result->identity, '@'))
        domain = strrchr(result->identity, '@') + 1;
    if (!domain || !*domain)
        return;
    a->domains = array_room(a->domains, a->count, sizeof *a->domains);
    a->domains[a->count++] = text_copy(domain);
}

static bool take_properties(struct reader *r, struct result *result)
{
    while (skip_cfws(r) && *r->p && *r->p != ';')
        if (!take_keyword(r) || !take_property(r, result))
            return false;
    return !*r->p || *r->p == ';';
}

/* method[/version]=result, and what is said about it; or "none". */
static bool take_result(struct reader *r, struct authres *a)
{
    bool known = true;
    struct result result = {0};
    if (!take_keyword(r))
        return false;
    bool dkim = text_same(r->word.s, "dkim");
    if (text_same(r->word.s, "none") && skip_cfws(r) && *r->p != '=')
        return !*r->p;
    if (!take_version(r, &known) || !take(r, '=') || !take_keyword(r))
        return false;
    result.pass = text_same(r->word.s, "pass");
    bool ok = take_properties(r, &result);
    if (ok && dkim && known && result.pass)
        signer_add(a, &result);
    free(result.signer);
    free(result.identity);
    return ok;
}

/* The id, then the version of the header, which is 1 where it is given. */
static bool take_id(struct reader *r, struct authres *a)
{
    if (!take_value(r, "/:"))
        return false;
    a->id = text_copy(r->word.s);
    if (!skip_cfws(r))
        return false;
    if (!isdigit((unsigned char)*r->p))
        return true;
    return take_keyword(r) && strcmp(r->word.s, "1") == 0;
}

static bool take_results(struct reader *r, struct authres *a)
{
    while (take(r, ';')) {
        if (!skip_cfws(r))
            return false;
        /* Some hosts end with a semicolon. */
        if (*r->p && !take_result(r, a))
            return false;
    }
    return skip_cfws(r) && !*r->p;
}

static void domains_free(struct authres *a)
{
    for (int i = 0; i < a->count; i++)
        free(a->domains[i]);
    free(a->domains);
    a->domains = NULL;
    a->count = 0;
}

int authres_read(const char *body, struct authres *a, char *error, size_t size)
{
    struct reader r = {.p = body};
    *a = (struct authres){0};
    int rc = take_id(&r, a) && take_results(&r, a) ? 1 : -1;
    text_free(&r.word);
    if (rc == 1)
        return rc;
    domains_free(a);
    return text_error(error, size, "not as RFC 8601 has it, near \"%.40s\"",
                      r.p);
}

void authres_free(struct authres *a)
{
    domains_free(a);
    free(a->id);
    *a = (struct authres){0};
}
