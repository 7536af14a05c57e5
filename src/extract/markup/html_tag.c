/* html_tag.c - see html_tag.h. What is not plain here: an attribute without a name, a quote in the
 * wrong place, a character that has no business in a tag, an end tag with attributes.
 */
#include "extract/markup/html_tag.h"

#include "extract/document.h"

enum {
    MAX_NAME_BYTES = 64,        /* libxml2 cuts names after 100 */
    MAX_MARKUP_BYTES = 1 << 20, /* what is longer is not plain: libxml2 has limits */
};

#define ALNUM_BITS (HTML_NAME | HTML_QUOTED | HTML_VALUE | HTML_REFERENCE)
#define BLANK_BITS (HTML_BLANK | HTML_QUOTED)
#define PLAIN_BITS (HTML_QUOTED | HTML_VALUE)

const unsigned char html_kinds[256] = {
    ['\t'] = BLANK_BITS,
    ['\n'] = BLANK_BITS,
    ['\r'] = BLANK_BITS,
    [' '] = BLANK_BITS,
    ['!'] = PLAIN_BITS,
    ['#'] = PLAIN_BITS | HTML_REFERENCE,
    ['$' ... '&'] = PLAIN_BITS,
    ['(' ... ','] = PLAIN_BITS,
    ['-' ... '.'] = ALNUM_BITS,
    ['/'] = PLAIN_BITS | HTML_CLOSE,
    ['0' ... '9'] = ALNUM_BITS,
    [':'] = ALNUM_BITS,
    [';'] = PLAIN_BITS,
    ['='] = PLAIN_BITS,
    ['>'] = HTML_CLOSE,
    ['?'] = PLAIN_BITS,
    ['@'] = PLAIN_BITS,
    ['A' ... 'Z'] = ALNUM_BITS,
    ['[' ... '^'] = PLAIN_BITS,
    ['_'] = ALNUM_BITS,
    ['`'] = HTML_QUOTED,
    ['a' ... 'z'] = ALNUM_BITS,
    ['{' ... '~'] = PLAIN_BITS,
    [127] = HTML_QUOTED,
    [128 ... 255] = PLAIN_BITS | HTML_REFERENCE,
};

uint64_t html_name_key(const char *name, size_t n)
{
    uint64_t key = 0;

    if (n > sizeof(key))
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_alnum(name[i]))
            return 0;
        key = key << 8 | (unsigned char)(name[i] | 0x20);
    }
    return key;
}

/* Goes behind the value of an attribute; false when it is not plain. */
static bool skip_value(const struct html_source *s, size_t *at, struct html_tag *tag)
{
    size_t i = *at;
    char quote = i < s->size ? s->text[i] : '\0';

    if (quote != '"' && quote != '\'') {
        *at = html_skip_kind(s, i, HTML_VALUE);
        return *at > i;
    }
    for (i++; (i = html_skip_kind(s, i, HTML_QUOTED)) < s->size && s->text[i] != quote; i++) {
        if (s->text[i] == '<' || s->text[i] == '>')
            tag->has_tags = true;
        else if (s->text[i] != '"' && s->text[i] != '\'')
            return false;
    }
    *at = i + 1;
    return i < s->size;
}

/* Goes behind one attribute, its value and blanks. */
static bool skip_attribute(const struct html_source *s, size_t *at, struct html_tag *tag)
{
    size_t end = html_skip_kind(s, *at, HTML_NAME);

    if (end == *at || !(is_alpha(s->text[*at]) || s->text[*at] == '_' || s->text[*at] == ':'))
        return false;
    tag->n_attributes++;
    *at = html_skip_kind(s, end, HTML_BLANK);
    if (*at == s->size || s->text[*at] != '=')
        return true;
    *at = html_skip_kind(s, *at + 1, HTML_BLANK);
    return skip_value(s, at, tag);
}

static bool skip_attributes(const struct html_source *s, size_t at, struct html_tag *tag)
{
    tag->n_attributes = 0;
    tag->has_tags = false;
    while ((at = html_skip_kind(s, at, HTML_BLANK)) < s->size) {
        tag->is_closed = s->text[at] == '/' && at + 1 < s->size && s->text[at + 1] == '>';
        if (tag->is_closed || s->text[at] == '>') {
            tag->attributes_end = at;
            tag->end = at + 1 + tag->is_closed;
            return tag->end - tag->begin <= MAX_MARKUP_BYTES;
        }
        if (!skip_attribute(s, &at, tag))
            return false;
    }
    return false;
}

bool html_read_tag(const struct html_source *s, size_t begin, struct html_tag *tag)
{
    size_t name = begin + 1;

    tag->is_end = name < s->size && s->text[name] == '/';
    name += tag->is_end;
    if (name >= s->size || !is_alpha(s->text[name]))
        return false;
    tag->begin = begin;
    tag->name_end = html_skip_kind(s, name, HTML_NAME);
    if (tag->name_end == s->size || tag->name_end - name > MAX_NAME_BYTES ||
        !html_is_kind(s->text[tag->name_end], HTML_BLANK | HTML_CLOSE))
        return false;
    tag->key = html_name_key(s->text + name, tag->name_end - name);
    return skip_attributes(s, tag->name_end, tag) &&
           !(tag->is_end && (tag->n_attributes > 0 || tag->is_closed));
}
