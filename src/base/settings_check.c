/* settings_check.c - what one value alone cannot tell: whether the values go together.
 *
 * Also completes the two values that depend on where the program runs, PENSTOCK_HOME (made
 * absolute, so that a later change of the working directory moves nothing) and PENSTOCK_NODE. Both
 * keep the source they had.
 */
#include "base/ocr_data.h"
#include "base/settings_internal.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const enum setting_id db_parts[] = {SETTING_DB_HOST, SETTING_DB_USERNAME,
                                           SETTING_DB_PASSWORD, SETTING_DB_DATABASE};
static const enum setting_id db_needed[] = {SETTING_DB_HOST, SETTING_DB_USERNAME,
                                            SETTING_DB_DATABASE};

static const char *name_of(enum setting_id id)
{
    return setting_get(id)->name;
}

/* The first of the DB_ names that is set, or NULL. */
static const char *given_db_part(const struct settings *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(db_parts); i++)
        if (setting_is_set(s, db_parts[i]))
            return name_of(db_parts[i]);
    return NULL;
}

static int check_db_parts(const struct settings *s, const char *given, struct reason *why)
{
    int wrong = 0;

    for (size_t i = 0; i < ARRAY_SIZE(db_needed); i++) {
        if (setting_is_set(s, db_needed[i]))
            continue;
        reason_add(why, "%s is missing (%s is set)", name_of(db_needed[i]), given);
        wrong = 1;
    }
    return wrong;
}

static int check_database(const struct settings *s, struct reason *why)
{
    const char *given = given_db_part(s);

    if (setting_is_set(s, SETTING_DATABASE_URL)) {
        if (given)
            reason_add(why, "DATABASE_URL and %s are both set, give one of them", given);
        return given != NULL;
    }
    if (given)
        return check_db_parts(s, given, why);
    if (strcmp(settings_text(s, SETTING_APP_ENV), "production") != 0)
        return 0;
    reason_add(why, "APP_ENV is production and no database is configured: set DATABASE_URL, or "
                    "DB_HOST, DB_USERNAME, DB_PASSWORD and DB_DATABASE");
    return 1;
}

static int check_pool(const struct settings *s, struct reason *why)
{
    if (settings_number(s, SETTING_DB_POOL_MIN) <= settings_number(s, SETTING_DB_POOL_MAX))
        return 0;
    reason_add(why, "DB_POOL_MIN (%s) is more than DB_POOL_MAX (%s)",
               settings_text(s, SETTING_DB_POOL_MIN), settings_text(s, SETTING_DB_POOL_MAX));
    return 1;
}

/* Length of [a-zA-Z_][a-zA-Z0-9_]* at `text`. */
static size_t identifier_length(const char *text)
{
    size_t n = 0;

    if (isdigit((unsigned char)text[0]))
        return 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '_')
        n++;
    return n;
}

/* A name, or schema.name: it is used in SQL as a regconfig, where other spellings would need
 * quotes. */
static bool is_text_config(const char *text)
{
    size_t n = identifier_length(text), m;

    if (n == 0 || text[n] == '\0')
        return n > 0;
    m = text[n] == '.' ? identifier_length(text + n + 1) : 0;
    return m > 0 && text[n + 1 + m] == '\0';
}

static int check_text_config(const struct settings *s, struct reason *why)
{
    if (is_text_config(settings_text(s, SETTING_TEXT_CONFIG)))
        return 0;
    reason_add(why, "PENSTOCK_TEXT_CONFIG: \"%.64s\" is not a name like english or public.english",
               settings_text(s, SETTING_TEXT_CONFIG));
    return 1;
}

static int check_ocr_languages(const struct settings *s, struct reason *why)
{
    struct ocr_languages list;

    if (ocr_languages_read(settings_text(s, SETTING_OCR_LANGUAGES), &list) == 0)
        return 0;
    reason_add(
        why,
        "PENSTOCK_OCR_LANGUAGES: \"%.64s\" is not a list like eng or eng+deu, of %d languages "
        "at most",
        settings_text(s, SETTING_OCR_LANGUAGES), OCR_MAX_LANGUAGES);
    return 1;
}

/* In the order of the bits in settings_split(). */
static const char *const split_words[] = {"ndjson", "csv", "mbox"};

/* The bit of the word of `n` bytes, white space around it apart; 0: it is none of them. */
static unsigned split_bit(const char *word, size_t n)
{
    while (n > 0 && isspace((unsigned char)word[0])) {
        word++;
        n--;
    }
    while (n > 0 && isspace((unsigned char)word[n - 1]))
        n--;
    for (unsigned i = 0; i < ARRAY_SIZE(split_words); i++)
        if (strlen(split_words[i]) == n && memcmp(word, split_words[i], n) == 0)
            return 1u << i;
    return 0;
}

int settings_split(const struct settings *s, unsigned *ret)
{
    const char *at = settings_text(s, SETTING_SPLIT), *end;
    unsigned kinds = 0, bit;

    while (*at) {
        end = strchrnul(at, ',');
        bit = split_bit(at, (size_t)(end - at));
        if (bit == 0)
            return 1;
        kinds |= bit;
        at = *end ? end + 1 : end;
    }
    *ret = kinds;
    return 0;
}

static int check_split(const struct settings *s, struct reason *why)
{
    unsigned kinds;

    if (settings_split(s, &kinds) == 0)
        return 0;
    reason_add(why, "PENSTOCK_SPLIT: \"%.64s\" is not a list of ndjson, csv and mbox",
               settings_text(s, SETTING_SPLIT));
    return 1;
}

/* Puts another text in place of a setting's, without a change of its source. */
static int replace_text(struct settings *s, enum setting_id id, const char *text,
                        struct reason *why)
{
    return settings_set(s, id, text, s->values[id].source, why);
}

static int complete_home(struct settings *s, struct reason *why)
{
    char *absolute;
    int r = path_make_absolute(settings_text(s, SETTING_HOME), &absolute);

    if (r < 0)
        return r;
    r = replace_text(s, SETTING_HOME, absolute, why);
    free(absolute);
    return r;
}

/* FNV-1a, 32 bits: tells the homes of one host apart. */
static uint32_t hash_text(const char *text)
{
    uint32_t h = 2166136261u;

    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 16777619u;
    return h;
}

static int complete_node(struct settings *s, struct reason *why)
{
    char host[HOST_NAME_MAX + 1], node[HOST_NAME_MAX + 16];

    if (setting_is_set(s, SETTING_NODE))
        return 0;
    if (gethostname(host, sizeof(host)) < 0)
        return -errno;
    host[HOST_NAME_MAX] = '\0';
    (void)snprintf(node, sizeof(node), "%s:%08x", host, hash_text(settings_text(s, SETTING_HOME)));
    return replace_text(s, SETTING_NODE, node, why);
}

static int check_inboxes(struct settings *s, struct reason *why)
{
    struct collections c = {0};
    int r = settings_collections(s, &c, why);

    collections_done(&c);
    return r;
}

int settings_check(struct settings *s, struct reason *why)
{
    int wrong, r;

    r = complete_home(s, why);
    if (r == 0)
        r = complete_node(s, why);
    if (r != 0)
        return r;
    wrong = check_database(s, why) | check_pool(s, why) | check_text_config(s, why) |
            check_ocr_languages(s, why) | check_split(s, why);
    r = check_inboxes(s, why);
    return r < 0 ? r : wrong | r;
}
