/* tokens.c - the default text search parser of PostgreSQL, made anew from its manual and from what
 * ts_parse() answers.
 *
 * The first character says what a token may be. Most are words, and end at the first character that
 * is in no word. At a few characters (. - _ @ : /) it may be the beginning of something longer: a
 * host, a file, an address, a compound. That is tried there and then (scan.c), and the longer one
 * wins; when it comes to nothing, the word ends before it. A compound word and a URL come twice:
 * whole, and then again in parts, for which the tokenizer goes back to their beginning and changes
 * its mode.
 */
#include "scan.h"

#include <string.h>

static void emit(struct tokenizer *t, struct token *ret, enum token_type type, size_t end)
{
    *ret = (struct token){.type = type, .at = t->text + t->at, .size = end - t->at};
    t->at = end;
}

/* What comes once more, in parts. */
static void emit_whole(struct tokenizer *t, struct token *ret, enum token_type type, size_t end)
{
    size_t begin = t->at;

    emit(t, ret, type, end);
    t->at = begin;
    if (type == TOKEN_URL)
        t->stop_at_host = true;
    else
        t->mode = TOKENIZE_PARTS;
}

/* Emits what a scan has found. */
static bool found_host(struct tokenizer *t, struct token *ret, size_t at, enum host_state state)
{
    enum token_type type;
    size_t end = scan_host(t, at, state, &type);

    if (end == 0)
        return false;
    if (type == TOKEN_URL)
        emit_whole(t, ret, type, end);
    else
        emit(t, ret, type, end);
    return true;
}

static bool found(struct tokenizer *t, struct token *ret, enum token_type type, size_t end)
{
    if (end > 0)
        emit(t, ret, type, end);
    return end > 0;
}

/* Types of words with hyphens, by the kind of scan_compound(). */
static const enum token_type compounds[] = {TOKEN_ASCIIHWORD, TOKEN_HWORD, TOKEN_NUMHWORD};

static bool found_compound(struct tokenizer *t, struct token *ret, size_t at, unsigned kind)
{
    size_t end = scan_compound(t, at, &kind);

    if (end > 0)
        emit_whole(t, ret, compounds[kind], end);
    return end > 0;
}

static bool found_protocol(struct tokenizer *t, struct token *ret, size_t at)
{
    return byte_at(t, at) == '/' && byte_at(t, at + 1) == '/' &&
           found(t, ret, TOKEN_PROTOCOL, at + 2);
}

static void take_numword(struct tokenizer *t, struct token *ret, size_t at)
{
    unsigned c;

    at = skip_wide(t, at, ALNUM | CHAR_MARK);
    c = byte_at(t, at);
    if ((c == '@' && found(t, ret, TOKEN_EMAIL, scan_email(t, at + 1))) ||
        (c == '/' && found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_SLASH))) ||
        (c == '.' && is_name(t, at + 1) &&
         found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_NAME))) ||
        (c == '-' && found_compound(t, ret, at + 1, 2)))
        return;
    emit(t, ret, TOKEN_NUMWORD, at);
}

static void take_word(struct tokenizer *t, struct token *ret, size_t at)
{
    size_t size;

    at = skip_wide(t, at, CHAR_ALPHA | CHAR_MARK);
    if (look(t, at, &size) & DIGIT)
        take_numword(t, ret, at);
    else if (byte_at(t, at) != '-' || !found_compound(t, ret, at + 1, 1))
        emit(t, ret, TOKEN_WORD, at);
}

/* What an ASCII word or a number may be the beginning of, at a character that ends it. */
static bool found_longer(struct tokenizer *t, struct token *ret, size_t at)
{
    switch (byte_at(t, at)) {
    case '.':
        return found_host(t, ret, at + 1, HOST_DOT);
    case '-':
    case '_':
        return found_host(t, ret, at + 1, HOST_FIRST);
    case '@':
        return found(t, ret, TOKEN_EMAIL, scan_email(t, at + 1));
    default:
        return false;
    }
}

