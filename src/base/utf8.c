/* utf8.c - strict UTF-8 (RFC 3629, table 3-7 of the Unicode standard), with a fast path for ASCII.
 */
#include "base/utf8.h"

#include <string.h>

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

static size_t sequence_of_three(const uint8_t *s)
{
    uint8_t low = s[0] == 0xe0 ? 0xa0 : 0x80;
    uint8_t high = s[0] == 0xed ? 0x9f : 0xbf; /* no surrogates */

    return s[1] >= low && s[1] <= high && is_tail(s[2]) ? 3 : 0;
}

static size_t sequence_of_four(const uint8_t *s)
{
    uint8_t low = s[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = s[0] == 0xf4 ? 0x8f : 0xbf; /* nothing above U+10FFFF */

    return s[1] >= low && s[1] <= high && is_tail(s[2]) && is_tail(s[3]) ? 4 : 0;
}

size_t utf8_sequence(const char *text, size_t size)
{
    const uint8_t *s = (const uint8_t *)text;

    if (size == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    if (s[0] < 0xe0)
        return size >= 2 && is_tail(s[1]) ? 2 : 0;
    if (s[0] < 0xf0)
        return size >= 3 ? sequence_of_three(s) : 0;
    return size >= 4 ? sequence_of_four(s) : 0;
}

/* Eight bytes at once: all below 0x80 and none of them zero. */
static bool is_plain_ascii(const char *text)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    return ((word | (word - ones)) & highs) == 0;
}

size_t utf8_valid_prefix(const char *text, size_t size)
{
    size_t i = 0, n;

    while (i < size) {
        while (i + 8 <= size && is_plain_ascii(text + i))
            i += 8;
        if (i == size || text[i] == '\0')
            break;
        n = utf8_sequence(text + i, size - i);
        if (n == 0)
            break;
        i += n;
    }
    return i;
}

size_t utf8_cut(const char *text, size_t size, size_t limit)
{
    if (limit >= size)
        return size;
    while (limit > 0 && is_tail((uint8_t)text[limit]))
        limit--;
    return limit;
}

size_t utf8_encode(uint32_t c, char to[4])
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}
