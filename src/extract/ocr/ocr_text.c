/* ocr_text.c - see ocr_text.h.
 *
 * Tesseract finds letters in leaves, hair and noise, and says itself that it does not believe in
 * them. So a word below MIN_CONFIDENCE is dropped, and a page most of whose letters are in doubt,
 * or which has no word that can be trusted, has no text. Of pages of print tesseract is sure by 90
 * and more, of faint ones by 60 and more.
 */
#include "extract/ocr/ocr_text.h"

#include "base/utf8.h"

#include <ctype.h>

enum { MIN_CONFIDENCE = 30, SURE_CONFIDENCE = 60, MIN_SURE_LETTERS = 2 };

/* Letters and digits; of other scripts all characters count as that. */
static size_t count_letters(const char *word, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)word[i];

        count += isalnum(c) || c >= 0xc0;
    }
    return count;
}

static void weigh(struct ocr_text *t, size_t n_letters, float confidence)
{
    t->n_letters += n_letters;
    if (confidence < SURE_CONFIDENCE)
        return;
    t->n_sure_letters += n_letters;
    t->has_sure_word |= n_letters >= MIN_SURE_LETTERS;
}

static bool is_blank(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)word[i] > ' ')
            return false;
    return true;
}

/* No controls: a form feed is what tesseract ends pages with. */
static void add_word(struct buf *text, const char *word, size_t n)
{
    n = utf8_valid_prefix(word, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)word[i] >= ' ')
            buf_add_char(text, word[i]);
}

void ocr_text_take(void *text, enum ocr_gap gap, const char *word, size_t n, float confidence)
{
    static const char *const gaps[] = {
        [OCR_GAP_SPACE] = " ", [OCR_GAP_LINE] = "\n", [OCR_GAP_PARAGRAPH] = "\n\n"};
    struct ocr_text *t = text;

    if (gap > t->gap)
        t->gap = gap;
    if (is_blank(word, n))
        return;
    weigh(t, count_letters(word, n), confidence);
    if (confidence < MIN_CONFIDENCE)
        return;
    if (t->text.size > 0)
        buf_add_str(&t->text, gaps[t->gap]);
    add_word(&t->text, word, n);
    t->gap = OCR_GAP_SPACE;
    t->n_words++;
    t->confidence += confidence;
}

bool ocr_text_is_likely(const struct ocr_text *t)
{
    return t->has_sure_word && t->n_sure_letters * 2 >= t->n_letters;
}
