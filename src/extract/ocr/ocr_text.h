/* ocr_text.h - the words of a page as tesseract gives them, and whether they are words at all. */
#pragma once

#include "base/buf.h"
#include "extract/ocr/ocr_engine.h"

/* All zeroes to begin with. */
struct ocr_text {
    struct buf text; /* lines and paragraphs; no blanks at line ends */
    unsigned n_words;
    double confidence; /* the sum of theirs */
    enum ocr_gap gap;  /* before the next word that is kept */
    size_t n_letters, n_sure_letters;
    bool has_sure_word;
};

/* The ocr_take_word of `text`, a struct ocr_text. */
void ocr_text_take(void *text, enum ocr_gap gap, const char *word, size_t n, float confidence);

/* Whether what was taken is the text of a page, not what tesseract sees in a photograph. */
bool ocr_text_is_likely(const struct ocr_text *t);