static void take_ascii_word(struct tokenizer *t, struct token *ret, size_t at)
{
    size_t size;
    unsigned class, c;

    at = skip(t, at, LETTER);
    if (!(look_ascii(t, at) & JOINT)) {
        emit(t, ret, TOKEN_ASCIIWORD, at);
        return;
    }
    class = look(t, at, &size);
    c = byte_at(t, at);
    if (class & DIGIT && found_host(t, ret, at + 1, HOST_LABEL))
        return;
    if (class & DIGIT) {
        take_numword(t, ret, at);
    } else if (class & (CHAR_ALPHA | CHAR_MARK)) {
        take_word(t, ret, at);
    } else if (!found_longer(t, ret, at) &&
               !(c == '.' && is_name(t, at + 1) &&
                 found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_NAME))) &&
               !(c == '-' && found_compound(t, ret, at + 1, 0)) &&
               !(c == ':' && found_protocol(t, ret, at + 1)) &&
               !(c == '/' && found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_SLASH)))) {
        emit(t, ret, TOKEN_ASCIIWORD, at);
    }
}

static bool is_point(const struct tokenizer *t, size_t at)
{
    return byte_at(t, at) == '.' && look_ascii(t, at + 1) & DIGIT;
}

/* A number with or without exponent, of which that is the end otherwise. */
static void emit_number(struct tokenizer *t, struct token *ret, enum token_type type, size_t at)
{
    unsigned c = byte_at(t, at);

    if ((c != 'e' && c != 'E') || !found(t, ret, TOKEN_SFLOAT, scan_exponent(t, at + 1)))
        emit(t, ret, type, at);
}

/* From the first point of a number on; with two of them it is a version. */
static void take_fraction(struct tokenizer *t, struct token *ret, size_t at)
{
    at = skip(t, at + 1, DIGIT);
    if (!is_point(t, at)) {
        emit_number(t, ret, TOKEN_FLOAT, at);
        return;
    }
    while (is_point(t, at))
        at = skip(t, at + 1, DIGIT);
    emit(t, ret, TOKEN_VERSION, at);
}

static void take_number(struct tokenizer *t, struct token *ret, size_t at)
{
    size_t size;
    unsigned class, c;

    at = skip(t, at, DIGIT);
    class = look(t, at, &size);
    c = byte_at(t, at);
    if (found_longer(t, ret, at))
        return;
    if (is_point(t, at))
        take_fraction(t, ret, at);
    else if ((c == 'e' || c == 'E') && found(t, ret, TOKEN_SFLOAT, scan_exponent(t, at + 1)))
        return;
    else if (class & LETTER && found_host(t, ret, at + 1, HOST_LABEL))
        return;
    else if (class & (CHAR_ALPHA | CHAR_MARK))
        take_numword(t, ret, at);
    else if (c != '/' || !found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_SLASH)))
        emit(t, ret, TOKEN_UINT, at);
}

/* From the sign on. A version has none. */
static bool found_signed(struct tokenizer *t, struct token *ret)
{
    size_t begin = t->at + 1, at = skip(t, begin, DIGIT);
    enum token_type type = TOKEN_INT;

    if (at == begin)
        return false;
    if (is_point(t, at)) {
        type = TOKEN_FLOAT;
        at = skip(t, at + 1, DIGIT);
        if (is_point(t, at))
            return false;
    }
    emit_number(t, ret, type, at);
    return true;
}

/* Up to what may begin something. */
static void take_blank(struct tokenizer *t, struct token *ret, size_t at)
{
    size_t size;
    unsigned class;

    for (; !((class = look(t, at, &size)) & END); at += size)
        if (class & (OPENING | CHAR_ALPHA) && (!t->in_script || byte_at(t, at) == '<'))
            break;
    emit(t, ret, TOKEN_BLANK, at);
}

