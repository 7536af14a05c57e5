/* settings_parse.c - how a text is read by the type of its setting, and how that is told.
 *
 * Every number is whole, not negative and written in decimal; nothing overflows silently: a text
 * that no int64_t holds is refused like one out of bounds. Blanks around a typed value are ignored.
 * Units:
 *
 *     BYTES           bare: bytes; B, k, kB, KiB, M, MB, MiB, G, ..., T, ...: in any case, 1024
 * each step. MSEC, SECONDS   bare: the type's own unit; ms, s, min, h, d. SECONDS takes whole
 * seconds only.
 */
#include "base/settings_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *suffix;
    int64_t factor;
};

#define KIB 1024LL

/* Within a size the spelling that people are shown comes first. */
static const struct unit byte_units[] = {
    {"TB", KIB *KIB *KIB *KIB},
    {"GB", KIB *KIB *KIB},
    {"MB", KIB *KIB},
    {"kB", KIB},
    {"B", 1},
    {"TiB", KIB *KIB *KIB *KIB},
    {"GiB", KIB *KIB *KIB},
    {"MiB", KIB *KIB},
    {"KiB", KIB},
    {"T", KIB *KIB *KIB *KIB},
    {"G", KIB *KIB *KIB},
    {"M", KIB *KIB},
    {"k", KIB},
    {"", 1},
    {NULL, 0},
};

/* In milliseconds. */
static const struct unit time_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* Length without blanks at the end. */
static size_t trimmed_length(const char *text)
{
    size_t n = strlen(text);

    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    return n;
}

/* Decimal digits at *text, which is moved behind them. */
static int read_digits(const char **text, int64_t *ret)
{
    const char *p = *text;
    int64_t n = 0;

    if (!isdigit((unsigned char)*p))
        return 1;
    for (; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
            return 1;
    *text = p;
    *ret = n;
    return 0;
}

/* The factor of the unit that `suffix` is (blanks around it ignored), or 0. */
static int64_t find_unit(const struct unit *units, const char *suffix, bool any_case)
{
    size_t n;

    suffix = skip_blanks(suffix);
    n = trimmed_length(suffix);
    for (const struct unit *u = units; u->suffix; u++) {
        if (strlen(u->suffix) != n)
            continue;
        if (any_case ? strncasecmp(u->suffix, suffix, n) == 0 : strncmp(u->suffix, suffix, n) == 0)
            return u->factor;
    }
    return 0;
}

static int parse_bytes(const char *text, int64_t *ret)
{
    int64_t n, factor;

    if (read_digits(&text, &n) != 0)
        return 1;
    factor = find_unit(byte_units, text, true);
    return factor == 0 || __builtin_mul_overflow(n, factor, ret);
}

/* `bare` is the factor of a number without a unit: the type's own unit in milliseconds. */
static int parse_time(const char *text, int64_t bare, int64_t *ret)
{
    int64_t n, factor, msec;

    if (read_digits(&text, &n) != 0)
        return 1;
    factor = *skip_blanks(text) == '\0' ? bare : find_unit(time_units, text, false);
    if (factor == 0 || __builtin_mul_overflow(n, factor, &msec) || msec % bare != 0)
        return 1;
    *ret = msec / bare;
    return 0;
}

/* A number without a unit. */
static int parse_count(const char *text, int64_t *ret)
{
    if (read_digits(&text, ret) != 0)
        return 1;
    return *skip_blanks(text) != '\0';
}

static int parse_bool(const char *text, int64_t *ret)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    size_t n = trimmed_length(text);

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (strlen(words[i]) == n && strncasecmp(words[i], text, n) == 0) {
            *ret = (int64_t)(i & 1);
            return 0;
        }
    }
    return 1;
}

bool setting_choice(const struct setting *row, unsigned i, const char **ret_text, size_t *ret_size)
{
    const char *at = row->help;
    size_t n;

    for (;; at += n + 1) {
        n = strcspn(at, "|:");
        if (i-- == 0)
            break;
        if (at[n] != '|')
            return false;
    }
    *ret_text = at;
    *ret_size = n;
    return true;
}

