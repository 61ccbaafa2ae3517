/* fuzz_key: the addresses of the second chance: hostile local parts, and
 * hostile senders and servers through an address and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "chance_key.h"

static int printable(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 127)
            return 0;
    return 1;
}

/* A server must be named, and a control character is refused on the way back:
 * it would make header fields of its own. */
static void check_round(const struct settings *set, char *server, char *sender)
{
    char id[] = "1vMqTr-000000001Ab-0001", tag[] = "0f";
    struct chance_key back, key = {id, tag, server, sender};
    char *address = chance_key_address(set, &key);
    char *at = strrchr(address, '@');

    FUZZ_ASSERT(at != NULL && strcmp(at + 1, set->domain) == 0);
    FUZZ_ASSERT(strchr(address, '@') == at);
    *at = '\0';
    int good = *server != '\0' && printable(server) && printable(sender);

    FUZZ_ASSERT(chance_key_parse(address, &back) == good);
    if (good) {
        FUZZ_ASSERT(strcmp(back.server, server) == 0);
        FUZZ_ASSERT(strcmp(back.sender, sender) == 0);
        FUZZ_ASSERT(strcmp(back.id, key.id) == 0);
    }
    chance_key_free(&back);
    free(address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings *set;
    char *input = fuzz_text(data, size);
    char *prefixed = text_format("1vMqTr-000000001Ab-0001+0f+%s", input);
    char server[] = "smart1.example:25", sender[] = "a@example.org";
    struct chance_key key;

    if (set == NULL)
        set = settings_new("/var/spool/exim4");
    chance_key_parse(input, &key);
    chance_key_free(&key);
    chance_key_parse(prefixed, &key);
    chance_key_free(&key);
    check_round(set, server, input);
    check_round(set, input, sender);
    free(prefixed);
    free(input);
    return 0;
}
