/* announced: the size that a smarthost has announced. See announced.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "announced.h"

#include "policy.h"

int64_t announced_size(struct breakers *b, const struct settings *set,
                       const char *key, int64_t now)
{
    struct breaker_view view = {0};
    struct slot *slot = breaker_slot(b, key, false);
    if (slot)
        breaker_look(slot, set, now, &view);
    return view.size >= ENVIRONMENT_SIZE_MIN ? (int64_t)view.size : 0;
}

const struct server *announced_by(const struct settings *set,
                                  const struct server_list *servers,
                                  const struct environment *e)
{
    bool counts = servers->count > 0 && set->adapt && !(e->said & SAID_SIZE) &&
                  policy_decide(&set->policy, CLASS_SIZE, 1) == VERB_ADAPT;
    return counts ? &servers->servers[0] : NULL;
}

bool announced_fill(struct breakers *b, const struct settings *set,
                    const struct server *server, int64_t now,
                    struct environment *e)
{
    int64_t size = announced_size(b, set, server->key, now);
    if (size == 0)
        return false;
    e->size = size;
    e->said |= SAID_SIZE;
    return true;
}
