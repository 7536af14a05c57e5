/* decode.c - any bytes to strict UTF-8 without NUL.
 *
 * In this order, the first that fits:
 *   1. a byte order mark (UTF-8, UTF-16, UTF-32);
 *   2. valid UTF-8: the input itself is the text, nothing is copied;
 *   3. UTF-16 or UTF-32 without a mark, by the pattern of NUL bytes;
 *   4. UTF-8 with some broken bytes, when valid sequences clearly outnumber them: only the broken
 * bytes are replaced. A guess at another encoding would spoil all the good ones;
 *   5. what the document declares (HTML meta, XML declaration);
 *   6. ICU's detector on the part of the text that is not ASCII.
 * Bytes that are mostly control characters are not text: DECODE_BINARY.
 */
#include "extract/decode.h"

#include "base/utf8.h"
#include "extract/convert.h"
#include "extract/markup/markup.h"

#include <stdio.h>
#include <string.h>
#include <unicode/ucsdet.h>

#define REPLACEMENT "\xef\xbf\xbd"

enum {
    CONTROL_SAMPLE_BYTES = 4096, /* of valid UTF-8, which is hardly ever anything but text */
    DETECT_SAMPLE_BYTES = 64 * 1024,
    PATTERN_SAMPLE_BYTES = 4096,
    MIN_CONFIDENCE = 15, /* below it ICU's guess is no better than the commonest legacy encoding */
};

/* What the bytes of a text that is not valid UTF-8 are. */
struct census {
    size_t multibyte; /* well-formed sequences of two bytes and more */
    size_t malformed; /* places where one is broken: a stray byte, or a beginning without its end */
    size_t nul;
    size_t control;
};

int decoder_init(struct decoder *d, struct reason *why)
{
    static const char sample[] = "Gar\xe7on, l'\xe9t\xe9 est fini; o\xf9 est la cl\xe9 ?";
    UErrorCode error = U_ZERO_ERROR;

    d->text = BUF_INIT;
    d->detector = ucsdet_open(&error);
    if (U_FAILURE(error)) {
        reason_set(why, "ICU's charset detector cannot be opened: %s", u_errorName(error));
        return -ENOTSUP;
    }
    ucsdet_setText(d->detector, sample, sizeof(sample) - 1, &error);
    (void)ucsdet_detect(d->detector, &error);
    return convert_warm_up(why);
}

void decoder_done(struct decoder *d)
{
    ucsdet_close(d->detector);
    d->detector = NULL;
    buf_done(&d->text);
}

/* Control characters that no text has use for: not tab, line ends, form feed, backspace, escape. */
static bool is_odd_control(uint8_t byte)
{
    const uint32_t allowed = 1u << '\b' | 1u << '\t' | 1u << '\n' | 1u << '\v' | 1u << '\f' |
                             1u << '\r' | 1u << 0x1a | 1u << 0x1b;

    return byte == 0x7f || (byte < 0x20 && !(allowed >> byte & 1));
}

static size_t count_controls(const char *bytes, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++)
        n += is_odd_control((uint8_t)bytes[i]) && bytes[i] != '\0';
    return n;
}

