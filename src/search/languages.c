/* languages.c - see search/languages.h. The names are PostgreSQL's own (those of 15, and estonian of
 * 18), and further ones that people give to configurations for languages that it has none for; which of
 * them there are, the database says.
 */
#include "search/languages.h"

#include <string.h>

/* Codes as in ISO 639-1; all of a row have two letters. */
static const struct {
    const char *name, *codes;
} configs[] = {
    {"arabic", "ar"},     {"armenian", "hy"},   {"basque", "eu"},     {"catalan", "ca"},
    {"danish", "da"},     {"dutch", "nl"},      {"english", "en"},    {"estonian", "et"},
    {"finnish", "fi"},    {"french", "fr"},     {"german", "de"},     {"greek", "el"},
    {"hindi", "hi"},      {"hungarian", "hu"},  {"indonesian", "id"}, {"irish", "ga"},
    {"italian", "it"},    {"lithuanian", "lt"}, {"nepali", "ne"},     {"norwegian", "no nb nn"},
    {"portuguese", "pt"}, {"romanian", "ro"},   {"russian", "ru"},    {"serbian", "sr"},
    {"spanish", "es"},    {"swedish", "sv"},    {"tamil", "ta"},      {"turkish", "tr"},
    {"yiddish", "yi"},    {"bulgarian", "bg"},  {"chinese", "zh"},    {"croatian", "hr"},
    {"czech", "cs"},      {"hebrew", "he"},     {"japanese", "ja"},   {"korean", "ko"},
    {"latvian", "lv"},    {"persian", "fa"},    {"polish", "pl"},     {"slovak", "sk"},
    {"slovenian", "sl"},  {"thai", "th"},       {"ukrainian", "uk"},  {"vietnamese", "vi"},
};
_Static_assert(ARRAY_SIZE(configs) < LANGUAGES_MAX_CONFIGS, "configurations have numbers below it");

static bool has_code(const char *codes, const char *code)
{
    for (; strncmp(codes, code, 2) != 0; codes += 3)
        if (!codes[2])
            return false;
    return true;
}

unsigned languages_config(const char *tag, size_t size)
{
    if (size < 2 || (size > 2 && tag[2] != '-'))
        return 0;
    for (unsigned i = 0; i < ARRAY_SIZE(configs); i++)
        if (has_code(configs[i].codes, tag))
            return i + 1;
    return 0;
}

const char *languages_config_name(unsigned config)
{
    return config >= 1 && config <= ARRAY_SIZE(configs) ? configs[config - 1].name : NULL;
}
