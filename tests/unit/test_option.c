/* test_option: settings: what is legal, what is said of the rest, what is
 * printed; and that the documentation knows each option.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <syslog.h>

#include "option.h"
#include "scratch.h"
#include "unit.h"

#define MANUAL "docs/configuration.md"
#define SPOOL "/var/spool/exim4"

/* What is printed for this option, "" when it is not there; free it. */
static char *printed_value(const struct settings *s, const char *name)
{
    struct text out = {0}, start = {0};
    const char *at;
    char *value;

    settings_print(s, &out);
    text_addf(&start, "\n%s = ", name);
    at = strstr(out.s, start.s);
    value = at != NULL ? strndup(at + start.len, strcspn(at + start.len, "\n"))
                       : text_copy("(not printed)");
    text_free(&out);
    text_free(&start);
    return value;
}

static const struct {
    const char *label, *lines, *option;
    const char *want; /* what is printed then */
} legal[] = {
    {"a default: domain", "", "domain", "outrider.invalid"},
    {"a default: hang", "", "hang", "3s"},
    {"a default: hang-dialogue", "", "hang-dialogue", "1m"},
    {"a default: keep", "", "keep", "1w"},
    {"a default: log", "", "log", SPOOL "/outrider/outriderlog"},
    {"a default: log-format", "", "log-format", "keyvalue"},
    {"a default: log-syslog", "", "log-syslog", "no"},
    {"a default: probe", "", "probe", "30s"},
    {"a default: rule", "", "rule", ""},
    {"a default: spool", "", "spool", SPOOL},
    {"a default: state", "", "state", SPOOL "/outrider"},
    {"a default: trip", "", "trip",
     "connect=1 : dropped=3 : greeting=2 : tls=2 : auth=2 : rate=2 : "
     "server=2 : policy=3 : relay-denied=3 : temporary=3"},
    {"a default: return-after", "", "return-after", ""},
    {"a default: unsent", "", "unsent", ""},
    {"a default: unsent-growth", "", "unsent-growth", "1.5"},
    {"limits for all", "return-after = any=4d", "return-after", "any=4d"},
    {"limits by class", "return-after = recipient=4h,20 : any = 50",
     "return-after", "any=50 : recipient=4h,20"},
    {"limits, without any", "warn-after = connect=1d", "warn-after",
     "connect=1d"},
    {"limits, both in the other order", "warn-after = any=7, 1h", "warn-after",
     "any=1h,7"},
    {"limits, an exception", "warn-after = any=1h : policy=never", "warn-after",
     "any=1h : policy=never"},
    {"limits, replaced as a whole", "warn-after = any=1h\nwarn-after = tls=2h",
     "warn-after", "tls=2h"},
    {"a queue", "unsent = not-sent_2", "unsent", "not-sent_2"},
    {"growth, least", "unsent-growth = 1", "unsent-growth", "1"},
    {"growth, greatest", "unsent-growth = 10", "unsent-growth", "10"},
    {"growth", "unsent-growth = 1.25", "unsent-growth", "1.25"},
    {"scale", "unsent-scale = 20", "unsent-scale", "20"},
    {"flights", "unsent-flights = 1000", "unsent-flights", "1000"},
    {"probe-rcpt", "probe-rcpt = postmaster@x.example", "probe-rcpt",
     "postmaster@x.example"},
    {"probe-tls", "probe-tls = required", "probe-tls", "required"},
    {"domain", "domain = bounce.example.org", "domain", "bounce.example.org"},
    {"hang, least", "hang = 1s", "hang", "1s"},
    {"hang, greatest", "hang = 1h", "hang", "1h"},
    {"hang-dialogue, greatest", "hang-dialogue=1d", "hang-dialogue", "1d"},
    {"keep, least", "keep = 60m", "keep", "1h"},
    {"keep, greatest", "keep = 90d", "keep", "12w6d"},
    {"probe, mixed units", "probe = 1h30m5s", "probe", "1h30m5s"},
    {"log", "log = /var/log/exim4/outriderlog", "log",
     "/var/log/exim4/outriderlog"},
    {"no log", "log =", "log", ""},
    {"log-format", "log-format = json", "log-format", "json"},
    {"log-syslog", "log-syslog = local7", "log-syslog", "local7"},
    {"log-syslog, off again", "log-syslog=mail\nlog-syslog=no", "log-syslog",
     "no"},
    {"spool", "spool = /s", "spool", "/s"},
    {"state", "state = /run/outrider", "state", "/run/outrider"},
    {"on", "on = rate = cancel : size=next", "on",
     "connect=next : dropped=same*2,next : greeting=next : tls=next : "
     "auth=next : greylist=same*5,next : rate=cancel : server=next : "
     "policy=next : relay-denied=next : sender=cancel : recipient=cancel : "
     "mailbox-full=cancel : size=next : content=cancel : protocol=cancel : "
     "temporary=same*3,next : permanent=cancel"},
    {"trip", "trip = connect=8 : policy = 0", "trip",
     "connect=8 : dropped=3 : greeting=2 : tls=2 : auth=2 : rate=2 : "
     "server=2 : policy=0 : relay-denied=3 : temporary=3"},
    {"rule", "rule = policy rcpt: go away = now", "rule",
     "policy rcpt: go away = now"},
    {"an empty rule is none", "rule =", "rule", ""},
    {"the last line holds", "probe = 5s\nprobe = 6s", "probe", "6s"},
    {"comments, empty lines, space", "# probe = 1s\n\n \t\n  probe\t=  7s  \n",
     "probe", "7s"},
    {"line ends with CR", "probe = 8s\r\nhang = 2s\r\n", "probe", "8s"},
    {"no line end", "hang = 2s\nprobe = 9s", "probe", "9s"},
};

