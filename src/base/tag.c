/* tag.c - see tag.h. Letters of all scripts stay: what one is, and its lower case, is told by the C
 * library's tables of Unicode, in the locale C.UTF-8 whatever the process has. Without that locale
 * everything beyond ASCII is taken for a letter and keeps its case.
 */
#include "base/tag.h"

#include "base/utf8.h"

#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static locale_t unicode;

void tag_prepare(void)
{
    if (!unicode)
        unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t decode(const char *at, size_t length)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (uint8_t)at[0] & first_bits[length];

    for (size_t i = 1; i < length; i++)
        c = c << 6 | ((uint8_t)at[i] & 0x3f);
    return c;
}

/* Of no width and no letter, but no part of a word: marks of direction, joiners, spaces. */
static bool is_format(uint32_t c)
{
    return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xe0000;
}

/* Letters, digits, and the marks that stand on letters. */
static bool is_kept(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!unicode)
        return true;
    return iswalnum((wint_t)c) || (c >= 0x300 && wcwidth((wchar_t)c) == 0 && !is_format(c));
}

static uint32_t lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    return unicode ? (uint32_t)towlower((wint_t)c) : c;
}

static int write(const char *text, size_t n, char ret[TAG_MAX_BYTES + 1])
{
    char tag[TAG_MAX_BYTES + 1], letter[4];
    size_t size = 0, length;
    bool gap = false;

    for (size_t i = 0; i < n; i += length) {
        uint32_t c;

        length = utf8_sequence(text + i, n - i);
        if (length == 0)
            return TAG_EMPTY; /* not the text that was promised */
        c = decode(text + i, length);
        if (!is_kept(c)) {
            gap = size > 0;
            continue;
        }
        size_t more = utf8_encode(lower(c), letter);
        if (size + gap + more > TAG_MAX_BYTES)
            return TAG_LONG;
        if (gap)
            tag[size++] = '-';
        memcpy(tag + size, letter, more);
        size += more;
        gap = false;
    }
    if (size == 0)
        return TAG_EMPTY;
    tag[size] = '\0';
    memcpy(ret, tag, size + 1);
    return 0;
}

int tag_normalise(const char *text, size_t n, char ret[TAG_MAX_BYTES + 1])
{
    locale_t before = (locale_t)0;
    int r;

    tag_prepare();
    if (unicode)
        before = uselocale(unicode); /* wcwidth(3) has no form that takes one */
    r = write(text, n, ret);
    if (unicode)
        (void)uselocale(before);
    return r;
}
