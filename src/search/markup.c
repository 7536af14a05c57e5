/* markup.c - entities, tags and comments of HTML and XML, as the parser knows them. */
#include "scan.h"

#include <string.h>
#include <strings.h>

size_t scan_entity(const struct tokenizer *t, size_t at)
{
    unsigned c = byte_at(t, at);
    size_t begin, size;

    if (c == '#') {
        bool hex = byte_at(t, at + 1) == 'x' || byte_at(t, at + 1) == 'X';

        begin = at + (hex ? 2 : 1);
        for (at = begin; look_ascii(t, at) & DIGIT ||
                         (hex && byte_at(t, at) && strchr("abcdefABCDEF", (int)byte_at(t, at)));)
            at++;
        return at > begin && byte_at(t, at) == ';' ? at + 1 : 0;
    }
    if (!(look_ascii(t, at) & LETTER) && c != ':' && c != '_')
        return 0;
    for (;; at += size) {
        c = byte_at(t, at);
        if (!(look(t, at, &size) & ALNUM) && (c == 0 || !strchr(":_.-", (int)c)))
            return c == ';' ? at + 1 : 0;
    }
}

/* The text of scripts and style sheets is passed over, from their first tag to their last. */
static void note_script(struct tokenizer *t, size_t begin, size_t end)
{
    const char *tag = t->text + begin;
    size_t n = end - begin;

    if ((n == 7 && strncasecmp(tag, "<script", n) == 0) ||
        (n == 6 && strncasecmp(tag, "<style", n) == 0))
        t->in_script = true;
    else if ((n == 8 && strncasecmp(tag, "</script", n) == 0) ||
             (n == 7 && strncasecmp(tag, "</style", n) == 0))
        t->in_script = false;
}

/* Behind the opening quote: the place behind the closing one. A backslash takes the next character
 * with it, and a second backslash behind that one is none. A text that ends with a character so
 * taken has no further token at all: so it is with PostgreSQL. */
static size_t scan_quoted(struct tokenizer *t, size_t at, char quote)
{
    bool was_taken = false;

    for (;;) {
        size_t size;
        unsigned c = byte_at(t, at);

        if (look(t, at, &size) & END) {
            t->is_lost = was_taken;
            return 0;
        }
        at += size;
        if ((char)c == quote)
            return at;
        if (c != '\\' || was_taken) {
            was_taken = false;
            continue;
        }
        if (look(t, at, &size) & END)
            return 0;
        at += size;
        was_taken = true;
    }
}

/* Behind the name of a tag. */
static size_t scan_attributes(struct tokenizer *t, size_t begin, size_t at)
{
    for (;;) {
        size_t size;
        unsigned class = look(t, at, &size), c = byte_at(t, at);

        if (c == '>') {
            note_script(t, begin, at);
            return at + 1;
        }
        if (class & CHAR_SPACE)
            note_script(t, begin, at);
        if (c == '\'' || c == '"') {
            at = scan_quoted(t, at + 1, (char)c);
            if (at == 0)
                return 0;
        } else if (class & (LETTER | DIGIT | CHAR_SPACE) || (c && strchr("=-_#/:.&?%~", (int)c))) {
            at += size;
        } else {
            return 0;
        }
    }
}

static size_t scan_tag_name(struct tokenizer *t, size_t begin, size_t at)
{
    for (;;) {
        size_t size;
        unsigned class = look(t, at, &size), c = byte_at(t, at);

        if (c == '/')
            return byte_at(t, at + 1) == '>' ? at + 2 : 0;
        if (c == '>' || class & CHAR_SPACE)
            return scan_attributes(t, begin, at);
        if (!(class & ALNUM) && (c == 0 || !strchr(":_.-", (int)c)))
            return 0;
        at += size;
    }
}

/* Behind <!-- */
static size_t scan_comment(struct tokenizer *t, size_t at)
{
    const char *end;

    if (at >= t->no_comment_end_from)
        return 0;
    end = memmem(t->text + at, t->size - at, "-->", 3);
    if (end)
        return (size_t)(end - t->text) + 3;
    t->no_comment_end_from = at;
    return 0;
}

size_t scan_tag(struct tokenizer *t, size_t begin, size_t at)
{
    unsigned c = byte_at(t, at), next = byte_at(t, at + 1);

    if (c == '/')
        return look_ascii(t, at + 1) & LETTER ? scan_tag_name(t, begin, at + 2) : 0;
    if (c == '!' && next == '-')
        return byte_at(t, at + 2) == '-' ? scan_comment(t, at + 3) : 0;
    if (c == '!')
        return next == 'D' || next == 'd' ? scan_attributes(t, begin, at + 2) : 0;
    if (c == '?')
        return next == 'x' ? scan_attributes(t, begin, at + 2) : 0;
    if (look_ascii(t, at) & LETTER || c == ':' || c == '_')
        return scan_tag_name(t, begin, at + 1);
    return 0;
}
