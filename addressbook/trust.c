/* trust: whether a change of address may be believed. See trust.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trust.h"

#include <stdlib.h>

#include "address.h"
#include "array.h"
#include "authres.h"
#include "text.h"

void strings_add(struct strings *w, const char *word)
{
    w->list = array_room(w->list, w->count, sizeof *w->list);
    w->list[w->count++] = text_copy(word);
}

void strings_free(struct strings *w)
{
    for (int i = 0; i < w->count; i++)
        free(w->list[i]);
    free(w->list);
    *w = (struct strings){0};
}

static bool signer_fits(const char *signer, const char *domain,
                        const struct strings *domains)
{
    if (domain_covers(signer, domain))
        return true;
    for (int i = 0; i < domains->count; i++)
        if (text_same(signer, domains->list[i]))
            return true;
    return false;
}

/* What the topmost header of this host says. 1 it vouches, 0 not. */
static int host_check(const struct letter *l, const char *host,
                      const char *domain, const struct strings *domains,
                      char *why, size_t size)
{
    char error[120];
    for (int i = 0; i < l->result_count; i++) {
        struct authres a;
        int found = 0,
            rc = authres_read(l->results[i], &a, error, sizeof error);
        bool ours = a.id && text_same(a.id, host);
        for (int j = 0; ours && j < a.count; j++)
            found |= signer_fits(a.domains[j], domain, domains);
        const char *signer = a.count > 0 ? a.domains[0] : "nobody";
        if (ours && rc == -1)
            text_error(why, size, "the Authentication-Results of %s are %s",
                       host, error);
        else if (ours && !found)
            text_error(why, size,
                       "%s found a good DKIM signature of %s, not of %s", host,
                       signer, domain);
        authres_free(&a);
        if (ours)
            return found;
    }
    text_error(why, size, "there are no Authentication-Results of %s", host);
    return 0;
}

int trust_check(const struct letter *l, const struct change *change,
                const struct strings *hosts, const struct strings *domains,
                char *why, size_t size)
{
    text_error(why, size, "no host is trusted");
    for (int i = 0; i < hosts->count; i++)
        if (host_check(l, hosts->list[i], address_domain(change->old), domains,
                       why, size))
            return 1;
    return 0;
}
