/* json.c - writing JSON; see json.h for how it is used. */
#include "base/json.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct json json_begin(struct buf *out)
{
    return (struct json){.out = out};
}

/* The letter of the short escape (RFC 8259 section 7), or 0 when the character has none. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void add_escaped(struct buf *out, char c)
{
    char letter = short_escape(c);

    if (letter) {
        buf_add_char(out, '\\');
        buf_add_char(out, letter);
    } else {
        buf_printf(out, "\\u%04x", (unsigned char)c);
    }
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* U+0080 to U+009F: a terminal that shows the text takes them for commands (ECMA-48), so they are
 * escaped too. */
static bool is_c1_control(const char *sequence)
{
    return (unsigned char)sequence[0] == 0xc2 && (unsigned char)sequence[1] < 0xa0;
}

static void add_string(struct buf *out, const char *text, size_t n)
{
    size_t start = 0, i = 0, length;

    buf_add_char(out, '"');
    while (i < n) {
        length = text[i] == '\0' ? 0 : utf8_sequence(text + i, n - i);
        if (length == 1 ? !needs_escape(text[i]) : length > 1 && !is_c1_control(text + i)) {
            i += length;
            continue;
        }
        buf_add(out, text + start, i - start);
        if (length == 0)
            buf_add_str(out, "\xef\xbf\xbd");
        else
            add_escaped(out, text[i + length - 1]);
        i += MAX(length, (size_t)1);
        start = i;
    }
    buf_add(out, text + start, n - start);
    buf_add_char(out, '"');
}

static void begin_value(struct json *j, const char *key)
{
    if (j->comma)
        buf_add_char(j->out, ',');
    if (key) {
        add_string(j->out, key, strlen(key));
        buf_add_char(j->out, ':');
    }
    j->comma = true;
}

static void open_level(struct json *j, const char *key, char bracket)
{
    begin_value(j, key);
    buf_add_char(j->out, bracket);
    j->comma = false;
}

static void close_level(struct json *j, char bracket)
{
    buf_add_char(j->out, bracket);
    j->comma = true;
}

void json_object_open(struct json *j, const char *key)
{
    open_level(j, key, '{');
}

void json_object_close(struct json *j)
{
    close_level(j, '}');
}

void json_array_open(struct json *j, const char *key)
{
    open_level(j, key, '[');
}

void json_array_close(struct json *j)
{
    close_level(j, ']');
}

void json_strn(struct json *j, const char *key, const char *text, size_t n)
{
    begin_value(j, key);
    if (text)
        add_string(j->out, text, n);
    else
        buf_add_str(j->out, "null");
}

void json_str(struct json *j, const char *key, const char *text)
{
    json_strn(j, key, text, text ? strlen(text) : 0);
}

void json_int(struct json *j, const char *key, int64_t value)
{
    begin_value(j, key);
    buf_printf(j->out, "%" PRId64, value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
    begin_value(j, key);
    buf_printf(j->out, "%" PRIu64, value);
}

void json_double(struct json *j, const char *key, double value)
{
    begin_value(j, key);
    if (isfinite(value))
        buf_printf(j->out, "%.15g", value);
    else
        buf_add_str(j->out, "null");
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin_value(j, key);
    buf_add_str(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    begin_value(j, key);
    buf_add_str(j->out, "null");
}

void json_raw(struct json *j, const char *key, const char *text, size_t n)
{
    begin_value(j, key);
    buf_add(j->out, text, n);
}
