/* pdf_text.c - see pdf_text.h.
 *
 * A font's table of characters is what its producer made it: halves of surrogate pairs, control
 * characters, U+FFFE. Poppler wraps what runs from right to left in marks that are for terminals;
 * between a number and the next word such a mark is all there is, so it parts words here as well.
 * Ligatures are decomposed by ICU's compatibility mapping, for nobody searches for U+FB01; letters
 * that only resemble others (superscripts, full width) stay, as pdftotext leaves them.
 */
#include "extract/pdf/pdf_text.h"

#include "base/utf8.h"

#include <string.h>
#include <unicode/unorm2.h>

enum { MAX_LETTERS = 32 }; /* of one form: U+FDFA has 18 */

/* Ranges that are left out, in order. */
static const struct range {
    uint32_t from, to;
} invisible[] = {
    {0x00, 0x08}, {0x0b, 0x1f}, {0x7f, 0x9f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff},
};

static bool is_invisible(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_SIZE(invisible) && c >= invisible[i].from; i++) {
        if (c <= invisible[i].to)
            return true;
    }
    return false;
}

static bool is_direction(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_form(uint32_t c)
{
    return (c >= 0xfb00 && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff);
}

static uint32_t decode(const char *at, size_t n)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)at[0] & first[n];

    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)at[i] & 0x3f);
    return c;
}

static void add_code_point(uint32_t c, struct buf *to)
{
    char bytes[4];

    buf_add(to, bytes, utf8_encode(c, bytes));
}

/* False: it has no letters of its own. */
static bool add_letters(uint32_t c, struct buf *to)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *forms = unorm2_getNFKCInstance(&status);
    UChar letters[MAX_LETTERS];
    int32_t n = U_SUCCESS(status)
                    ? unorm2_getDecomposition(forms, (UChar32)c, letters, MAX_LETTERS, &status)
                    : -1;

    if (U_FAILURE(status) || n < 0)
        return false;
    for (int32_t i = 0; i < n; i++) { /* all of them are in the first plane */
        if (!U16_IS_SURROGATE(letters[i]))
            add_code_point(letters[i], to);
    }
    return true;
}

static void add_special(uint32_t c, struct buf *to)
{
    if (c == '\r' || c == '\f' || c == 0x2028 || c == 0x2029)
        buf_add_char(to, '\n');
    else if (!is_invisible(c) && !(is_form(c) && add_letters(c, to)))
        add_code_point(c, to);
}

/* Two halves of a surrogate pair, each written as if it were a character (CESU-8). */
static size_t take_surrogates(const char *at, size_t n, struct buf *to)
{
    uint32_t high, low;

    if (n < 6 || (unsigned char)at[0] != 0xed || (unsigned char)at[3] != 0xed)
        return 0;
    high = decode(at, 3);
    low = decode(at + 3, 3);
    if (high < 0xd800 || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0;
    add_code_point(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), to);
    return 6;
}

/* Bytes that need no look: ASCII that can be seen, and white space. */
static size_t plain_run(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && ((text[i] >= ' ' && text[i] < 0x7f) || text[i] == '\n' || text[i] == '\t'))
        i++;
    return i;
}

/* Whether the text so far, and what comes, have no white space between them. */
static bool is_glued(const struct buf *to, char next)
{
    const char last = to->size > 0 ? to->data[to->size - 1] : '\n';

    return !strchr(" \n\t", last) && !strchr(" \n\t\r\f", next);
}

/* The character, or what stands for one, at `text`; returns its bytes. `gap`: a mark of direction
 * went before. */
static size_t take_character(const char *text, size_t n, bool *gap, struct buf *to)
{
    const size_t length = utf8_sequence(text, n);
    size_t pair;
    uint32_t c;

    if (length == 0) {
        pair = take_surrogates(text, n, to);
        return pair ? pair : 1;
    }
    c = decode(text, length);
    if (is_direction(c)) {
        *gap = true;
        return length;
    }
    if (c == '\r' && n > 1 && text[1] == '\n')
        return length;
    if (*gap && is_glued(to, *text))
        buf_add_char(to, ' ');
    *gap = false;
    add_special(c, to);
    return length;
}

void pdf_text_clean(const char *text, size_t n, struct buf *to)
{
    bool gap = false;
    size_t length;

    for (; n > 0; text += length, n -= length) {
        length = plain_run(text, n);
        if (length == 0) {
            length = take_character(text, n, &gap, to);
            continue;
        }
        if (gap && is_glued(to, *text))
            buf_add_char(to, ' ');
        gap = false;
        buf_add(to, text, length);
    }
}
