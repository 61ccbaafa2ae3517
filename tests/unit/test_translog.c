/* test_translog: lines of the transmission log, written and read back, in
 * both formats.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "translog.h"

#include <stdlib.h>
#include <time.h>

#include "scratch.h"
#include "unit.h"

#define ID "1vMqTr-000000001Ab-0001"
#define T0 1700000000123 /* 2023-11-14 22:13:20 UTC */
#define START "2023-11-14 22:13:20 " ID
#define JSON_START "{\"time\":\"2023-11-14 22:13:20\",\"id\":\"" ID "\""

static const int enhanced[3] = {5, 7, 1};
static const int no_enhanced[3];

static const struct {
    const char *label;
    struct record r;
    const char *keyvalue, *json;
} lines[] = {
    {.label = "a connection",
     .r = {.kind = RECORD_CONNECTION,
           .now = T0,
           .message_id = ID,
           .server = "smart1:25",
           .ip = "192.0.2.1",
           .port = 25,
           .result = "ok",
           .enhanced = no_enhanced,
           .action = "",
           .duration = 1234,
           .text = ""},
     .keyvalue = START " conn server=smart1:25 ip=192.0.2.1 port=25 result=ok"
                       " dt=1.234",
     .json = JSON_START ",\"kind\":\"conn\",\"server\":\"smart1:25\","
                        "\"ip\":\"192.0.2.1\",\"port\":\"25\","
                        "\"result\":\"ok\",\"dt\":\"1.234\"}"},
    {.label = "a failure",
     .r = {.kind = RECORD_TRANSMISSION,
           .now = T0,
           .message_id = ID,
           .server = "[2001:db8::1]:25",
           .ip = "2001:db8::1",
           .port = 25,
           .from = "a@example.org",
           .to = "b@example.net",
           .result = "fail",
           .class = CLASS_POLICY,
           .stage = STAGE_RCPT,
           .code = 550,
           .enhanced = enhanced,
           .action = "next",
           .attempt = 2,
           .duration = 5,
           .text = "550 5.7.1 go away"},
     .keyvalue = START " smtp server=[2001:db8::1]:25 ip=2001:db8::1 port=25 "
                       "from=a@example.org to=b@example.net result=fail "
                       "class=policy stage=rcpt code=550 enhanced=5.7.1 "
                       "action=next attempt=2 dt=0.005 "
                       "text=\"550 5.7.1 go away\"",
     .json = JSON_START
     ",\"kind\":\"smtp\",\"server\":\"[2001:db8::1]:25\","
     "\"ip\":\"2001:db8::1\",\"port\":\"25\",\"from\":\"a@example.org\","
     "\"to\":\"b@example.net\",\"result\":\"fail\",\"class\":\"policy\","
     "\"stage\":\"rcpt\",\"code\":\"550\",\"enhanced\":\"5.7.1\","
     "\"action\":\"next\",\"attempt\":\"2\",\"dt\":\"0.005\","
     "\"text\":\"550 5.7.1 go away\"}"},
    {.label = "little is known",
     .r = {.kind = RECORD_TRANSMISSION,
           .now = T0,
           .message_id = ID,
           .server = "s",
           .from = "",
           .to = "b@example.net",
           .result = "defer",
           .class = CLASS_CONNECT,
           .stage = STAGE_UNKNOWN,
           .duration = -1},
     .keyvalue = START " smtp server=s from=\"\" to=b@example.net "
                       "result=defer class=connect stage=-",
     .json = JSON_START ",\"kind\":\"smtp\",\"server\":\"s\",\"from\":\"\","
                        "\"to\":\"b@example.net\",\"result\":\"defer\","
                        "\"class\":\"connect\",\"stage\":\"-\"}"},
};

static void check_lines(void)
{
    for (size_t i = 0; i < LENGTH(lines); i++) {
        struct text keyvalue = {0}, json = {0};

        translog_format(&lines[i].r, LOG_KEYVALUE, &keyvalue);
        unit_str(lines[i].label, "line", keyvalue.s, lines[i].keyvalue);
        translog_format(&lines[i].r, LOG_JSON, &json);
        unit_str(lines[i].label, "JSON", json.s, lines[i].json);
        text_free(&keyvalue);
        text_free(&json);
    }
}

static const struct {
    const char *label, *value;
    const char *quoted; /* in both formats; NULL: plain in keyvalue */
    const char *back;   /* NULL: the same */
} values[] = {
    {"plain", "a@example.org", NULL, NULL},
    {"UTF-8", "m\xc3\xbcller@example.org", NULL, NULL},
    {"a space", "a b", "\"a b\"", NULL},
    {"quotes", "\"a b\"@x", "\"\\\"a b\\\"@x\"", NULL},
    {"a backslash", "a\\b", "\"a\\\\b\"", NULL},
    {"an equals sign", "a=b", "\"a=b\"", NULL},
    {"a line end", "a\nb", "\"a\\u000ab\"", NULL},
    {"a forged record", "x\n" START " smtp", "\"x\\u000a" START " smtp\"",
     NULL},
    {"control characters", "\x01\x1b\x7f", "\"\\u0001\\u001b\\u007f\"", NULL},
    {"no UTF-8", "caf\xe9", "\"caf\\u00e9\"", "caf\xc3\xa9"},
    {"half a character", "\xc3", "\"\\u00c3\"", "\xc3\x83"},
};

