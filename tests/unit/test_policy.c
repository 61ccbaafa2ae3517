/* test_policy: actions: what is legal, the defaults, which step answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "policy.h"
#include "unit.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
    enum error_class class;
    const char *want;
} defaults[] = {
    {CLASS_CONNECT, "next"},
    {CLASS_DROPPED, "same*2,next"},
    {CLASS_GREETING, "next"},
    {CLASS_TLS, "next"},
    {CLASS_AUTH, "next"},
    {CLASS_GREYLIST, "same*5,next"},
    {CLASS_RATE, "next"},
    {CLASS_SERVER, "next"},
    {CLASS_POLICY, "next"},
    {CLASS_RELAY_DENIED, "next"},
    {CLASS_SENDER, "cancel"},
    {CLASS_RECIPIENT, "cancel"},
    {CLASS_MAILBOX_FULL, "cancel"},
    {CLASS_SIZE, "adapt"},
    {CLASS_CONTENT, "cancel"},
    {CLASS_PROTOCOL, "cancel"},
    {CLASS_TEMPORARY, "same*3,next"},
    {CLASS_PERMANENT, "cancel"},
};

static void check_defaults(void)
{
    struct policy p;
    char action[100];

    policy_defaults(&p);
    unit_int("defaults", "classes", (long)LENGTH(defaults), CLASS_COUNT - 1);
    for (size_t i = 0; i < LENGTH(defaults); i++) {
        policy_action(&p, defaults[i].class, action, sizeof action);
        unit_str(class_name(defaults[i].class), "default", action,
                 defaults[i].want);
    }
}

static const struct {
    const char *label, *list;
    enum error_class class;
    const char *want;
} legal[] = {
    {"next", "recipient=next", CLASS_RECIPIENT, "next"},
    {"same", "connect=same", CLASS_CONNECT, "same"},
    {"same, counted", "connect=same*7", CLASS_CONNECT, "same*7"},
    {"cancel", "connect=cancel", CLASS_CONNECT, "cancel"},
    {"adapt", "size=adapt", CLASS_SIZE, "adapt"},
    {"two steps", "rate=same*2,next", CLASS_RATE, "same*2,next"},
    {"four steps", "rate=same*1,same*2,same*1000,cancel", CLASS_RATE,
     "same*1,same*2,same*1000,cancel"},
    {"space everywhere", "  rate = same*2 , next  ", CLASS_RATE, "same*2,next"},
    {"several classes", "rate=cancel : mailbox-full=next", CLASS_MAILBOX_FULL,
     "next"},
    {"the last one holds", "rate=cancel : rate=same", CLASS_RATE, "same"},
    {"another separator", "<; rate=cancel; server=cancel", CLASS_SERVER,
     "cancel"},
    {"empty items", ": rate=cancel : :", CLASS_RATE, "cancel"},
    {"an empty list", "", CLASS_RATE, "next"},
};

static void check_legal(void)
{
    for (size_t i = 0; i < LENGTH(legal); i++) {
        struct policy p;
        char error[300] = "", action[100];

        policy_defaults(&p);
        unit_int(legal[i].label, "result",
                 policy_set(&p, legal[i].list, error, sizeof error), 0);
        unit_str(legal[i].label, "error", error, "");
        policy_action(&p, legal[i].class, action, sizeof action);
        unit_str(legal[i].label, "action", action, legal[i].want);
        policy_action(&p, CLASS_GREYLIST, action, sizeof action);
        unit_str(legal[i].label, "a class not named", action, "same*5,next");
    }
}

static const struct {
    const char *label, *list;
    const char *item, *mend; /* both in the error text */
} illegal[] = {
    {"no action", "rate", "\"rate\"", "write CLASS=ACTION"},
    {"an empty action", "rate=", "\"rate=\"", "the action is missing"},
    {"commas alone", "rate=,", "\"rate=,\"", "the action is missing"},
    {"no class", "=next", "\"=next\"", "there is no such class"},
    {"an unknown class", "speed=next", "\"speed=next\"",
     "there is no such class (docs/classes.md"},
    {"a class in capitals", "Rate=next", "\"Rate=next\"",
     "there is no such class"},
    {"no failure is no class", "none=next", "\"none=next\"",
     "there is no such class"},
    {"an unknown action", "rate=retry", "\"rate=retry\"",
     "an action is next, same, same*N, cancel or adapt"},
    {"an action in capitals", "rate=NEXT", "\"rate=NEXT\"",
     "an action is next, same"},
    {"0 times", "rate=same*0", "\"rate=same*0\"", "a number from 1 to 1000"},
    {"1001 times", "rate=same*1001", "\"rate=same*1001\"",
     "a number from 1 to 1000"},
    {"a negative number", "rate=same*-1", "\"rate=same*-1\"",
     "a number from 1 to 1000"},
    {"no number", "rate=same*", "\"rate=same*\"", "a number from 1 to 1000"},
    {"a word for a number", "rate=same*two", "\"rate=same*two\"",
     "a number from 1 to 1000"},
    {"a number and more", "rate=same*2x", "\"rate=same*2x\"",
     "a number from 1 to 1000"},
    {"next, counted", "rate=next*2", "\"rate=next*2\"",
     "only same can be counted (same*N)"},
    {"cancel, counted", "rate=cancel*2", "\"rate=cancel*2\"",
     "only same can be counted"},
    {"a step after next", "rate=next,cancel", "\"rate=next,cancel\"",
     "the step before the comma never ends: write same*N"},
    {"a step after same", "rate=same,next", "\"rate=same,next\"",
     "write same*N"},
    {"five steps", "rate=same*1,same*1,same*1,same*1,next",
     "same*1,same*1,same*1,same*1,next", "four steps at most"},
    {"the second item", "server=cancel : rate=x", "\"rate=x\"",
     "an action is next"},
};

