/* class: the table of error classes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "class.h"

#include <string.h>

static const struct {
    const char *name;
    bool speaks_of_server;
} classes[CLASS_COUNT] = {
    [CLASS_NONE] = {"none", false},
    [CLASS_CONNECT] = {"connect", true},
    [CLASS_DROPPED] = {"dropped", true},
    [CLASS_GREETING] = {"greeting", true},
    [CLASS_TLS] = {"tls", true},
    [CLASS_AUTH] = {"auth", true},
    /* Greylisting is an answer to one sender and recipient pair: a breaker
     * that counted it would keep away mail that the server wants. */
    [CLASS_GREYLIST] = {"greylist", false},
    [CLASS_RATE] = {"rate", true},
    [CLASS_SERVER] = {"server", true},
    [CLASS_POLICY] = {"policy", true},
    [CLASS_RELAY_DENIED] = {"relay-denied", true},
    [CLASS_SENDER] = {"sender", false},
    [CLASS_RECIPIENT] = {"recipient", false},
    [CLASS_MAILBOX_FULL] = {"mailbox-full", false},
    [CLASS_SIZE] = {"size", false},
    [CLASS_CONTENT] = {"content", false},
    [CLASS_PROTOCOL] = {"protocol", false},
    [CLASS_TEMPORARY] = {"temporary", true},
    [CLASS_PERMANENT] = {"permanent", false},
};

static bool class_is_known(enum error_class c)
{
    return (unsigned)c < CLASS_COUNT;
}

const char *class_name(enum error_class c)
{
    return class_is_known(c) ? classes[c].name : classes[CLASS_NONE].name;
}

int class_from_name(const char *name, enum error_class *c)
{
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        if (strcmp(name, classes[i].name) == 0) {
            *c = (enum error_class)i;
            return 1;
        }
    }
    return 0;
}

bool class_speaks_of_server(enum error_class c)
{
    return class_is_known(c) && classes[c].speaks_of_server;
}