static void check_value(size_t i, enum log_format format)
{
    struct record r = lines[1].r;
    struct text line = {0};
    struct fields f;
    const char *back = values[i].back ? values[i].back : values[i].value;
    bool plain = values[i].quoted == NULL;
    char *want;

    r.to = values[i].value;
    translog_format(&r, format, &line);
    if (format == LOG_KEYVALUE)
        want =
            text_format(" to=%s ", plain ? values[i].value : values[i].quoted);
    else if (plain)
        want = text_format(",\"to\":\"%s\",", values[i].value);
    else
        want = text_format(",\"to\":%s,", values[i].quoted);
    unit_has(values[i].label, "line", line.s, want);
    unit_int(values[i].label, "parsed", translog_parse(line.s, &f), 0);
    unit_str(values[i].label, "to", translog_field(&f, "to"), back);
    unit_str(values[i].label, "from", translog_field(&f, "from"),
             "a@example.org");
    unit_str(values[i].label, "text", translog_field(&f, "text"),
             "550 5.7.1 go away");
    unit_str(values[i].label, "time", translog_field(&f, "time"),
             "2023-11-14 22:13:20");
    unit_str(values[i].label, "id", translog_field(&f, "id"), ID);
    unit_str(values[i].label, "kind", translog_field(&f, "kind"), "smtp");
    unit_true(values[i].label, translog_field(&f, "speed") == NULL);
    translog_fields_free(&f);
    text_free(&line);
    free(want);
}

static const struct {
    const char *label, *line;
} wrongs[] = {
    {"nothing", ""},
    {"a line end", "\n"},
    {"words", "some other line"},
    {"a field without a value", START " smtp server"},
    {"a quote not closed", START " smtp text=\"abc"},
    {"more after a quote", START " smtp text=\"abc\"def=1"},
    {"half an escape", START " smtp text=\"\\u00\""},
    {"an escape we do not write", START " smtp text=\"\\u2028\""},
    {"JSON cut off", "{\"time\":\"x\""},
    {"JSON without quotes", "{\"time\":1}"},
    {"JSON, no object", "[1]"},
    {"JSON, a name cut off", "{\"time"},
};

static void check_wrongs(void)
{
    for (size_t i = 0; i < LENGTH(wrongs); i++) {
        struct fields f;

        unit_int(wrongs[i].label, "parsed", translog_parse(wrongs[i].line, &f),
                 -1);
        unit_int(wrongs[i].label, "fields", f.count, 0);
        translog_fields_free(&f);
    }
}

/* 300 bytes, and no half character at the end. */
static void check_long_text(void)
{
    struct record r = lines[1].r;
    char text[1000];
    struct text line = {0};
    struct fields f;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '\xc3' : '\xbc';
    memcpy(text, "x", 1); /* then characters of two bytes from 1 on */
    text[sizeof text - 1] = '\0';
    r.text = text;
    translog_format(&r, LOG_KEYVALUE, &line);
    unit_int("a long text", "parsed", translog_parse(line.s, &f), 0);
    unit_int("a long text", "length", (long)strlen(translog_field(&f, "text")),
             299);
    translog_fields_free(&f);
    text_free(&line);
}

static void random_line(struct text *t)
{
    static const char some[] = "={}\",:\\u00 \n\tab12";
    int n = rand() % 60;

    text_cut(t, 0);
    text_add(t, rand() % 3 == 0 ? START " smtp" : rand() % 2 ? "{" : "");
    for (int i = 0; i < n; i++) {
        char byte = (char)(rand() % 255 + 1);

        if (rand() % 8 != 0)
            byte = some[rand() % (int)(sizeof some - 1)];
        text_addn(t, &byte, 1);
    }
}

/* No line makes it crash, and what is none of ours yields nothing. */
static void check_random(void)
{
    struct text line = {0};
    int taken = 0;

    srand(1);
    for (int i = 0; i < 50000; i++) {
        struct fields f;

        random_line(&line);
        if (translog_parse(line.s, &f) == 0)
            taken++;
        else if (f.count != 0)
            unit_true("a wrong line yields nothing", false);
        translog_fields_free(&f);
    }
    unit_true("random lines: most are none of ours", taken < 40000);
    text_free(&line);
}

static void check_file(void)
{
    struct settings *set = settings_new(scratch);
    char error[300] = "", *path = scratch_path("log"), *contents;
    struct text problems = {0};
    char *line = text_format("log = %s", path);
    int fds = descriptors_open();

    settings_read(set, line, &problems);
    unit_int("write", "result",
             translog_write(set, &lines[0].r, error, sizeof error), 0);
    unit_int("write", "result",
             translog_write(set, &lines[1].r, error, sizeof error), 0);
    contents = file_get(path);
    unit_has("write", "file", contents, lines[0].keyvalue);
    unit_has("write", "file", contents, lines[1].keyvalue);
    free(contents);
    unlink(path);
    unit_int("rotated away", "result",
             translog_write(set, &lines[1].r, error, sizeof error), 0);
    contents = file_get(path);
    unit_int("rotated away", "length", (long)strlen(contents),
             (long)strlen(lines[1].keyvalue) + 1);
    free(contents);
    settings_read(set, "log = /nowhere/log", &problems);
    unit_int("no place", "result",
             translog_write(set, &lines[1].r, error, sizeof error), -1);
    unit_has("no place", "error", error, "/nowhere/log");
    settings_read(set, "log =", &problems);
    unit_int("no log", "result",
             translog_write(set, &lines[1].r, error, sizeof error), 0);
    unit_int("log", "descriptors", descriptors_open(), fds);
    text_free(&problems);
    settings_free(&set);
    free(line);
    free(path);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    scratch_begin();
    check_lines();
    for (size_t i = 0; i < LENGTH(values); i++) {
        check_value(i, LOG_KEYVALUE);
        check_value(i, LOG_JSON);
    }
    check_wrongs();
    check_long_text();
    check_random();
    check_file();
    scratch_end();
    return unit_end();
}
