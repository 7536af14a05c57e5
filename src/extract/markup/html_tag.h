/* html_tag.h - reads tags of HTML that are plain: those that every parser understands alike. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct html_source {
    const char *text; /* valid UTF-8 without NUL */
    size_t size;
};

/* What a byte can be part of. */
enum html_byte {
    HTML_NAME = 1,
    HTML_BLANK = 2,
    HTML_QUOTED = 4,
    HTML_VALUE = 8,
    HTML_REFERENCE = 16,
    HTML_CLOSE = 32
};

/* A tag that is plain: [begin, end), its name up to name_end, then attributes up to
 * attributes_end. */
struct html_tag {
    size_t begin;
    size_t name_end;
    size_t attributes_end;
    size_t end;
    size_t n_attributes;
    uint64_t key;  /* its name, see html_name_key() */
    unsigned role; /* what it means to the caller, who sets it */
    bool is_end;
    bool is_closed; /* ends with /> */
    bool has_tags;  /* < or > in the value of an attribute */
};

/* Understands the tag at the '<' at `begin`; false when it is not plain. `tag` is changed in any case: copying it
 * would take longer than all else here. */
bool html_read_tag(const struct html_source *s, size_t begin, struct html_tag *tag);

/* Whether a byte is of one of the kinds. */
extern const unsigned char html_kinds[256];
static inline bool html_is_kind(char c, unsigned kinds)
{
    return html_kinds[(unsigned char)c] & kinds;
}

/* Behind the bytes of the kinds. Most of the time that thinning takes is spent here. */
static inline size_t html_skip_kind(const struct html_source *s, size_t at, unsigned kinds)
{
    while (at < s->size && html_is_kind(s->text[at], kinds))
        at++;
    return at;
}

/* A name of up to eight letters and digits as one number, in lower case; 0: it is no such name. */
uint64_t html_name_key(const char *name, size_t n);
