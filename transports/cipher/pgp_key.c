/* pgp_key: the public keys of a name in a key ring. See pgp_key.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pgp_key.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* An address without its angle brackets, or the digits of a fingerprint; what
 * is neither is no name of ours: anybody can make a key with any key ID. */
static bool name_read(const char *name, struct text *out)
{
    size_t n = strlen(name);
    if (strchr(name, '@')) {
        bool angles = name[0] == '<' && name[n - 1] == '>';
        text_addn(out, name + angles, n - 2u * angles);
        return !strpbrk(out->s, "<>");
    }
    if (strncasecmp(name, "0x", 2) == 0)
        name += 2;
    for (; *name; name++)
        if (isxdigit((unsigned char)*name))
            text_addn(out, name, 1);
        else if (*name != ' ')
            return false;
    return out->len == 40 || out->len == 64;
}

/* A fingerprint may be that of a key or of a subkey. */
static bool key_has_name(gpgme_key_t key, const char *name)
{
    if (!strchr(name, '@')) {
        for (gpgme_subkey_t sub = key->subkeys; sub; sub = sub->next)
            if (sub->fpr && text_same(sub->fpr, name))
                return true;
        return false;
    }
    for (gpgme_user_id_t user = key->uids; user; user = user->next)
        if (!user->revoked && !user->invalid && user->address &&
            text_same(user->address, name))
            return true;
    return false;
}

/* NULL, or why nothing can be encrypted for it. */
static const char *key_unfit(gpgme_key_t key, const char *name)
{
    if (key->revoked)
        return "is revoked";
    if (key->expired)
        return "has expired";
    if (key->disabled)
        return "is disabled";
    if (key->invalid || !key_has_name(key, name))
        return "is not valid under this name";
    if (!key->can_encrypt)
        return "has nothing to encrypt with";
    return NULL;
}

static void keys_add(struct pgp_keys *keys, gpgme_key_t key)
{
    if (keys->count == 0)
        keys->list = text_grow(NULL, 0, sizeof(gpgme_key_t));
    keys->list = text_grow(keys->list, keys->count + 1, sizeof(gpgme_key_t));
    keys->list[keys->count++] = key;
}

/* Takes the next keys of the listing that has begun; *why is about the last one
 * that is not fit. */
static gpgme_error_t keys_list(gpgme_ctx_t context, const char *name,
                               struct pgp_keys *keys, const char **why)
{
    gpgme_key_t key;
    gpgme_error_t rc;
    while (!(rc = gpgme_op_keylist_next(context, &key))) {
        const char *unfit = key_unfit(key, name);
        if (unfit) {
            *why = unfit;
            gpgme_key_unref(key);
        } else {
            keys_add(keys, key);
        }
    }
    gpgme_op_keylist_end(context);
    return gpgme_err_code(rc) == GPG_ERR_EOF ? 0 : rc;
}

int pgp_keys_find(gpgme_ctx_t context, const char *name, struct pgp_keys *keys,
                  char *error, size_t size)
{
    struct text plain = {0};
    const char *why = "is not in the key ring";
    if (!name_read(name, &plain)) {
        text_free(&plain);
        text_error(error, size,
                   "%s is neither a whole fingerprint nor an address", name);
        return 0;
    }
    /* In angle brackets, an address is not sought within longer ones. */
    char *pattern = text_format(strchr(plain.s, '@') ? "<%s>" : "%s", plain.s);
    gpgme_error_t rc = gpgme_op_keylist_start(context, pattern, 0);
    if (!rc)
        rc = keys_list(context, plain.s, keys, &why);
    free(pattern);
    text_free(&plain);
    if (rc)
        return text_error(error, size, "cannot look for the key %s: %s", name,
                          gpgme_strerror(rc));
    if (keys->count == 0)
        text_error(error, size, "the key %s %s", name, why);
    return keys->count;
}

void pgp_keys_free(struct pgp_keys *keys)
{
    for (int i = 0; i < keys->count; i++)
        gpgme_key_unref(keys->list[i]);
    free(keys->list);
    *keys = (struct pgp_keys){0};
}