static void check_illegal(void)
{
    for (size_t i = 0; i < LENGTH(illegal); i++) {
        struct policy p, before;
        char error[300] = "";

        policy_defaults(&p);
        before = p;
        unit_int(illegal[i].label, "result",
                 policy_set(&p, illegal[i].list, error, sizeof error), -1);
        unit_has(illegal[i].label, "error", error, illegal[i].item);
        unit_has(illegal[i].label, "error", error, illegal[i].mend);
        unit_true(illegal[i].label, memcmp(&p, &before, sizeof p) == 0);
    }
}

static const struct {
    const char *label, *action;
    const char *want; /* the answers to the failures 1 to 7, first letters */
} sequences[] = {
    {"next for ever", "next", "nnnnnnn"},
    {"same for ever", "same", "sssssss"},
    {"cancel", "cancel", "ccccccc"},
    {"adapt", "adapt", "aaaaaaa"},
    {"same*1,next", "same*1,next", "snnnnnn"},
    {"same*3,next", "same*3,next", "sssnnnn"},
    {"same*2,cancel", "same*2,cancel", "ssccccc"},
    {"same*3 and nothing after it", "same*3", "ssscccc"},
    {"same*2,same*2,next", "same*2,same*2,next", "ssssnnn"},
};

static void check_sequences(void)
{
    for (size_t i = 0; i < LENGTH(sequences); i++) {
        struct policy p;
        char list[100], error[300], got[8] = "";

        policy_defaults(&p);
        snprintf(list, sizeof list, "rate=%s", sequences[i].action);
        unit_int(sequences[i].label, "result",
                 policy_set(&p, list, error, sizeof error), 0);
        for (int n = 1; n <= 7; n++)
            got[n - 1] = verb_name(policy_decide(&p, CLASS_RATE, n))[0];
        unit_str(sequences[i].label, "answers", got, sequences[i].want);
    }
}

static void check_names(void)
{
    unit_str("verb", "name", verb_name(VERB_NEXT), "next");
    unit_str("verb", "name", verb_name(VERB_SAME), "same");
    unit_str("verb", "name", verb_name(VERB_CANCEL), "cancel");
    unit_str("verb", "name", verb_name(VERB_ADAPT), "adapt");
}

static void check_small_buffer(void)
{
    struct policy p;
    char action[6];

    policy_defaults(&p);
    policy_action(&p, CLASS_TEMPORARY, action, sizeof action);
    unit_str("a small buffer", "action", action, "same*");
}

int main(void)
{
    check_names();
    check_defaults();
    check_legal();
    check_illegal();
    check_sequences();
    check_small_buffer();
    return unit_end();
}
