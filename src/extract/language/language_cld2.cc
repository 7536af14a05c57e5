/* language_cld2.cc - language_guess.h by CLD2, whose tables are a part of the library itself.
 *
 * Nothing here keeps state between calls. It may throw for want of memory only; then there is no
 * guess.
 */
#include "extract/language/language_guess.h"

/* Its headers use both without including them. */
#include <cstdio>
#include <vector>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace
{

constexpr int n_languages = 3; /* that the library tells at once, the most frequent first */

bool ask(const char *text, size_t n, struct language_guess *ret)
{
    const CLD2::CLDHints none = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    CLD2::Language languages[n_languages];
    int percents[n_languages], n_letters;
    double likeness[n_languages];
    bool is_reliable;
    CLD2::Language summary =
        CLD2::ExtDetectLanguageSummary(text, static_cast<int>(n), true, &none, 0, languages,
                                       percents, likeness, nullptr, &n_letters, &is_reliable);

    if (!is_reliable || summary != languages[0] || summary == CLD2::UNKNOWN_LANGUAGE)
        return false;
    ret->code = CLD2::LanguageCode(summary);
    ret->percent = static_cast<unsigned>(percents[0]);
    ret->likeness = static_cast<unsigned>(likeness[0]);
    ret->n_letters = static_cast<size_t>(n_letters);
    ret->has_siblings = CLD2::LanguageCloseSet(summary) != 0;
    return true;
}

} // namespace

extern "C" bool language_guess(const char *text, size_t n, struct language_guess *ret)
{
    try {
        return ask(text, n, ret);
    } catch (...) {
        return false;
    }
}