const char *setting_help(const struct setting *row)
{
    const char *colon = row->type == SETTING_CHOICE ? strchr(row->help, ':') : NULL;

    return colon ? skip_blanks(colon + 1) : row->help;
}

static int parse_choice(const struct setting *row, const char *text, int64_t *ret)
{
    const char *choice;
    size_t n = trimmed_length(text), size;

    for (unsigned i = 0; setting_choice(row, i, &choice, &size); i++) {
        if (size == n && strncmp(choice, text, n) == 0) {
            *ret = i;
            return 0;
        }
    }
    return 1;
}

/* Text and paths: anything but control characters, which would only come from a mistake; a secret
 * may hold any. */
static int parse_text(const struct setting *row, const char *text, int64_t *ret)
{
    *ret = 0;
    if (row->flags & SETTING_SECRET)
        return 0;
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return 1;
    return 0;
}

static bool takes_auto(const struct setting *row)
{
    return row->type == SETTING_COUNT && strcmp(row->fallback, "auto") == 0;
}

static bool is_auto(const char *text)
{
    return trimmed_length(text) == 4 && strncmp(text, "auto", 4) == 0;
}

static int parse_number(const struct setting *row, const char *text, int64_t *ret)
{
    switch (row->type) {
    case SETTING_BYTES:
        return parse_bytes(text, ret);
    case SETTING_MSEC:
        return parse_time(text, 1, ret);
    case SETTING_SECONDS:
        return parse_time(text, 1000, ret);
    default:
        return parse_count(text, ret);
    }
}

int setting_parse(const struct setting *row, const char *text, int64_t *ret_number)
{
    int64_t number = 0;

    if (row->type == SETTING_TEXT || row->type == SETTING_PATH)
        return parse_text(row, text, ret_number);
    text = skip_blanks(text);
    if (row->type == SETTING_CHOICE)
        return parse_choice(row, text, ret_number);
    if (row->type == SETTING_BOOL)
        return parse_bool(text, ret_number);
    if (takes_auto(row) && is_auto(text)) {
        *ret_number = 0;
        return 0;
    }
    if (parse_number(row, text, &number) != 0 || number < row->min || number > row->max)
        return 1;
    *ret_number = number;
    return 0;
}

/* A number in the largest unit that divides it. */
static void add_in_unit(struct buf *out, const struct unit *units, int64_t n)
{
    const struct unit *u = units;

    while (u->factor > 1 && (n == 0 || n % u->factor != 0))
        u++;
    buf_printf(out, "%" PRId64 "%s", n / u->factor, u->suffix);
}

static void add_number(const struct setting *row, int64_t n, struct buf *out)
{
    switch (row->type) {
    case SETTING_BYTES:
        add_in_unit(out, byte_units, n);
        break;
    case SETTING_MSEC:
        add_in_unit(out, time_units, n);
        break;
    case SETTING_SECONDS:
        add_in_unit(out, time_units, n * 1000);
        break;
    default:
        buf_printf(out, "%" PRId64, n);
    }
}

static void add_choices(const struct setting *row, struct buf *out)
{
    const char *choice;
    size_t size;

    for (unsigned i = 0; setting_choice(row, i, &choice, &size); i++) {
        buf_add_str(out, i == 0 ? "one of " : ", ");
        buf_add(out, choice, size);
    }
}

void setting_describe(const struct setting *row, const char *auto_word, struct buf *out)
{
    static const char *const kinds[] = {
        [SETTING_TEXT] = "text without control characters",
        [SETTING_PATH] = "a path without control characters",
        [SETTING_BOOL] = "true or false",
        [SETTING_COUNT] = "a whole number from ",
        [SETTING_BYTES] = "a size from ",
        [SETTING_MSEC] = "a time from ",
        [SETTING_SECONDS] = "a time in whole seconds from ",
    };

    if (row->type == SETTING_CHOICE) {
        add_choices(row, out);
        return;
    }
    buf_add_str(out, kinds[row->type]);
    if (row->type < SETTING_COUNT)
        return;
    add_number(row, row->min, out);
    buf_add_str(out, " to ");
    add_number(row, row->max, out);
    if (takes_auto(row))
        buf_add_str(out, auto_word);
}