static void check_legal(void)
{
    for (size_t i = 0; i < LENGTH(legal); i++) {
        struct settings *s = settings_new(SPOOL);
        struct text problems = {0};
        char *value;

        unit_int(legal[i].label, "wrong lines",
                 settings_read(s, legal[i].lines, &problems), 0);
        unit_str(legal[i].label, "problems", text_str(&problems), "");
        value = printed_value(s, legal[i].option);
        unit_str(legal[i].label, "value", value, legal[i].want);
        free(value);
        text_free(&problems);
        settings_free(&s);
    }
}

#define FACILITIES                                                             \
    "no mail daemon local0 local1 local2 local3 local4 local5 local6 local7"

static const struct {
    const char *label, *line;
    const char *option, *legal; /* both in the text */
} illegal[] = {
    {"unknown option", "prob = 1s", "option prob:", "there is no such option"},
    {"option in capitals", "Probe = 1s",
     "option Probe:", "there is no such option"},
    {"no name", "= 1s", "option :", "there is no such option"},
    {"no value", "probe", "option probe:", "write NAME = VALUE"},
    {"domain empty",
     "domain =", "option domain:", "a mail domain in lower case is wanted"},
    {"domain in capitals", "domain = Example.org",
     "option domain:", "a mail domain in lower case"},
    {"domain with an at", "domain = a@example.org",
     "option domain:", "a mail domain"},
    {"hang 0", "hang = 0s", "option hang:", "from 1s to 1h"},
    {"hang too long", "hang = 1h1s", "option hang:", "from 1s to 1h"},
    {"hang without a unit", "hang = 5",
     "option hang:", "a time such as 30s or 1h30m is wanted, from 1s to 1h"},
    {"hang-dialogue too long", "hang-dialogue = 1d1s",
     "option hang-dialogue:", "from 1s to 1d"},
    {"keep too short", "keep = 59m59s", "option keep:", "from 1h to 12w6d"},
    {"keep too long", "keep = 91d", "option keep:", "from 1h to 12w6d"},
    {"probe negative", "probe = -1s", "option probe:", "from 1s to 1d"},
    {"probe beyond any number", "probe = 99999999999999999999s",
     "option probe:", "from 1s to 1d"},
    {"probe, sum beyond int", "probe = 3550w99999999s",
     "option probe:", "from 1s to 1d"},
    {"units in no order", "probe = 5s1m", "option probe:", "a time such as"},
    {"a unit twice", "probe = 5s5s", "option probe:", "a time such as"},
    {"log relative", "log = outriderlog",
     "option log:", "an absolute path is wanted"},
    {"spool empty", "spool =", "option spool:", "an absolute path is wanted"},
    {"state relative", "state = outrider",
     "option state:", "an absolute path is wanted"},
    {"log-format", "log-format = xml",
     "option log-format:", "one of these is wanted: keyvalue json"},
    {"log-format empty", "log-format =", "option log-format:",
     "one of these is wanted: keyvalue json"},
    {"log-syslog", "log-syslog = user",
     "option log-syslog:", "one of these is wanted: " FACILITIES},
    {"on", "on = speed=next", "option on:", "\"speed=next\""},
    {"on, its number", "on = rate=same*0", "option on:", "from 1 to 1000"},
    {"trip too great", "trip = connect=9",
     "option trip:", "a number from 0 to 8 is wanted"},
    {"trip negative", "trip = connect=-1", "option trip:", "from 0 to 8"},
    {"trip no number", "trip = connect=two", "option trip:", "from 0 to 8"},
    {"trip empty", "trip = connect=", "option trip:", "from 0 to 8"},
    {"trip no class", "trip = speed=1", "option trip:", "\"speed\""},
    {"trip no equals", "trip = connect", "option trip:", "write CLASS=NUMBER"},
    {"limits without a class", "return-after = 4d",
     "option return-after:", "write CLASS=LIMIT"},
    {"limits, unknown class", "return-after = slow=4d",
     "option return-after:", "\"slow\""},
    {"limits, no unit", "return-after = any=1,4q",
     "option return-after:", "\"4q\""},
    {"limits, nought", "warn-after = any=0", "option warn-after:", "from 1"},
    {"limits, nought seconds", "warn-after = any=0s",
     "option warn-after:", "a time such as"},
    {"limits, too long", "warn-after = any=366d",
     "option warn-after:", "365d at most"},
    {"limits, nothing", "warn-after = any=", "option warn-after:", "\"\""},
    {"limits, a comma too many", "warn-after = any=4h,",
     "option warn-after:", "\"\""},
    {"a queue with a slash", "unsent = a/b", "option unsent:", "letters"},
    {"a queue that Exim's spool has", "unsent = input",
     "option unsent:", "no directory of Exim's spool"},
    {"growth below one", "unsent-growth = 0.9",
     "option unsent-growth:", "from 1 to 10"},
    {"growth, no number", "unsent-growth = fast",
     "option unsent-growth:", "from 1 to 10"},
    {"flights, nought", "unsent-flights = 0",
     "option unsent-flights:", "from 1 to 1000"},
    {"an address without a domain", "probe-rcpt = postmaster",
     "option probe-rcpt:", "LOCAL_PART@DOMAIN"},
    {"an address with a blank", "probe-from = a b@x.example",
     "option probe-from:", "LOCAL_PART@DOMAIN"},
    {"trip for a recipient", "trip = recipient=1",
     "option trip:", "recipient does not speak of the server"},
};

