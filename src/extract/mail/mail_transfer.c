/* mail_transfer.c - decodes base64, quoted-printable and uuencode, however broken.
 *
 * Base64 that ends with padding and goes on was put together from pieces, so it goes on; a line of
 * something else behind the padding (the footer of a mailing list) ends it. A "=" in
 * quoted-printable that is followed by no hexadecimal digits stands for itself. White space at the
 * end of a line was added on the way. All are linear, and give at most as many bytes as they take.
 */
#include "extract/mail/mail_transfer.h"

#include "extract/document.h"

#include <string.h>

enum { NO_DIGIT = -1 };

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-') /* "-" and "_": the alphabet for URLs */
        return 62;
    return c == '/' || c == '_' ? 63 : NO_DIGIT;
}

/* A line behind padding that is not base64. */
static bool is_other_line(const char *bytes, size_t n, size_t at)
{
    const char *line;
    size_t length;

    (void)next_line(bytes, n, at, &line, &length);
    for (size_t i = 0; i < length; i++) {
        if (base64_digit(line[i]) == NO_DIGIT && line[i] != '=' && !is_space(line[i]))
            return true;
    }
    return length > 0 && (line[0] == '_' || line[0] == '-');
}

void mail_decode_base64(const char *bytes, size_t n, struct buf *to)
{
    char *out = buf_reserve(to, n / 4 * 3 + 3);
    unsigned bits = 0, n_bits = 0;
    size_t written = 0;
    bool padded = false;
    int digit;

    for (size_t i = 0; out && i < n; i++) {
        digit = base64_digit(bytes[i]);
        if (digit == NO_DIGIT) {
            if (bytes[i] == '=') {
                padded = true;
                n_bits = 0;
            }
            if (bytes[i] == '\n' && padded && i + 1 < n && is_other_line(bytes, n, i + 1))
                break;
            continue;
        }
        bits = (bits << 6) | (unsigned)digit;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[written++] = (char)(bits >> n_bits);
        }
    }
    if (out)
        buf_seal(to, written);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : NO_DIGIT;
}

/* Decodes "=XX" at `at` into `ret`; false: it is not that. */
static bool read_escape(const char *at, size_t n, char *ret)
{
    if (n < 3 || hex_digit(at[1]) == NO_DIGIT || hex_digit(at[2]) == NO_DIGIT)
        return false;
    *ret = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
    return true;
}

/* One line without its end; true when the next one continues it. */
static bool decode_quoted_line(const char *line, size_t n, struct buf *to)
{
    size_t i = 0, start;
    char c;

    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r'))
        n--;
    while (i < n) {
        for (start = i; i < n && line[i] != '='; i++)
            ;
        buf_add(to, line + start, i - start);
        if (i == n)
            return false;
        if (i + 1 == n)
            return true;
        if (read_escape(line + i, n - i, &c)) {
            buf_add_char(to, c);
            i += 3;
        } else {
            buf_add_char(to, line[i++]);
        }
    }
    return false;
}

static void decode_quoted_printable(const char *bytes, size_t n, struct buf *to)
{
    const char *line;
    size_t at = 0, length;

    while (at < n) {
        at = next_line(bytes, n, at, &line, &length);
        if (!decode_quoted_line(line, length, to) && bytes[at - 1] == '\n')
            buf_add_char(to, '\n');
    }
}

void mail_decode_q(const char *bytes, size_t n, struct buf *to)
{
    char c;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '_') {
            buf_add_char(to, ' ');
        } else if (bytes[i] == '=' && read_escape(bytes + i, n - i, &c)) {
            buf_add_char(to, c);
            i += 2;
        } else {
            buf_add_char(to, bytes[i]);
        }
    }
}

static unsigned uu_digit(const char *line, size_t n, size_t i)
{
    return i < n ? ((unsigned char)line[i] - 32u) & 63 : 0;
}

static void decode_uu_line(const char *line, size_t n, struct buf *to)
{
    size_t wanted = uu_digit(line, n, 0), i = 1;
    char three[3];

    for (; wanted > 0 && i < n; i += 4) {
        three[0] = (char)(uu_digit(line, n, i) << 2 | uu_digit(line, n, i + 1) >> 4);
        three[1] = (char)(uu_digit(line, n, i + 1) << 4 | uu_digit(line, n, i + 2) >> 2);
        three[2] = (char)(uu_digit(line, n, i + 2) << 6 | uu_digit(line, n, i + 3));
        buf_add(to, three, MIN(wanted, sizeof(three)));
        wanted -= MIN(wanted, sizeof(three));
    }
}

/* Lines between "begin" and "end"; without "begin" all of them. */
static void decode_uu(const char *bytes, size_t n, struct buf *to)
{
    const char *begin = n > 6 && memcmp(bytes, "begin ", 6) == 0 ? bytes : NULL, *line;
    size_t at = 0, length;

    if (!begin)
        begin = memmem(bytes, n, "\nbegin ", 7);
    if (begin)
        at = next_line(bytes, n, (size_t)(begin - bytes) + (*begin == '\n'), &line, &length);
    while (at < n) {
        at = next_line(bytes, n, at, &line, &length);
        if (length == 3 && memcmp(line, "end", 3) == 0)
            break;
        decode_uu_line(line, length, to);
    }
}

static const struct {
    const char *name;
    enum mail_transfer how;
} encodings[] = {
    {"base64", MAIL_BASE64},
    {"quoted-printable", MAIL_QUOTED_PRINTABLE},
    {"x-uuencode", MAIL_UUENCODE},
    {"uuencode", MAIL_UUENCODE},
    {"x-uue", MAIL_UUENCODE},
    {"base 64", MAIL_BASE64},
    {"quoted printable", MAIL_QUOTED_PRINTABLE},
};

enum mail_transfer mail_transfer_named(const char *value, size_t n)
{
    trim(&value, &n);
    if (n > 0 && *value == '"') {
        value++;
        n--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(encodings); i++) {
        if (starts_with(value, n, encodings[i].name))
            return encodings[i].how;
    }
    return MAIL_IDENTITY;
}

void mail_transfer_decode(enum mail_transfer how, const char *bytes, size_t n, struct buf *to)
{
    if (how == MAIL_BASE64)
        mail_decode_base64(bytes, n, to);
    else if (how == MAIL_QUOTED_PRINTABLE)
        decode_quoted_printable(bytes, n, to);
    else if (how == MAIL_UUENCODE)
        decode_uu(bytes, n, to);
    else
        buf_add(to, bytes, n);
}
