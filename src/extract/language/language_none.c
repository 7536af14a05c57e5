/* language_none.c - language_guess.h in a build without the library: documents have the language
 * that they declare, or none. */
#include "base/err.h"
#include "extract/language/language_guess.h"

bool language_guess(const char *text UNUSED, size_t n UNUSED, struct language_guess *ret UNUSED)
{
    return false;
}