/* Bytes at `text` that are broken as one: a lead byte takes its tails with it. */
static size_t broken_bytes(const char *text, size_t size)
{
    size_t n = 1;

    while (n < 3 && n < size && (uint8_t)text[0] >= 0xc2 && ((uint8_t)text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static struct census take_census(const char *bytes, size_t size)
{
    struct census c = {0};
    size_t n;

    for (size_t i = 0; i < size; i += n) {
        n = utf8_sequence(bytes + i, size - i);
        if (n >= 2) {
            c.multibyte++;
        } else if (n == 0) {
            c.malformed++;
            n = broken_bytes(bytes + i, size - i);
        } else if (bytes[i] == '\0') {
            c.nul++;
        } else {
            c.control += is_odd_control((uint8_t)bytes[i]);
        }
    }
    return c;
}

static void use_converted(struct decoder *d, struct decoded *ret, const char *name, size_t replaced)
{
    ret->text = buf_text(&d->text);
    ret->size = d->text.size;
    ret->replaced_bytes = replaced;
    (void)snprintf(ret->encoding, sizeof(ret->encoding), "%s", name);
}

/* Converts all; refuses (DECODE_BINARY) when the outcome does not look like text either. */
static int convert(struct decoder *d, const char *encoding, const char *bytes, size_t size,
                   bool cut_off, struct decoded *ret)
{
    char name[64];
    size_t replaced, n;
    int r;

    buf_clear(&d->text);
    r = convert_to_utf8(encoding, bytes, size, cut_off, &d->text, name, &replaced);
    if (r < 0)
        return r;
    n = MIN(d->text.size, (size_t)DETECT_SAMPLE_BYTES);
    if (r == CONVERT_UNKNOWN || replaced > size / 10 + 1 ||
        count_controls(buf_text(&d->text), n) > n / 20 + 1)
        return DECODE_BINARY;
    use_converted(d, ret, name, replaced);
    return 0;
}

/* Replaces NUL and malformed bytes; a sequence that the end of a cut-off file breaks is left out.
 */
static int repair(struct decoder *d, const char *bytes, size_t size, bool cut_off,
                  struct decoded *ret)
{
    size_t i = 0, n, replaced = 0;

    buf_clear(&d->text);
    for (;;) {
        n = utf8_valid_prefix(bytes + i, size - i);
        buf_add(&d->text, bytes + i, n);
        i += n;
        if (i == size || buf_error(&d->text))
            break;
        if (cut_off && size - i < 4 && (uint8_t)bytes[i] >= 0xc2)
            break;
        buf_add_str(&d->text, REPLACEMENT);
        replaced++;
        i++;
    }
    use_converted(d, ret, "", replaced);
    return buf_error(&d->text);
}

static const struct {
    const char *bytes;
    size_t size;
    const char *encoding; /* NULL: UTF-8 */
} marks[] = {
    {"\xef\xbb\xbf", 3, NULL},   {"\xff\xfe\0\0", 4, "UTF-32LE"}, {"\0\0\xfe\xff", 4, "UTF-32BE"},
    {"\xff\xfe", 2, "UTF-16LE"}, {"\xfe\xff", 2, "UTF-16BE"},
};

/* Index into `marks`, or -1. */
#define UTF8_MARK 0
static int find_mark(const char *bytes, size_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        if (size >= marks[i].size && memcmp(bytes, marks[i].bytes, marks[i].size) == 0)
            return (int)i;
    }
    return -1;
}

/* The high bytes of 16-bit text (every second one from `first`): in alphabets nearly all are one of
 * two, and zero is one of them for spaces and line ends. Text with stray NUL bytes has every letter
 * there. */
static bool are_high_bytes(const char *bytes, size_t n, size_t first)
{
    size_t count[256] = {0}, best = 0, second = 0, all = 0;

    for (size_t i = first; i < n; i += 2, all++)
        count[(uint8_t)bytes[i]]++;
    for (size_t i = 0; i < 256; i++) {
        if (count[i] > best) {
            second = best;
            best = count[i];
        } else if (count[i] > second) {
            second = count[i];
        }
    }
    return count[0] > all / 16 && (best + second) * 8 >= all * 7;
}

/* Which of the four byte positions modulo 4 hold NUL tells wide encodings apart. */
static const char *guess_wide(const char *bytes, size_t size)
{
    size_t n = MIN(size, (size_t)PATTERN_SAMPLE_BYTES) & ~(size_t)1, nul[4] = {0}, quarter = n / 4;

    for (size_t i = 0; i < n; i++)
        nul[i & 3] += bytes[i] == '\0';
    if (n < 4)
        return NULL;
    if (nul[3] == quarter && nul[2] > quarter * 9 / 10 && nul[0] < quarter / 10 + 1)
        return "UTF-32LE";
    if (nul[0] >= quarter && nul[1] > quarter * 9 / 10 && nul[3] < quarter / 10 + 1)
        return "UTF-32BE";
    if (nul[0] + nul[2] <= n / 100 && are_high_bytes(bytes, n, 1))
        return "UTF-16LE";
    if (nul[1] + nul[3] <= n / 100 && are_high_bytes(bytes, n, 0))
        return "UTF-16BE";
    return NULL;
}

/* ICU's guess, from the text around the first byte that is not ASCII; NULL: out of memory. */
static const char *detect(struct decoder *d, const char *bytes, size_t size)
{
    size_t start = 0, n;
    UErrorCode error = U_ZERO_ERROR;
    const UCharsetMatch *match;
    const char *name = NULL;

    while (start < size && (uint8_t)bytes[start] < 0x80)
        start++;
    start = start > 1024 && start < size ? start - 1024 : 0;
    n = MIN(size - start, (size_t)DETECT_SAMPLE_BYTES);
    ucsdet_setText(d->detector, bytes + start, (int32_t)n, &error);
    match = ucsdet_detect(d->detector, &error);
    if (match && U_SUCCESS(error) && ucsdet_getConfidence(match, &error) >= MIN_CONFIDENCE)
        name = ucsdet_getName(match, &error);
    if (error == U_MEMORY_ALLOCATION_ERROR)
        return NULL;
    return name ? name : "windows-1252";
}

/* Converts from what ICU takes it for. */
static int convert_detected(struct decoder *d, const char *bytes, size_t size, bool cut_off,
                            struct decoded *ret)
{
    const char *encoding = detect(d, bytes, size);

    return encoding ? convert(d, encoding, bytes, size, cut_off, ret) : -ENOMEM;
}

/* Text in 7 bits that switches its character set by escape sequences: valid UTF-8, yet not meant
 * so. */
static bool is_iso_2022(const char *bytes, size_t size)
{
    const char *escape = memchr(bytes, 0x1b, size);

    return escape && memmem(escape, size - (size_t)(escape - bytes), "\x1b$", 2);
}

static int decode_legacy(struct decoder *d, const char *bytes, size_t size, bool cut_off,
                         const struct census *c, struct decoded *ret)
{
    char declared[64];
    int r = DECODE_BINARY;

    if (markup_declared_encoding(bytes, size, declared))
        r = convert(d, declared, bytes, size, cut_off, ret);
    if (r <= 0)
        return r;
    if (c->multibyte >= c->malformed)
        return repair(d, bytes, size, cut_off, ret);
    r = convert_detected(d, bytes, size, cut_off, ret);
    return r == DECODE_BINARY ? convert(d, "windows-1252", bytes, size, cut_off, ret) : r;
}

/* Bytes that are neither marked nor valid UTF-8 without NUL. */
static int decode_odd(struct decoder *d, const char *bytes, size_t size, bool cut_off,
                      struct decoded *ret)
{
    const char *wide = memchr(bytes, '\0', MIN(size, (size_t)PATTERN_SAMPLE_BYTES))
                           ? guess_wide(bytes, size)
                           : NULL;
    struct census c;
    int r;

    if (wide) {
        r = convert(d, wide, bytes, size, cut_off, ret);
        if (r <= 0)
            return r;
    }
    c = take_census(bytes, size);
    if (c.nul > size / 10 || c.control > size / 30 + 1 || c.nul + c.control > size / 2)
        return DECODE_BINARY;
    if (c.malformed == 0 || c.multibyte > c.malformed * 4)
        return repair(d, bytes, size, cut_off, ret);
    return decode_legacy(d, bytes, size, cut_off, &c, ret);
}

static int decode_after_mark(struct decoder *d, const char *bytes, size_t size, int mark,
                             bool cut_off, struct decoded *ret)
{
    size_t sample;
    int r;

    if (mark >= 0) {
        bytes += marks[mark].size;
        size -= marks[mark].size;
        if (marks[mark].encoding)
            return convert(d, marks[mark].encoding, bytes, size, cut_off, ret);
    }
    if (utf8_valid_prefix(bytes, size) != size)
        return mark == UTF8_MARK ? repair(d, bytes, size, cut_off, ret)
                                 : decode_odd(d, bytes, size, cut_off, ret);
    if (is_iso_2022(bytes, size)) {
        r = convert_detected(d, bytes, size, cut_off, ret);
        if (r <= 0)
            return r;
    }
    *ret = (struct decoded){.text = bytes, .size = size};
    sample = MIN(size, (size_t)CONTROL_SAMPLE_BYTES);
    return count_controls(bytes, sample) > sample / 10 + 1 ? DECODE_BINARY : 0;
}

int decode_text(struct decoder *d, const char *bytes, size_t size, bool cut_off,
                struct decoded *ret)
{
    int mark = find_mark(bytes, size);
    int r;

    *ret = (struct decoded){0};
    r = decode_after_mark(d, bytes, size, mark, cut_off, ret);
    ret->marked = mark == UTF8_MARK;
    return r;
}
