/* json_scan.c - validates JSON without building it.
 *
 * One pass, no recursion and no memory but one bit a level, so a document of any size and shape
 * costs its length: a library's tree would take twenty times the file. The text is valid UTF-8
 * already, so strings are checked for escapes and control characters only. Numbers of any length
 * are valid; their value is nobody's business here.
 */
#include "extract/text/json_scan.h"

#include "base/utf8.h"

#include <string.h>

enum { MAX_LEVELS = 4096 };

struct state {
    struct json_scan *s;
    unsigned depth;
    uint8_t is_object[MAX_LEVELS / 8];
    size_t key_start, key_end, value_start; /* of the top-level member or element being read */
};

static char peek(const struct json_scan *s)
{
    return s->at < s->size ? s->text[s->at] : '\0';
}

static void skip_space(struct json_scan *s)
{
    while (s->at < s->size && (s->text[s->at] == ' ' || s->text[s->at] == '\n' ||
                               s->text[s->at] == '\r' || s->text[s->at] == '\t'))
        s->at++;
}

/* What a scan that met something unexpected comes to. */
static enum json_verdict unexpected(const struct json_scan *s)
{
    return s->at >= s->size ? JSON_CUT_OFF : JSON_INVALID;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash. */
static enum json_verdict scan_escape(struct json_scan *s)
{
    char c = peek(s);

    if (c != 'u') {
        if (c == '\0' || !strchr("\"\\/bfnrt", c))
            return unexpected(s);
        s->at++;
        return JSON_VALID;
    }
    s->at++;
    for (unsigned i = 0; i < 4; i++, s->at++) {
        if (hex_value(peek(s)) < 0)
            return unexpected(s);
    }
    return JSON_VALID;
}

static enum json_verdict scan_string(struct json_scan *s)
{
    enum json_verdict v;
    char c;

    if (peek(s) != '"')
        return unexpected(s);
    s->at++;
    while (s->at < s->size) {
        c = s->text[s->at++];
        if (c == '"')
            return JSON_VALID;
        if ((uint8_t)c < 0x20)
            return JSON_INVALID;
        if (c == '\\' && (v = scan_escape(s)) != JSON_VALID)
            return v;
    }
    return JSON_CUT_OFF;
}

static enum json_verdict scan_digits(struct json_scan *s)
{
    size_t start = s->at;

    while (s->at < s->size && s->text[s->at] >= '0' && s->text[s->at] <= '9')
        s->at++;
    return s->at > start ? JSON_VALID : unexpected(s);
}

static enum json_verdict scan_number(struct json_scan *s)
{
    enum json_verdict v = JSON_VALID;

    s->at += peek(s) == '-';
    if (peek(s) == '0')
        s->at++;
    else
        v = scan_digits(s);
    if (v == JSON_VALID && peek(s) == '.') {
        s->at++;
        v = scan_digits(s);
    }
    if (v == JSON_VALID && (peek(s) == 'e' || peek(s) == 'E')) {
        s->at++;
        s->at += peek(s) == '+' || peek(s) == '-';
        v = scan_digits(s);
    }
    return v;
}

static enum json_verdict scan_literal(struct json_scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t n;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        n = MIN(strlen(words[i]), s->size - s->at);
        if (memcmp(s->text + s->at, words[i], n) == 0) {
            s->at += n;
            return n == strlen(words[i]) ? JSON_VALID : JSON_CUT_OFF;
        }
    }
    return JSON_INVALID;
}

static enum json_verdict scan_scalar(struct json_scan *s)
{
    char c = peek(s);

    if (s->at >= s->size)
        return JSON_CUT_OFF;
    if (c == '"')
        return scan_string(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s);
    return scan_literal(s);
}

static bool in_object(const struct state *st)
{
    return st->depth > 0 && (st->is_object[(st->depth - 1) / 8] >> ((st->depth - 1) % 8) & 1);
}

static enum json_verdict open_level(struct state *st, bool is_object)
{
    uint8_t bit = (uint8_t)(1u << st->depth % 8);

    if (st->depth >= MIN(st->s->max_depth, (unsigned)MAX_LEVELS))
        return JSON_TOO_DEEP;
    if (is_object)
        st->is_object[st->depth / 8] |= bit;
    else
        st->is_object[st->depth / 8] &= (uint8_t)~bit;
    st->depth++;
    return JSON_VALID;
}

