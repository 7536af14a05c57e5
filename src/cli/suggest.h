/* suggest.h - "did you mean". */
#pragma once

#include "base/err.h"

/* Number of single-letter edits (insert, delete, replace, swap of neighbours) from one word to
 * another; longer words than 63 bytes are infinitely far. */
unsigned suggest_distance(const char *a, const char *b);

/* The nearest of the words if it is near enough to be a slip, else NULL. */
const char *suggest(const char *word, const char *const *words, size_t n);