static void check_illegal(void)
{
    for (size_t i = 0; i < LENGTH(illegal); i++) {
        struct settings *s = settings_new(SPOOL);
        struct text problems = {0}, before = {0}, after = {0};

        settings_print(s, &before);
        unit_int(illegal[i].label, "wrong lines",
                 settings_read(s, illegal[i].line, &problems), 1);
        unit_has(illegal[i].label, "problem", text_str(&problems),
                 illegal[i].option);
        unit_has(illegal[i].label, "problem", text_str(&problems),
                 illegal[i].legal);
        unit_true(illegal[i].label,
                  problems.len > 0 && strchr(problems.s, '\n') ==
                                          problems.s + problems.len - 1);
        settings_print(s, &after);
        unit_str(illegal[i].label, "settings", after.s, before.s);
        text_free(&problems);
        text_free(&before);
        text_free(&after);
        settings_free(&s);
    }
}

static void check_many_wrong(void)
{
    struct settings *s = settings_new(SPOOL);
    struct text problems = {0};

    unit_int("good lines between", "wrong lines",
             settings_read(s, "x = 1\nprobe = 5s\nhang = y\nlog-format = json",
                           &problems),
             2);
    unit_int("good lines between", "probe", s->probe, 5);
    unit_int("good lines between", "hang", s->hang, 3);
    unit_int("good lines between", "log_format", s->log_format, LOG_JSON);
    unit_has("good lines between", "problems", problems.s, "option x:");
    unit_has("good lines between", "problems", problems.s, "option hang:");
    text_free(&problems);
    settings_free(&s);
}

static const struct {
    const char *name;
    int value;
} facilities[] = {
    {"no", -1},
    {"mail", LOG_MAIL},
    {"daemon", LOG_DAEMON},
    {"local0", LOG_LOCAL0},
    {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3},
    {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7},
};

static void check_facilities(void)
{
    for (size_t i = 0; i < LENGTH(facilities); i++) {
        struct settings *s = settings_new(SPOOL);
        struct text problems = {0};
        char *line = text_format("log-syslog = %s", facilities[i].name);

        unit_int(facilities[i].name, "wrong lines",
                 settings_read(s, line, &problems), 0);
        unit_int(facilities[i].name, "facility", s->log_syslog,
                 facilities[i].value);
        free(line);
        text_free(&problems);
        settings_free(&s);
    }
}