/* Reads `"key" :` and leaves the scan at its value. */
static enum json_verdict scan_key(struct state *st)
{
    struct json_scan *s = st->s;
    size_t start;
    enum json_verdict v;

    skip_space(s);
    start = s->at;
    v = scan_string(s);
    if (v != JSON_VALID)
        return v;
    if (st->depth == 1) {
        st->key_start = start;
        st->key_end = s->at;
    }
    skip_space(s);
    if (peek(s) != ':')
        return unexpected(s);
    s->at++;
    skip_space(s);
    if (st->depth == 1)
        st->value_start = s->at;
    return JSON_VALID;
}

static void tell(struct state *st)
{
    struct json_scan *s = st->s;
    const char *value = s->text + st->value_start;
    size_t n = s->at - st->value_start;

    if (st->depth != 1)
        return;
    if (in_object(st) && s->member)
        s->member(s->context, s->text + st->key_start, st->key_end - st->key_start, value, n);
    else if (!in_object(st) && s->element)
        s->element(s->context, value, n);
}

/* Behind a value: closes the levels that end here. Leaves the scan at the next value, or at the
 * end. */
static enum json_verdict after_value(struct state *st)
{
    struct json_scan *s = st->s;
    char close;

    while (st->depth > 0) {
        tell(st);
        skip_space(s);
        close = in_object(st) ? '}' : ']';
        if (peek(s) == ',') {
            s->at++;
            return in_object(st) ? scan_key(st) : JSON_VALID;
        }
        if (peek(s) != close)
            return unexpected(s);
        s->at++;
        st->depth--;
    }
    return JSON_VALID;
}

/* At a bracket: opens the level and goes to its first value; an empty level is a value that has
 * ended. */
static enum json_verdict enter(struct state *st, bool *ret_is_empty)
{
    struct json_scan *s = st->s;
    bool is_object = peek(s) == '{';
    enum json_verdict v = open_level(st, is_object);

    *ret_is_empty = false;
    if (v != JSON_VALID)
        return v;
    s->at++;
    skip_space(s);
    if (peek(s) == (is_object ? '}' : ']')) {
        s->at++;
        st->depth--;
        *ret_is_empty = true;
        return JSON_VALID;
    }
    return is_object ? scan_key(st) : JSON_VALID;
}

enum json_verdict json_scan_value(struct json_scan *s)
{
    struct state st = {.s = s};
    enum json_verdict v = JSON_VALID;
    bool ended;

    do {
        skip_space(s);
        if (st.depth == 1 && !in_object(&st))
            st.value_start = s->at;
        ended = true;
        if (peek(s) == '{' || peek(s) == '[')
            v = enter(&st, &ended);
        else
            v = scan_scalar(s);
        if (v == JSON_VALID && ended) {
            v = after_value(&st);
            if (st.depth == 0)
                break;
        }
    } while (v == JSON_VALID);
    skip_space(s);
    return v;
}

/* Four digits of a \u escape that has been validated. */
static uint32_t hex4(const char *from)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)hex_value(from[i]);
    return value;
}

/* At "\u"; writes its character, sets the bytes of source used. */
static size_t unescape_unicode(const char *from, size_t n, char *to, size_t *ret_used)
{
    uint32_t c = hex4(from + 2), low;

    *ret_used = 6;
    if (c >= 0xd800 && c < 0xdc00 && n >= 12 && from[6] == '\\' && from[7] == 'u') {
        low = hex4(from + 8);
        if (low >= 0xdc00 && low < 0xe000) {
            *ret_used = 12;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    if (c == 0 || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    return utf8_encode(c, to);
}

size_t json_scan_unescape(const char *source, size_t n, char *to)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    size_t written = 0, used, i = 1;

    while (i + 1 < n) {
        used = 1;
        if (source[i] != '\\') {
            to[written++] = source[i];
        } else if (source[i + 1] == 'u') {
            written += unescape_unicode(source + i, n - i, to + written, &used);
        } else {
            to[written++] = meanings[strchr(letters, source[i + 1]) - letters];
            used = 2;
        }
        i += used;
    }
    return written;
}
