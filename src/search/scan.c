/* scan.c - how far a token reaches that is longer than a word: files, hosts, addresses, exponents,
 * compounds.
 *
 * A scan walks on without returning, and remembers the last place at which it could have ended
 * (`best`). One that has failed will fail again from any place within, so it is not made twice:
 * without that, a text such as a_a_a_a_… would take the square of its length.
 */
#include "scan.h"

const uint16_t scan_bytes[256] = {
    [0] = END,
    ['\t' ... '\r'] = CHAR_SPACE,
    [' '] = CHAR_SPACE,
    ['!'] = URL_CHAR,
    ['#' ... '%'] = URL_CHAR,
    ['&'] = URL_CHAR | OPENING,
    ['\'' ... '*'] = URL_CHAR,
    ['+'] = URL_CHAR | OPENING,
    [','] = URL_CHAR,
    ['-'] = URL_CHAR | OPENING | JOINT,
    ['.'] = URL_CHAR | JOINT,
    ['/'] = URL_CHAR | OPENING | JOINT,
    ['0' ... '9'] = DIGIT | URL_CHAR | OPENING | JOINT,
    [':'] = URL_CHAR | JOINT,
    [';'] = URL_CHAR,
    ['<'] = OPENING,
    ['='] = URL_CHAR,
    ['?'] = URL_CHAR,
    ['@'] = URL_CHAR | JOINT,
    ['A' ... 'Z'] = LETTER | CHAR_ALPHA | URL_CHAR | OPENING,
    ['['] = URL_CHAR,
    [']'] = URL_CHAR,
    ['_'] = URL_CHAR | JOINT,
    ['a' ... 'z'] = LETTER | CHAR_ALPHA | URL_CHAR | OPENING,
    ['~'] = URL_CHAR,
    [128 ... 255] = JOINT,
};