/* Whether the character, which begins no word, begins something else. */
static bool found_special(struct tokenizer *t, struct token *ret, unsigned c)
{
    size_t at = t->at;

    switch (c) {
    case '-':
    case '+':
        return found_signed(t, ret);
    case '&':
        return found(t, ret, TOKEN_ENTITY, scan_entity(t, at + 1));
    case '~':
        return found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_TWIDDLE));
    case '/':
        return found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_SLASH));
    case '.':
        return found(t, ret, TOKEN_FILE, scan_file(t, at + 1, FILE_FIRST_DOT));
    default:
        return false;
    }
}

static void take_any(struct tokenizer *t, struct token *ret)
{
    size_t at = t->at, size;
    unsigned class = look(t, at, &size), c = byte_at(t, at);

    if (c == '<' && found(t, ret, TOKEN_TAG, scan_tag(t, at, at + 1)))
        return;
    if (t->in_script)
        take_blank(t, ret, at + size);
    else if (class & LETTER)
        take_ascii_word(t, ret, at + 1);
    else if (class & CHAR_ALPHA)
        take_word(t, ret, at + size);
    else if (class & DIGIT)
        take_number(t, ret, at + 1);
    else if (!found_special(t, ret, c))
        take_blank(t, ret, at + size);
}

/* ---- a compound once more ---- */

/* A part, or the hyphen before one; false: there is no more of it. */
static bool take_part(struct tokenizer *t, struct token *ret)
{
    static const enum token_type parts[] = {TOKEN_HWORD_ASCIIPART, TOKEN_HWORD_PART,
                                            TOKEN_HWORD_NUMPART};
    size_t at = t->at, size;
    unsigned class = look(t, at, &size), kind = 0;

    if (byte_at(t, at) == '-')
        return look(t, at + 1, &size) & (ALNUM | CHAR_MARK) && found(t, ret, TOKEN_BLANK, at + 1);
    if (class & DIGIT) {
        at = skip(t, at, DIGIT);
        kind = 2;
        class = look(t, at, &size);
        if (!(class & (CHAR_ALPHA | CHAR_MARK)))
            return false;
    } else if (!(class & CHAR_ALPHA)) {
        return false;
    }
    for (; class & (ALNUM | CHAR_MARK); class = look(t, at, &size)) {
        kind = class & DIGIT ? 2 : class & LETTER ? kind : MAX(kind, 1u);
        at += size;
    }
    emit(t, ret, parts[kind], at);
    return true;
}

/* ---- the whole ---- */

void tokenizer_begin(struct tokenizer *t, const char *text, size_t size,
                     const struct char_pages *chars)
{
    *t = (struct tokenizer){.chars = chars, .text = text, .size = size};
    t->no_comment_end_from = SIZE_MAX;
}

bool tokenizer_next(struct tokenizer *t, struct token *ret)
{
    if (t->at >= t->size || t->is_lost)
        return false;
    if (t->mode == TOKENIZE_PARTS && take_part(t, ret))
        return true;
    if (t->mode == TOKENIZE_PATH) {
        size_t size;

        (void)look(t, t->at, &size);
        emit(t, ret, TOKEN_URL_PATH, skip(t, t->at + size, URL_CHAR));
        t->mode = TOKENIZE_TEXT;
        return true;
    }
    t->mode = TOKENIZE_TEXT;
    take_any(t, ret);
    return !t->is_lost;
}

/* The first byte from `at` on that is not ASCII, or the end. */
static size_t skip_ascii(const char *text, size_t size, size_t at)
{
    uint64_t eight;

    for (; size - at >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, text + at, sizeof(eight));
        if (eight & 0x8080808080808080u)
            break;
    }
    while (at < size && (unsigned char)text[at] < 128)
        at++;
    return at;
}

int tokens_missing_page(const char *text, size_t size, size_t *at, const struct char_pages *chars)
{
    while ((*at = skip_ascii(text, size, *at)) < size) {
        size_t n;
        uint32_t page = scan_decode(text + *at, &n) / CHAR_PAGE_SIZE;

        *at += n;
        if (!chars->pages[page])
            return (int)page;
    }
    return -1;
}
