/* language_guess.h - a library's guess at the language of a sample; in C, whatever the library. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct language_guess {
    const char *code;  /* the library's own, such as "en", "zh-Hant", "iw"; lives for ever */
    unsigned percent;  /* of the letters that are in this language */
    unsigned likeness; /* how much they are as in this language: 1,000 is usual, 0 not at all */
    size_t n_letters;  /* bytes that were looked at */
    bool has_siblings; /* others are so like it that little text cannot tell them apart */
};

/* False: it has none that it calls reliable, or there is no library in this build. `text` is valid
 * UTF-8. No file is opened, not the first time either; takes time in proportion to the text. */
#ifdef __cplusplus
extern "C"
#endif
    bool
    language_guess(const char *text, size_t n, struct language_guess *ret);
