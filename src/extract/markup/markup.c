/* markup.c - what can be told of HTML and XML without parsing them.
 *
 * Everything here looks at the head of a text only, except markup_find_giant_tag(), which is one
 * pass.
 */
#include "extract/markup/markup.h"

#include "extract/document.h"

#include <string.h>

enum {
    HEAD_BYTES = 64 * 1024, /* a licence comment may go before the first tag */
    DECLARATION_BYTES = 4096,
    MAX_REWALK_BYTES = 256,
};

/* Where the text behind the next `end` begins; `size` when there is none. */
static size_t behind(const char *text, size_t size, size_t at, const char *end)
{
    const char *found = at < size ? memmem(text + at, size - at, end, strlen(end)) : NULL;

    return found ? (size_t)(found - text) + strlen(end) : size;
}

size_t markup_skip_prolog(const char *text, size_t size)
{
    size_t at = 0;

    size = MIN(size, (size_t)HEAD_BYTES);
    while (at < size) {
        if (is_space(text[at]))
            at++;
        else if (starts_with(text + at, size - at, "<!--"))
            at = behind(text, size, at + 4, "-->");
        else if (starts_with(text + at, size - at, "<?"))
            at = behind(text, size, at + 2, "?>");
        else
            break;
    }
    return at;
}

/* `text` is `word` in any case, and the word ends there. */
static bool is_word(const char *text, size_t size, const char *word)
{
    size_t n = strlen(word);

    return starts_with(text, size, word) && (n == size || !is_alnum(text[n]));
}

bool markup_starts_html(const char *text, size_t size)
{
    static const char *const tags[] = {"<html", "<head", "<body"};
    size_t at = markup_skip_prolog(text, size);

    text += at;
    size -= at;
    if (is_word(text, size, "<!doctype")) {
        at = 9;
        while (at < size && is_space(text[at]))
            at++;
        return is_word(text + at, size - at, "html");
    }
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        if (is_word(text, size, tags[i]))
            return true;
    }
    return false;
}

bool markup_has_tags(const char *text, size_t size)
{
    const char *end = text + MIN(size, (size_t)HEAD_BYTES);
    const char *tag = text;

    while (tag < end && (tag = memmem(tag, (size_t)(end - tag), "</", 2))) {
        if (tag + 2 < end && is_alpha(tag[2]))
            return true;
        tag += 2;
    }
    return false;
}

static bool is_name_start(char c)
{
    return is_alpha(c) || c == '_' || (unsigned char)c >= 0x80;
}

bool markup_starts_xml(const char *text, size_t size)
{
    size_t at = 0;

    while (at < size && is_space(text[at]))
        at++;
    if (is_word(text + at, size - at, "<?xml"))
        return true;
    at = markup_skip_prolog(text, size);
    return at + 1 < size && text[at] == '<' &&
           (is_name_start(text[at + 1]) || is_word(text + at, size - at, "<!doctype"));
}

/* Behind a document type declaration, which may hold others in brackets. */
static size_t skip_doctype(const char *text, size_t size, size_t at)
{
    size_t close = behind(text, size, at, ">"), bracket = behind(text, size, at, "[");

    return bracket < close ? behind(text, size, behind(text, size, bracket, "]"), ">") : close;
}

const char *markup_root(const char *text, size_t size, size_t *ret_n)
{
    size_t at = markup_skip_prolog(text, size), start;

    if (is_word(text + at, size - at, "<!doctype")) {
        at = skip_doctype(text, size, at);
        at += markup_skip_prolog(text + at, size - at);
    }
    if (at + 1 >= size || text[at] != '<' || !is_name_start(text[at + 1]))
        return NULL;
    for (start = ++at; at < size && !is_space(text[at]) && text[at] != '>' && text[at] != '/';
         at++) {
        if (text[at] == ':')
            start = at + 1;
    }
    *ret_n = at - start;
    return text + start;
}

/* Copies the value behind `key`, which may be quoted. */
static bool declared_value(const char *text, size_t size, const char *key, char ret_name[64])
{
    const char *found = memmem(text, size, key, strlen(key));
    size_t at, n = 0;

    if (!found)
        return false;
    at = (size_t)(found - text) + strlen(key);
    while (at < size && (is_space(text[at]) || strchr("='\"", text[at])) && text[at])
        at++;
    while (at < size && n < 63 && (is_alnum(text[at]) || strchr("-_:.", text[at])) && text[at])
        ret_name[n++] = text[at++];
    ret_name[n] = '\0';
    return n > 0;
}

bool markup_declared_encoding(const char *bytes, size_t size, char ret_name[64])
{
    char head[DECLARATION_BYTES];
    size_t n = MIN(size, sizeof(head)), at = 0;

    while (at < n && is_space(bytes[at]))
        at++;
    if (at == n || bytes[at] != '<')
        return false;
    for (size_t i = at; i < n; i++)
        head[i - at] = to_lower(bytes[i]);
    n -= at;
    if (starts_with(head, n, "<?xml")) {
        size_t end = behind(head, n, 0, "?>");

        if (declared_value(head, end, "encoding", ret_name))
            return true;
    }
    return memmem(head, n, "<meta", 5) && declared_value(head, n, "charset", ret_name);
}

enum tag_state { BEFORE_NAME, IN_NAME, BEFORE_VALUE, IN_VALUE };

/* Walks one start tag from behind its '<'; returns where it ends, or `size`. */
static size_t walk_tag(const char *text, size_t size, size_t at, size_t *ret_attributes)
{
    enum tag_state state = IN_NAME;
    const char *quote;
    size_t n = 0;

    for (; at < size && text[at] != '>'; at++) {
        if (is_space(text[at])) {
            state = state == BEFORE_VALUE ? BEFORE_VALUE : BEFORE_NAME;
        } else if (text[at] == '=' && state != IN_VALUE) {
            state = BEFORE_VALUE;
        } else if (state == BEFORE_VALUE) {
            state = IN_VALUE;
            if (text[at] == '"' || text[at] == '\'') {
                quote = memchr(text + at + 1, text[at], size - at - 1);
                at = quote ? (size_t)(quote - text) : size - 1;
                state = BEFORE_NAME;
            }
        } else if (state == BEFORE_NAME) {
            state = IN_NAME;
            n++;
        }
    }
    *ret_attributes = n;
    return at < size ? at + 1 : size;
}

bool markup_find_giant_tag(const char *text, size_t size, size_t from, size_t *ret_begin,
                           size_t *ret_end)
{
    const char *tag;
    size_t attributes, end;

    while (from < size && (tag = memchr(text + from, '<', size - from))) {
        from = (size_t)(tag - text) + 1;
        if (from == size || !is_name_start(text[from]))
            continue;
        end = walk_tag(text, size, from, &attributes);
        if (attributes > MARKUP_MAX_ATTRIBUTES) {
            *ret_begin = from - 1;
            *ret_end = end;
            return true;
        }
        /* What looks like a tag may be script or text with a real tag inside, so only long ones are
         * skipped, which keeps this linear. */
        if (end - from > MAX_REWALK_BYTES)
            from = end;
    }
    return false;
}
