/* language_tag.c - see language_tag.h. What documents declare is mostly right, and often written as
 * programs name locales. Nothing is made up: a name of a language is no tag.
 */
#include "extract/language/language_tag.h"

#include "extract/document.h"

#include <string.h>

/* Codes that were replaced by others (RFC 5646, 2.2.1; ISO 639-1 of 1989), which programs still
 * write. */
static const char *const renamed[][2] = {
    {"in", "id"}, {"iw", "he"}, {"ji", "yi"}, {"jw", "jv"}, {"mo", "ro"},
};

/* "en_US.UTF-8@euro" to "en_US". */
static size_t without_charset(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && text[i] != '.' && text[i] != '@')
        i++;
    return i;
}

static bool is_shaped(const char *tag, size_t n)
{
    size_t letters = 0, length = 0;

    while (letters < n && is_alpha(tag[letters]))
        letters++;
    if (letters < 2 || letters > 3 || (letters < n && tag[letters] != '-'))
        return false;
    for (size_t i = letters; i < n; i++) {
        length = tag[i] == '-' ? 0 : length + 1;
        if ((tag[i] != '-' && !is_alnum(tag[i])) || length > 8 ||
            (tag[i] == '-' && (i + 1 == n || tag[i + 1] == '-')))
            return false;
    }
    return true;
}

static char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* A script is "Latn", a region "US", all else is in lower case; behind a singleton everything is
 * (RFC 5646, 2.1.1). */
static void set_case(char *tag, size_t n)
{
    size_t from = 0, length;
    bool is_extended = false;

    for (; from < n; from += length + 1) {
        for (length = 0; from + length < n && tag[from + length] != '-'; length++)
            tag[from + length] = to_lower(tag[from + length]);
        is_extended |= length == 1;
        if (from == 0 || is_extended)
            continue;
        if (length == 2 || length == 4)
            tag[from] = to_upper(tag[from]);
        if (length == 2)
            tag[from + 1] = to_upper(tag[from + 1]);
    }
}

static void rename_primary(char *tag)
{
    for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
        if (strncmp(tag, renamed[i][0], 2) == 0 && !is_alpha(tag[2]))
            memcpy(tag, renamed[i][1], 2);
}

bool language_tag(const char *text, size_t n, char ret[LANGUAGE_TAG_SIZE])
{
    char tag[LANGUAGE_TAG_SIZE] = "";

    trim(&text, &n);
    n = without_charset(text, n);
    if (n >= sizeof(tag))
        return false;
    for (size_t i = 0; i < n; i++)
        tag[i] = text[i] == '_' ? '-' : text[i];
    if (!is_shaped(tag, n))
        return false;
    set_case(tag, n);
    rename_primary(tag);
    if (strncmp(tag, "und", 3) == 0)
        return false;
    memcpy(ret, tag, sizeof(tag));
    return true;
}
