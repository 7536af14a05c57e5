/* tag.h - the one form of a tag, for those who store tags and those who search by them. */
#pragma once

#include "base/err.h"

enum { TAG_MAX_BYTES = 100 };

/* Loads the tables of letters; the first tag_normalise() would. Before a sandbox. */
void tag_prepare(void);

/* Lower case; each run of what is neither letter nor digit becomes one hyphen, none at the ends.
 * "Tax, 2024" becomes "tax-2024". `text` is valid UTF-8. TAG_EMPTY: nothing is left; TAG_LONG: more
 * than TAG_MAX_BYTES are. */
enum { TAG_EMPTY = 1, TAG_LONG = 2 };
int tag_normalise(const char *text, size_t n, char ret[TAG_MAX_BYTES + 1]) MUST_CHECK;