static const char all_changed[] = "domain = d.example\n"
                                  "hang = 9s\n"
                                  "hang-dialogue = 2m\n"
                                  "keep = 3d\n"
                                  "log = /l\n"
                                  "log-format = json\n"
                                  "log-syslog = local3\n"
                                  "on = connect=same*2,cancel\n"
                                  "probe = 2m\n"
                                  "rule = policy rcpt: a = b\n"
                                  "rule = rate # no comment\n"
                                  "spool = /s\n"
                                  "state = /t\n"
                                  "trip = tls=0\n";

static void check_round_trip(void)
{
    struct settings *first = settings_new(SPOOL), *second = settings_new("/x");
    struct text problems = {0}, printed = {0}, again = {0};

    unit_int("all options", "wrong lines",
             settings_read(first, all_changed, &problems), 0);
    settings_print(first, &printed);
    unit_int("printed and read", "wrong lines",
             settings_read(second, printed.s, &problems), 0);
    settings_print(second, &again);
    unit_str("printed and read", "settings", again.s, printed.s);
    unit_str("printed and read", "rules", second->rules,
             "policy rcpt: a = b\nrate # no comment\n");
    unit_str("printed and read", "problems", text_str(&problems), "");
    text_free(&problems);
    text_free(&printed);
    text_free(&again);
    settings_free(&first);
    settings_free(&second);
    settings_free(&second);
}

static void check_manual(const char *manual, const char *name)
{
    char *code = text_format("`%s`", name);
    char *label = text_format("%s names %s", MANUAL, name);

    unit_true(label, strstr(manual, code) != NULL);
    free(code);
    free(label);
}

/* Sorted, each with help, and each in the manual where there is one. */
static void check_table(void)
{
    struct settings *s = settings_new(SPOOL);
    struct text out = {0};
    char *manual = file_get(MANUAL), *rest;
    char previous[80] = "";
    int options = 0;

    settings_print(s, &out);
    rest = out.s;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        char *setting = strsep(&rest, "\n");

        unit_true("help before each option",
                  strncmp(line, "# ", 2) == 0 && strlen(line) > 10);
        setting[strcspn(setting, " ")] = '\0';
        unit_true(setting, strcmp(previous, setting) < 0);
        snprintf(previous, sizeof previous, "%s", setting);
        if (*manual != '\0')
            check_manual(manual, setting);
        options++;
    }
    unit_true("at least as many options as are tested here", options >= 13);
    if (*manual == '\0')
        printf("skipped: no %s here\n", MANUAL);
    free(manual);
    text_free(&out);
    settings_free(&s);
}

static const struct {
    const char *text;
    int found, seconds;
    const char *printed;
} durations[] = {
    {"0s", 1, 0, "0s"},
    {"1s", 1, 1, "1s"},
    {"90s", 1, 90, "1m30s"},
    {"1w2d3h4m5s", 1, 788645, "1w2d3h4m5s"},
    {"7d", 1, 604800, "1w"},
    {"24h", 1, 86400, "1d"},
    {"1w1s", 1, 604801, "1w1s"},
    {"2147483647s", 1, 2147483647, "3550w5d3h14m7s"},
    {"2147483648s", 0, 0, NULL},
    {"3551w", 0, 0, NULL},
    {"3550w6d", 0, 0, NULL},
    {"9223372036854775807s", 0, 0, NULL},
    {"99999999999999999999w", 0, 0, NULL},
    {"", 0, 0, NULL},
    {"5", 0, 0, NULL},
    {"s", 0, 0, NULL},
    {"5S", 0, 0, NULL},
    {"5 s", 0, 0, NULL},
    {"-5s", 0, 0, NULL},
    {"+5s", 0, 0, NULL},
    {"1s1w", 0, 0, NULL},
    {"1h1h", 0, 0, NULL},
    {"1h ", 0, 0, NULL},
    {"1.5h", 0, 0, NULL},
};

static void check_durations(void)
{
    for (size_t i = 0; i < LENGTH(durations); i++) {
        struct text out = {0};
        int seconds = -7;

        unit_int(durations[i].text, "found",
                 duration_parse(durations[i].text, &seconds),
                 durations[i].found);
        unit_int(durations[i].text, "seconds", seconds,
                 durations[i].found ? durations[i].seconds : -7);
        if (!durations[i].found)
            continue;
        duration_print(seconds, &out);
        unit_str(durations[i].text, "printed", out.s, durations[i].printed);
        text_free(&out);
    }
}

int main(void)
{
    check_legal();
    check_illegal();
    check_many_wrong();
    check_facilities();
    check_round_trip();
    check_table();
    check_durations();
    return unit_end();
}
