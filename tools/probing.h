/* probing: a probe whose result all Exim processes learn.
 *
 * Called by: runner, in a process of its own.
 * Fails: towards "not there"; why is in the server's breaker and in the
 * transmission log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef OUTRIDER_PROBING_H
#define OUTRIDER_PROBING_H

#include "breaker.h"
#include "classify.h"
#include "option.h"

enum probing {
    PROBING_WELL,    /* it takes mail, as far as a probe can tell */
    PROBING_FAILED,  /* it does not answer */
    PROBING_ANSWERED /* it has greeted, but does not go along with the probe */
};

/* Asks the server `key` with the settings' probe. When it does not answer as
 * it should, its breaker stays open for another while; a refusal that speaks of
 * the probe's own address is an answer as good as any. */
enum probing probing_run(const struct settings *set,
                         struct classifier *classifier, struct breakers *b,
                         const char *key, const char *hello);

#endif