uint32_t scan_decode(const char *s, size_t *ret_size)
{
    const unsigned char *u = (const unsigned char *)s;

    if (u[0] < 0xe0) {
        *ret_size = 2;
        return (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
    }
    if (u[0] < 0xf0) {
        *ret_size = 3;
        return (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    }
    *ret_size = 4;
    return (u[0] & 0x07u) << 18 | (u[1] & 0x3fu) << 12 | (u[2] & 0x3fu) << 6 | (u[3] & 0x3fu);
}

unsigned scan_wide(const struct tokenizer *t, size_t at, size_t *ret_size)
{
    uint32_t code = scan_decode(t->text + at, ret_size);
    const uint8_t *page = t->chars->pages[code / CHAR_PAGE_SIZE];

    return page ? page[code % CHAR_PAGE_SIZE] : 0;
}

size_t scan_file(struct tokenizer *t, size_t at, enum file_state state)
{
    size_t best = 0, begin = at;

    if (state == FILE_SLASH && at > t->no_file_from && at < t->no_file_to)
        return 0;
    for (;; at++) {
        unsigned c = byte_at(t, at);

        if (state == FILE_NAME) {
            if (is_name(t, at) || c == '-')
                continue;
            if (c == '.' && is_name(t, at + 1))
                continue;
            if (c != '/')
                return at;
            best = at;
            state = FILE_SLASH;
        } else if (state != FILE_DOTS && state != FILE_FIRST_DOT && is_name(t, at)) {
            state = FILE_NAME;
        } else if (state == FILE_SLASH && (c == '.' || c == '~')) {
            state = c == '.' ? FILE_DOT : FILE_TWIDDLE;
        } else if ((state == FILE_DOT || state == FILE_FIRST_DOT) && c == '.') {
            state = FILE_DOTS;
        } else if (state == FILE_DOTS && c == '/') {
            best = at;
            state = FILE_SLASH;
        } else if (state != FILE_SLASH && c == '/') {
            state = FILE_SLASH;
        } else if (state == FILE_DOTS && look_ascii(t, at) & END) {
            return at;
        } else {
            break;
        }
    }
    if (state == FILE_DOTS) {
        size_t size;

        if (look(t, at, &size) & CHAR_SPACE)
            return at;
    }
    if (best == 0) {
        t->no_file_from = begin;
        t->no_file_to = at;
    }
    return best;
}

static size_t scan_url_path(const struct tokenizer *t, size_t at)
{
    size_t end = skip(t, at, URL_CHAR);

    return end > at ? end : 0;
}

/* The host ends here, and perhaps a URL goes on. */
static size_t end_host(struct tokenizer *t, size_t at, enum token_type *ret_type)
{
    size_t end;

    *ret_type = TOKEN_HOST;
    if (t->stop_at_host) {
        t->stop_at_host = false;
        t->mode = TOKENIZE_PATH;
        return at;
    }
    end = byte_at(t, at) == '/' ? scan_url_path(t, at + 1) : 0;
    if (end == 0)
        return at;
    *ret_type = TOKEN_URL;
    return end;
}

size_t scan_host(struct tokenizer *t, size_t at, enum host_state state, enum token_type *ret_type)
{
    size_t best = 0, begin = at, end;
    bool may_note = !t->stop_at_host; /* where it is set, an address fails that may be one later */

    if (at > t->no_host_from && at < t->no_host_to)
        return 0;
    for (;; at++) {
        unsigned class = look_ascii(t, at), c = byte_at(t, at);

        if (state == HOST_DOMAIN && !(class & (LETTER | DIGIT))) {
            if (c == ':' && look_ascii(t, at + 1) & DIGIT)
                return end_host(t, skip(t, at + 1, DIGIT), ret_type);
            if (c == '@' && (end = scan_email(t, at + 1)) > 0)
                break;
            if (c != '-' && c != '_' && c != '.')
                return end_host(t, at, ret_type);
            best = at;
        }
        if (class & LETTER)
            state = state == HOST_DOT      ? HOST_SECOND
                    : state == HOST_FIRST  ? HOST_LABEL
                    : state == HOST_SECOND ? HOST_DOMAIN
                                           : state;
        else if (class & DIGIT)
            state = HOST_LABEL;
        else if (state == HOST_FIRST || state == HOST_DOT)
            goto fail;
        else if (c == '-' || c == '_')
            state = HOST_FIRST;
        else if (c == '.')
            state = HOST_DOT;
        else if (c == '@' && (end = scan_email(t, at + 1)) > 0)
            break;
        else
            goto fail;
    }
    *ret_type = TOKEN_EMAIL;
    return end;
fail:
    if (best > 0)
        return end_host(t, best, ret_type);
    if (may_note) {
        t->no_host_from = begin;
        t->no_host_to = at;
    }
    return 0;
}

size_t scan_email(struct tokenizer *t, size_t at)
{
    struct tokenizer inner;
    struct token token;

    if (t->stop_at_host) {
        t->stop_at_host = false;
        return 0;
    }
    tokenizer_begin(&inner, t->text + at, t->size - at, t->chars);
    inner.stop_at_host = true;
    return tokenizer_next(&inner, &token) && token.type == TOKEN_HOST ? at + token.size : 0;
}

size_t scan_exponent(const struct tokenizer *t, size_t at)
{
    unsigned c = byte_at(t, at);
    size_t end;

    at += c == '+' || c == '-';
    end = skip(t, at, DIGIT);
    return end > at ? end : 0;
}

size_t scan_compound(const struct tokenizer *t, size_t at, unsigned *kind)
{
    size_t best = 0, size;
    unsigned now = *kind;

    for (;;) {
        unsigned class = look(t, at, &size);

        if (class & DIGIT) { /* a part that begins with a digit must not be a number */
            at = skip(t, at, DIGIT);
            class = look(t, at, &size);
            if (!(class & (CHAR_ALPHA | CHAR_MARK)))
                return best;
            now = 2;
        } else if (!(class & CHAR_ALPHA)) {
            return best;
        } else if (!(class & LETTER)) {
            now = MAX(now, 1u);
        }
        for (; class & (ALNUM | CHAR_MARK); class = look(t, at, &size)) {
            now = class & DIGIT ? 2 : class & LETTER ? now : MAX(now, 1u);
            at += size;
        }
        best = at;
        *kind = now;
        if (byte_at(t, at) != '-')
            return best;
        at++;
    }
}
